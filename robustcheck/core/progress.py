"""What is under way: told by whoever does long work, shown by whoever runs it, and by default by nobody.

Work tells a ``Task`` how far it is. Who shows progress binds a ``Reporter`` for the length of a run; without one a task is
an object that counts. Whatever a reporter does, it never changes or ends the work that it is told of.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Reporter(Protocol):
    """Is told of tasks; may be asked from one thread only, the one that works."""

    def began(self, task: Task) -> None:
        """A task began; those that began before it and have not ended contain it."""

    def advanced(self, task: Task) -> None:
        """A task has another count or step; called for each batch, so it must cost next to nothing."""

    def ended(self, task: Task) -> None:
        """A task is over, well or badly."""


class Task:
    """One piece of long work.

    Attributes:
        title: What it is, such as the id of a case.
        step: What of it is being done, such as the variant that is tried; may be empty.
        unit: What is counted, in the plural, such as ``pictures``.
        total: How many there are; ``None`` where that is not known.
        at_most: Whether the total is a bound that is often not reached.
        done: How many are done.
    """

    __slots__ = ("_reporter", "at_most", "done", "step", "title", "total", "unit")

    def __init__(
        self,
        title: str,
        reporter: Reporter | None = None,
        *,
        unit: str = "",
        total: int | None = None,
        at_most: bool = False,
    ) -> None:
        """Begin with nothing done."""
        self.title, self.unit, self.total, self.at_most = title, unit, total, at_most
        self.step = ""
        self.done = 0
        self._reporter = reporter

    def advance(self, count: int = 1) -> None:
        """Count what was done since the last call."""
        self.done += count
        if self._reporter is not None:
            _tell(self._reporter.advanced, self)

    def at_step(self, step: str) -> None:
        """Say what is being done now."""
        self.step = step
        if self._reporter is not None:
            _tell(self._reporter.advanced, self)


_reporter: ContextVar[Reporter | None] = ContextVar("robustcheck_progress", default=None)


def _tell(call: Callable[[Task], None], task: Task) -> None:
    with contextlib.suppress(Exception):
        call(task)


@contextlib.contextmanager
def reported_to(reporter: Reporter | None) -> Iterator[None]:
    """Bind a reporter to all tasks that begin within; ``None`` shows nothing."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)


@contextlib.contextmanager
def task(title: str, *, unit: str = "", total: int | None = None, at_most: bool = False) -> Iterator[Task]:
    """Begin a task that ends with the block.

    Args:
        title: What it is.
        unit: What is counted, in the plural.
        total: How many there are, if that is known.
        at_most: Whether the total is a bound that is often not reached.
    """
    reporter = _reporter.get()
    work = Task(title, reporter, unit=unit, total=total, at_most=at_most)
    if reporter is None:
        yield work
        return
    _tell(reporter.began, work)
    try:
        yield work
    finally:
        _tell(reporter.ended, work)


def counted(items: Iterable[Item], title: str, *, unit: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items and count each once the next one is asked for.

    Args:
        items: What is worked on.
        title: What is done with them.
        unit: What they are, in the plural.
        total: How many there are, if that is known.
    """
    with task(title, unit=unit, total=total) as work:
        for item in items:
            yield item
            work.advance()
