"""``attack:`` which attack, with which parameters, and what it aims at."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any, Final

from robustcheck import registry
from robustcheck.class_names import class_name
from robustcheck.errors import did_you_mean
from robustcheck.language.kinds import INVALID, Amount, Flag, Known, Reading
from robustcheck.language.nodes import Mapping, Node, Scalar, shown, what_is
from robustcheck.language.parameters import WrittenStep, read_step
from robustcheck.language.plan import AIMS, Aim, Attacked, Step, Tier
from robustcheck.registry import Definition

KEYS: Final = frozenset({"attack", "targeted", "time_limit", "attack_unit_test"})
VIEW_KEYS: Final = frozenset({"border", "fill", "allow_synthetic_border", "approved"})
"""Keys of checks that say nothing about an attack, which moves no view."""

ATTACK: Final = Known("attack", lambda: [known.name for known in registry.attacks])
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

    def at(self, step: Step, tier: Tier) -> Attacked:
        """Return the attack of one point of a sweep."""
        return Attacked(step, self.targeted, self.unit_test, self.seconds, tier)


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
        return reading.add(_value(node, "attack").where, what, f"these work: {', '.join(others_work)}")
    step = read_step(definition, node, others | KEYS, reading)
    read: dict[str, Any] = {"time_limit": None, "attack_unit_test": False, "targeted": None}
    for key, kind in (("time_limit", TIME_LIMIT), ("attack_unit_test", UNIT_TEST)):
        written = node.get(key)
        if written is not None:
            read[key] = kind.read(key, written, reading)
    written = node.get("targeted")
    if written is not None:
        read["targeted"] = _targeted(definition, written, reading)
    if INVALID in (step, *read.values()):
        return INVALID
    limit = read["time_limit"]
    return WrittenAttack(step, read["targeted"], read["attack_unit_test"], limit.value if limit else SECONDS)


def _targeted(definition: Definition, node: Node, reading: Reading) -> Any:
    if not definition.facts.targeted:
        able = [known.name for known in registry.attacks if known.facts.targeted]
        return reading.add(node.where, f"{definition.name} cannot aim at a class", f"these can: {', '.join(able)}")
    if isinstance(node, Scalar):
        if node.value in AIMS:
            return node.value
        hint = did_you_mean(node.text, AIMS) or "write {stop: turn_left}"
        return reading.add(
            node.where, f"targeted must be a mapping of classes or {' or '.join(AIMS)}, not {shown(node.text)}", hint
        )
    if not isinstance(node, Mapping) or not node.entries:
        return reading.add(
            node.where, f"targeted must be a mapping of classes, not {what_is(node)}", "write {stop: turn_left}"
        )
    found: dict[str, str] = {}
    sound = True
    for key, value in node:
        source, target = class_name(key.text), class_name(value.text) if isinstance(value, Scalar) else ""
        for where, word in ((key.where, source), (value.where, target)):
            if not word or (reading.classes is not None and word not in reading.classes):
                reading.add(
                    where,
                    f"the model {reading.model} has no class {shown(word)}",
                    did_you_mean(word, reading.classes or ()),
                )
                sound = False
        if source == target and sound:
            reading.add(value.where, f"{shown(source)} cannot be taken for itself", "choose another class")
            sound = False
        if source in found:
            reading.add(key.where, f"targeted: {shown(source)} stands twice", "keep one: both are the same name")
            sound = False
        found[source] = target
    return found if sound else INVALID


def _value(node: Mapping, key: str) -> Node:
    value = node.get(key)
    assert value is not None  # noqa: S101 - the caller has seen the key
    return value
