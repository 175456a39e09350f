"""Gradient steps against the demo's network while it is trained; what gates models is in ``robustcheck.attacks``."""

from __future__ import annotations

import torch
from torch.nn import functional

SCALE = 2.0
"""The network sees the box [0, 1] stretched to [-1, 1]."""

STEPS = 20


def harden(
    network: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor, eps: float, steps: int
) -> torch.Tensor:
    """Return inputs that the network misreads more: projected gradient ascent from a random start.

    Args:
        network: In any mode, which is kept; its weights collect no gradients.
        inputs: Shape (n, 3, h, w), in [-1, 1].
        targets: Classes, shape (n,).
        eps: Linf radius in the box [0, 1].
        steps: Gradient steps, each of 2.5 * eps / steps.
    """
    mode = network.training
    network.eval()
    radius = SCALE * eps
    changed = (inputs + torch.empty_like(inputs).uniform_(-radius, radius)).clamp(-1, 1)
    for _ in range(steps):
        changed = changed.detach().requires_grad_(True)
        loss = functional.cross_entropy(network(changed), targets, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, changed)
        moved = changed.detach() + 2.5 * radius / steps * gradient.sign()
        changed = torch.minimum(torch.maximum(moved, inputs - radius), inputs + radius).clamp(-1, 1)
    network.train(mode)
    return changed.detach()


def robust_accuracy(network: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor, eps: float) -> float:
    """Return the share of inputs that 20 steps leave right: at most so many are robust.

    Args:
        network: In evaluation mode.
        inputs: Shape (n, 3, h, w), in [-1, 1].
        targets: Classes, shape (n,).
        eps: Linf radius in the box [0, 1].
    """
    right = 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for part, wanted in zip(torch.split(inputs, 64), torch.split(targets, 64), strict=True):
            changed = harden(network, part, wanted, eps, STEPS)
            with torch.inference_mode():
                right += int(
                    ((network(changed).argmax(dim=1) == wanted) & (network(part).argmax(dim=1) == wanted)).sum()
                )
    return right / len(targets)
