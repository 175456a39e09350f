"""``attack:`` which attack, with which parameters, and what it aims at."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core import registry
from robustcheck.core.class_names import class_name
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import did_you_mean
from robustcheck.core.registry import Definition
from robustcheck.core.units import Quantity
from robustcheck.domain.how import AIMS, Aim, Attack, How
from robustcheck.domain.steps import Step
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.tier import Tier
from robustcheck.language.checks.subject import Subject
from robustcheck.language.nodes import Mapping, Node, Scalar, Sequence, is_null, shown, what_is
from robustcheck.language.parameters import RegisteredName, WrittenStep, read_step
from robustcheck.language.radii import check_radii, problem_of_radius
from robustcheck.language.value_types import INVALID, Amount, Flag, Reading

KEYS: Final = frozenset({"attack", "targeted", "time_limit", "attack_unit_test"})
VIEW_KEYS: Final = frozenset({"border", "fill", "allow_synthetic_border", "approved"})
"""Keys of checks that say nothing about an attack, which moves no view."""

ATTACK: Final = RegisteredName(registry.attacks, lambda: [known.name for known in registry.attacks])
SECONDS: Final = 900.0
TIME_LIMIT: Final = Amount(("s",), 0.1, 604_800)
UNIT_TEST: Final = Flag()


@dataclass(frozen=True, slots=True)
class WrittenAttack:
    """An attack as a check wrote it; its parameters, which may be swept, are a step like a shift's."""

    step: WrittenStep
    targeted: MappingType[str, str] | Aim | None
    unit_test: bool
    seconds: float


@dataclass(frozen=True)
class AttackSubject(Subject):
    """An attack, which may follow shifts; its own step is the last one."""

    steps: tuple[WrittenStep, ...]
    attack: WrittenAttack
    key = "attack"

    @property
    def name(self) -> str:
        """The names of the shifts and the attack."""
        return self.names

    def how(self, steps: tuple[Step, ...], tier: Tier) -> How:
        """Return the attack with the parameters of one point of the sweep."""
        *shifts, step = steps
        written = self.attack
        return Attack(tuple(shifts), step, written.targeted, written.unit_test, written.seconds, tier)

    def check_thresholds(self, lines: tuple[Threshold, ...] | list[Threshold], reading: Reading) -> None:
        """Report thresholds on radii that bound nothing."""
        check_radii(lines, norms_of(self.attack.step), reading)


def read_attack_check(node: Mapping, keys: frozenset[str], reading: Reading) -> Any:
    """Read a check with ``attack``."""
    attack = read_attack(node, keys - VIEW_KEYS, reading)
    return INVALID if attack is INVALID else AttackSubject((attack.step,), attack)


def read_attack(node: Mapping, others: frozenset[str], reading: Reading) -> Any:
    """Read the mapping that names an attack.

    Args:
        node: The check, or the last step of a composition.
        others: Further keys, which are read elsewhere.
        reading: Where problems go.

    Returns:
        A WrittenAttack, or ``INVALID`` after something was reported.
    """
    name = ATTACK.read("attack", _value(node, "attack"), reading)
    if name is INVALID:
        return INVALID
    definition = registry.attacks[name]
    if definition.facts.gradients and reading.black_box:
        others_work = [known.name for known in registry.attacks if not known.facts.gradients]
        what = f"{name} needs gradients, and the model {reading.model} has none (gradients: false)"
        return reading.add(
            _value(node, "attack").where, Code.NO_GRADIENTS, what, f"these work: {', '.join(others_work)}"
        )
    step = read_step(definition, node, others | KEYS, reading)
    read: dict[str, Any] = {"time_limit": None, "attack_unit_test": False, "targeted": None}
    for key, kind in (("time_limit", TIME_LIMIT), ("attack_unit_test", UNIT_TEST)):
        written = node.get(key)
        if written is not None:
            read[key] = kind.read(key, written, reading)
    written = node.get("targeted")
    if written is not None:
        read["targeted"] = _targeted(definition, written, reading)
    if INVALID in (step, *read.values()) or not _radii_fit(step, definition, reading):
        return INVALID
    limit = read["time_limit"]
    return WrittenAttack(step, read["targeted"], read["attack_unit_test"], limit.value if limit else SECONDS)


