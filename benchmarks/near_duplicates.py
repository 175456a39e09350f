"""Time and completeness of the search for near duplicates: random hashes, among them planted copies with some bits changed.

Run with ``uv run python -m benchmarks.near_duplicates [--size 100000] [--distances 2 4 6 8]``. On 2 cores, 100,000 x 100,000:

| distance | seconds | of 10,000 planted, found |
|---|---|---|
| 2 | 0.1 | 10,000 |
| 4 | 0.3 | 10,000 |
| 6 | 1.6 | 10,000 |
| 8 | 6.9 | 10,000 |
| 16 | 24 | 10,000 |
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from robustcheck.provenance.leaks.near_duplicates import Hashes, Rows, near_pairs

PLANTED = 10
"""One hash in so many is a copy."""


def planted(size: int, distance: int, rng: np.random.Generator) -> tuple[Hashes, Hashes, Rows, Rows]:
    """Return two sets of random hashes, and the rows of the copies in the first and of what they are copies of."""
    left, right = (rng.integers(0, 1 << 64, size, dtype=np.uint64) for _ in range(2))
    copies, originals = (rng.choice(size, size // PLANTED, replace=False) for _ in range(2))
    changed = rng.integers(0, distance + 1, len(copies))
    for copy, original, bits in zip(copies, originals, changed, strict=True):
        flipped = sum(1 << int(bit) for bit in rng.choice(64, bits, replace=False))
        left[copy] = right[original] ^ np.uint64(flipped)
    return left, right, copies, originals


def main() -> None:
    """Print a line a distance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--distances", type=int, nargs="+", default=[2, 4, 6, 8])
    arguments = parser.parse_args()
    for distance in arguments.distances:
        left, right, copies, originals = planted(arguments.size, distance, np.random.default_rng(distance))
        began = time.perf_counter()
        found = [(one, other) for one, other, _ in near_pairs(left, right, distance)]
        seconds = time.perf_counter() - began
        pairs = {(int(one), int(other)) for block in found for one, other in zip(*block, strict=True)}
        hits = sum((int(copy), int(original)) in pairs for copy, original in zip(copies, originals, strict=True))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{arguments.size:,} x {arguments.size:,} within {distance} bits: {seconds:.1f} s, {hits:,} of {len(copies):,} "
            f"planted found, {len(pairs) - hits:,} others, at most {memory:.0f} MB"
        )


if __name__ == "__main__":
    main()
