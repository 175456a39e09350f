"""``compose:`` several shifts one after the other; the last may be an attack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from robustcheck.domain.how import Fixed, How
from robustcheck.domain.steps import Step
from robustcheck.domain.tier import Tier
from robustcheck.language.checks.attack import AttackSubject, WrittenAttack
from robustcheck.language.checks.steps import read_steps
from robustcheck.language.checks.subject import Subject, refuse_others
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.parameters import WrittenStep
from robustcheck.language.value_types import INVALID, Reading


@dataclass(frozen=True)
class ComposeSubject(Subject):
    """Several shifts."""

    steps: tuple[WrittenStep, ...]
    key = "compose"

    @property
    def name(self) -> str:
        """The names of the shifts."""
        return self.names

    def how(self, steps: tuple[Step, ...], tier: Tier) -> How:
        """Return the shifts with the parameters of one point of the sweep."""
        return Fixed(steps, self.key)


def read_compose(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    """Read a check with ``compose``."""
    refuse_others(node, keys | {"compose"}, "a check with compose", reading)
    steps = read_steps("compose", node.get("compose"), node, reading, attack=True)
    if steps is INVALID:
        return INVALID
    last = steps[-1]
    if isinstance(last, WrittenAttack):
        return AttackSubject((*steps[:-1], last.step), last)
    return ComposeSubject(steps)
