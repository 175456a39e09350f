"""Hold two runs against each other: which cases got worse, by how much, and on which pictures.

A and B are folders of reports, result files, or baselines. Accuracies are compared picture by picture.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from robustcheck.cli.output import OK, PROBLEMS, columns, say

NAME = "compare"
HELP = "show what changed between two runs or models"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("a", type=Path, metavar="A", help="what is compared with: a report or a baseline")
    parser.add_argument("b", type=Path, metavar="B", help="what is compared: a report or a baseline")
    parser.add_argument("--json", action="store_true", help="write JSON, with every picture that flipped")
    parser.add_argument(
        "--fail-on-regression", action="store_true", help="end with 1 if B is significantly worse in any case"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the table, the worst first."""
    from robustcheck.report.comparison_table import HEAD, closing, heads, rows
    from robustcheck.runs.comparison import compare
    from robustcheck.runs.load import load_run

    comparison = compare(load_run(arguments.a), load_run(arguments.b))
    if arguments.json:
        say(json.dumps(comparison.to_json(), indent=1, allow_nan=False))
    else:
        for line in heads(comparison):
            say(line)
        say()
        if comparison.cases:
            columns(rows(comparison), head=HEAD)
            say()
        for line in closing(comparison):
            say(line)
    return PROBLEMS if arguments.fail_on_regression and comparison.alarms else OK
