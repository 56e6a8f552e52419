r"""A table as LaTeX, with the rules of booktabs and every text escaped.

It needs `\usepackage{booktabs}` and, for arrows, `\usepackage{amssymb}`, and a LaTeX of 2020 or
later, which reads UTF-8. Other scripts than Latin need LuaLaTeX or XeLaTeX and a font for them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from surveylib.present.tables_layout import blocks, flat, spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.present.tables_layout import Layout, Line

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "`": r"\textasciigrave{}",
        "'": r"\textquotesingle{}",
        # A row that begins with one takes it for the option of the line break before.
        "[": "{[}",
        "]": "{]}",
        "*": "{*}",
        "\u00a0": "~",
        "\u2212": r"\(-\)",
        "→": r"\(\rightarrow\)",
        "▲": r"\(\blacktriangle\)",
        "▼": r"\(\blacktriangledown\)",
        "χ": r"\(\chi\)",
        "∞": r"\(\infty\)",
        "\n": " ",
    }
)
#: Letters in a line of a page, figures in small letters among them.
_MOST = 84
#: Two of these next to each other would become another sign.
_LIGATURE = re.compile(r"([-,])(?=\1)")


def escaped(text: str) -> str:
    r"""A text that LaTeX sets as it is.

    >>> print(escaped("50 % of A&B_c #1 {x} \\input"))
    50 \% of A\&B\_c \#1 \{x\} \textbackslash{}input
    """
    return _LIGATURE.sub(r"\1{}", text.translate(_SPECIAL))


def latex(layout: Layout) -> str:
    """The table as LaTeX: a `table` with a caption, a `tabular`, and notes below it.

    A table that is too wide for a page has several of them below each other.

    Args:
        layout: A table.
    """
    lines = [
        r"% needs \usepackage{booktabs}, and \usepackage{amssymb} for arrows",
        r"\begin{table}",
        r"\centering",
        *_caption(layout),
    ]
    for place, part in enumerate(blocks(layout, _MOST)):
        lines += [r"\par\medskip"] if place else []
        lines += _tabular(part)
    lines += [*_notes(layout), r"\end{table}"]
    return "\n".join(lines) + "\n"


def _tabular(layout: Layout) -> list[str]:
    """The lines of a `tabular`."""
    columns = flat(layout)
    width = len(columns) + 1
    lines = [
        f"\\begin{{tabular}}{{@{{}}l{'r' * len(columns)}@{{}}}}",
        r"\toprule",
        *_heads(layout),
        r"\midrule",
    ]
    for place, section in enumerate(layout.sections):
        if place:
            lines.append(r"\midrule")
        if section.heading:
            heading = f"\\textbf{{{escaped(section.heading)}}}"
            lines.append(f"\\multicolumn{{{width}}}{{@{{}}l@{{}}}}{{{heading}}} \\\\")
        lines += [_line(layout, line) for line in section.lines]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _caption(layout: Layout) -> list[str]:
    if not layout.title:
        return []
    wording = f". {escaped(layout.subtitle)}" if layout.subtitle else ""
    return [f"\\caption{{{escaped(layout.title)}{wording}}}"]


def _heads(layout: Layout) -> list[str]:
    """Spanners with the rules below them, then the names of the columns."""
    lines = []
    for row in spans(layout):
        cells, rules = [""], []
        for span in row:
            text = escaped(span.text)
            cells.append(f"\\multicolumn{{{span.width}}}{{c}}{{{text}}}")
            if text:
                first = span.start + 2  # the stub is column 1
                rules.append(f"\\cmidrule(lr){{{first}-{first + span.width - 1}}}")
        lines.append(" & ".join(cells) + r" \\")
        lines += [" ".join(rules)] if rules else []
    lines.append(_row([escaped(layout.stub), *(escaped(one.head) for one in flat(layout))]))
    return lines


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _line(layout: Layout, line: Line) -> str:
    cells = [escaped(line.label) + _raised(line.marks)]
    for one in flat(layout):
        cell = line.cells[one.place]
        if one.interval:
            cells.append(f"{{\\footnotesize {escaped(cell.interval)}}}" if cell.interval else "")
        else:
            cells.append(escaped(cell.said) + _raised(cell.marks))
    return _row(cells)


def _raised(marks: Sequence[int]) -> str:
    return f"\\textsuperscript{{{','.join(map(str, marks))}}}" if marks else ""


def _notes(layout: Layout) -> list[str]:
    told = [
        f"{_raised((number,))} {escaped(text)}" for number, text in enumerate(layout.footnotes, 1)
    ]
    told += [escaped(line) for line in layout.below()]
    if not told:
        return []
    body = "\\par\n".join(told)
    return [
        r"\par\medskip",
        r"\begin{minipage}{\linewidth}\footnotesize\raggedright",
        body,
        r"\end{minipage}",
    ]
