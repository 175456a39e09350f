"""Whether the gradients of a model are those of its outputs: held against finite differences along random directions.

A gradient that was bent on its way back (through a corner, an average, one channel, another network) leads every attack that
follows it astray, and each of them then reports a robustness that is not there. Nothing else of the model shows it: weights and
outputs are the same. So the slope that the gradient promises along a direction is compared with the one that two passes show.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from robustcheck.attacks.balls import column
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import margin
from robustcheck.attacks.victim import Loss, Victim

PASSES: Final = 64
"""Pictures that go forward or back through the model for this check at most, unless the attack took many more itself."""
SHARE: Final = 0.02
"""Share of the attack's own passes that the check may take instead."""
ROUGH_PASSES: Final = 256
"""The same where outputs are rough: 2% of what the standard cascade takes for nine pictures that resist."""
MOST: Final = 16
"""Pictures looked at, at most."""

LEAST_STEP, MOST_STEP, LARGEST_STEP = 5e-5, 1e-3, 1 / 255
"""Root mean square of a change: the first one lies between the first two; a gradient must hold within a grey level."""
FARTHER, ROUGHER = 16, 4
"""How much larger the second change is, and each one after it where outputs are rough."""
ROUNDINGS: Final = 200
"""A change of the loss must be so many roundings of float32, or it says nothing."""

DISAGREES: Final = 0.35
"""Relative error beyond which a gradient is doubted: honest networks stay below a fifth."""
ROUGHLY: Final = 0.5
"""Relative error up to which a gradient is believed whose outputs are rough, as those of quantised networks."""
CONSISTENT: Final = 0.5
"""Slopes over two steps that differ by no more show that the loss has a slope there."""
CURVES: Final = 2.0
"""An error up to so many times the curvature along the same directions may come from the curvature."""

QUANTISED: Final = "FakeQuantize"
"""How torch's own nodes of fake quantisation begin, whose gradients are straight-through by design."""

DECLARE: Final = (
    "if a straight-through estimator or a random layer is meant, a later version will let the entry of models.yaml say so by "
    "`backward:` or `random:`"
)


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes of the loss of n pictures along d directions each.

    Attributes:
        reported: What the gradient says, shape (n, d).
        observed: Central differences, shape (n, d).
        curved: Second differences over the same steps, as slopes: what a slope changes by within a step; shape (n, d).
    """

    reported: torch.Tensor
    observed: torch.Tensor
    curved: torch.Tensor

    @property
    def sizes(self) -> torch.Tensor:
        """What the errors of each picture are relative to, shape (n,)."""
        return torch.maximum(self.reported.square(), self.observed.square()).sum(dim=1).clamp_min(1e-30)

    @property
    def errors(self) -> torch.Tensor:
        """Relative error of each picture's gradient, shape (n,): 0 if it is right, about 1 if it says nothing."""
        return _relative(self.reported - self.observed, self.sizes)

    @property
    def curvatures(self) -> torch.Tensor:
        """Curvature of each picture's loss relative to its slopes, shape (n,)."""
        return _relative(self.curved, self.sizes)

    def at(self, places: torch.Tensor) -> Slopes:
        """Return those of some pictures."""
        return Slopes(self.reported[places], self.observed[places], self.curved[places])

    def over_all(self, values: torch.Tensor) -> float:
        """Return relative values of each picture, shape (n,), as one over all pictures."""
        return float(((values.square() * self.sizes).sum() / self.sizes.sum()).sqrt()) if len(values) else 0.0


@dataclass(frozen=True, slots=True)
class _Base:
    """Points whose gradient is known, with the directions that are tried from them.

    Attributes:
        goal: What the pictures are to be taken for.
        points: Shape (n, 3, h, w).
        losses: There, shape (n,).
        gradient: Of the losses, of the points' shape.
        other: The class that the loss sets against the label, shape (n,).
        directions: One tensor of the points' shape a direction, each picture's with a root mean square of 1.
    """

    goal: Goal
    points: torch.Tensor
    losses: torch.Tensor
    gradient: torch.Tensor
    other: torch.Tensor
    directions: tuple[torch.Tensor, ...]

    def at(self, places: torch.Tensor) -> _Base:
        """Return those of some pictures."""
        points, losses, gradient, other = (one[places] for one in (self.points, self.losses, self.gradient, self.other))
        directions = tuple(one[places] for one in self.directions)
        return _Base(self.goal.at(places), points, losses, gradient, other, directions)


