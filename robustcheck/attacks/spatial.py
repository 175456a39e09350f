"""The worst of many rotations and shifts of the model's input, after Engstrom et al. (2019)."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.track import Track
from robustcheck.attacks.victim import Victim


class Spatial(ActiveSetAttack):
    """Tries views one after the other, a batch of pictures at a time, without gradients; fooled pictures drop out.

    There is no ball: what bounds the change is how far the picture is turned and moved.
    """

    def __init__(
        self, *, rotation: float = 30.0, translation: float = 0.1, views: int = 64, padding: str = "reflection"
    ) -> None:
        """Choose the views.

        Args:
            rotation: Greatest turn to either side, in degrees.
            translation: Greatest shift to each side, a share of the input's width and height.
            views: Views a picture at most. The first eight are the corners of the range, the others are random.
            padding: ``reflection`` or ``zeros``, where no pixel exists.
        """
        super().__init__(norm="")
        self.rotation = rotation
        self.translation = translation
        self.views = views
        self.padding = padding

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return the worst views: see ``ActiveSetAttack.perturb``; eps bounds nothing here."""
        track = Track(goal)
        random = goal.generators("spatial")
        corners = [(turn, right, down) for turn in (-1.0, 1.0) for right in (-1.0, 1.0) for down in (-1.0, 1.0)]
        for view in range(self.views):
            drawn = np.array([corners[view] if view < len(corners) else one.uniform(-1, 1, 3) for one in random])
            angles, shifts = drawn[:, 0] * self.rotation, drawn[:, 1:] * self.translation
            current = turned(track.part.pictures, angles, shifts, self.padding)
            resists = track.note(current, victim.logits(current))
            if resists is not None:
                random = [one for one, keep in zip(random, resists.tolist(), strict=True) if keep]
            if not random:
                break
        return track.best


def turned(
    pictures: torch.Tensor, angles: NDArray[np.float64], shifts: NDArray[np.float64], padding: str = "reflection"
) -> torch.Tensor:
    """Return pictures turned about their middle and then moved, resampled bilinearly.

    Args:
        pictures: Shape (n, 3, h, w), in [0, 1].
        angles: Counter-clockwise, in degrees, shape (n,).
        shifts: To the right and down, shares of width and height, shape (n, 2).
        padding: ``reflection`` or ``zeros``.
    """
    height, width = pictures.shape[2:]
    rows = []
    for angle, (right, down) in zip(angles, shifts, strict=True):
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        # From the place in the result to the place in the picture, in the coordinates [-1, 1] of torch.
        ratio = height / width
        back = -2 * right, -2 * down
        first = (cosine, -sine * ratio, cosine * back[0] - sine * ratio * back[1])
        second = (sine / ratio, cosine, sine / ratio * back[0] + cosine * back[1])
        rows.append((first, second))
    matrix = torch.tensor(rows, dtype=pictures.dtype, device=pictures.device).view(-1, 2, 3)
    grid = functional.affine_grid(matrix, list(pictures.shape), align_corners=False)
    moved = functional.grid_sample(pictures, grid, mode="bilinear", padding_mode=padding, align_corners=False)
    return moved.clamp(0.0, 1.0)
