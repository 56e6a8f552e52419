"""Texts with HTML markup, as other makers store them, and the plain texts of an instrument."""

from __future__ import annotations

import html
import re
import unicodedata

_TOKEN = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>|[ \t\n\r\f\v]+|&(?:#?\w+);|[^<& \t\n\r\f\v]+|."
)
#: Elements that begin and end a line of their own.
_LINES = frozenset(
    {
        *("address", "article", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li"),
        *("ol", "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
#: Elements that say nothing beside where lines end.
_PLAIN = frozenset({"br", "p", "div", "span"})
#: Elements whose contents are no text.
_HIDDEN = ("script", "style")
_CONTROL = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\\": "&#92;",
    "\t": "&#9;",
    "\n": "<br />",
}


def escaped(text: str) -> str:
    r"""A plain text as HTML of one line that shows it, without quotes, tabs and backslashes.

    >>> escaped("a < b\n  \"c\"")
    'a &lt; b<br />&#32;&#32;&quot;c&quot;'
    """
    parts = []
    text = _CONTROL.sub("", _BREAK.sub("\n", text))
    for place, char in enumerate(text):
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if char == " " and ((before + after).isspace() or len((before + after).strip()) < 2):
            parts.append("&#32;")
        else:
            parts.append(_ESCAPES.get(char, char))
    return "".join(parts)


def plain(markup: str) -> tuple[str, bool]:
    r"""The text of some HTML, and whether formatting or pictures were lost.

    White space of the source is one space, as a browser shows it; what is written as a character
    reference stays.

    >>> plain("<p>Is <b>this</b>\n so?</p><p>Yes &amp; no</p>")
    ('Is this so?\nYes & no', True)
    """
    for name in _HIDDEN:
        markup = _without(markup, f"<{name}", f"</{name}")
    markup = _without(markup, "<!--", "--")
    lost, found = False, _Lines()
    for token in _TOKEN.finditer(markup):
        name = (token[2] or "").lower()
        if name:
            lost |= name not in _PLAIN or bool(token[3].strip(" /"))
            if name == "br":
                found.end()
            elif name in _LINES:
                found.close()
        elif token[0].isspace() and token[0].isascii():
            found.space()
        else:
            found.add(html.unescape(token[0]) if token[0].startswith("&") else token[0])
    text = unicodedata.normalize("NFC", _CONTROL.sub("", found.text()))
    return text.strip(), lost


class _Lines:
    """Collects the lines of a text."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.waiting = False
        self.fresh = True

    def space(self) -> None:
        """A space, unless the line has just begun or ends here."""
        self.waiting = not self.fresh

    def add(self, text: str) -> None:
        """Something to read."""
        if self.waiting:
            self.parts.append(" ")
        self.parts.append(text)
        self.waiting = self.fresh = False

    def end(self) -> None:
        """Begin a new line."""
        self.parts.append("\n")
        self.waiting, self.fresh = False, True

    def close(self) -> None:
        """Begin a new line, unless one has just begun."""
        if not self.fresh:
            self.end()

    def text(self) -> str:
        """The lines."""
        return "".join(self.parts)


def _without(markup: str, begin: str, end: str) -> str:
    """The markup without parts between two marks; a part that does not end goes to the end."""
    folded, parts, place = markup.lower(), [], 0
    if len(folded) != len(markup) or begin not in folded:
        return markup
    while (start := folded.find(begin, place)) >= 0:
        parts.append(markup[place:start])
        stop = folded.find(end, start + len(begin))
        close = folded.find(">", stop) if stop >= 0 else -1
        place = close + 1 if close >= 0 else len(markup)
    return "".join([*parts, markup[place:]])
