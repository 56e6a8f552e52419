"""A table as HTML: a fragment for any page, with its own few rules of style and no script."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from surveylib.present.tables_layout import flat, spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.present.tables_layout import Layout, Line

_STYLE = """<style>
.surveylib-table { border-collapse: collapse; font: 15px/1.4 system-ui, sans-serif; color: #1d1f27;
  font-variant-numeric: tabular-nums; max-width: 100%; border-bottom: 2px solid #1d1f27; }
.surveylib-table caption { text-align: left; padding: 0 0 .6em; }
.surveylib-table caption strong { display: block; font-size: 1.15em; }
.surveylib-table th, .surveylib-table td { padding: .3em .7em; text-align: right;
  vertical-align: baseline; font-weight: normal; white-space: nowrap; }
.surveylib-table th[scope=row], .surveylib-table thead td, .surveylib-table th.heading,
.surveylib-table th.stub { text-align: left; white-space: normal; min-width: 9em; }
.surveylib-table thead tr:first-child > * { border-top: 2px solid #1d1f27; }
.surveylib-table thead tr:last-child th { border-bottom: 1px solid #1d1f27; color: #565b6b;
  font-size: .9em; }
.surveylib-table th[scope=colgroup] { text-align: center; font-weight: 600; }
.surveylib-table th[scope=colgroup] span { display: block; border-bottom: 1px solid #b9bdca; }
.surveylib-table th.heading { font-weight: 600; padding-top: 1em; }
.surveylib-table td.interval { color: #565b6b; font-size: .86em; padding-left: 0; }
.surveylib-table tr.base > *, .surveylib-table tr.all > * { color: #565b6b; }
.surveylib-table tr.base > * { border-top: 1px solid #b9bdca; }
.surveylib-table b.signs { font-weight: 600; color: #5b2fb0; }
.surveylib-table sup { line-height: 0; }
.surveylib-table tfoot td { text-align: left; white-space: normal; font-size: .86em;
  color: #565b6b; padding-top: .8em; border-top: 1px solid #1d1f27; }
.surveylib-table caption span, .surveylib-table tfoot p { display: block; max-width: 60em; }
.surveylib-table tfoot p { margin: 0 0 .3em; }
</style>"""


def html(layout: Layout) -> str:
    """The table as a fragment of a page.

    Args:
        layout: A table.
    """
    parts = [_STYLE, '<table class="surveylib-table">', *_caption(layout), "<thead>"]
    parts += [*_heads(layout), "</thead>"]
    for section in layout.sections:
        parts.append("<tbody>")
        if section.heading:
            width = len(flat(layout)) + 1
            heading = escape(section.heading)
            parts.append(
                f'<tr><th class="heading" scope="rowgroup" colspan="{width}">{heading}</th></tr>'
            )
        parts += [_line(layout, line) for line in section.lines]
        parts.append("</tbody>")
    parts += [*_foot(layout), "</table>"]
    return "\n".join(parts) + "\n"


def _caption(layout: Layout) -> list[str]:
    if not layout.title:
        return []
    title = f"<strong>{escape(layout.title)}</strong>"
    return [f"<caption>{title}<span>{escape(layout.subtitle)}</span></caption>"]


def _heads(layout: Layout) -> list[str]:
    lines = []
    for row in spans(layout):
        cells = ["<td></td>"]
        for span in row:
            inner = f"<span>{escape(span.text)}</span>" if span.text else ""
            tag = "th" if span.text else "td"
            scope = ' scope="colgroup"' if span.text else ""
            cells.append(f'<{tag}{scope} colspan="{span.width}">{inner}</{tag}>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    names = [f'<th class="stub" scope="col">{escape(layout.stub)}</th>']
    names += [f'<th scope="col">{escape(one.head)}</th>' for one in flat(layout)]
    return [*lines, f"<tr>{''.join(names)}</tr>"]


def _line(layout: Layout, line: Line) -> str:
    cells = [f'<th scope="row">{escape(line.label)}{_raised(line.marks)}</th>']
    for one in flat(layout):
        cell = line.cells[one.place]
        if one.interval:
            cells.append(f'<td class="interval">{escape(cell.interval)}</td>')
            continue
        signs = f' <b class="signs">{escape(cell.signs)}</b>' if cell.signs else ""
        cells.append(f"<td>{escape(cell.text)}{signs}{_raised(cell.marks)}</td>")
    return f'<tr class="{line.kind}">{"".join(cells)}</tr>'


def _raised(marks: Sequence[int]) -> str:
    return f"<sup>{','.join(map(str, marks))}</sup>" if marks else ""


def _foot(layout: Layout) -> list[str]:
    told = [
        f"<p>{_raised((number,))} {escape(text)}</p>"
        for number, text in enumerate(layout.footnotes, 1)
    ]
    told += [f"<p>{escape(line)}</p>" for line in layout.below()]
    if not told:
        return []
    width = len(flat(layout)) + 1
    return [f'<tfoot><tr><td colspan="{width}">', *told, "</td></tr></tfoot>"]
