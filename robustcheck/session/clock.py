"""When a run began, and how long it has taken."""

from __future__ import annotations

import datetime
import time


class Clock:
    """Begins when it is made.

    Attributes:
        started: The day and time in UTC.
    """

    def __init__(self) -> None:
        """Begin now."""
        self.started = datetime.datetime.now(datetime.UTC)
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds since then, by a clock that nobody sets."""
        return time.perf_counter() - self._began
