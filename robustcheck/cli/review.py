"""Look at the pictures that a run makes suspicious, and say what they show.

`robustcheck review REPORT` serves a page on this machine; `export` and `import` go through Label Studio or a table instead. What is
decided goes into an overlay, a file beside the data set, which itself is never written.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from robustcheck.cli.output import OK, WrongCall, complain, say

if TYPE_CHECKING:
    from robustcheck.domain.config import Project
    from robustcheck.review.access import Access
    from robustcheck.review.opening import Opened

NAME = "review"
HELP = "look at suspicious pictures on a page and say what they show"
OVERLAY: Final = Path("reviews.jsonl")
WORDS: Final = ("serve", "export", "import")


def with_word(words: Sequence[str]) -> list[str]:
    """Return a command line in which ``review REPORT`` is written ``review serve REPORT``."""
    if list(words[:1]) == [NAME] and len(words) > 1 and words[1] not in (*WORDS, "-h", "--help"):
        return [NAME, "serve", *words[1:]]
    return list(words)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the three ways."""
    parsers = parser.add_subparsers(metavar="way", required=True)
    served = parsers.add_parser("serve", help="serve the page, as the plain call does", description=__doc__)
    _add_report(served)
    _add_overlay(served)
    served.add_argument("--reviewer", required=True, metavar="NAME", help="who answers for the decisions")
    served.add_argument("--blind", action="store_true", help="hide label and prediction")
    served.add_argument("--adjudicate", action="store_true", help="decide between reviewers who differ")
    served.add_argument(
        "--reviewers-min", type=_count, metavar="N", help="how many must agree on a picture (what the suite says, or 1)"
    )
    served.add_argument("--port", type=_port, default=0, metavar="N", help="a port instead of any that is free")
    served.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="an address instead of 127.0.0.1")
    served.add_argument("--allow-remote", action="store_true", help="serve an address that other machines can reach")
    served.set_defaults(way=_serve)
    exported = parsers.add_parser("export", help="write the queue as tasks of Label Studio or as a table")
    _add_report(exported)
    exported.add_argument("--label-studio", type=Path, metavar="FILE", help="write tasks of Label Studio")
    exported.add_argument("--csv", type=Path, metavar="FILE", help="write a table with an empty column for the label")
    exported.add_argument(
        "--prefix", default="", metavar="URL", help="what stands before a picture's id in Label Studio's tasks"
    )
    exported.set_defaults(way=_export)
    imported = parsers.add_parser("import", help="add what was decided in Label Studio or in a table")
    imported.add_argument("file", type=Path, metavar="FILE", help="an export of Label Studio (JSON), or a table (.csv)")
    _add_overlay(imported)
    add_data(imported)
    imported.add_argument(
        "--reviewer",
        action="append",
        default=[],
        metavar="NAME",
        help="who decided, where the file does not say; or 3=NAME for each user of Label Studio",
    )
    imported.set_defaults(way=_import)


def run(arguments: argparse.Namespace) -> int:
    """Do what the way says."""
    code: int = arguments.way(arguments)
    return code


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name the data set of an overlay."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--suite", type=Path, metavar="PATH", help="the suite whose data and classes it is about")
    group.add_argument("--data", metavar="NAME", help="the data set of configs/data.yaml; its labels are the classes")


def ground_of(arguments: argparse.Namespace) -> Any:
    """Open the data set that a call names.

    Returns:
        A ``robustcheck.review.review_dataset.Ground`` and what the suite says of its overlay, if it says anything.
    """
    from robustcheck.cli.cases import load_named
    from robustcheck.review.review_dataset import open_ground

    if arguments.suite is None:
        return open_ground(_project(), arguments.data), None
    suite, project = load_named(arguments.suite)
    ground = open_ground(project, suite.data, seed=suite.seed, model=project.models[suite.model])
    return ground, suite.labels


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report's folder, with its records")
    parser.add_argument("--suite", metavar="PATH", help="one suite of the report")
    parser.add_argument(
        "--audit-fraction", type=_share, metavar="P", help="share of the pictures that nothing asks about (10%%)"
    )
    parser.add_argument("--limit", type=_count, metavar="N", help="pictures at most")


def _add_overlay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overlay", type=Path, default=OVERLAY, metavar="FILE", help=f"where decisions are added (default: {OVERLAY})"
    )


