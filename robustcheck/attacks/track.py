"""What an attack has found so far, and which pictures still resist."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch

from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import margin

Drop = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Track:
    """The best picture found for each one of a goal; the fooled ones leave the work.

    Attributes:
        best: Shape (n, 3, h, w).
        margins: Of these, towards the goal, shape (n,); at least 0 where it was reached.
        reached: Shape (n,), bool.
        place: Positions of the pictures that are still worked on, shape (m,).
        part: The goal of these.
    """

    def __init__(self, goal: Goal, *, keep_fooled: bool = False, drop: Drop | None = None) -> None:
        """Begin with the pictures as they are.

        Args:
            goal: What is attacked.
            keep_fooled: Whether fooled pictures are worked on too, which only a comparison with another program wants.
            drop: From positions (m,) and which of them were fooled, which are worked on further; else the others are.
        """
        device = goal.labels.device
        self.best = goal.pictures.clone()
        self.margins = goal.pictures.new_full((len(goal),), float("-inf"))
        self.reached = torch.zeros(len(goal), dtype=torch.bool, device=device)
        self.place = torch.arange(len(goal), device=device)
        self.part = goal
        self._keep, self._drop = keep_fooled, drop

    def note(self, current: torch.Tensor, logits: torch.Tensor) -> torch.Tensor | None:
        """Keep what is best of the current pictures (m, 3, h, w) with their logits, and drop the fooled ones.

        Returns:
            A mask over the m pictures by which the caller narrows its own tensors; ``None`` where none was dropped.
        """
        gained = margin(logits, self.part.labels, self.part.targets)
        fooled = self.part.fooled(logits)
        # A tie is no margin above 0, and yet a wrong class of several best ones counts.
        gained = torch.where(fooled, gained.clamp_min(0.0), gained)
        better = (gained > self.margins[self.place]) | (fooled & ~self.reached[self.place])
        self.best[self.place[better]] = current[better]
        self.margins[self.place] = torch.maximum(self.margins[self.place], gained)
        self.reached[self.place[fooled]] = True
        if self._keep or not fooled.any():
            return None
        resists = ~fooled if self._drop is None else self._drop(self.place, fooled)
        self.place, self.part = self.place[resists], self.part.at(resists)
        return resists


def best_of(goal: Goal, runs: Iterable[Callable[[Goal, torch.Tensor], Track]]) -> torch.Tensor:
    """Run one climb after the other on the pictures that resisted so far, and return the best pictures of all.

    Args:
        goal: What is attacked.
        runs: Each gets the goal of what is left and its positions in the whole.
    """
    best = goal.pictures.clone()
    margins = goal.pictures.new_full((len(goal),), float("-inf"))
    left = torch.arange(len(goal), device=goal.labels.device)
    for run in runs:
        if not len(left):
            break
        track = run(goal.at(left), left)
        better = (track.margins > margins[left]) | track.reached
        best[left[better]] = track.best[better]
        margins[left] = torch.maximum(margins[left], track.margins)
        left = left[~track.reached]
    return best
