"""``find_limit:`` how far one parameter can go until the model breaks."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import did_you_mean
from robustcheck.core.registry import Definition, Parameter
from robustcheck.core.units import Quantity
from robustcheck.domain.how import BreakPoint, How
from robustcheck.domain.steps import Span, Step
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.tier import Tier
from robustcheck.language import advice
from robustcheck.language.checks.subject import Subject, refuse_others
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, Scalar, shown, what_is
from robustcheck.language.parameters import SHIFT, WrittenStep, read_step
from robustcheck.language.thresholds import Expect, Expectation
from robustcheck.language.value_types import INVALID, Reading, number_text
from robustcheck.language.values import read_end

DEFAULT_VALUES: Final = 64
MAX_VALUES: Final = 100_000
_LIMIT_KEYS: Final = ("shift", "param", "from", "to", "until", "resolution")


@dataclass(frozen=True)
class FindLimitSubject(Subject):
    """One shift, of which one parameter is walked.

    Attributes:
        parameter: Its name; the step has no value for it.
        resolution: Distance of the values that are tried.
        until: Thresholds of which one that holds means that the model is broken.
        span: Where it is looked for.
    """

    steps: tuple[WrittenStep, ...]
    parameter: str
    resolution: Quantity
    until: tuple[Threshold, ...]
    span: Span
    key = "find_limit"
    stops = False

    def how(self, steps: tuple[Step, ...], tier: Tier) -> How:
        """Return the search for the place where the model breaks."""
        (step,) = steps
        walked = Step(step.name, {**step.params, self.parameter: self.span})
        return BreakPoint((walked,), self.parameter, self.resolution, self.until)

    def measures(self, metric: str) -> bool:
        """A break point is measured by itself: whatever holds of the pictures there follows from how it was sought."""
        return self.kind in registry.metrics[metric].facts.kinds

    def check_expectation(self, line: Expectation, reading: Reading) -> None:
        """Report an expectation that is not about the limit, or that no search within the span can decide."""
        kinds = registry.metrics[line.metric].facts.kinds
        if kinds and self.kind not in kinds:
            super().check_expectation(line, reading)
        elif not kinds:
            what = f"find_limit expects a limit, not {line.metric}"
            hint = f"write {line.metric} under until, which says what the limit is of"
            reading.add(line.where, Code.METRIC_NOT_HERE, what, hint)
        elif line.threshold:
            _check_bound(self.span, line.threshold, reading)


def read_find_limit(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    """Read a check with ``find_limit``."""
    sound = refuse_others(node, keys | {"find_limit"}, "a check with find_limit", reading)
    value = node.get("find_limit")
    if not isinstance(value, MappingNode):
        assert value is not None  # noqa: S101 - the caller has seen the key
        example = 'write find_limit: {shift: camera.yaw, param: yaw, from: 0deg, to: 45deg, until: {accuracy: "< 90%"}}'
        return reading.add(
            value.where, Code.WRONG_SHAPE, f"find_limit must be a mapping, not {what_is(value)}", example
        )
    lacking = [key for key in _LIMIT_KEYS[:-1] if value.entry(key) is None]
    for key in lacking:
        reading.add(value.where, Code.MISSING_KEY, f"find_limit needs {key}")
    if lacking or not sound:
        return INVALID
    nodes: dict[str, Node] = {key.text: item for key, item in value}
    name = SHIFT.read("shift", nodes["shift"], reading)
    if name is INVALID:
        return INVALID
    definition = registry.shifts[name]
    parameter = _searchable(definition, nodes["param"], reading)
    if parameter is INVALID:
        return INVALID
    step = read_step(definition, value, frozenset(_LIMIT_KEYS), reading, elsewhere=parameter.name)
    span = _walk(parameter, nodes, reading)
    until = Expect(sense="until").read("until", nodes["until"], reading)
    if until is not INVALID:
        until = _until(until, reading)
    if INVALID in (step, span, until):
        return INVALID
    resolution = _resolution(parameter, span, nodes.get("resolution"), reading)
    if resolution is INVALID:
        return INVALID
    return FindLimitSubject((step,), parameter.name, resolution, until, span)


def _searchable(definition: Definition, node: Node, reading: Reading) -> Any:
    """Return the parameter that is searched: one of the shift's that is a number."""
    names = [known.name for known in definition.parameters.values() if known.kind in ("quantity", "integer")]
    text = node.text if isinstance(node, Scalar) else ""
    if text not in names:
        what = f"{definition.name} has no parameter {shown(text) or what_is(node)} that is a number"
        return reading.add(
            node.where, Code.UNKNOWN_PARAMETER, what, did_you_mean(text, names) or "choose another shift"
        )
    return definition.parameters[text]


