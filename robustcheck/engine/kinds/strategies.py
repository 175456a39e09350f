"""Where to look next in a box for the view that a model likes least: one strategy a picture, asked and told.

Points are positions in the unit cube, one coordinate a range. What is told is a margin: the logit of the true class
minus the best other one, below 0 where the prediction is wrong.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.how import WorstView

Point = tuple[float, ...]
CLEARLY = 1e-3
"""Logits by which a view must be worse to take the place of an earlier one, so that rounding decides nothing."""

AT_ONCE = 8
"""Points of a fixed list that are asked for at once, after which pictures that broke are dropped."""

GUESSES = 4
"""Points that a refinement asks for at once."""

LENGTH = 0.15
"""Share of a range over which the margins of a model are alike; measured on the demo (see tests/engine)."""

JITTER = 1e-3
DECIMALS = 3
LATTICE = {1: 129, 2: 25, 3: 9}
"""Candidates along each range, by the number of ranges."""

MANY = 768
"""Candidates over more ranges than that."""


class Strategy(Protocol):
    """The search for one picture."""

    def ask(self) -> Sequence[Point]:
        """Return the points to look at next; none when the search is over."""

    def tell(self, points: Sequence[Point], margins: Sequence[float]) -> None:
        """Learn the margins of the points that were asked for."""


def spread(search: WorstView) -> int:
    """Return how many points every picture is looked at, right or wrong, before any is dropped."""
    return max(2, search.budget // 4)


def most_views(search: WorstView, dimensions: int) -> int:
    """Return how many views of a picture are looked at, at most; a regular grid seldom has as many points as it may.

    Args:
        search: Method and budget.
        dimensions: Number of ranges.
    """
    return len(_grid(search.budget, dimensions)) if search.method == "grid" else search.budget


def strategy(search: WorstView, dimensions: int, rng: np.random.Generator) -> Strategy:
    """Return the search for one picture; its first ``spread`` points lie evenly in the box.

    Args:
        search: Method and budget.
        dimensions: Number of ranges.
        rng: The picture's own.
    """
    first = spread(search)
    if search.method == "grid":
        return Listed(_grid(search.budget, dimensions), first)
    if search.method == "random":
        return Listed([tuple(point) for point in rng.random((search.budget, dimensions)).tolist()], first)
    return CoarseToFine(search.budget, dimensions, first)


class Listed:
    """Looks at given points in their order."""

    def __init__(self, points: Sequence[Point], first: int) -> None:
        """Take the points and how many to look at first."""
        self._points = points
        self._next = first
        self._asked = 0

    def ask(self) -> Sequence[Point]:
        """Return the next few."""
        chosen = self._points[self._asked : self._asked + self._next]
        self._asked += len(chosen)
        self._next = AT_ONCE
        return chosen

    def tell(self, points: Sequence[Point], margins: Sequence[float]) -> None:
        """Nothing is learnt."""


class CoarseToFine:
    """Looks at points spread over the box and at its corners, then where a break is likeliest given what was seen.

    The margin is modelled by a Gaussian process (Matern 5/2); the next points have the greatest probability of a margin
    below 0, each chosen as if the ones before it had met their expectation. Source: H. J. Kushner, Journal of Basic
    Engineering 86 (1964); the kriging believer of D. Ginsbourger et al. (2010).
    """

    def __init__(self, budget: int, dimensions: int, first: int) -> None:
        """Take the budget of points, the number of ranges, and how many to look at first."""
        self._left = budget
        self._candidates = _candidates(dimensions)
        landmarks = _landmarks(dimensions, budget // 4)
        self._waiting = list(dict.fromkeys([*_halton(first, dimensions), *landmarks]))
        self._next = first
        self._seen: list[Point] = []
        self._margins: list[float] = []

    def ask(self) -> Sequence[Point]:
        """Return what waits, else the likeliest breaks."""
        if self._waiting:
            chosen, self._waiting = self._waiting[: self._next], self._waiting[self._next :]
            self._next = AT_ONCE
        else:
            chosen = self._likeliest(min(GUESSES, self._left))
        chosen = chosen[: self._left]
        self._left -= len(chosen)
        return chosen

    def tell(self, points: Sequence[Point], margins: Sequence[float]) -> None:
        """Remember the margins."""
        self._seen += points
        # Rounded, so that the last bits of a logit, which differ with the batch size, do not choose where to look.
        self._margins += [round(margin, DECIMALS) for margin in margins]

    def _likeliest(self, count: int) -> list[Point]:
        known = {self._place(point) for point in self._seen}
        points = np.array(self._seen)
        margins = np.array(self._margins)
        spread = float(margins.std()) + 1e-6
        values = (margins - margins.mean()) / spread
        broken = -float(margins.mean()) / spread
        chosen: list[Point] = []
        for _ in range(count):
            inner = np.linalg.cholesky(_matern(points, points) + JITTER * np.eye(len(points)))
            outer = np.linalg.solve(inner, _matern(points, self._candidates))
            mean = outer.T @ np.linalg.solve(inner, values)
            variance = np.maximum(1.0 - (outer**2).sum(axis=0), 1e-9)
            score = np.round((mean - broken) / np.sqrt(variance), 6)
            score[list(known)] = np.inf
            best = int(score.argmin())
            if not np.isfinite(score[best]):
                break
            known.add(best)
            chosen.append(tuple(self._candidates[best].tolist()))
            points = np.vstack([points, self._candidates[best]])
            values = np.append(values, mean[best])
        return chosen

    def _place(self, point: Point) -> int:
        """Return the candidate nearest to a point, which is as good as seen."""
        return int(((self._candidates - np.array(point)) ** 2).sum(axis=1).argmin())


def _matern(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Matern 5/2 correlation of points, shape (len(one), len(other))."""
    squared = ((one[:, None] - other[None]) ** 2).sum(axis=-1)
    scaled = np.sqrt(5.0 * squared) / LENGTH
    correlation: NDArray[np.float64] = (1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled)
    return correlation


