"""Any transform of albumentations by name, ``albumentations.RandomRain``, with its own arguments.

Names and arguments are known from a table made of the pinned version, so that a suite is checked without importing
the library: ``python -m robustcheck.shifts.albumentations_bridge`` prints it. What bites in the library is kept out
here: a transform is applied always (``p`` is 1), seeded before each picture, one instance a thread, and the check for
updates that importing it makes is off.
"""

from __future__ import annotations

import copy
import functools
import importlib.resources
import json
import os
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError
from robustcheck.core.facts import ShiftFacts
from robustcheck.core.registry import Definition, Parameter, shifts

Picture = NDArray[np.uint8]
PREFIX: Final = "albumentations."
TABLE: Final = "albumentations_2_0_8.json"
SOURCE: Final = "albumentations 2.0.8, the last release under the MIT licence"

REFUSED: Final = {
    **dict.fromkeys(
        ("FDA", "HistogramMatching", "Mosaic", "OverlayElements", "PixelDistributionAdaptation", "TextImage"),
        "needs other pictures or a font, which a suite cannot give it",
    ),
    **dict.fromkeys(
        (
            "AtLeastOneBBoxRandomCrop",
            "BBoxSafeRandomCrop",
            "ConstrainedCoarseDropout",
            "CropNonEmptyMaskIfExists",
            "MaskDropout",
            "RandomCropNearBBox",
            "RandomSizedBBoxSafeCrop",
        ),
        "needs boxes or masks, which pictures to be classified do not have",
    ),
    **dict.fromkeys(
        ("FromFloat", "Normalize", "ToFloat", "ToTensorV2", "ToTensor3D", "Lambda", "NoOp", "ToRGB"),
        "gives no other RGB picture; it prepares inputs, which configs/models.yaml says how to do",
    ),
    **dict.fromkeys(
        ("CenterCrop3D", "CoarseDropout3D", "CubicSymmetry", "Pad3D", "PadIfNeeded3D", "RandomCrop3D"),
        "works on volumes, not on pictures",
    ),
}
"""Transforms that make no sense for a picture by itself, with the reason."""

_local = threading.local()


def _table() -> dict[str, Any]:
    text = importlib.resources.files("robustcheck.shifts").joinpath(TABLE).read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@functools.cache
def members() -> Mapping[str, Definition]:
    """Return the definition of each transform by its name in suites."""
    return MappingProxyType({PREFIX + name: _definition(name, known) for name, known in _table().items()})


def _definition(name: str, known: Mapping[str, Any]) -> Definition:
    parameters = {
        argument: Parameter(
            name=argument,
            kind="any",
            default=facts.get("default"),
            required=facts["required"],
            doc="As in albumentations.",
        )
        for argument, facts in known["arguments"].items()
    }
    facts = ShiftFacts(geometric=False, source=SOURCE, check=functools.partial(_check, name))
    return Definition(
        PREFIX + name, _function(name), MappingProxyType(parameters), known["summary"], known["summary"], facts
    )


def _function(name: str) -> Callable[..., Picture]:
    def apply(image: Picture, *, rng: np.random.Generator, **arguments: Any) -> Picture:
        transform = _own(name, arguments)
        transform.set_random_seed(int(rng.integers(1 << 31)))
        return _same_size(name, transform(image=np.array(image))["image"], image)

    return apply


def _same_size(name: str, found: Any, image: Picture) -> Picture:
    """Hold the result to RGB and uint8; one of another size, as after a crop, is resized to that of the picture."""
    if not isinstance(found, np.ndarray) or found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] != 3:
        kind = f"{found.shape} {found.dtype}" if isinstance(found, np.ndarray) else type(found).__name__
        raise CaseError(f"{PREFIX}{name} gave {kind} instead of an RGB picture of uint8")
    if found.shape == image.shape:
        return np.ascontiguousarray(found)
    from PIL import Image

    size = image.shape[1], image.shape[0]
    return np.array(Image.fromarray(np.ascontiguousarray(found)).resize(size, Image.Resampling.BILINEAR))


def _own(name: str, arguments: Mapping[str, Any]) -> Any:
    """Return this thread's instance; its random state is not to be shared."""
    kept: dict[str, Any] | None = getattr(_local, "kept", None)
    if kept is None:
        kept = _local.kept = {}
    key = f"{name}{sorted(arguments.items())!r}"
    if key not in kept:
        # A copy, since the constructor may warn, and warnings cannot be silenced in one thread alone.
        kept[key] = copy.deepcopy(_first(key, name, tuple(sorted(arguments.items()))))
    return kept[key]


_building = threading.Lock()
_built: dict[str, Any] = {}


def _first(key: str, name: str, arguments: tuple[tuple[str, Any], ...]) -> Any:
    with _building:
        if key not in _built:
            _built[key] = _build(name, dict(arguments))
        return _built[key]


def _build(name: str, arguments: Mapping[str, Any]) -> Any:
    library = _library()
    with warnings.catch_warnings():
        # A misspelt argument would only warn here, but names are checked against the table before.
        warnings.simplefilter("ignore")
        return getattr(library, name)(**arguments, p=1)


def _library() -> Any:
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import albumentations
    return albumentations


def _check(name: str, arguments: Mapping[str, Any]) -> None:
    """Build the transform once.

    Raises:
        CaseError: The library refuses the values.
    """
    try:
        _first(f"{name}{sorted(arguments.items())!r}", name, tuple(sorted(arguments.items())))
    except (ValueError, TypeError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip() and "errors.pydantic.dev" not in line]
        raise CaseError(f"{PREFIX}{name} refuses its arguments: {'; '.join(lines)}") from error


def make_table() -> dict[str, Any]:
    """Return the table of the installed version: each transform's summary and arguments."""
    import inspect

    library = _library()
    base = library.BasicTransform
    skipped = {"BasicTransform", "ImageOnlyTransform", "DualTransform", "Transform3D", *REFUSED}
    table = {}
    for name, found in sorted(vars(library).items()):
        if not inspect.isclass(found) or not issubclass(found, base) or name in skipped:
            continue
        parameters = [
            parameter
            for parameter in inspect.signature(found.__init__).parameters.values()
            if parameter.name not in ("self", "p") and parameter.kind is not parameter.VAR_KEYWORD
        ]
        summary = (inspect.getdoc(found) or name).split("\n\n")[0]
        arguments = {parameter.name: _argument(parameter) for parameter in parameters}
        table[name] = {"summary": " ".join(summary.split()), "arguments": arguments}
    return table


def as_text(table: Mapping[str, Any]) -> str:
    """Return the table as the text of its file: one transform a line."""
    lines = (f"{json.dumps(name)}: {json.dumps(facts)}" for name, facts in table.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _argument(parameter: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"required": parameter.default is parameter.empty}
    if not facts["required"]:
        facts["default"] = str(parameter.default)
    return facts


shifts.add_family(PREFIX, members, REFUSED)

if __name__ == "__main__":
    sys.stdout.write(as_text(make_table()))
