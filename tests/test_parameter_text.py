"""Numbers of parameters as a person writes them, and what may be written for them in a suite."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustcheck.core.parameter_text import (
    default_shown,
    number_shown,
    quantity_shown,
    quantity_typed,
    range_shown,
    unit_shown,
)
from robustcheck.core.registry import Parameter
from robustcheck.core.units import UNITS, Quantity, parse_quantity


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (1 / 30, "s", "1/30 s"),
        (round(1 / 30, 12), "s", "1/30 s"),
        (1e-5, "s", "1/100,000 s"),
        (0.1, "s", "0.1 s"),
        (0.5, "s", "0.5 s"),
        (0.07, "s", "0.07 s"),
        (0.0, "s", "0 s"),
        (10.0, "s", "10 s"),
        (200_000.0, "lux", "200,000 lux"),
        (0.01, "lux", "0.01 lux"),
        (6504.0, "K", "6504 K"),
        (25_000.0, "K", "25,000 K"),
        (8e-05, "", "0.00008"),
        (409_600, "", "409,600"),
        (12345.5, "", "12,345.5"),
        (3.0, "", "3"),
        (-15.0, "deg", "-15deg"),
        (0.1 + 0.2, "%", "0.3%"),
        (8.0, "/255", "8/255"),
        (1.5, ":", "1.5:1"),
        (1e15, "", "1,000,000,000,000,000"),
    ],
)
def test_a_quantity_is_written_so(number: float, unit: str, text: str) -> None:
    assert quantity_shown(number, unit) == text
    assert quantity_typed(number, unit) == text.replace(",", "")


@settings(deadline=None)
@given(st.floats(1e-9, 1e15) | st.floats(-1e15, -1e-9), st.sampled_from(sorted(UNITS.keys() - {":"})))
def test_what_is_written_is_the_number(number: float, unit: str) -> None:
    text = quantity_shown(number, unit)
    assert "e" not in text.removesuffix(unit)
    read = parse_quantity(quantity_typed(number, unit))
    assert read is not None
    assert read.unit == unit
    assert read.number == pytest.approx(number, rel=1e-9)


@settings(deadline=None)
@given(st.integers(1, 999_999_999), st.integers(1, 999_999_999))
def test_a_part_of_a_second_is_read_as_it_is_written(above: int, below: int) -> None:
    assert parse_quantity(f" {above}/{below} s ") == parse_quantity(f"{above}/{below}s") == Quantity(above / below, "s")


@pytest.mark.parametrize(
    "text", ["1/0s", "1/00 s", "1//30s", "1/30", "1/30 lux", "-1/30s", "1.5/30s", "1/30sec", "1/2/3s"]
)
def test_what_is_no_part_of_a_second_is_not_read_as_one(text: str) -> None:
    quantity = parse_quantity(text)
    assert quantity is None or quantity.unit != "s"


def parameter(**facts: Any) -> Parameter:
    return Parameter(**{"name": "a", "kind": "quantity", "required": False, **facts})


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"units": ("deg",), "low": -60, "high": 60}, "-60deg..60deg"),
        ({"units": ("lux",), "low": 0.01, "high": 200_000}, "0.01..200,000 lux"),
        ({"units": ("s",), "low": 1e-5, "high": 10}, "1/100,000..10 s"),
        ({"units": ("%",), "low": 0.5}, "0.5%.."),
        ({"units": ("m",), "high": 3}, "..3 m"),
        ({"units": (":",), "low": 0.1, "high": 10}, "0.1..10"),
        ({"units": ("px", "%"), "low": 0, "high": 200}, "0..200"),
        ({}, ""),
    ],
)
def test_a_range_is_written_so(facts: dict[str, Any], shown: str) -> None:
    assert range_shown(parameter(**facts)) == shown


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"units": ("s",), "default": 1 / 30}, "1/30 s"),
        ({"units": ("%",), "default": 0.3}, "30%"),
        ({"units": ("/255",), "default": 8 / 255}, "8/255"),
        ({"units": (":",), "default": 4 / 3}, "1.33333333333:1"),
        ({"units": ("/255", ""), "default": Quantity(float("inf"))}, ""),
        ({"units": ("px", "%"), "default": Quantity(4.0, "px")}, "4px"),
        ({"default": 20_000.0}, "20,000"),
        ({"kind": "integer", "default": 1000}, "1000"),
        ({"kind": "boolean", "default": True}, "true"),
        ({"kind": "choice", "default": "gray"}, "gray"),
        ({"default": None}, ""),
    ],
)
def test_a_default_is_written_so(facts: dict[str, Any], shown: str) -> None:
    assert default_shown(parameter(**facts)) == shown


def test_units_in_lists_are_written_as_people_write_them() -> None:
    assert unit_shown(":") == "w:h"
    assert unit_shown("deg") == "deg"
    assert number_shown(0.25, "s") == "0.25"
