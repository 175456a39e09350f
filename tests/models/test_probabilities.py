"""Probabilities are told from logits however they were rounded: both error rates, measured over many trials."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from robustcheck.models.probabilities import kind_of

Change = Callable[[torch.Tensor], torch.Tensor]
CLASSES = (2, 3, 10, 43, 1000)
SPREADS = (0.3, 1.0, 4.0)
TRIALS = 20
ROUNDED: dict[str, Change] = {
    "float32": lambda z: z.softmax(1),
    "bfloat16": lambda z: z.bfloat16().softmax(1),
    "bfloat16 at the end": lambda z: z.softmax(1).bfloat16(),
    "bfloat16 by hand": lambda z: z.bfloat16().exp() / z.bfloat16().exp().sum(1, keepdim=True),
    "float16": lambda z: z.half().softmax(1),
    "bytes over 256, rounded": lambda z: (z.softmax(1) * 256).round() / 256,
    "bytes over 256, cut off": lambda z: (z.softmax(1) * 256).floor().clamp(max=255) / 256,
    "bytes over 255": lambda z: (z.softmax(1) * 255).byte().float() / 255,
    "bytes": lambda z: (z.softmax(1) * 255).byte(),
    "percent": lambda z: z.softmax(1) * 100,
    "whole percent": lambda z: (z.softmax(1) * 100).round(),
    "bfloat16 that sum to 7.3": lambda z: z.softmax(1).bfloat16().float() * 7.3,
    "normalised sigmoids": lambda z: z.sigmoid() / z.sigmoid().sum(1, keepdim=True),
    "log-softmax": lambda z: z.log_softmax(1),
    "bfloat16 log-softmax": lambda z: z.bfloat16().log_softmax(1),
    "float16 log-softmax": lambda z: z.half().log_softmax(1),
}
HONEST: dict[str, Change] = {
    "logits": lambda z: z,
    "within 0 and 1": lambda z: (z - z.min()) / (z.max() - z.min()),
    "sigmoids": lambda z: z.sigmoid(),
    "bfloat16": lambda z: z.bfloat16(),
    "bfloat16, none negative": lambda z: z.bfloat16().float() - z.bfloat16().float().min(),
    "quantised": lambda z: torch.round(z / z.abs().max() * 127) / 16,
    "bytes": lambda z: torch.round((z - z.min()) / (z.max() - z.min()) * 255),
    "bytes over 256": lambda z: torch.round((z - z.min()) / (z.max() - z.min()) * 255) / 256,
    "after a ReLU": lambda z: z.relu(),
    "hardly moving": lambda z: z * 1e-3 + z[:1].abs(),
    "hardly moving bfloat16": lambda z: (z * 1e-3 + z[:1].abs()).bfloat16(),
}


def share(change: Change, classes: int, wanted: bool) -> float:
    """Return how often outputs were called probabilities, or were not."""
    generator = torch.Generator().manual_seed(classes)
    hits = 0
    for spread in SPREADS:
        for _ in range(TRIALS):
            z = torch.randn(16, classes, generator=generator) * spread + torch.randn(classes, generator=generator)
            hits += (kind_of(change(z).float().numpy()) is not None) is wanted
    return hits / (len(SPREADS) * TRIALS)


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("name", ROUNDED)
def test_probabilities_are_not_missed(name: str, classes: int) -> None:
    assert share(ROUNDED[name], classes, wanted=False) <= 0.05


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("name", HONEST)
def test_logits_are_not_called_probabilities(name: str, classes: int) -> None:
    assert share(HONEST[name], classes, wanted=True) <= 0.02


def test_one_hot_rows_are_probabilities_and_zeros_are_not() -> None:
    assert kind_of(np.eye(10, dtype=np.float32)) == "probabilities"
    assert kind_of(np.zeros((10, 300), np.float32)) is None


@pytest.mark.parametrize("size", [1e-7, 1e-5, 1e-3])
@pytest.mark.parametrize("classes", [3, 10, 1000])
def test_tiny_values_after_a_relu_lie_on_no_grid(classes: int, size: float) -> None:
    rows = np.random.default_rng(0).normal(size=(16, classes)).clip(min=0).astype(np.float32)
    assert kind_of(rows * np.float32(size)) is None


def test_untrained_networks_are_not_called_probabilities() -> None:
    for seed in range(60):
        torch.manual_seed(seed)
        net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
        assert kind_of(net(torch.rand(16, 3, 4, 4)).detach().numpy()) is None
