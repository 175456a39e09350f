"""How far a parameter can go until the model breaks: bisection, with the bracket that it ends in."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case, Limit, Span, Step
from robustcheck.domain.estimate import Estimate
from robustcheck.engine.gates.verdicts import measure
from robustcheck.metrics.records import Observation

CHECKED = 8
"""Parts of the way from the start to the limit whose ends are looked at too, since bisection believes in one break."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One value that was tried.

    Attributes:
        value: Of the parameter.
        holds: Whether no threshold of ``until`` held.
        estimates: What was measured, by the name of the threshold.
        seen: The records.
    """

    value: Quantity
    holds: bool
    estimates: dict[str, Estimate]
    seen: Observation

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        estimates = {name: estimate.to_json() for name, estimate in self.estimates.items()}
        return {"value": str(self.value), "holds": self.holds, "metrics": estimates}


@dataclass(frozen=True, slots=True)
class Found:
    """A break point.

    Attributes:
        estimate: The furthest value that holds, as the function receives it; its ends are the bracket.
        at: The probe there; the start where not even that holds.
        beyond: The probe at the other end of the bracket, if the model broke at all.
        probes: All probes, in the order of their values.
        note: What a reader must know.
    """

    estimate: Estimate
    at: Probe
    beyond: Probe | None
    probes: tuple[Probe, ...]
    note: str


class BreakPoint:
    """Looks for the break point of one case."""

    def __init__(self, case: Case, observe: Callable[[Case], Observation]) -> None:
        """Bind a case of kind ``find_limit`` to the means to look at a value."""
        assert case.limit is not None  # noqa: S101 - so the language made it
        self._case = case
        self._limit: Limit = case.limit
        (self._span,) = case.spans.values()
        self._observe = observe
        self._count = _count(self._span, self._limit.resolution)
        self._probes: dict[int, Probe] = {}

    def find(self) -> Found:
        """Return the break point: beyond it the model breaks at the next value, before it none that was tried broke."""
        good, bad = self._first_bracket()
        note = ""
        if good >= 0:
            for index in self._between(good):
                if not self._probe(index).holds:
                    note = (
                        f"not monotone: the model breaks at {self._value(index)} and holds again at {self._value(good)}; "
                        "the first break counts"
                    )
                    good, bad = self._bisect(max(known for known in self._probes if known < index), index)
                    break
        return self._found(good, bad, note)

    def _first_bracket(self) -> tuple[int, int]:
        """Return the last place that holds and the first that does not, as bisection sees them; -1 for no place."""
        if not self._probe(0).holds:
            return -1, 0
        if self._probe(self._count).holds:
            return self._count, self._count + 1
        return self._bisect(0, self._count)

    def _bisect(self, good: int, bad: int) -> tuple[int, int]:
        while bad - good > 1:
            middle = (good + bad) // 2
            if self._probe(middle).holds:
                good = middle
            else:
                bad = middle
        return good, bad

    def _between(self, good: int) -> Iterator[int]:
        """Yield places spread from the start to a limit, nearest first."""
        for part in range(1, CHECKED):
            index = good * part // CHECKED
            if 0 < index < good:
                yield index

    def _found(self, good: int, bad: int, note: str) -> Found:
        at = self._probes[max(good, 0)]
        beyond = self._probes.get(bad)
        ends = [self._value(index).value for index in (good, bad) if 0 <= index <= self._count]
        value = self._value(good).value
        if beyond is None:
            detail = f"holds up to {self._value(self._count)}, where the search ends"
        elif good < 0:
            detail = f"broken already at {self._value(0)}, where the search begins"
            value, ends = self._before(), [self._before(), self._value(0).value]
        else:
            detail = f"holds at {self._value(good)}, breaks at {self._value(bad)}"
        estimate = Estimate(value, min(ends), max(ends), len(at.seen.records), detail)
        return Found(estimate, at, beyond, tuple(self._probes[index] for index in sorted(self._probes)), note)

    def _before(self) -> float:
        """Return what stands for "less than the start": one step before it."""
        return 2 * self._value(0).value - self._value(1).value

    def _value(self, index: int) -> Quantity:
        """Return the value at a place of the grid; the last one is the end of the span, however long its step."""
        value = self._span.at(min(1.0, index * self._limit.resolution.number / _length(self._span)))
        return Quantity(float(value)) if isinstance(value, int) else value

    def _probe(self, index: int) -> Probe:
        if index not in self._probes:
            value = self._value(index)
            seen = self._observe(case_at(self._case, value))
            estimates = {line.name: measure(seen, line.metric, line.argument) for line in self._limit.until}
            holds = not any(line.holds(estimates[line.name].value) for line in self._limit.until)
            self._probes[index] = Probe(value, holds, estimates, seen)
        return self._probes[index]


def case_at(case: Case, value: Quantity) -> Case:
    """Return a case that looks for a break point with one value of the parameter; all values share their random choices."""
    (((place, name), span),) = case.spans.items()
    step = case.steps[place]
    fixed = {key: str(written) for key, written in step.params.items()}
    return dataclasses.replace(
        case,
        id=f"{case.id}@{value}",
        kind="shift",
        steps=(Step(step.name, {**step.params, name: int(value.number) if span.whole else value}),),
        limit=None,
        stream=json.dumps([step.name, {**fixed, name: "searched"}], sort_keys=True),
    )


def most_probes(span: Span, resolution: Quantity) -> int:
    """Return how many values of a parameter are tried, at most: both ends, two bisections, and those between."""
    count = _count(span, resolution)
    return min(count + 1, 2 + 2 * math.ceil(math.log2(count)) + CHECKED - 1) if count > 1 else 2


def _length(span: Span) -> float:
    return abs(span.stop.number - span.start.number)


def _count(span: Span, resolution: Quantity) -> int:
    return max(1, math.ceil(_length(span) / resolution.number - 1e-9))
