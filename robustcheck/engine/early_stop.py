"""Chooses which pictures a case looks at until its expectations are decided."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import registry
from robustcheck.core.errors import CaseError
from robustcheck.core.seeds import mark
from robustcheck.domain.threshold import Rule, Threshold
from robustcheck.metrics.records import Observation, Records
from robustcheck.metrics.shares import Share, imagine, shares_of
from robustcheck.stats.confidence_sequence import Anytime

Outcome = Literal["pass", "fail"]
STEP, SHARE = 4, 32
"""Pictures between two looks at first; later a look each time that one of 32 more was seen, in steps of as many."""

LEAST = 16
"""Pictures of all kinds that are looked at in any case, so that what is shown beside a share of one class is not of nothing."""


def step(seen: int) -> int:
    """Return after how many pictures more the next look is taken; the batch size has no say in it."""
    return max(STEP, seen // SHARE // STEP * STEP)


class Watch:
    """Which pictures a case that may stop early looks at, until every expectation is decided.

    First come pictures of all kinds in random order, a few and then more as long as a share of all pictures is open; then only
    those of the classes and groups whose own share still is, in the same order. The first decision on an expectation stands.

    Attributes:
        possible: Whether the case can stop early at all.
        uniform: Whether the pictures asked for last are of all kinds.
    """

    def __init__(self, expectations: Sequence[Threshold], rule: Rule, clean: Observation, seed: int) -> None:
        """Begin.

        Args:
            expectations: All must be decided for the case to stop.
            rule: How certain.
            clean: All pictures as they are: how many there are of each class and group, and what is paired with them, which
                is the accepted run too where an expectation is about it.
            seed: The suite's; with the samples' ids it decides the order.
        """
        self._clean = clean
        self._lines = {line: _Line(line, rule, clean) for line in expectations}
        lines = self._lines.values()
        self.possible = bool(lines) and all(line.possible for line in lines)
        self.text = f"{rule}: {', '.join(map(str, expectations))}{_accepted(expectations, clean)}"
        self._order = _visiting(seed, clean.records.id.tolist())
        self._asked = np.zeros(len(clean.records), bool)
        self._uniform = np.zeros(len(clean.records), bool)
        self.uniform = True

    def ask(self) -> list[str]:
        """Return the ids of the pictures to look at next; none when nothing is open."""
        open_ = [line for line in self._lines.values() if line.outcome is None]
        few = int(self._uniform.sum()) < LEAST
        self.uniform = bool(open_) and (few or any(line.whole for line in open_))
        scope = np.ones(len(self._asked), bool)
        if not self.uniform:
            scope = np.logical_or.reduce([line.scope() for line in open_]) if open_ else ~scope
        left = self._order[scope[self._order] & ~self._asked[self._order]]
        chosen = left[: step(int((self._asked & scope).sum()))]
        self._asked[chosen] = True
        if self.uniform:
            self._uniform[chosen] = True
        return [str(name) for name in self._clean.records.id[chosen]]

    def learn(self, records: Records) -> None:
        """Take a look at all that was seen so far, in any order."""
        every = self._clean.of(records)
        position = {name: row for row, name in enumerate(self._clean.records.id.tolist())}
        kept = np.array([self._uniform[position[name]] for name in records.id.tolist()], bool)
        uniform = self._clean.of(records.at(kept.nonzero()[0]))
        for line in self._lines.values():
            if line.outcome is None:
                line.learn(uniform if line.whole else every)

    def outcomes(self, records: Records) -> dict[Threshold, Outcome | None]:
        """Return what the looks at these records decide of each expectation; for a watch that has asked nothing."""
        position = {name: row for row, name in enumerate(records.id.tolist())}
        rows: list[int] = []
        while asked := self.ask():
            rows += [position[name] for name in asked if name in position]
            self.learn(records.at(np.array(rows, dtype=np.int64)))
        return {threshold: line.outcome for threshold, line in self._lines.items()}


def _accepted(expectations: Sequence[Threshold], clean: Observation) -> str:
    """Return what the accepted run had right, as part of a digest, where any expectation depends on it."""
    if clean.baseline is None or not any(
        registry.metrics[line.metric].facts.needs == "baseline" for line in expectations
    ):
        return ""
    return f" against {hashlib.sha256(clean.baseline.tobytes()).hexdigest()}"


def _visiting(seed: int, ids: Sequence[str]) -> NDArray[np.int64]:
    """Return all rows in an order that the seed and the samples' ids alone decide."""
    marks = [mark(seed, name) for name in ids]
    return np.array(sorted(range(len(marks)), key=marks.__getitem__), dtype=np.int64)


