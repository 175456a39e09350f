"""The usual mistakes in a model's entry: what else its preprocessing or its list of classes could have been meant to be.

A variant is what the entry would say without one of them. Most are tried by themselves, and in pairs where two mistakes come
together (a model of Caffe's wants 0..255, BGR and its own mean at once).
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast, get_args

import numpy as np

from robustcheck.domain.config import Alpha, Interpolation, Preprocessing

Three = tuple[float, float, float]
Numbers = tuple[float, ...]
"""A number for each channel of the model."""
IMAGENET: Final[tuple[Three, Three]] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
NONE: Final[tuple[Three, Three]] = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
HALF: Final[tuple[Three, Three]] = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
BYTE: Final = 1 / 255
"""The ``std`` that turns values in [0, 1] back into 0..255."""
BYTES: Final[Three] = (BYTE, BYTE, BYTE)
NORMALISATIONS: Final[tuple[tuple[Three, Three], ...]] = (
    IMAGENET,
    HALF,
    NONE,
    (NONE[0], BYTES),
    (IMAGENET[0], BYTES),
    (HALF[0], BYTES),
    (IMAGENET[0], NONE[1]),
    ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
)
"""Mean and std of values in [0, 1], in the order RGB: ImageNet's, -1..1, 0..1, 0..255, Caffe's, -128..127, ImageNet's mean alone,
CLIP's, CIFAR-10's."""
GRAY: Final[tuple[tuple[tuple[float], tuple[float]], ...]] = (
    ((0.1307,), (0.3081,)),
    ((0.2860,), (0.3530,)),
    ((0.5,), (0.5,)),
    ((0.0,), (1.0,)),
    ((0.0,), (BYTE,)),
)
"""The same for networks with one input channel: MNIST's, Fashion-MNIST's, -1..1, 0..1, 0..255."""
SHARES: Final = (1.0, 0.965, 0.95, 0.9, 224 / 256, 0.8, 2 / 3, 0.64)
"""How much of the shorter side a centre crop usually leaves."""
SIZES: Final = (16, 24, 28, 32, 48, 64, 96, 128, 160, 192, 224, 256, 288, 299, 320, 384, 448, 512)
NEAR: Final = 1.6
"""Other input sizes are tried up to this factor, and any where the model takes none of the entry's size."""
SAME: Final = 0.01
"""Normalised values that differ by less are the same."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to read the entry.

    Attributes:
        advice: What to write in ``configs/models.yaml``; empty for the entry as it is. Of a list of classes, what is wrong with
            it, with ``{share}`` for the pictures that are right without the mistake.
        preprocessing: The way itself.
        changes: Number of mistakes it assumes; a list of classes that is learned from the pictures counts as three.
        classes: The names in the order of the outputs, where the list is the mistake.
    """

    advice: str
    preprocessing: Preprocessing
    changes: int
    classes: tuple[str, ...] = ()


def variants(own: Preprocessing) -> list[Variant]:
    """Return what else a preprocessing could have been meant to be: single mistakes, then pairs that only help together."""
    singles = single_mistakes(own)
    return singles + paired_mistakes(own, singles)


def single_mistakes(
    own: Preprocessing, measured: tuple[Three, Three] | None = None, *, near: float = NEAR
) -> list[Variant]:
    """Return the entry's preprocessing without one mistake, each once, the likeliest first.

    Args:
        own: As the entry has it.
        measured: Mean and std of the pictures themselves, values in [0, 1], RGB: what a model of one's own data was trained with.
        near: Factor up to which other input sizes are tried.
    """
    known = [*NORMALISATIONS, *([measured] if measured else [])]
    normalised = [_normalised(own, mean, std) for mean, std in (*_in_order(own, known), *_units(own))]
    ways = itertools.chain(
        *(_channels(own), normalised, _reversed(own), _decoded(own), _resized(own), _filtered(own), _sized(own, near))
    )
    return _distinct(own, [Variant(advice_of(own, way), way, 1) for way in ways])


