"""What a check does to the pictures: one shift, several, all that meet in pairs, the worst of a box, a break point."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import did_you_mean
from robustcheck.core.registry import Definition, Parameter
from robustcheck.core.units import Quantity
from robustcheck.domain.case import METHODS, Attacked, Kind, Limit, Search, Span, Step
from robustcheck.domain.covering import MAX_TUPLES, count_of
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.tier import Tier
from robustcheck.language import advice
from robustcheck.language.attacking import VIEW_KEYS, WrittenAttack, read_attack
from robustcheck.language.nodes import Entry, Node, Scalar, shown, what_is
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Sequence as SequenceNode
from robustcheck.language.parameters import SHIFT, WrittenStep, factors, read_step
from robustcheck.language.thresholds import Expect
from robustcheck.language.value_types import INVALID, Choice, Reading, Whole, number_text
from robustcheck.language.values import read_end

MAX_BUDGET: Final = 10_000
"""Views a picture, beyond which a search was not meant."""

DEFAULT_BUDGET: Final = 32
DEFAULT_VALUES: Final = 64
MAX_VALUES: Final = 100_000
STRENGTHS: Final = Whole(2, 4)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is done to the pictures, after reading.

    Attributes:
        kind: As in ``Case``.
        steps: The shifts with their written parameters.
        strength: Of the covering array, for ``combine``.
        search: For ``worst_of``.
        limit: For ``find_limit``.
        span: Where a break point is looked for; the only step has no value for that parameter.
        attack: The attack, whose own step is the last one.
    """

    kind: Kind
    steps: tuple[WrittenStep, ...]
    strength: int = 0
    search: Search | None = None
    limit: Limit | None = None
    span: Span | None = None
    attack: WrittenAttack | None = None

    @property
    def name(self) -> str:
        """What the check is called if it has no id: its shifts, after the kind where that is not plain."""
        shifts = "+".join(step.shift for step in self.steps)
        return shifts if self.kind in ("shift", "compose", "attack") else f"{self.kind}:{shifts}"


