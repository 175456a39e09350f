"""Projected gradient ascent in its variants: FGSM, PGD, BIM and MI-FGSM differ in start, steps and momentum."""

from __future__ import annotations

import torch

from robustcheck.attacks.balls import column, norms_of, project, steepest
from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import loss_of, margin
from robustcheck.attacks.victim import Victim
from robustcheck.errors import RobustcheckError


class PGD(ActiveSetAttack):
    """Steps along the gradient, each of ``travel * eps / steps``, after Madry et al. (2018).

    The logits of the pass that gives a gradient also say whether a picture is fooled, so a step costs one pass forward and
    one back, for the pictures that still resist.
    """

    def __init__(
        self,
        *,
        norm: str = "linf",
        steps: int = 20,
        restarts: int = 1,
        loss: str = "margin",
        travel: float = 2.5,
        random_start: bool = True,
        momentum: float = 0.0,
    ) -> None:
        """Choose how to climb.

        Args:
            norm: ``linf``, ``l2`` or ``l1``.
            steps: Gradient steps a restart.
            restarts: Random starts.
            loss: ``margin``, ``ce`` or ``dlr``.
            travel: Sum of all step lengths in multiples of eps.
            random_start: Whether to begin anywhere in the ball rather than at the picture.
            momentum: Weight of the gradients so far, each scaled to a mean magnitude of 1.

        Raises:
            RobustcheckError: From a random start the steps could not cross the ball.
        """
        super().__init__(norm=norm)
        if random_start and travel < 2:
            raise RobustcheckError(
                f"steps of {travel:g} eps in total cannot cross the ball from a random start; travel must be at least 2"
            )
        self.steps = steps
        self.restarts = restarts
        self.loss = loss
        self.travel = travel
        self.random_start = random_start
        self.momentum = momentum

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return the best pictures found: see ``ActiveSetAttack.perturb``."""
        best = goal.pictures.clone()
        margins = goal.pictures.new_full((len(goal),), float("-inf"))
        left = torch.arange(len(goal), device=goal.labels.device)
        for restart in range(self.restarts):
            if not len(left):
                break
            found, reached = self._climb(victim, goal.at(left), eps, restart)
            pictures, gained = found
            better = gained > margins[left]
            best[left[better]] = pictures[better]
            margins[left] = torch.maximum(margins[left], gained)
            left = left[~reached]
        return best

    def _start(self, goal: Goal, eps: float, restart: int) -> torch.Tensor:
        """Return where to begin: uniform in a cube, or a random direction with a length of up to eps."""
        if not self.random_start or eps == 0:
            return goal.pictures.clone()
        if self.norm == "linf":
            change = goal.uniform(-eps, eps, "pgd", restart)
        else:
            direction = goal.normal("pgd", restart)
            lengths = [float(one.uniform(0.0, eps)) for one in goal.generators("pgd length", restart)]
            scale = norms_of(direction, self.norm).clamp_min(1e-12)
            change = direction * column(torch.tensor(lengths).to(direction) / scale, direction)
        return (goal.pictures + change).clamp(0.0, 1.0)

    def _climb(
        self, victim: Victim, goal: Goal, eps: float, restart: int
    ) -> tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]:
        best = goal.pictures.clone()
        margins = goal.pictures.new_full((len(goal),), float("-inf"))
        reached = torch.zeros(len(goal), dtype=torch.bool, device=goal.labels.device)
        place = torch.arange(len(goal), device=goal.labels.device)
        current, part = self._start(goal, eps, restart), goal
        velocity = torch.zeros_like(current)

        def note(logits: torch.Tensor) -> torch.Tensor:
            """Keep the best so far, and return which pictures still resist."""
            gained = margin(logits, part.labels, part.targets)
            better = gained > margins[place]
            best[place[better]] = current[better]
            margins[place] = torch.maximum(margins[place], gained)
            fooled = part.fooled(logits)
            # A tie is no higher a margin, and yet the lower class counts.
            best[place[fooled]] = current[fooled]
            margins[place[fooled]] = margins[place[fooled]].clamp_min(0.0)
            reached[place[fooled]] = True
            return ~fooled

        for _ in range(self.steps):
            logits, _, gradient = victim.gradient(current, loss_of(self.loss, part))
            resists = note(logits)
            if not resists.all():
                place, part = place[resists], part.at(resists)
                current, gradient, velocity = current[resists], gradient[resists], velocity[resists]
            if not len(place):
                break
            if self.momentum:
                mean = gradient.abs().flatten(1).mean(dim=1).clamp_min(1e-30)
                velocity = self.momentum * velocity + gradient / column(mean, gradient)
                gradient = velocity
            step = steepest(gradient, self.norm) * (self.travel * eps / self.steps)
            current = project(current + step, part.pictures, eps, self.norm)
        if len(place):
            note(victim.logits(current))
        return (best, margins), reached
