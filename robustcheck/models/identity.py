"""What a model is, as a digest: the same in every process and on every machine, another for another model."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from robustcheck.core.imports import source_of
from robustcheck.domain.config import ModelEntry

if TYPE_CHECKING:
    import torch

DEEPEST: Final = 100
"""Dictionaries and lists within each other that are looked into."""
MOST: Final = 1_000_000
"""Numbers of one attribute that are printed, those that stand in it again counted again."""
BITS: Final = 4096
"""Bits of the largest number that is printed: Python prints none of more than 4300 digits."""
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
"""Printed functions and objects carry their address, which is another in every process."""


def digest_of_module(entry: ModelEntry, module: torch.nn.Module, content: str) -> tuple[str, tuple[str, ...]]:
    """Return the sha256 over all that decides a module's outputs, as far as it can be seen, and what a report must say of it.

    That is: its parameters and buffers, those that are not kept in its state too, the numbers, tensors and arrays its
    parts keep as attributes, its structure as printed, the source files of its parts (torch's own left out), and the
    options of its entry. Where a part of this cannot be told as bytes, the digest is another each time, so that no records of
    another run are believed; there is a note then.

    Args:
        entry: What ``configs/models.yaml`` says of it.
        module: The module, on any device.
        content: Digest of what says more about it, such as its weights file and its factory's source.
    """
    digest = hashlib.sha256(content.encode())
    digest.update(json.dumps(dict(entry.options), sort_keys=True, default=str).encode())
    notes: tuple[str, ...] = ()
    try:
        for line in (*_state(module), *_settings(module), *_arrays(module)):
            digest.update(line)
        printed = _ADDRESS.sub("", str(module))
    except Exception as error:  # the code of a model or of a kind of tensor can raise anything
        printed = os.urandom(32).hex()
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        notes = (
            f"the model {entry.name} cannot be told from others, so nothing of it is kept for later runs ({reason})",
        )
    for source in sorted({hashlib.sha256(text).hexdigest() for text in _sources(module)}):
        digest.update(source.encode())
    digest.update(printed.encode("utf-8", "surrogatepass"))
    return digest.hexdigest(), notes


def digest_with_input(content: str, entry: ModelEntry) -> str:
    """Return the sha256 over what a model is and how its entry feeds and reads it."""
    read = (content, entry.preprocessing, entry.classes, entry.outputs)
    return hashlib.sha256(repr(read).encode()).hexdigest()


def _state(module: torch.nn.Module) -> Iterator[bytes]:
    import torch

    for name, value in sorted(module.state_dict().items()):
        if not isinstance(value, torch.Tensor):
            yield f"{name}\x00{_ADDRESS.sub('', repr(value))}\n".encode("utf-8", "surrogatepass")
        yield from _content(name, value, set())


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

    from robustcheck.models.tensor_content import PLAIN

    every_module_has = vars(torch.nn.Module()).keys()
    kept = module.state_dict().keys()
    for name, tensor in (*module.named_buffers(), *module.named_parameters()):
        if name not in kept or type(tensor) not in PLAIN:  # a state holds their values alone
            yield from _content(name, tensor, set())
    for name, part in module.named_modules():
        if not _is_torchs(type(part)):
            own = {key: value for key, value in vars(part).items() if key not in every_module_has}
            for key, value in sorted(own.items()):
                yield from _content(f"{name}.{key}", value, set())


def _content(name: str, value: Any, before: set[int], depth: int = 0) -> Iterator[bytes]:
    """Yield the content of a tensor or an array, or of a dictionary or list of such and of numbers; nothing of anything else.

    Args:
        name: Of the value.
        value: It.
        before: The lists and dictionaries that were looked into already; what holds itself would never end.
        depth: How many of them stand around the value.
    """
    import numpy as np
    import torch

    from robustcheck.models.tensor_content import PLAIN, Undigested, tensor_content

    if depth > DEEPEST:
        raise Undigested(f"{name.partition('[')[0]} is nested more than {DEEPEST} deep")
    if isinstance(value, torch.Tensor):
        yield from tensor_content(name, value)
        if type(value) not in PLAIN:
            yield from _content(name, vars(value), before, depth + 1)
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        yield f"{name}\x00{value.dtype}\x00{value.shape}\n".encode()
        yield np.ascontiguousarray(value).tobytes()
        if isinstance(value, np.ma.MaskedArray):
            yield np.ma.getmaskarray(value).tobytes()
    elif isinstance(value, np.generic):
        yield f"{name}\x00{value.dtype}\x00{value!r}\n".encode()
    elif isinstance(value, int) and not _is_plain(value):
        yield f"{name}\x00{value:#x}\n".encode()
    elif isinstance(value, (dict, list, tuple)) and id(value) in before:
        yield f"{name}\x00again\n".encode()
    elif isinstance(value, dict):
        before.add(id(value))
        # Other keys may be printed with their address, which is another in every process.
        named = {key: inner for key, inner in value.items() if isinstance(key, (str, int))}
        yield from _contents(name, sorted(named.items(), key=lambda item: repr(item[0])), before, depth)
    elif isinstance(value, (list, tuple)) and not _is_plain(value):
        before.add(id(value))
        yield from _contents(name, enumerate(value), before, depth)


def _contents(name: str, items: Iterable[tuple[Any, Any]], before: set[int], depth: int) -> Iterator[bytes]:
    for key, inner in items:
        if _is_plain(inner):
            yield f"{name}[{key!r}]\x00{inner!r}\n".encode()
        else:
            yield from _content(f"{name}[{key!r}]", inner, before, depth + 1)


def _is_plain(value: Any) -> bool:
    """Whether a value is a number or made of numbers that can be printed; texts may be paths, so they do not count."""
    return _printed(value, {}, 0) <= MOST


def _printed(value: Any, sizes: dict[int, float], depth: int) -> float:
    """Return how many numbers are printed for a value; infinity where it holds anything else, or itself."""
    if isinstance(value, (tuple, list)):
        if id(value) not in sizes:
            sizes[id(value)] = float("inf")
            total = 1.0
            for inner in value if depth < DEEPEST else ():
                if (total := total + _printed(inner, sizes, depth + 1)) > MOST:
                    return float("inf")
            sizes[id(value)] = total if depth < DEEPEST else float("inf")
        return sizes[id(value)]
    if isinstance(value, int):
        return 1 if value.bit_length() <= BITS else float("inf")
    return 1 if value is None or isinstance(value, float) else float("inf")


def _sources(module: torch.nn.Module) -> Iterator[bytes]:
    for kind in {type(part) for part in module.modules()}:
        if not _is_torchs(kind):
            yield source_of(kind)


def _is_torchs(kind: type) -> bool:
    return kind.__module__.split(".")[0] == "torch"
