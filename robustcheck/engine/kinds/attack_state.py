"""What is known of attacked pictures while an attack goes on, and the few of them on which the attack is checked afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from robustcheck.attacks.goal import Goal

Columns = dict[str, NDArray[Any]]
MOST_CHECKED = 16
"""Pictures that resisted, and as many that broke, on which an attack is checked."""


@dataclass(slots=True)
class Sample:
    """Some pictures that an attack was run on, for the checks of its sanity.

    Attributes:
        goals: Of each part.
        pictures: What the attack left of them.
        count: How many there are.
    """

    goals: list[Goal] = field(default_factory=list)
    pictures: list[torch.Tensor] = field(default_factory=list)
    count: int = 0

    def joined(self, other: Sample) -> Sample:
        """Return the first ``MOST_CHECKED`` pictures of both."""
        both = Sample(list(self.goals), list(self.pictures), self.count)
        for goal, pictures in zip(other.goals, other.pictures, strict=True):
            room = MOST_CHECKED - both.count
            if room > 0:
                both.goals.append(goal if len(goal) <= room else goal.at(goal.labels.new_tensor(list(range(room)))))
                both.pictures.append(pictures[:room])
                both.count += min(room, len(goal))
        return both

    def take(self, goal: Goal, pictures: torch.Tensor, mask: torch.Tensor, most: int) -> None:
        """Add the pictures of a mask until there are enough."""
        place = mask.nonzero()[: max(0, most - self.count), 0]
        if len(place):
            self.goals.append(goal.at(place))
            self.pictures.append(pictures[place])
            self.count += len(place)


@dataclass(frozen=True)
class Attempted:
    """Some of the pictures that an attack was run on, those that resisted and those that broke; these of several blocks add up."""

    resisted: Sample = field(default_factory=Sample)
    broken: Sample = field(default_factory=Sample)

    def __add__(self, other: Attempted) -> Attempted:
        """Return the first of both together."""
        return Attempted(self.resisted.joined(other.resisted), self.broken.joined(other.broken))


class BlockState:
    """What is known of a block so far; which columns there are depends on the case alone, not on the block."""

    def __init__(self, goal: Goal, logits: torch.Tensor, extra: Sequence[str]) -> None:
        """Begin with no picture attacked.

        Args:
            goal: The pictures and their labels.
            logits: Of the pictures as they are, shape (n, classes).
            extra: Names of the columns that the attack itself fills.
        """
        import torch

        n = len(goal)
        self.goal = goal
        self.clean_logits = logits
        self.pictures, self.logits = goal.pictures.clone(), logits.clone()
        self.reached = torch.zeros(n, dtype=torch.bool, device=logits.device)
        self.attempted: NDArray[np.bool_] = np.zeros(n, bool)
        self.target = torch.full((n,), -1, device=logits.device)
        self.minimal = torch.full((n,), float("inf"), dtype=torch.float64, device=logits.device)
        self.pairs: dict[int, NDArray[np.int8]] = {}
        self.extra: Columns = {name: np.full(n, np.nan, np.float32) for name in extra}
        self._changed = torch.zeros(n, dtype=torch.bool, device=logits.device)

    def tell(self, targets: torch.Tensor | None, attacked: torch.Tensor, there: torch.Tensor, *, pair: bool) -> None:
        """Note which pictures are attacked, and which reach the goal as they are; by target if all have the same."""
        self.attempted |= attacked.cpu().numpy()
        self.reached |= there
        self.minimal[there] = 0.0
        if targets is not None:
            fresh = attacked & ((self.target < 0) | there)
            self.target[fresh] = targets[fresh]
            if pair:
                tried = np.where(attacked.cpu().numpy(), there.cpu().numpy().astype(np.int8), np.int8(-1))
                self.pairs[int(targets[0])] = tried

    def keep(
        self,
        rows: torch.Tensor,
        pictures: torch.Tensor,
        logits: torch.Tensor,
        reached: torch.Tensor,
        targets: torch.Tensor | None,
        extra: Mapping[str, torch.Tensor],
    ) -> None:
        """Keep the first pictures that reach a goal, and before that the first ones of all, with what the attack says of them."""
        better = ~self.reached[rows] & (reached | ~self._changed[rows])
        chosen = rows[better]
        self.pictures[chosen], self.logits[chosen] = pictures[better], logits[better]
        self._changed[rows] = True
        for name, values in extra.items():
            self.extra[name][chosen.cpu().numpy()] = values.cpu().numpy()[better.cpu().numpy()]
        if targets is not None:
            won = rows[reached & ~self.reached[rows]]
            self.target[won] = targets[won]
            for target, tried in self.pairs.items():
                mine = (targets[rows] == target) & reached
                tried[rows[mine].cpu().numpy()] = 1
        self.reached[rows] |= reached
