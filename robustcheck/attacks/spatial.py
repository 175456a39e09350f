"""The worst of many rotations and shifts of the model's input, after Engstrom et al. (2019)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.passes import Passes
from robustcheck.attacks.track import Track
from robustcheck.attacks.victim import Victim
from robustcheck.core.errors import RobustcheckError

CORNERS = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
"""The corners of the range: turn, right and down, in shares of the greatest."""


class Spatial(ActiveSetAttack):
    """Tries views one after the other, a batch of pictures at a time, without gradients; fooled pictures drop out.

    There is no ball: what bounds the change is how far the picture is turned and moved. The picture as it is comes first,
    and beside the views.

    Attributes:
        found: Of the pictures that the last ``perturb`` returned: ``angle``, counter-clockwise in degrees, then ``right``
            and ``down``, shares of width and height; float64, each of shape (n,). All 0 where the clean picture was.
    """

    def __init__(
        self,
        *,
        rotation: float = 30.0,
        translation: float = 0.1,
        views: int = 64,
        padding: str = "reflection",
    ) -> None:
        """Choose the views.

        Args:
            rotation: Greatest turn to either side, in degrees.
            translation: Greatest shift to each side, a share of the input's width and height.
            views: Views a picture at most. The first eight are the corners of the range, the others are random.
            padding: ``reflection`` or ``zeros``, where no pixel exists.

        Raises:
            RobustcheckError: The padding is another one.
        """
        super().__init__(norm="")
        if padding not in ("reflection", "zeros"):
            raise RobustcheckError(f"there is no padding {padding}; use reflection or zeros")
        self.rotation = rotation
        self.translation = translation
        self.views = views
        self.padding = padding
        self.found: dict[str, torch.Tensor] = {}
        self._record(torch.zeros(0, 3, dtype=torch.float64))

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return the worst views: see ``ActiveSetAttack.perturb``; eps bounds nothing here."""
        track = Track(goal)
        seen = torch.zeros(len(goal), 3, dtype=torch.float64)
        self._record(seen)
        track.note(goal.pictures, victim.logits(goal.pictures))
        random = track.part.generators("spatial")
        greatest = np.array([self.rotation, self.translation, self.translation])
        for view in range(self.views):
            if not random:
                break
            fixed = view < len(CORNERS)
            drawn = greatest * np.array([CORNERS[view] if fixed else one.uniform(-1, 1, 3) for one in random])
            place, margins = track.place, track.margins.clone()
            current = turned(track.part.pictures, drawn[:, 0], drawn[:, 1:], self.padding)
            resists = track.note(current, victim.logits(current))
            better = ((track.margins > margins) | track.reached)[place].cpu()
            seen[place.cpu()[better]] = torch.from_numpy(drawn)[better]
            if resists is not None:
                random = [one for one, keep in zip(random, resists.tolist(), strict=True) if keep]
        self._record(seen)
        return track.best

    def passes(self, classes: int) -> Passes:
        """Return the passes of one picture that resists, at most: see ``attacks.passes``."""
        return Passes(1 + self.views)

    def _record(self, seen: torch.Tensor) -> None:
        self.found = dict(zip(("angle", "right", "down"), seen.clone().unbind(dim=1), strict=True))


def turned(
    pictures: torch.Tensor,
    angles: NDArray[np.float64],
    shifts: NDArray[np.float64],
    padding: str = "reflection",
    about: NDArray[np.float64] | None = None,
) -> torch.Tensor:
    """Return pictures turned about a point and then moved, resampled bilinearly.

    Args:
        pictures: Shape (n, channels, h, w), in [0, 1].
        angles: Counter-clockwise, in degrees, shape (n,).
        shifts: To the right and down, shares of width and height, shape (n, 2).
        padding: ``reflection`` or ``zeros``.
        about: How far the points lie to the right of the middle and below it, like ``shifts``; the middle by default.
    """
    height, width = pictures.shape[2:]
    ratio = height / width
    rows = []
    for angle, shift, point in zip(angles, shifts, np.zeros_like(shifts) if about is None else about, strict=True):
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        # From the place in the result to the place in the picture, in the coordinates [-1, 1] of torch.
        back = np.array([[cosine, -sine * ratio], [sine / ratio, cosine]])
        rows.append(np.column_stack([back, 2 * point - back @ (2 * (point + shift))]))
    matrix = torch.tensor(np.array(rows).reshape(-1, 2, 3), dtype=pictures.dtype, device=pictures.device)
    grid = functional.affine_grid(matrix, list(pictures.shape), align_corners=False)
    moved = functional.grid_sample(pictures, grid, mode="bilinear", padding_mode=padding, align_corners=False)
    return moved.clamp(0.0, 1.0)
