"""``worst_of:`` the worst view of each picture in a box of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core.error_codes import Code
from robustcheck.domain.how import METHODS, How, Method, WorstView
from robustcheck.domain.steps import Span, Step
from robustcheck.domain.tier import Tier
from robustcheck.language.checks.subject import Subject, named_shift
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.parameters import WrittenStep
from robustcheck.language.value_types import INVALID, Choice, Reading, Whole

MAX_BUDGET: Final = 10_000
"""Views a picture, beyond which a search was not meant."""
DEFAULT_BUDGET: Final = 32


@dataclass(frozen=True)
class WorstOfSubject(Subject):
    """One shift with ranges.

    Attributes:
        method: How the worst view is looked for.
        budget: Views a picture at most.
    """

    steps: tuple[WrittenStep, ...]
    method: Method
    budget: int
    key = "worst_of"

    def how(self, steps: tuple[Step, ...], tier: Tier) -> How:
        """Return the search in the box of one point of the sweep."""
        return WorstView(steps, self.method, self.budget)


def read_worst_of(node: MappingNode, keys: frozenset[str], reading: Reading) -> Any:
    """Read a check with ``worst_of``."""
    before = len(reading.problems)
    read: dict[str, Any] = {}
    for key, kind in (("search", Choice(METHODS)), ("budget", Whole(2, MAX_BUDGET))):
        value = node.get(key)
        if value is not None:
            read[key] = kind.read(key, value, reading)
    others = keys | {"worst_of", "search", "budget"}
    step = named_shift(node, "worst_of", others, reading, ranged=True)
    if step is INVALID or len(reading.problems) > before:
        return INVALID
    method, budget = read.get("search", "coarse-to-fine"), read.get("budget", DEFAULT_BUDGET)
    spans = [written for written in step.parameters if any(isinstance(value.value, Span) for value in written.values)]
    if not spans:
        where = node.entry("worst_of")
        assert where is not None  # noqa: S101 - just read
        what = "worst_of needs a range to search"
        pairs = [written for written in step.parameters if len(written.values) == 2 and written.swept]
        ends = "..".join(value.text for value in pairs[0].values) if pairs else "LOW..HIGH"
        name = pairs[0].name if pairs else "a parameter as PARAMETER"
        return reading.add(where.key.where, Code.SEARCH, what, f"write {name}: {ends}")
    if method == "grid" and budget < 2 ** len(spans):
        entry = node.entry("budget") or node.entry("search")
        assert entry is not None  # noqa: S101 - a grid is asked for by its name
        what = f"a grid over {len(spans)} ranges needs a budget of at least {2 ** len(spans)} views a picture"
        return reading.add(entry.value.where, Code.SEARCH, what, "raise the budget, or use coarse-to-fine")
    return WorstOfSubject((step,), method, budget)