def paired_mistakes(own: Preprocessing, singles: Sequence[Variant]) -> list[Variant]:
    """Return likely pairs: colours with normalisation or resize, the three usual normalisations with the usual resizes."""
    colours = [one for one in singles if changed(own, one.preprocessing) & {"channels"}]
    normalised = [one for one in singles if changed(own, one.preprocessing) <= {"mean", "std"}]
    turned = _distinct(
        own,
        [
            Variant(advice_of(own, way), way, 1)
            for one in normalised
            for way in (_turned(one.preprocessing), one.preprocessing)
        ],
    )
    resized = [one for one in singles if changed(own, one.preprocessing) == {"resize"}][:4]
    usual = [one for one in normalised if (one.preprocessing.mean, one.preprocessing.std) in (IMAGENET, HALF, NONE)]
    return together(own, singles, [*itertools.product(colours, turned + resized), *itertools.product(usual, resized)])


def together(own: Preprocessing, known: Sequence[Variant], pairs: Iterable[tuple[Variant, Variant]]) -> list[Variant]:
    """Return two mistakes at once, where both can be undone at once and that is none of the known variants."""
    both = [
        Variant(f"{one.advice} and {two.advice}", merged(own, one.preprocessing, two.preprocessing), 2)
        for one, two in pairs
        if not changed(own, one.preprocessing) & changed(own, two.preprocessing)
    ]
    ways = {variant.preprocessing for variant in known}
    return [variant for variant in _distinct(own, both) if variant.preprocessing not in ways]


def orders_of_classes(own: Preprocessing, classes: tuple[str, ...]) -> list[Variant]:
    """Return the usual other orders of a list of classes: moved by one, and as folders and labels are sorted."""
    after, before = (*classes[-1:], *classes[:-1]), (*classes[1:], *classes[:1])
    moved = "of the predictions are the class {side} the label: the list of classes of {model} is off by one"
    orders = {
        after: f"{{share}} {moved.replace('{side}', 'after')} (a background class, perhaps)",
        before: f"{{share}} {moved.replace('{side}', 'before')} (a background class, perhaps)",
    }
    for how, key in (
        ("sorted as text", str),
        ("sorted without regard to case", str.casefold),
        ("sorted as numbers", _number),
    ):
        said = f"the predictions are consistent but the names are not: {{share}} are right with `classes` of {{model}} {how}"
        orders.setdefault(tuple(sorted(classes, key=cast(Any, key))), said)
    return [Variant(said, own, 1, order) for order, said in orders.items() if order != classes]


def changed(own: Preprocessing, other: Preprocessing) -> set[str]:
    """Return the fields in which two preprocessings differ."""
    names = (field.name for field in dataclasses.fields(own) if field.compare)
    return {name for name in names if getattr(own, name) != getattr(other, name)}


def merged(own: Preprocessing, one: Preprocessing, two: Preprocessing) -> Preprocessing:
    """Return ``one`` with what ``two`` changes in ``own``."""
    return dataclasses.replace(one, **{name: getattr(two, name) for name in changed(own, two)})


def keys_of(own: Preprocessing, other: Preprocessing) -> list[tuple[str, str]]:
    """Return what to write below ``input:`` to come from one preprocessing to another, keys with YAML values."""
    return [_line(other, field.name) for field in dataclasses.fields(own) if field.name in changed(own, other)]


def advice_of(own: Preprocessing, other: Preprocessing) -> str:
    """Return the same in one line."""
    return ", ".join(f"input.{key}: {value}" for key, value in keys_of(own, other))


