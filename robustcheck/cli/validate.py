"""Find every problem of suites and of the configuration, without running anything.

Without paths, the suites of the project are looked at: the folders of the pytest setting robustcheck_suites.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from robustcheck.cli.output import OK, PROBLEMS, say
from robustcheck.cli.project import Settings, find_settings
from robustcheck.errors import Problem, RobustcheckError, SuiteError

NAME = "validate"
HELP = "find every problem of suites and configuration"
CONFIGURATION = ("models.yaml", "data.yaml", "variables.yaml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="suites, or folders of suites")


def run(arguments: argparse.Namespace) -> int:
    """Print the problems, then a count."""
    from robustcheck.language import listed_variables, load_project, load_suite
    from robustcheck.language.approvals import approvals_of, missing_approvals
    from robustcheck.language.entries import Project

    settings = find_settings(arguments.paths)
    suites = _suites(arguments.paths, settings)
    problems: list[Problem] = []
    try:
        project = load_project(settings.root, settings.configs)
    except SuiteError as error:
        problems += error.problems
        # What a suite may name is unknown now; everything else about it is not.
        variables = listed_variables(settings.root, settings.configs)
        project = Project(settings.root, readable=False, variables=variables)
    cases = 0
    for path in suites:
        try:
            suite = load_suite(path, project)
        except SuiteError as error:
            problems += error.problems
            continue
        cases += len(suite.cases) + len(suite.overall)
        for note in suite.notes:
            say(f"note: {note}")
        try:
            approvals = approvals_of(suite, settings.root)
        except SuiteError as error:
            problems += error.problems
            continue
        for lacking in missing_approvals(suite, approvals):
            say(f"note: {lacking.problem}")
    problems = list(dict.fromkeys(problems))
    for problem in problems:
        say(str(problem))
    say(_count(len(suites), cases, problems))
    return PROBLEMS if problems else OK


def _suites(paths: Sequence[Path], settings: Settings) -> list[Path]:
    from robustcheck.language import find_suites

    missing = [path for path in paths if not os.path.lexists(path)]
    if missing:
        raise RobustcheckError("\n".join(f"{path}: there is no such file or folder" for path in missing))
    looked_in = [path.absolute() for path in paths] or [folder for folder in settings.suites if folder.exists()]
    configuration = {settings.configs / name for name in CONFIGURATION}
    named = {path for path in looked_in if path in configuration}
    found = [path for path in find_suites(looked_in) if path not in configuration]
    if not found and not named:
        where = ", ".join(str(path) for path in paths or (_short(folder, settings) for folder in settings.suites))
        raise RobustcheckError(f"there is no suite in {where}; `robustcheck init` makes a starter")
    return found


def _short(folder: Path, settings: Settings) -> str:
    return str(folder.relative_to(settings.root)) if folder.is_relative_to(settings.root) else str(folder)


def _count(suites: int, cases: int, problems: Sequence[Problem]) -> str:
    looked_at = f"{suites} suite{'' if suites == 1 else 's'}"
    if not problems:
        return f"{looked_at}, {cases} cases: no problem"
    files = len({problem.where.file for problem in problems})
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    return f"{looked_at} and the configuration: {count} in {files} file{'' if files == 1 else 's'}"
