"""Record that a person looked at the pictures of cases and found their labels still true.

The record is a file beside the suite, to be committed with it. A suite demands it with `approved: required`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from robustcheck.cli.cases import add_suite, chosen_cases, load_named
from robustcheck.cli.output import OK, WrongCall, say

if TYPE_CHECKING:
    from robustcheck.domain.approvals import Approvals
    from robustcheck.domain.suite import Suite

NAME = "approve"
HELP = "record that labels still hold in the pictures of cases"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_suite(parser)
    parser.add_argument("--reviewer", required=True, type=_line, metavar="NAME", help="who looked at the pictures")
    parser.add_argument("--note", type=_line, metavar="TEXT", help="what they want to add")


def run(arguments: argparse.Namespace) -> int:
    """Write the file and say what changed in it."""
    import datetime

    from robustcheck.domain.approvals import approvals_path
    from robustcheck.language.approvals import approvals_of, record, write_approvals

    suite, project = load_named(arguments.suite)
    cases = chosen_cases(suite, arguments.cases)
    if not cases:
        raise WrongCall(f"{suite.path} has no case to approve")
    path = approvals_path(project.root / suite.path)
    recorded = record(
        suite,
        cases,
        approvals_of(suite, project.root),
        reviewer=arguments.reviewer,
        today=datetime.date.today(),
        note=arguments.note or "",
    )
    if recorded.added:
        write_approvals(path, recorded.approvals)
    for approval in recorded.added:
        say(f"approved: {approval.case}")
    for approval in recorded.replaced:
        say(f"replaced: {approval.case} was approved by {approval.reviewer} on {approval.date} for other parameters")
    _tell_rest(suite, recorded.approvals)
    say(
        f"{approvals_path(Path(suite.path))}: {len(recorded.added)} recorded, {len(recorded.kept)} already valid, "
        f"{len(recorded.replaced)} void and replaced"
    )
    return OK


def _tell_rest(suite: Suite, approvals: Approvals) -> None:
    """Say what else in the file holds for nothing; it stays, for nobody asked to remove it."""
    cases = {case.id: case for case in suite.cases}
    for approval in approvals.values():
        by = f"approved by {approval.reviewer} on {approval.date}"
        if approval.case not in cases:
            say(f"note: {approval.where}: {approval.case}, {by}, is no case of {suite.path}; remove it by hand")
        elif not approval.holds(cases[approval.case], suite.data):
            say(f"note: {approval.where}: {approval.case}, {by} for other parameters, must be looked at again")


def _line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!a} is not one line of text")
    return text.strip()
