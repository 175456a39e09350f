"""What a model is, as a digest: the same in every process and on every machine, another for another model."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from robustcheck.imports import source_of
from robustcheck.language.entries import ModelEntry

if TYPE_CHECKING:
    import torch

DEEPEST = 8
"""Dictionaries and lists within each other that are looked into."""


def digest_of_module(entry: ModelEntry, module: torch.nn.Module, content: str) -> str:
    """Return the sha256 over all that decides a module's outputs, as far as it can be seen.

    That is: its parameters and buffers, those that are not kept in its state too, the numbers, tensors and arrays its
    parts keep as attributes, its structure as printed, the source files of its parts (torch's own left out), and the
    options of its entry.

    Args:
        entry: What ``configs/models.yaml`` says of it.
        module: The module, on any device.
        content: Digest of what says more about it, such as its weights file and its factory's source.
    """
    digest = hashlib.sha256(content.encode())
    digest.update(json.dumps(dict(entry.options), sort_keys=True, default=str).encode())
    for line in _state(module):
        digest.update(line)
    for line in (*_settings(module), *_arrays(module)):
        digest.update(line)
    for source in sorted({hashlib.sha256(text).hexdigest() for text in _sources(module)}):
        digest.update(source.encode())
    # Printed functions carry their address, which is another in every process.
    digest.update(re.sub(r" at 0x[0-9a-fA-F]+", "", str(module)).encode())
    return digest.hexdigest()


def digest_with_input(content: str, entry: ModelEntry) -> str:
    """Return the sha256 over what a model is and how its entry feeds and reads it."""
    return hashlib.sha256(repr((content, entry.preprocessing, entry.classes)).encode()).hexdigest()


def _state(module: torch.nn.Module) -> Iterator[bytes]:
    import torch

    for name, value in sorted(module.state_dict().items()):
        if not isinstance(value, torch.Tensor):
            yield f"{name}\x00{value!r}\n".encode()
            continue
        yield f"{name}\x00{value.dtype}\x00{tuple(value.shape)}\n".encode()
        yield value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()


def _settings(module: torch.nn.Module) -> Iterator[bytes]:
    import torch

    every_module_has = vars(torch.nn.Module()).keys()
    for name, part in module.named_modules():
        if _is_torchs(type(part)):
            continue  # It prints its settings itself, and its attributes change with torch's versions.
        plain = {key: value for key, value in vars(part).items() if key not in every_module_has and _is_plain(value)}
        yield f"{name}\x00{sorted(plain.items())}\n".encode()


def _arrays(module: torch.nn.Module) -> Iterator[bytes]:
    """Yield what decides outputs and stands in no state: buffers that are not kept, and attributes that hold tensors or arrays."""
    import torch

    every_module_has = vars(torch.nn.Module()).keys()
    kept = module.state_dict().keys()
    for name, buffer in module.named_buffers():
        if name not in kept:
            yield from _content(name, buffer)
    for name, part in module.named_modules():
        if not _is_torchs(type(part)):
            own = {key: value for key, value in vars(part).items() if key not in every_module_has}
            for key, value in sorted(own.items()):
                yield from _content(f"{name}.{key}", value)


def _content(name: str, value: Any, depth: int = 0) -> Iterator[bytes]:
    """Yield the content of a tensor or an array, or of a dictionary of such and of numbers; nothing of anything else."""
    import numpy as np
    import torch

    if depth > DEEPEST:
        return
    if isinstance(value, torch.Tensor):
        if value.layout is not torch.strided or value.is_quantized or value.is_meta:
            return
        yield f"{name}\x00{value.dtype}\x00{tuple(value.shape)}\n".encode()
        yield value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        yield f"{name}\x00{value.dtype}\x00{value.shape}\n".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, np.generic):
        yield f"{name}\x00{value.dtype}\x00{value!r}\n".encode()
    elif isinstance(value, dict):
        # Other keys may be printed with their address, which is another in every process.
        named = {key: inner for key, inner in value.items() if isinstance(key, (str, int))}
        for key, inner in sorted(named.items(), key=lambda item: repr(item[0])):
            if _is_plain(inner):
                yield f"{name}[{key!r}]\x00{inner!r}\n".encode()
            else:
                yield from _content(f"{name}[{key!r}]", inner, depth + 1)
    elif isinstance(value, (list, tuple)) and not _is_plain(value):
        for place, inner in enumerate(value):
            yield from _content(f"{name}[{place}]", inner, depth + 1)


def _is_plain(value: Any) -> bool:
    """Whether a value is a number or made of numbers; texts may be paths, so they do not count."""
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float))


def _sources(module: torch.nn.Module) -> Iterator[bytes]:
    for kind in {type(part) for part in module.modules()}:
        if not _is_torchs(kind):
            yield source_of(kind)


def _is_torchs(kind: type) -> bool:
    return kind.__module__.split(".")[0] == "torch"
