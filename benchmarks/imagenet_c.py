"""What the corruptions of ImageNet-C cost a picture, beside the package ``imagecorruptions-imaug``.

One 224 pixel picture, one thread. In each round every severity of a corruption runs once in ours and once in theirs, in
turn; prints the median over the rounds of the mean over the severities, in milliseconds, and ours as a share of theirs.

Run with ``uv run --group dev python -m benchmarks.imagenet_c [--rounds 7] [--only fog snow]``.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

THEIRS = "imagecorruptions"
SIDE = 224
SEVERITIES = range(1, 6)


def picture() -> NDArray[np.uint8]:
    """Return smooth noise with edges and grain, shape (SIDE, SIDE, 3)."""
    import cv2

    rng = np.random.default_rng(0)
    coarse = cv2.resize(rng.uniform(0, 255, (14, 14, 3)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    coarse[SIDE // 4 : SIDE // 2, SIDE // 3 :] *= 0.6
    grainy: NDArray[np.uint8] = np.clip(coarse + rng.normal(0, 4, coarse.shape), 0, 255).astype(np.uint8)
    return grainy


def seconds(corrupt: Callable[[int], Any]) -> float:
    """Return the mean time of a corruption over the severities."""
    began = time.perf_counter()
    for severity in SEVERITIES:
        corrupt(severity)
    return (time.perf_counter() - began) / len(SEVERITIES)


def compare(name: str, image: NDArray[np.uint8], rounds: int) -> tuple[float, float]:
    """Return the milliseconds a picture of ours and of theirs."""
    from robustcheck.core import registry

    function = registry.shifts[f"imagenet_c.{name}"].function
    drawn = {"rng": np.random.default_rng(0)} if "rng" in inspect.signature(function).parameters else {}

    def ours(severity: int) -> Any:
        return function(image, severity=severity, **drawn)

    def theirs(severity: int) -> Any:
        return importlib.import_module(THEIRS).corrupt(image, severity, name)

    # Tables and textures are made, and the other's loops compiled, before the clock runs.
    seconds(ours), seconds(theirs)
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    own, other = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
    return own, other


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each corruption, and the total."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", default=[], metavar="CORRUPTION")
    options = parser.parse_args(arguments)

    import cv2

    import robustcheck.shifts.imagenet_c  # noqa: F401 - registers them

    cv2.setNumThreads(1)
    image = picture()
    rows = {
        name: compare(name, image, options.rounds)
        for name in options.only or importlib.import_module(THEIRS).get_corruption_names("all")
    }
    rows["total"] = tuple(map(sum, zip(*rows.values(), strict=True)))  # type: ignore[assignment]
    write = sys.stdout.write
    write(f"ms a picture at {SIDE} px, one thread, mean over severities, median of {options.rounds} rounds\n")
    write(f"  {'':18} {'ours':>8} {'theirs':>8} {'share':>6}\n")
    for name, (own, other) in rows.items():
        write(f"  {name:18} {own:8.2f} {other:8.2f} {own / other:6.2f}\n")
    write(f"ours is {rows['total'][1] / rows['total'][0]:.1f} times as fast\n")


if __name__ == "__main__":
    main()
