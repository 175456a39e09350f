"""Adversarials planted where an attack must find them."""

from __future__ import annotations

from typing import Any

import torch

from robustcheck.attacks.attempt import attempt
from robustcheck.attacks.balls import column, norms_of
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.sanity import Finding
from robustcheck.attacks.victim import Victim

INNER, TRIES = 32, 8
INSIDE = 0.7
"""Share of the radius within which no adversarial is known."""


def unit_test(attack: Any, victim: Victim, goal: Goal, eps: float, *, minimal: bool = False) -> Finding:
    """Replace each picture's decision by one of which an adversarial is known, and see whether the attack finds one.

    The new decision is linear in the model's own logits, so what stands between attack and picture is the model itself: it
    separates points well inside the ball from one on its surface. After Zimmermann et al. (2022), Increasing confidence in
    adversarial robustness evaluations.

    Args:
        attack: Within a ball.
        victim: The model.
        goal: Pictures, few of them.
        eps: Radius.
        minimal: Whether the attack looks for the least change.
    """
    found = planted = 0
    for place in range(len(goal)):
        one = goal.at(torch.tensor([place]))
        decision = _decision(attack.norm, victim, one, eps)
        if decision is None:
            continue
        planted += 1
        weights, bias = decision

        def forward(pictures: torch.Tensor, weights: torch.Tensor = weights, bias: torch.Tensor = bias) -> torch.Tensor:
            # The test has its own deadline; the parts are as small as the victim's.
            score = victim(pictures) @ weights - bias
            return torch.stack([torch.zeros_like(score), score], dim=1)

        binary = Goal(one.pictures, torch.zeros_like(one.labels), None, one.keys, one.seed)
        tried = attempt(
            attack, Victim(forward, size=victim.size, gradients=victim.gradients), binary, eps, minimal=minimal
        )
        found += bool(tried.reached[0]) and (not minimal or float(tried.norms[0]) <= eps * (1 + 1e-5))
    detail = f"{found} of {planted} planted adversarials were found"
    if not planted:
        return Finding("unit test", False, "no adversarial could be planted, so nothing was tested")
    return Finding(
        "unit test", found == planted, detail if found == planted else f"{detail}: the attack misses what exists"
    )


def _decision(norm: str, victim: Victim, goal: Goal, eps: float) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Return weights over logits and a bias, above which only a planted point is known to lie; None where none stands out."""
    inner = [_moved(norm, goal, INSIDE * eps, "inner", number) for number in range(INNER)]
    logits = victim.logits(torch.cat([goal.pictures, *inner]))
    middle = logits.mean(dim=0)
    for number in range(TRIES):
        outer = victim.logits(_moved(norm, goal, eps, "outer", number))[0]
        weights = outer - middle
        scores = logits @ weights
        reach = outer @ weights
        if reach > scores.amax():
            scale = (weights @ weights).clamp_min(1e-12)
            # Three quarters of the way out: beyond all that is known to be inside, and short of what is planted.
            bias = scores.amax() + 0.75 * (reach - scores.amax())
            return weights / scale.sqrt(), bias / scale.sqrt()
    return None


def _moved(norm: str, goal: Goal, radius: float, *stream: object) -> torch.Tensor:
    """Return the pictures moved by keyed noise of a given norm, clipped to the box."""
    noise = goal.normal("planted", *stream)
    change = noise.sign() * radius if norm == "linf" else noise * column(radius / norms_of(noise, norm), noise)
    return (goal.pictures + change).clamp(0, 1)
