"""Accept a run as what later runs are compared with, picture by picture.

The record is a file beside the suite, to be committed with it. `expect: {regression: "<= 1pp"}` and
`expect: {negative_flips: "<= 1%"}` read it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from robustcheck.cli.output import OK, WrongCall, say
from robustcheck.core.errors import RobustcheckError, did_you_mean
from robustcheck.domain.how import of_one_set_of_pictures

if TYPE_CHECKING:
    from robustcheck.engine.gates.baseline import Baseline
    from robustcheck.runs.load import KeptRun, KeptSuite

NAME = "baseline"
HELP = "accept a run as what later runs are compared with"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(metavar="action", required=True, dest="action")
    accept = actions.add_parser("accept", help="write the baseline of a run", description=__doc__)
    accept.add_argument("report", type=Path, metavar="REPORT", help="a report's folder or its result file")
    accept.add_argument("--reason", required=True, type=_line, metavar="TEXT", help="why this run is good enough")
    accept.add_argument("--suite", metavar="PATH", help="which suite of the report, if it has several")
    accept.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write it (default: SUITE.baseline.json beside the suite)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the file and say what is in it that was not before."""
    import datetime

    from robustcheck.core.project_settings import find_settings
    from robustcheck.core.text import named
    from robustcheck.engine.gates.baseline_file import text_of
    from robustcheck.runs.acceptance import baseline_of, whoever
    from robustcheck.runs.load import load_run

    root = find_settings().root
    suite = _chosen(load_run(arguments.report), arguments.suite)
    path = arguments.out or _default(root, suite.suite)
    before = _before(path)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    baseline = baseline_of(suite, reason=arguments.reason, by=whoever(root), day=day)
    content = text_of(baseline)
    _write(path, content)
    right = sum(int(case.right.sum()) for case in baseline.cases.values())
    looked = sum(int(case.seen.sum()) for case in baseline.cases.values())
    say(
        f"{_shown(path)}: {len(baseline.cases)} cases of {len(baseline.ids)} pictures by {baseline.model}, "
        f"{right} of {looked} right, {len(content)} bytes; commit it"
    )
    limits = [name for name, case in suite.cases.items() if not of_one_set_of_pictures(case.kind)]
    if limits:
        say(f"left out, since each model is looked at where it breaks: {named(limits)}")
    if suite.not_run:
        say(f"left out, since they were not run: {named(suite.not_run)}")
    early = [name for name, case in baseline.cases.items() if not case.seen.all()]
    if early:
        look = "look at all of them with pytest --robustcheck --robustcheck-every-picture"
        say(f"without all pictures, since they stopped early or some are unreadable: {named(early)}; {look}")
    _tell_changes(before, baseline)
    _mark(arguments.report, root, suite.suite, arguments.reason, day)
    return OK


def _mark(report: Path, root: Path, suite: str, reason: str, day: str) -> None:
    """Mark the run in the history, where it may be known from; a history that cannot be written is said and no more."""
    import json

    from robustcheck.core.regular_files import read_regular
    from robustcheck.domain.result import RESULT_FILE
    from robustcheck.runs.history.history import History, history_path

    file = report / RESULT_FILE if report.is_dir() else report
    try:
        history = History(history_path(root))
        history.accepted(history.record(json.loads(read_regular(file))), reason=reason, when=day, suite=suite)
    except RobustcheckError as error:
        say(f"not marked in the history: {error}")


def _tell_changes(before: Baseline | None, now: Baseline) -> None:
    from robustcheck.core.text import named

    if before is None:
        return
    new = [name for name in now.cases if name not in before.cases]
    gone = [name for name in before.cases if name not in now.cases]
    changed = [
        name for name, case in now.cases.items() if name in before.cases and before.cases[name].digest != case.digest
    ]
    told = [
        f"{len(names)} {what}: {named(names)}"
        for what, names in (("new", new), ("gone", gone), ("changed", changed))
        if names
    ]
    say(f"against the baseline of {before.accepted} by {before.model}: {'; '.join(told) or 'the same cases'}")


def _chosen(run: KeptRun, path: str | None) -> KeptSuite:
    from robustcheck.core.text import printable

    suites = list(run.suites)
    if path is None:
        if len(suites) == 1:
            return run.suites[suites[0]]
        if suites:
            raise WrongCall(
                f"{run.name} has {len(suites)} suites; choose one with --suite: {', '.join(map(printable, suites))}"
            )
        raise RobustcheckError(f"{run.name}: no suite was run")
    if path not in run.suites:
        raise WrongCall(f"{run.name} has no suite {printable(path)}; {did_you_mean(path, map(printable, suites))}")
    return run.suites[path]


def _default(root: Path, suite: str) -> Path:
    from robustcheck.core.text import printable
    from robustcheck.engine.gates.baseline import default_path

    if not (root / suite).is_file():
        raise RobustcheckError(
            f"{printable(suite)}: there is no such suite in this project; call this in the project that was run, or name the "
            "file with --out"
        )
    return default_path(root / suite)


def _before(path: Path) -> Baseline | None:
    """Return the baseline that is about to be replaced; one that cannot be read is replaced all the same."""
    from robustcheck.engine.gates.baseline_file import load_baseline

    try:
        return load_baseline(path) if path.is_file() else None
    except RobustcheckError as error:
        say(f"note: {error}: it is replaced")
        return None


def _write(path: Path, content: bytes) -> None:
    from robustcheck.core.files import atomic

    try:
        with atomic(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise RobustcheckError(f"{_shown(path)}: the file cannot be written: {error.strerror}") from None


def _shown(path: Path) -> str:
    from robustcheck.core.text import printable

    here = Path.cwd()
    return printable(str(path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path))


def _line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!a} is not one line of text")
    return text.strip()
