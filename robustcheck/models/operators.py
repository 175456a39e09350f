"""Which operators an exported program may call: those that compute from tensors and numbers."""

from __future__ import annotations

import re
from typing import Final

import torch

from robustcheck.core.errors import ModelError

COMPUTING: Final = frozenset({"aten", "prims", "quantized_decomposed", "torchvision"})
"""Namespaces whose operators need no declaration."""
TOUCHING_FILES: Final = frozenset({"from_file", "save", "_print", "warn", "read_file", "write_file"})
_CONTROL_FLOW: Final = frozenset(
    {"wrap_with_set_grad_enabled", "wrap_with_autocast", "cond", "while_loop", "map_impl", "scan", "invoke_subgraph"}
)
_SYMBOLIC: Final = re.compile(r"torch\.(sym_[a-z]+|_sym_[a-z]+)|math\.(ceil|floor|trunc|sqrt)")
_ARITHMETIC: Final = re.compile(
    r"_operator\.(add|sub|mul|truediv|floordiv|mod|neg|pos|abs|pow|getitem|eq|ne|lt|le|gt|ge|and_|or_|not_|lshift|rshift)"
)
_OPERATOR: Final = re.compile(r"torch\.ops\.([A-Za-z0-9_]+)\.([A-Za-z0-9_]+)\.([A-Za-z0-9_]+)")
_HIGHER: Final = re.compile(r"torch\.ops\.higher_order\.([A-Za-z0-9_]+)")


def check_operator(target: str, *, declared: bool) -> None:
    """Accept an operator that computes, and nothing else that a path through ``torch`` reaches.

    Args:
        target: As the program names it, such as ``torch.ops.aten.conv2d.default``.
        declared: Whether the entry declares the ``sha256`` of the file; operators that a library or the project has
            registered are code, and may be called then.

    Raises:
        ModelError: It is none, or not registered.
    """
    if _ARITHMETIC.fullmatch(target) or _SYMBOLIC.fullmatch(target):
        return
    higher = _HIGHER.fullmatch(target)
    if higher and higher[1] in _CONTROL_FLOW:
        return
    match = _OPERATOR.fullmatch(target)
    if match is None or match[1] == "higher_order" or match[2] in TOUCHING_FILES:
        raise ModelError(f"it calls {target[:80]!a}, which is no operator on tensors and could run code")
    space = match[1]
    if space not in COMPUTING and not declared:
        raise ModelError(
            f"it calls {target}, and operators of {space} are not known to compute only, so this file is code: review it and declare "
            "its sha256 in the entry"
        )
    found = getattr(getattr(getattr(torch.ops, space), match[2], None), match[3], None)
    if not isinstance(found, torch._ops.OpOverload):
        raise ModelError(f"it calls {target}, which is not registered; the package that has it must be imported first")
