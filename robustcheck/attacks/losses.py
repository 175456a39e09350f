"""What attacks make large. Each loss is above 0, or grows towards it, as the goal comes nearer."""

from __future__ import annotations

import torch
from torch.nn import functional

from robustcheck.attacks.goal import Goal
from robustcheck.attacks.victim import Loss

NAMES = ("margin", "ce", "dlr")
DLR_CLASSES, DLR_TARGETED_CLASSES = 3, 4
"""Classes that the losses need at least; with fewer the margin stands in."""

CLEAR = 1e-5
"""Least margin of a success, as a share of the spread of the logits: less, and another batch size may undo it."""

SURELY = 4 * CLEAR
"""Margin beyond a boundary, as such a share, that a step across aims at: of the way there it may be any share."""


def loss_of(name: str, goal: Goal) -> Loss:
    """Return a loss to be made large for a goal.

    Args:
        name: ``margin``, ``ce`` or ``dlr``.
        goal: Labels, and targets if there are any.
    """
    function = {"margin": margin, "ce": cross_entropy, "dlr": dlr}[name]

    def loss(logits: torch.Tensor, part: slice) -> torch.Tensor:
        targets = None if goal.targets is None else goal.targets[part]
        return function(logits, goal.labels[part], targets)

    return loss


def margin(logits: torch.Tensor, labels: torch.Tensor, targets: torch.Tensor | None) -> torch.Tensor:
    """Return the best wrong logit minus that of the label; with targets, the target's minus the best other one.

    Shape (n,); above 0 where the goal is reached.
    """
    if targets is None:
        return _best_other(logits, labels) - _of(logits, labels)
    return _of(logits, targets) - _best_other(logits, targets)


def spread(logits: torch.Tensor) -> torch.Tensor:
    """Return the largest logit minus the smallest: shape (n,)."""
    return logits.amax(dim=1) - logits.amin(dim=1)


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor, targets: torch.Tensor | None) -> torch.Tensor:
    """Return the cross-entropy of the label; with targets, that of the target, negative. Shape (n,), in nats."""
    if targets is None:
        return functional.cross_entropy(logits, labels, reduction="none")
    return -functional.cross_entropy(logits, targets, reduction="none")


def dlr(logits: torch.Tensor, labels: torch.Tensor, targets: torch.Tensor | None) -> torch.Tensor:
    """Return the difference of logits ratio of Croce and Hein (2020), which no scaling of logits changes.

    With targets it is their targeted form. With fewer than three classes (four with targets), the margin. Shape (n,).
    """
    if logits.shape[1] < (DLR_CLASSES if targets is None else DLR_TARGETED_CLASSES):
        return margin(logits, labels, targets)
    ordered = logits.sort(dim=1, descending=True).values
    own = _of(logits, labels)
    if targets is None:
        first = logits.argmax(dim=1) == labels
        best_other = torch.where(first, ordered[:, 1], ordered[:, 0])
        return -(own - best_other) / (ordered[:, 0] - ordered[:, 2] + 1e-12)
    return -(own - _of(logits, targets)) / (ordered[:, 0] - 0.5 * (ordered[:, 2] + ordered[:, 3]) + 1e-12)


def _of(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    return logits.gather(1, classes[:, None])[:, 0]


def _best_other(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    return logits.scatter(1, classes[:, None], float("-inf")).amax(dim=1)
