"""What the engine asks of a model, whatever kind it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.config import ModelEntry, Preprocessing

if TYPE_CHECKING:
    import torch


class Predictor(Protocol):
    """A model that is loaded, in evaluation mode, on its device.

    Attributes:
        entry: What ``configs/models.yaml`` says of it.
        digest: sha256 over everything that decides its outputs: parameters and buffers, the source
            files of its module classes, and the preprocessing. Hexadecimal.
        device: Such as ``cpu`` or ``cuda:0``.
    """

    entry: ModelEntry
    digest: str
    device: str

    def logits(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict for a batch, without gradients.

        Args:
            pictures: Shape (n, h, w, 3), RGB (three equal channels where ``channels`` is gray), of the model's input size, not
                normalised.

        Returns:
            Shape (n, classes).

        Raises:
            ModelError: The output has another shape, is not finite, or is a softmax already (each is
                looked for on the first batch and again, where cheap, on every batch).
        """
        ...

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Map pictures in the box to logits, differentiably: the model that attacks will see.

        Args:
            pictures: Shape (n, 3, h, w), RGB, or (n, 1, h, w) where ``channels`` is gray; float32 in [0, 1], on the model's
                device.

        Returns:
            Shape (n, classes).
        """
        ...

    def with_preprocessing(self, preprocessing: Preprocessing) -> Self:
        """Return the same model behind another preprocessing; nothing is loaded again."""
        ...
