"""Auto-PGD of Croce and Hein (2020): momentum, and a step that is halved where it no longer gains."""

from __future__ import annotations

from functools import partial

import torch

from robustcheck.attacks.balls import column, norms_of
from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import loss_of
from robustcheck.attacks.passes import GRADIENT, Passes
from robustcheck.attacks.ranks import Rows, each_class, ranked
from robustcheck.attacks.track import Track, best_of
from robustcheck.attacks.victim import Loss, Victim
from robustcheck.core.errors import RobustcheckError

CARRIED = 0.75
"""Share of the new step; the rest is the last one's."""


def checkpoints(steps: int) -> tuple[int, ...]:
    """Return after how many steps the step length is looked at: each stretch is 3 % of all steps shorter than the last."""
    stretch, least, shorter = (max(int(share * steps), 1) for share in (0.22, 0.06, 0.03))
    places, place = [], stretch
    while place <= steps:
        places.append(place)
        stretch = max(stretch - shorter, least)
        place += stretch
    return tuple(places)


class APGD(ActiveSetAttack):
    """Climbs a loss from a random start on the surface of the ball.

    At each checkpoint a picture whose loss rose in fewer than ``rho`` of the steps since the last, or whose best loss and step
    are those of the last, gets half the step and goes back to its best point.
    """

    def __init__(
        self,
        *,
        norm: str = "linf",
        steps: int = 100,
        restarts: int = 1,
        loss: str = "ce",
        rho: float = 0.75,
    ) -> None:
        """Choose how to climb.

        Args:
            norm: ``linf`` or ``l2``.
            steps: Gradient steps a restart.
            restarts: Random starts.
            loss: ``ce``, ``dlr`` or ``margin``.
            rho: Share of steps that must gain.

        Raises:
            RobustcheckError: The norm is another one.
        """
        super().__init__(norm=norm)
        if norm not in ("linf", "l2"):
            raise RobustcheckError(f"apgd works within linf and l2, not {norm}; use pgd")
        self.steps = steps
        self.restarts = restarts
        self.loss = loss
        self.rho = rho

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return the best pictures found: see ``ActiveSetAttack.perturb``."""
        return best_of(goal, [partial(self._from_random, victim, eps, restart) for restart in range(self.restarts)])

    def passes(self, classes: int) -> Passes:
        """Return the passes of one picture that resists, at most: see ``attacks.passes``."""
        return GRADIENT * ((self.steps + 1) * self.restarts)

    def _from_random(self, victim: Victim, eps: float, restart: int, goal: Goal, _left: torch.Tensor) -> Track:
        track = Track(goal)
        self.climb(victim, goal, eps, restart, track)
        return track

    def climb(
        self, victim: Victim, aim: Goal, eps: float, restart: object, track: Track, start: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Climb once.

        Args:
            victim: The model.
            aim: What the loss is about: the pictures of the track, perhaps with targets.
            eps: Radius.
            restart: Names the random start.
            track: Keeps what is found.
            start: Where to begin instead of at random, of the pictures' shape.

        Returns:
            The points of the highest loss of the pictures worked on to the end.
        """
        climber = _Climber(aim.pictures, self._start(aim, eps, restart) if start is None else start, eps, self.norm)
        places = checkpoints(self.steps)
        last = 0
        for step in range(self.steps + 1):
            loss: Loss = loss_of(self.loss, aim)
            logits, losses, gradient = victim.gradient(climber.current, loss)
            resists = track.note(climber.current, logits)
            climber.learn(losses, gradient)
            if resists is not None:
                aim = aim.at(resists)
                climber.keep(resists)
            if not len(climber.current) or step == self.steps:
                break
            if step in places:
                climber.look_back(step - last, self.rho)
                last = step
            climber.step()
        return climber.best

    def _start(self, goal: Goal, eps: float, restart: object) -> torch.Tensor:
        noise = goal.uniform(-1, 1, "apgd", restart) if self.norm == "linf" else goal.normal("apgd", restart)
        noise = noise / column(norms_of(noise, self.norm).clamp_min(1e-12), noise)
        return (goal.pictures + eps * noise).clamp(0.0, 1.0)


