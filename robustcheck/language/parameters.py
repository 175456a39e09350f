"""A perturbation's parameters: from the registry's signature to YAML values, sweeps and schema."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck import registry
from robustcheck.errors import did_you_mean
from robustcheck.language.kinds import (
    INVALID,
    Amount,
    Choice,
    Flag,
    Kind,
    Known,
    Reading,
    Text,
    Whole,
    within,
)
from robustcheck.language.nodes import Mapping, Node, Scalar, shown
from robustcheck.language.nodes import Sequence as SequenceNode
from robustcheck.language.plan import Step
from robustcheck.language.thresholds import sequence_of
from robustcheck.registry import Definition, Parameter
from robustcheck.units import UNITS, Quantity

MAX_CASES: Final = 1000
"""Cases of one check: beyond it a sweep was not meant."""


@dataclass(frozen=True, slots=True)
class Word:
    """Text that becomes part of a case's id."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the text."""
        text = Text().read(name, node, reading)
        if text is not INVALID and ("::" in text or "/" in text or not text.isprintable()):
            what = f"{name} holds ::, / or a character that cannot be printed: {shown(text)}"
            return reading.add(node.where, what)
        return text

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "minLength": 1, "not": {"pattern": "::|/"}}


def kind_of(parameter: Parameter) -> Kind:
    """Return the kind of value that a parameter takes."""
    if parameter.kind == "quantity":
        return Amount(parameter.units or ("",), parameter.low, parameter.high)
    if parameter.kind == "integer":
        return Whole(parameter.low, parameter.high)
    if parameter.kind == "choice":
        return Choice(parameter.choices)
    return Flag() if parameter.kind == "boolean" else Word()


def shift_names() -> list[str]:
    """Return the names of all registered shifts."""
    return [definition.name for definition in registry.shifts]


