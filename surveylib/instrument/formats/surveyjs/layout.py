"""How a SurveyJS file is laid out: pages, panels in them, and the questions in those."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from surveylib.errors import Fault, show
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.base import Lost
from surveylib.instrument.formats.surveyjs.expressions import NOT_ANSWERED, WRITTEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.instrument.formats.surveyjs.values import Entry

#: How a form looks and behaves, and nothing that is asked.
_LOOKS = frozenset(
    {
        *("colCount", "width", "minWidth", "maxWidth", "startWithNewLine", "indent", "state"),
        *("showNumber", "hideNumber", "titleLocation", "errorLocation", "descriptionLocation"),
        *("renderAs", "allowClear", "showClearButton", "searchEnabled", "placeholder", "rows"),
        *("questionTitleLocation", "showQuestionNumbers", "autoGrow", "clearInvisibleValues"),
        *("showProgressBar", "progressBarLocation", "widthMode", "headerView", "pos", "$schema"),
        *("requiredErrorText", "alternateRows", "verticalAlign", "closeOnSelect"),
    }
)
#: The types of questions that surveylib writes below others, and what their names end with.
_BELOW = {"radiogroup": NOT_ANSWERED, "comment": WRITTEN}


@dataclass(frozen=True, slots=True)
class Element:
    """A question of the file.

    Args:
        entry: Its object.
        name: Its name.
        shown: The expressions of the page, of panels and of itself, all of which must hold.
        page: The number of its page.
        below: The questions that belong to it: ways of not answering, texts of options.
    """

    entry: Entry
    name: str
    shown: tuple[str, ...]
    page: int
    below: list[Element] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file asks, in order.

    Args:
        pages: Its pages; a file without pages is one itself.
        elements: Its questions, with those below them that surveylib writes for them.
        lost: What could not be carried over.
        faults: Names that stand twice.
    """

    pages: list[Entry]
    elements: list[Element]
    lost: list[Lost]
    faults: list[Fault]


def layout(survey: Entry, source: str) -> Layout:
    """Find the questions of a file.

    Args:
        survey: The whole file.
        source: Its language.

    Raises:
        InstrumentError: A page, a panel or a name is not what it should be.
    """
    pages = survey.objects("pages")
    if any(name in survey.data for name in ("elements", "questions")):
        pages.append(survey)
    lost: list[Lost] = []
    elements = [
        element
        for number, page in enumerate(pages)
        for element in _inside(page, _shown(page), (number, source), lost)
    ]
    return Layout(pages, _with_companions(elements), lost, _repeated(elements))


def _shown(entry: Entry) -> tuple[str, ...]:
    """The expression on which something is shown, or none."""
    text = entry.text("visibleIf")
    return (text,) if text else ()


def _inside(
    holder: Entry, shown: tuple[str, ...], where: tuple[int, str], lost: list[Lost]
) -> Iterator[Element]:
    """Questions of a page or panel, those of inner panels among them."""
    for entry in holder.objects("elements", "questions"):
        name = entry.text("name")
        if not name:
            entry.refuse("name", "a question without a name")
        here = (*shown, *_shown(entry))
        if entry.text("type") != "panel":
            yield Element(entry, name, here, where[0])
            continue
        if entry.texts("title", where[1]):
            what = "the title of a panel; its questions are read"
            lost.append(Lost(question=name, what=what))
        inner = list(_inside(entry, here, where, lost))
        lost += unread(entry, name)
        yield from inner


def _repeated(elements: Sequence[Element]) -> list[Fault]:
    """Names that stand twice: SurveyJS lets such questions overwrite each other's answers."""
    first: dict[str, str] = {}
    found = []
    for element in elements:
        if element.name in first:
            what = f"{element.entry.path}.name: {show(element.name)} stands twice, first at "
            found.append(
                Fault(
                    code="QUESTION-REPEATED",
                    what=f"{what}{first[element.name]}",
                    file=element.entry.file,
                    todo="give each question a name of its own",
                )
            )
        first.setdefault(element.name, element.entry.path)
    return found


def _with_companions(elements: Sequence[Element]) -> list[Element]:
    """The questions, each with those below it that surveylib writes for it."""
    found: list[Element] = []
    for element in elements:
        suffix = _BELOW.get(element.entry.text("type"), "")
        above = found[-1] if found else None
        named = above and suffix and element.name.startswith(above.name + suffix)
        if above and named and _belongs(above, element):
            above.below.append(element)
        else:
            found.append(element)
    return found


def _belongs(above: Element, below: Element) -> bool:
    """Whether a question is one that surveylib writes below another."""
    question, suffix = above.entry, below.name.removeprefix(above.name)
    if suffix == NOT_ANSWERED:
        alone = question.text("type") in {"text", "comment"}
        values = [choice.raw("value") for choice in below.entry.values("choices")]
        offered = bool(values) and all(value in OFFERED for value in values)
        return offered and (alone or question.flag("allowCustomChoices"))
    raw = [choice.raw("value") for choice in question.values("choices")]
    raw += [column.raw("value") for column in question.values("columns")]
    return suffix.removeprefix(WRITTEN) in raw


def unread(entry: Entry, name: str) -> list[Lost]:
    """Keys of an object that nobody asked for, apart from how it looks."""
    keys = [show(key) for key in entry.unread() if key not in _LOOKS]
    return [Lost(question=name, what=f"not read: {', '.join(keys)}")] if keys else []
