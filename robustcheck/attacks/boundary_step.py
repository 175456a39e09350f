"""A last step onto the boundary as it looks from where an attack ended: what other programs leave on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch

from robustcheck.attacks.fab import gap, onto_plane
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import SURELY, spread
from robustcheck.attacks.ranks import ranked
from robustcheck.attacks.victim import Victim

NORMS = ("linf", "l2", "l1")
"""Within which the nearest point of a plane is known."""

CLASSES = 9
"""Wrong classes tried."""

BEYOND = (1.05, 1.002)
"""How far beyond the plane the steps go, as multiples of the way there: a curved boundary may lie behind it."""


def polished(victim: Victim, goal: Goal, found: torch.Tensor, norm: str) -> Iterator[torch.Tensor]:
    """Yield pictures with the least change that reaches the boundary of a class, were the logits linear.

    They are linearised where the attack ended, and the change is that of the clean picture. On a linear model the best
    of them is the closed form; elsewhere they may reach nothing.

    Args:
        victim: The model.
        goal: Pictures and what they are to be taken for.
        found: Where the attack ended, shape (n, 3, h, w), in [0, 1].
        norm: One of ``NORMS``.

    Yields:
        Pictures of the same shape, in [0, 1], for one wrong class and distance at a time.
    """
    logits = victim.logits(found)
    for aim in _pairs(goal, logits):
        _, gaps, gradient = victim.gradient(found, partial(gap, aim))
        inner = (gradient * (goal.pictures - found)).flatten(1).sum(dim=1)
        for far in BEYOND:
            # Below 0 the picture would be on the far side of the plane already.
            rise = (SURELY * spread(logits) - far * (gaps + inner)).clamp_min(0)
            yield (goal.pictures + onto_plane(goal.pictures, gradient, rise, norm)).clamp(0.0, 1.0)


def _pairs(goal: Goal, logits: torch.Tensor) -> Iterator[Goal]:
    """Yield goals with a label each, which is to fall behind a target."""
    if goal.targets is not None:
        yield replace(goal, labels=ranked(logits, goal.targets)[:, 0])
        return
    classes = ranked(logits, goal.labels)[:, :CLASSES]
    for rank in range(classes.shape[1]):
        yield replace(goal, targets=classes[:, rank])
