"""Many simulated runs of one gate that stops early, by its boundaries instead of one decision a picture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robustcheck.stats.confidence_sequence import Anytime


def boundaries(gate: Anytime, total: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each number seen from 1 the fewest right that pass and the most right that fail, shape (total,) each."""
    passing, failing = np.empty(total, np.int64), np.empty(total, np.int64)
    least, most = 0, -1
    for seen in range(1, total + 1):
        # Of one picture more, at most one more is right; so each boundary moves a step or none, but is searched for.
        while least <= seen and gate.decide(least, seen - least) != "pass":
            least += 1
        while least > 0 and gate.decide(least - 1, seen - least + 1) == "pass":
            least -= 1
        while most + 1 <= seen and gate.decide(most + 1, seen - most - 1) == "fail":
            most += 1
        while most >= 0 and gate.decide(most, seen - most) != "fail":
            most -= 1
        passing[seen - 1], failing[seen - 1] = least, most
    return passing, failing


def simulate(
    limits: tuple[NDArray[np.int64], NDArray[np.int64]], successes: int, runs: int, *, every: int = 1, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return how many pictures each run looked at and whether it passed, shape (runs,) each.

    Args:
        limits: As of ``boundaries``.
        successes: Of the whole set.
        runs: Random orders of it.
        every: Pictures between two looks.
        seed: Of the orders.
    """
    (found,) = simulate_each(limits, successes, runs, every=(every,), seed=seed)
    return found


def simulate_each(
    limits: tuple[NDArray[np.int64], NDArray[np.int64]],
    successes: int,
    runs: int,
    *,
    every: Sequence[int],
    seed: int = 0,
) -> list[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Return what ``simulate`` does for several numbers of pictures between two looks, over the same orders."""
    passing, failing = limits
    total = len(passing)
    each = [np.unique(np.append(np.arange(step, total + 1, step), total)) - 1 for step in every]
    rng = np.random.default_rng(seed)
    found = [(np.empty(runs, np.int64), np.empty(runs, bool)) for _ in every]
    truth = np.arange(total) < successes
    for begin in range(0, runs, 250):
        rows = min(250, runs - begin)
        right = rng.permuted(np.broadcast_to(truth, (rows, total)), axis=1).cumsum(axis=1, dtype=np.int32)
        for looks, (seen, passed) in zip(each, found, strict=True):
            shown = right[:, looks]
            passes, fails = shown >= passing[looks], shown <= failing[looks]
            first = (passes | fails).argmax(axis=1)
            seen[begin : begin + rows] = looks[first] + 1
            passed[begin : begin + rows] = passes[np.arange(rows), first]
    return found
