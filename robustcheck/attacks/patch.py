"""A sticker within the picture: Brown et al. (2017), and LaVAN of Karmon et al. (2018)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch.nn import functional

from robustcheck.attacks.balls import column
from robustcheck.attacks.base import ActiveSetAttack
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import loss_of
from robustcheck.attacks.spatial import turned
from robustcheck.attacks.track import Track, best_of
from robustcheck.attacks.victim import Victim

ENOUGH = 0.5
"""Share of poses that a sticker must fool before its picture is done."""

TRAVEL = 3.0
"""Sum of all steps of a value, which can move by 1."""

BRIGHTNESS = 0.1


class Patch(ActiveSetAttack):
    """Optimises the pixels of a small area and looks for its place, picture by picture.

    The first place tried is where the gradient is largest, the others are random. Each gradient is averaged over the sticker
    as it is and over random poses of it (turned, darker, brighter). A picture counts as fooled by the sticker as it is; it is
    worked on until most poses fool the model too, or the steps are over.
    """

    def __init__(
        self,
        *,
        area: float,
        shape: str = "square",
        place: str = "anywhere",
        steps: int = 60,
        restarts: int = 3,
        eot: int = 4,
        rotation: float = 10.0,
    ) -> None:
        """Choose the sticker.

        Args:
            area: Share of the input that it covers at most.
            shape: ``square`` or ``circle``.
            place: ``anywhere`` or ``centre``.
            steps: Gradient steps a place.
            restarts: Places tried.
            eot: Random poses a step.
            rotation: Greatest turn of a pose, in degrees.
        """
        super().__init__(norm="")
        self.area = area
        self.shape = shape
        self.place = place
        self.steps = steps
        self.restarts = restarts
        self.eot = eot
        self.rotation = rotation

    def stencil(self, height: int, width: int) -> torch.Tensor:
        """Return the sticker's shape: bool, (a, b), of at most its area and at least one pixel."""
        if self.shape == "square":
            side = max(1, min(math.floor(math.sqrt(self.area * height * width)), height, width))
            return torch.ones(side, side, dtype=torch.bool)
        radius = math.sqrt(self.area * height * width / math.pi)
        side = max(1, min(math.floor(2 * radius), height, width))
        away = (torch.arange(side) - (side - 1) / 2) ** 2
        inside: torch.Tensor = away[:, None] + away[None, :] <= max(radius - 0.5, 0.0) ** 2 + 1e-9
        return inside if inside.any() else torch.ones(1, 1, dtype=torch.bool)

    def within(self, clean: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
        """Return which pictures differ from the clean ones in one window of the sticker's size at most: shape (n,)."""
        stencil = self.stencil(*clean.shape[2:])
        changed = (pictures != clean).any(dim=1)
        few = changed.flatten(1).sum(dim=1) <= stencil.sum()
        spans = []
        for axis, most in ((2, stencil.shape[0]), (1, stencil.shape[1])):
            line = changed.any(dim=axis)
            last = line.shape[1] - line.flip(1).double().argmax(dim=1)
            spans.append(~line.any(dim=1) | (last - line.double().argmax(dim=1) <= most))
        return few & spans[0] & spans[1]

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return pictures with stickers: see ``ActiveSetAttack.perturb``; eps bounds nothing here."""
        return best_of(goal, [partial(self._stick, victim, restart) for restart in range(self.restarts)])

    def _stick(self, victim: Victim, restart: int, goal: Goal, left: torch.Tensor) -> Track:
        track = Track(goal, keep_fooled=True)
        mask = self._masks(victim, goal, restart)
        content = goal.uniform(0.0, 1.0, "patch", restart)
        random = goal.generators("pose", restart)
        place, part = torch.arange(len(goal), device=left.device), goal
        for step in range(self.steps + 1):
            pictures = torch.where(mask, content, part.pictures)
            logits, _losses, gradient = victim.gradient(pictures, loss_of("margin", part))
            track.note(pictures, logits)
            total, fooled = gradient * mask, torch.zeros(len(part), device=left.device)
            if step == self.steps:
                break
            for _ in range(self.eot):
                posed, pull = self._pose(part, content, mask, random)
                logits, _losses, gradient = victim.gradient(posed, loss_of("margin", part))
                fooled += part.fooled(logits)
                total = total + pull(gradient)
            content = (content + TRAVEL / self.steps * total.sign()).clamp(0.0, 1.0)
            going = ~(track.reached[place] & (fooled >= ENOUGH * self.eot))
            if not going.all():
                place, part, content, mask = place[going], part.at(going), content[going], mask[going]
                track.place, track.part = place, part
                random = [one for one, keep in zip(random, going.tolist(), strict=True) if keep]
                if not len(part):
                    break
        return track

    def _masks(self, victim: Victim, goal: Goal, restart: int) -> torch.Tensor:
        """Return where the sticker is in each picture: bool, shape (n, 1, h, w)."""
        height, width = goal.pictures.shape[2:]
        stencil = self.stencil(height, width)
        down, right = height - stencil.shape[0] + 1, width - stencil.shape[1] + 1
        if self.place == "centre":
            corners = [((down - 1) // 2, (right - 1) // 2)] * len(goal)
        elif restart == 0:
            _logits, _losses, gradient = victim.gradient(goal.pictures, loss_of("margin", goal))
            energy = gradient.abs().sum(dim=1, keepdim=True)
            window = stencil.to(energy)[None, None]
            best = functional.conv2d(energy, window).flatten(1).argmax(dim=1)
            corners = [divmod(int(place), right) for place in best]
        else:
            drawn = goal.generators("place", restart)
            corners = [(int(one.integers(down)), int(one.integers(right))) for one in drawn]
        mask = torch.zeros(len(goal), 1, height, width, dtype=torch.bool)
        for row, (top, beside) in enumerate(corners):
            mask[row, 0, top : top + stencil.shape[0], beside : beside + stencil.shape[1]] = stencil
        return mask.to(goal.pictures.device)

    def _pose(
        self, part: Goal, content: torch.Tensor, mask: torch.Tensor, random: list[np.random.Generator]
    ) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
        """Return pictures with the sticker in a random pose, and how a gradient of them is one of its content."""
        drawn = np.array([one.uniform(-1, 1, 2) for one in random]).reshape(-1, 2)
        bright = column(torch.from_numpy(1 + BRIGHTNESS * drawn[:, 1]).to(content), content)
        shifts = _off_centre(mask).cpu().numpy()
        still = np.zeros(len(drawn))
        with torch.enable_grad():
            moving = content.detach().requires_grad_(True)
            # Moved to the middle, turned there, and moved back: the pose of a sticker that turns about itself.
            middle = turned(torch.cat([moving, mask.to(content)], dim=1), still, -shifts, "zeros")
            posed = turned(turned(middle, drawn[:, 0] * self.rotation, 0 * shifts, "zeros"), still, shifts, "zeros")
            alpha = posed[:, 3:].detach()
            pictures = (1 - alpha) * part.pictures + alpha * (posed[:, :3] * bright).clamp(0.0, 1.0)

        def pull(gradient: torch.Tensor) -> torch.Tensor:
            with torch.enable_grad():
                (own,) = torch.autograd.grad(pictures, moving, gradient)
            return own * mask

        return pictures.detach().clamp(0.0, 1.0), pull


def _off_centre(mask: torch.Tensor) -> torch.Tensor:
    """Return how far the middle of each sticker lies from that of the picture: shares of width and height, (n, 2)."""
    height, width = mask.shape[2:]
    weight = mask[:, 0].double()
    total = weight.flatten(1).sum(dim=1)
    across = (torch.arange(width, device=mask.device) + 0.5) / width - 0.5
    down = (torch.arange(height, device=mask.device) + 0.5) / height - 0.5
    return torch.stack(
        [(weight.sum(dim=1) @ across.double()) / total, (weight.sum(dim=2) @ down.double()) / total], dim=1
    )
