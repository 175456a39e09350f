"""The cases of a suite drawn on a few of its own pictures, to say what is wrong with them before a model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Problem, RobustcheckError, SuiteError

if TYPE_CHECKING:
    from robustcheck.domain.case import Case
    from robustcheck.domain.config import Project
    from robustcheck.domain.suite import Suite
    from robustcheck.engine.tools.preview import Preview, Shown

SAMPLES: Final = 6
"""Pictures of a suite that each of its cases is drawn on, as many of each class as of any other."""


def drawn_cases(suite: Suite, project: Project) -> tuple[list[Problem], list[str]]:
    """Draw every case of a suite but attacks and the clean one, as a run would.

    This opens the data set, and so runs code that ``configs/data.yaml`` names; no model is built.

    Returns:
        What would be an error of a run, and what a person must know, each with its place.
    """
    from robustcheck.engine.kinds.case_kind import kind_of_case
    from robustcheck.engine.tools.preview import Preview

    try:
        preview = Preview(suite, project, samples=SAMPLES, predict=False)
    except SuiteError as error:
        return list(error.problems), []
    except RobustcheckError as error:
        where = project.data[suite.data].where
        return [Problem(where, Code.DATA_NOT_OPENED, str(error).removeprefix(f"{where}: "))], []
    problems: list[Problem] = []
    notes: list[str] = []
    try:
        for case in suite.cases[1:]:
            if not kind_of_case(case).attacked:
                found, told = _drawn(case, suite, preview)
                problems += found
                notes += told
    finally:
        preview.close()
    return problems, list(dict.fromkeys(notes))


def _drawn(case: Case, suite: Suite, preview: Preview) -> tuple[list[Problem], list[str]]:
    from robustcheck.engine.kinds.case_kind import kind_of_case
    from robustcheck.engine.tools.preview import mean_change, notes_of_row

    rows = [(view, preview.row(view)) for view in kind_of_case(case).drawings()]
    problems = [
        Problem(case.where, Code.CASE_REFUSED, f"{case.id}: {text}") for _, shown in rows for text in _failures(shown)
    ]
    names = [sample.id for sample in preview.samples]
    notes = [
        f"{name} of {suite.data}: {one.problem}"
        for _, shown in rows
        for name, one in zip(names, shown, strict=True)
        if one.unreadable
    ]
    # A range may well begin at no change at all: what counts is how far it reaches.
    view, shown = max(rows, key=lambda row: mean_change(row[1]))
    readable = [one for one in shown if one.pixels is not None]
    notes += [f"{case.where}: {view.name}: {note}" for note in notes_of_row(view, readable)]
    return problems, notes


def _failures(shown: Sequence[Shown]) -> list[str]:
    """Return why shifts failed, each reason once."""
    return list(dict.fromkeys(one.problem for one in shown if one.problem and not one.unreadable))
