"""Text as people read it: names that a terminal may show, lists of names, numbers of metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from robustcheck.core.units import UNITS

NAMED: Final = 5
"""Names that a sentence holds before it only counts the rest."""


def printable(text: str) -> str:
    """Return text with every character that a terminal might obey written out as Python would."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def named(names: Iterable[str]) -> str:
    """Return the first few names and how many more there are: ``a, b, c, d, e and 2 more``."""
    every = [printable(name) for name in names]
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more


def written(number: float, unit: str) -> str:
    """Return a metric's number as a person reads it: ``71.2%``, ``3.4pp``, ``12.5deg`` or ``0.512``."""
    if unit in ("%", "pp"):
        return f"{round(number * 100, 1) + 0.0:.1f}{unit}"
    return f"{number / UNITS[unit].factor:.4g}{unit}" if unit else f"{number:.4g}"