def _walk(parameter: Parameter, nodes: Mapping[str, Node], reading: Reading) -> Any:
    ends = []
    for key in ("from", "to"):
        node = nodes[key]
        if not isinstance(node, Scalar):
            ends.append(
                reading.add(
                    node.where, Code.WRONG_TYPE, f"{key} must be a value of {parameter.name}, not {what_is(node)}"
                )
            )
        else:
            ends.append(read_end(parameter, node.where, node.text, reading))
    if INVALID in ends:
        return INVALID
    start, stop = ends
    if start.unit != stop.unit:
        return reading.add(
            nodes["to"].where, Code.SEARCH, f"from is in {start.unit} and to in {stop.unit}", "use one unit"
        )
    if start.number == stop.number:
        return reading.add(nodes["to"].where, Code.SEARCH, "from and to are the same", "write where the search ends")
    return Span(start, stop, whole=parameter.kind == "integer")


def _until(lines: Sequence[Any], reading: Reading) -> Any:
    thresholds = []
    for line in lines:
        if line.threshold is None:
            return reading.add(
                line.where,
                Code.REMOVES_NOTHING,
                f"until cannot remove {line.metric}",
                "write when the model counts as broken",
            )
        if registry.metrics[line.metric].facts.kinds:
            return reading.add(
                line.where, Code.METRIC_NOT_HERE, f"{line.metric} cannot be measured at a single value of a parameter"
            )
        thresholds.append(line.threshold)
    return tuple(thresholds)


def _resolution(parameter: Parameter, span: Span, node: Node | None, reading: Reading) -> Any:
    length = abs(span.stop.number - span.start.number)
    if node is None:
        return Quantity(1.0 if span.whole else _round_step(length / DEFAULT_VALUES), span.start.unit)
    if not isinstance(node, Scalar):
        return reading.add(node.where, Code.SEARCH, f"resolution must be a distance of values, not {what_is(node)}")
    # A resolution is a difference, so the parameter's own range does not bound it.
    free = dataclasses.replace(parameter, low=float("-inf"), high=float("inf"))
    resolution = read_end(free, node.where, node.text, reading)
    if resolution is INVALID:
        return INVALID
    if resolution.unit != span.start.unit or not 0 < resolution.number <= length:
        what = f"resolution must be above 0 and at most {number_text(length)}{span.start.unit}, not {shown(node.text)}"
        return reading.add(node.where, Code.SEARCH, what)
    if length / resolution.number > MAX_VALUES:
        return reading.add(
            node.where, Code.SEARCH, f"resolution asks for more than {MAX_VALUES:,} values", "make it coarser"
        )
    return resolution


def _round_step(step: float) -> float:
    """Return the greatest of 1, 2 and 5 times a power of ten that is at most a step."""
    power = 10.0 ** math.floor(math.log10(step))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= step * (1 + 1e-9))


def _check_bound(span: Span, threshold: Threshold, reading: Reading) -> None:
    """Report an expectation on a break point that has the wrong unit, or that no search within the span can decide."""
    start, stop, bound = span.start, span.stop, threshold.bound
    if bound.unit != start.unit:
        wanted = f"in {start.unit}" if start.unit else "as a plain number"
        unit = f", not in {bound.unit}" if bound.unit else ""
        spellings = advice.spelled(str(bound), (start.unit,))
        hint = advice.written([f"{threshold.comparison} {spelling}" for spelling in spellings], quoted=True)
        reading.add(threshold.where, Code.THRESHOLD_UNIT, f"this limit is measured {wanted}{unit}", hint)
        return
    further = stop.number > start.number
    if (threshold.comparison[0] == ">") != further:
        usual = ">=" if further else "<="
        what = f"the search goes from {start} to {stop}, so a better model has a limit further towards {stop}"
        reading.add(threshold.where, Code.DECIDES_NOTHING, what, f'write "{usual} {bound}"')
    elif not min(start.number, stop.number) <= bound.number <= max(start.number, stop.number):
        what = f'"{threshold.text}" cannot be decided by a search from {start} to {stop}'
        reading.add(threshold.where, Code.DECIDES_NOTHING, what, "let the search go at least as far as the bound")
