"""Symbolic sizes of an exported program: sympy evaluates their text as Python, so only arithmetic may come that far."""

from __future__ import annotations

import ast
import re
from typing import Final

from robustcheck.core.errors import ModelError

MOST_CHARACTERS: Final = 10_000
MOST_POWERS: Final = 3
GREATEST_POWER: Final = 64
_SIZE: Final = re.compile(r"(s|u|zf|zuf)[0-9]{1,18}")
_SYMBOL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{0,40})?(e[+-]?[0-9]{1,3})?")
_CONSTANTS: Final = frozenset({"true", "false", "oo", "int_oo"})
_POWERS: Final = frozenset({"Pow", "PowByNatural", "FloatPow", "LShift"})
_FUNCTIONS: Final = re.compile(
    "Integer|Rational|Add|Mul|Max|Min|Abs|Mod|floor|ceiling|Eq|Ne|Lt|Le|Gt|Ge|Equality|Unequality|StrictLessThan|LessThan|"
    "StrictGreaterThan|GreaterThan|And|Or|Not|Xor|ITE|Piecewise|ExprCondPair|FloorDiv|ModularIndexing|Where|PythonMod|"
    "CleanDiv|CeilToInt|FloorToInt|CeilDiv|RShift|FloatTrueDiv|IntTrueDiv|IsNonOverlappingAndDenseIndicator|TruncToFloat|"
    "TruncToInt|RoundToInt|RoundDecimal|ToFloat|Identity"
)
_PLAIN: Final = (
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Tuple,
    ast.Load,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
)


def check_expression(text: str) -> None:
    """Accept sums, products and comparisons of sizes, as ``str`` and ``srepr`` of sympy write them.

    Args:
        text: Such as ``s0 + 1`` or ``Mul(Integer(2), Symbol('s77', integer=True, positive=True))``.

    Raises:
        ModelError: It is anything else, or could grow beyond all bounds.
    """
    try:
        if len(text) > MOST_CHARACTERS or not text.isascii():
            raise ValueError
        powers = sum(_check(node) for node in _walk(ast.parse(text.strip(), mode="eval")))
        if powers > MOST_POWERS:
            raise ValueError
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        shown = text if len(text) <= 80 else text[:80] + "..."
        raise ModelError(f"it holds {shown!a} where a size belongs, which would run as code") from None


def _walk(tree: ast.AST) -> list[ast.AST]:
    """Return what is to be checked by itself: a call to Symbol or Float is checked whole."""
    nodes: list[ast.AST] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        if not isinstance(node, ast.Call):
            waiting += ast.iter_child_nodes(node)
        elif _name(node) not in ("Symbol", "Float"):
            waiting += node.args
    return nodes


def _check(node: ast.AST) -> int:
    """Return how many powers a node is; raise ``ValueError`` where it is no arithmetic."""
    if isinstance(node, ast.Call):
        return _check_call(node)
    if isinstance(node, ast.Name):
        if not _SIZE.fullmatch(node.id) and node.id not in _CONSTANTS:
            raise ValueError
    elif isinstance(node, ast.Constant):
        if not isinstance(node.value, (bool, int, float)):
            raise ValueError
    elif not isinstance(node, _PLAIN):
        raise ValueError
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.LShift)):
        return _check_power(node.right)
    return 0


def _check_call(node: ast.Call) -> int:
    name = _name(node)
    if name in ("Symbol", "Float"):
        form = _SYMBOL if name == "Symbol" else _NUMBER
        (first,) = node.args
        if not isinstance(first, ast.Constant) or not form.fullmatch(str(first.value)):
            raise ValueError
        if not all(
            isinstance(word.value, ast.Constant) and isinstance(word.value.value, (bool, int)) for word in node.keywords
        ):
            raise ValueError
        return 0
    if node.keywords or (name not in _POWERS and not _FUNCTIONS.fullmatch(name)):
        raise ValueError
    if name in _POWERS:
        _, power = node.args
        return _check_power(power)
    return 0


def _check_power(power: ast.AST) -> int:
    while isinstance(power, ast.UnaryOp) or (isinstance(power, ast.Call) and _name(power) == "Integer"):
        power = power.operand if isinstance(power, ast.UnaryOp) else power.args[0]
    if not isinstance(power, ast.Constant) or not isinstance(power.value, int) or power.value > GREATEST_POWER:
        raise ValueError
    return 1


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""
