"""Architectures of torchvision and timm, always without a download."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch

from robustcheck.core.errors import ModelError, did_you_mean
from robustcheck.domain.config import ModelEntry
from robustcheck.models.published import Published, by_digest, differences, timm_weights, torchvision_weights
from robustcheck.models.weights import Weights, load_into, read_state

AUXILIARY: Final = {"googlenet": ("aux1.", "aux2."), "inception_v3": ("AuxLogits.",)}
"""Builders whose network turns its input as other frameworks normalise it where ``transform_input`` says so, which no state dict
tells; and what the names of their auxiliary classifiers begin with, which are silent in evaluation mode."""
OURS: Final = ("weights", "num_classes", "progress", "weights_backbone", "pretrained", "checkpoint_path", "cache_dir")
"""Arguments that the entry says in keys of its own, or that fetch."""
TIMMS: Final = ("pretrained_cfg", "pretrained_cfg_overlay", "features_only", "scriptable")


def build_torchvision(entry: ModelEntry, weights: Weights | None) -> tuple[torch.nn.Module, tuple[str, ...]]:
    """Build an architecture of torchvision and load its weights.

    Returns:
        The network in evaluation mode, and notes for the report.

    Raises:
        ModelError: torchvision has no such classifier, it needs an argument that the entry lacks, or the weights fail.
    """
    import torchvision

    name = str(entry.options["architecture"])
    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        raise ModelError(f"{entry.where}: torchvision has no classifier {name}; {did_you_mean(name, known)}")
    given = _needed(entry, weights)
    published = torchvision_weights(name)
    arguments = {**_of_input(name, entry), **_arguments(entry, OURS)}

    def make(**more: Any) -> torch.nn.Module:
        fixed: dict[str, Any] = {"weights": None, "num_classes": len(entry.classes)}
        module: torch.nn.Module = torchvision.models.get_model(name, **fixed, **arguments, **more)
        return module

    notes = differences(entry, published, given.identity.digest, "torchvision")
    more = _unsaid(name, entry, given, published, arguments, make) if name in AUXILIARY else {}
    return _loaded(_built(entry, lambda: make(**more)), entry, given, notes)


def build_timm(entry: ModelEntry, weights: Weights | None) -> tuple[torch.nn.Module, tuple[str, ...]]:
    """Build an architecture of timm and load its weights.

    Returns:
        The network in evaluation mode, and notes for the report.

    Raises:
        ModelError: timm is not installed or has no such model, or the weights fail.
    """
    try:
        import timm
    except ModuleNotFoundError:
        raise ModelError(f"{entry.where}: the model {entry.name} needs timm: python -m pip install timm") from None
    name = str(entry.options["architecture"])
    architecture, _, tag = name.partition(".")
    known = timm.list_models()
    if architecture not in known:
        raise ModelError(f"{entry.where}: timm has no model {name}; {did_you_mean(name, known)}")
    # Behind a dot timm names a set of weights, which are not fetched here; what it says of them is looked up.
    tags = [each for each in timm.list_pretrained(f"{architecture}.*") if each.partition(".")[0] == architecture]
    if tag and name not in tags:
        raise ModelError(f"{entry.where}: timm publishes no weights {name}; {did_you_mean(name, tags)}")
    given = _needed(entry, weights)
    notes = differences(entry, timm_weights(name), given.identity.digest, "timm")
    arguments = _arguments(entry, (*OURS, *TIMMS))
    module = _built(
        entry,
        lambda: timm.create_model(architecture, pretrained=False, num_classes=len(entry.classes), **arguments),
    )
    return _loaded(module, entry, given, notes)


def _needed(entry: ModelEntry, weights: Weights | None) -> Weights:
    if weights is None:
        raise ModelError(
            f"{entry.where}: the model {entry.name} needs weights: without them its network is random; write weights: and the "
            "path of their file"
        )
    return weights


def _arguments(entry: ModelEntry, ours: tuple[str, ...]) -> dict[str, Any]:
    arguments = dict(entry.options.get("arguments") or {})
    for name in ours:
        if name in arguments:
            raise ModelError(
                f"{entry.where}: arguments of the model {entry.name} may not hold {name}: weights are a file (weights:), "
                "classes: says how many there are, and nothing is downloaded"
            )
    return arguments


def _of_input(name: str, entry: ModelEntry) -> dict[str, Any]:
    """Return the arguments by which a network is built for the size of its input."""
    height, width = entry.preprocessing.input_size
    if name.startswith("vit_") and height == width:
        return {"image_size": height}
    return {"input_size": (height, width)} if name.startswith("maxvit") else {}


def _unsaid(
    name: str,
    entry: ModelEntry,
    weights: Weights,
    published: tuple[Published, ...],
    arguments: dict[str, Any],
    make: Callable[..., torch.nn.Module],
) -> dict[str, Any]:
    """Return the arguments that depend on the weights: read off them, known of the published file, or demanded."""
    if "transform_input" not in arguments and by_digest(published, weights.identity.digest) is None:
        raise ModelError(
            f"{entry.where}: whether {name} turns its input cannot be seen in its weights: write arguments: {{transform_input: true}} "
            "for weights that torchvision publishes and those trained on from them, arguments: {transform_input: false} for those "
            "trained from nothing"
        )
    more = {} if "transform_input" in arguments else {"transform_input": True}
    if "init_weights" not in arguments:
        more["init_weights"] = False
    if "aux_logits" not in arguments:
        whole = _built(entry, lambda: make(**more, aux_logits=True)).state_dict()
        state, _ = read_state(entry, weights, whole)
        more["aux_logits"] = any(key.startswith(AUXILIARY[name]) for key in state)
    return more


def _built(entry: ModelEntry, make: Callable[[], Any]) -> torch.nn.Module:
    try:
        module = make()
    except Exception as error:  # whatever a builder makes of its arguments
        text = str(error).splitlines()[0] if str(error) else ""
        raise ModelError(
            f"{entry.where}: the model {entry.name} cannot be built: {type(error).__name__}: {text}; look at arguments and input"
        ) from None
    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"{entry.where}: the builder of {entry.name} returned {type(module).__name__}, not a network")
    return module


def _loaded(
    module: torch.nn.Module, entry: ModelEntry, weights: Weights, notes: tuple[str, ...]
) -> tuple[torch.nn.Module, tuple[str, ...]]:
    return module.eval(), (*notes, *load_into(module, entry, weights))
