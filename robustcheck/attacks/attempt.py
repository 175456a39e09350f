"""An attack's word is not believed: our own forward pass, the box and the ball decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from robustcheck.attacks.balls import norms_of
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.victim import Victim

SLACK = 1e-5
"""Share of eps by which a norm may exceed it, since pictures are float32."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attack on some pictures.

    Attributes:
        pictures: What was found, or the clean picture where that was not to be accepted; shape (n, 3, h, w).
        logits: Of these pictures, by our own pass, shape (n, classes).
        reached: Whether the goal was reached, shape (n,), bool.
        norms: Of the changes in the attack's norm (Linf where it has none), shape (n,).
        refused: Pictures that were not finite, outside the box or outside the ball.
    """

    pictures: torch.Tensor
    logits: torch.Tensor
    reached: torch.Tensor
    norms: torch.Tensor
    refused: int


def attempt(attack: Any, victim: Victim, goal: Goal, eps: float, *, minimal: bool = False) -> Attempt:
    """Run an attack and see for ourselves.

    Args:
        attack: Has ``perturb``, and ``minimal`` if that is asked for.
        victim: The model.
        goal: Pictures that do not reach the goal yet.
        eps: Radius of the ball.
        minimal: Whether to look for the least change, whatever its size; eps then bounds nothing here.
    """
    with torch.no_grad():
        found = attack.minimal(victim, goal) if minimal else attack.perturb(victim, goal, eps)
        found = found.detach().to(goal.pictures)
        sound = accepted(attack, goal, found, float("inf") if minimal else eps)
        pictures = torch.where(sound.view(-1, 1, 1, 1), found, goal.pictures)
        logits = victim.logits(pictures)
        norms = norms_of(pictures - goal.pictures, attack.norm or "linf")
        return Attempt(pictures, logits, goal.fooled(logits), norms, int((~sound).sum()))


def accepted(attack: Any, goal: Goal, pictures: torch.Tensor, eps: float) -> torch.Tensor:
    """Return which pictures are finite, in the box and within the bound: shape (n,), bool.

    An attack whose bound is no ball says so by a method ``within(clean, pictures)``.
    """
    flat = pictures.flatten(1)
    sound = flat.isfinite().all(dim=1) & (flat >= 0).all(dim=1) & (flat <= 1).all(dim=1)
    if hasattr(attack, "within"):
        inside: torch.Tensor = attack.within(goal.pictures, pictures)
        return sound & inside
    if not attack.norm:
        return sound
    # A value near 1 is off by half a unit in its last place, which a tiny eps would not forgive.
    rounding = 6e-8 * (1 if attack.norm == "linf" else flat.shape[1] ** 0.5)
    return sound & (norms_of(pictures - goal.pictures, attack.norm) <= eps * (1 + SLACK) + rounding)
