"""Architectures of torchvision and timm, always without a download."""

from __future__ import annotations

from typing import Any

import torch

from robustcheck.errors import ModelError, did_you_mean
from robustcheck.language.entries import ModelEntry
from robustcheck.models.weights import Weights, load_into


def build_torchvision(entry: ModelEntry, weights: Weights | None) -> torch.nn.Module:
    """Build an architecture of torchvision and load its weights.

    Raises:
        ModelError: torchvision has no such classifier, or the weights fail.
    """
    import torchvision

    name = str(entry.options["architecture"])
    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        raise ModelError(f"{entry.where}: torchvision has no classifier {name}; {did_you_mean(name, known)}")
    # Both are published with their auxiliary classifiers, which are silent in evaluation mode.
    extra: dict[str, Any] = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    module = torchvision.models.get_model(name, weights=None, num_classes=len(entry.classes), **extra)
    return _loaded(module, entry, weights)


def build_timm(entry: ModelEntry, weights: Weights | None) -> torch.nn.Module:
    """Build an architecture of timm and load its weights.

    Raises:
        ModelError: timm is not installed or has no such model, or the weights fail.
    """
    try:
        import timm
    except ModuleNotFoundError:
        raise ModelError(
            f"{entry.where}: the model {entry.name} needs timm: pip install 'pytest-robustcheck[timm]'"
        ) from None
    name = str(entry.options["architecture"])
    known = timm.list_models()
    # Behind a dot timm names a set of weights, which are not fetched here.
    if name.partition(".")[0] not in known:
        raise ModelError(f"{entry.where}: timm has no model {name}; {did_you_mean(name, known)}")
    module = timm.create_model(name.partition(".")[0], pretrained=False, num_classes=len(entry.classes))
    return _loaded(module, entry, weights)


def _loaded(module: torch.nn.Module, entry: ModelEntry, weights: Weights | None) -> torch.nn.Module:
    load_into(module, entry, weights)
    return module.eval()