def completed(subject: Subject, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return steps with the span of the break point that is looked for, if one is."""
    if subject.attack:
        return steps[:-1]
    if subject.limit is None:
        return steps
    return (Step(steps[0].name, {**steps[0].params, subject.limit.parameter: subject.span}),)


def attack_of(subject: Subject, steps: tuple[Step, ...], tier: Tier) -> Attacked | None:
    """Return the attack of one point of a sweep, if the subject is one."""
    return subject.attack.at(steps[-1], tier) if subject.attack else None


def _attack(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    attack = read_attack(node, keys - VIEW_KEYS, reading)
    return INVALID if attack is INVALID else Subject("attack", (attack.step,), attack=attack)


def _shift(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    step = _named(node, "shift", keys | {"shift"}, reading)
    return INVALID if step is INVALID else Subject("shift", (step,))


def _named(node: MappingNode, key: str, others: frozenset[str], reading: Reading, **how: Any) -> Any:
    """Read the shift that a key names, with the parameters beside it."""
    value = node.get(key)
    assert value is not None  # noqa: S101 - the caller has seen the key
    name = SHIFT.read(key, value, reading)
    if name is INVALID:
        return INVALID
    parameters = {entry.key.text for entry in node.entries if is_parameter(entry, node)}
    return read_step(registry.shifts[name], node, others - parameters, reading, **how)


def is_parameter(entry: Entry, node: MappingNode) -> bool:
    """Whether an entry of a check is a parameter of its shift although the language has such a key too.

    The corruptions of ImageNet-C have a ``severity`` from 1 to 5, and a check has one that is ``error`` or ``warn``.
    """
    if entry.key.text != "severity":
        return False
    named = node.get("shift") or node.get("worst_of")
    name = named.value if isinstance(named, Scalar) else None
    if not isinstance(name, str) or name not in registry.shifts:
        return False
    word = isinstance(entry.value, Scalar) and entry.value.text in ("error", "warn")
    return "severity" in registry.shifts[name].parameters and not word


def _compose(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    _refuse_others(node, keys | {"compose"}, "a check with compose", reading)
    steps = _steps("compose", node.get("compose"), node, reading, attack=True)
    if steps is INVALID:
        return INVALID
    last = steps[-1]
    if isinstance(last, WrittenAttack):
        return Subject("attack", (*steps[:-1], last.step), attack=last)
    return Subject("compose", steps)


def _steps(key: str, value: Node | None, node: MappingNode, reading: Reading, *, attack: bool = False) -> Any:
    if not isinstance(value, SequenceNode) or len(value.items) < 2:
        where = value.where if value else node.where
        hint = "write two or more lines of - {shift: ..., its parameters}"
        return reading.add(where, Code.COMPOSITION, f"{key} must be a list of at least two shifts", hint)
    last = len(value.items) - 1
    steps = [_step(item, reading, attack=attack and place == last) for place, item in enumerate(value.items)]
    return INVALID if INVALID in steps else tuple(steps)


def _step(node: Node, reading: Reading, *, attack: bool) -> Any:
    hint = "write {shift: ..., its parameters}"
    if not isinstance(node, MappingNode):
        return reading.add(node.where, Code.WRONG_SHAPE, f"a step must be a mapping, not {what_is(node)}", hint)
    if node.entry("attack") is not None and node.entry("shift") is None:
        if attack:
            return read_attack(node, frozenset(), reading)
        return reading.add(
            node.where, Code.COMPOSITION, "an attack comes last in a composition", "move it behind the shifts"
        )
    if node.entry("shift") is None:
        return reading.add(node.where, Code.ONE_PERTURBATION, "a step needs shift", hint)
    return _named(node, "shift", frozenset({"shift"}), reading)


def _refuse_others(node: MappingNode, known: frozenset[str], noun: str, reading: Reading) -> bool:
    """Report keys that mean nothing here; returns whether there were none."""
    before = len(reading.problems)
    for key, _ in node:
        if key.text not in known:
            what = f"{shown(key.text) or 'an empty key'} is no key of {noun}"
            reading.add(key.where, Code.UNKNOWN_KEY, what, did_you_mean(key.text, sorted(known)))
    return len(reading.problems) == before


def _combine(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    sound = _refuse_others(node, (keys | {"combine"}) - {"sweep"}, "a check with combine", reading)
    value = node.get("combine")
    if not isinstance(value, MappingNode):
        assert value is not None  # noqa: S101 - the caller has seen the key
        what = f"combine must be a mapping, not {what_is(value)}"
        return reading.add(value.where, Code.WRONG_SHAPE, what, "write combine: {of: [shifts], strength: 2}")
    sound &= _refuse_others(value, frozenset({"of", "strength"}), "combine", reading)
    if value.entry("of") is None:
        return reading.add(value.where, Code.MISSING_KEY, "combine needs of", "the shifts whose values are combined")
    steps = _steps("of", value.get("of"), value, reading)
    written = value.get("strength")
    strength = 2 if written is None else STRENGTHS.read("strength", written, reading)
    if INVALID in (steps, strength) or not sound:
        return INVALID
    levels = [len(texts) for texts in factors(steps).values()]
    where = written.where if written else value.where
    if len(levels) < strength:
        what = f"combine of strength {strength} needs at least {strength} lists of values, here are {len(levels)}"
        return reading.add(where, Code.COMPOSITION, what, "give a parameter of each shift a list of values")
    if count_of(levels, strength) > MAX_TUPLES:
        what = f"{count_of(levels, strength):,} combinations are to be covered, more than {MAX_TUPLES:,}"
        return reading.add(where, Code.TOO_MANY_CASES, what, "lower the strength or combine fewer values")
    return Subject("combine", steps, strength=strength)


def _worst_of(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    before = len(reading.problems)
    read: dict[str, Any] = {}
    for key, kind in (("search", Choice(METHODS)), ("budget", Whole(2, MAX_BUDGET))):
        value = node.get(key)
        if value is not None:
            read[key] = kind.read(key, value, reading)
    others = keys | {"worst_of", "search", "budget"}
    step = _named(node, "worst_of", others, reading, ranged=True)
    if step is INVALID or len(reading.problems) > before:
        return INVALID
    search = Search(read.get("search", "coarse-to-fine"), read.get("budget", DEFAULT_BUDGET))
    spans = [written for written in step.parameters if any(isinstance(value.value, Span) for value in written.values)]
    if not spans:
        where = node.entry("worst_of")
        assert where is not None  # noqa: S101 - just read
        what = "worst_of needs a range to search"
        pairs = [written for written in step.parameters if len(written.values) == 2 and written.swept]
        ends = "..".join(value.text for value in pairs[0].values) if pairs else "LOW..HIGH"
        name = pairs[0].name if pairs else "a parameter as PARAMETER"
        return reading.add(where.key.where, Code.SEARCH, what, f"write {name}: {ends}")
    if search.method == "grid" and search.budget < 2 ** len(spans):
        entry = node.entry("budget") or node.entry("search")
        assert entry is not None  # noqa: S101 - a grid is asked for by its name
        what = f"a grid over {len(spans)} ranges needs a budget of at least {2 ** len(spans)} views a picture"
        return reading.add(entry.value.where, Code.SEARCH, what, "raise the budget, or use coarse-to-fine")
    return Subject("worst_of", (step,), search=search)


_LIMIT_KEYS: Final = ("shift", "param", "from", "to", "until", "resolution")


def _find_limit(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    sound = _refuse_others(node, keys | {"find_limit"}, "a check with find_limit", reading)
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
    return Subject("find_limit", (step,), limit=Limit(parameter.name, resolution, until), span=span)


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


def check_bound(subject: Subject, threshold: Threshold, reading: Reading) -> None:
    """Report an expectation on a break point that has the wrong unit, or that no search within the span can decide."""
    assert subject.span is not None  # noqa: S101 - only break points are checked
    start, stop, bound = subject.span.start, subject.span.stop, threshold.bound
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


READERS: Final[Mapping[str, Callable[[MappingNode, frozenset[str], Reading], Any]]] = {
    "shift": _shift,
    "attack": _attack,
    "compose": _compose,
    "combine": _combine,
    "worst_of": _worst_of,
    "find_limit": _find_limit,
}
"""How each kind of check is read: from the check, and the keys that any check may have, to a Subject."""
