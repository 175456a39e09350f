"""``combine:`` several shifts with lists of values, in so few cases that all values still meet in pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core.error_codes import Code
from robustcheck.domain.covering import MAX_TUPLES, count_of
from robustcheck.domain.how import Fixed, How
from robustcheck.domain.steps import Step
from robustcheck.domain.tier import Tier
from robustcheck.language.checks.steps import read_steps
from robustcheck.language.checks.subject import Subject, refuse_others
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import what_is
from robustcheck.language.parameters import WrittenStep, factors
from robustcheck.language.value_types import INVALID, Reading, Whole

STRENGTHS: Final = Whole(2, 4)


@dataclass(frozen=True)
class CombineSubject(Subject):
    """Several shifts whose values meet in a covering array.

    Attributes:
        strength: How many factors meet in every combination.
    """

    steps: tuple[WrittenStep, ...]
    strength: int
    key = "combine"

    def how(self, steps: tuple[Step, ...], tier: Tier) -> How:
        """Return the shifts with the values of one row of the array."""
        return Fixed(steps, self.key)


def read_combine(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    """Read a check with ``combine``."""
    sound = refuse_others(node, (keys | {"combine"}) - {"sweep"}, "a check with combine", reading)
    value = node.get("combine")
    if not isinstance(value, MappingNode):
        assert value is not None  # noqa: S101 - the caller has seen the key
        what = f"combine must be a mapping, not {what_is(value)}"
        return reading.add(value.where, Code.WRONG_SHAPE, what, "write combine: {of: [shifts], strength: 2}")
    sound &= refuse_others(value, frozenset({"of", "strength"}), "combine", reading)
    if value.entry("of") is None:
        return reading.add(value.where, Code.MISSING_KEY, "combine needs of", "the shifts whose values are combined")
    steps = read_steps("of", value.get("of"), value, reading)
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
    return CombineSubject(steps, strength)
