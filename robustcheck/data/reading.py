"""Work on many pictures in threads, in their order and in bounded memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
AHEAD = 4
"""Items a thread that are under way or done and not fetched yet, so that no thread waits for a slow picture."""


def in_threads(
    work: Callable[[Item], Answer], items: Iterable[Item], *, threads: int | None = None
) -> Iterator[Answer]:
    """Do the same to every item and return the answers in the order of the items.

    Args:
        work: Safe to call from several threads at once; what it raises is raised here, in the item's turn.
        items: Taken one at a time, shortly before their turn.
        threads: How many; as many as there are cores by default.
    """
    count = max(1, threads or os.cpu_count() or 1)
    with ThreadPoolExecutor(count) as pool:
        waiting: deque[Future[Answer]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= count * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
