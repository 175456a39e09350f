"""Draw how the numbers of a case went from run to run, and say whether they have flattened.

Every run of `pytest --robustcheck` adds to the history, in .robustcheck/history.db below the project's root.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from robustcheck.cli.output import OK, WrongCall, columns, say
from robustcheck.core.errors import RobustcheckError, did_you_mean

if TYPE_CHECKING:
    from robustcheck.runs.history.curve import Curve
    from robustcheck.runs.history.history import History, Name

NAME = "history"
HELP = "draw how numbers went from run to run"
USUAL: Final = "accuracy"
DRAWN: Final = 4
"""Curves that are drawn; of more, each is a line."""
WIDEST: Final = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--case", metavar="GLOB", help="which cases: an id, or a pattern with * and ?")
    parser.add_argument(
        "--metric",
        metavar="NAME",
        help=f"which number (default: {USUAL}, or what the suite expects of a case without one)",
    )
    parser.add_argument("--suite", metavar="PATH", help="which suite (default: all)")
    parser.add_argument("--model", metavar="NAME", help="which entry of models.yaml (default: each by itself)")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write the curves as a picture too")
    parser.add_argument("--json", action="store_true", help="write JSON instead")


def run(arguments: argparse.Namespace) -> int:
    """Draw the curves that were asked for, or list them if they are many."""
    from robustcheck.core.project_settings import find_settings
    from robustcheck.runs.history.history import History, history_path

    root = find_settings().root
    history = History(history_path(root))
    curves = _curves(history, _chosen(history.names(), arguments, root))
    if not curves:
        raise RobustcheckError(
            "every run of this ended without a number that says something about the model; nothing can be drawn"
        )
    if arguments.svg:
        from robustcheck.core.files import write_whole
        from robustcheck.runs.history.history_svg import svg

        write_whole(arguments.svg, svg(curves))
    if arguments.json:
        say(json.dumps([_json(curve) for curve in curves], indent=1, allow_nan=False))
    elif len(curves) > DRAWN:
        _list(curves)
    else:
        _draw(curves)
    if arguments.svg and not arguments.json:
        say(f"drawn in {arguments.svg}")
    return OK


def _chosen(names: Sequence[Name], arguments: argparse.Namespace, root: Path) -> list[Name]:
    """Return what fits all that was asked for.

    Raises:
        WrongCall: Something that was asked for is not in the history.
        RobustcheckError: The history holds no number.
    """
    from robustcheck.domain.patterns import matches

    if not names:
        raise RobustcheckError("no run in the history has a number yet; run `pytest --robustcheck` in this project")
    left = list(names)
    if arguments.suite is not None:
        known = [name.suite for name in left]
        wanted = _suite(arguments.suite, root, known)
        left = _some([name for name in left if name.suite == wanted], "suite", arguments.suite, known)
    if arguments.model is not None:
        known = [name.model for name in left]
        left = _some([name for name in left if name.model == arguments.model], "model", arguments.model, known)
    if arguments.case is not None:
        known = [name.case for name in left]
        left = _some([name for name in left if matches(arguments.case, name.case)], "case", arguments.case, known)
    if arguments.metric is not None:
        known = [name.metric for name in left]
        return _some([name for name in left if name.metric == arguments.metric], "metric", arguments.metric, known)
    return _usual(left)


def _suite(wanted: str, root: Path, known: Sequence[str]) -> str:
    """Return a path as the history has it: from the root, wherever the call was made."""
    path = Path(wanted).absolute()
    inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else wanted
    return inside if wanted not in known else wanted


def _some(found: list[Name], noun: str, wanted: str, known: Sequence[str]) -> list[Name]:
    from robustcheck.core.text import printable

    if not found:
        near = did_you_mean(wanted, map(printable, known))
        raise WrongCall(f"the history has no {noun} {printable(wanted)}; {near}")
    return found


def _usual(names: Sequence[Name]) -> list[Name]:
    """Return one metric a case: accuracy, or its first where it has none, as ``overall`` lines do not."""
    of_case: dict[tuple[str, str, str], Name] = {}
    for name in names:
        key = (name.suite, name.case, name.model)
        if key not in of_case or name.metric == USUAL:
            of_case[key] = name
    return list(of_case.values())


def _curves(history: History, names: Sequence[Name]) -> list[Curve]:
    from robustcheck.runs.history.curve import Curve
    from robustcheck.runs.history.history_words import facts_of

    curves = []
    for name in names:
        points = history.series(name.suite, name.case, name.metric, model=name.model)
        if points:
            noted = next((point.number.unit for point in reversed(points) if point.number.unit), "")
            unit, better = facts_of(name.metric, noted)
            curves.append(Curve(name.suite, name.case, name.metric, name.model, unit, better, points))
    return curves


def _draw(curves: Sequence[Curve]) -> None:
    from robustcheck.runs.history.history_drawing import draw

    width = min(WIDEST, shutil.get_terminal_size().columns)
    for place, curve in enumerate(curves):
        if place:
            say()
        for line in draw(curve, width):
            say(line)


def _list(curves: Sequence[Curve]) -> None:
    from robustcheck.core.text import printable
    from robustcheck.runs.history.history_words import gain, value

    rows = []
    for curve in curves:
        found = curve.trend()
        cells = (curve.suite, curve.case, curve.metric, curve.model, str(len(curve.points)))
        latest = value(curve.points[-1].number, curve.unit)
        standing = f"{gain(found, curve.unit)}: {curve.standing()}" if found else ""
        rows.append((*map(printable, cells), latest, standing))
    columns(rows, head=("SUITE", "CASE", "METRIC", "MODEL", "MODELS", "LATEST [95%]", "GAIN [95%]"))
    say(f"{len(curves)} curves; up to {DRAWN} are drawn: choose with --case, --suite and --model")


def _json(curve: Curve) -> dict[str, Any]:
    found = curve.trend()
    return {
        "suite": curve.suite,
        "case": curve.case,
        "metric": curve.metric,
        "model": curve.model,
        "unit": curve.unit,
        "better": curve.better,
        "points": [
            {
                "when": point.when,
                "model_digest": point.number.model_digest,
                "data_digest": point.number.ground[0],
                "value": point.number.value,
                "low": point.number.low,
                "high": point.number.high,
                "n": point.number.n,
                "verdict": point.number.verdict,
                "stopped": point.number.stopped,
                "runs": point.runs,
                "accepted": [{"when": baseline.when, "reason": baseline.reason} for baseline in point.accepted],
            }
            for point in curve.points
        ],
        "trend": {"gain": found.gain, "low": found.low, "high": found.high, "models": found.runs} if found else None,
        "standing": curve.standing(),
    }
