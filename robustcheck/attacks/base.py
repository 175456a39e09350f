"""Attacks of our own, written as foolbox attacks: they drop a picture as soon as it is fooled."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from typing import Any

import eagerpy
import torch

from robustcheck.attacks.goal import Goal
from robustcheck.attacks.victim import Victim
from robustcheck.core.errors import RobustcheckError

with warnings.catch_warnings():
    # Foolbox imports from a module of SciPy that is to go, which is an error in many a project's tests.
    warnings.simplefilter("ignore", DeprecationWarning)
    from foolbox.attacks.base import FixedEpsilonAttack, get_criterion
    from foolbox.criteria import Misclassification, TargetedMisclassification
    from foolbox.distances import LpDistance

NORMS = {"linf": float("inf"), "l2": 2, "l1": 1}


class ActiveSetAttack(FixedEpsilonAttack):  # type: ignore[misc]
    """An attack within a ball, on the pictures that still resist.

    Subclasses write ``perturb``; as a foolbox attack it can be called on any foolbox model of torch.
    """

    def __init__(self, *, norm: str = "linf") -> None:
        """Choose the ball: ``linf``, ``l2`` or ``l1``."""
        self.norm = norm

    @property
    def distance(self) -> LpDistance:
        """The norm, for foolbox."""
        return LpDistance(NORMS[self.norm])

    @abstractmethod
    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return a picture for each one of the goal, of the same shape, in [0, 1] and within eps.

        Where the goal was not reached it is the nearest miss.

        Args:
            victim: The model.
            goal: Pictures and what they are to be taken for.
            eps: Radius of the ball, in units of the box [0, 1].
        """

    def run(
        self, model: Any, inputs: Any, criterion: Any, *, epsilon: float, early_stop: Any = None, **others: Any
    ) -> Any:
        """Attack a foolbox model: see ``foolbox.attacks.base.FixedEpsilonAttack.run``.

        Args:
            model: A foolbox model with the bounds (0, 1).
            inputs: Pictures.
            criterion: Misclassification or TargetedMisclassification.
            epsilon: Radius of the ball.
            early_stop: Not used: a fooled picture is always dropped.
            others: ``keys``, names of the samples, and ``seed`` for randomness.

        Raises:
            RobustcheckError: The model's bounds are not (0, 1).
        """
        if tuple(model.bounds) != (0, 1):
            raise RobustcheckError(f"the bounds of the model must be (0, 1), not {tuple(model.bounds)}")
        pictures, restore = eagerpy.astensor_(inputs)
        raw = pictures.raw
        keys = tuple(others.get("keys") or map(str, range(len(raw))))
        goal = Goal(raw, *classes_of(get_criterion(criterion), raw.device), keys, others.get("seed", 0))
        found = self.perturb(Victim(lambda part: model(part), size=max(1, len(raw))), goal, epsilon)
        return restore(eagerpy.astensor(found))


def classes_of(criterion: Any, device: torch.device) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return labels and targets of a foolbox criterion; for a targeted one the labels are the targets.

    Raises:
        RobustcheckError: The criterion is another one.
    """
    if isinstance(criterion, Misclassification):
        return criterion.labels.raw.to(device), None
    if isinstance(criterion, TargetedMisclassification):
        targets = criterion.target_classes.raw.to(device)
        return targets, targets
    raise RobustcheckError(
        f"{type(criterion).__name__} is no criterion of ours; use Misclassification or TargetedMisclassification"
    )
