"""What a suite means: plain frozen values that every later stage reads and none changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from robustcheck.core.errors import Location
from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case
from robustcheck.domain.config import ModelEntry
from robustcheck.domain.covering import CoveringArray
from robustcheck.domain.labels import Labels, Review
from robustcheck.domain.requirements import Provenance, Requirement
from robustcheck.domain.threshold import Rule, Threshold
from robustcheck.domain.tier import Tier, in_tier
from robustcheck.domain.waiver import Waiver

TOP_K: int = 20
"""Pictures of each list of residuals, unless a suite says otherwise."""

Aggregate = Literal["mean", "worst", "mce", "relative_mce"]


@dataclass(frozen=True, slots=True)
class Declared:
    """The clean accuracy the model's authors claim; fractions."""

    accuracy: Quantity
    tolerance: Quantity
    where: Location


@dataclass(frozen=True, slots=True)
class Overall:
    """A threshold on the mean or worst of a metric over several cases; a pytest item of its own.

    Attributes:
        id: ``overall[mean_accuracy over camera.*]``.
        aggregate: ``mean`` or ``worst`` of the metric, or ``mce`` or ``relative_mce`` of the accuracy.
        threshold: The metric and its bound.
        over: The pattern as written.
        cases: Ids of the cases it covers, never empty.
        reference: What corruption errors are relative to: a published model's name, or the path of a result file.
        rule: How the threshold is decided.
    """

    id: str
    aggregate: Aggregate
    threshold: Threshold
    over: str
    cases: tuple[str, ...]
    severity: Literal["error", "warn"]
    tier: Tier
    where: Location
    waiver: Waiver | None = None
    reference: str = ""
    rule: Rule = field(default_factory=Rule)


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite after ``extends``, variables and sweeps; what was asked, and nothing else.

    Attributes:
        path: As the user would type it, relative to the project's root.
        cases: The clean case first, then every case of every check, whatever its tier.
        waivers: All waivers, the expired ones too.
        digest: sha256 of the meaning: the parsed tree after ``extends`` and variables.
        max_unreadable: Number of pictures that may be unreadable: a plain number or a percentage.
        notes: What a report must say loudly, such as an expired waiver.
        combinations: The covering arrays among the cases.
        provenance: What is demanded to be known of the training and the data.
        top_k: Pictures of each list of residuals.
        labels: The overlay of corrected labels, if any.
        review: What is promised of automatic answers, if anything.
    """

    path: str
    title: str
    owner: str
    description: str
    model: str
    data: str
    seed: int
    declared: Declared | None
    max_unreadable: Quantity
    cases: tuple[Case, ...]
    overall: tuple[Overall, ...]
    waivers: tuple[Waiver, ...]
    digest: str
    notes: tuple[str, ...] = ()
    combinations: tuple[CoveringArray, ...] = ()
    provenance: Provenance | None = None
    top_k: int = TOP_K
    labels: Labels | None = None
    review: Review | None = None

    @property
    def clean(self) -> Case:
        """The case without any perturbation, which every suite has."""
        return self.cases[0]


Item = Requirement | Case | Overall
"""One pytest item of a suite."""


def planned_items(suite: Suite, tier: Tier) -> list[Item]:
    """Return all that a run of a tier looks at: what is demanded, the clean case always, cases and overall lines by tier."""
    demanded = suite.provenance.requirements if suite.provenance else ()
    cases = (case for case in suite.cases if case is suite.clean or in_tier(case.tier, tier))
    return [*demanded, *cases, *(overall for overall in suite.overall if in_tier(overall.tier, tier))]


TOLERANCE: Final = Quantity(0.5, "pp")
"""How far an observed accuracy may be from the declared one where nothing else is said."""

_EXACT: Final = 1e-12


def declared_of(suite: Declared | None, entry: ModelEntry, data: str, *, apart: bool = False) -> tuple[Declared, ...]:
    """Return every accuracy that must be reproduced: what the model's entry declares for the data, and what the suite does.

    Two that name the same accuracy are one, with the smaller tolerance.

    Args:
        suite: What the suite declares.
        entry: Of the model.
        data: Name of the data set.
        apart: Whether they are about different labels, so that two of the same accuracy stay two.
    """
    own = Declared(entry.declared[data], TOLERANCE, entry.where) if data in entry.declared else None
    if own and suite and not apart and own.accuracy == suite.accuracy:
        return (min(own, suite, key=lambda declared: declared.tolerance.value),)
    return tuple(declared for declared in (own, suite) if declared)


MOST: Final = 0.5
"""Share of the cases beyond which it is said that they are excused, or only warn."""
