"""From a report to a baseline, or to the reasons why it cannot be one."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from robustcheck.core.errors import RobustcheckError
from robustcheck.domain.how import of_one_set_of_pictures

if TYPE_CHECKING:
    from robustcheck.engine.gates.baseline import Baseline
    from robustcheck.runs.load import KeptCase, KeptSuite

SECONDS = 5.0
"""How long git may take to say who is there."""


def baseline_of(suite: KeptSuite, *, reason: str, by: str, day: str) -> Baseline:
    """Return the baseline of a suite's run.

    Break points are left out, since each model is looked at where it breaks, and so are ``overall`` lines, which are made of cases.

    Args:
        suite: The run.
        reason: Why it is accepted.
        by: Who accepts it.
        day: Of today in UTC, ``2026-11-23``.

    Raises:
        RobustcheckError: The run cannot be a baseline, for all the reasons that there are.
    """
    import numpy as np

    from robustcheck.engine.gates.baseline import Baseline, BaselineCase

    cases = {name: case for name, case in suite.cases.items() if of_one_set_of_pictures(case.kind)}
    _refuse(suite, cases)
    labels = suite.labels()
    ids = tuple(sorted(labels))
    classes = np.array([labels[name] for name in ids], dtype=np.int32)
    position = {name: row for row, name in enumerate(ids)}
    accepted = {}
    for name, case in cases.items():
        assert case.rows is not None  # noqa: S101 - refused otherwise
        places = [position[sample] for sample in case.rows.ids]
        right, seen = np.zeros(len(ids), bool), np.zeros(len(ids), bool)
        right[places], seen[places] = case.rows.right, True
        predicted = None
        if case.rows.predicted is not None:
            predicted = classes.copy()
            predicted[places] = case.rows.predicted
        accepted[name] = BaselineCase(name, case.digest, right, seen, predicted)
    return Baseline(
        reason=reason,
        accepted=day,
        by=by,
        suite=suite.suite,
        suite_digest=suite.suite_digest,
        model=suite.model,
        model_digest=suite.model_digest,
        data=suite.data,
        data_digest=suite.data_digest,
        seed=suite.seed,
        overlay=suite.overlay,
        ids=ids,
        labels=classes,
        cases=accepted,
    )


def _refuse(suite: KeptSuite, cases: Mapping[str, KeptCase]) -> None:
    from robustcheck.core.text import printable
    from robustcheck.runs.load import NO_NUMBER

    problems = []
    for name, case in cases.items():
        if case.verdict in NO_NUMBER:
            why = f": {printable(case.problems[0])}" if case.problems else ""
            problems.append(f"{printable(name)} ended as {case.verdict}{why}")
        elif case.rows is None:
            problems.append(f"{printable(name)} has no records: {case.missing}")
    if not cases:
        problems.append("it has no case")
    elif not problems and not (suite.model_digest and suite.data_digest):
        problems.append("it does not say which model and data it is of")
    if problems:
        head = f"the run of {printable(suite.suite)} cannot be accepted; repair it and run it again:"
        raise RobustcheckError("\n  ".join([head, *problems]))


def whoever(root: Path) -> str:
    """Return who accepts: as git calls them, else as the machine does."""
    found = [os.environ.get("GIT_AUTHOR_NAME", ""), _git_user(root)]
    try:
        found.append(getpass.getuser())
    except (OSError, KeyError, ImportError):
        found.append("")
    return next((name.strip() for name in found if name.strip() and name.strip().isprintable()), "unknown")


def _git_user(root: Path) -> str:
    git = shutil.which("git")
    if not git:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed call
            [git, "config", "user.name"], cwd=root, capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
