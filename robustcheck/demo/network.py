"""The demo's model: a small convolutional network for pictures of 64 x 64 pixels."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path

import torch
from torch import nn

from robustcheck.errors import ModelError, did_you_mean

WEIGHTS = Path(__file__).with_name("weights")
"""Folder of the weights that come with the package, each with its provenance beside it."""

PRETRAINED = ("signs-robot", "signs-web", "signs-hardened")


class SignNetwork(nn.Module):
    """Five convolutions with batch normalisation, then two linear layers over a 4 x 4 grid.

    The grid keeps where things stand in the picture: trained on centred signs only, the network
    relies on it, as many a deployed classifier does.
    """

    def __init__(self, classes: int) -> None:
        """Build the layers with fresh weights.

        Args:
            classes: Number of outputs.
        """
        super().__init__()
        widths = (3, 16, 32, 48, 64)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [*_convolution(before, after), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*layers, *_convolution(64, 64))
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(64 * 4 * 4, 56), nn.ReLU(), nn.Dropout(0.2), nn.Linear(56, classes)
        )

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Map pictures (n, 3, 64, 64), scaled to [-1, 1], to logits (n, classes)."""
        logits: torch.Tensor = self.head(self.features(pictures))
        return logits


def build(classes: int = 14, pretrained: str | None = None) -> nn.Module:
    """Build the network, in evaluation mode.

    Args:
        classes: Number of outputs.
        pretrained: ``signs-robot``, ``signs-web`` or ``signs-hardened`` loads the weights that come with the package;
            otherwise the weights are fresh.

    Raises:
        ModelError: No such weights come with the package, they are damaged, or they have another
            number of classes.
    """
    network = SignNetwork(classes)
    if pretrained is not None:
        network.load_state_dict(_weights(pretrained, classes))
    return network.eval()


def _convolution(before: int, after: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()


def _weights(name: str, classes: int) -> dict[str, torch.Tensor]:
    from safetensors.torch import load

    if name not in PRETRAINED:
        raise ModelError(f"no weights {name} come with robustcheck; {did_you_mean(name, PRETRAINED)}")
    stored = (WEIGHTS / f"{name}.safetensors").read_bytes()
    provenance = json.loads((WEIGHTS / f"{name}.json").read_text("utf-8"))
    if hashlib.sha256(stored).hexdigest() != provenance["sha256"]:
        raise ModelError(f"the weights {name} that come with robustcheck are damaged; install the package again")
    if classes != len(provenance["classes"]):
        raise ModelError(
            f"the weights {name} know {len(provenance['classes'])} classes, not {classes}; set classes: {len(provenance['classes'])}"
        )
    state: dict[str, torch.Tensor] = load(stored)
    return state
