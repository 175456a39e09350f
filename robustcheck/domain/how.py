"""How a case changes pictures: one class a kind of case.

What such a value decides of the pixels is in its ``canonical``, which makes the digest of a case; what the engine does with it lies in
``robustcheck.engine.kinds``, one file a kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from robustcheck.core.units import Quantity
from robustcheck.domain.steps import Span, Step
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.tier import Tier

Aim = Literal["least_likely", "random", "all"]
AIMS: tuple[Aim, ...] = ("least_likely", "random", "all")
Method = Literal["grid", "random", "coarse-to-fine"]
METHODS: tuple[Method, ...] = ("grid", "random", "coarse-to-fine")

KINDS_OF_CASE: tuple[str, ...] = ("clean", "shift", "compose", "combine", "worst_of", "find_limit", "attack")
"""The words for kinds of cases, as results have them."""


def of_one_set_of_pictures(kind: str) -> bool:
    """Whether all that a result of a kind says is about one set of pictures: a break point is about those of several values."""
    return kind != BreakPoint.kind


class How:
    """What is done to the pictures of a case; a kind of case is a subclass.

    Attributes:
        steps: The shifts in order, with ``Span`` where a search chooses the value.
        kind: The word by which suites, results and ``-m`` name the kind.
        until: Thresholds of which one that holds means that the model is broken; only of a search for that place.
        stream: What random choices are keyed by instead of the steps; empty for most.
    """

    steps: tuple[Step, ...]
    kind: str
    until: tuple[Threshold, ...] = ()
    stream: str = ""

    @property
    def perturbations(self) -> tuple[Step, ...]:
        """All that is done to a picture, in order."""
        return self.steps

    @property
    def spans(self) -> dict[tuple[int, str], Span]:
        """The ranges of its parameters, by position of the step and name."""
        return {
            (index, name): value
            for index, step in enumerate(self.steps)
            for name, value in step.params.items()
            if isinstance(value, Span)
        }

    def canonical(self) -> dict[str, Any]:
        """What decides the pixels, as JSON values."""
        return {
            "steps": [
                [step.name, {key: str(value) for key, value in sorted(step.params.items())}] for step in self.steps
            ]
        }

    def steps_at(self, shares: tuple[float, ...]) -> tuple[Step, ...]:
        """Return the steps with a value for each span, given as a share of it."""
        params = [dict(step.params) for step in self.steps]
        for ((index, name), span), share in zip(self.spans.items(), shares, strict=True):
            params[index][name] = span.at(share)
        return tuple(Step(step.name, chosen) for step, chosen in zip(self.steps, params, strict=True))


@dataclass(frozen=True)
class Clean(How):
    """Pictures as they are."""

    steps: tuple[Step, ...] = ()
    kind = "clean"


@dataclass(frozen=True)
class Fixed(How):
    """Shifts with fixed parameters.

    Attributes:
        kind: ``shift``, ``compose`` or ``combine``: how the suite says so.
        stream: What random choices are keyed by, so that the values that a break point is looked for among share their noise.
    """

    steps: tuple[Step, ...]
    kind: str = "shift"
    stream: str = ""

    @property
    def is_array(self) -> bool:
        """Whether it is a row of a covering array."""
        return self.kind == "combine"

    def canonical(self) -> dict[str, Any]:
        """What decides the pixels, as JSON values."""
        return super().canonical() | ({"stream": self.stream} if self.stream else {})


@dataclass(frozen=True)
class WorstView(How):
    """The worst view of each picture in the box of the spans of its steps.

    Attributes:
        method: ``grid`` looks at a regular grid, ``random`` at seeded random points, ``coarse-to-fine`` at points spread over the box
            and then around the worst of them.
        budget: Views a picture at most.
    """

    steps: tuple[Step, ...]
    method: Method
    budget: int
    kind = "worst_of"

    def canonical(self) -> dict[str, Any]:
        """What decides the pixels, as JSON values."""
        return super().canonical() | {"search": [self.method, self.budget]}


@dataclass(frozen=True)
class BreakPoint(How):
    """How far one parameter of the only step can go until the model breaks.

    Attributes:
        parameter: Its name; the step holds a ``Span`` for it.
        resolution: Distance of the values that are tried.
        until: Thresholds of which one that holds means that the model is broken.
    """

    steps: tuple[Step, ...]
    parameter: str
    resolution: Quantity
    until: tuple[Threshold, ...]
    kind = "find_limit"

    @property
    def span(self) -> Span:
        """Where the parameter is looked for."""
        (span,) = self.spans.values()
        return span

    def at(self, value: Quantity) -> Fixed:
        """Return the shift with one value of the parameter; all values share their random choices."""
        (step,) = self.steps
        fixed = {key: str(written) for key, written in step.params.items()}
        return Fixed(
            (Step(step.name, {**step.params, self.parameter: int(value.number) if self.span.whole else value}),),
            stream=json.dumps([step.name, {**fixed, self.parameter: "searched"}], sort_keys=True),
        )

    def value_at(self, share: float) -> Quantity:
        """Return the value of the parameter at a share of its span."""
        value = self.span.at(share)
        return Quantity(float(value)) if isinstance(value, int) else value


@dataclass(frozen=True)
class Attack(How):
    """An attack, which comes after the shifts.

    Attributes:
        attack: The registered attack with fixed parameters.
        targeted: Class names to be taken for others, or how targets are chosen; ``None`` for any wrong class.
        unit_test: Whether the attack must find adversarials that were planted.
        seconds: Time limit of the case.
        tier: That of the check, which chooses the set of a cascade.
    """

    steps: tuple[Step, ...]
    attack: Step
    targeted: Mapping[str, str] | Aim | None
    unit_test: bool
    seconds: float
    tier: Tier
    kind = "attack"

    @property
    def perturbations(self) -> tuple[Step, ...]:
        """The shifts and the attack."""
        return (*self.steps, self.attack)

    def canonical(self) -> dict[str, Any]:
        """What decides the pixels, as JSON values."""
        params = {key: str(value) for key, value in sorted(self.attack.params.items())}
        targeted = self.targeted if isinstance(self.targeted, str) else sorted((self.targeted or {}).items())
        attack = [self.attack.name, params, targeted, self.unit_test, self.tier]
        return super().canonical() | {"attack": attack}

    @property
    def before(self) -> Fixed:
        """The shifts without the attack, whose random choices they share."""
        return Fixed(self.steps)
