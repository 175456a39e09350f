"""A perturbation's parameters: from the registry's signature to YAML values, sweeps and schema."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core import registry, word_search
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import did_you_mean
from robustcheck.core.parameter_text import default_shown
from robustcheck.core.registry import Definition, Parameter, Registry
from robustcheck.core.units import UNITS
from robustcheck.domain.covering import covering_array
from robustcheck.domain.steps import Step
from robustcheck.language.key_advice import meant_key, needed
from robustcheck.language.nodes import Mapping, Node, shown
from robustcheck.language.value_types import INVALID, NUMBER, Reading, Text, within
from robustcheck.language.values import Value, Written, kind_of, read_parameter

MAX_CASES: Final = 1000
"""Cases of one check: beyond it a sweep was not meant."""


def shift_names() -> list[str]:
    """Return the names of all shifts, those of other libraries last."""
    others = (name for prefix in registry.shifts.families() for name in registry.shifts.family(prefix))
    return [*(definition.name for definition in registry.shifts), *others]


@dataclass(frozen=True, slots=True)
class RegisteredName:
    """The kind of the name of a shift or of an attack."""

    known: Registry
    names: Callable[[], list[str]]

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the name."""
        text = Text().read(name, node, reading)
        if text is INVALID or text in self.known:
            return text
        reason = self.known.refusal(text)
        if reason:
            return reading.add(
                node.where, Code.UNKNOWN_PERTURBATION, f"{shown(text)} {reason}", f"choose another {self.known.noun}"
            )
        several = [word.strip() for word in re.split(r"[,;+&]|\band\b", text)]
        if len(several) > 1 and all(word in self.known for word in several):
            what = f"{name} names one {self.known.noun}, not {shown(text)}"
            return reading.add(node.where, Code.ONE_PERTURBATION, what, "write a check for each, or compose them")
        what = word_search.kind_told(self.known.noun, text) or f"there is no {self.known.noun} {shown(text)}"
        return reading.add(node.where, Code.UNKNOWN_PERTURBATION, what, word_search.hint_for(self.known.noun, text))

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"enum": self.names()}


SHIFT: Final = RegisteredName(registry.shifts, shift_names)


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """A shift with its written parameters, in the order of its signature."""

    shift: str
    parameters: tuple[Written, ...]


def read_step(
    definition: Definition,
    node: Mapping,
    others: frozenset[str],
    reading: Reading,
    *,
    ranged: bool = False,
    elsewhere: str = "",
) -> Any:
    """Read a shift's parameters out of the mapping that names it.

    Args:
        definition: The shift.
        node: The check, or the step of a composition.
        others: Keys of the mapping that are not parameters and are read elsewhere.
        reading: Where problems go.
        ranged: Whether a parameter may be a range such as ``-15deg..15deg``.
        elsewhere: A parameter that is said elsewhere, so that it may not be written here and is not missing.

    Returns:
        A WrittenStep, or ``INVALID`` after something was reported.
    """
    written: dict[str, Written] = {}
    sound = True
    required = [parameter.name for parameter in definition.parameters.values() if parameter.required]
    lacking = [name for name in required if name != elsewhere and node.entry(name) is None]
    for key, value in node:
        if key.text in others:
            continue
        if key.text == elsewhere:
            sound = False
            reading.add(
                key.where,
                Code.UNKNOWN_PARAMETER,
                f"{key.text} is what is searched, so it has no value here",
                "remove the line",
            )
            continue
        if key.text == "p" and definition.name.startswith("albumentations."):
            reading.add(
                key.where, Code.UNKNOWN_PARAMETER, "p is always 1 here: a case shifts every picture", "remove the line"
            )
            sound = False
            continue
        if key.text not in definition.parameters:
            what = f"{definition.name} has no parameter {shown(key.text) or 'with an empty name'}"
            reading.add(
                key.where, Code.UNKNOWN_PARAMETER, what, _meant_parameter(key.text, definition, others, lacking)
            )
            sound = False
            continue
        read = read_parameter(definition.parameters[key.text], value, reading, ranged=ranged)
        if read is INVALID:
            sound = False
        else:
            written[key.text] = read
    for name in lacking:
        hint = _needed_parameter(definition.parameters[name])
        sound = reading.add(node.where, Code.MISSING_KEY, f"{definition.name} needs {name}", hint) is not INVALID
    if sound and not written and not elsewhere and _does_nothing(definition):
        what = f"{definition.name} does nothing as it stands"
        reading.add(node.where, Code.ARGUMENTS_TOGETHER, what, f"write {' or '.join(definition.parameters)}")
        sound = False
    if not sound:
        return INVALID
    return WrittenStep(definition.name, tuple(written[name] for name in definition.parameters if name in written))


def _meant_parameter(word: str, definition: Definition, others: frozenset[str], lacking: list[str]) -> str:
    """Return what to do about a parameter that is none: keys of the check are proposed only where they are near."""
    hint = meant_key(word, [*definition.parameters, *sorted(others)], lacking, paired=True)
    return hint if hint.startswith("did") else did_you_mean(word, definition.parameters)


def _needed_parameter(parameter: Parameter) -> str:
    if parameter.kind == "choice":
        return f"write {parameter.name}: and one of {', '.join(parameter.choices)}"
    return needed(parameter.name, parameter.doc)


def _does_nothing(definition: Definition) -> bool:
    parameters = definition.parameters.values()
    return bool(parameters) and all(parameter.default in (0, None) for parameter in parameters)


