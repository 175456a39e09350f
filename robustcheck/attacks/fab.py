"""FAB of Croce and Hein (2020): steps onto the linearised boundary, biased towards the picture itself."""

from __future__ import annotations

import torch

from robustcheck.attacks.apgd import ranked
from robustcheck.attacks.balls import column, norms_of
from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.victim import Victim
from robustcheck.errors import RobustcheckError

MOST_BIAS = 0.1
OVERSHOOT = 1.05
BACKWARD = 0.9
"""Greatest weight of the picture itself, how far beyond the boundary a step goes, and how far back after a success."""

HALVINGS = 3


class FABTargeted(ActiveSetAttack):
    """Looks for the least change to each of the likeliest wrong classes in turn, by the difference of two logits.

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
        search = self._search(victim, goal, eps, stop=eps)
        return torch.where(column(search.least <= eps, goal.pictures), search.best, goal.pictures)

    def minimal(self, victim: Victim, goal: Goal) -> torch.Tensor:
        """Return the picture with the least change found for each one, or the clean one where there is none."""
        return self._search(victim, goal, float("inf"), stop=0.0).best

    def _search(self, victim: Victim, goal: Goal, eps: float, stop: float) -> _Search:
        search = _Search(goal, self.norm)
        targets = ranked(victim.logits(goal.pictures), goal.labels)[:, : self.n_targets]
        if goal.targets is not None:
            targets = goal.targets[:, None]
        for rank in range(targets.shape[1]):
            for restart in range(self.restarts):
                left = (search.least > stop).nonzero()[:, 0]
                if not len(left):
                    return search
                self._towards(victim, goal, targets[:, rank], left, search, stop, (eps, rank, restart))
        return search

    def _towards(
        self,
        victim: Victim,
        goal: Goal,
        targets: torch.Tensor,
        left: torch.Tensor,
        search: _Search,
        stop: float,
        start: tuple[float, int, int],
    ) -> None:
        part, aims = goal.at(left), targets[left]
        current = self._start(part, search.least[left], *start)
        for step in range(self.steps + 1):
            labels, wanted = part.labels, aims

            def gap(
                logits: torch.Tensor, rows: slice, wanted: torch.Tensor = wanted, labels: torch.Tensor = labels
            ) -> torch.Tensor:
                own = logits.gather(1, labels[rows, None])
                return (logits.gather(1, wanted[rows, None]) - own)[:, 0]

            if step == self.steps:
                logits = victim.logits(current)
            else:
                logits, gaps, gradient = victim.gradient(current, gap)
            fooled = part.fooled(logits)
            search.offer(left[fooled], current[fooled])
            if step == self.steps:
                break
            # A success is taken half a step back, from where the boundary may be nearer.
            back = part.pictures + (current - part.pictures) * BACKWARD
            stays = search.least[left] > stop
            moved = self._step(current, part.pictures, gaps, gradient)
            current = torch.where(column(fooled, current), back, moved)
            if not stays.all():
                left, part, aims, current = left[stays], part.at(stays), aims[stays], current[stays]
                if not len(left):
                    return
        self._narrow(victim, goal, search, left)

    def _start(self, part: Goal, least: torch.Tensor, eps: float, rank: int, restart: int) -> torch.Tensor:
        if not restart:
            return part.pictures.clone()
        noise = part.uniform(-1, 1, "fab", rank, restart) if self.norm == "linf" else part.normal("fab", rank, restart)
        radius = least.clamp_max(eps if eps < float("inf") else 0.3) / 2
        scale = radius.to(noise) / norms_of(noise, self.norm).clamp_min(1e-12)
        return (part.pictures + noise * column(scale, noise)).clamp(0.0, 1.0)

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

    def _narrow(self, victim: Victim, goal: Goal, search: _Search, left: torch.Tensor) -> None:
        """Halve the way between the picture and what was found, which costs few passes."""
        found = left[torch.isfinite(search.least[left])]
        if not len(found):
            return
        part = goal.at(found)
        low, high = torch.zeros_like(search.least[found]), torch.ones_like(search.least[found])
        far = search.best[found]
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            tried = part.pictures + (far - part.pictures) * column(middle.to(far), far)
            fooled = part.fooled(victim.logits(tried))
            search.offer(found[fooled], tried[fooled])
            low, high = torch.where(fooled, low, middle), torch.where(fooled, middle, high)


def onto_plane(pictures: torch.Tensor, weights: torch.Tensor, rise: torch.Tensor, norm: str) -> torch.Tensor:
    """Return the least change of each picture within the box that changes ``weights . picture`` by ``rise``.

    Where the box does not allow so much, the change goes as far as it does. The change of a value grows with the multiplier of
    the plane until it meets the box, so that the rise is piecewise linear in it, and sorting the places where values meet the
    box finds it exactly.

    Args:
        pictures: Shape (n, ...), in [0, 1].
        weights: Of the same shape.
        rise: Shape (n,).
        norm: ``linf`` or ``l2``.
    """
    shape, flat = pictures.shape, pictures.flatten(1)
    signed = weights.flatten(1) * column(torch.where(rise < 0, -1.0, 1.0), weights.flatten(1))
    size = signed.abs()
    room = torch.where(signed > 0, 1 - flat, flat).clamp_min(0)
    pace = torch.ones_like(size) if norm == "linf" else size
    slope = size * pace
    meets = torch.where(size > 0, room / pace.clamp_min(1e-30), torch.full_like(room, float("inf")))
    ordered, order = meets.sort(dim=1)
    slopes = slope.gather(1, order).double()
    ends = torch.where(ordered.isfinite(), ordered, torch.zeros_like(ordered)).double()
    done = (slopes * ends).cumsum(dim=1)
    rest = slopes.sum(dim=1, keepdim=True) - slopes.cumsum(dim=1)
    wanted = rise.abs().double()[:, None]
    enough = done + ends * rest >= wanted
    reaches = enough & ordered.isfinite()
    first = reaches.double().argmax(dim=1, keepdim=True)
    before = (done - slopes * ends).gather(1, first)
    multiplier = (wanted - before) / (rest + slopes).gather(1, first).clamp_min(1e-30)
    multiplier = torch.where(reaches.any(dim=1, keepdim=True), multiplier, torch.full_like(multiplier, float("inf")))
    change = torch.minimum(multiplier.to(size) * pace, room)
    change = torch.where(size > 0, change, torch.zeros_like(change))
    return (signed.sign() * change).view(shape)


class _Search:
    """The least changes found so far."""

    def __init__(self, goal: Goal, norm: str) -> None:
        self.best = goal.pictures.clone()
        self.least = goal.pictures.new_full((len(goal),), float("inf"))
        self._clean, self._norm = goal.pictures, norm

    def offer(self, rows: torch.Tensor, pictures: torch.Tensor) -> None:
        """Keep the pictures that reach the goal with less change than before."""
        norms = norms_of(pictures - self._clean[rows], self._norm)
        less = norms < self.least[rows]
        self.best[rows[less]] = pictures[less]
        self.least[rows[less]] = norms[less]