class APGDTargeted(ActiveSetAttack):
    """``APGD`` on the targeted DLR loss towards each of the likeliest wrong classes; any wrong class counts."""

    def __init__(self, *, norm: str = "linf", steps: int = 100, restarts: int = 1, n_targets: int = 9) -> None:
        """Choose how to climb, as for ``APGD``, and towards how many classes at most."""
        super().__init__(norm=norm)
        self.steps = steps
        self.restarts = restarts
        self.n_targets = n_targets
        self._climber = APGD(norm=norm, steps=steps, loss="dlr")

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return the best pictures found: see ``ActiveSetAttack.perturb``."""
        likely = ranked(victim.logits(goal.pictures), goal.labels)[:, : self.n_targets]

        def climb(rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
            track = Track(rows.goal, drop=rows.resists)
            self._climber.climb(victim, rows.aim, eps, "towards", track)
            return track.best, track.margins

        return each_class(goal, likely.repeat_interleave(self.restarts, dim=1), victim.size, climb)[0]

    def passes(self, classes: int) -> Passes:
        """Return the passes of one picture that resists, at most: see ``attacks.passes``."""
        return Passes(1) + self._climber.passes(classes) * (min(self.n_targets, classes - 1) * self.restarts)


class _Climber:
    """The points of one climb and what their steps depend on."""

    def __init__(self, clean: torch.Tensor, start: torch.Tensor, eps: float, norm: str) -> None:
        n = len(clean)
        self._eps, self._norm = eps, norm
        self.clean, self.current, self._before = clean, start, start
        self._gradient = torch.zeros_like(start)
        self.best, self._best_gradient = start.clone(), torch.zeros_like(start)
        self._loss = start.new_full((n,), float("-inf"))
        self._length = start.new_full((n,), 2 * eps)
        # The published program compares the first loss of all with 0, which decides trajectories.
        self._last = start.new_zeros(n)
        self._rises = start.new_zeros(n)
        self._checked, self._halved = self._loss.clone(), torch.ones(n, dtype=torch.bool, device=start.device)
        self._steps = 0

    def learn(self, losses: torch.Tensor, gradient: torch.Tensor) -> None:
        self._gradient = gradient
        better = losses > self._loss
        self.best[better], self._best_gradient[better] = self.current[better], gradient[better]
        self._loss = torch.maximum(self._loss, losses)
        if self._steps == 0:
            self._checked = self._loss.clone()
        else:
            self._rises += losses > self._last
            self._last = losses

    def look_back(self, count: int, rho: float) -> None:
        """Halve the step where it no longer gains, and go back to the best point there."""
        stuck = ~self._halved & (self._checked >= self._loss)
        self._halved = (self._rises <= count * rho) | stuck
        self._checked = self._loss.clone()
        self._rises = torch.zeros_like(self._rises)
        self._length = torch.where(self._halved, self._length / 2, self._length)
        back = column(self._halved, self.current)
        self.current = torch.where(back, self.best, self.current)
        self._gradient = torch.where(back, self._best_gradient, self._gradient)

    def step(self) -> None:
        carried = CARRIED if self._steps else 1.0
        moved, before = self.current, self._before
        length = column(self._length, moved)
        if self._norm == "linf":
            ahead = self._inside(moved + length * self._gradient.sign())
        else:
            size = norms_of(self._gradient, "l2")
            ahead = self._inside(moved + length * self._gradient / column(size + 1e-12, moved))
        self._before = moved
        self.current = self._inside(moved + (ahead - moved) * carried + (moved - before) * (1 - carried))
        self._steps += 1

    def _inside(self, pictures: torch.Tensor) -> torch.Tensor:
        if self._norm == "linf":
            low, high = self.clean - self._eps, self.clean + self._eps
            return torch.minimum(torch.maximum(pictures, low), high).clamp(0.0, 1.0)
        change = pictures - self.clean
        size = norms_of(change, "l2")
        scale = size.clamp_max(self._eps) / (size + 1e-12)
        return (self.clean + change * column(scale, change)).clamp(0.0, 1.0)

    def keep(self, resists: torch.Tensor) -> None:
        """Drop the pictures that are fooled."""
        for name in [
            "clean",
            "current",
            "_before",
            "_gradient",
            "best",
            "_best_gradient",
            "_loss",
            "_length",
            "_last",
            "_rises",
            "_checked",
            "_halved",
        ]:
            setattr(self, name, getattr(self, name)[resists])
