"""The index of hashes finds exactly what comparing each with each finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustcheck.provenance.leaks import near_duplicates as near
from robustcheck.provenance.leaks.near_duplicates import Hashes, count_bits, near_pairs

Found = list[tuple[int, int, int]]


def found(left: Hashes, right: Hashes, distance: int) -> Found:
    return sorted(
        (int(one), int(other), int(bits))
        for block in near_pairs(left, right, distance)
        for one, other, bits in zip(*block, strict=True)
    )


def by_hand(left: Hashes, right: Hashes, distance: int) -> Found:
    pairs = (
        (one, other, (int(left[one]) ^ int(right[other])).bit_count())
        for one in range(left.size)
        for other in range(right.size)
    )
    return [pair for pair in pairs if pair[2] <= distance]


def test_three_hashes() -> None:
    left, right = np.array([0, 0b1111, 2**64 - 1], np.uint64), np.array([0b1, 2**63], np.uint64)
    assert found(left, right, 1) == [(0, 0, 1), (0, 1, 1)]
    assert found(left, right, 3) == [(0, 0, 1), (0, 1, 1), (1, 0, 3)]
    assert found(left, right, 63) == [(0, 0, 1), (0, 1, 1), (1, 0, 3), (1, 1, 5), (2, 0, 63), (2, 1, 63)]


def test_nothing_is_near_nothing() -> None:
    none, some = np.array([], np.uint64), np.array([1, 2], np.uint64)
    assert found(none, some, 4) == found(some, none, 4) == found(none, none, 4) == []


CROWDED = st.lists(st.integers(0, 63).map(lambda low: low | low << 58), max_size=30)
"""Few values, so that bands are crowded and many hashes are equal."""
HASHES = (st.lists(st.integers(0, 2**64 - 1), max_size=30) | CROWDED).map(lambda values: np.array(values, np.uint64))


@pytest.mark.parametrize("slower", [0, 10**9], ids=["by bands", "each with each"])
@settings(deadline=None)
@given(left=HASHES, right=HASHES, distance=st.integers(0, 20))
def test_the_index_equals_brute_force(slower: int, left: Hashes, right: Hashes, distance: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near, "SLOWER", slower)
        patch.setattr(near, "AT_ONCE", 7)
        assert found(left, right, distance) == by_hand(left, right, distance)


@pytest.mark.parametrize("distance", [0, 4, 8])
def test_five_thousand_equal_brute_force(distance: int) -> None:
    rng = np.random.default_rng(distance)
    left, right = (rng.integers(0, 1 << 64, 5000, dtype=np.uint64) for _ in range(2))
    for row in range(1000):
        flipped = sum(1 << int(bit) for bit in rng.choice(64, row % 12, replace=False))
        left[row] = right[4999 - row] ^ np.uint64(flipped)
    bits = np.stack([count_bits(one ^ right) for one in left])
    rows = np.nonzero(bits <= distance)
    assert found(left, right, distance) == list(zip(*(part.tolist() for part in (*rows, bits[rows])), strict=True))
    assert len(rows[0]) >= 1000 * (distance + 1) // 12


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_bits_are_counted_alike_with_and_without_numpy_2(values: list[int]) -> None:
    hashes = np.array(values, np.uint64)
    expected = [value.bit_count() for value in values]
    assert count_bits(hashes).tolist() == near._added_up(hashes).tolist() == expected
