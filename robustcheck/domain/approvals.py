"""Approvals of a person: who looked at the pictures of a case and found their labels still true."""

from __future__ import annotations

import datetime
import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, Problem
from robustcheck.domain.case import Case
from robustcheck.domain.suite import (
    Suite,
)


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval.

    Attributes:
        case: The id of the case.
        digest: What was approved; see ``case_digest``.
        reviewer: Who looked.
        date: The day on which they did.
        note: What they wanted to add; often empty.
        where: Where the file says so.
    """

    case: str
    digest: str
    reviewer: str
    date: datetime.date
    note: str = ""
    where: Location | None = field(default=None, compare=False)

    def holds(self, case: Case, data: str) -> bool:
        """Whether a case still is what was approved."""
        return self.case == case.id and self.digest == case_digest(case, data)


Approvals = Mapping[str, Approval]
"""Approvals by the id of their case."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A case that must not pass before a person has approved it."""

    case: Case
    problem: Problem


def case_digest(case: Case, data: str) -> str:
    """Return the sha256, in hexadecimal, of what decides the pixels of a case and of the name of the data set."""
    text = json.dumps({"case": case.canonical(), "data": data}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def approvals_path(suite: Path) -> Path:
    """Return where the approvals of a suite lie: ``signs.approvals.yaml`` beside ``signs.yaml``.

    What a suite ``extends`` brings no approvals with it: they are about the suite that is run.
    """
    return suite.with_name(f"{suite.stem}.approvals.yaml")


def missing_approvals(suite: Suite, approvals: Approvals) -> list[Missing]:
    """Return the cases that demand an approval and have none that holds, in the order of the suite."""
    found = []
    for case in suite.cases:
        approval = approvals.get(case.id)
        if case.approved and not (approval and approval.holds(case, suite.data)):
            found.append(Missing(case, _problem(suite, case, approval)))
    return found


def _problem(suite: Suite, case: Case, approval: Approval | None) -> Problem:
    chosen = f"{shlex.quote(suite.path)} --case {shlex.quote(case.id)}"
    what = f"nobody has approved the pictures of {case.id}"
    if approval:
        what = f"{case.id} was approved by {approval.reviewer} on {approval.date} for other parameters"
    hint = f"run `robustcheck preview {chosen}`, and if the labels still hold, `robustcheck approve {chosen} --reviewer NAME`"
    return Problem(case.where, Code.APPROVAL, what, hint)
