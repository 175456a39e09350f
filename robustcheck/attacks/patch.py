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
from robustcheck.attacks.passes import GRADIENT, Passes
from robustcheck.attacks.spatial import turned
from robustcheck.attacks.track import Track, best_of
from robustcheck.attacks.victim import Victim
from robustcheck.core.errors import RobustcheckError

ENOUGH = 0.5
"""Share of poses that a sticker must fool before its picture is done."""

TRAVEL = 3.0
"""Sum of all steps of a value, which can move by 1."""

WOBBLE = 0.03
"""Greatest shift of a pose, a share of width and height: two pixels of 64."""

POSES = 16
"""Poses by which a finished sticker is rated."""


class Patch(ActiveSetAttack):
    """Optimises the pixels of a small area and looks for its place, picture by picture.

    The first place tried is where the gradient promises most, the others are random. Each gradient is averaged over the
    sticker as it is and over random poses of it (turned, moved, darker, brighter). A picture counts as fooled by the sticker
    as it is; it is worked on until half of the poses fool the model too, or the steps are over.

    Attributes:
        found: Of the pictures that the last ``perturb`` returned: ``eot_success``, the share of fresh random poses of the
            sticker that reach the goal, shape (n,); NaN where no sticker was needed. Empty without poses.
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
        brightness: float = 0.1,
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
            brightness: Greatest change of a pose's brightness, a share of it.

        Raises:
            RobustcheckError: An argument is none of these or out of range.
        """
        super().__init__(norm="")
        if shape not in ("square", "circle") or place not in ("anywhere", "centre"):
            raise RobustcheckError(
                f"there is no sticker of shape {shape} at place {place}; use square or circle, anywhere or centre"
            )
        if not 0 < area <= 1 or steps < 1 or restarts < 1 or eot < 0:
            raise RobustcheckError(
                "a sticker needs an area above 0 and up to 1, a step, a place, and no less than 0 poses"
            )
        self.area = area
        self.shape = shape
        self.place = place
        self.steps = steps
        self.restarts = restarts
        self.eot = eot
        self.rotation = rotation
        self.brightness = brightness
        self.found = {"eot_success": torch.zeros(0)} if eot else {}

    def stencil(self, height: int, width: int) -> torch.Tensor:
        """Return the sticker's shape: bool, (a, b), of at most its area and at least one pixel."""
        most = self.area * height * width + 1e-9
        if self.shape == "square":
            side = max(1, min(math.floor(math.sqrt(most)), height, width))
            return torch.ones(side, side, dtype=torch.bool)
        side = max(1, min(math.floor(2 * math.sqrt(most / math.pi)), height, width))
        away = (torch.arange(side) - (side - 1) / 2) ** 2
        squared = away[:, None] + away[None, :]
        rings = [squared <= limit for limit in sorted(set(squared.flatten().tolist())) if limit <= (side / 2) ** 2]
        fitting = [ring for ring in rings if ring.sum() <= most]
        return fitting[-1] if fitting else torch.ones(1, 1, dtype=torch.bool)

    def within(self, clean: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
        """Return which pictures are in [0, 1] and differ from the clean ones under one sticker at most: bool, shape (n,)."""
        stencil = self.stencil(*clean.shape[2:])
        changed = (pictures != clean).any(dim=1)
        sound = ((pictures >= 0) & (pictures <= 1)).flatten(1).all(dim=1) & (
            changed.flatten(1).sum(dim=1) <= stencil.sum().item()
        )
        for axis, most in ((2, stencil.shape[0]), (1, stencil.shape[1])):
            line = changed.any(dim=axis).int()
            last = line.shape[1] - line.flip(1).argmax(dim=1)
            sound &= (line.sum(dim=1) == 0) | (last - line.argmax(dim=1) <= most)
        return sound

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return pictures with stickers: see ``ActiveSetAttack.perturb``; eps bounds nothing here."""
        rate = goal.pictures.new_full((len(goal),), float("nan"))
        self.found = {"eot_success": rate} if self.eot else {}
        best = goal.pictures.clone()
        if not len(goal):
            return best
        logits, _losses, gradient = victim.gradient(goal.pictures, loss_of("margin", goal))
        open_ = (~goal.fooled(logits)).nonzero()[:, 0]
        part, promise = goal.at(open_), _promise(goal.pictures, gradient)[open_]
        mask = torch.zeros_like(promise, dtype=torch.bool)
        tried: list[tuple[torch.Tensor, torch.Tensor, Track]] = []
        runs = [partial(self._stick, victim, restart, promise, tried) for restart in range(self.restarts)]
        found = best_of(part, runs)
        best[open_] = found
        if self.eot and len(part):
            for left, masks, track in tried:
                same = (found[left] == track.best).flatten(1).all(dim=1)
                mask[left[same]] = masks[same]
            rate[open_] = self._rate(victim, part, found, mask)
        return best

    def passes(self, classes: int) -> Passes:
        """Return the passes of one picture that resists, at most: see ``attacks.passes``."""
        place = GRADIENT * (self.steps + 1 + self.steps * self.eot)
        return GRADIENT + place * self.restarts + Passes(POSES if self.eot else 0)

    def _stick(
        self,
        victim: Victim,
        restart: int,
        promise: torch.Tensor,
        tried: list[tuple[torch.Tensor, torch.Tensor, Track]],
        goal: Goal,
        left: torch.Tensor,
    ) -> Track:
        # Fooled pictures stay until their poses fool the model too: this method drops them itself.
        track = Track(goal, keep_fooled=True)
        mask = self._masks(goal, promise[left], restart)
        tried.append((left, mask, track))
        content = goal.uniform(0.0, 1.0, "patch", restart)
        random = goal.generators("pose", restart)
        place, part = track.place, goal
        sturdy, held = goal.pictures.clone(), goal.pictures.new_full((len(goal),), -1.0)
        for step in range(self.steps + 1):
            pictures = torch.where(mask, content, part.pictures)
            logits, _losses, gradient = victim.gradient(pictures, loss_of("margin", part))
            track.note(pictures, logits)
            now, posing = part.fooled(logits), torch.zeros(len(part), device=left.device)
            if step == self.steps:
                break
            total = gradient * mask
            for _ in range(self.eot):
                posed, pull = self._pose(part, content, mask, random)
                logits, _losses, gradient = victim.gradient(posed, loss_of("margin", part))
                posing += part.fooled(logits)
                total = total + pull(gradient)
            better = now & (posing > held[place])
            sturdy[place[better]], held[place[better]] = pictures[better], posing[better]
            going = ~(now & (posing >= ENOUGH * self.eot))
            content = (content + TRAVEL / self.steps * total.sign()).clamp(0.0, 1.0)[going]
            place, part, mask = place[going], part.at(going), mask[going]
            track.place, track.part = place, part
            random = [one for one, keep in zip(random, going.tolist(), strict=True) if keep]
            if not len(part):
                break
        # Of stickers that fool the model the one that most poses bear is worth more than the highest margin.
        track.best[held >= 0] = sturdy[held >= 0]
        return track

    def _masks(self, goal: Goal, promise: torch.Tensor, restart: int) -> torch.Tensor:
        """Return where the sticker is in each picture: bool, shape (n, 1, h, w)."""
        height, width = goal.pictures.shape[2:]
        stencil = self.stencil(height, width)
        down, right = height - stencil.shape[0] + 1, width - stencil.shape[1] + 1
        if self.place == "centre":
            corners = [((down - 1) // 2, (right - 1) // 2)] * len(goal)
        else:
            drawn = goal.generators("place", restart)
            corners = [(int(one.integers(down)), int(one.integers(right))) for one in drawn]
        if self.place == "anywhere" and restart == 0:
            sums = functional.conv2d(promise, stencil.to(promise)[None, None]).flatten(1)
            best = [divmod(place, right) for place in sums.argmax(dim=1).tolist()]
            flat = (sums.amax(dim=1) <= 0).tolist()
            corners = [by_chance if blind else led for by_chance, led, blind in zip(corners, best, flat, strict=True)]
        mask = torch.zeros(len(goal), 1, height, width, dtype=torch.bool)
        for row, (top, beside) in enumerate(corners):
            mask[row, 0, top : top + stencil.shape[0], beside : beside + stencil.shape[1]] = stencil
        return mask.to(goal.pictures.device)

    def _pose(
        self, part: Goal, content: torch.Tensor, mask: torch.Tensor, random: list[np.random.Generator]
    ) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
        """Return pictures with the sticker in a random pose, and how a gradient of them is one of its content."""
        drawn = np.array([one.uniform(-1, 1, 4) for one in random]).reshape(-1, 4)
        bright = column(torch.from_numpy((1 + self.brightness * drawn[:, 1]).astype(np.float32)).to(content), content)
        with torch.enable_grad():
            moving = content.detach().requires_grad_(True)
            layers = torch.cat([moving * mask, mask.to(content)], dim=1)
            posed = turned(layers, drawn[:, 0] * self.rotation, drawn[:, 2:] * WOBBLE, "zeros", _middles(mask))
            alpha = posed[:, -1:].detach()
            pictures = (1 - alpha) * part.pictures + torch.minimum(posed[:, :-1] * bright, alpha)

        def pull(gradient: torch.Tensor) -> torch.Tensor:
            with torch.enable_grad():
                (own,) = torch.autograd.grad(pictures, moving, gradient)
            return own

        return pictures.detach().clamp(0.0, 1.0), pull

    def _rate(self, victim: Victim, part: Goal, pictures: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the share of fresh poses of the stickers in some pictures that fool the model: shape (n,)."""
        random = part.generators("pose rate")
        fooled = pictures.new_zeros(len(part))
        for _ in range(POSES):
            posed, _pull = self._pose(part, pictures, mask, random)
            fooled += part.fooled(victim.logits(posed))
        return fooled / POSES


def _promise(pictures: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Return by how much each pixel could raise the loss within the box, to first order: shape (n, 1, h, w)."""
    gain = gradient.clamp_min(0.0) * (1 - pictures) + (-gradient).clamp_min(0.0) * pictures
    return gain.sum(dim=1, keepdim=True)


def _middles(mask: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return how far the middle of each sticker lies right of and below the picture's: shares of its sides, (n, 2)."""
    weight = mask[:, 0].cpu().numpy().astype(np.float64)
    total = weight.sum(axis=(1, 2)).clip(min=1.0)
    height, width = weight.shape[1:]
    across = (weight.sum(axis=1) @ ((np.arange(width) + 0.5) / width - 0.5)) / total
    down = (weight.sum(axis=2) @ ((np.arange(height) + 0.5) / height - 0.5)) / total
    return np.stack([across, down], axis=1)
