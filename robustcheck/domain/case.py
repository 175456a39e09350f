"""A case: one perturbation with fixed parameters or a search, and what is expected of the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from robustcheck.core.errors import Location
from robustcheck.domain.how import How
from robustcheck.domain.patterns import matches
from robustcheck.domain.steps import Step
from robustcheck.domain.threshold import Rule, Threshold
from robustcheck.domain.tier import Tier
from robustcheck.domain.waiver import Waiver

Border = Literal["source", "view"]
Fill = Literal["reflect", "replicate", "black", "gray"]


@dataclass(frozen=True, slots=True)
class Case:
    """One pytest item: one perturbation with fixed parameters, and what is expected of the model.

    Attributes:
        id: Unique in its suite and stable, such as ``robot-is-lower[pitch=-15deg]``.
        check: The id of the check that it is a case of (``robot-is-lower``); for the clean case ``clean``.
        how: What is done to its pictures, and with it which kind of case it is.
        swept: The swept parameters of this case, as text, in order.
        expectations: All thresholds that must hold.
        severity: Whether a breach fails the build or warns.
        tier: The least tier that runs the case.
        tags: Words for ``-k``.
        why: The reviewer's reason.
        border: ``source`` uses real pixels beyond the model's view, ``view`` pretends there are none.
        fill: What stands where no real pixel exists.
        allow_synthetic_border: Whether the case gates even when much of the frame is filled.
        where: The place of the check in the suite.
        waiver: The waiver that names this case, unless expired.
        approved: Whether a person must have looked at the pictures and found their labels still true.
        rule: How its thresholds are decided.
    """

    id: str
    check: str
    how: How
    swept: Mapping[str, str]
    expectations: tuple[Threshold, ...]
    severity: Literal["error", "warn"]
    tier: Tier
    tags: tuple[str, ...]
    why: str
    border: Border
    fill: Fill
    allow_synthetic_border: bool
    where: Location
    waiver: Waiver | None = None
    approved: bool = False
    rule: Rule = field(default_factory=Rule)

    @property
    def kind(self) -> str:
        """The word for its kind, as suites, results and ``-m`` have it."""
        return self.how.kind

    @property
    def steps(self) -> tuple[Step, ...]:
        """The shifts of the case, in order."""
        return self.how.steps

    @property
    def perturbations(self) -> tuple[Step, ...]:
        """All that is done to a picture, in order."""
        return self.how.perturbations

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """What bounds the model: of a break point what it is sought by, of any other case its expectations."""
        return self.how.until or self.expectations

    def matches(self, pattern: str) -> bool:
        """Whether a pattern names this case by its id, its check or one of its perturbations."""
        names = (self.id, self.check, *(step.name for step in self.perturbations))
        return any(matches(pattern, name) for name in names)

    @property
    def digest(self) -> str:
        """sha256 over all of ``canonical``, in hexadecimal: two cases with the same one are the same perturbation."""
        return hashlib.sha256(json.dumps(self.canonical(), sort_keys=True).encode()).hexdigest()

    def canonical(self) -> dict[str, Any]:
        """What decides the pixels of this case, as JSON values: the key of caches, baselines, approvals and randomness."""
        return {**self.how.canonical(), "border": self.border, "fill": self.fill}

    def having(self, how: How, suffix: str = "") -> Case:
        """Return this case with other pictures, its id with a suffix."""
        return replace(self, id=f"{self.id}{suffix}", how=how)


SHORT: Final = 16
"""Hexadecimal digits of ``Case.digest`` that results and the first version of baselines hold."""


def same_case(digest: str, other: str) -> bool:
    """Whether two digests are of the same perturbation, of which either may come from a baseline of the first version."""
    length = SHORT if SHORT in (len(digest), len(other)) else None
    return digest[:length] == other[:length]
