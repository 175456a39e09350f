"""Projected gradient ascent in its variants: FGSM, PGD, BIM and MI-FGSM differ in start, steps and momentum."""

from __future__ import annotations

from functools import partial

import torch

from robustcheck.attacks.balls import column, norms_of, project, steepest
from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import loss_of
from robustcheck.attacks.passes import GRADIENT, Passes
from robustcheck.attacks.track import Track, best_of
from robustcheck.attacks.victim import Victim
from robustcheck.core.errors import RobustcheckError


class PGD(ActiveSetAttack):
    """Steps along the gradient, each of ``travel * eps / steps``, after Madry et al. (2018).

    The logits of the pass that gives a gradient also say whether a picture is fooled, so a step costs one pass forward and
    one back, for the pictures that still resist. A climb from a random start ends with the point of the ball that is farthest
    along the last gradient, which on a linear model between two classes is the best of all.
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
        runs = [partial(self._climb, victim, eps, restart) for restart in range(self.restarts)]
        return best_of(goal, runs)

    def passes(self, classes: int) -> Passes:
        """Return the passes of one picture that resists, at most: see ``attacks.passes``."""
        end = GRADIENT + Passes(1) if self.random_start else Passes(1)
        return (GRADIENT * self.steps + end) * self.restarts

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

    def _climb(self, victim: Victim, eps: float, restart: int, goal: Goal, left: torch.Tensor) -> Track:
        track = Track(goal)
        current = self._start(goal, eps, restart)
        velocity = torch.zeros_like(current)
        for _ in range(self.steps):
            logits, _losses, gradient = victim.gradient(current, loss_of(self.loss, track.part))
            resists = track.note(current, logits)
            if resists is not None:
                current, gradient, velocity = current[resists], gradient[resists], velocity[resists]
            if not len(current):
                return track
            if self.momentum:
                mean = gradient.abs().flatten(1).mean(dim=1).clamp_min(1e-30)
                velocity = self.momentum * velocity + gradient / column(mean, gradient)
                gradient = velocity
            step = steepest(gradient, self.norm) * (self.travel * eps / self.steps)
            current = project(current + step, track.part.pictures, eps, self.norm)
        if not self.random_start:
            track.note(current, victim.logits(current))
            return track
        logits, _losses, gradient = victim.gradient(current, loss_of(self.loss, track.part))
        resists = track.note(current, logits)
        gradient = gradient if resists is None else gradient[resists]
        if len(gradient):
            clean = track.part.pictures
            farthest = project(clean + eps * steepest(gradient, self.norm), clean, eps, self.norm)
            track.note(farthest, victim.logits(farthest))
        return track
