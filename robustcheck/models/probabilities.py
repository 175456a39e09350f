"""Outputs that are probabilities already, also where they were rounded: softmaxed numbers look like logits to everything after.

Rounding moves a row's sum by as much as it moves its values: by a share of it for floating point, by a step a class for fixed
point. So the tolerance is read off the values themselves: how many bits they use, or which grid they lie on.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["probabilities", "log-probabilities"]

SUMS: Final = 1e-3
"""How far, as a share, sums may lie from each other where values are not rounded: what normalising with an epsilon leaves."""
ROUNDINGS: Final = 4.0
"""Units in the last place that a sum may be off: the exponentials, their sum and the quotient are rounded one by one."""
FEWEST_BITS: Final = 8
"""Of bfloat16. Logits of a few small whole numbers use fewer, and would be granted any sum."""
USUAL: Final = (1.0, 100.0, 255.0, 256.0)
"""What rows sum to: shares, percent, bytes."""
LEVELS: Final = (100, 127, 128, 255, 256, 1000, 1023, 1024, 65535, 65536)
"""Steps from nothing to everything of fixed point."""
INDEPENDENT: Final = 0.05
"""Sums that vary by less than this share of what independent columns would make them vary are held to one value."""
TOGETHER: Final = 0.02
"""The same where the values do not tell how they were rounded."""
ENOUGH: Final = 8
"""Rows without which sums may agree by chance."""


def kind_of(rows: NDArray[np.floating]) -> Kind | None:
    """Say what finite outputs are, if they are not logits.

    Args:
        rows: Shape (n, classes), outputs for pictures that differ.

    Returns:
        What they are; ``None`` for what may be logits.
    """
    exact = rows.astype(np.float64)
    if exact.min() >= 0:
        return "probabilities" if _sums_are_held(exact, _bits(rows), 1.0) or _on_grid(exact) else None
    tolerance = ROUNDINGS * 2.0 ** -_bits(rows) * max(1.0, np.log(exact.shape[1]))
    if exact.max() <= max(SUMS, tolerance):
        # A logarithm's error is a share of itself, so that of the sum grows with the entropy.
        held = _sums_are_held(np.exp(exact), _bits(rows), max(1.0, float(np.log(exact.shape[1]))), (1.0,))
        return "log-probabilities" if held else None
    return None


def tolerance_of(rows: NDArray[np.floating]) -> float:
    """Return how far a sum of probabilities may lie from what it should be, as a share, by how they were rounded."""
    step = max((_worst(rows.shape[1], levels) for levels in LEVELS if _multiples(rows, levels)), default=0.0)
    return max(SUMS, ROUNDINGS * 2.0 ** -_bits(rows), step)


def _sums_are_held(exact: NDArray[np.float64], bits: int, grows: float, usual: tuple[float, ...] = ()) -> bool:
    """Whether all rows sum to one constant, while their columns vary; or to 1 but for one rounding, whether or not they vary."""
    sums = exact.sum(axis=1)
    middle = float(np.median(sums))
    if middle <= 0 or (usual and not any(abs(middle - s) <= s * _float_share(bits, grows) for s in usual)):
        return False
    off = float(np.abs(sums - middle).max()) / middle
    independent = float(np.sqrt(exact.var(axis=0).sum()))
    together = float(sums.std()) / independent if independent > 1e-6 * middle else np.inf
    enough = len(exact) >= ENOUGH
    # Scaled after rounding, values use all their bits; then the sums themselves must agree the better.
    if enough and together <= TOGETHER and off <= _float_share(FEWEST_BITS, grows):
        return True
    if enough and together <= INDEPENDENT and off <= _float_share(bits, grows):
        return True
    one_rounding = max(1e-5, 2 * 2.0**-bits) * grows
    # Rows that hardly differ hit some constant by chance.
    return bool(np.abs(sums - 1).max() <= one_rounding)


def _float_share(bits: int, grows: float) -> float:
    return max(SUMS, ROUNDINGS * 2.0**-bits * grows)


def _bits(rows: NDArray[np.floating]) -> int:
    """Return how many binary digits the values have, from that of bfloat16 to those of single precision."""
    digits, _ = np.frexp(rows.astype(np.float32))
    for bits in range(FEWEST_BITS, 24):
        scaled = digits.astype(np.float64) * 2.0**bits
        if (scaled == np.round(scaled)).all():
            return bits
    return 24


def _on_grid(exact: NDArray[np.float64]) -> bool:
    """Whether rows are probabilities in fixed point, each rounded or cut off."""
    classes, sums = exact.shape[1], exact.sum(axis=1)
    for total in USUAL:
        if exact.max() > total * (1 + 1e-6) or sums.max() <= 0:
            continue
        for levels in LEVELS:
            step = total / levels
            if exact.max() < step / 2:
                continue  # All of them rounded to nothing, which lies on every grid.
            low, high = total - (classes + 1) * step, total + classes * step / 2
            if (sums >= low).all() and (sums <= high).all() and _multiples(exact / total, levels):
                return True
    return False


def _multiples(shares: NDArray[np.floating], levels: int) -> bool:
    scaled = shares.astype(np.float64) * levels
    return bool((np.abs(scaled - np.round(scaled)) <= 1e-2).all())


def _worst(classes: int, levels: int) -> float:
    return (classes + 1) / levels