class _Line:
    """One expectation: a share, or several of which each must hold.

    Attributes:
        outcome: What was decided, once it was.
        whole: Whether it is a share of all pictures.
        possible: Whether it can be decided early.
    """

    def __init__(self, threshold: Threshold, rule: Rule, clean: Observation) -> None:
        self._threshold, self._clean = threshold, clean
        self.outcome: Outcome | None = None
        imagined = imagine(threshold.metric, threshold.argument, clean)
        self._shares = imagined.shares if imagined.known else ()
        bound, at_least = _bound(threshold, self._shares)
        self._scopes = [share.scope for share in self._shares]
        totals = [int(over.sum()) for over in self._scopes]
        self.whole = all(n == len(clean.records) for n in totals)
        # Of several shares each must be good enough; that the worst be bad enough is no use to anybody.
        self.possible = bool(totals) and all(totals) and (len(totals) == 1 or at_least)
        alpha, strict = 1 - rule.confidence, threshold.comparison in (">", "<")
        # Each must prove that it holds, which needs no correction; that one of them fails is a finding among many.
        self._holds = [Anytime(n, bound, at_least=at_least, alpha=alpha, strict=strict) for n in totals]
        self._breaks = [Anytime(n, bound, at_least=at_least, alpha=alpha / len(totals), strict=strict) for n in totals]
        self._held = [False] * len(totals)

    def _counts(self, seen: Observation) -> list[tuple[int, int]]:
        """Return of each share how often it happened among the pictures seen, and how often not."""
        try:
            result = registry.metrics[self._threshold.metric].function(seen, *self._threshold.argument)
        except CaseError:
            return [(0, 0)] * len(self._shares)  # so far there is no picture that it is about
        if len(self._shares) == 1:
            shares: Sequence[Share | None] = shares_of(result)
        else:
            known = {share.detail: share for share in shares_of(result)}
            shares = [known.get(share.detail) for share in self._shares]
        return [
            (0, 0)
            if share is None
            else (int((share.scope & share.happened).sum()), int((share.scope & ~share.happened).sum()))
            for share in shares
        ]

    def scope(self) -> NDArray[np.bool_]:
        """Return which pictures can still tell something, bool, of all clean ones."""
        open_ = [over for over, held in zip(self._scopes, self._held, strict=True) if not held]
        return np.logical_or.reduce(open_) if open_ else np.zeros(len(self._clean.records), bool)

    def learn(self, seen: Observation) -> None:
        counts = self._counts(seen)
        if any(process.decide(*count) == "fail" for process, count in zip(self._breaks, counts, strict=True)):
            self.outcome = "fail"
            return
        for place, (process, count) in enumerate(zip(self._holds, counts, strict=True)):
            self._held[place] = self._held[place] or process.decide(*count) == "pass"
        if all(self._held):
            self.outcome = "pass"


def _bound(threshold: Threshold, shares: Sequence[Share]) -> tuple[float, bool]:
    """Return the bound of the share that is watched, and whether it must be at least so much.

    What is lost against pictures that are all known is a bound of what is right.
    """
    value, at_least = threshold.bound.value, threshold.comparison in (">=", ">")
    before = shares[0].before if shares else None
    if before is None:
        return value, at_least
    return min(max(float(before[shares[0].scope].mean()) - value, 0.0), 1.0), not at_least
