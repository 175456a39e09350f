"""The suite that a call names, and the cases that it chooses in it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from robustcheck.cli.output import WrongCall
from robustcheck.core.errors import RobustcheckError, did_you_mean
from robustcheck.core.regular_files import check_regular

if TYPE_CHECKING:
    from robustcheck.domain.case import Case
    from robustcheck.domain.config import Project
    from robustcheck.domain.suite import Suite


def add_suite(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a suite and its cases."""
    parser.add_argument("suite", type=Path, metavar="SUITE", help="a suite's file")
    parser.add_argument(
        "--case",
        action="append",
        default=[],
        dest="cases",
        metavar="ID",
        help="a case, a check or a shift, with * for any text; may be given again",
    )


def load_named(path: Path, *, model: str | None = None, seed: int | None = None) -> tuple[Suite, Project]:
    """Read a suite and the configuration of its project.

    Raises:
        WrongCall: The model is not configured.
        RobustcheckError: There is no such file, or there are problems in it.
    """
    from robustcheck.core.project_settings import find_settings
    from robustcheck.language import load_project, load_suite

    try:
        check_regular(path)
    except FileNotFoundError:
        raise RobustcheckError(f"{path}: there is no such file; name the file of one suite") from None
    except OSError as error:
        raise RobustcheckError(f"{path}: {error.strerror}; name the file of one suite") from None
    settings = find_settings([path])
    project = load_project(settings.root, settings.configs)
    if model is not None and model not in project.models:
        raise WrongCall(f"there is no model {model}; {did_you_mean(model, project.models)}")
    return load_suite(path, project, model=model, seed=seed, gating=False), project


def chosen_cases(suite: Suite, patterns: Sequence[str]) -> list[Case]:
    """Return the cases that any of the patterns names, in the order of the suite, the clean case excepted.

    Args:
        suite: The suite.
        patterns: All cases when there is none.

    Raises:
        WrongCall: A pattern names no case.
    """
    cases = suite.cases[1:]
    for pattern in patterns:
        if pattern == suite.clean.id:
            raise WrongCall("the clean case is the pictures as they are; name a case of a check")
        if not any(case.matches(pattern) for case in cases):
            known = [
                name for case in cases for name in (case.id, case.check, *(step.name for step in case.perturbations))
            ]
            raise WrongCall(f"there is no case {pattern} in {suite.path}; {did_you_mean(pattern, known)}")
    return [case for case in cases if not patterns or any(case.matches(pattern) for pattern in patterns)]
