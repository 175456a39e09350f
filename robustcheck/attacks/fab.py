"""FAB of Croce and Hein (2020): steps onto the linearised boundary, biased towards the picture itself."""

from __future__ import annotations

from functools import partial

import torch

from robustcheck.attacks.balls import column, norms_of
from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import SURELY, spread
from robustcheck.attacks.passes import GRADIENT, Passes
from robustcheck.attacks.ranks import Rows, each_class, ranked
from robustcheck.attacks.victim import Victim
from robustcheck.core.errors import RobustcheckError

MOST_BIAS = 0.1
OVERSHOOT = 1.05
BACKWARD = 0.9
"""Greatest weight of the picture itself, how far beyond the boundary a step goes, and how far back after a success."""

HALVINGS = 3

FARTHEST = 0.3
"""A random start for the least change of all lies half as far away."""


class FABTargeted(ActiveSetAttack):
    """Looks for the least change to each of the likeliest wrong classes, by the difference of two logits.

    Within a ball (``perturb``) a picture is dropped once a change within eps is found; for the least change (``minimal``)
    every one is worked on to the end.
    """

    def __init__(self, *, norm: str = "linf", steps: int = 100, restarts: int = 1, n_targets: int = 9) -> None:
        """Choose how to step.

        Args:
            norm: ``linf`` or ``l2``.
            steps: Gradient steps a target.
            restarts: Starts a target; the first is the picture itself, the others are random.
            n_targets: Wrong classes tried.

        Raises:
            RobustcheckError: The norm is another one.
        """
        super().__init__(norm=norm)
        if norm not in ("linf", "l2"):
            raise RobustcheckError(f"fab works within linf and l2, not {norm}; use fmn")
        self.steps = steps
        self.restarts = restarts
        self.n_targets = n_targets

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return pictures within eps that reach the goal, else the clean ones: see ``ActiveSetAttack.perturb``."""
        found, least = self._search(victim, goal, eps, stop=eps)
        return torch.where(column(least <= eps, goal.pictures), found, goal.pictures)

    def minimal(self, victim: Victim, goal: Goal) -> torch.Tensor:
        """Return the picture with the least change found for each one, or the clean one where there is none."""
        return self._search(victim, goal, float("inf"), stop=0.0)[0]

    def passes(self, classes: int) -> Passes:
        """Return the passes of one picture that resists, at most: see ``attacks.passes``."""
        target = GRADIENT * self.steps + Passes(1 + HALVINGS)
        return Passes(1) + target * (min(self.n_targets, classes - 1) * self.restarts)

    def _search(self, victim: Victim, goal: Goal, eps: float, stop: float) -> tuple[torch.Tensor, torch.Tensor]:
        if goal.targets is not None:
            classes = goal.targets[:, None]
        else:
            classes = ranked(victim.logits(goal.pictures), goal.labels)[:, : self.n_targets]

        def climb(rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
            return self._towards(victim, rows, start, stop)

        best, least = goal.pictures.clone(), goal.pictures.new_full((len(goal),), float("inf"))
        for restart in range(self.restarts):
            left = (least > stop).nonzero()[:, 0]
            start = (min(eps, FARTHEST) / 2 if restart else 0.0, restart)
            found, scores = each_class(goal.at(left), classes[left], victim.size, climb)
            less = -scores < least[left]
            best[left[less]], least[left[less]] = found[less], -scores[less]
        return best, least

    def _towards(
        self, victim: Victim, rows: Rows, start: tuple[float, int], stop: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the pictures with the least changes, and their norms, negative."""
        search = _Search(rows.goal, self.norm)
        place, goal, aim = torch.arange(len(rows.goal), device=rows.goal.labels.device), rows.goal, rows.aim
        current = self._start(goal, *start)
        for _ in range(self.steps):
            logits, gaps, gradient = victim.gradient(current, partial(gap, aim))
            fooled = goal.fooled(logits)
            search.offer(place[fooled], current[fooled])
            # A success is taken part of the way back, from where the boundary may be nearer.
            back = goal.pictures + (current - goal.pictures) * BACKWARD
            step = self._step(current, goal.pictures, gaps - SURELY * spread(logits), gradient)
            current = torch.where(column(fooled, current), back, step)
            stays = rows.resists(place, search.least[place] <= stop)
            if not stays.all():
                place, goal, aim, current = place[stays], goal.at(stays), aim.at(stays), current[stays]
            if not len(place):
                return search.best, -search.least
        fooled = goal.fooled(victim.logits(current))
        search.offer(place[fooled], current[fooled])
        self._narrow(victim, search, place)
        rows.resists(place, search.least[place] <= stop)
        return search.best, -search.least

    def _start(self, goal: Goal, radius: float, restart: int) -> torch.Tensor:
        if not restart:
            return goal.pictures.clone()
        noise = goal.uniform(-1, 1, "fab", restart) if self.norm == "linf" else goal.normal("fab", restart)
        scale = radius / norms_of(noise, self.norm).clamp_min(1e-12)
        return (goal.pictures + noise * column(scale, noise)).clamp(0.0, 1.0)

    def _step(
        self, current: torch.Tensor, clean: torch.Tensor, gaps: torch.Tensor, gradient: torch.Tensor
    ) -> torch.Tensor:
        """Move to the boundary as it looks from here, between the nearest points to here and to the picture."""
        # The plane on which the linearised gap is 0, seen from each of the two points.
        inner = (gradient * (clean - current)).flatten(1).sum(dim=1)
        here = onto_plane(current, gradient, -gaps, self.norm)
        there = onto_plane(clean, gradient, -(gaps + inner), self.norm)
        near, far = (norms_of(change, self.norm).clamp_min(1e-8) for change in (here, there))
        bias = column((near / (near + far)).clamp_max(MOST_BIAS), current)
        return ((current + OVERSHOOT * here) * (1 - bias) + (clean + OVERSHOOT * there) * bias).clamp(0.0, 1.0)

    def _narrow(self, victim: Victim, search: _Search, place: torch.Tensor) -> None:
        """Halve the way between the picture and what was found, which costs few passes."""
        found = place[torch.isfinite(search.least[place])]
        if not len(found):
            return
        goal = search.goal.at(found)
        low, high = torch.zeros_like(search.least[found]), torch.ones_like(search.least[found])
        far = search.best[found]
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            tried = goal.pictures + (far - goal.pictures) * column(middle, far)
            fooled = goal.fooled(victim.logits(tried))
            search.offer(found[fooled], tried[fooled])
            low, high = torch.where(fooled, low, middle), torch.where(fooled, middle, high)


