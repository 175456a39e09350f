"""Forward passes with a batch size that fits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import ModelError, NotFiniteError
from robustcheck.models.predictor import Predictor

CPU_BATCH = 32
ACCELERATOR_BATCH = 256


class Forward:
    """Runs a predictor on batches and halves the pictures a pass when memory runs out.

    Attributes:
        size: Pictures a pass; only ever shrinks.
        pictures: Pictures that went through the model so far.
    """

    def __init__(self, predictor: Predictor, batch_size: int | None) -> None:
        """Take the size asked for, or one that suits the device."""
        self._predictor = predictor
        self.size = batch_size or (CPU_BATCH if predictor.device == "cpu" else ACCELERATOR_BATCH)
        self.pictures = 0

    def __call__(self, pixels: NDArray[np.uint8], names: Sequence[str] = ()) -> NDArray[np.float32]:
        """Return the logits of any number of pictures, shape (n, classes).

        Args:
            pixels: Shape (n, h, w, 3).
            names: What the pictures are called in messages.

        Raises:
            ModelError: Not even one picture fits into memory, or the model misbehaves.
        """
        parts = []
        start = 0
        while start < len(pixels):
            part = pixels[start : start + self.size]
            try:
                parts.append(self._predictor.logits(part))
            except NotFiniteError as error:
                raise error.named(names[start : start + self.size]) from None
            except (RuntimeError, MemoryError) as error:
                if not _memory_ran_out(error):
                    raise
                if self.size == 1:
                    raise ModelError(
                        f"one picture of {part.shape[1]}x{part.shape[2]} does not fit into the memory of {self._predictor.device}"
                    ) from error
                self.size = max(1, min(self.size, len(part)) // 2)
                _release(self._predictor.device)
                continue
            start += len(part)
            self.pictures += len(part)
        return np.concatenate(parts)


def _memory_ran_out(error: BaseException) -> bool:
    from robustcheck.models.checks import out_of_memory

    return out_of_memory(error)


def _release(device: str) -> None:
    import torch

    if device.startswith("cuda"):
        torch.cuda.empty_cache()
