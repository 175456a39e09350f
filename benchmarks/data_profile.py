"""What it costs to look at a data set once and again, beside one forward pass of the demo's network over it.

Run with ``uv run python -m benchmarks.data_profile [--size 10000]``. On 2 cores, 5,000 signs: forward 4.5 s; profile 2.8 s (.62),
the second time .3 s (.06); leaks against as many 4.8 s (1.05), the second time .8 s (.17).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from robustcheck.core.errors import Location
from robustcheck.data.sources.signs import Signs
from robustcheck.demo.framing import view
from robustcheck.demo.network import build
from robustcheck.domain.config import DataEntry
from robustcheck.provenance.leaks.leaks import find_leaks
from robustcheck.provenance.profile import profiles

BATCH = 256


def signs(split: str, size: int) -> Signs:
    """Return drawn road signs; drawing them is not timed."""
    options = {"split": split, "size": size, "seed": 0}
    return Signs(DataEntry(f"signs-{split}", "signs", None, None, {}, options, Location("benchmark"), Path()))


def forward(source: Signs) -> None:
    """Prepare every picture as the network wants it and ask the network."""
    network = build(14).eval()
    samples = list(source.samples())
    for first in range(0, len(samples), BATCH):
        pictures = np.stack([view(source.read(sample)) for sample in samples[first : first + BATCH]])
        with torch.inference_mode():
            network((torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5)


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Print seconds, and how they stand to one forward pass of the test set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000)
    size = parser.parse_args().size
    test, train = signs("test", size), signs("train", size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        floor = timed(lambda: forward(test))
        print(f"one forward pass of {size} pictures: {floor:.1f} s")
        for what, work in (
            ("profile", lambda: profiles(test, None, folder)),
            ("leaks against as many", lambda: find_leaks(test, train, cache=folder)),
        ):
            first, again = timed(work), timed(work)
            print(f"{what}: {first:.1f} s ({first / floor:.2f}), the second time {again:.1f} s ({again / floor:.2f})")


if __name__ == "__main__":
    main()
