"""What ``input:`` of a model's entry may say: how a stored picture becomes the model's input, read as a whole."""

from __future__ import annotations

import json
from collections.abc import Sequence as ManyOf
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location
from robustcheck.domain.config import (
    ALIKE,
    IMAGENET_MEAN,
    Alpha,
    Channels,
    Exif,
    Interpolation,
    Preprocessing,
)
from robustcheck.language.nodes import Node, Scalar, Sequence, is_null
from robustcheck.language.value_types import INVALID, Amount, Choice, Field, Flag, Reading, Record, Values, Whole

MAX_SIDE: Final = 8192
NO_RESIZE: Final = "none"
SCALES: Final = (1, 255)
"""What white is to a model: values of 0..1, or of 0..255."""


class Size:
    """The kind of a picture's size: one side of a square, or [height, width]."""

    _side: Final = Whole(1, MAX_SIDE)

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return an int, or a (height, width) pair."""
        if not isinstance(node, Sequence):
            return self._side.read(name, node, reading)
        if len(node.items) != 2:
            return reading.add(node.where, Code.MODEL_INPUT, f"{name} must be one number or [height, width]")
        sides = tuple(self._side.read(name, item, reading) for item in node.items)
        return INVALID if INVALID in sides else sides

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        side = {"type": "integer", "minimum": 1, "maximum": MAX_SIDE}
        return {"anyOf": [side, {"type": "array", "items": side, "minItems": 2, "maxItems": 2}]}


class Resize(Size):
    """The kind of ``resize``: a size, or ``none`` to crop the picture as it is."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return an int, a pair, or ``NO_RESIZE``."""
        if isinstance(node, Scalar) and (is_null(node) or node.value == NO_RESIZE):
            return NO_RESIZE
        return super().read(name, node, reading)

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"anyOf": [*super().schema()["anyOf"], {"enum": [NO_RESIZE, None]}]}


@dataclass(frozen=True, slots=True)
class PerChannel:
    """The kind of ``mean`` and ``std``: a number for each channel; ``Input`` holds them against each other."""

    positive: bool = False

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a tuple of one or three floats, in [0, 255]."""
        if not isinstance(node, Sequence) or len(node.items) not in (1, 3):
            alone = isinstance(node, Scalar) and isinstance(node.value, (int, float))
            hint = "write it as a list of one, for a network with one input channel" if alone else ""
            return reading.add(
                node.where, Code.MODEL_INPUT, f"{name} must be three numbers, or one with channels: gray", hint
            )
        numbers = [Amount(("",)).read(name, item, reading) for item in node.items]
        if INVALID in numbers:
            return INVALID
        values = tuple(float(number.number) for number in numbers)
        if any(not 0 <= value <= SCALES[-1] or (self.positive and value == 0) for value in values):
            least = "above 0" if self.positive else "at least 0"
            what = f"the numbers of {name} must be {least} and at most 1, or 255 with scale: 255"
            return reading.add(node.where, Code.MODEL_INPUT, what)
        return values

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        low = {"exclusiveMinimum": 0} if self.positive else {"minimum": 0}
        number = {"type": "number", **low, "maximum": SCALES[-1]}
        return {"anyOf": [{"type": "array", "items": number, "minItems": count, "maxItems": count} for count in (1, 3)]}


class Scale:
    """The kind of ``scale``: 1 or 255."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the number."""
        value = node.value if isinstance(node, Scalar) else None
        if value in SCALES and not isinstance(value, bool):
            return value
        return reading.add(
            node.where,
            Code.MODEL_INPUT,
            f"{name} must be 1 or 255: what white is to the model",
            "write 255 where it was trained on pixel values of 0..255, or leave it out",
        )

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"enum": list(SCALES)}


@dataclass(frozen=True)
class Input(Record):
    """The kind of ``input``, whose mean, std, scale and channels only say something together."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return Values; every wrong key, and what contradicts another, is reported."""
        values = super().read(name, node, reading)
        if not isinstance(values, Values):
            return values
        wrong = _wrong_counts(values, reading)
        counted = Values(values.node, {key: value for key, value in values.read.items() if key not in wrong})
        _check_units(counted, reading)
        return counted


INPUT: Final = Input(
    "input",
    {
        "size": Field(Size(), "The model's input: one side, or [height, width].", required=True),
        "resize": Field(
            Resize(),
            "What happens before the centre crop: the length of the shorter side, an exact [height, width], or none.",
            required=True,
        ),
        "interpolation": Field(Choice(get_args(Interpolation)), "The filter of the resize.", default="bilinear"),
        "antialias": Field(Flag(), "Whether the filter widens when shrinking: PIL and torchvision do.", default=True),
        "scale": Field(Scale(), "What white is to the model: 1, or 255 with mean and std in that unit.", default=1),
        "mean": Field(PerChannel(), "Subtracted from the values, one number for each channel of the model."),
        "std": Field(PerChannel(positive=True), "Divides after that."),
        "channels": Field(
            Choice(get_args(Channels)),
            "The order of colours the model was trained with, or gray for a network with one input channel.",
            default="rgb",
        ),
        "exif": Field(
            Choice(get_args(Exif)), "Whether pictures are turned as their EXIF orientation says.", default="apply"
        ),
        "alpha": Field(
            Choice(get_args(Alpha)),
            "What transparency is laid over; drop leaves it out, as PIL's convert does.",
            default="white",
        ),
    },
)