def yaml_of(value: Any) -> str:
    """Return a value of a preprocessing as YAML has it, in one line."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return json.dumps([round(number, 8) for number in value])
    return str(value)


def _line(way: Preprocessing, name: str) -> tuple[str, str]:
    """Return the key and the YAML value of one field."""
    value = getattr(way, name)
    if name == "input_size":
        return "size", yaml_of(value[0] if value[0] == value[1] else value)
    if name in ("mean", "std"):
        return name, yaml_of(tuple(number * way.scale for number in value))
    return name, yaml_of(value)


def _number(name: str) -> tuple[float, str]:
    return (float(name), name) if name.isdecimal() else (float("inf"), name)


def _distinct(own: Preprocessing, found: Iterable[Variant]) -> list[Variant]:
    """Leave out what is the entry itself or another variant once more."""
    kept: list[Variant] = []
    for variant in found:
        if not any(_same(variant.preprocessing, one) for one in (own, *(other.preprocessing for other in kept))):
            kept.append(variant)
    return kept


def _same(one: Preprocessing, two: Preprocessing) -> bool:
    if changed(one, two) - {"mean", "std"}:
        return False
    ends = [np.array([(end - np.array(way.mean)) / np.array(way.std) for end in (0.0, 1.0)]) for way in (one, two)]
    return bool(
        np.abs(ends[0] - ends[1]).max() <= SAME * min(np.ptp(ends[0], axis=0).min(), np.ptp(ends[1], axis=0).min())
    )


def _channels(own: Preprocessing) -> Iterator[Preprocessing]:
    if own.channels == "gray":
        return
    swapped = dataclasses.replace(own, channels="rgb" if own.channels == "bgr" else "bgr")
    yield swapped
    yield _turned(swapped)
    for mean, std in (((sum(own.mean) / 3,), (sum(own.std) / 3,)), *GRAY):
        yield dataclasses.replace(own, channels="gray", mean=mean, std=std)


def _decoded(own: Preprocessing) -> Iterator[Preprocessing]:
    """Yield the other ways from stored bytes to pixels; they differ for pictures that are turned or transparent alone."""
    yield dataclasses.replace(own, exif="ignore" if own.exif == "apply" else "apply")
    for ground in get_args(Alpha):
        yield dataclasses.replace(own, alpha=ground)


def _turned(own: Preprocessing) -> Preprocessing:
    """Return the preprocessing with mean and std from the last colour to the first."""
    return dataclasses.replace(own, mean=own.mean[::-1], std=own.std[::-1])


def _reversed(own: Preprocessing) -> Iterator[Preprocessing]:
    yield _turned(own)


def _in_order(own: Preprocessing, known: Iterable[tuple[Three, Three]]) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield means and stds in the order of the entry's colours; of gray the mean of each."""
    if own.channels == "gray":
        yield from GRAY
        yield from (((sum(mean) / 3,), (sum(std) / 3,)) for mean, std in known)
        return
    for mean, std in known:
        yield (mean, std) if own.channels == "rgb" else (mean[::-1], std[::-1])


def _units(own: Preprocessing) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield mean and std as they are on the other scale: each or both meant for 0..255, or for 0..1."""
    for by_mean, by_std in ((255, 255), (BYTE, BYTE), (1, BYTE), (1, 255), (255, 1), (BYTE, 1)):
        mean, std = tuple(n * by_mean for n in own.mean), tuple(n * by_std for n in own.std)
        if max(mean) <= 1 and 1e-3 < max(std) <= 1:
            yield mean, std
    yield own.mean, (1.0,) * own.count
    yield (0.0,) * own.count, own.std


def _normalised(own: Preprocessing, mean: Numbers, std: Numbers) -> Preprocessing:
    return dataclasses.replace(own, mean=mean, std=std)


def _resized(own: Preprocessing) -> Iterator[Preprocessing]:
    height, width = own.input_size
    short = min(height, width)
    usual = (short, round(short * 256 / 224), *(int(short / share) for share in SHARES))
    for resize in ((height, width), *usual, None):
        yield dataclasses.replace(own, resize=resize)


def _filtered(own: Preprocessing) -> Iterator[Preprocessing]:
    yield dataclasses.replace(own, antialias=not own.antialias)
    for name in get_args(Interpolation):
        yield dataclasses.replace(own, interpolation=name)


def _sized(own: Preprocessing, near: float) -> Iterator[Preprocessing]:
    """Yield other sizes of the input, with the resize that goes with them and with the entry's."""
    height, width = own.input_size
    for side in SIZES:
        by = side / min(height, width)
        if not 1 / near <= by <= near or by == 1:
            continue
        size = round(height * by), round(width * by)
        if isinstance(own.resize, tuple):
            yield dataclasses.replace(
                own, input_size=size, resize=(round(own.resize[0] * by), round(own.resize[1] * by))
            )
        elif own.resize is not None:
            yield dataclasses.replace(own, input_size=size, resize=round(own.resize * by))
        if isinstance(own.resize, int):
            yield dataclasses.replace(own, input_size=size)
