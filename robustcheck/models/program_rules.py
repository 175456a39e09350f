"""What the text of an exported program may hold: names, numbers, sizes and operators, so that torch makes no code of it.

Torch writes the names of a program into Python source, evaluates its sizes and guards, and looks its operators up by any path
through ``torch``. All that is not known to be harmless is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from robustcheck.core.errors import ModelError
from robustcheck.core.strict_json import NotStrict, parse_object
from robustcheck.models.expressions import check_expression

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,511}")
QUALIFIED: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,1023}")
_NO_NUMBER: Final = frozenset({"Infinity", "-Infinity", "NaN"})
_OF_PARTS: Final = frozenset(
    {"fqn", "parameter_name", "buffer_name", "tensor_constant_name", "user_input_name", "path_name"}
)
_NUMBERS: Final = frozenset({"min_val", "max_val", "as_float", "as_floats", "as_float_lists", "real", "imag"})
_TEXTS: Final = frozenset({"as_string", "as_strings"})
_OF_NAMES: Final = frozenset(
    {
        "config",
        "tensor_values",
        "sym_int_values",
        "sym_bool_values",
        "sym_float_values",
        "as_string_to_argument",
        "range_constraints",
        "opset_version",
    }
)
"""Mappings whose keys are names that the program's author chose."""
_CUSTOM: Final = frozenset({"as_custom_obj", "custom_obj", "custom_obj_values", "token"})
_DROPPED: Final = {"guards_code": [], "torch_version": "", "treespec_namedtuple_fields": {}}
"""What only describes a program, or is evaluated as Python when it is loaded."""
_CONTAINERS: Final = frozenset({"builtins.tuple", "builtins.list"})
_MAPPINGS: Final = frozenset({"builtins.dict", "collections.OrderedDict"})


def checked_json(text: bytes, *, declared: bool) -> bytes:
    """Return a JSON text of an archive with all that describes only left out.

    Args:
        text: A program, or the list of its weights or constants.
        declared: Whether the entry declares the digest of the file.

    Raises:
        ModelError: It holds what could run as code, or is no such text.
    """
    try:
        content = _checked(parse_object(text), "", declared)
    except NotStrict as error:
        raise ModelError(f"its description cannot be read: {error}") from None
    except RecursionError:
        raise ModelError("its description is nested too deeply") from None
    return json.dumps(content).encode()


def _checked(value: Any, key: str, declared: bool) -> Any:
    if isinstance(value, list):
        return [_checked(item, key, declared) for item in value]
    if isinstance(value, dict):
        return {name: _member(name, item, key, declared) for name, item in value.items()}
    if isinstance(value, str):
        _check_text(value, key, declared=declared)
    return value


def _member(name: str, value: Any, inside: str, declared: bool) -> Any:
    if not (QUALIFIED if inside == "config" else NAME).fullmatch(name):
        raise ModelError(f"it holds the name {name[:80]!a}, which would run as code")
    if inside in _OF_NAMES:
        return _checked(value, "", declared)
    if name in _DROPPED:
        return _DROPPED[name]
    if name == "metadata" and isinstance(value, dict):
        return {}
    if name in _CUSTOM and value:
        raise ModelError(
            "it holds a custom object, which runs code when it is loaded; export a program of tensors only"
        )
    if name == "use_pickle" and value is not False:
        raise ModelError(
            "it holds pickled tensors, which run code when they are loaded, so this file is code; export a program of plain "
            "tensors, or build the model by kind: python"
        )
    return _checked(value, name, declared)


def _check_text(text: str, key: str, *, declared: bool) -> None:
    if key in ("target", "as_operator"):
        from robustcheck.models.operators import check_operator

        check_operator(text, declared=declared)
    elif key == "expr_str":
        check_expression(text)
    elif key in ("in_spec", "out_spec"):
        _check_treespec(text)
    elif not _is_harmless(text, key):
        raise ModelError(f"it holds {text[:80]!a} as {key}, which would run as code")


def _is_harmless(text: str, key: str) -> bool:
    if key in _NUMBERS:
        return text in _NO_NUMBER
    if key in _TEXTS:
        return True  # an argument of an operator, which torch writes as a literal
    return not text or bool((QUALIFIED if key in _OF_PARTS else NAME).fullmatch(text))


def _check_treespec(text: str) -> None:
    """Accept tuples, lists and mappings; other containers import the module that defines them."""
    if not text:
        return
    try:
        version, tree = json.loads(text)
        if version != 1:
            raise ValueError
        _check_tree(tree)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ModelError(
            "its inputs or outputs are no plain tuples, lists and mappings; export a model that takes pictures and returns one tensor"
        ) from None


def _check_tree(tree: Mapping[str, Any]) -> None:
    kind, context = tree["type"], tree["context"]
    if set(tree) - {"type", "context", "children_spec"}:
        raise ValueError
    if kind in _MAPPINGS:
        keys = json.loads(context)
        if not isinstance(keys, list) or not all(isinstance(key, str) and NAME.fullmatch(key) for key in keys):
            raise ValueError
    elif (kind is not None and kind not in _CONTAINERS) or context not in (None, "null"):
        raise ValueError
    for child in tree["children_spec"]:
        _check_tree(child)
