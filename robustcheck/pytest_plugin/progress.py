"""Progress beside pytest's own output: a line below its cursor, or lines between; of workers, whatever they tell.

On a terminal one line is rewritten, elsewhere each case has a line when it begins, behind which pytest writes its letter, and
another every 30 s. ``-v`` says when each begins and ends; ``-q`` shows nothing.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import pytest

from robustcheck.core import progress
from robustcheck.core.progress import Task
from robustcheck.core.suite_folders import is_yaml

if TYPE_CHECKING:
    from robustcheck.report.progress.display import Display

NAME: Final = "robustcheck-progress"
CHANNEL: Final = "robustcheck_progress"
"""Under this name a worker finds among its input what leads to the controller."""
TOLD_EVERY: Final = 0.5
"""Seconds between what a worker tells of one task, at least."""


def add_progress(config: pytest.Config) -> None:
    """Register what shows progress in this process, or tells it to the process that does."""
    if config.option.verbose < 0 or config.option.collectonly:
        return
    if hasattr(config, "workerinput"):
        if CHANNEL in config.workerinput:
            config.pluginmanager.register(TellingProgress(config.workerinput[CHANNEL].send), NAME)
    else:
        # Its terminal reporter is registered later than we are.
        config.pluginmanager.register(_Begin(), f"{NAME}-begin")


def is_case(item: pytest.Item) -> bool:
    """Whether an item is one of ours."""
    return item.get_closest_marker("robustcheck") is not None


def _past_capture() -> TextIO | None:
    """Return another way to where standard output leads now, which pytest's capture leaves alone; ``None`` without a file."""
    try:
        return open(
            os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding, errors="backslashreplace", newline=""
        )
    except (AttributeError, OSError, ValueError):
        return None


class _Begin:
    """Registers what shows progress once there is something that writes to the terminal."""

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Begin, unless pytest shows nothing either."""
        reporter = session.config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            session.config.pluginmanager.register(ShownProgress(session.config, reporter), NAME)


class TellingProgress:
    """In a worker: tells the controller of every case, and now and then how far it is."""

    def __init__(self, send: Callable[[Any], object], clock: Callable[[], float] = time.monotonic) -> None:
        """Take what sends a tuple of texts and numbers."""
        self._send, self._clock = send, clock
        self._tasks: list[tuple[Task, float]] = []
        self._last = float("-inf")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Tell that a case begins and ends, and be told of its tasks; of a test of Python, which may run a suite, these alone."""
        if not is_case(item):
            with progress.reported_to(self):
                return (yield)
        began = self._clock()
        self._tell(("began", item.name))
        try:
            with progress.reported_to(self), progress.task(item.name):
                return (yield)
        finally:
            self._tell(("ended", item.name, self._clock() - began))

    def began(self, task: Task) -> None:
        """See ``Reporter.began``."""
        self._tasks.append((task, self._clock()))
        self._tell_where()

    def advanced(self, task: Task) -> None:
        """See ``Reporter.advanced``."""
        if self._clock() - self._last >= TOLD_EVERY:
            self._tell_where()

    def ended(self, task: Task) -> None:
        """See ``Reporter.ended``."""
        self._tasks = [entry for entry in self._tasks if entry[0] is not task]
        if self._tasks:
            self._tell_where()
        else:
            self._tell(("idle",))

    def _tell_where(self) -> None:
        from robustcheck.report.progress.view import titles

        self._last = self._clock()
        task, began = self._tasks[-1]
        numbers = (task.done, task.total, task.at_most, self._last - began)
        self._tell(("at", titles([self._tasks[0][0].title, task.title]), task.step, task.unit, *numbers))

    def _tell(self, message: tuple[Any, ...]) -> None:
        # The controller may be gone, in which case this process ends by itself.
        with contextlib.suppress(OSError):
            self._send(message)


