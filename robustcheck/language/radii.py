"""Radii of attacks that bound nothing: 0, which changes no picture, and balls that hold every picture there is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from robustcheck.core.error_codes import Code
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.domain.threshold import Threshold
from robustcheck.language.value_types import Reading

_GREATEST: Final[dict[str, Callable[[int], float]]] = {
    "linf": lambda _: 1.0,
    "l2": math.sqrt,
    "l1": float,
    "l0": float,
}
"""The greatest distance of two pictures of so many values in 0..1, by the norm."""


def greatest(norm: str, values: int) -> float:
    """Return the distance of the two pictures that are furthest apart.

    Args:
        norm: ``linf``, ``l2``, ``l1`` or ``l0``; any other has no bound.
        values: Numbers that a picture has, each in 0..1.
    """
    return _GREATEST[norm](values) if norm in _GREATEST else math.inf


def problem_of_radius(radius: Quantity, norm: str, values: int, what: str) -> tuple[str, str] | None:
    """Return what is wrong with a radius, and what to do, or ``None``.

    Args:
        radius: The ball's.
        norm: Of the ball.
        values: Numbers of a picture; 0 where that is not known.
        what: What messages call it, such as ``eps``.
    """
    if radius.value <= 0:
        return f"{what} of {radius} changes no picture, so it checks nothing", "remove it: the clean case is that"
    limit = greatest(norm, values) if values or norm == "linf" else math.inf
    if radius.value < limit:
        return None
    found = f"{what} of {radius} holds every picture there is: in {norm} no two are further apart than {limit:.6g}"
    whole = not radius.unit and norm == "linf" and radius.number < 255
    return found, f"write {radius}/255" if whole else "write a smaller one"


def check_radii(lines: Sequence[Threshold], norms: Sequence[str], reading: Reading) -> None:
    """Report thresholds at radii of an attack's norms that bound nothing."""
    for line in lines:
        radius = parse_quantity(line.argument[0]) if line.metric == "robust_accuracy_at" else None
        found = (problem_of_radius(radius, norm, reading.values, line.metric) for norm in norms) if radius else ()
        problem = next(filter(None, found), None)
        if problem:
            reading.add(line.where, Code.RADIUS, *problem)