def _serve(arguments: argparse.Namespace) -> int:
    from robustcheck.review.access import check_host
    from robustcheck.review.app import create_app
    from robustcheck.review.drawing import Drawing
    from robustcheck.review.ledger import Ledger
    from robustcheck.review.serving import serve
    from robustcheck.review.session import Session, Task, check_reviewer

    host = check_host(arguments.host, allow_remote=arguments.allow_remote)
    reviewer = check_reviewer(arguments.reviewer)
    ledger = Ledger(arguments.overlay)
    if ledger.cut:
        complain(
            f"{arguments.overlay}: a line without an end was cut off, since its writer was killed: {ledger.cut[:200]!a}"
        )
    opened = _open(arguments)
    task = Task(
        reviewer=reviewer,
        blind=arguments.blind,
        reviewers_min=arguments.reviewers_min or opened.reviewers_min,
        adjudicate=arguments.adjudicate,
        seed=opened.suite.seed,
        model_digest=opened.report["model"].get("digest", ""),
    )
    session = Session(opened.queue, opened.ground, ledger, task)
    drawing = Drawing(opened.suite, opened.report, opened.folder, opened.ground, opened.entry, opened.seen)
    examples = opened.examples({asked.id for asked in session.queue})

    def told(access: Access) -> None:
        state = session.state()
        say(
            f"{opened.report['path']}: {state['all']} pictures, {state['done']} decided; decisions go into {arguments.overlay}"
        )
        if arguments.allow_remote:
            complain(
                f"WARNING: {access.netloc} may be reachable from other machines, and nothing on the way is encrypted"
            )
        say(f"open {access.address}")
        say("Ctrl-C ends the review; nothing that was decided is lost")
        _flush()

    try:
        serve(host, arguments.port, lambda access: create_app(session, drawing, examples, access), told)
    finally:
        drawing.close()
    state = session.state()
    say(f"{state['done']} of {state['all']} pictures decided")
    return OK


def _export(arguments: argparse.Namespace) -> int:
    import json

    from robustcheck.cli.residuals import task
    from robustcheck.core.files import write_whole
    from robustcheck.review.table import table_of

    if not (arguments.label_studio or arguments.csv):
        raise WrongCall("nothing to write; name a file with --label-studio or --csv")
    opened = _open(arguments)
    ground, model = opened.ground, opened.report["model"].get("digest", "")
    if arguments.label_studio:
        tasks = []
        for asked in opened.queue:
            picture = {
                "id": asked.id,
                "label": ground.by_id[asked.id].label,
                "case": asked.case,
                "predicted": asked.predicted,
                "confidence": asked.confidence,
            }
            made = task(opened.report, asked.task, picture, arguments.prefix)
            made["data"] |= {"sha256": ground.contents[asked.id], "model_digest": model}
            tasks.append(made)
        text = json.dumps(tasks, indent=1, ensure_ascii=False) + "\n"
        say(f"{write_whole(arguments.label_studio, text)} written: {len(tasks)} tasks")
    if arguments.csv:
        say(f"{write_whole(arguments.csv, table_of(opened.queue, ground))} written: {len(opened.queue)} pictures")
    return OK


def _import(arguments: argparse.Namespace) -> int:
    from robustcheck.core.errors import RobustcheckError
    from robustcheck.data.labels.overlay import append
    from robustcheck.review.importing import read_brought
    from robustcheck.review.ledger import Ledger

    ground, _ = ground_of(arguments)
    found = read_brought(arguments.file, ground, arguments.reviewer)
    known = {(one.sha256, one.id, one.label, one.person, one.when) for one in Ledger(arguments.overlay).decisions()}
    fresh = [one for one in found if (one.sha256, one.id, one.label, one.person, one.when) not in known]
    if fresh:
        try:
            append(arguments.overlay, fresh)
        except OSError as error:
            raise RobustcheckError(
                f"{arguments.overlay}: the decisions could not be written: {error.strerror}"
            ) from None
    say(f"{arguments.overlay}: {len(fresh)} decisions added, {len(found) - len(fresh)} were there already")
    return OK


def _open(arguments: argparse.Namespace) -> Opened:
    from robustcheck.review.opening import open_review

    return open_review(
        arguments.report,
        _project(),
        suite=arguments.suite,
        audit_fraction=arguments.audit_fraction,
        limit=arguments.limit,
    )


def _project() -> Project:
    from robustcheck.core.project_settings import find_settings
    from robustcheck.language import load_project

    settings = find_settings()
    return load_project(settings.root, settings.configs)


def _flush() -> None:
    import sys

    sys.stdout.flush()
    sys.stderr.flush()


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10**6:
        raise argparse.ArgumentTypeError(f"{text} is no number of at least 1")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return int(text)


def _share(text: str) -> float:
    from robustcheck.core.units import parse_quantity

    quantity = parse_quantity(text)
    if quantity is None or quantity.unit not in ("", "%") or not 0 <= quantity.value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share; write 10%")
    return quantity.value
