"""Find every problem of suites and of the configuration, without running anything; with --data, on a few pictures too.

Without paths, the suites of the project are looked at: the folders of the pytest setting robustcheck_suites.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from robustcheck.cli.output import OK, PROBLEMS, say
from robustcheck.errors import Problem, RobustcheckError, SuiteError
from robustcheck.project_settings import Settings, find_settings
from robustcheck.regular_files import check_regular
from robustcheck.suite_folders import Places, is_yaml

if TYPE_CHECKING:
    from robustcheck.language.discover import Discovery
    from robustcheck.language.entries import Project
    from robustcheck.language.plan import Suite

NAME = "validate"
HELP = "find every problem of suites and configuration"
COUNTED = ("imagefolder", "manifest", "signs")
"""Kinds of data sets whose pictures are counted by their names alone."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="suites, or folders of suites")
    parser.add_argument(
        "--data",
        action="store_true",
        help="also open the data and draw the cases on a few pictures, which runs code that configs/data.yaml names",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the problems, then a count."""
    from robustcheck.language import listed_variables, load_project, load_suite
    from robustcheck.language.approvals import approvals_of, missing_approvals
    from robustcheck.language.entries import Project
    from robustcheck.language.gating import ungated_clean

    settings = find_settings(arguments.paths)
    discovery = _discovery(arguments.paths, settings)
    suites = [path for path in discovery.suites if path not in discovery.broken]
    problems: list[Problem] = [*discovery.problems, *discovery.broken.values()]
    for entry in discovery.left_out:
        say(f"note: {entry.path} is left out: {entry.reason}")
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
        problems += _counted(suite, project)
        if arguments.data:
            problems += _drawn(suite, project)
        for note in (*suite.notes, *ungated_clean(suite, project.models.get(suite.model))):
            say(f"note: {note}")
        try:
            approvals = approvals_of(suite, settings.root)
        except SuiteError as error:
            # What is no file at all was named when the folder was looked through.
            known = {problem.where.file for problem in discovery.problems}
            problems += [problem for problem in error.problems if problem.where.file not in known]
            continue
        for lacking in missing_approvals(suite, approvals):
            say(f"note: {lacking.problem}")
    problems = list(dict.fromkeys(problems))
    for problem in problems:
        say(str(problem))
    say(_count(len(discovery.suites), cases, problems))
    return PROBLEMS if problems else OK


def _counted(suite: Suite, project: Project) -> list[Problem]:
    """Return what is wrong with a suite on these pictures, where they can be counted without running code of the project."""
    entry = project.data.get(suite.data)
    if entry is None or entry.kind not in COUNTED or suite.model not in project.models:
        return []
    from robustcheck.engine.provable import empty_lines, unprovable_lines

    return [*unprovable_lines(suite, project), *empty_lines(suite, project)]


def _drawn(suite: Suite, project: Project) -> list[Problem]:
    """Say what a person must know of a suite's cases on its own pictures, and return what would be an error of a run."""
    if suite.data not in project.data or suite.model not in project.models:
        say(f"note: {suite.path}: the cases are not drawn, since the configuration cannot be read")
        return []
    from robustcheck.cli.drawn_cases import drawn_cases

    problems, notes = drawn_cases(suite, project)
    for note in notes:
        say(f"note: {note}")
    return problems


def _discovery(paths: Sequence[Path], settings: Settings) -> Discovery:
    from robustcheck.language import discover

    missing = [str(path) for path in paths if not os.path.lexists(path)]
    if not paths:
        missing = [_short(folder, settings) for folder in settings.suites if not os.path.lexists(folder)]
        if len(missing) == len(settings.suites):
            missing = []  # told below
    if missing:
        raise RobustcheckError("\n".join(f"{path}: there is no such file or folder" for path in missing))
    named = tuple(Path(os.path.abspath(path)) for path in paths)
    for path in paths:
        if not path.is_dir():
            _check_readable(path)
    other = [path for path in paths if not path.is_dir() and not is_yaml(path)]
    if other:
        raise RobustcheckError(
            "\n".join(f"{path}:1:1: this is no YAML by its name; a suite ends in .yaml" for path in other)
        )
    configured = tuple(Path(os.path.abspath(folder)) for folder in settings.suites)
    discovery = discover(Places(settings.root, Path(os.path.abspath(settings.configs)), configured, named))
    if not (discovery.suites or discovery.problems) and not any(path.parent == settings.configs for path in named):
        where = ", ".join(str(path) for path in paths or (_short(folder, settings) for folder in settings.suites))
        raise RobustcheckError(f"there is no suite in {where}; `robustcheck init` makes a starter")
    return discovery


def _check_readable(path: Path) -> None:
    try:
        check_regular(path)
    except OSError as error:
        raise RobustcheckError(f"{path}: this cannot be read as a suite: {error.strerror}") from None


def _short(folder: Path, settings: Settings) -> str:
    return str(folder.relative_to(settings.root)) if folder.is_relative_to(settings.root) else str(folder)


def _count(suites: int, cases: int, problems: Sequence[Problem]) -> str:
    looked_at = f"{suites} suite{'' if suites == 1 else 's'}"
    if not problems:
        return f"{looked_at}, {cases} cases: no problem"
    files = len({problem.where.file for problem in problems})
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    return f"{looked_at} and the configuration: {count} in {files} file{'' if files == 1 else 's'}"