class ShownProgress:
    """In the process that has the terminal: shows its own cases, or those of its workers."""

    def __init__(self, config: pytest.Config, reporter: Any) -> None:
        """Choose how to show them by what pytest writes to."""
        from robustcheck.report.progress.display import Display
        from robustcheck.report.progress.writer import StatusLine, can_rewrite

        self._writer = config.get_terminal_writer()
        self._past = _past_capture()
        self._reporter = reporter
        self._verbose = config.option.verbose > 0
        self._captures = config.getoption("capture", "fd") != "no"
        self._begun = 0
        self._names: set[str] = set()
        self._width = self._writer.fullwidth
        terminal = bool(getattr(reporter, "isatty", False)) and can_rewrite(sys.stdout)
        self._status = StatusLine(self._send, below=True) if terminal else None
        self._display: Display = Display(
            status=self._status,
            width=lambda: self._width,
            say=None if terminal else lambda text: self._send(f"\n  {text} "),
            place=self._place,
        )

    def _send(self, text: str) -> None:
        """Write while a case runs, past what captures output and past what remembers how long pytest's line is."""
        if self._past is None:
            getattr(self._writer, "write_raw", self._writer.write)(text)
            self._writer.flush()
        else:
            self._past.write(text)
            self._past.flush()

    def _say(self, text: str) -> None:
        self._writer.write(f"\n  {text} ", flush=True)
        if self._verbose:
            # As after a result: the next thing that pytest writes begins a line of its own.
            self._reporter.currentfspath = -2

    def _place(self) -> str:
        return f"{self._begun} of {len(self._names)} cases" if self._begun else ""

    def _case_begins(self, name: str) -> None:
        from robustcheck.report.progress.view import began_line

        self._begun += 1
        if self._verbose:
            self._say(began_line(f"{name} begins", self._place()))
        elif self._status is None:
            self._say(began_line(name, self._place()))

    def _case_ends(self, name: str, seconds: float) -> None:
        from robustcheck.report.progress.view import ended_line

        if self._verbose:
            self._say(ended_line(name, seconds))

    @contextlib.contextmanager
    def _aside(self) -> Iterator[None]:
        """Keep the line away while pytest writes."""
        with self._display.lock:
            self._display.hide()
            self._width = self._writer.fullwidth
            yield

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the cases."""
        self._names.update(item.nodeid for item in session.items if is_case(item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Show a case of this process, or what a test of Python runs by the ``robustcheck`` fixture."""
        self._width = self._writer.fullwidth
        if not is_case(item):
            with self._beside_output(), progress.reported_to(self._display):
                return (yield)
        with contextlib.suppress(OSError, ValueError):
            self._case_begins(item.name)
        began = time.monotonic()
        try:
            with self._beside_output(), progress.reported_to(self._display), progress.task(item.name):
                return (yield)
        finally:
            with contextlib.suppress(OSError, ValueError):
                self._case_ends(item.name, time.monotonic() - began)

    def _beside_output(self) -> contextlib.AbstractContextManager[None]:
        """With ``-s``: what a model or a data set prints must not meet the line."""
        from robustcheck.report.progress.aside import outputs_aside

        return contextlib.nullcontext() if self._captures or self._status is None else outputs_aside(self._display)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Show what comes after the cases, such as the report."""
        with self._aside():
            self._begun = 0
        with progress.reported_to(self._display):
            return (yield)

    def pytest_unconfigure(self) -> None:
        """Take everything away."""
        self._display.close()
        if self._past is not None:
            with contextlib.suppress(OSError, ValueError):
                self._past.close()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker a way to tell of its cases, beside xdist's own, which knows no other messages."""
        channel = node.gateway.newchannel()
        channel.setcallback(functools.partial(self._hear, node.gateway.id), endmarker=("gone",))
        node.workerinput[CHANNEL] = channel

    def _hear(self, worker: str, message: tuple[Any, ...]) -> None:
        """Take what a worker told, in the thread that receives it."""
        from robustcheck.report.progress.view import View

        try:
            with self._display.lock:
                what, *about = message
                if what in ("began", "ended") and not self._verbose and self._status is not None:
                    self._begun += what == "began"
                elif what == "began":
                    self._display.hide()
                    self._case_begins(*about)
                elif what == "ended":
                    self._display.hide()
                    self._case_ends(*about)
                self._display.told(worker, View(*about) if what == "at" else None)
        except (OSError, ValueError):
            pass

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Count the cases of the workers."""
        self._names.update(name for name in ids if is_yaml(Path(name.split("::")[0])))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, Any, Any]:
        """Let pytest write."""
        with self._aside():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None, Any, Any]:
        """Let pytest write."""
        with self._aside():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None, Any, Any]:
        """Let pytest write."""
        with self._aside():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True, optionalhook=True)
    def pytest_testnodedown(self) -> Generator[None, Any, Any]:
        """Let pytest-xdist write."""
        with self._aside():
            return (yield)
