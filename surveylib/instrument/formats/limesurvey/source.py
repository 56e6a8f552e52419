"""One question of a LimeSurvey file, taken apart: texts, attributes, options, what was left."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from surveylib.errors import listed, show
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.limesurvey.tables import OURS, Asked, Part
from surveylib.instrument.formats.markup import plain
from surveylib.instrument.formats.naming import Taken

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What stands where LimeSurvey says nothing.
UNIT = "not stated"
#: Attributes that change how a question looks, not what it asks.
_LOOKS = re.compile(
    "statistics_.*|.*_width.*|.*_height|time_limit.*|public_statistics|hide_tip|cssclass|page_break|"
    "save_as_default|display_.*|input_size|question_template|scale_export|use_dropdown|hidden|"
    "dropdown_.*|answer_width.*|repeat_headings|maximum_chars|text_input_.*|input_boxes|prefix|"
    "slider_rating|random_group|printable_help|other_position|other_.*_mandatory|keep_codes_order|"
    "parent_order|category_separator|show_.*|commented_checkbox.*|samechoiceheight|samelistheight|"
    "location_.*|em_validation_.*_tip|clear_default|id|related_id|same_script|encrypted"
)
#: The checks that surveylib writes: an answer here or beside, and what stands alone in a row.
_OUR_CHECK = re.compile(
    r"!is_empty\(\w+\.NAOK\) or !is_empty\(\w+\.NAOK\)|!\(\w+\.NAOK == \"1\" and .*"
)
_NOTHING = frozenset({"", "0", "N", "I", "inherit", "core", "normal", "default"})


class Source:
    """A question of the file, with the attribute of surveylib unpacked.

    Args:
        asked: The question.
        languages: The languages of the survey.
    """

    def __init__(self, asked: Asked, languages: list[str]) -> None:
        self.asked = asked
        self.languages = languages
        self.lost: list[str] = []
        self.states: dict[str, dict[str, str]] = {}
        self.used = {OURS}
        self.ours: dict[str, Any] = {}
        if raw := asked.attributes.get(OURS):
            try:
                found = json.loads(raw)
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                self.ours = found
            else:
                self.lost.append(f"attribute '{OURS}' cannot be read: {show(raw)}")

    def our(self, name: str) -> dict[str, Any]:
        """An object of the attribute of surveylib; empty where it has none."""
        found = self.ours.get(name)
        return found if isinstance(found, dict) else {}

    def attribute(self, name: str) -> str:
        """An attribute, in the source language where it is spoken."""
        self.used.add(name)
        return self.asked.told(name, self.languages[0])

    def texts(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Texts without markup; what it showed beside the text is listed."""
        found = {}
        for language in self.languages:
            raw = texts.get(language, "")
            text, formatted = plain(raw.replace("\\{", "{").replace("\\}", "}"))
            if formatted:
                self.lost.append(f"formatting of the text {show(text)}")
            if piped := re.search(r"(?<!\\)\{[^\s{}][^{}]*(?<!\\)\}", raw):
                self.lost.append(f"{show(piped[0])} was filled in by LimeSurvey; it stays as it is")
            if text:
                found[language] = text
        return found

    def labelled(self, texts: Mapping[str, str], code: str) -> dict[str, str]:
        """Texts that have one in the source language; the code where there is none."""
        found = self.texts(texts)
        source = self.languages[0]
        return found if source in found else {source: code} | found

    def unit(self) -> str:
        """What is counted: what stands behind the field."""
        found = self.texts({self.languages[0]: self.attribute("suffix")})
        return found.get(self.languages[0], UNIT)

    def rest(self) -> None:
        """List what of the question was not read."""
        asked = self.asked
        for language, text in asked.help.items():
            if text:
                self.lost.append(f"help text ({language}) left out: {show(plain(text)[0])}")
        attributes = {name: next(iter(t.values()), "") for name, t in asked.spoken.items()}
        attributes |= asked.attributes
        if "id" in self.ours and _OUR_CHECK.fullmatch(attributes.get("em_validation_q", "")):
            self.used.add("em_validation_q")
        left = [
            f"{name}={value[:40]}"
            for name, value in sorted(attributes.items())
            if name not in self.used and value not in _NOTHING and not _LOOKS.fullmatch(name)
        ]
        if asked.attributes.get("hidden") == "1" and asked.kind != "*":
            left.append("hidden=1")
        if left:
            self.lost.append(f"attributes left out: {listed(left)}")

    def options(self, parts: list[Part]) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Options, and the code of each part; ways of not answering are set aside."""
        ours, states = self.our("options"), self.our("states")
        taken, found, codes = Taken(), [], dict[str, str]()
        for part in parts:
            if (state := states.get(part.code)) in OFFERED:
                self.states[str(state)] = self.texts(part.texts)
                codes[part.code] = str(state)
                continue
            beside = ours.get(part.code)
            beside = {**beside} if isinstance(beside, dict) else {}
            beside.pop("write_in", None)
            wanted = beside.get("code", part.code)
            code = taken.code(wanted if isinstance(wanted, str) else part.code)
            if code != wanted:
                self.lost.append(f"answer code {show(part.code)} is '{code}' here")
            label = self.labelled(part.texts, part.code or code)
            codes.setdefault(part.code, code)
            found.append({**beside, "code": code, "label": label})
            if part.relevance not in {"", "1"}:
                shown = show(part.relevance)
                self.lost.append(f"'{code}' is offered only where {shown}: always here")
        self._nets(found)
        return found, codes

    def _nets(self, found: list[dict[str, Any]]) -> None:
        nets = self.ours.get("nets")
        for entry in nets if isinstance(nets, list) else ():
            match entry:
                case [int(place), dict(net)]:
                    found.insert(place, net)

    def other(self, options: list[dict[str, Any]], codes: dict[str, str]) -> None:
        """The answer "Other" that LimeSurvey adds."""
        if self.asked.other:
            label = self.texts(
                self.asked.spoken.get("other_replace_text", {})
                or {self.languages[0]: self.attribute("other_replace_text")}
            )
            self.used.add("other_replace_text")
            taken = Taken()
            for option in options:
                taken.free(str(option["code"]))
            label = {self.languages[0]: "Other"} | label
            options.append({"code": taken.code("other"), "label": label, "write_in": True})
            codes["-oth-"] = str(options[-1]["code"])