SHIFT: Final = Known("shift", shift_names)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one parameter.

    Attributes:
        value: What the plan keeps: ``Quantity``, ``int``, ``str`` or ``bool``.
        text: How it stands in an id.
        node: Where it is written.
    """

    value: Any
    text: str
    node: Node


@dataclass(frozen=True, slots=True)
class Written:
    """One parameter as written: one value, or several when it is swept."""

    name: str
    values: tuple[Value, ...]
    swept: bool


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """A shift with its written parameters, in the order of its signature."""

    shift: str
    parameters: tuple[Written, ...]


def read_step(definition: Definition, node: Mapping, others: frozenset[str], reading: Reading) -> Any:
    """Read a shift's parameters out of the mapping that names it.

    Args:
        definition: The shift.
        node: The check, or the step of a composition.
        others: Keys of the mapping that are not parameters and are read elsewhere.
        reading: Where problems go.

    Returns:
        A WrittenStep, or ``INVALID`` after something was reported.
    """
    written: dict[str, Written] = {}
    sound = True
    for key, value in node:
        if key.text in others:
            continue
        if key.text not in definition.parameters:
            what = f"{definition.name} has no parameter {shown(key.text) or 'with an empty name'}"
            reading.add(key.where, what, did_you_mean(key.text, [*definition.parameters, *sorted(others)]))
            sound = False
            continue
        read = _read_parameter(definition.parameters[key.text], value, reading)
        if read is INVALID:
            sound = False
        else:
            written[key.text] = read
    for parameter in definition.parameters.values():
        if parameter.required and node.entry(parameter.name) is None:
            reading.add(node.where, f"{definition.name} needs {parameter.name}", parameter.doc)
            sound = False
    if sound and not written and _does_nothing(definition):
        what = f"{definition.name} does nothing as it stands"
        reading.add(node.where, what, f"write {' or '.join(definition.parameters)}")
        sound = False
    if not sound:
        return INVALID
    return WrittenStep(definition.name, tuple(written[name] for name in definition.parameters if name in written))


def _does_nothing(definition: Definition) -> bool:
    parameters = definition.parameters.values()
    return bool(parameters) and all(parameter.default in (0, None) for parameter in parameters)


def _read_parameter(parameter: Parameter, node: Node, reading: Reading) -> Any:
    swept = isinstance(node, SequenceNode)
    items = sequence_of(node)
    if not items:
        return reading.add(node.where, f"the sweep of {parameter.name} is empty", "list at least one value")
    kind = kind_of(parameter)
    values: dict[str, Value] = {}
    sound = True
    for item in items:
        value = kind.read(parameter.name, item, reading)
        if value is INVALID:
            sound = False
            continue
        text = _text(value, item)
        if text in values:
            reading.add(item.where, f"{text} stands twice in the sweep of {parameter.name}", "keep one of them")
            sound = False
        values[text] = Value(value, text, item)
    return Written(parameter.name, tuple(values.values()), swept) if sound else INVALID


def _text(value: Any, node: Node) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Quantity) and value.unit == ":" and isinstance(node, Scalar):
        return node.text.strip()
    return str(value)


@dataclass(frozen=True, slots=True)
class Combination:
    """One point of a sweep: steps with fixed parameters, and how ids call them."""

    steps: tuple[Step, ...]
    swept: dict[str, str]
    written: dict[str, str]


def combinations(steps: Sequence[WrittenStep], how: str, check: Mapping, reading: Reading) -> tuple[Combination, ...]:
    """Spread the swept parameters of a check into its combinations.

    Args:
        steps: The steps of the check.
        how: ``grid`` for every combination, ``zip`` for one list beside the other.
        check: The check, for the places of problems.
        reading: Where problems go; nothing is returned after one.
    """
    labels = _labels(steps)
    flat = [(index, parameter) for index, step in enumerate(steps) for parameter in step.parameters]
    swept = [parameter for _, parameter in flat if parameter.swept]
    entry = check.entry("sweep")
    if how == "zip":
        where = entry.key.where if entry else check.where
        if len(swept) < 2:
            reading.add(where, "sweep: zip needs at least two lists", "write a second list, or leave sweep out")
            return ()
        lengths = {len(parameter.values) for parameter in swept}
        if len(lengths) > 1:
            sizes = ", ".join(f"{parameter.name} has {len(parameter.values)}" for parameter in swept)
            reading.add(
                where, f"sweep: zip needs lists of one length; {sizes}", "write sweep: grid for all combinations"
            )
            return ()
    else:
        count = math.prod(len(parameter.values) for parameter in swept)
        if count > MAX_CASES:
            reading.add(check.where, f"this sweep makes {count:,} cases, more than {MAX_CASES}", "sweep fewer values")
            return ()
    return tuple(_combine(steps, flat, labels, point) for point in _points([p for _, p in flat], how))


def _points(parameters: Sequence[Written], how: str) -> Iterator[tuple[Value, ...]]:
    if how == "grid":
        yield from itertools.product(*(parameter.values for parameter in parameters))
        return
    count = max(len(parameter.values) for parameter in parameters)
    for index in range(count):
        yield tuple(parameter.values[index if parameter.swept else 0] for parameter in parameters)


def _combine(
    steps: Sequence[WrittenStep],
    flat: Sequence[tuple[int, Written]],
    labels: Sequence[str],
    point: Sequence[Value],
) -> Combination:
    params: list[dict[str, Any]] = [{} for _ in steps]
    swept: dict[str, str] = {}
    written: dict[str, str] = {}
    for (index, parameter), label, value in zip(flat, labels, point, strict=True):
        params[index][parameter.name] = value.value
        written[label] = value.text
        if parameter.swept:
            swept[label] = value.text
    made = tuple(Step(step.shift, values) for step, values in zip(steps, params, strict=True))
    return Combination(made, swept, written)


def _labels(steps: Sequence[WrittenStep]) -> list[str]:
    """Name each parameter: alone if only one step has it, else after its step, numbered if need be."""
    names = [parameter.name for step in steps for parameter in step.parameters]
    shifts = [step.shift for step in steps]
    labels = []
    for index, step in enumerate(steps):
        number = f"#{shifts[: index + 1].count(step.shift)}" if shifts.count(step.shift) > 1 else ""
        for parameter in step.parameters:
            alone = names.count(parameter.name) == 1
            labels.append(parameter.name if alone else f"{step.shift}{number}.{parameter.name}")
    return labels


def parameters_schema(definition: Definition) -> dict[str, Any]:
    """Return the schemas of a shift's parameters, each a value or a list of values."""
    return {parameter.name: _parameter_schema(parameter, definition) for parameter in definition.parameters.values()}


def _parameter_schema(parameter: Parameter, definition: Definition) -> dict[str, Any]:
    one = kind_of(parameter).schema()
    notes = [parameter.doc] if parameter.doc else []
    if parameter.kind == "quantity" and parameter.units:
        notes.append("Units: " + "; ".join(f"{unit} ({UNITS[unit].meaning})" for unit in parameter.units) + ".")
    if math.isfinite(parameter.low) or math.isfinite(parameter.high):
        unit = parameter.units[0] if len(parameter.units) == 1 else ""
        notes.append(f"Range: {within(parameter.low, parameter.high, unit)}.")
    default = registry.written_default(parameter)
    if default:
        notes.append(f"Default: {default}.")
    notes.append("A list is a sweep: one case each.")
    schema: dict[str, Any] = {
        "description": " ".join(notes),
        "anyOf": [one, {"type": "array", "minItems": 1, "items": one}],
    }
    examples = list(definition.facts.sweep.get(parameter.name, ()))
    return {**schema, "examples": examples} if examples else schema
