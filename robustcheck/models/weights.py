"""Weights from files: verified by digest, loaded without running any code."""

from __future__ import annotations

import io
import pickle
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from robustcheck.core.checksums import digest_of
from robustcheck.core.errors import ModelError, RobustcheckError, did_you_mean
from robustcheck.core.file_content import LOOK, content_of, stands_in
from robustcheck.core.regular_files import read_with_digest
from robustcheck.domain.config import ModelEntry
from robustcheck.models.state import state_of


@dataclass(frozen=True, slots=True)
class Digest:
    """What a weights file, or a folder of shards, was when it was read.

    Attributes:
        digest: Of the bytes that were loaded, in hexadecimal.
        algorithm: ``sha256`` of a file, ``dirHash`` of a folder.
    """

    digest: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class Weights:
    """A weights file, or a folder of shards, as it was read: what is hashed is what is loaded.

    Attributes:
        identity: Its digest.
        files: The bytes by path, sorted; one file, or all files of the folder.
    """

    identity: Digest
    files: Mapping[Path, bytes] = field(repr=False)


def read_weights(entry: ModelEntry) -> Weights | None:
    """Read the weights of an entry, and hold their digest against the declared one; ``None`` without weights.

    All bytes are held in memory until the model has them, since a file that is read twice may be two files.

    Raises:
        ModelError: They are missing, not the declared ones, or a link leads out of the folder.
    """
    path = entry.weights
    if path is None:
        return None
    files: dict[Path, bytes] = {}

    def read(file: Path) -> str:
        files[file], digest = read_with_digest(file)
        return digest

    try:
        digest = digest_of(path, read)
    except OSError as error:
        raise ModelError(f"{entry.where}: the weights {path} cannot be read: {error.strerror}") from None
    except RobustcheckError as error:
        raise ModelError(f"{entry.where}: {error}") from None
    if entry.sha256 and entry.sha256.lower() != digest:
        raise ModelError(
            f"{entry.where}: the weights {path.name} have the sha256 {digest}, not {entry.sha256.lower()} as declared; "
            "it is another file than the one that was approved: fetch that one, or correct sha256 after reviewing this one"
        )
    algorithm = "dirHash" if path not in files else "sha256"
    return Weights(Digest(digest, algorithm), dict(sorted(files.items())))


def load_into(module: torch.nn.Module, entry: ModelEntry, weights: Weights | None) -> tuple[str, ...]:
    """Load the weights of an entry into a module, if it has any.

    A folder is read as the shards in it, ``*.safetensors``. ``.safetensors`` files hold tensors only; anything else is read by ``torch.load(weights_only=True)``.

    Returns:
        Notes for the report.

    Raises:
        ModelError: The file is no state dict, or does not fit the module; names what is missing or surplus.
    """
    if entry.weights is None or weights is None:
        return ()
    state, note = read_state(entry, weights, module.state_dict())
    _check_fit(state, module.state_dict(), entry)
    if not hasattr(state, "_metadata") and hasattr(module, "_version"):
        # Some networks ask for the version of their layout, which safetensors do not keep; a layout of another has other shapes.
        state = OrderedDict(state)
        state._metadata = {"": {"version": module._version}}  # type: ignore[attr-defined]
    try:
        module.load_state_dict(state, strict=False)
    except Exception as error:  # a module's own code may refuse them
        raise ModelError(
            f"{entry.where}: the weights {entry.weights.name} cannot be loaded into the model: {_short(error)}"
        ) from None
    return (f"the model {entry.name}: {note}",) if note else ()


def read_state(
    entry: ModelEntry, weights: Weights, own: Mapping[str, torch.Tensor]
) -> tuple[dict[str, torch.Tensor], str]:
    """Return the tensors of a weights file under a network's own names; see ``state_of``."""
    path = entry.weights or Path()
    return state_of(_loaded(entry, path, weights), entry, own, path.name)


