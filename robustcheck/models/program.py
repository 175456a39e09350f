"""Programs of ``torch.export`` without their code: checked member by member, written anew, and only then given to torch.

``torch.export.load`` unpickles sample inputs, custom objects and pickled weights, loads compiled libraries, and evaluates text.
What it gets from here holds none of these.
"""

from __future__ import annotations

import io
import json
import math
import warnings
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, Final

import torch

from robustcheck.core.errors import ModelError
from robustcheck.models.archive import Archive
from robustcheck.models.program_rules import checked_json

_MODEL: Final = "models/model.json"
_SAMPLE: Final = "data/sample_inputs/model.pt"
_KEPT: Final = ("archive_format", "archive_version", ".data/version", "byteorder")
_COMPILED: Final = "data/aotinductor/"
_PICKLED: Final = ("custom_obj_", "opaque_obj_")
_PARTS: Final = {"weights": "weight_", "constants": "tensor_"}
_OLD: Final = "serialized_exported_program.json"
_OLD_PARTS: Final = ("serialized_state_dict.pt", "serialized_constants.pt")


def load_program(source: Path | BinaryIO, *, declared: bool = False) -> torch.export.ExportedProgram:
    """Load a program without running anything that the file holds.

    Args:
        source: The file or its bytes.
        declared: Whether the entry declares the ``sha256`` of the file. Operators of other libraries may be called then; pickled
            parts are refused all the same.

    Raises:
        ModelError: It holds what would run as code, is damaged, or is no such program.
        OSError: It cannot be read.
    """
    archive = Archive(source)
    if any(name.startswith(_COMPILED) for name in archive.names):
        raise ModelError(
            "it holds compiled libraries of AOTInductor, so this file is code; save the program without them"
        )
    old = _OLD in archive.names
    parts = _old_parts(archive, declared) if old else _parts(archive, declared)
    rewritten = io.BytesIO()
    root = "" if old else "program/"
    with zipfile.ZipFile(rewritten, "w", zipfile.ZIP_STORED) as file:
        for name, content in parts.items():
            file.writestr(root + name, content)
    rewritten.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.export.load(rewritten)


def _parts(archive: Archive, declared: bool) -> dict[str, bytes]:
    """Return the members that torch gets; sample inputs, which are always pickled, are empty."""
    if "archive_format" not in archive.names or archive.read("archive_format") != b"pt2":
        raise ModelError("it is no archive of torch.export.save")
    pickled = sorted(name for name in archive.names if name.rpartition("/")[2].startswith(_PICKLED))
    if pickled:
        raise ModelError(
            f"it holds a pickled object ({pickled[0]}), which runs code when it is loaded, so this file is code"
        )
    parts: dict[str, bytes] = {name: archive.read(name) for name in _KEPT if name in archive.names}
    parts[_MODEL] = checked_json(archive.read(_MODEL), declared=declared)
    parts[_SAMPLE] = b""
    for part, prefix in _PARTS.items():
        legacy = f"data/{part}/model.pt"
        if legacy in archive.names:
            parts[legacy] = _tensors(archive.read(legacy), legacy)
        else:
            parts |= _payloads(archive, f"data/{part}/", f"model_{part}_config.json", prefix, declared)
    return parts


def _payloads(archive: Archive, folder: str, config: str, prefix: str, declared: bool) -> dict[str, bytes]:
    """Return the list of weights or constants, and the plain bytes of each."""
    text = checked_json(archive.read(folder + config), declared=declared)
    parts = {folder + config: text}
    try:
        for name, payload in json.loads(text)["config"].items():
            path = payload["path_name"]
            if not path.startswith(prefix) or "." in path:
                raise ModelError(f"its {name} lies in {path!a}, which is not loaded as a tensor")
            parts[folder + path] = archive.read(folder + path)
            sizes = [size["as_int"] for size in payload["tensor_meta"]["sizes"]]
            if not parts[folder + path] and math.prod(sizes):
                raise ModelError(f"it holds no values of {name}")
    except (KeyError, TypeError, AttributeError):
        raise ModelError(f"its list of weights or constants ({config}) is damaged") from None
    return parts


def _old_parts(archive: Archive, declared: bool) -> dict[str, bytes]:
    """Return the members of the format that torch wrote before 2.8."""
    parts = {"version": archive.read("version"), _OLD: checked_json(archive.read(_OLD), declared=declared)}
    parts |= {name: _tensors(archive.read(name), name) for name in _OLD_PARTS}
    return {**parts, "serialized_example_inputs.pt": b""}


def _tensors(content: bytes, name: str) -> bytes:
    """Return a mapping of tensors as torch saves it, after reading it with ``weights_only``."""
    if not content:
        return content
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state: Any = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception:
        raise ModelError(
            f"its {name} is pickled and holds more than tensors, so this file is code; save the program again"
        ) from None
    plain = (torch.Tensor, torch.nn.Parameter)
    if not isinstance(state, dict) or not all(type(value) in plain for value in state.values()):
        raise ModelError(f"its {name} is no mapping of tensors")
    rewritten = io.BytesIO()
    torch.save(dict(state), rewritten)
    return rewritten.getvalue()
