"""Print or export the pictures that a person should look at: labels in doubt, edge cases, fragile ones."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from robustcheck.cli.output import OK, WrongCall, columns, say
from robustcheck.core.errors import did_you_mean

NAME = "residuals"
HELP = "print or export the pictures that a person should look at"
TITLES = {
    "label_suspects": "labels in doubt: another class is predicted as confidently as its own pictures are",
    "edge_cases": "edge cases: right when clean, wrong under a shift",
    "fragile": "fragile: right when clean, broken by most cases",
}
FIELDS = ("suite", "list", "id", "label", "predicted", "confidence", "loss", "case", "clean_loss", "broken", "of")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report's folder, with its records")
    parser.add_argument("--suite", metavar="PATH", help="one suite of the report; all by default")
    parser.add_argument("--top", type=_count, metavar="N", help="pictures of each list (what the suite says)")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write them as CSV")
    parser.add_argument("--label-studio", type=Path, metavar="FILE", help="write them as tasks of Label Studio")
    parser.add_argument(
        "--prefix", default="", metavar="URL", help="what stands before a picture's id in Label Studio's tasks"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the lists of each suite, and write what was asked for."""
    from robustcheck.core.files import write_whole
    from robustcheck.runs.load import reading
    from robustcheck.runs.residuals import residuals

    rows: list[dict[str, Any]] = []
    tasks: list[dict[str, Any]] = []
    with reading(arguments.report) as document:
        suites = {suite["path"]: suite for suite in document["suites"]}
        if arguments.suite and arguments.suite not in suites:
            raise WrongCall(f"the report has no suite {arguments.suite}; {did_you_mean(arguments.suite, suites)}")
        for path, suite in suites.items():
            if arguments.suite in (None, path):
                found = residuals(suite, arguments.report, arguments.top)
                if found is None:
                    say(f"{path}: the report has no records of the clean case, so nothing can be ranked")
                    continue
                _show(path, found)
                for kind in TITLES:
                    for picture in found[kind]["pictures"]:
                        rows.append({"suite": path, "list": kind, **picture})
                        tasks.append(task(suite, kind, picture, arguments.prefix))
    if arguments.csv:
        say(f"{write_whole(arguments.csv, _csv(rows))} written: {len(rows)} pictures")
    if arguments.label_studio:
        text = json.dumps(tasks, indent=1, ensure_ascii=False) + "\n"
        say(f"{write_whole(arguments.label_studio, text)} written: {len(tasks)} tasks")
    return OK


def task(suite: Mapping[str, Any], kind: str, picture: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return a task of Label Studio with the model's prediction, for a choice ``label`` about an image ``image``.

    Args:
        suite: One of the ``suites`` of a result file.
        kind: The list that the picture stands in.
        picture: As ``robustcheck.runs.residuals`` has it.
        prefix: What stands before the id in the address of the picture.
    """
    choice = {"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": [picture["predicted"]]}}
    known = {key: picture[key] for key in ("id", "label", "case") if key in picture}
    return {
        "data": {"image": f"{prefix}{picture['id']}", "list": kind, "suite": suite["path"], **known},
        "predictions": [
            {
                "model_version": f"{suite['model']['name']} {suite['model'].get('digest', '')[:12]}".strip(),
                "score": picture["confidence"],
                "result": [choice],
            }
        ],
    }


def _show(path: str, found: Mapping[str, Any]) -> None:
    from robustcheck.core.text import printable

    for kind, title in TITLES.items():
        pictures = found[kind]["pictures"]
        say(f"{path}: {found[kind]['count']} {title}")
        columns([tuple(map(printable, _cells(picture))) for picture in pictures])


def _cells(picture: Mapping[str, Any]) -> Sequence[str]:
    told = [f"  {picture['id']}", f"{picture['label']} -> {picture['predicted']}"]
    told += [f"{picture['confidence']:.1%} sure", f"loss {picture['loss']:.3g}"]
    if "case" in picture:
        told.append(f"{picture['case']} (clean {picture['clean_loss']:.3g})")
    if "broken" in picture:
        told.append(f"broken by {picture['broken']} of {picture['of']}")
    return told


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
    return stream.getvalue()


def _safe(value: Any) -> Any:
    # A spreadsheet takes a cell that begins like this for a formula.
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10**6:
        raise argparse.ArgumentTypeError(f"{text} is no number of pictures")
    return int(text)
