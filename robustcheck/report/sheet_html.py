"""A contact sheet as one HTML page that needs nothing else: no script, no network, no other file."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from robustcheck.report.sheet import Cell, Column, Row, Sheet, picture

STYLE: Final = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1a1a1a; --faint: #595959; --rule: #d0d0d0; --band: #f5f5f5;
  --right: #0b6b2e; --wrong: #b3261e; --note: #7a4b00; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #ececec; --faint: #b0b0b0; --rule: #44474c;
  --band: #202327; --right: #6fd690; --wrong: #ff9188; --note: #f0c070; } }
body { margin: 1.5rem; background: var(--paper); color: var(--ink); font: 15px/1.4 system-ui, sans-serif; }
h1 { margin: 0 0 .3rem; font-size: 1.4rem; }
p { margin: .1rem 0; color: var(--faint); }
p.note, th span.note { color: var(--note); }
.wide { overflow-x: auto; margin-top: 1rem; }
.wide:focus-visible { outline: 2px solid currentColor; }
table { border-collapse: collapse; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .6rem; vertical-align: top; text-align: left; font-weight: normal; }
tr + tr > *, tbody tr > * { border-top: 1px solid var(--rule); }
th[scope=row] { min-width: 15rem; max-width: 18rem; position: sticky; left: 0; background: var(--band); }
thead th, thead td { background: var(--band); }
th b, th span, td span { display: block; overflow-wrap: anywhere; }
th span, td span { font-size: .87em; color: var(--faint); max-width: 28rem; }
th[scope=col] span { max-width: 11rem; }
td { min-width: 9.5rem; }
img { display: block; margin-bottom: .3rem; max-width: none; }
img.enlarged { image-rendering: pixelated; }
td .right { color: var(--right); font-weight: 600; }
td .wrong, td .problem { color: var(--wrong); font-weight: 600; }
td .problem { border: 1px solid; padding: .4rem; max-width: 11rem; }
@media print { :root { --paper: #fff; --ink: #000; --faint: #333; --rule: #999; --band: #fff; --right: #064d20;
    --wrong: #8c1710; --note: #5a3700; color-scheme: light; }
  @page { size: landscape; margin: 10mm; }
  body { margin: 0; font-size: 10px; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  th, td { padding: .2rem; }
  th[scope=row] { position: static; min-width: 0; }
  td { min-width: 0; }
  img { max-width: 100%; height: auto; print-color-adjust: exact; } }
"""


def html(sheet: Sheet) -> str:
    """Return the sheet as a page."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n',
            f"<title>{escape(sheet.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
            f"<h1>{escape(sheet.title)}</h1>\n",
            *(f"<p>{escape(fact)}</p>\n" for fact in sheet.facts),
            *(f'<p class="note">{escape(note)}</p>\n' for note in sheet.notes),
            '<div class="wide" role="region" aria-label="Pictures by case" tabindex="0">\n<table>\n',
            "<caption>Pictures as the model sees them: a row is a case, a column a picture</caption>\n",
            '<thead>\n<tr><th scope="col"><b>case</b></th>',
            *(_column(column) for column in sheet.columns),
            "</tr>\n</thead>\n<tbody>\n",
            *(part for row in sheet.rows for part in _row(row, sheet)),
            "</tbody>\n</table>\n</div>\n</body>\n</html>\n",
        ]
    )


def _column(column: Column) -> str:
    return f'<th scope="col"><b>{escape(column.title)}</b>{_spans([column.detail])}</th>'


def _row(row: Row, sheet: Sheet) -> Iterator[str]:
    yield f'<tr><th scope="row"><b>{escape(row.title)}</b>{_spans(row.facts)}{_spans(row.notes, "note")}</th>\n'
    for cell in row.cells:
        yield f"<td>{_cell(cell, sheet)}</td>\n"
    yield "</tr>\n"


def _cell(cell: Cell, sheet: Sheet) -> str:
    if cell.pixels is None:
        return _spans([cell.problem], "problem")
    stream = io.BytesIO()
    picture(cell.pixels, sheet.scale).save(stream, "PNG")
    content = base64.b64encode(stream.getvalue()).decode()
    height, width = sheet.shown_size
    enlarged = ' class="enlarged"' if sheet.scale.up > 1 else ""
    image = (
        f'<img src="data:image/png;base64,{content}" width="{width}" height="{height}"{enlarged} '
        f'alt="{escape(cell.alt)}">'
    )
    mark = ""
    if cell.mark:
        sign, kind = ("✓", "right") if cell.mark.right else ("✗", "wrong")
        mark = _spans([f"{sign} {cell.mark.text}"], kind)
    return image + mark + _spans(cell.caption)


def _spans(lines: Iterable[str], kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return "".join(f"<span{attribute}>{escape(line)}</span>" for line in lines)
