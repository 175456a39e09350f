"""Draw pictures of a suite's own data as its cases would change them, for a person to look at.

A row is a case, a column a picture; the pixels are those that a run would give the model.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from robustcheck.cli.cases import add_suite, chosen_cases, load_named
from robustcheck.cli.output import OK, PROBLEMS, WrongCall, complain, say
from robustcheck.core import progress
from robustcheck.core.errors import RobustcheckError

if TYPE_CHECKING:
    from robustcheck.domain.suite import Suite
    from robustcheck.engine.kinds.case_kind import Drawing
    from robustcheck.engine.tools.preview import Preview, Shown
    from robustcheck.report.sheet import Cell, Row, Sheet

NAME = "preview"
HELP = "draw pictures of a suite's data under its cases"
SAMPLES: Final = 6
ROWS: Final = 32
"""Rows that are drawn unless cases are chosen."""
MOST_PICTURES: Final = 1200
MOST_TOLD: Final = 20
"""Problems that are told line by line; the sheet holds all."""
DEFAULT_OUT: Final = ("robustcheck-preview.png", "robustcheck-preview.html")
SUFFIXES: Final = (".png", ".html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_suite(parser)
    parser.add_argument(
        "--samples", type=_count, default=SAMPLES, metavar="N", help=f"pictures, by class (default: {SAMPLES})"
    )
    parser.add_argument(
        "--out", type=_out, metavar="FILE", help=f"a .png or .html file (default: {' and '.join(DEFAULT_OUT)})"
    )
    parser.add_argument(
        "--model",
        nargs="?",
        const="",
        metavar="NAME",
        help="show predictions too, of an entry of models.yaml or of the suite's own model",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="a seed instead of the suite's own")
    parser.add_argument("--device", default="auto", metavar="D", help="where the model runs: auto, cpu, cuda or mps")


def run(arguments: argparse.Namespace) -> int:
    """Write the sheet and say where it lies and what is wrong in it."""
    suite, project = load_named(arguments.suite, model=arguments.model or None, seed=arguments.seed)
    cases = chosen_cases(suite, arguments.cases)
    from robustcheck.engine.kinds.case_kind import kind_of_case
    from robustcheck.engine.tools.preview import Preview

    views = [view for case in (suite.clean, *cases) for view in kind_of_case(case).drawings()]
    notes = []
    if not arguments.cases and len(views) > 1 + ROWS:
        notes.append(f"{ROWS} of {len(views) - 1} rows are drawn; choose with --case ID, or all with --case '*'")
        views = views[: 1 + ROWS]
    if len(views) * arguments.samples > MOST_PICTURES:
        what = f"{len(views)} rows of {arguments.samples} pictures are more than {MOST_PICTURES} pictures"
        raise WrongCall(f"{what}; choose fewer with --case or --samples")
    preview = Preview(
        suite, project, samples=arguments.samples, predict=arguments.model is not None, device=arguments.device
    )
    try:
        sheet = _sheet(suite, preview, views, notes)
    finally:
        preview.close()
    for path in [arguments.out] if arguments.out else [Path(name) for name in DEFAULT_OUT]:
        _write(path, sheet)
        say(f"wrote {path}")
    for note in (*_barely_visible(sheet), *notes):
        say(f"note: {note}")
    return _complain(sheet)


def _barely_visible(sheet: Sheet) -> list[str]:
    """Return which rows change next to nothing, at most ``MOST_TOLD`` of them and how many more."""
    from robustcheck.domain.result import BARELY

    told = [f"{row.title}: {note}" for row in sheet.rows for note in row.notes if note.startswith(BARELY)]
    more = len(told) - MOST_TOLD
    return told[:MOST_TOLD] + ([f"{more} more rows are {BARELY}"] if more > 0 else [])


def _complain(sheet: Sheet) -> int:
    missing = [(row, cell) for row in sheet.rows for cell in row.cells if cell.problem]
    for row, cell in missing[:MOST_TOLD]:
        complain(f"{row.title}: {cell.alt}: {cell.problem}")
    if missing:
        complain(f"{len(missing)} of {len(sheet.rows) * len(sheet.columns)} pictures could not be drawn")
    return PROBLEMS if missing else OK


def _sheet(suite: Suite, preview: Preview, views: Sequence[Drawing], notes: Sequence[str]) -> Sheet:
    from robustcheck.report.sheet import Column, Sheet

    height, width = preview.size
    columns = tuple(Column(sample.label, sample.id) for sample in preview.samples)
    sheet = Sheet(
        title=suite.title,
        facts=(f"{suite.path}: model {suite.model}, data {suite.data}, seed {suite.seed}",),
        notes=tuple(notes),
        size=preview.size,
        columns=columns,
        rows=tuple(_rows(views, preview)),
    )
    size = f"{len(columns)} pictures of {width}x{height} pixels as the model sees them, {sheet.scale}"
    return Sheet(sheet.title, (*sheet.facts, size), sheet.notes, sheet.size, sheet.columns, sheet.rows)


def _rows(views: Sequence[Drawing], preview: Preview) -> Iterator[Row]:
    with progress.task("drawing", unit="rows", total=len(views)) as work:
        for view in views:
            work.at_step(view.name)
            yield _row(view, preview)
            work.advance()


def _row(view: Drawing, preview: Preview) -> Row:
    from robustcheck.engine.tools.preview import notes_of_row
    from robustcheck.report.sheet import Row

    shown = preview.row(view)
    cells = tuple(_cell(view, one, sample.id, sample.label) for one, sample in zip(shown, preview.samples, strict=True))
    return Row(view.name, tuple(_facts(view, shown)), tuple(notes_of_row(view, shown)), cells)


def _facts(view: Drawing, shown: Sequence[Shown]) -> Iterator[str]:
    from robustcheck.engine.tools.preview import mean_change

    if not view.steps:
        yield "the original as the model sees it"
    yield from map(str, view.steps)
    drawn = [one for one in shown if one.pixels is not None]
    if view.steps and drawn:
        unseen = sum(one.unseen for one in drawn) / len(drawn)
        yield f"mean change {mean_change(drawn):.1f} grey levels"
        yield f"unseen {unseen:.1%}"
    if view.case.why:
        yield view.case.why


def _cell(view: Drawing, shown: Shown, name: str, label: str) -> Cell:
    from robustcheck.report.sheet import Cell, Mark

    alt = f"{name} ({label})"
    if shown.pixels is None:
        return Cell(None, alt, problem=shown.problem)
    caption = (f"change {shown.mean_change:.1f}", f"unseen {shown.unseen:.1%}") if view.steps else ()
    mark = None
    if shown.guess:
        mark = Mark(f"{shown.guess.name} {shown.guess.confidence:.1%}", shown.guess.right)
        alt += f", predicted {mark.text}, {'right' if mark.right else 'wrong'}"
    return Cell(shown.pixels, f"{alt}, {view.name}", caption, mark)


def _write(path: Path, sheet: Sheet) -> None:
    if path.suffix.lower() == ".png":
        from robustcheck.report.sheet_png import png

        content = png(sheet)
    else:
        from robustcheck.report.sheet_html import html

        content = html(sheet).encode()
    try:
        path.write_bytes(content)
    except OSError as error:
        raise RobustcheckError(f"{path}: the file cannot be written: {error.strerror}") from None


def _out(text: str) -> Path:
    if Path(text).suffix.lower() not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text} ends neither in {' nor in '.join(SUFFIXES)}")
    return Path(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of pictures; at least 1 is needed")
    return int(text)