@functools.lru_cache(maxsize=16)
def _candidates(dimensions: int) -> NDArray[np.float64]:
    """Return where a refinement may look: a lattice over few ranges, evenly spread points over many."""
    side = LATTICE.get(dimensions)
    if side:
        lattice = itertools.product(np.linspace(0.0, 1.0, side).tolist(), repeat=dimensions)
        return np.array(list(lattice))
    return np.array([*_halton(MANY, dimensions), *_landmarks(dimensions, MANY // 4)])


@functools.lru_cache(maxsize=32)
def _grid(budget: int, dimensions: int) -> tuple[Point, ...]:
    """Return a regular grid that includes the ends, in an order whose beginning is spread over the box."""
    side = math.floor(budget ** (1 / dimensions) + 1e-9)
    points = list(itertools.product(np.linspace(0.0, 1.0, side).tolist(), repeat=dimensions))
    # Steps of a length without common divisor go everywhere before they come back.
    stride = next(
        step for step in range(round(len(points) * 0.618) or 1, 2 * len(points)) if math.gcd(step, len(points)) == 1
    )
    return tuple(tuple(points[index * stride % len(points)]) for index in range(len(points)))


@functools.lru_cache(maxsize=32)
def _halton(count: int, dimensions: int) -> tuple[Point, ...]:
    """Return the first points of the Halton sequence, which fill a box evenly, without its first corner."""
    from scipy.stats.qmc import Halton

    points = Halton(d=dimensions, scramble=False).random(count + 1)[1:]
    return tuple(tuple(point) for point in points.tolist())


@functools.lru_cache(maxsize=32)
def _landmarks(dimensions: int, most: int) -> tuple[Point, ...]:
    """Return the corners of the box, where the worst views often are, and the middles of its sides."""
    corners = list(itertools.islice(itertools.product((0.0, 1.0), repeat=dimensions), 2 * most + 2))
    middles = [
        tuple(end if axis == chosen else 0.5 for axis in range(dimensions))
        for chosen in range(dimensions)
        for end in (0.0, 1.0)
    ]
    # A few corners of many would all lie on one side of the box.
    order = [*corners, *middles] if len(corners) <= most else [*middles, *corners]
    return tuple(dict.fromkeys(order))[: max(most, 1)]
