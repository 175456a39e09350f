"""What an exported program may say of its sizes and operators."""

from __future__ import annotations

import pytest
import torch

from robustcheck.core.errors import ModelError
from robustcheck.models.expressions import check_expression
from robustcheck.models.operators import check_operator

EXPRESSIONS = [
    "s0",
    "s77 + 1",
    "2*s0 - u1//4",
    "(s0 + 1)**2",
    "Symbol('s77', positive=True, integer=True)",
    "Add(Integer(1), Mul(Integer(2), Symbol('s0', integer=True)))",
    "FloorDiv(Symbol('s0'), Integer(2))",
    "Max(1, s0)",
    "StrictLessThan(Symbol('s0'), Integer(5))",
    "Pow(Symbol('s0'), Integer(-1))",
    "Float('1.5', precision=53)",
    "true",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_sizes_may_be_arithmetic(text: str) -> None:
    check_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').mkdir('x')",
        "exec('1')",
        "eval",
        "s0.__class__",
        "Symbol('s0').subs",
        "Symbol(__import__('os'))",
        "Symbol('s0', positive=exec('1'))",
        "Symbol(*[exec('1')])",
        "Integer(exec('1'))",
        "Add(s0, **exec('1'))",
        "(lambda: 1)()",
        "[x for x in 1]",
        "f'{1}'",
        "'s0'",
        "s0 if s0 else exec",
        "(x := 1)",
        "9**9**9",
        "9**999999999",
        "((9**64)**64)**64)**64",
        "(((s0**64)**64)**64)**64",
        "LShift(Integer(1), Integer(10000000000))",
        "sympify('1')",
        "Lambda(s0, 1)",
        "\uff45val",
        "(" * 5000 + "1" + ")" * 5000,
        "s0;import os",
        "s0\nimport os",
        "",
    ],
)
def test_sizes_may_be_nothing_else(text: str) -> None:
    with pytest.raises(ModelError, match="where a size belongs, which would run as code"):
        check_expression(text)


def test_operators_of_other_packages_need_a_declared_digest() -> None:
    library = torch.library.Library("planted_elsewhere", "DEF")
    library.define("double(Tensor x) -> Tensor")
    target = "torch.ops.planted_elsewhere.double.default"
    with pytest.raises(
        ModelError, match=r"operators of planted_elsewhere are not known .* so this file is code: review it and declare"
    ):
        check_operator(target, declared=False)
    check_operator(target, declared=True)
    library._destroy()
