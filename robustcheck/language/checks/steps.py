"""Lists of steps in ``compose`` and ``combine``."""

from __future__ import annotations

from typing import Any

from robustcheck.core.error_codes import Code
from robustcheck.language.checks.attack import read_attack
from robustcheck.language.checks.subject import named_shift
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, what_is
from robustcheck.language.nodes import Sequence as SequenceNode
from robustcheck.language.value_types import INVALID, Reading


def read_steps(key: str, value: Node | None, node: MappingNode, reading: Reading, *, attack: bool = False) -> Any:
    """Read a list of at least two steps.

    Args:
        key: The key whose value it is.
        value: The list; ``None`` where it is missing.
        node: The mapping with that key.
        reading: Where problems go.
        attack: Whether the last one may be an attack.
    """
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
    return named_shift(node, "shift", frozenset({"shift"}), reading)