@dataclass(frozen=True, slots=True)
class Combination:
    """One point of a sweep: steps with fixed parameters, and how ids call them."""

    steps: tuple[Step, ...]
    swept: dict[str, str]
    written: dict[str, str]


def combinations(
    steps: Sequence[WrittenStep], how: str, check: Mapping, reading: Reading, *, strength: int = 0
) -> tuple[Combination, ...]:
    """Spread the swept parameters of a check into its combinations.

    Args:
        steps: The steps of the check.
        how: ``grid`` for every combination, ``zip`` for one list beside the other.
        check: The check, for the places of problems.
        reading: Where problems go; nothing is returned after one.
        strength: Above 0: so few combinations that any so many swept parameters still meet in all of their values.
    """
    labels = _labels(steps)
    flat = [(index, parameter) for index, step in enumerate(steps) for parameter in step.parameters]
    swept = [parameter for _, parameter in flat if parameter.swept]
    if strength:
        chosen = covering_array([len(parameter.values) for parameter in swept], strength)
        if len(chosen) > MAX_CASES:
            what = f"this combination makes {len(chosen):,} cases, more than {MAX_CASES}"
            reading.add(check.where, Code.TOO_MANY_CASES, what, "lower the strength or sweep fewer values")
            return ()
        everything = (_row([p for _, p in flat], row) for row in chosen)
        return tuple(_combine(steps, flat, labels, point) for point in everything)
    entry = check.entry("sweep")
    if how == "zip":
        where = entry.key.where if entry else check.where
        if len(swept) < 2:
            reading.add(
                where,
                Code.COMPOSITION,
                "sweep: zip needs at least two lists",
                "write a second list, or leave sweep out",
            )
            return ()
        lengths = {len(parameter.values) for parameter in swept}
        if len(lengths) > 1:
            sizes = ", ".join(f"{parameter.name} has {len(parameter.values)}" for parameter in swept)
            reading.add(
                where,
                Code.COMPOSITION,
                f"sweep: zip needs lists of one length; {sizes}",
                "write sweep: grid for all combinations",
            )
            return ()
    else:
        count = math.prod(len(parameter.values) for parameter in swept)
        if count > MAX_CASES:
            reading.add(
                check.where,
                Code.TOO_MANY_CASES,
                f"this sweep makes {count:,} cases, more than {MAX_CASES}",
                "sweep fewer values",
            )
            return ()
    return tuple(_combine(steps, flat, labels, point) for point in _points([p for _, p in flat], how))


def _points(parameters: Sequence[Written], how: str) -> Iterator[tuple[Value, ...]]:
    if how == "grid":
        yield from itertools.product(*(parameter.values for parameter in parameters))
        return
    count = max(len(parameter.values) for parameter in parameters)
    for index in range(count):
        yield tuple(parameter.values[index if parameter.swept else 0] for parameter in parameters)


def _row(parameters: Sequence[Written], row: Sequence[int]) -> tuple[Value, ...]:
    """Return the values of one row of a covering array, which counts the swept parameters only."""
    left = iter(row)
    return tuple(parameter.values[next(left) if parameter.swept else 0] for parameter in parameters)


def factors(steps: Sequence[WrittenStep]) -> dict[str, tuple[str, ...]]:
    """Return the levels of each swept parameter as text, by the name that ids call it."""
    flat = [parameter for step in steps for parameter in step.parameters]
    named = zip(_labels(steps), flat, strict=True)
    return {label: tuple(value.text for value in parameter.values) for label, parameter in named if parameter.swept}


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


_ONE_RANGE: Final = {"type": "string", "pattern": rf"^\s*{NUMBER}[^.]*\.\.\s*{NUMBER}[^.]*$"}
RANGE: Final = {
    "description": "low..high is searched; a list is a sweep of ranges.",
    "anyOf": [_ONE_RANGE, {"type": "array", "minItems": 1, "items": _ONE_RANGE}],
}
"""The schema of a range; what its ends must be the validator says."""


def parameters_schema(definition: Definition) -> dict[str, Any]:
    """Return the schemas of a shift's parameters, each a value or a list of values."""
    return {parameter.name: _parameter_schema(parameter, definition) for parameter in definition.parameters.values()}


def _parameter_schema(parameter: Parameter, definition: Definition) -> dict[str, Any]:
    one = kind_of(parameter).schema()
    notes = [parameter.doc] if parameter.doc else []
    if parameter.kind == "quantity" and parameter.units:
        notes.append("Units: " + "; ".join(f"{unit} ({UNITS[unit].meaning})" for unit in parameter.units if unit) + ".")
    if math.isfinite(parameter.low) or math.isfinite(parameter.high):
        unit = parameter.units[0] if len(parameter.units) == 1 else ""
        notes.append(f"Range: {within(parameter.low, parameter.high, unit)}.")
    default = default_shown(parameter)
    if parameter.kind in ("quantity", "integer"):
        default = default.replace(",", "")  # what stands in an editor is copied
    if default:
        notes.append(f"Default: {default}.")
    notes.append("A list is a sweep: one case each.")
    schema: dict[str, Any] = {
        "description": " ".join(notes),
        "anyOf": [one, {"type": "array", "minItems": 1, "items": one}],
    }
    examples = list(definition.facts.sweep.get(parameter.name, ()))
    return {**schema, "examples": examples} if examples else schema
