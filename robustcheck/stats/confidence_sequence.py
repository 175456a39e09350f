"""A verdict on a finite set of pictures that may be asked for after every one of them.

The evidence is that of a mixture over all shares on the right side of the bound, a Beta distribution cut off there, against the
share on the other side under which the counts are likeliest; drawn without replacement, it exceeds 1 / alpha with a probability
of alpha at most, however often one looks (Ville's inequality).
"""

from __future__ import annotations

import math
from typing import Literal

Outcome = Literal["pass", "fail"]
SLACK = 1e-9
"""A bound of .9 * 10 is 9, whatever floating point makes of it."""


class Anytime:
    """One gate on a share of a set that is visited in random order."""

    def __init__(self, total: int, bound: float, *, at_least: bool, alpha: float, strict: bool = False) -> None:
        """Set a gate.

        Args:
            total: Pictures of the set.
            bound: The share, in [0, 1].
            at_least: Whether the share must be at least so much, rather than at most.
            alpha: How often it may pass where the whole set would not, and how often fail where it would.
            strict: Whether the bound itself breaks the gate.
        """
        self._total, self._at_least, self._log_alpha = total, at_least, math.log(alpha)
        share = bound if at_least else 1 - bound
        # The fewest successes with which the gate holds; what is at most so much is at least so much of the contrary.
        exact = share * total
        self._needed = math.floor(exact + SLACK) + 1 if strict else math.ceil(exact - SLACK)
        # Between two counts any share says the same; the middle of the two is as far from either.
        self._share = min(max((self._needed - 0.5) / total, 0.0), 1.0) if total else 0.0

    def decide(self, successes: int, failures: int) -> Outcome | None:
        """Return the verdict on the set after some of its pictures, or ``None`` while it is open."""
        right, wrong = (successes, failures) if self._at_least else (failures, successes)
        if right >= self._needed:
            return "pass"
        if wrong > self._total - self._needed:
            return "fail"
        seen = right + wrong
        if not seen:
            return None
        if right / seen > self._share:
            # Against the most successes with which the gate would break.
            return "pass" if self._evidence(right, wrong, self._needed - 1, above=True) >= -self._log_alpha else None
        return "fail" if self._evidence(right, wrong, self._needed, above=False) >= -self._log_alpha else None

    def _evidence(self, right: int, wrong: int, rival: int, *, above: bool) -> float:
        """Return the logarithm of the mixture over shares on one side of the bound against a rival count of successes."""
        from scipy.special import betaln

        likelihood = _log_likelihood(right, wrong, rival, self._total)
        if likelihood == -math.inf:
            return math.inf
        room = 1 - self._share if above else self._share
        if room <= 0:
            return -math.inf
        tail = _log_tail(1 + right, 1 + wrong, self._share, above=above)
        return float(betaln(1 + right, 1 + wrong)) + tail - math.log(room) - likelihood


def _log_tail(a: float, b: float, at: float, *, above: bool) -> float:
    """Return the logarithm of the mass of a Beta distribution above or below a share."""
    from scipy.special import betainc, betaincc

    mass = float(betaincc(a, b, at) if above else betainc(a, b, at))
    return math.log(mass) if mass > 0 else -math.inf


def _log_likelihood(right: int, wrong: int, successes: int, total: int) -> float:
    """Return the logarithm of the chance of one order of draws from a set with so many successes."""
    if right > successes or wrong > total - successes:
        return -math.inf
    return _log_falling(successes, right) + _log_falling(total - successes, wrong) - _log_falling(total, right + wrong)


def _log_falling(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(n - k + 1)