def _check_fit(state: Mapping[str, torch.Tensor], own: Mapping[str, torch.Tensor], entry: ModelEntry) -> None:
    # Old checkpoints lack this counter, which nothing reads in evaluation mode.
    missing = sorted(name for name in own.keys() - state.keys() if not name.endswith("num_batches_tracked"))
    surplus = sorted(state.keys() - own.keys())
    begin = f"{entry.where}: the weights {entry.weights.name if entry.weights else ''} do not fit the model: "
    if missing or surplus:
        said = [f"lack {len(missing)} parameters, such as {missing[0]}"] if missing else []
        if surplus:
            said.append(
                f"have {len(surplus)} that the model lacks, such as {surplus[0]} ({did_you_mean(surplus[0], missing or own)})"
            )
        shared = len(own.keys() & state.keys())
        raise ModelError(
            f"{begin}they {' and '.join(said)}; {shared} of its {len(own)} names agree"
            + ("" if shared else ": they are of another architecture")
        )
    wrong = [name for name in own if name in state and state[name].shape != own[name].shape]
    if not wrong:
        return
    name = wrong[0]
    theirs, ours = tuple(state[name].shape), tuple(own[name].shape)
    classes = len(entry.classes)
    of_classes = theirs and ours and theirs[1:] == ours[1:] and ours[0] == classes and len(wrong) <= 4
    raise ModelError(
        f"{begin}{name} has the shape {theirs}, the model wants {ours}"
        + (f", and {len(wrong) - 1} more differ" if len(wrong) > 1 else "")
        + (
            f": they are of {theirs[0]} classes, and the entry lists {classes}; make `classes` match the weights"
            if of_classes
            else ""
        )
    )


def _loaded(entry: ModelEntry, path: Path, weights: Weights) -> Any:
    from safetensors.torch import load

    refuse_stand_ins(entry, weights)
    try:
        if weights.identity.algorithm == "dirHash":
            loaded: Any = _shards(path, weights.files)
        elif path.suffix == ".safetensors":
            loaded = load(weights.files[path])
        else:
            # Torch warns of what it then refuses, or loads none the worse.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loaded = torch.load(io.BytesIO(weights.files[path]), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        known = content_of(weights.files.get(path, b"")[:LOOK])
        if known != "a pickle" and "zip archive" not in known:
            raise ModelError(
                f"{entry.where}: {path.name} is no file of torch.save{f'; by its first bytes it is {known}' if known else ''}"
            ) from None
        if "unsupported operand" in str(error).lower():
            raise ModelError(
                f"{entry.where}: {path.name} was saved in a pickle protocol that torch.load cannot check; save it with "
                "torch.save(model.state_dict(), path), without pickle_protocol, or use safetensors"
            ) from None
        raise ModelError(
            f"{entry.where}: {path.name} holds more than tensors and would run code when loaded; save "
            "`model.state_dict()`, or use safetensors"
        ) from None
    except Exception as error:
        known = _what(weights.files.get(path, b"\x01"))
        raise ModelError(
            f"{entry.where}: the weights {path.name} cannot be loaded: {_short(error)}{f'; {known}' if known else ''}"
        ) from None
    return loaded


def refuse_stand_ins(entry: ModelEntry, weights: Weights) -> None:
    """Refuse what only stands in for weights, before a reader says something of its own format.

    Raises:
        ModelError: A file is a pointer, a page or an error of a server, or empty.
    """
    for path, content in weights.files.items():
        what = stands_in(content[:LOOK]) if path == entry.weights or path.suffix == ".safetensors" else ""
        if what:
            raise ModelError(f"{entry.where}: the weights {path.name} cannot be loaded: the file is {what}")


def _what(content: bytes) -> str:
    known = content_of(content[:LOOK])
    return f"by its first bytes it is {known}" if known else ""


def _shards(folder: Path, files: Mapping[Path, bytes]) -> dict[str, torch.Tensor]:
    from safetensors.torch import load

    state: dict[str, torch.Tensor] = {}
    for path in (path for path in files if path.parent == folder and path.suffix == ".safetensors"):
        shard = load(files[path])
        twice = sorted(shard.keys() & state.keys())
        if twice:
            raise ValueError(f"{path.name} has {twice[0]} again, which another file of the folder has")
        state |= shard
    if not state:
        raise ValueError("there is no .safetensors file in the folder")
    return state


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