def preprocessing_of(shape: Values) -> Preprocessing:
    """Return what ``input:`` says, mean and std in the unit of values in [0, 1].

    Args:
        shape: As ``INPUT`` read it, without a problem.
    """
    size, resize, scale = shape.get("size"), shape.get("resize"), shape.get("scale", 1)
    keys = ("interpolation", "antialias", "channels", "exif", "alpha")
    count = 1 if shape.get("channels") == "gray" else 3
    return Preprocessing(
        input_size=size if isinstance(size, tuple) else (size, size),
        resize=None if resize == NO_RESIZE else resize,
        mean=tuple(value / scale for value in shape.get("mean", (0.0,) * count)),
        std=tuple(value / scale for value in shape.get("std", (1.0,) * count)),
        scale=scale,
        **{key: shape.get(key) for key in keys if key in shape.read},
    )


def _wrong_counts(values: Values, reading: Reading) -> set[str]:
    """Report which of mean and std have not one number for each channel, and return them."""
    gray, wanted = values.get("channels") == "gray", {0, 1 if values.get("channels") == "gray" else 3}
    numbers_of = {key: values.get(key, ()) for key in ("mean", "std")}
    for key, numbers in numbers_of.items():
        if len(numbers) == 3 and gray:
            alike = f"write [{numbers[0]:g}]" if len(set(numbers)) == 1 else ""
            reading.add(
                _place(values, key),
                Code.MODEL_INPUT,
                f"{key} must be a list of one number, since channels is gray",
                alike,
            )
        elif len(numbers) == 1 and not gray:
            what = f"{key} has one number, and a model of three channels needs three"
            reading.add(
                _place(values, key), Code.MODEL_INPUT, what, "write channels: gray for a network with one input channel"
            )
    return {key for key, numbers in numbers_of.items() if len(numbers) not in wanted}


Unit = Literal["0..1", "0..255"] | None


def _unit_of(key: str, numbers: ManyOf[float]) -> Unit:
    """Return the unit that numbers are in; ``None`` for those that are meant in either, or that nobody wrote."""
    if max(numbers, default=0.0) > 1:
        return "0..255"
    neutral = 0.0 if key == "mean" else 1.0
    return None if all(number == neutral for number in numbers) else "0..1"


def _check_units(values: Values, reading: Reading) -> None:
    """Refuse mean and std that are not in the unit of ``scale``, and say what both would be."""
    scale = values.get("scale", 1)
    units = {key: _unit_of(key, values.get(key, ())) for key in ("mean", "std")}
    for key, unit in units.items():
        if unit is not None and unit != f"0..{scale}":
            what = f"the numbers of {key} are of {unit}, and the scale is 0..{scale}"
            reading.add(_place(values, key), Code.MODEL_INPUT, what, _hint(values, units))
            return


def _hint(values: Values, units: dict[str, Unit]) -> str:
    """Return what to write, in numbers that say the same as those that were written."""
    if set(units.values()) >= {"0..1", "0..255"}:
        both = [f"{key}: {_in_bytes(values.get(key), unit)}" for key, unit in units.items()]
        hint = f"mean and std are in two units; write scale: 255, {both[0]} and {both[1]}"
    elif values.get("scale", 1) == 255:
        hint = "leave scale out if both mean and std are of values in 0..1, or write both in 0..255"
    else:
        hint = (
            "write scale: 255, the unit of both mean and std then, or divide numbers of the 0..255 scale by 255 in both (a std of "
            "1, written or not, becomes 0.00392157)"
        )
    return hint + ("; and channels: bgr, the order of this mean" if _turned(values) else "")


def _in_bytes(numbers: ManyOf[float], unit: Unit) -> str:
    by = 255 if unit == "0..1" else 1
    return json.dumps([float(f"{number * by:.8g}") for number in numbers])


def _turned(values: Values) -> bool:
    """Whether a mean is ImageNet's from blue to red, for a model that is said to take red first."""
    mean = values.get("mean", ())
    if len(mean) != 3 or values.get("channels", "rgb") != "rgb":
        return False
    white = 255 if max(mean) > 1 else 1
    return all(abs(one / white - two) < ALIKE for one, two in zip(mean, reversed(IMAGENET_MEAN), strict=True))


def _place(values: Values, key: str) -> Location:
    written = values.node.get(key)
    return values.where(key) if written is None else written.where
