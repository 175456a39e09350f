"""Several attacks in order of price, each on what resisted so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from robustcheck.attacks.attempt import accepted
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.passes import Passes, passes_of
from robustcheck.attacks.victim import Victim


class Cascade:
    """A row of attacks within one ball.

    Attributes:
        norm: Of the ball.
        attacks: Names and attacks, the cheapest first.
        by: After ``perturb``: the number of the attack that reached the goal for each picture, or -1.
    """

    def __init__(self, norm: str, attacks: Sequence[tuple[str, Any]]) -> None:
        """Take the attacks."""
        self.norm = norm
        self.attacks = tuple(attacks)
        self.by: torch.Tensor | None = None

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return the picture of the first attack that reached the goal, else that of the first attack of all."""
        best = goal.pictures.clone()
        by = torch.full((len(goal),), -1, device=goal.labels.device)
        left = torch.arange(len(goal), device=goal.labels.device)
        for number, (_, attack) in enumerate(self.attacks):
            if not len(left):
                break
            part = goal.at(left)
            pictures = attack.perturb(victim, part, eps)
            # What an attack says of itself is not believed here either: only what a pass of ours confirms is dropped.
            fooled = accepted(attack, part, pictures, eps) & part.fooled(victim.logits(pictures.nan_to_num()))
            chosen = fooled if number else torch.ones_like(fooled)
            best[left[chosen]] = pictures[chosen]
            by[left[fooled]] = number
            left = left[~fooled]
        self.by = by
        return best

    def passes(self, classes: int) -> Passes:
        """Return the passes of one picture that resists, at most: see ``attacks.passes``."""
        each = [passes_of(attack, classes) or Passes(0) for _, attack in self.attacks]
        return sum((passes + Passes(1) for passes in each), Passes(0))


def autoattack_of(norm: str) -> Cascade:
    """Return the standard set of AutoAttack, version of Croce and Hein (2020)."""
    from robustcheck.attacks.apgd import APGD, APGDTargeted
    from robustcheck.attacks.fab import FABTargeted
    from robustcheck.attacks.square import Square

    return Cascade(
        norm,
        [
            ("apgd", APGD(norm=norm, steps=100, loss="ce")),
            ("apgd_t", APGDTargeted(norm=norm, steps=100, n_targets=9)),
            ("fab", FABTargeted(norm=norm, steps=100, n_targets=9)),
            ("square", Square(norm=norm, queries=5000)),
        ],
    )


def cascade_of(norm: str, tier: str) -> Cascade:
    """Return the set of a tier: ``smoke`` takes seconds, ``standard`` minutes, ``thorough`` is AutoAttack's."""
    from robustcheck.attacks.apgd import APGD, APGDTargeted
    from robustcheck.attacks.pgd import PGD
    from robustcheck.attacks.square import Square

    if tier == "thorough":
        return autoattack_of(norm)
    fgsm = ("fgsm", PGD(norm=norm, steps=1, loss="ce", travel=1.0, random_start=False))
    if tier == "smoke":
        return Cascade(norm, [fgsm, ("pgd", PGD(norm=norm, steps=10))])
    return Cascade(
        norm,
        [
            fgsm,
            ("pgd", PGD(norm=norm, steps=20)),
            ("apgd", APGD(norm=norm, steps=100, loss="ce")),
            ("apgd_t", APGDTargeted(norm=norm, steps=100, n_targets=3)),
            ("square", Square(norm=norm, queries=500)),
        ],
    )
