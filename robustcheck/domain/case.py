"""What a suite means: plain frozen values that every later stage reads and none changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from robustcheck.core.errors import Location
from robustcheck.core.units import Quantity
from robustcheck.domain.patterns import matches
from robustcheck.domain.threshold import Rule, Threshold
from robustcheck.domain.tier import Tier
from robustcheck.domain.waiver import Waiver

Border = Literal["source", "view"]
Fill = Literal["reflect", "replicate", "black", "gray"]
Kind = Literal["clean", "shift", "compose", "combine", "worst_of", "find_limit", "attack"]
Aim = Literal["least_likely", "random", "all"]
AIMS: tuple[Aim, ...] = ("least_likely", "random", "all")


@dataclass(frozen=True, slots=True)
class Step:
    """One registered perturbation with fixed parameters (``Quantity``, ``int``, ``str`` or ``bool``).

    In a ``worst_of`` or ``find_limit`` case a parameter may be a ``Span``, which the engine replaces by values.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return ``camera.yaw(yaw=-15deg)``: canonical, so it serves as part of a digest."""
        return f"{self.name}({', '.join(f'{key}={self.params[key]}' for key in sorted(self.params))})"


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a parameter, both ends included: ``-15deg..15deg``.

    Attributes:
        start: Where it begins; for a break point the end from which the search sets out, not always the lesser.
        stop: Where it ends, in the same unit.
        whole: Whether only whole numbers lie in it.
    """

    start: Quantity
    stop: Quantity
    whole: bool = False

    def at(self, share: float) -> Quantity | int:
        """Return the value at a share of the way, 0 at the start and 1 at the stop.

        Rounded to nine decimals, so that what a report shows is exactly what was used.
        """
        number = self.start.number + (self.stop.number - self.start.number) * share
        return round(number) if self.whole else Quantity(round(number, 9), self.start.unit)

    def __str__(self) -> str:
        """Return ``-15deg..15deg``."""
        return f"{self.start}..{self.stop}"


Method = Literal["grid", "random", "coarse-to-fine"]
METHODS: tuple[Method, ...] = ("grid", "random", "coarse-to-fine")


@dataclass(frozen=True, slots=True)
class Search:
    """How the worst view of each picture is looked for in the box of a case's spans.

    Attributes:
        method: ``grid`` looks at a regular grid, ``random`` at seeded random points, ``coarse-to-fine`` at points
            spread over the box and then around the worst of them.
        budget: Views a picture at most.
    """

    method: Method
    budget: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A break point to be found along one parameter of the only step of a case.

    Attributes:
        parameter: Its name; the step holds a ``Span`` for it.
        resolution: Distance of the values that are tried.
        until: Thresholds of which one that holds means that the model is broken.
    """

    parameter: str
    resolution: Quantity
    until: tuple[Threshold, ...]


@dataclass(frozen=True, slots=True)
class Attacked:
    """The attack of a case, which comes after its shifts.

    Attributes:
        step: The registered attack with fixed parameters.
        targeted: Class names to be taken for others, or how targets are chosen; ``None`` for any wrong class.
        unit_test: Whether the attack must find adversarials that were planted.
        seconds: Time limit of the case.
        tier: That of the check, which chooses the set of a cascade.
    """

    step: Step
    targeted: Mapping[str, str] | Aim | None
    unit_test: bool
    seconds: float
    tier: Tier

    def canonical(self) -> list[Any]:
        """What decides the pixels, as JSON values."""
        params = {key: str(value) for key, value in sorted(self.step.params.items())}
        targeted = self.targeted if isinstance(self.targeted, str) else sorted((self.targeted or {}).items())
        return [self.step.name, params, targeted, self.unit_test, self.tier]


@dataclass(frozen=True, slots=True)
class Case:
    """One pytest item: one perturbation with fixed parameters, and what is expected of the model.

    Attributes:
        id: Unique in its suite and stable, such as ``robot-is-lower[pitch=-15deg]``.
        check: The id of the check that it is a case of (``robot-is-lower``); for the clean case ``clean``.
        kind: ``clean``; ``shift``, ``compose`` or ``combine`` with fixed steps; ``worst_of`` or ``find_limit``, whose
            steps hold spans; ``attack``, which may follow steps.
        steps: What is done to a picture, in order; empty for the clean case.
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
        search: How the worst views are looked for, for ``worst_of``.
        limit: Which break point is looked for, for ``find_limit``.
        approved: Whether a person must have looked at the pictures and found their labels still true.
        stream: What random choices are keyed by instead of the steps, so that the values that a break point is
            looked for among share their noise; empty for all other cases.
        attack: The attack that follows the steps, for ``attack``.
        rule: How its thresholds are decided.
    """

    id: str
    check: str
    kind: Kind
    steps: tuple[Step, ...]
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
    search: Search | None = None
    limit: Limit | None = None
    approved: bool = False
    stream: str = ""
    attack: Attacked | None = None
    rule: Rule = field(default_factory=Rule)

    @property
    def spans(self) -> dict[tuple[int, str], Span]:
        """The ranges of its parameters, by position of the step and name."""
        return {
            (index, name): value
            for index, step in enumerate(self.steps)
            for name, value in step.params.items()
            if isinstance(value, Span)
        }

    @property
    def perturbations(self) -> tuple[Step, ...]:
        """All that is done to a picture: the steps and the attack."""
        return self.steps if self.attack is None else (*self.steps, self.attack.step)

    def matches(self, pattern: str) -> bool:
        """Whether a pattern names this case by its id, its check or one of its perturbations."""
        names = (self.id, self.check, *(step.name for step in self.perturbations))
        return any(matches(pattern, name) for name in names)

    @property
    def digest(self) -> str:
        """sha256 over all of ``canonical``, in hexadecimal: two cases with the same one are the same perturbation."""
        return hashlib.sha256(json.dumps(self.canonical(), sort_keys=True).encode()).hexdigest()

    def canonical(self) -> dict[str, Any]:
        """What decides the pixels of this case, as JSON values: the key of caches and of randomness."""
        decisive: dict[str, Any] = {
            "steps": [
                [step.name, {key: str(value) for key, value in sorted(step.params.items())}] for step in self.steps
            ],
            "border": self.border,
            "fill": self.fill,
        }
        if self.search:
            decisive["search"] = [self.search.method, self.search.budget]
        if self.stream:
            decisive["stream"] = self.stream
        if self.attack:
            decisive["attack"] = self.attack.canonical()
        return decisive


SHORT: Final = 16
"""Hexadecimal digits of ``Case.digest`` that results and the first version of baselines hold."""


def same_case(digest: str, other: str) -> bool:
    """Whether two digests are of the same perturbation, of which either may come from a baseline of the first version."""
    length = SHORT if SHORT in (len(digest), len(other)) else None
    return digest[:length] == other[:length]
