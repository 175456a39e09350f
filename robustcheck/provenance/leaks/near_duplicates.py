"""Hashes of two sets that differ in few bits, without comparing each with each.

Of hashes cut into d + 1 bands, two that differ in d bits or fewer agree on a whole band (the pigeonhole principle; Manku,
Jain and Das Sarma, "Detecting near-duplicates for web crawling", 2007). So each band is joined on equality, and only what
agrees there is compared. Where bands are so short that this saves nothing, all is compared.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]
Pairs = tuple[Rows, Rows, Rows]
"""Rows of the left set, rows of the right set and bits in which they differ, each of shape (n,)."""

BITS: Final = 64
AT_ONCE: Final = 1 << 18
"""Pairs that are compared at once; their numbers stay within a core's cache."""
SLOWER: Final = 6
"""How many times as long a candidate of a band takes as a pair that is just compared, with some to spare (measured: 4)."""


def near_pairs(left: Hashes, right: Hashes, distance: int) -> Iterator[Pairs]:
    """Iterate over blocks of the pairs whose Hamming distance is at most some bits, each pair once, in no special order.

    Args:
        left: Shape (n,), uint64.
        right: Shape (m,), uint64.
        distance: Bits, 0 to 63.
    """
    if not (left.size and right.size):
        return
    masks = _masks(distance + 1)
    if sum(_candidates(left & mask, right & mask) for mask in masks) * SLOWER > left.size * right.size:
        yield from _all(left, right, distance)
        return
    for number, mask in enumerate(masks):
        for one, other in _joined(left & mask, right & mask):
            differing = left[one] ^ right[other]
            bits = count_bits(differing)
            found = bits <= distance
            for earlier in masks[:number]:
                found &= (differing & earlier) != 0  # else that band has told of the pair
            if found.any():
                yield one[found], other[found], bits[found].astype(np.int64)


def count_bits(values: Hashes) -> NDArray[np.uint8]:
    """Return the number of ones of each value, of the values' shape."""
    if hasattr(np, "bitwise_count"):
        counted: NDArray[np.uint8] = np.bitwise_count(values)
        return counted
    return _added_up(values)  # numpy 1


def _added_up(values: Hashes) -> NDArray[np.uint8]:
    """Count ones in parallel (Warren, "Hacker's Delight", 2nd ed., figure 5-2)."""
    one, two, four = (np.uint64(number) for number in (1, 2, 4))
    pairs = values - ((values >> one) & np.uint64(0x5555555555555555))
    fours = (pairs & np.uint64(0x3333333333333333)) + ((pairs >> two) & np.uint64(0x3333333333333333))
    bytes_ = (fours + (fours >> four)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    total: Hashes = (bytes_ * np.uint64(0x0101010101010101)) >> np.uint64(56)
    return total.astype(np.uint8)


def _masks(bands: int) -> list[np.uint64]:
    """Cut 64 bits into bands that differ in length by one at most."""
    ends = [BITS * number // bands for number in range(bands + 1)]
    return [np.uint64((1 << high) - (1 << low)) for low, high in itertools.pairwise(ends)]


def _candidates(left: Hashes, right: Hashes) -> int:
    """Return how many pairs are equal."""
    ones, counts = np.unique(left, return_counts=True)
    others, other_counts = np.unique(right, return_counts=True)
    _, here, there = np.intersect1d(ones, others, assume_unique=True, return_indices=True)
    return int(counts[here] @ other_counts[there])


def _joined(left: Hashes, right: Hashes) -> Iterator[tuple[Rows, Rows]]:
    """Iterate over the pairs of equal values, ``AT_ONCE`` at a time and those of one more row."""
    order = np.argsort(right, kind="stable")
    values = right[order]
    first = np.searchsorted(values, left, "left")
    counts = np.searchsorted(values, left, "right") - first
    rows = np.flatnonzero(counts)
    before = np.cumsum(counts[rows]) - counts[rows]
    for block in np.split(rows, np.flatnonzero(np.diff(before // AT_ONCE)) + 1):
        lengths = counts[block]
        starts = np.repeat(first[block] - (np.cumsum(lengths) - lengths), lengths)
        yield np.repeat(block, lengths), order[starts + np.arange(starts.size)]


def _all(left: Hashes, right: Hashes, distance: int) -> Iterator[Pairs]:
    width = min(right.size, 4096)
    height = max(1, AT_ONCE // width)
    for top in range(0, left.size, height):
        for edge in range(0, right.size, width):
            bits = count_bits(left[top : top + height, None] ^ right[None, edge : edge + width])
            one, other = np.nonzero(bits <= distance)
            if one.size:
                yield one + top, other + edge, bits[one, other].astype(np.int64)
