"""What torchvision and timm say of the weights they publish, held against an entry: no state dict carries its preprocessing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.domain.config import ModelEntry, Preprocessing

CLOSE: Final = 2e-3
"""Means and deviations that differ by less are the same, rounded."""


@dataclass(frozen=True, slots=True)
class Published:
    """One set of published weights.

    Attributes:
        name: As its library calls it.
        size: Height and width of the input.
        resizes: What may come before the centre crop, as entries write it; empty where nothing is known.
        sha256: How the digest of its file begins; empty where nothing is known.
    """

    name: str
    size: tuple[int, int]
    resizes: tuple[int | tuple[int, int] | None, ...]
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: int
    sha256: str = ""


def torchvision_weights(architecture: str) -> tuple[Published, ...]:
    """Return what torchvision publishes for an architecture; static, nothing is fetched."""
    from torchvision.models import get_model_weights

    return tuple(_of_torchvision(weights) for weights in get_model_weights(architecture))


def default_torchvision_weights(architecture: str) -> tuple[Published, tuple[str, ...]]:
    """Return the weights that torchvision itself would take for an architecture, and the names of their classes."""
    from torchvision.models import get_model_weights

    default: Any = getattr(get_model_weights(architecture), "DEFAULT")  # noqa: B009 - the type of the enumeration is not known
    return _of_torchvision(default), tuple(default.meta["categories"] or ())


def timm_weights(name: str) -> tuple[Published, ...]:
    """Return what timm publishes for a model, of one tag where the name has one; static, nothing is fetched."""
    import timm

    config: Any = timm.models.get_pretrained_cfg(name)
    if config is None or not config.has_weights:
        return ()
    height, width = config.input_size[1:]
    whole = config.crop_mode == "squash" or (config.crop_pct or 1) == 1
    resizes: tuple[Any, ...] = (int(height / (config.crop_pct or 1)),)
    if whole:
        resizes = (*resizes, (height, width))
    tag = f".{config.tag}" if config.tag else ""
    means = (tuple(config.mean), tuple(config.std))
    architecture = name.partition(".")[0]
    return (
        Published(
            f"{architecture}{tag}", (height, width), resizes, config.interpolation, *means, classes=config.num_classes
        ),
    )


def by_digest(published: Sequence[Published], digest: str) -> Published | None:
    """Return the published weights whose file this is, if the names of their files carry its digest."""
    return next((each for each in published if each.sha256 and digest.startswith(each.sha256)), None)


def differences(entry: ModelEntry, published: Sequence[Published], digest: str, library: str) -> tuple[str, ...]:
    """Say in what an entry differs from the published weights it may use; nothing where it fits one of them.

    Args:
        entry: The entry.
        published: What its library publishes for the architecture.
        digest: Of its weights file.
        library: What the library is called.
    """
    exact = by_digest(published, digest)
    among = [exact] if exact else list(published)
    if not among:
        return ()
    told, nearest = min(((list(_unlike(entry, each)), each) for each in among), key=lambda pair: len(pair[0]))
    if not told:
        return ()
    which = "its weights" if exact else "weights"
    end = "correct the entry" if exact else "if they were trained otherwise, all is well"
    return (
        f"the model {entry.name}: its entry is not as {library} publishes {which} {nearest.name}: {'; '.join(told)}; {end}",
    )


def _of_torchvision(weights: Any) -> Published:
    transforms = weights.transforms()
    (crop,), (resize,) = transforms.crop_size, transforms.resize_size
    found = re.search(r"-([0-9a-f]{8,64})\.pth$", weights.url)
    return Published(
        weights.name,
        (crop, crop),
        (resize, (resize, resize)) if resize == crop else (resize,),
        transforms.interpolation.value,
        tuple(transforms.mean),
        tuple(transforms.std),
        len(weights.meta["categories"] or ()),
        found[1] if found else "",
    )


def _unlike(entry: ModelEntry, published: Published) -> Iterator[str]:
    shape: Preprocessing = entry.preprocessing
    if shape.input_size != published.size:
        yield f"size {_said(shape.input_size)}, theirs {_said(published.size)}"
    if published.resizes and shape.resize not in published.resizes:
        yield f"resize {_said(shape.resize)}, theirs {_said(published.resizes[0])}"
    if shape.interpolation != published.interpolation:
        yield f"interpolation {shape.interpolation}, theirs {published.interpolation}"
    for key, ours, theirs in (("mean", shape.mean, published.mean), ("std", shape.std, published.std)):
        if any(abs(one - other) > CLOSE for one, other in zip(ours, theirs, strict=False)):
            yield f"{key} {_said(ours)}, theirs {_said(theirs)}"
    if shape.channels != "rgb":
        yield f"channels {shape.channels}, theirs rgb"
    if published.classes and len(entry.classes) != published.classes:
        yield f"{len(entry.classes)} classes, theirs {published.classes}"


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f"{each:.4g}" for each in value) + "]"
    return "none" if value is None else str(value)
