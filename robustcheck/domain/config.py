"""What ``configs/models.yaml`` and ``configs/data.yaml`` say, as plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from robustcheck.core.errors import Location
from robustcheck.core.read_files import ReadFiles
from robustcheck.core.units import Quantity

MAX_UNREADABLE: Final = Quantity(1, "%")
Outputs = Literal["logits", "probabilities", "log_probabilities", "one_logit"]
Interpolation = Literal["nearest", "bilinear", "bicubic", "area", "lanczos"]
Exif = Literal["apply", "ignore"]
Alpha = Literal["white", "black", "drop"]
Channels = Literal["rgb", "bgr", "gray"]


@dataclass(frozen=True, slots=True)
class Decoding:
    """How stored bytes become a picture.

    Attributes:
        exif: Whether a picture is turned as its EXIF orientation says.
        alpha: What transparency is laid over; ``drop`` takes the colours as they are stored.
    """

    exif: Exif = "apply"
    alpha: Alpha = "white"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a picture becomes the model's input.

    Attributes:
        input_size: Height and width of the model's input.
        resize: Length of the shorter side before the centre crop, or the exact (height, width), or
            ``None`` to crop the picture as it is.
        interpolation: Filter of the resize.
        antialias: Whether the filter widens when shrinking, as PIL and torchvision do; cv2 does not.
        mean: Subtracted from values in [0, 1], one number for each channel, in the model's order.
        std: Divides after that. A model of values in [0, 255] has both divided by 255.
        channels: Order of colours the model was trained with; ``gray`` is one channel, the luma of PIL's ``convert("L")``.
        exif: Whether a picture is turned as its EXIF orientation says.
        alpha: What transparency is laid over; ``drop`` takes the colours as they are stored, as PIL's ``convert("RGB")`` does.
        scale: What the entry writes for white, 1 or 255, which is the unit of its mean and std there; here they are in [0, 1].
    """

    input_size: tuple[int, int]
    resize: int | tuple[int, int] | None
    interpolation: Interpolation = "bilinear"
    antialias: bool = True
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    channels: Channels = "rgb"
    exif: Exif = "apply"
    alpha: Alpha = "white"
    # How numbers are written decides nothing, so it is in no comparison and no digest.
    scale: int = field(default=1, compare=False, repr=False)

    @property
    def count(self) -> int:
        """How many channels the model's input has, for each of which mean and std have a number."""
        return 1 if self.channels == "gray" else 3

    @property
    def decoding(self) -> Decoding:
        """The part of it that is about stored bytes."""
        return Decoding(self.exif, self.alpha)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of ``configs/models.yaml``.

    Attributes:
        kind: ``python``, ``torchvision``, ``timm`` or ``exported``.
        classes: Class names in the order of the outputs.
        weights: Resolved path of the weights, if any.
        sha256: Declared digest of that file, if any.
        declared: Clean accuracy the authors claim, by data set name.
        options: What only this kind knows: ``factory`` and ``arguments`` (python), ``architecture`` and ``arguments``
            (torchvision, timm); ``weights_key`` and ``weights_prefix`` where the weights are a state dict.
        root: The project's root; import paths of ``python`` entries are searched there too.
        gradients: Whether attacks may differentiate it; a black box says false.
        depends: Files of the project beside code and weights that decide its outputs, resolved and sorted.
        outputs: What it returns; ``one_logit`` is that of the second of two classes.
    """

    name: str
    kind: Literal["python", "torchvision", "timm", "exported"]
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    weights: Path | None
    sha256: str | None
    declared: Mapping[str, Quantity]
    options: Mapping[str, Any]
    where: Location
    root: Path
    description: str = ""
    gradients: bool = True
    depends: tuple[Path, ...] = ()
    outputs: Outputs = "logits"


@dataclass(frozen=True, slots=True)
class DataEntry:
    """One data set of ``configs/data.yaml``.

    Attributes:
        kind: ``imagefolder``, ``manifest``, ``python``, ``foolbox-samples`` or ``signs``.
        path: Resolved folder or file, for the kinds that have one.
        limit: Number of pictures to take, class-stratified; ``None`` for all.
        labels: Renames labels of the data set into class names of the model.
        options: What only this kind knows: ``factory`` and ``arguments`` (python), ``dataset``
            (foolbox-samples), ``path_column``, ``label_column`` and ``folder`` (manifest), ``split``
            and ``size`` (signs).
        digest: Declared digest of ids, contents and labels, if any.
        max_unreadable: How many pictures a suite may let be unreadable: a plain number or a percentage.
        max_changed: Share of the labels that the overlay of a suite may change; ``None`` where nothing is said.
        depends: Files of the project beside code and pictures that decide its pictures, resolved and sorted.
    """

    name: str
    kind: Literal["imagefolder", "manifest", "python", "foolbox-samples", "signs"]
    path: Path | None
    limit: int | None
    labels: Mapping[str, str]
    options: Mapping[str, Any]
    where: Location
    root: Path
    description: str = ""
    digest: str | None = None
    max_unreadable: Quantity = MAX_UNREADABLE
    max_changed: Quantity | None = None
    depends: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A project's root and the entries that its suites may name.

    Attributes:
        readable: Whether the configuration could be read. Where it could not, a suite may name any model
            and data set, so that its own problems can be told all the same.
        variables: Names of environment variables that suites may use, beside those that begin with ``ROBUSTCHECK_VAR_``.
        files: All that was read of it in this session.
    """

    root: Path
    models: Mapping[str, ModelEntry] = field(default_factory=dict)
    data: Mapping[str, DataEntry] = field(default_factory=dict)
    readable: bool = True
    variables: frozenset[str] = frozenset()
    files: ReadFiles = field(default_factory=ReadFiles, compare=False, repr=False)


IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)

ALIKE: Final = 0.02
"""How far a mean may lie from ImageNet's and still be meant for it: published ones differ by a level of 255 or two."""


def order_notes(preprocessing: Preprocessing) -> tuple[str, ...]:
    """Return what a report says of a mean in the other order of colours than the channels."""
    other = {"rgb": IMAGENET_MEAN[::-1], "bgr": IMAGENET_MEAN}.get(preprocessing.channels)
    # ImageNet's green lies between red and blue, so the two orders are told apart where each number is near.
    if other is None or any(abs(one - two) >= ALIKE for one, two in zip(preprocessing.mean, other, strict=True)):
        return ()
    ends = "blue to red" if preprocessing.channels == "rgb" else "red to blue"
    return (
        f"mean is ImageNet's from {ends}, but input.channels is {preprocessing.channels}: one of them may be turned",
    )
