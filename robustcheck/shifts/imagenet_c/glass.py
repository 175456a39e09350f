"""Frosted glass: pixels trade places with near ones, one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.shifts.imagenet_c.blur import gaussian
from robustcheck.shifts.imagenet_c.corruption import Picture, corruption

Places = NDArray[np.int32]


@corruption(synonyms=("frosted glass", "window"))
def glass_blur(image: Picture, rng: np.random.Generator, sigma: float, reach: float, passes: float) -> Picture:
    """Seen through frosted glass: blurred, near pixels mixed up, and blurred again.

    Both the original and imagecorruptions mean to swap two pixels but copy one over the other; so does this.
    """
    height, width = image.shape[:2]
    blurred = gaussian(image, sigma)
    places = np.arange(height * width, dtype=np.int32)
    size = (max(0, height - 2 * int(reach)), max(0, width - 2 * int(reach)), 2)
    for _ in range(int(passes)):
        moves = rng.integers(-int(reach), int(reach), size, dtype=np.int8)
        places = places[sources(height, width, int(reach), moves)]
    mixed = blurred.reshape(-1, 3)[places].reshape(image.shape)
    return gaussian(mixed, sigma)


def sources(height: int, width: int, reach: int, moves: NDArray[Any]) -> Places:
    """Return where the pixel comes from that each place holds after one pass.

    Places are visited from the last to the first, and each takes what its partner then holds. A partner that comes
    later in the pass still holds its first pixel; one visited before holds what it took, so chains of such partners
    are followed, twice as far each round.

    Args:
        height: Of the picture.
        width: Of the picture.
        reach: Longest move; as many rows and columns at the end, and one more at the start, are not visited.
        moves: Columns and rows to each partner, shape (visited rows, visited columns, 2), in the order of visits.

    Returns:
        Indices into the flattened picture, shape (height * width).
    """
    count = height * width
    first = np.arange(count, dtype=np.int32)
    inner = (slice(reach + 1, height - reach + 1), slice(reach + 1, width - reach + 1))
    visited = first.reshape(height, width)[inner].ravel()
    steps = moves[::-1, ::-1]
    offsets = steps[..., 1] * np.int32(width)
    offsets += steps[..., 0]
    offsets = offsets.ravel()
    # The upper half stands for what a place holds at first, the lower half for what it holds at last.
    holder = np.concatenate([first, first])
    holder += count
    later = offsets > 0
    holder[visited] = visited + offsets + np.where(later, np.int32(0), np.int32(count))
    unsettled = visited[later]
    while unsettled.size:
        following = holder[holder[unsettled]]
        holder[unsettled] = following
        unsettled = unsettled[following < count]
    return holder[:count] - count
