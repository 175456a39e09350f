"""Square Attack of Andriushchenko et al. (2020): random squares, kept where they help."""

from __future__ import annotations

import math

import numpy as np
import torch

from robustcheck.attacks.balls import column, norms_of
from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import margin
from robustcheck.attacks.track import Track
from robustcheck.attacks.victim import Victim
from robustcheck.errors import RobustcheckError

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
        for row, one in enumerate(random):
            for top in range(0, height - side + 1, side):
                for left in range(0, width - side + 1, side):
                    signs = torch.from_numpy(one.choice((-1.0, 1.0), (channels, 1, 1))).to(change)
                    bump = _bump(side, upright=bool(one.integers(0, 2))).to(change)
                    change[row, :, top : top + side, left : left + side] = bump * signs
        scale = eps / norms_of(change, "l2").clamp_min(1e-12)
        return (goal.pictures + change * column(scale, change)).clamp(0.0, 1.0)

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
        side = min(max(round(math.sqrt(covered * height * width)), 3), min(height, width) - 1)
        side = max(1, side + 1 - side % 2 if side + 1 - side % 2 <= min(height, width) else side)
        change = current - clean
        for row, one in enumerate(random):
            first, second = (
                (int(one.integers(0, height - side + 1)), int(one.integers(0, width - side + 1))) for _ in range(2)
            )
            own = change[row]
            here = own[:, first[0] : first[0] + side, first[1] : first[1] + side]
            there = own[:, second[0] : second[0] + side, second[1] : second[1] + side]
            signs = torch.from_numpy(one.choice((-1.0, 1.0), (channels, 1, 1))).to(change)
            bump = _bump(side, upright=bool(one.integers(0, 2))).to(change) * signs
            old = here / here.square().sum(dim=(1, 2), keepdim=True).sqrt().clamp_min(1e-12)
            fresh = bump + old
            fresh = fresh / fresh.square().sum(dim=(1, 2), keepdim=True).sqrt().clamp_min(1e-12)
            whole = own.square().sum()
            both = torch.zeros_like(own[0], dtype=torch.bool)
            both[first[0] : first[0] + side, first[1] : first[1] + side] = True
            both[second[0] : second[0] + side, second[1] : second[1] + side] = True
            freed = own[:, both].square().sum(dim=1)
            spare = (eps**2 - whole).clamp_min(0.0) / channels
            there.zero_()
            here.copy_(fresh * (freed + spare).sqrt().view(channels, 1, 1))
        scale = (eps / norms_of(change, "l2").clamp_min(1e-12)).view(-1, 1, 1, 1)
        # A picture at the edge of the box loses some of its change there, and may spend it elsewhere.
        return (clean + change * scale).clamp(0.0, 1.0)


def _bump(side: int, *, upright: bool) -> torch.Tensor:
    """Return two opposite bumps side by side, each made of nested squares, with an L2 norm of 1: shape (side, side)."""
    bump = torch.zeros(side, side)
    half = side // 2
    if half == 0:
        return torch.ones(1, 1)
    for start, height, sign in ((0, half, 1.0), (half, side - half, -1.0)):
        for ring in range((min(height, side) + 1) // 2 + 1):
            rows, columns = slice(start + ring, start + height - ring), slice(ring, side - ring)
            bump[rows, columns] += sign / float(((height + 1) // 2 - ring + 1) ** 2 if ring <= (height + 1) // 2 else 1)
    bump = bump / bump.norm().clamp_min(1e-12)
    turned: torch.Tensor = bump if upright else bump.T
    return turned
