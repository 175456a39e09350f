"""What an attack is to reach: pictures, what they must no longer (or must) be taken for, and keyed randomness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from robustcheck.core import seeds


@dataclass(frozen=True, slots=True)
class Goal:
    """Pictures under attack.

    Attributes:
        pictures: Shape (n, 3, h, w), float32 in [0, 1], on the model's device.
        labels: True classes, shape (n,), int64.
        targets: Classes that the pictures are to be taken for, shape (n,), int64; ``None`` where any wrong one does.
        keys: Names of the samples, n texts: what randomness is keyed by.
        seed: The suite's.
    """

    pictures: torch.Tensor
    labels: torch.Tensor
    targets: torch.Tensor | None
    keys: tuple[str, ...]
    seed: int = 0

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.labels)

    def fooled(self, logits: torch.Tensor) -> torch.Tensor:
        """Return which logits, shape (n, classes), reach the goal: shape (n,), bool.

        Of several best classes a wrong one counts, as everywhere in robustcheck: see ``measure.records.predicted_of``.
        """
        own = self.labels[:, None]
        best, other = logits.scatter(1, own, float("-inf")).max(dim=1)
        predicted = torch.where(best >= logits.gather(1, own)[:, 0], other, self.labels)
        return predicted != self.labels if self.targets is None else predicted == self.targets

    def at(self, index: torch.Tensor) -> Goal:
        """Return the goal for some of the pictures, by positions (int64) or by a mask (bool)."""
        if index.dtype == torch.bool:
            index = index.nonzero()[:, 0]
        keys = tuple(self.keys[place] for place in index.tolist())
        targets = None if self.targets is None else self.targets[index]
        return Goal(self.pictures[index], self.labels[index], targets, keys, self.seed)

    def generators(self, *stream: object) -> list[np.random.Generator]:
        """Return one random stream a picture, keyed by seed, sample and what it is for.

        The same picture gets the same numbers in any batch and order. Draws are made on the CPU.
        """
        return [_generator(self.seed, key, stream) for key in self.keys]

    def uniform(self, low: float, high: float, *stream: object) -> torch.Tensor:
        """Return uniform noise of the pictures' shape, dtype and device."""
        shape = self.pictures.shape[1:]
        noise = np.stack([one.uniform(low, high, shape) for one in self.generators(*stream)] or [np.zeros((0, *shape))])
        return torch.from_numpy(noise.reshape(len(self), *shape)).to(self.pictures)

    def normal(self, *stream: object) -> torch.Tensor:
        """Return standard normal noise of the pictures' shape, dtype and device."""
        shape = self.pictures.shape[1:]
        noise = [one.standard_normal(shape) for one in self.generators(*stream)] or [np.zeros((0, *shape))]
        return torch.from_numpy(np.stack(noise).reshape(len(self), *shape)).to(self.pictures)


def _generator(seed: int, key: str, stream: Sequence[object]) -> np.random.Generator:
    return seeds.stream(seed, key, *stream)
