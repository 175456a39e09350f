"""Find every problem of suites and of the configuration, without running anything; with --data, on a few pictures too.

Without paths, the suites of the project are looked at: the folders of the pytest setting robustcheck_suites. What cannot be seen
from here, such as how many pictures a data set has that only code can list, is a note that says what was not checked.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from robustcheck.cli.output import OK, PROBLEMS, say
from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, Problem, RobustcheckError, SuiteError, count_of
from robustcheck.core.project_settings import Settings, find_settings
from robustcheck.core.regular_files import check_regular
from robustcheck.core.suite_folders import Places, is_yaml

if TYPE_CHECKING:
    from robustcheck.domain.config import Project
    from robustcheck.domain.suite import Suite
    from robustcheck.language.discover import Discovery

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
    parser.add_argument("--strict", action="store_true", help="exit with 1 where there are notes, too")


def run(arguments: argparse.Namespace) -> int:
    """Print the problems, then a count."""
    from robustcheck.domain.approvals import missing_approvals
    from robustcheck.domain.config import Project
    from robustcheck.language import listed_variables, load_project, load_suite
    from robustcheck.language.approvals import approvals_of
    from robustcheck.language.gating import ungated_clean

    settings = find_settings(arguments.paths)
    discovery = _discovery(arguments.paths, settings)
    suites = [path for path in discovery.suites if path not in discovery.broken]
    problems: list[Problem] = [*discovery.problems, *discovery.broken.values()]
    notes: list[str] = []
    for entry in discovery.left_out:
        say(f"left out: {entry.path}: {entry.reason}")
    try:
        project = load_project(settings.root, settings.configs)
    except SuiteError as error:
        problems += error.problems
        # What a suite may name is unknown now; everything else about it is not.
        variables = listed_variables(settings.root, settings.configs)
        project = Project(settings.root, readable=False, variables=variables)
        notes.append("not checked: names of models, data sets and classes, since the configuration is wrong")
    cases = 0
    for path in suites:
        try:
            suite = load_suite(path, project)
        except SuiteError as error:
            problems += error.problems
            continue
        cases += len(suite.cases) + len(suite.overall)
        found, unseen = _on_the_data(suite, project, opened=arguments.data)
        problems += found
        notes += [*suite.notes, *ungated_clean(suite, project.models.get(suite.model)), *unseen]
        try:
            approvals = approvals_of(suite, settings.root)
        except SuiteError as error:
            # What is no file at all was named when the folder was looked through.
            known = {problem.where.file for problem in discovery.problems}
            problems += [problem for problem in error.problems if problem.where.file not in known]
            continue
        notes += [str(lacking.problem) for lacking in missing_approvals(suite, approvals)]
    problems, notes = list(dict.fromkeys(problems)), list(dict.fromkeys(notes))
    for line in (*(f"note: {note}" for note in notes), *map(str, problems)):
        say(line)
    strict = arguments.strict and bool(notes)
    say(
        _count(len(discovery.suites), cases, problems)
        + (f", {count_of(len(notes), 'note')} (--strict)" if strict else "")
    )
    return PROBLEMS if problems or strict else OK


def _on_the_data(suite: Suite, project: Project, *, opened: bool) -> tuple[list[Problem], list[str]]:
    """Return what is wrong with a suite on its own pictures, and notes on what they show and on what could not be seen.

    Without ``opened`` no code of the project runs: pictures are counted where their names tell, and none is drawn.
    """
    from robustcheck.language.gating import depends_on_counts

    if suite.data not in project.data or suite.model not in project.models:
        return [], [f"{suite.path}: not checked: the pictures, since the configuration is wrong"] if opened else []
    notes = []
    problems: list[Problem] = []
    if depends_on_counts(suite):
        problems, reason = _counted(suite, project, opened=opened)
        if reason:
            enough = f"whether {suite.data} has pictures enough for what the suite expects"
            notes.append(f"{suite.path}: not checked: {enough}: {reason}")
    if opened:
        drawn, told = _drawn(suite, project)
        return [*problems, *drawn], [*notes, *told]
    judged = sorted(
        {step.name for case in suite.cases for step in case.steps if registry.shifts[step.name].facts.check}
    )
    if judged:
        names = ", ".join(judged)
        notes.append(
            f"{suite.path}: not checked: the arguments of {names}, which only the library can judge; "
            "`robustcheck validate --data` asks it"
        )
    return problems, notes


def _counted(suite: Suite, project: Project, *, opened: bool) -> tuple[list[Problem], str]:
    """Return what is wrong with a suite on so many pictures, and why they could not be counted."""
    kind = project.data[suite.data].kind
    if not opened and kind not in COUNTED:
        return [], f"pictures of the kind {kind} are listed by code; `robustcheck validate --data` runs it"
    try:
        from robustcheck.engine.gates.feasibility import countable
    except ImportError as error:
        return [], f"{error.name} is not installed here"
    return countable(suite, project)


def _drawn(suite: Suite, project: Project) -> tuple[list[Problem], list[str]]:
    """Return what would be an error of a run on these pictures, and what a person must know of its cases."""
    from robustcheck.cli.drawn_cases import drawn_cases

    problems, notes = drawn_cases(suite, project)
    return problems, list(notes)


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
        what, hint = "this is no YAML by its name", "a suite ends in .yaml"
        raise SuiteError([Problem(Location(str(path)), Code.FILE_AMONG_SUITES, what, hint) for path in other])
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
