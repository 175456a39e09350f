"""How to run, as opposed to what: nothing here changes a verdict but what is looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.domain.tier import Tier

MOST_PROCESSES: Final = 256
CACHE_SIZE: Final = 2_000_000_000
"""Bytes that cached records may take."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a run.

    Attributes:
        root: The project's root: caches lie under ``root/.robustcheck``.
        report: Folder of the report.
        tier: Cases of this tier and below run.
        limit: Number of pictures, class-stratified; overrides the data set's own.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        batch_size: Pictures a forward pass; ``None`` lets the engine choose.
        cache: Whether results of earlier runs may be used.
        cache_size: Bytes that cached records may take; those that were used last stay.
        workers: Threads that decode and shift pictures.
        every_picture: Whether a case looks at all pictures even where it may stop early.
        keep: Whether records are kept for later runs and reports.
        processes: Processes that look at pictures; 0 for this one alone.
        memory: Bytes that decoded pictures may occupy, so that each is decoded once a suite.
    """

    root: Path
    report: Path
    tier: Tier = "standard"
    limit: int | None = None
    device: str = "auto"
    batch_size: int | None = None
    cache: bool = True
    workers: int = field(default_factory=lambda: min(16, os.cpu_count() or 1))
    memory: int = 1 << 30
    keep: bool = True
    every_picture: bool = False
    cache_size: int = CACHE_SIZE
    processes: int = 0


def processes_of(text: str | None) -> int:
    """Return how many processes an executor asks for: ``processes:4`` is 4; 0 for none.

    Raises:
        RobustcheckError: It is none that is known.
    """
    if not text or text == "threads":
        return 0
    name, _, count = text.partition(":")
    if name != "processes" or not count.isdecimal() or not 1 <= int(count) <= MOST_PROCESSES:
        raise RobustcheckError(
            f"{text}: it is threads, or processes:N with N from 1 to {MOST_PROCESSES}, such as processes:4"
        )
    return int(count)
