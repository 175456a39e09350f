"""``shift:`` one shift, each value of its lists a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from robustcheck.domain.how import Fixed, How
from robustcheck.domain.steps import Step
from robustcheck.domain.tier import Tier
from robustcheck.language.checks.subject import Subject, named_shift
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.parameters import WrittenStep
from robustcheck.language.value_types import INVALID, Reading


@dataclass(frozen=True)
class ShiftSubject(Subject):
    """One shift."""

    steps: tuple[WrittenStep, ...]
    key = "shift"

    @property
    def name(self) -> str:
        """The name of the shift."""
        return self.names

    def how(self, steps: tuple[Step, ...], tier: Tier) -> How:
        """Return the shift with the parameters of one point of the sweep."""
        return Fixed(steps)


def read_shift(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    """Read a check with ``shift``."""
    step = named_shift(node, "shift", keys | {"shift"}, reading)
    return INVALID if step is INVALID else ShiftSubject((step,))
