"""A torch module as a predictor: preprocessing inside, outputs checked, nothing left changed."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from robustcheck.core.errors import ModelError
from robustcheck.core.imports import told
from robustcheck.domain.config import ModelEntry, Preprocessing, order_notes
from robustcheck.models.checks import check_batch, check_first_batch, out_of_memory
from robustcheck.models.determinism import steady
from robustcheck.models.identity import digest_of_module, digest_with_input
from robustcheck.models.outputs import NOTES, as_logits
from robustcheck.models.weights import Digest


class ModulePredictor:
    """A module in evaluation mode on its device; see ``robustcheck.models.predictor.Predictor``.

    Attributes:
        entry: What ``configs/models.yaml`` says of it.
        module: The user's module.
        digest: sha256 over parameters, buffers, source code, options, preprocessing and classes.
        device: Where it runs.
        notes: What a report must say of it.
        weights: Digest of its weights file or folder as it was loaded, if it has any.
    """

    def __init__(self, entry: ModelEntry, module: torch.nn.Module, device: str, *, content: str = "") -> None:
        """Move the module to its device.

        Args:
            entry: What ``configs/models.yaml`` says of it.
            module: Maps normalised (n, 3, h, w) to logits (n, classes); (n, 1, h, w) where its channel is gray.
            device: Such as ``cpu`` or ``cuda:0``.
            content: Digest of what says more about the module than its state, if there is anything.
        """
        self.device = device
        self.notes: tuple[str, ...]
        self.weights: Digest | None = None
        self.module = module
        self._content, self.notes = self._identity(entry, content)
        if entry.outputs != "logits":
            self.notes += (f"the model {entry.name}: {NOTES[entry.outputs]}",)
        self.notes += order_notes(entry.preprocessing)
        self._configure(entry)
        self._checked = False
        with contextlib.suppress(Exception):
            # A module with parameters of five dimensions, say, cannot be laid out this way, and need not be.
            module.to(memory_format=torch.channels_last)
        try:
            module.to(device)
        except Exception as error:
            if out_of_memory(error):
                raise
            raise ModelError(
                f"{entry.where}: the model {entry.name} cannot be moved to {device}: {told(error, entry.root)}"
            ) from error

    def _identity(self, entry: ModelEntry, content: str) -> tuple[str, tuple[str, ...]]:
        return digest_of_module(entry, self.module, content)

    def _configure(self, entry: ModelEntry) -> None:
        self.entry = entry
        self.digest = digest_with_input(self._content, entry)
        preprocessing = entry.preprocessing
        if {len(preprocessing.mean), len(preprocessing.std)} != {preprocessing.count}:
            raise ModelError(
                f"{entry.where}: mean and std of {entry.name} need one number for each of {preprocessing.count} channels"
            )
        self._turned = preprocessing.channels == "bgr"
        self._mean = torch.tensor(preprocessing.mean, dtype=torch.float32, device=self.device).view(1, -1, 1, 1)
        self._std = torch.tensor(preprocessing.std, dtype=torch.float32, device=self.device).view(1, -1, 1, 1)

    def with_preprocessing(self, preprocessing: Preprocessing) -> Self:
        """Return the same model behind another preprocessing; nothing is loaded again."""
        other = copy.copy(self)
        other._configure(dataclasses.replace(self.entry, preprocessing=preprocessing))
        return other

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Map (n, 3, h, w) RGB, or (n, 1, h, w) gray, in [0, 1] to logits, differentiably."""
        ordered = pictures[:, [2, 1, 0]] if self._turned else pictures
        logits: torch.Tensor = as_logits(self._run((ordered - self._mean) / self._std), self.entry)
        return logits

    def logits(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict for (n, h, w, 3) uint8 RGB, without gradients.

        Raises:
            ModelError: The model's own code fails, or its output is not what a classifier gives; see
                ``robustcheck.models.checks``.
        """
        with torch.inference_mode(), steady():
            if not self._checked:
                self.notes += check_first_batch(self._predict, pictures, self.entry, self.module)
                self._checked = True
            return check_batch(self._predict(pictures), len(pictures), self.entry)

    def _predict(self, pictures: NDArray[np.uint8]) -> Any:
        boxed = in_box(pictures, self.entry.preprocessing, self.device)
        try:
            return self.forward(boxed)
        except ModelError:
            raise
        except Exception as error:
            if out_of_memory(error):
                raise
            raise ModelError(
                f"the model {self.entry.name} failed on a float32 batch of shape {tuple(boxed.shape)}: "
                f"{told(error, self.entry.root)}{self._other_channels(boxed.shape[1])}"
            ) from error

    def _other_channels(self, count: int) -> str:
        """Say what to write where the first layer takes another number of channels."""
        first = next((part for part in self.module.modules() if hasattr(part, "in_channels")), None)
        wanted = getattr(first, "in_channels", count)
        key = {1: "gray", 3: "rgb or bgr"}.get(wanted) if wanted != count else None
        return f"; its first layer takes {wanted} channels: write input.channels: {key}" if key else ""

    def _run(self, normalised: torch.Tensor) -> Any:
        return self.module(normalised)


def in_box(pictures: NDArray[np.uint8], preprocessing: Preprocessing, device: str) -> torch.Tensor:
    """Return what ``forward`` takes: float32 in [0, 1], shape (n, 3, h, w), or (n, 1, h, w) where the model's channel is gray.

    Args:
        pictures: Inputs as they were rendered, shape (n, h, w, 3), uint8; those of a gray model have three equal channels.
        preprocessing: The model's own.
        device: Where the pictures go.
    """
    wanted = pictures[..., :1] if preprocessing.channels == "gray" else pictures
    # Torch warns of arrays that may not be written to, which is an error in many a project's tests.
    uploaded = torch.from_numpy(np.require(wanted, requirements=["C", "W"])).to(device)
    # A permuted NHWC batch already lies in memory as channels-last wants it.
    return uploaded.permute(0, 3, 1, 2).float().div_(255.0)


def choose_device(wanted: str) -> str:
    """Return the device to use.

    Raises:
        ModelError: The machine has no such device.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda:0"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise ModelError(f"there is no device {wanted}; it is auto, cpu, cuda, cuda:1 or mps") from None
    available = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (device.index or 0) >= available.get(device.type, 0):
        raise ModelError(f"this machine has no device {wanted}; leave the device at auto, or use cpu")
    return "cuda:0" if wanted == "cuda" else wanted
