"""The loader: YAML 1.2 scalars, places, aliases, and both of PyYAML's parsers."""

from __future__ import annotations

import math

import pytest
import yaml

from robustcheck.core.errors import SuiteError
from robustcheck.language import loader
from robustcheck.language.nodes import plain_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("-0", 0), ("+12", 12), ("017", 17), ("0o17", 15),
        ("0x1F", 31), (".inf", math.inf), ("-.INF", -math.inf), ("no", "no"), ("on", "on"), ("Yes", "Yes"), ("off", "off"),
        ("y", "y"), ("true", True), ("False", False), ("tRUE", "tRUE"), ("null", None), ("~", None), ("12:30", "12:30"),
        ("2027-03-01", "2027-03-01"), ("1_000", "1_000"), ("0b11", "0b11"), ("15deg", "15deg"), ("1e999", math.inf),
        ("'1'", "1"), ('"true"', "true"), ("!!str 5", "5"), ("! 5", "5"), ("!!float 5", 5), ("=", "="), ("-", [None]),
        ("9" * 400, math.inf),
    ],
)  # fmt: skip
def test_scalars(text: str, value: object) -> None:
    assert plain_value(loader.load_bytes(text.encode(), "f")) == value
    assert type(plain_value(loader.load_bytes(text.encode(), "f"))) is type(value)


def test_nan() -> None:
    assert math.isnan(plain_value(loader.load_bytes(b".nan", "f")))


@pytest.mark.parametrize("parser", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)])
def test_both_parsers_give_one_tree(parser, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x\n  - {b: [1, two]}\n  - |\n    text\n# comment\né: *x\n"
    monkeypatch.setattr(loader, "_PARSER", parser)
    tree = loader.load_bytes(text.encode(), "f")
    assert plain_value(tree) == {"a": [{"b": [1, "two"]}, "text\n"], "é": [{"b": [1, "two"]}, "text\n"]}
    assert [str(key.where) for key, _ in tree] == ["f:1:1", "f:6:1"]
    inner = tree.get("a").items[0].get("b")
    assert [str(item.where) for item in inner.items] == ["f:2:10", "f:2:13"]
    with pytest.raises(SuiteError, match="nested more than 64"):
        loader.load_bytes(b"[" * 100, "f")


def test_alias_of_a_scalar_has_its_own_place() -> None:
    tree = loader.load_bytes(b"a: &x 5deg\nb: *x\n", "f")
    assert str(tree.get("b").where) == "f:2:4"


def test_aliases_count_towards_depth() -> None:
    text = "a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*a" + "]" * 40 + "\n"
    with pytest.raises(SuiteError, match="f:2:44: RC102 nested more than 64 levels deep"):
        loader.load_bytes(text.encode(), "f")


def test_byte_order_mark() -> None:
    assert plain_value(loader.load_bytes(b"\xef\xbb\xbfa: 1\n", "f")) == {"a": 1}


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_line_breaks(line_break: str) -> None:
    with pytest.raises(SuiteError, match=r"f:2:3: RC103 the character U.0000"):
        loader.load_bytes(f"a: 1{line_break}b:\0".encode(), "f")
