"""Square Attack of Andriushchenko et al. (2020): random squares, kept where they help."""

from __future__ import annotations

import math

import numpy as np
import torch

from robustcheck.attacks.balls import column, norms_of
from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import margin
from robustcheck.attacks.passes import Passes
from robustcheck.attacks.track import Track
from robustcheck.attacks.victim import Victim
from robustcheck.core.errors import RobustcheckError

HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Queries after which the share of the picture that a square covers is halved."""


def share(query: int, first: float = 0.8) -> float:
    """Return which share of the picture the square of a query covers.

    Args:
        query: Counted from 0.
        first: The first share.
    """
    return first / 2.0 ** sum(query > after for after in HALVINGS)


class Square(ActiveSetAttack):
    """Within linf, squares of one colour at the surface of the ball; within l2, bumps that trade places.

    The loss is the margin. No gradient is asked for.
    """

    def __init__(self, *, norm: str = "linf", queries: int = 5000, p_init: float = 0.8) -> None:
        """Choose how long to look.

        Args:
            norm: ``linf`` or ``l2``.
            queries: Model calls a picture at most.
            p_init: Share of the picture that the first squares cover.

        Raises:
            RobustcheckError: The norm is another one.
        """
        super().__init__(norm=norm)
        if norm not in ("linf", "l2"):
            raise RobustcheckError(f"square works within linf and l2, not {norm}; use boundary or noise")
        self.queries = queries
        self.p_init = p_init

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return the best pictures found: see ``ActiveSetAttack.perturb``."""
        track = Track(goal)
        random = goal.generators("square")
        begin, change = (self._stripes, self._squares) if self.norm == "linf" else (self._bumps, self._moves)
        current = begin(goal, eps, random)
        held = victim.logits(current)
        for query in range(self.queries):
            if query:
                proposed = change(current, track.part.pictures, eps, share(query - 1, self.p_init), random)
                logits = victim.logits(proposed)
                part = track.part
                gained = margin(logits, part.labels, part.targets) > margin(held, part.labels, part.targets)
                taken = gained | part.fooled(logits)
                current = torch.where(column(taken, current), proposed, current)
                held = torch.where(taken[:, None], logits, held)
            resists = track.note(current, held)
            if resists is not None:
                current, held = current[resists], held[resists]
                random = [one for one, keep in zip(random, resists.tolist(), strict=True) if keep]
            if not random:
                break
        return track.best

    def passes(self, classes: int) -> Passes:
        """Return the passes of one picture that resists, at most: see ``attacks.passes``."""
        return Passes(self.queries)

    def _stripes(self, goal: Goal, eps: float, random: list[np.random.Generator]) -> torch.Tensor:
        """Begin with upright stripes of plus or minus eps."""
        channels, _, width = goal.pictures.shape[1:]
        signs = np.stack([one.choice((-1.0, 1.0), (channels, 1, width)) for one in random])
        return (goal.pictures + eps * torch.from_numpy(signs).to(goal.pictures)).clamp(0.0, 1.0)

    def _squares(
        self,
        current: torch.Tensor,
        clean: torch.Tensor,
        eps: float,
        covered: float,
        random: list[np.random.Generator],
    ) -> torch.Tensor:
        """Put one square into each picture, of plus or minus eps in each channel."""
        channels, height, width = clean.shape[1:]
        side = max(1, min(round(math.sqrt(covered * height * width)), min(height, width)))
        drawn = np.stack([one.random(2 + channels, dtype=np.float32) for one in random])
        # A share just below 1 may round up to 1 as float32, and the window must still fit.
        top = np.minimum(drawn[:, 0] * (height - side + 1), height - side).astype(np.int64)
        left = np.minimum(drawn[:, 1] * (width - side + 1), width - side).astype(np.int64)
        rows = (np.arange(height) >= top[:, None]) & (np.arange(height) < top[:, None] + side)
        columns = (np.arange(width) >= left[:, None]) & (np.arange(width) < left[:, None] + side)
        window = torch.from_numpy(rows[:, None, :, None] & columns[:, None, None, :]).to(clean.device)
        signs = torch.from_numpy(np.where(drawn[:, 2:] < 0.5, -1.0, 1.0)).to(clean)[:, :, None, None]
        # The published update adds 2 eps and clips to the ball, which lands on its surface.
        return torch.where(window, (clean + eps * signs).clamp(0.0, 1.0), current)

    def _bumps(self, goal: Goal, eps: float, random: list[np.random.Generator]) -> torch.Tensor:
        """Begin with a grid of bumps of random sign, scaled to the surface of the ball."""
        channels, height, width = goal.pictures.shape[1:]
        side = max(1, min(height, width) // 5)
        change = torch.zeros_like(goal.pictures)
        for top in range(0, height - side + 1, side):
            for left in range(0, width - side + 1, side):
                drawn = torch.from_numpy(np.stack([one.random(channels + 1) for one in random])).to(change)
                change[:, :, top : top + side, left : left + side] = _signed(side, drawn)
        return self._onto(goal.pictures, change, eps)

    def _moves(
        self,
        current: torch.Tensor,
        clean: torch.Tensor,
        eps: float,
        covered: float,
        random: list[np.random.Generator],
    ) -> torch.Tensor:
        """Take the change out of one window of each picture and spend it, and what is left of eps, in another."""
        channels, height, width = clean.shape[1:]
        side = max(round(math.sqrt(covered * height * width)), 3)
        side = min(side + 1 - side % 2, height, width)
        drawn = torch.from_numpy(np.stack([one.random(channels + 5) for one in random])).to(clean)
        here, there = (_window(corner, side, height, width) for corner in (drawn[:, :2], drawn[:, 2:4]))
        change = (current - clean).flatten(2)
        inside = change.new_zeros(len(change), height * width).scatter_(1, here, 1.0).scatter_(1, there, 1.0)
        freed = (change.square() * inside[:, None]).sum(dim=2, keepdim=True)
        spare = (eps**2 - change.square().sum(dim=(1, 2))).clamp_min(0.0) / channels
        everywhere = here[:, None].expand(-1, channels, -1)
        fresh = _signed(side, drawn[:, 4:]).flatten(2) + _unit(change.gather(2, everywhere))
        change.scatter_(2, there[:, None].expand(-1, channels, -1), 0.0)
        change.scatter_(2, everywhere, _unit(fresh) * (freed + spare.view(-1, 1, 1)).sqrt())
        return self._onto(clean, change.view_as(clean), eps)

    def _onto(self, clean: torch.Tensor, change: torch.Tensor, eps: float) -> torch.Tensor:
        """Scale each change to the surface of the ball; what the box takes of it may be spent by a later query."""
        scale = eps / norms_of(change, "l2").clamp_min(1e-12)
        return (clean + change * column(scale, change)).clamp(0.0, 1.0)


def bump(side: int) -> torch.Tensor:
    """Return two opposite bumps, one above the other, with an L2 norm of 1: shape (side, side).

    Each is the sum of nested squares about its middle, the one of half-width k with a height of 1 / (k + 1)^2.
    """
    parts = []
    for height, sign in ((side // 2, 1.0), (side - side // 2, -1.0)):
        away = [(torch.arange(count) - count // 2).abs() for count in (height, side)]
        farthest = max(height, side) // 2
        heights = 1.0 / torch.arange(1, farthest + 2) ** 2
        tails = heights.flip(0).cumsum(0).flip(0)
        part = tails[torch.maximum(away[0][:, None], away[1][None, :])]
        parts.append(sign * part / part.norm().clamp_min(1e-12))
    both = torch.cat(parts)
    scaled: torch.Tensor = both / both.norm()
    return scaled


def _signed(side: int, drawn: torch.Tensor) -> torch.Tensor:
    """Return bumps that lie as the first numbers (n, 1 + channels) in [0, 1) say, signed by the others: (n, channels, s, s)."""
    upright = bump(side).to(drawn)
    shape = torch.where(drawn[:, :1, None] < 0.5, upright, upright.T)
    return shape[:, None] * torch.where(drawn[:, 1:] < 0.5, -1.0, 1.0)[:, :, None, None]


def _window(corner: torch.Tensor, side: int, height: int, width: int) -> torch.Tensor:
    """Return the pixels of windows whose corners are numbers (n, 2) in [0, 1): flat positions, shape (n, side * side)."""
    # A number just below 1 may round up to 1 as float32, and the window must still fit.
    top = (corner[:, 0] * (height - side + 1)).long().clamp_max(height - side)
    left = (corner[:, 1] * (width - side + 1)).long().clamp_max(width - side)
    steps = torch.arange(side, device=corner.device)
    rows, columns = top[:, None] + steps, left[:, None] + steps
    return (rows[:, :, None] * width + columns[:, None, :]).flatten(1)


def _unit(change: torch.Tensor) -> torch.Tensor:
    """Return changes (n, channels, pixels) with an L2 norm of 1 in each channel, or 0 where there is none."""
    norm: torch.Tensor = change.square().sum(dim=2, keepdim=True).sqrt().clamp_min(1e-12)
    return change / norm