def _relative(values: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    return (values.square().sum(dim=1) / sizes.clamp_min(1e-30)).sqrt()


def budget_of(victim: Victim) -> int:
    """Return how many passes the check may take after an attack."""
    return max(PASSES, int(SHARE * (victim.forwards + victim.backwards)))


def gradient_error(goal: Goal, points: torch.Tensor, victim: Victim, passes: int) -> tuple[bool, str]:
    """Return whether a model's gradients are those of its outputs, and what was seen.

    Args:
        goal: Pictures with their goal, at least one.
        points: What an attack left of them, of the same shape: half of the pictures are looked at there.
        victim: The model.
        passes: Pictures that may go forward or back through it.
    """
    most = max(1, min(MOST, passes // (4 + 4 * DIRECTIONS)))
    chosen = _varied(goal, most)
    part = goal.at(chosen)
    places = torch.where(
        column(torch.arange(len(part)) % 2 == 0, points).to(points.device), part.pictures, points[chosen]
    )
    return _Check(part, places, victim, passes).run()


class _Check:
    """One check with what is left to spend on it."""

    def __init__(self, goal: Goal, places: torch.Tensor, victim: Victim, passes: int) -> None:
        self._goal, self._places, self._victim = goal, places, victim
        self._passes = self._left = passes

    def run(self) -> tuple[bool, str]:
        n, steps = len(self._goal), self._first_steps()
        base = self._base(steps * FARTHER, 0)
        near = self._slopes(base, steps)
        open_ = (near.errors > DISAGREES).nonzero()[:, 0]
        if not len(open_):
            return True, _agree(n, near)
        # The same directions from farther away: whether the loss has a slope here, which the gradient then should be.
        open_ = self._affordable(open_, 2 * DIRECTIONS)
        far, near = self._slopes(base.at(open_), (steps * FARTHER)[open_]), near.at(open_)
        least = torch.minimum(near.observed.square().sum(dim=1), far.observed.square().sum(dim=1))
        apart = _relative(near.observed - far.observed, least)
        # Where nothing moves there is no slope to be consistent.
        bent = (least > 0) & (apart <= CONSISTENT) & (near.errors > CURVES * near.curvatures) & (far.errors > DISAGREES)
        if bool(bent.any()):
            return False, _bent(int(bent.sum()), n, near.over_all(near.errors))
        if 2 * len(open_) < n:
            return True, _agree(n - len(open_), near)
        return self._rough(far, (steps * FARTHER)[open_], open_)

    def _rough(self, slopes: Slopes, steps: torch.Tensor, places: torch.Tensor) -> tuple[bool, str]:
        """Judge outputs that jump by the nearest distance from which they follow the gradient, if there is one."""
        number, self._left = 1, max(self._left, self._left + ROUGH_PASSES - self._passes)
        while (error := slopes.over_all(slopes.errors)) > ROUGHLY:
            places = self._affordable(places, 2 + 2 * DIRECTIONS)
            if float(steps.max()) >= LARGEST_STEP or not len(places):
                break
            steps = (steps[: len(places)] * ROUGHER).clamp_max(LARGEST_STEP)
            slopes = self._slopes(self._base(steps, number, places), steps)
            number += 1
        else:
            return True, (
                "the outputs are rough, as those of a quantised network; along random directions the gradients agree with "
                f"finite differences over changes of {float(steps.mean()) * 255:.2g}/255, to {error:.0%}"
            )
        # Values that do not move at all show no curvature.
        still = bool((slopes.observed == 0).any())
        explained = still or error <= CURVES * slopes.over_all(slopes.curvatures)
        if explained and self._is_quantised():
            return (
                True,
                "the outputs are quantised by torch's own operations, whose gradients are straight-through by design",
            )
        return False, _bent(len(places) or len(self._goal), len(self._goal), error)

    def _is_quantised(self) -> bool:
        """Whether what makes the outputs rough is torch's own fake quantisation, and nothing else has a backward of its own."""
        picture = self._places[:1].detach().requires_grad_(True)
        with torch.enable_grad():
            names = list(_nodes(self._victim(picture).grad_fn))
        return any(name.startswith(QUANTISED) for name, _ in names) and not any(own for _, own in names)

    def _affordable(self, places: torch.Tensor, price: int) -> torch.Tensor:
        # One pass is kept for a look at what the network is made of.
        return places[: max(0, (self._left - 1) // price)]

    def _first_steps(self) -> torch.Tensor:
        """Return a step for each picture, shape (n,): small, yet well above what rounding changes.

        The gradients are asked for in another order than the next time: where one is that of the call before, it shows.
        """
        labels = self._goal.labels.flip(0)
        logits, _, gradient = self._gradient(
            self._places.flip(0), lambda given, rows: margin(given, labels[rows], None)
        )
        self._other = _other(logits.flip(0), self._goal)
        slope = gradient.flip(0).flatten(1).square().sum(dim=1).sqrt()
        rounding = torch.finfo(torch.float32).eps * logits.flip(0).abs().amax(dim=1)
        return (ROUNDINGS * rounding / slope.clamp_min(1e-12)).clamp(LEAST_STEP, MOST_STEP)

    def _gradient(self, pictures: torch.Tensor, loss: Loss) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        self._left -= 2 * len(pictures)
        return self._victim.gradient(pictures, loss)

    def _base(self, widest_steps: torch.Tensor, number: int, places: torch.Tensor | None = None) -> _Base:
        """Return points from which there is room for steps within the box, with their gradients."""
        places = torch.arange(len(self._goal), device=self._places.device) if places is None else places
        goal, other = self._goal.at(places), self._other[places]
        directions = tuple(make(goal, number) for make in KINDS)
        widest = torch.stack([one.abs().flatten(1).amax(dim=1) for one in directions]).amax(dim=0)
        # Away from the ends of the box, where a model may clip what it gets.
        room = column(widest_steps * widest, goal.pictures).clamp_max(0.25)
        points = torch.minimum(torch.maximum(self._places[places], room), 1 - room)
        _, losses, gradient = self._gradient(points, _loss_of(goal.labels, other))
        return _Base(goal, points, losses, gradient, other, directions)

    def _slopes(self, base: _Base, steps: torch.Tensor) -> Slopes:
        loss = _loss_of(base.goal.labels, base.other)
        reported, observed, curved = [], [], []
        for direction in base.directions:
            change = direction * column(steps, direction)
            self._left -= 2 * len(steps)
            ahead, behind = (
                loss(self._victim.logits(base.points + sign * change), slice(0, len(steps))) for sign in (1, -1)
            )
            reported.append((base.gradient * direction).flatten(1).sum(dim=1))
            observed.append((ahead - behind) / (2 * steps))
            curved.append((ahead + behind - 2 * base.losses) / (2 * steps))
        return Slopes(*(torch.stack(parts, dim=1).double() for parts in (reported, observed, curved)))


def _loss_of(labels: torch.Tensor, other: torch.Tensor) -> Loss:
    """Return the lead of a class, which stays the same, over the label: a loss without a kink of its own."""

    def loss(logits: torch.Tensor, rows: slice) -> torch.Tensor:
        return _of(logits, other[rows]) - _of(logits, labels[rows])

    return loss


def _varied(goal: Goal, most: int) -> torch.Tensor:
    """Return positions of pictures, of as many classes as there are: gradients may lie for one class alone."""
    seen: dict[int, int] = {}
    order = []
    for place, label in enumerate(goal.labels.tolist()):
        seen[label] = seen.get(label, 0) + 1
        order.append((seen[label], place))
    return torch.tensor([place for _, place in sorted(order)[:most]], dtype=torch.int64)


def _other(logits: torch.Tensor, goal: Goal) -> torch.Tensor:
    """Return the class that the loss sets against the label: the target, or the likeliest other one. It stays the same."""
    if goal.targets is not None:
        return goal.targets
    return logits.scatter(1, goal.labels[:, None], float("-inf")).argmax(dim=1)


def _of(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    return logits.gather(1, classes[:, None])[:, 0]


def _agree(n: int, slopes: Slopes) -> str:
    return (
        f"the gradients of {n} pictures agree with finite differences along {DIRECTIONS} random directions each, to "
        f"{slopes.over_all(slopes.errors):.0%}"
    )


def _bent(wrong: int, n: int, error: float) -> str:
    share = f"by {error:.0%} of the slope" if math.isfinite(error) else "without a measure"
    return (
        f"for {wrong} of {n} pictures the gradient is not that of the outputs: along random directions it differs from finite "
        f"differences {share}, so an attack that follows it misses what exists; {DECLARE}"
    )


def _smooth(goal: Goal, number: int) -> torch.Tensor:
    """Waves a quarter of the picture wide."""
    return _unit(functional.interpolate(_drawn(goal, 4, "smooth", number), _size(goal), mode="bicubic"))


def _blocks(goal: Goal, number: int) -> torch.Tensor:
    """Sharp-edged squares, an eighth of the picture wide."""
    return _unit(functional.interpolate(_drawn(goal, 8, "blocks", number).sign(), _size(goal), mode="nearest"))


def _pixels(goal: Goal, number: int) -> torch.Tensor:
    """Every value by itself."""
    return _unit(goal.normal("gradient check", "pixels", number))


KINDS: Final[tuple[Callable[[Goal, int], torch.Tensor], ...]] = (_smooth, _blocks, _pixels)
DIRECTIONS: Final = len(KINDS)


def _drawn(goal: Goal, cells: int, *stream: object) -> torch.Tensor:
    channels, height, width = goal.pictures.shape[1:]
    shape = (channels, min(cells, height), min(cells, width))
    noise = [one.standard_normal(shape) for one in goal.generators("gradient check", *stream)]
    return torch.from_numpy(np.stack(noise)).to(goal.pictures)


def _size(goal: Goal) -> tuple[int, int]:
    height, width = goal.pictures.shape[2:]
    return int(height), int(width)


def _unit(direction: torch.Tensor) -> torch.Tensor:
    """Return directions with a root mean square of 1."""
    size = direction.flatten(1).square().mean(dim=1).sqrt().clamp_min(1e-12)
    return direction / column(size, direction)


def _nodes(root: object) -> list[tuple[str, bool]]:
    """Return the name of every node of a graph of gradients, and whether its way back is written in Python."""
    found, seen, waiting = [], set(), [root]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        found.append((type(node).__name__, isinstance(node, torch.autograd.function.BackwardCFunction)))
        waiting += [following for following, _ in getattr(node, "next_functions", ())]
    return found
