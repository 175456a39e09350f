"""Balls of a norm within the box [0, 1]: norms, projections and steepest steps."""

from __future__ import annotations

import torch


def norms_of(change: torch.Tensor, norm: str) -> torch.Tensor:
    """Return the norm of each change: shape (n,), for changes of shape (n, ...) and ``linf``, ``l2``, ``l1`` or ``l0``.

    ``l0`` counts values, not pixels.
    """
    flat = change.flatten(1)
    if norm == "linf":
        return flat.abs().amax(dim=1)
    if norm == "l2":
        return flat.square().sum(dim=1).sqrt()
    if norm == "l1":
        return flat.abs().sum(dim=1)
    return (flat != 0).sum(dim=1).to(change.dtype)


def column(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return values (n,) in a shape that multiplies ``like`` (n, ...)."""
    return values.view(-1, *([1] * (like.ndim - 1)))


def project(pictures: torch.Tensor, clean: torch.Tensor, eps: float, norm: str) -> torch.Tensor:
    """Return the pictures moved into the ball around the clean ones, then clipped to the box [0, 1].

    Clipping moves each value towards its clean one, so that it never leaves the ball.
    """
    change = pictures - clean
    if norm == "linf":
        change = change.clamp(-eps, eps)
    elif norm == "l2":
        length = norms_of(change, "l2")
        change = change * column((eps / length.clamp_min(1e-12)).clamp_max(1.0), change)
    else:
        change = project_l1(change, eps)
    return (clean + change).clamp(0.0, 1.0)


def project_l1(change: torch.Tensor, eps: float) -> torch.Tensor:
    """Return the nearest point of the L1 ball to each change: soft thresholding after Duchi et al. (2008)."""
    flat = change.flatten(1)
    magnitude = flat.abs()
    ordered = magnitude.sort(dim=1, descending=True).values
    excess = ordered.cumsum(dim=1) - eps
    count = torch.arange(1, flat.shape[1] + 1, device=flat.device, dtype=flat.dtype)
    kept = (ordered * count > excess).sum(dim=1).clamp_min(1)
    threshold = excess.gather(1, kept[:, None] - 1)[:, 0] / kept
    inside = magnitude.sum(dim=1) <= eps
    threshold = torch.where(inside, torch.zeros_like(threshold), threshold).clamp_min(0)
    return (flat.sign() * (magnitude - threshold[:, None]).clamp_min(0)).view_as(change)


def steepest(gradient: torch.Tensor, norm: str) -> torch.Tensor:
    """Return the step of length 1 in the norm along which a loss grows fastest, or for ``l1`` nearly so.

    For ``l1`` the largest hundredth of the values share the step, since a single value would meet the box at once.
    """
    if norm == "linf":
        return gradient.sign()
    if norm == "l2":
        return gradient / column(norms_of(gradient, "l2").clamp_min(1e-12), gradient)
    flat = gradient.flatten(1)
    count = max(1, flat.shape[1] // 100)
    least = flat.abs().topk(count, dim=1).values[:, -1:]
    chosen = flat.sign() * (flat.abs() >= least.clamp_min(1e-30))
    return (chosen / chosen.abs().sum(dim=1, keepdim=True).clamp_min(1)).view_as(gradient)
