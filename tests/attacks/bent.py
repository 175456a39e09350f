"""Networks whose outputs are right and whose gradients are not, and honest ones that look alike."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

Model = Callable[[torch.Tensor], torch.Tensor]
Change = Callable[[torch.Tensor], torch.Tensor]


class Bend(torch.autograd.Function):
    """Gives back what it gets, and a changed gradient."""

    @staticmethod
    def forward(ctx: Any, pictures: torch.Tensor, change: Change) -> torch.Tensor:
        ctx.change = change
        return pictures.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return ctx.change(gradients[0]), None


def kept(gradient: torch.Tensor, *place: Any) -> torch.Tensor:
    """Return the gradient at a place, and zero elsewhere."""
    changed = torch.zeros_like(gradient)
    changed[place] = gradient[place]
    return changed


def pooled(gradient: torch.Tensor, side: int) -> torch.Tensor:
    return functional.interpolate(functional.avg_pool2d(gradient, side), scale_factor=side, mode="nearest")


def noise_like(gradient: torch.Tensor) -> torch.Tensor:
    drawn = torch.randn(gradient.shape, generator=torch.Generator().manual_seed(1))
    return drawn * gradient.flatten(1).std(dim=1).view(-1, 1, 1, 1)


def clipped(gradient: torch.Tensor) -> torch.Tensor:
    least = gradient.abs().flatten(1).median(dim=1).values.view(-1, 1, 1, 1)
    return gradient.clamp(-least / 10, least / 10)


BENDS: dict[str, Change] = {
    "a corner": lambda gradient: kept(gradient, ..., slice(8), slice(8)),
    "a strip": lambda gradient: kept(gradient, ..., slice(4), slice(None)),
    "an average of 16": lambda gradient: pooled(gradient, 16),
    "an average of 8": lambda gradient: pooled(gradient, 8),
    "one channel": lambda gradient: kept(gradient, slice(None), slice(1)),
    "half of the picture": lambda gradient: kept(gradient, ..., slice(32)),
    "every fourth pixel": lambda gradient: kept(gradient, ..., slice(None, None, 2), slice(None, None, 2)),
    "channels turned": lambda gradient: gradient.roll(1, dims=1),
    "moved aside": lambda gradient: gradient.roll(6, dims=3),
    "mirrored": lambda gradient: gradient.flip(3),
    "negative": lambda gradient: -gradient,
    "noisy": lambda gradient: gradient + 3 * noise_like(gradient),
    "nothing but noise": noise_like,
    "clipped": clipped,
    "scaled": lambda gradient: gradient * 1e-3,
}


def delayed(model: Model) -> Model:
    """Give back the gradient of the call before."""
    before: list[torch.Tensor] = []

    def change(gradient: torch.Tensor) -> torch.Tensor:
        before.append(gradient.clone())
        return before.pop(0) if len(before) > 1 and before[0].shape == gradient.shape else gradient

    return lambda pictures: model(Bend.apply(pictures, change))


def per_class(model: Model) -> Model:
    """Lie for pictures of half of the classes."""

    def forward(pictures: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            lies = (model(pictures).argmax(dim=1) % 2 == 0).view(-1, 1, 1, 1)
        return model(Bend.apply(pictures, lambda gradient: torch.where(lies, gradient.roll(9, dims=2), gradient)))

    return forward


def straight_through(model: Model, levels: int) -> Model:
    """See few grey levels, with the gradient of a network that sees all."""
    return lambda pictures: model(pictures + ((pictures * levels).round() / levels - pictures).detach())


def surrogate(model: Model, other: Model) -> Model:
    """Answer as one network, with the gradient of another."""

    def forward(pictures: torch.Tensor) -> torch.Tensor:
        answer = other(pictures)
        return answer + (model(pictures) - answer).detach()

    return forward


def bent_models(model: Model, other: Model) -> dict[str, Model]:
    """Return twenty networks with the outputs of ``model``, or nearly so, that answer gradients with something else."""
    simple = {
        name: lambda pictures, change=change: model(Bend.apply(pictures, change)) for name, change in BENDS.items()
    }
    return {
        **simple,
        "delayed by one step": delayed(model),
        "some classes": per_class(model),
        "straight through 8 levels": straight_through(model, 7),
        "straight through 16 levels": straight_through(model, 15),
        "that of another network": surrogate(model, other),
    }


class Quantised(nn.Module):
    """A layer with weights and outputs of eight bits, as it is trained for integer arithmetic."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        from torch.ao.quantization import (
            FakeQuantize,
            MovingAverageMinMaxObserver,
            default_per_channel_weight_fake_quant,
        )

        self.layer: Any = layer
        self.weights = default_per_channel_weight_fake_quant()
        self.outputs = FakeQuantize(observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        weights = self.weights(self.layer.weight)
        if isinstance(self.layer, nn.Conv2d):
            given = self.layer._conv_forward(inputs, weights, self.layer.bias)
        else:
            given = functional.linear(inputs, weights, self.layer.bias)
        outputs: torch.Tensor = self.outputs(given)
        return outputs


def quantisation_aware(module: nn.Module, pictures: torch.Tensor) -> nn.Module:
    """Return a copy of a network, fake-quantised and calibrated on some pictures, in evaluation."""
    made = copy.deepcopy(module)
    for parent in list(made.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, (nn.Conv2d, nn.Linear)):
                setattr(parent, name, Quantised(child))
    with torch.no_grad():
        made(pictures)
    for one in made.modules():
        if isinstance(one, Quantised):
            for quantiser in (one.weights, one.outputs):
                quantiser.disable_observer()
    return made