def norms_of(step: WrittenStep) -> tuple[str, ...]:
    """Return the norms of an attack: as written, or its default; none for an attack without that parameter."""
    written = next((found for found in step.parameters if found.name == "norm"), None)
    if written:
        return tuple(value.value for value in written.values)
    known = registry.attacks[step.shift].parameters.get("norm")
    return (known.default,) if known else ()


def _radii_fit(step: WrittenStep, definition: Definition, reading: Reading) -> bool:
    """Report radii that bound nothing."""
    radii = next((found.values for found in step.parameters if found.name == "eps"), ())
    sound = True
    for value in radii:
        radius = value.value if isinstance(value.value, Quantity) else Quantity(value.value)
        found = (problem_of_radius(radius, norm, reading.values, "eps") for norm in norms_of(step) or ("",))
        problem = next(filter(None, found), None)
        if problem:
            reading.add(value.node.where, Code.RADIUS, *problem)
            sound = False
    return sound


def _targeted(definition: Definition, node: Node, reading: Reading) -> Any:
    if not definition.facts.targeted:
        able = [known.name for known in registry.attacks if known.facts.targeted]
        return reading.add(
            node.where, Code.TARGET, f"{definition.name} cannot aim at a class", f"these can: {', '.join(able)}"
        )
    if isinstance(node, Scalar):
        if node.value in AIMS:
            return node.value
        hint = did_you_mean(node.text, AIMS) or _pair_of(node)
        return reading.add(
            node.where,
            Code.TARGET,
            f"targeted must be a mapping of classes or {' or '.join(AIMS)}, not {shown(node.text)}",
            hint,
        )
    if not isinstance(node, Mapping) or not node.entries:
        return reading.add(
            node.where, Code.TARGET, f"targeted must be a mapping of classes, not {what_is(node)}", _pair_of(node)
        )
    found: dict[str, str] = {}
    sound = True
    for key, value in node:
        if not isinstance(value, Scalar) or is_null(value):
            reading.add(
                value.where,
                Code.TARGET,
                f"targeted: {shown(key.text)} has one target, not {what_is(value)}",
                _one_target(value),
            )
            sound = False
            continue
        source, target = class_name(key.text), class_name(value.text)
        for where, word in ((key.where, source), (value.where, target)):
            if not word or (reading.classes is not None and word not in reading.classes):
                reading.add(
                    where,
                    Code.UNKNOWN_CLASS,
                    f"the model {reading.model} has no class {shown(word)}",
                    did_you_mean(word, reading.classes or ()),
                )
                sound = False
        if source == target and sound:
            reading.add(value.where, Code.TARGET, f"{shown(source)} cannot be taken for itself", "choose another class")
            sound = False
        if source in found:
            reading.add(
                key.where, Code.TARGET, f"targeted: {shown(source)} stands twice", "keep one: both are the same name"
            )
            sound = False
        found[source] = target
    return found if sound else INVALID


def _pair_of(node: Node) -> str:
    """Return how a pair is written, with the two names that stand there, if they do."""
    names = [shown(item.text) for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []
    source, target = names if len(names) == 2 else ("CLASS", "TARGET")
    return f"write {{{source}: {target}}}"


def _one_target(node: Node) -> str:
    """Return what to do about several targets of one class, by the names that stand there."""
    names = [shown(item.text) for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []
    if not names:
        return "write one class"
    return f"write a check for each: {' and '.join(names)}"


def _value(node: Mapping, key: str) -> Node:
    value = node.get(key)
    assert value is not None  # noqa: S101 - the caller has seen the key
    return value
