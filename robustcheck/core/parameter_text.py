"""How the numbers of a parameter are written for people: ``1/30 s``, ``200,000 lux``, ``-60deg``."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Final

from robustcheck.core.registry import Parameter
from robustcheck.core.units import UNITS, Quantity

_APART: Final = frozenset({"K", "m", "s", "d", "lux"})
"""Units that stand behind a blank, as in print; suites read them with it and without."""
_GROUPED_FROM: Final = 10_000
_SHORT: Final = 0.1
"""Seconds below which a time is written as a part of a second, as on cameras."""
_LARGEST_DENOMINATOR: Final = 1_000_000


def number_shown(number: float, unit: str = "") -> str:
    """Return a finite number without its unit: ``1/30`` for a part of a second, ``200,000`` from five digits on, never ``1e-05``."""
    part = Fraction(number).limit_denominator(_LARGEST_DENOMINATOR)
    short = unit == "s" and 0 < number < _SHORT
    if short and part.numerator == 1 and math.isclose(part, number, rel_tol=1e-9):
        return f"1/{_decimal(part.denominator)}"
    return _decimal(number)


def _decimal(number: float) -> str:
    return format(Decimal(f"{number:.12g}"), ",f" if abs(number) >= _GROUPED_FROM else "f")


def quantity_shown(number: float, unit: str = "") -> str:
    """Return a finite number with its unit, a blank between where print has one."""
    if unit == ":":
        return f"{number_shown(number)}:1"
    return f"{number_shown(number, unit)}{' ' if unit in _APART else ''}{unit}"


def quantity_typed(number: float, unit: str = "") -> str:
    """Return a finite number with its unit as a suite may have it: without commas between the digits."""
    return quantity_shown(number, unit).replace(",", "")


def unit_shown(symbol: str) -> str:
    """Return how a unit is called in a list; the aspect ratio's is written between its numbers."""
    return "w:h" if symbol == ":" else symbol


def range_shown(parameter: Parameter) -> str:
    """Return the range of a parameter in its own unit: ``-60deg..60deg``, ``0.01..200,000 lux``, or nothing."""
    if math.isinf(parameter.low) and math.isinf(parameter.high):
        return ""
    unit = parameter.units[0] if len(parameter.units) == 1 and parameter.units[0] != ":" else ""
    low, high = (number_shown(end, unit) if math.isfinite(end) else "" for end in (parameter.low, parameter.high))
    if unit in _APART:
        return f"{low}..{high} {unit}"
    return f"{low and low + unit}..{high and high + unit}"


def default_shown(parameter: Parameter) -> str:
    """Return what holds where a parameter is left out; nothing where nothing does, as for a radius without end."""
    default = parameter.default
    if isinstance(default, Quantity):
        return quantity_shown(default.number, default.unit) if math.isfinite(default.number) else ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        unit = parameter.units[0] if len(parameter.units) == 1 and parameter.units[0] in UNITS else ""
        number = round(default / UNITS[unit].factor, 12) if unit else default
        return quantity_shown(number, unit) if math.isfinite(number) else ""
    if isinstance(default, int):
        return number_shown(default)
    return "" if default is None else str(default)