def gap(aim: Goal, logits: torch.Tensor, part: slice) -> torch.Tensor:
    """Return the logit of each target of some pictures minus that of the label: shape (m,).

    Args:
        aim: Pictures with targets.
        logits: Of some of them, shape (m, classes).
        part: Which ones.
    """
    assert aim.targets is not None  # noqa: S101 - each row has its class
    both = logits.gather(1, torch.stack([aim.targets[part], aim.labels[part]], dim=1))
    return both[:, 0] - both[:, 1]


def onto_plane(pictures: torch.Tensor, weights: torch.Tensor, rise: torch.Tensor, norm: str) -> torch.Tensor:
    """Return the least change of each picture within the box that changes ``weights . picture`` by ``rise``.

    Where the box does not allow so much, the change goes as far as it does. Within ``linf`` and ``l2`` the change of a value
    grows with the multiplier of the plane until it meets the box, so that the rise is concave and piecewise linear in it:
    Newton's steps from 0 never pass the multiplier that is looked for, and end on it once they are on its piece. Within
    ``l1`` every value costs the same, so those with the largest weights go to the end of the box one after the other.

    Args:
        pictures: Shape (n, ...), in [0, 1].
        weights: Of the same shape.
        rise: Shape (n,).
        norm: ``linf``, ``l2`` or ``l1``.
    """
    shape, flat = pictures.shape, pictures.flatten(1)
    signed = weights.flatten(1) * column(torch.where(rise < 0, -1.0, 1.0), weights.flatten(1))
    size = signed.abs()
    room = torch.where(signed > 0, 1 - flat, flat).clamp_min(0)
    if norm == "l1":
        return (signed.sign() * _largest_first(size, room, rise.abs())).view(shape)
    pace = size.sign() if norm == "linf" else size
    slope = size * pace
    wanted = rise.abs().double()
    multiplier, free = flat.new_zeros(len(flat), 1), size > 0
    while True:
        filled = torch.where(free, torch.zeros_like(size), size * room).sum(dim=1, dtype=torch.float64)
        rest = torch.where(free, slope, torch.zeros_like(slope)).sum(dim=1, dtype=torch.float64)
        # Where nothing is free, no multiplier is large enough.
        multiplier = ((wanted - filled) / rest).nan_to_num(nan=float("inf")).to(flat)[:, None]
        still = free & (multiplier * pace < room)
        if torch.equal(still, free):
            break
        free = still
    change = torch.where(free, multiplier * pace, torch.where(size > 0, room, torch.zeros_like(room)))
    return (signed.sign() * change).view(shape)


def _largest_first(size: torch.Tensor, room: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return how far each value goes for the sum of size times way to be what is wanted: shape (n, values)."""
    ordered, order = size.sort(dim=1, descending=True, stable=True)
    reach = ordered.double() * room.gather(1, order).double()
    rest = (wanted.double()[:, None] - reach.cumsum(dim=1) + reach).clamp_min(0)
    ways = torch.where(ordered > 0, rest / ordered, torch.zeros_like(rest)).to(room)
    return torch.minimum(torch.zeros_like(room).scatter(1, order, ways), room)


class _Search:
    """The least changes found so far."""

    def __init__(self, goal: Goal, norm: str) -> None:
        self.goal, self._norm = goal, norm
        self.best = goal.pictures.clone()
        self.least = goal.pictures.new_full((len(goal),), float("inf"))

    def offer(self, rows: torch.Tensor, pictures: torch.Tensor) -> None:
        """Keep the pictures that reach the goal with less change than before."""
        norms = norms_of(pictures - self.goal.pictures[rows], self._norm)
        less = norms < self.least[rows]
        self.best[rows[less]] = pictures[less]
        self.least[rows[less]] = norms[less]
