"""Pictures driven towards each of several wrong classes, as many at the same time as fit in one pass of the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from robustcheck.attacks.goal import Goal


class Rows:
    """Some pictures, each as often as there are classes to drive it to.

    The class with the lowest number that reaches counts, whenever that is, so that the result is the same whether classes are
    tried one after the other or together. A row leaves the work once its own or a lower number of its picture has reached.

    Attributes:
        goal: Of the rows, shape (n * k): pictures, labels, and the goal's own targets.
        aim: The same with each row's class as target.
    """

    def __init__(self, goal: Goal, classes: torch.Tensor, first: int = 0) -> None:
        """Repeat the pictures.

        Args:
            goal: n pictures.
            classes: Shape (n, k), int64.
            first: The number of the first class among all that are tried, which keys randomness.
        """
        n, k = classes.shape
        self._owner = torch.arange(n, device=classes.device).repeat_interleave(k)
        self._rank = torch.arange(k, device=classes.device).repeat(n)
        keys = tuple(f"{key} {first + rank}" for key in goal.keys for rank in range(k))
        self.goal = replace(goal.at(self._owner), keys=keys)
        self.aim = replace(self.goal, targets=classes.flatten())
        self._lowest = torch.full((n,), k, device=classes.device)

    def resists(self, place: torch.Tensor, reached: torch.Tensor) -> torch.Tensor:
        """Return which of the rows at some positions (m,) are worked on further, after some reached: shape (m,), bool."""
        done = place[reached]
        self._lowest.scatter_reduce_(0, self._owner[done], self._rank[done], "amin")
        return self._rank[place] < self._lowest[self._owner[place]]

    def best(self, scores: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the row of each picture that counts, and whether it reached: shapes (n,), int64 and bool.

        Args:
            scores: Of the rows; where none reached the highest counts.
        """
        n = len(self._lowest)
        table = scores.view(n, -1)
        reached = self._lowest < table.shape[1]
        rank = torch.where(reached, self._lowest, table.argmax(dim=1))
        return torch.arange(n, device=rank.device) * table.shape[1] + rank, reached


Climb = Callable[[Rows], tuple[torch.Tensor, torch.Tensor]]
"""From rows (m) to pictures (m, 3, h, w) and scores (m,): the higher the nearer to the goal, -inf where nothing was found."""


def each_class(goal: Goal, classes: torch.Tensor, size: int, climb: Climb) -> tuple[torch.Tensor, torch.Tensor]:
    """Drive each picture towards classes in their order until one is reached.

    The first class goes alone, since most pictures that fall at all fall to it.

    Args:
        goal: n pictures.
        classes: Shape (n, k), the likeliest first.
        size: Rows at the same time, which no result depends on.
        climb: Works on rows, and tells them which reached.

    Returns:
        The pictures with the best scores, clean ones where nothing was found, and the scores: shapes (n, 3, h, w) and (n,).
    """
    best = goal.pictures.clone()
    scores = goal.pictures.new_full((len(goal),), float("-inf"))
    left = torch.arange(len(goal), device=goal.labels.device)
    done = 0
    while done < classes.shape[1] and len(left):
        count = max(1, size // len(left)) if done else 1
        rows = Rows(goal.at(left), classes[left, done : done + count], done)
        pictures, gained = climb(rows)
        chosen, reached = rows.best(gained)
        better = (gained[chosen] > scores[left]) | reached
        best[left[better]] = pictures[chosen[better]]
        scores[left] = torch.maximum(scores[left], gained[chosen])
        left = left[~reached]
        done += count
    return best, scores


def ranked(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the wrong classes of each row of logits (n, classes), the likeliest first: shape (n, classes - 1)."""
    least = logits.scatter(1, labels[:, None], float("-inf"))
    return least.sort(dim=1, descending=True, stable=True).indices[:, :-1]
