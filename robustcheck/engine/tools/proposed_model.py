"""What somebody means by the name of a model: a factory, an architecture, a file; and what its input is likely to be."""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import Location, RobustcheckError, near_words
from robustcheck.core.imports import IMPORT_PATH, find_factory
from robustcheck.domain.config import IMAGENET_MEAN, ModelEntry, Preprocessing
from robustcheck.engine.tools.proposed_data import entry_name

STATES: Final = (".pth", ".pt", ".safetensors", ".ckpt", ".bin")
PROGRAM: Final = ".pt2"
TIMM: Final = "timm:"
FOLDERS: Final = ("", "weights", "models", "checkpoints")
"""Where the weights of an architecture are looked for, from the project's root."""
COUNTS: Final = ("num_classes", "classes", "n_classes", "nb_classes", "class_count", "num_labels")
"""What factories call the number of classes."""
TURNED: Final = ("googlenet", "inception_v3")
"""Networks whose weights do not say whether the input is turned."""
IMAGENET_STD: Final = (0.229, 0.224, 0.225)
USUAL: Final = (224, 256)
"""Size of the input and of the shorter side before the crop, where nothing is known."""
ASSUMED: Final = "ASSUMED"
_GENERIC: Final = frozenset({"build", "make", "create", "model", "get_model", "build_model", "create_model", "net"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody says of their model and data.

    Attributes:
        model: ``package.module:function``, an architecture of torchvision, ``timm:NAME``, a file of weights or an exported
            program, or an entry of ``models.yaml``.
        data: A folder with one folder a class, or an entry of ``data.yaml``.
        weights: The file of the weights of an architecture or a factory.
        classes: A file with the names of the classes in the order of the outputs, one a line.
        size: Side of the model's input, in pixels.
        here: What paths begin from.
        root: The project's root.
        configs: The folder whose files the entries are for.
    """

    model: str
    data: str
    weights: str = ""
    classes: str = ""
    size: int | None = None
    here: Path
    root: Path
    configs: Path


def proposed_model(wanted: Wanted, classes: tuple[str, ...], taken: Sequence[str]) -> tuple[ModelEntry, str]:
    """Return an entry for a model as it is named, and what its ``input`` rests on."""
    word, weights = wanted.model, (wanted.here / wanted.weights) if wanted.weights else None
    if weights is not None and not weights.exists():
        raise RobustcheckError(f"--weights {wanted.weights}: there is no such file")
    path = wanted.here / word
    options: dict[str, Any] = {}
    kind: Any
    if word.startswith(TIMM):
        kind, options["architecture"] = "timm", word.removeprefix(TIMM)
    elif re.fullmatch(IMPORT_PATH, word):
        kind, options["factory"] = "python", word
        options |= _arguments(word, wanted.root, len(classes))
    elif path.suffix == PROGRAM and path.is_file():
        kind, weights = "exported", path
    elif path.exists() and (path.is_dir() or path.suffix in STATES):
        if weights is not None:
            raise RobustcheckError(f"{word} is a file of weights, and --weights names another; leave one out")
        kind, weights, options["architecture"] = "torchvision", path, _architecture_in(path)
    elif "/" in word or os.sep in word or path.suffix in (*STATES, PROGRAM):
        raise RobustcheckError(f"there is no file {word}; {_forms()}")
    else:
        kind, options["architecture"] = "torchvision", _architecture(word, taken)
    if kind in ("torchvision", "timm") and weights is None:
        weights = _nearby(options["architecture"], wanted.root)
    shape, comment = _input(kind, str(options.get("architecture", "")), weights, wanted.size)
    if options.get("architecture") in TURNED:
        options["arguments"] = {"transform_input": True}
    name = entry_name(_short_name(kind, word, options), "model")
    where = Location(f"{wanted.configs.name}/models.yaml")
    entry = ModelEntry(name, kind, classes, shape, weights, None, {}, options, where, wanted.root)
    return entry, comment


def _forms() -> str:
    return (
        "name package.module:function, an architecture of torchvision such as resnet50, timm:NAME, or a file of weights"
    )


def _short_name(kind: str, word: str, options: dict[str, Any]) -> str:
    if kind == "python":
        module, _, function = word.partition(":")
        return function if function not in _GENERIC else module.partition(".")[0]
    return str(options["architecture"]) if kind == "timm" else Path(word).stem


def _arguments(factory: str, root: Path, classes: int) -> dict[str, Any]:
    """Return the number of classes for a factory that asks for it."""
    try:
        parameters = inspect.signature(find_factory(factory, root)).parameters
    except (TypeError, ValueError):  # nothing is known of its parameters
        return {}
    count = next((name for name in COUNTS if name in parameters), None)
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [
        name
        for name, parameter in parameters.items()
        if parameter.default is inspect.Parameter.empty and parameter.kind not in variadic and name != count
    ]
    if needed:
        raise RobustcheckError(
            f"{factory} needs {', '.join(needed)}, which nobody can guess; name a function that needs nothing more than the "
            "number of classes, or write arguments: into configs/models.yaml yourself"
        )
    return {"arguments": {count: classes}} if count else {}


def _architecture(word: str, taken: Sequence[str]) -> str:
    from torchvision import models

    known = models.list_models(module=models)
    if word in known:
        return word
    near = near_words(word, [*known, *taken])[:3]
    hint = f"did you mean {' or '.join(near)}? Otherwise " if near else ""
    raise RobustcheckError(f"there is no model {word}; {hint}{_forms()}")


def _architecture_in(path: Path) -> str:
    """Return the architecture that the name of a weights file begins with."""
    named = _named_by(path)
    if named is None:
        raise RobustcheckError(
            f"{path.name} holds weights, and its name does not say of which network; name that, as in `--model resnet50 "
            f"--weights {path.name}`, or with package.module:function"
        )
    return named


def _named_by(path: Path) -> str | None:
    from torchvision import models

    begins = [
        name
        for name in models.list_models(module=models)
        if re.match(rf"{re.escape(name)}(?![A-Za-z0-9])", path.name, re.IGNORECASE)
    ]
    return max(begins, key=len, default=None)


def _nearby(architecture: str, root: Path) -> Path:
    """Return the one file in the project that is named after an architecture."""
    stem = architecture.partition(".")[0]
    there = [
        file
        for folder in FOLDERS
        if (root / folder).is_dir()
        for file in sorted((root / folder).iterdir())
        if file.suffix in STATES and re.match(rf"{re.escape(stem)}(?![A-Za-z0-9]|_[a-z]*\d)", file.name)
    ]
    if len(there) == 1:
        return there[0]
    if there:
        raise RobustcheckError(
            f"{architecture} may have several files of weights: {', '.join(_shown(file, root) for file in there)}; name one "
            "with --weights, or as --model"
        )
    raise RobustcheckError(
        f"{architecture} needs weights: without them its network is random. Add `--weights FILE`; nothing is downloaded here"
    )


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _input(kind: str, architecture: str, weights: Path | None, size: int | None) -> tuple[Preprocessing, str]:
    """Return how pictures become the input, and what that rests on."""
    published = None
    comment = f"{ASSUMED}: what most networks take; write what the training used"
    if kind == "torchvision" and weights is not None:
        from robustcheck.core.checksums import digest_of
        from robustcheck.core.regular_files import read_with_digest
        from robustcheck.models.published import by_digest, default_torchvision_weights, torchvision_weights

        digest = digest_of(weights, lambda file: read_with_digest(file)[1])
        published = by_digest(torchvision_weights(architecture), digest)
        comment = f"as torchvision publishes {published.name}, which this file is" if published else comment
        if published is None:
            published, _ = default_torchvision_weights(architecture)
            comment = f"{ASSUMED}: that of torchvision's {published.name}; write what the training used"
    elif kind == "timm":
        published = next(iter(_of_timm(architecture)), None)
        comment = f"{ASSUMED}: that of timm's {published.name}; write what the training used" if published else comment
    base = Preprocessing((USUAL[0],) * 2, USUAL[1], mean=IMAGENET_MEAN, std=IMAGENET_STD)
    if published is not None:
        filters: Any = published.interpolation
        base = Preprocessing(
            published.size, next(iter(published.resizes), USUAL[1]), filters, mean=published.mean, std=published.std
        )
    if size is not None:
        base = dataclasses.replace(base, input_size=(size, size), resize=size)
    return base, comment


def _of_timm(name: str) -> Sequence[Any]:
    from robustcheck.models.published import timm_weights

    try:
        return timm_weights(name)
    except ModuleNotFoundError:
        raise RobustcheckError(f"{TIMM}{name} needs timm: python -m pip install timm") from None
    except (RuntimeError, ValueError):
        return ()  # what opens the model says what is wrong with its name
