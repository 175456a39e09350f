"""What a person sees of work under way: on a screen, in a log, and where nobody looks any more."""

from __future__ import annotations

import pyte
import pytest

from robustcheck.core import progress
from robustcheck.report.progress.aside import Aside
from robustcheck.report.progress.display import Display
from robustcheck.report.progress.view import View
from robustcheck.report.progress.writer import StatusLine


class Clock:
    """Seconds that a test passes."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Screen:
    """A terminal of 40 columns and few rows, as a person sees it."""

    def __init__(self, rows: int = 6) -> None:
        self._screen = pyte.Screen(40, rows)
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str) -> int:
        self._stream.feed(text)
        return len(text)

    @property
    def rows(self) -> list[str]:
        rows = [row.rstrip() for row in self._screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def cursor(self) -> tuple[int, int]:
        return self._screen.cursor.y, self._screen.cursor.x


def on(screen: Screen, clock: Clock, *, below: bool = True, place: str = "2 of 3 cases") -> Display:
    return Display(
        status=StatusLine(screen.write, below=below),
        width=lambda: 40,
        place=lambda: place,
        clock=clock,
        ticking=False,
    )


@pytest.mark.parametrize("rows", [2, 3, 6])
def test_the_line_lies_below_what_another_program_writes_and_leaves_its_cursor(rows: int) -> None:
    screen, clock = Screen(rows), Clock()
    display = on(screen, clock)
    screen.write("first\nsuites/a.yaml .")
    with progress.reported_to(display), progress.task("clean", unit="pictures", total=24) as task:
        display.tick()
        assert screen.rows == ["first", "suites/a.yaml ."], "what is over at once shows nothing"
        clock.now += 2
        task.advance(8)
        display.tick()
        assert screen.rows[-2:] == ["suites/a.yaml .", "clean  8/24  ETA 4 s   2 of 3 cases"]
        column = screen.cursor[1]
        assert (screen.rows[screen.cursor[0]], column) == ("suites/a.yaml .", len("suites/a.yaml ."))
        aside = Aside(screen, display)
        aside.write("F")
        assert screen.rows[-1] == "suites/a.yaml .F"
        clock.now += 2
        display.tick()
        assert screen.rows[-2:] == ["suites/a.yaml .F", "clean  8/24  ETA 8 s   2 of 3 cases"]
    assert screen.rows[-1] == "suites/a.yaml .F"
    screen.write("\nend")
    assert screen.rows[-2:] == ["suites/a.yaml .F", "end"]


def test_a_line_of_its_own_is_rewritten_and_goes_away() -> None:
    screen, clock = Screen(), Clock()
    display = on(screen, clock, below=False, place="")
    with progress.reported_to(display), progress.task("plan"):
        with progress.task("loading a"):
            clock.now += 3
            display.tick()
            assert screen.rows == ["plan: loading a  3 s"]
        clock.now += 1
        display.tick()
        assert screen.rows == ["plan  4 s"]
    assert screen.rows == []
    assert screen.cursor == (0, 0)


def test_of_several_workers_the_longest_is_shown_and_the_others_are_counted() -> None:
    screen, clock = Screen(), Clock()
    display = on(screen, clock, place="")
    display.told("gw0", View("one", unit="views", done=10, total=40, seconds=1.0))
    clock.now += 1
    display.told("gw1", View("two"))
    display.tick()
    assert screen.rows == ["", "one  10/40  ETA 6 s   +1 beside it"]
    display.told("gw0", None)
    display.tick()
    assert screen.rows == ["", "two"]
    display.told("gw1", None)
    assert screen.rows == []


def test_without_a_terminal_there_is_a_line_every_thirty_seconds() -> None:
    clock, said = Clock(), list[str]()
    display = Display(say=said.append, clock=clock, ticking=False)
    with progress.reported_to(display), progress.task("plan"), progress.task("a", unit="cases", total=100) as task:
        for _ in range(75):
            clock.now += 1
            task.advance()
            display.tick()
    assert said == [
        "plan: a  30/100  1.0 cases/s  ETA 1 min 10 s",
        "plan: a  60/100  1.0 cases/s  ETA 40 s",
    ]


@pytest.mark.parametrize("failure", [BrokenPipeError(32, "broken pipe"), ValueError("I/O operation on closed file")])
def test_a_terminal_that_has_gone_ends_nothing(failure: Exception) -> None:
    clock, calls = Clock(), list[str]()

    def write(text: str) -> None:
        calls.append(text)
        raise failure

    display = Display(status=StatusLine(write, below=True), clock=clock, ticking=False)
    with progress.reported_to(display), progress.task("work") as task:
        for _ in range(3):
            clock.now += 1
            task.advance()
            display.tick()
    display.close()
    assert len(calls) == 1, "nobody is written to who has left"


def test_the_thread_redraws_by_itself_and_ends() -> None:
    import threading
    import time

    drawn = threading.Event()
    display = Display(status=StatusLine(lambda text: drawn.set(), below=False), clock=lambda: time.monotonic() * 10)
    with progress.reported_to(display), progress.task("work"):
        assert drawn.wait(10)
    display.close()
    assert not any(thread.name == "robustcheck-progress" for thread in threading.enumerate())
