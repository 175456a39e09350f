"""How far a parameter can go until the model breaks: bisection, with the bracket that it ends in."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from robustcheck.attacks.passes import Passes
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.how import BreakPoint
from robustcheck.domain.steps import Span, Step
from robustcheck.engine.effort import Effort
from robustcheck.engine.evaluated import Evaluated
from robustcheck.engine.gates.verdicts import measure
from robustcheck.engine.kinds.case_kind import CaseKind, Drawing, Observe, case_kind
from robustcheck.engine.observation import Looked
from robustcheck.engine.sample_index import Index
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


@case_kind(BreakPoint)
class BreakPointKind(CaseKind):
    """Walks one parameter until the model breaks; each value that is tried is a case with fixed pictures."""

    by_labels = True
    looks_once = False

    def __init__(self, case: Case) -> None:
        """Bind a case whose only step holds the span."""
        super().__init__(case)
        assert isinstance(case.how, BreakPoint)  # noqa: S101 - it is registered for these
        self._how = case.how

    def observe(self, observe: Observe, beside: Callable[[Observation], Observation]) -> Looked:
        """Return what holds at the limit."""
        evaluations: list[Evaluated] = []

        def at(probe: Case) -> Observation:
            observation, evaluated = observe(probe)
            evaluations.append(evaluated)
            return observation

        return looked_for(Bisection(self.case, self._how, at).find(), evaluations)

    def effort(self, index: Index, classes: tuple[str, ...]) -> Effort:
        """Count the values that are tried."""
        return Effort(len(index.samples) * most_probes(self._how.span, self._how.resolution), Passes(0), True)

    def drawings(self) -> tuple[Drawing, ...]:
        """Return both ends; they share their random choices with all other values, as in the search."""
        drawings = []
        for share in (0, 1):
            value = self._how.value_at(share)
            fixed = case_at(self.case, self._how, value)
            drawings.append(Drawing(f"{self.case.id} at {value}", fixed, fixed.steps))
        return tuple(drawings)

    def as_seen(self, values: Mapping[str, float], limit: Quantity | None) -> Drawing | None:
        """Return the value at which the model was judged."""
        if limit is None:
            raise RobustcheckError("the run did not keep at which value this picture was seen")
        fixed = self.case.having(self._how.at(limit))
        return Drawing(self.case.id, fixed, fixed.steps)

    def middle(self) -> tuple[Case, tuple[Step, ...]]:
        """Return the value in the middle of the way."""
        fixed = case_at(self.case, self._how, self._how.value_at(0.5))
        return fixed, fixed.steps


class Bisection:
    """Looks for the break point of one case."""

    def __init__(self, case: Case, how: BreakPoint, observe: Callable[[Case], Observation]) -> None:
        """Bind a case to the means to look at a value."""
        self._case, self._how, self._span = case, how, how.span
        self._observe = observe
        self._count = _count(self._span, how.resolution)
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
        value = self._span.at(min(1.0, index * self._how.resolution.number / _length(self._span)))
        return Quantity(float(value)) if isinstance(value, int) else value

    def _probe(self, index: int) -> Probe:
        if index not in self._probes:
            value = self._value(index)
            seen = self._observe(case_at(self._case, self._how, value))
            estimates = {line.name: measure(seen, line.metric, line.argument) for line in self._how.until}
            holds = not any(line.holds(estimates[line.name].value) for line in self._how.until)
            self._probes[index] = Probe(value, holds, estimates, seen)
        return self._probes[index]


def case_at(case: Case, how: BreakPoint, value: Quantity) -> Case:
    """Return a case that looks for a break point with one value of the parameter; all values share their random choices."""
    return case.having(how.at(value), f"@{value}")


def most_probes(span: Span, resolution: Quantity) -> int:
    """Return how many values of a parameter are tried, at most: both ends, two bisections, and those between."""
    count = _count(span, resolution)
    return min(count + 1, 2 + 2 * math.ceil(math.log2(count)) + CHECKED - 1) if count > 1 else 2


def _length(span: Span) -> float:
    return abs(span.stop.number - span.start.number)


def _count(span: Span, resolution: Quantity) -> int:
    return max(1, math.ceil(_length(span) / resolution.number - 1e-9))


def looked_for(found: Found, evaluations: Sequence[Evaluated]) -> Looked:
    """Return what the search for a break point saw."""
    records = found.at.seen.records
    ordered = sorted(evaluations, key=lambda evaluated: evaluated.stored.records is not records)
    by_records = {id(evaluated.stored.records): evaluated for evaluated in evaluations}
    return Looked(
        seen=dataclasses.replace(found.at.seen, limit=found.estimate),
        evaluations=tuple(ordered),
        furthest=(found.beyond or found.at).seen.records,
        trace=tuple(probe.to_json() for probe in found.probes),
        notes=(found.note,) if found.note else (),
        probes=tuple(by_records[id(probe.seen.records)] for probe in found.probes),
    )
