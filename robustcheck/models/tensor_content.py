"""The content of a tensor of any layout as bytes: the same for the same values, in every process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import torch
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

_COMPRESSED: Final = {
    torch.sparse_csr: ("crow_indices", "col_indices", "values"),
    torch.sparse_bsr: ("crow_indices", "col_indices", "values"),
    torch.sparse_csc: ("ccol_indices", "row_indices", "values"),
    torch.sparse_bsc: ("ccol_indices", "row_indices", "values"),
}
PLAIN: Final = (torch.Tensor, torch.nn.Parameter)
"""Kinds of tensors that hold nothing but their values."""
_SETTINGS: Final = (type(None), bool, int, float, str, torch.dtype, torch.device, torch.layout, torch.Size)


class Undigested(Exception):
    """A value has content that cannot be told as bytes."""


def tensor_content(name: str, tensor: torch.Tensor) -> Iterator[bytes]:
    """Yield the content of a tensor: its kind and shape, then its bytes.

    Args:
        name: Of the tensor, which is part of what is yielded.
        tensor: Of any layout, on any device. One without data (``meta``) has its kind and shape alone.

    Raises:
        Undigested: It has no content yet, or of a kind that is not known.
        RuntimeError: Torch cannot read it.
    """
    if torch.nn.parameter.is_lazy(tensor):
        raise Undigested(f"{name} gets its values when it is first used")
    if tensor.is_nested:
        yield f"{name}\x00nested\x00{tensor.dtype}\n".encode()
        for place, part in enumerate(tensor.detach().unbind()):
            yield from tensor_content(f"{name}[{place}]", part)
    elif is_traceable_wrapper_subclass(tensor):
        yield from _wrapped(name, tensor)
    elif type(tensor) in PLAIN:
        yield from _values(name, tensor.detach())
    else:
        yield f"{name}\x00{_kind(tensor)}\n".encode()
        with torch._C.DisableTorchFunctionSubclass():
            yield from _values(name, tensor.detach())


def _wrapped(name: str, tensor: Any) -> Iterator[bytes]:
    """Yield the content of a tensor that is made of others, as its class takes it apart."""
    attributes, settings = tensor.__tensor_flatten__()
    if not _is_settings(settings):
        raise Undigested(f"{name} is a {_kind(tensor)}, whose settings are not known")
    yield f"{name}\x00{_kind(tensor)}\x00{tuple(tensor.shape)}\x00{settings!r}\n".encode()
    for attribute in attributes:
        yield from tensor_content(f"{name}.{attribute}", getattr(tensor, attribute))


def _values(name: str, tensor: torch.Tensor) -> Iterator[bytes]:
    shape, layout = f"{name}\x00{tensor.dtype}\x00{tuple(tensor.shape)}", tensor.layout
    if tensor.is_meta:
        yield f"{shape}\x00meta\n".encode()
    elif layout is torch.sparse_coo:
        merged = tensor.coalesce()
        yield f"{shape}\x00{layout}\n".encode()
        for part in ("indices", "values"):
            yield from _values(f"{name}.{part}", getattr(merged, part)())
    elif layout in _COMPRESSED:
        yield f"{shape}\x00{layout}\n".encode()
        for part in _COMPRESSED[layout]:
            yield from _values(f"{name}.{part}", getattr(tensor, part)())
    elif tensor.is_quantized:
        yield f"{shape}\x00{tensor.qscheme()}\n".encode()
        yield from _quantized(name, tensor)
    elif layout is torch.strided:
        yield f"{shape}\n".encode()
        yield _bytes_of(tensor)
    else:  # that of a library, which lays the same values out otherwise on another processor
        yield f"{shape}\x00{layout}\n".encode()
        yield _bytes_of(tensor.to_dense())


def _quantized(name: str, tensor: torch.Tensor) -> Iterator[bytes]:
    if tensor.qscheme() in (torch.per_tensor_affine, torch.per_tensor_symmetric):
        yield f"{tensor.q_scale()!r} {tensor.q_zero_point()!r}\n".encode()
    else:
        yield f"{tensor.q_per_channel_axis()}\n".encode()
        yield from _values(f"{name}.scales", tensor.q_per_channel_scales())
        yield from _values(f"{name}.zero_points", tensor.q_per_channel_zero_points())
    yield from _values(f"{name}.integers", tensor.int_repr())


def _bytes_of(tensor: torch.Tensor) -> bytes:
    flat = tensor.cpu().resolve_conj().resolve_neg().contiguous().view(-1)
    # A single value counts as contiguous whatever its stride, and is then refused as bytes.
    content: bytes = flat.as_strided((flat.numel(),), (1,)).view(torch.uint8).numpy().tobytes()
    return content


def _kind(tensor: torch.Tensor) -> str:
    return f"{type(tensor).__module__}.{type(tensor).__qualname__}"


def _is_settings(value: Any, depth: int = 0) -> bool:
    """Whether a value is printed the same in every process and printed whole."""
    if isinstance(value, dict):
        value = (*value.keys(), *value.values())
    if isinstance(value, (tuple, list)):
        return depth < 10 and all(_is_settings(inner, depth + 1) for inner in value)
    return isinstance(value, _SETTINGS)
