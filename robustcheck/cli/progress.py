"""What a long command shows of its work: on a terminal one line that is rewritten, elsewhere a line now and then.

All of it goes to standard error and stays out of what a command says.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from robustcheck.core import progress
from robustcheck.core.absent_libraries import is_installed
from robustcheck.core.progress import Task

if TYPE_CHECKING:
    from robustcheck.report.progress.display import Display


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """Add what says how much is shown."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    how.add_argument("-v", "--verbose", action="store_true", help="say when each piece of work begins and ends")


@contextlib.contextmanager
def shown(arguments: argparse.Namespace) -> Iterator[None]:
    """Show progress on standard error while a command works.

    Only for a command that may be long, without ``-q``, and where the library that draws is installed.
    """
    if getattr(arguments, "quiet", True) or not is_installed("rich"):
        yield
        return
    stream = sys.stderr
    from robustcheck.report.progress.aside import outputs_aside

    display = display_on(stream)
    beside = outputs_aside(display) if display.on_terminal else contextlib.nullcontext()
    reporter: progress.Reporter = _Verbose(display) if arguments.verbose else display
    try:
        with beside, progress.reported_to(reporter), progress.task(arguments.called):
            yield
    finally:
        display.close()


class _Verbose:
    """Says when each piece of work begins and ends, too."""

    def __init__(self, display: Display, clock: Callable[[], float] = time.monotonic) -> None:
        self._display, self._clock = display, clock
        self._since: dict[int, float] = {}

    def began(self, task: Task) -> None:
        """See ``Reporter.began``."""
        self._since[id(task)] = self._clock()
        self._say(f"{task.title} begins")
        self._display.began(task)

    def advanced(self, task: Task) -> None:
        """See ``Reporter.advanced``."""

    def ended(self, task: Task) -> None:
        """See ``Reporter.ended``."""
        from robustcheck.report.progress.view import ended_line

        self._display.ended(task)
        self._say(ended_line(task.title, self._clock() - self._since.pop(id(task))))

    def _say(self, text: str) -> None:
        from robustcheck.cli.output import complain

        with self._display.lock:
            self._display.hide()
            complain(text)


def display_on(stream: TextIO, clock: Callable[[], float] = time.monotonic) -> Display:
    """Return what shows progress on a stream, by whether it is a terminal that can rewrite a line."""
    from robustcheck.cli.output import complain
    from robustcheck.report.progress.display import Display
    from robustcheck.report.progress.writer import StatusLine, can_rewrite, writer_of

    terminal = can_rewrite(stream)
    return Display(
        status=StatusLine(writer_of(stream), below=False) if terminal else None,
        width=lambda: shutil.get_terminal_size().columns,
        say=None if terminal else complain,
        clock=clock,
    )
