"""Units of parameters, for code outside of this package: the types of a shift's or an attack's keyword arguments."""

from robustcheck.core.units import (
    Aspect,
    Degrees,
    Extent,
    In,
    Kelvin,
    Lux,
    Metres,
    Percent,
    Pixels,
    Points,
    Quantity,
    Range,
    Seconds,
    Stops,
)

__all__ = [
    "Aspect",
    "Degrees",
    "Extent",
    "In",
    "Kelvin",
    "Lux",
    "Metres",
    "Percent",
    "Pixels",
    "Points",
    "Quantity",
    "Range",
    "Seconds",
    "Stops",
]
