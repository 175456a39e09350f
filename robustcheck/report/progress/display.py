"""Who shows progress: one rewritten line on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from robustcheck.core.progress import Task
from robustcheck.report.progress.view import View, line, titles
from robustcheck.report.progress.writer import StatusLine

PATIENCE: Final = 0.5
"""Seconds until a terminal shows anything: what is over sooner needs no line."""
EVERY: Final = 30.0
"""Seconds between lines where there is no terminal."""
REDRAWN: Final = 0.25


class Display:
    """Follows the tasks of this process, and what others tell of theirs, and shows one of them.

    A thread redraws, so that a line moves while nothing is counted. It is started with the first task and ends with ``close``.
    """

    def __init__(
        self,
        *,
        status: StatusLine | None = None,
        width: Callable[[], int] = lambda: 80,
        say: Callable[[str], None] | None = None,
        place: Callable[[], str] = lambda: "",
        clock: Callable[[], float] = time.monotonic,
        ticking: bool = True,
    ) -> None:
        """Choose what is shown.

        Args:
            status: The line of a terminal; ``None`` elsewhere.
            width: Its columns.
            say: Writes a line every ``EVERY`` seconds where there is no terminal; ``None`` never.
            place: ``7 of 27 cases``.
            clock: Seconds that only grow.
            ticking: Whether a thread redraws; a test asks ``tick`` itself.
        """
        self.lock = threading.RLock()
        self._status, self._width, self._say, self._place, self._clock = status, width, say, place, clock
        self._own: list[tuple[Task, float]] = []
        self._others: dict[str, tuple[View, float, float]] = {}
        self._said: dict[str, float] = {}
        self._ticking = ticking
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    @property
    def on_terminal(self) -> bool:
        """Whether a line is rewritten."""
        return self._status is not None

    def began(self, task: Task) -> None:
        """See ``Reporter.began``."""
        with self.lock:
            self._own.append((task, self._clock()))
            self._begin("")
        self._start()

    def advanced(self, task: Task) -> None:
        """See ``Reporter.advanced``: the thread looks by itself."""

    def ended(self, task: Task) -> None:
        """See ``Reporter.ended``."""
        with self.lock:
            self._own = [entry for entry in self._own if entry[0] is not task]
            if not self._own:
                self._end("")

    def told(self, name: str, view: View | None) -> None:
        """Follow the work of another process.

        Args:
            name: Of the process.
            view: Its work; ``None`` where it does none.
        """
        with self.lock:
            now = self._clock()
            if view is None:
                self._others.pop(name, None)
                self._end(name)
                return
            known = self._others.get(name)
            since = known[2] if known and known[0].title == view.title else now
            self._others[name] = view, now, since
            self._begin(name)
        self._start()

    def _begin(self, name: str) -> None:
        self._said.setdefault(name, self._clock())

    def _end(self, name: str) -> None:
        self._said.pop(name, None)
        if not self.views() and self._status:
            self._status.erase()

    def views(self) -> list[tuple[str, View]]:
        """Return what is under way by process, the longest first; that of this process has an empty name."""
        with self.lock:
            now = self._clock()
            found = []
            if self._own:
                # Only tasks that began a moment ago would make the line flicker between them and what contains them.
                task, began = self._own[-1]
                named = titles([self._own[0][0].title, task.title])
                view = View(named, task.step, task.unit, task.done, task.total, task.at_most, now - began)
                found.append((self._own[0][1], "", view))
            for name, (view, at, since) in self._others.items():
                later = View(
                    view.title, view.step, view.unit, view.done, view.total, view.at_most, view.seconds + now - at
                )
                found.append((since, name, later))
            return [(name, view) for _, name, view in sorted(found, key=lambda entry: entry[:2])]

    def tick(self) -> None:
        """Show where the work is, if it is time."""
        with self.lock:
            shown = self.views()
            if not shown:
                return
            if self._status:
                self._draw(shown)
            elif self._say:
                now = self._clock()
                for name, view in shown:
                    if now - self._said[name] >= EVERY:
                        self._said[name] = now
                        self._say(line(view, self._place()))

    def _draw(self, shown: list[tuple[str, View]]) -> None:
        assert self._status is not None  # noqa: S101 - the caller has seen it
        longest = shown[0][1]
        if not self._status.drawn and self._age() < PATIENCE:
            return
        more = f"+{len(shown) - 1} beside it" if len(shown) > 1 else ""
        place = "  ".join(part for part in (more, self._place()) if part)
        # The last column stays free: a terminal that has just filled it does what it likes with the next character.
        self._status.draw(line(longest, place, max(1, self._width() - 1)))

    def _age(self) -> float:
        began = [since for _, _, since in self._others.values()] + [since for _, since in self._own[:1]]
        return self._clock() - min(began)

    def hide(self) -> None:
        """Take the line away until the next tick."""
        with self.lock:
            if self._status:
                self._status.erase()

    def close(self) -> None:
        """End the thread and take the line away."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(1.0)
        self.hide()

    def _start(self) -> None:
        if self._ticking and self._thread is None and (self._status or self._say) and not self._over.is_set():
            self._thread = threading.Thread(target=self._run, name="robustcheck-progress", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(REDRAWN):
            try:
                self.tick()
            except Exception:
                return  # a run goes on without progress
