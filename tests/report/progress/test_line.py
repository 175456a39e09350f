"""What one line of progress says, and that it fits."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from robustcheck.report.progress.view import View, ended_line, line, span, titles

YAW = View("camera.yaw[yaw=5deg]", unit="pictures", done=1240, total=5000, seconds=4.0)
ATTACK = View("harm[eps=4/255]", unit="passes", done=3400, total=50_000, at_most=True, seconds=10.0)
PLACE = "7 of 27 cases"


@pytest.mark.parametrize(
    ("view", "width", "expected"),
    [
        (YAW, None, "camera.yaw[yaw=5deg]  1,240/5,000  310 pictures/s  ETA 12 s   7 of 27 cases"),
        (YAW, 79, "camera.yaw[yaw=5deg]  1,240/5,000  310 pictures/s  ETA 12 s   7 of 27 cases"),
        (YAW, 60, "camera.yaw[yaw=5deg]  1,240/5,000  ETA 12 s   7 of 27 cases"),
        (YAW, 50, "camera.yaw[yaw=5deg]  1,240/5,000   7 of 27 cases"),
        (YAW, 47, "camera.yaw[yaw=...  1,240/5,000   7 of 27 cases"),
        (YAW, 30, "camera.yaw[yaw...  1,240/5,000"),
        (YAW, 20, "camera.yaw[yaw=5deg]"),
        (YAW, 12, "camera.ya..."),
        (YAW, 2, "ca"),
        (ATTACK, 79, "harm[eps=4/255]  3,400/50,000  340 passes/s  ETA < 2 min 17 s   7 of 27 cases"),
        (View("clean", seconds=42), 79, "clean  42 s   7 of 27 cases"),
        (View("clean", seconds=0.5), 79, "clean   7 of 27 cases"),
        (
            View("a", "mean: [0, 0, 0]", "trials", 3, 96, seconds=1),
            79,
            "a  mean: [0, 0, 0]  3/96  3.0 trials/s  ETA 31 s   7 of 27 cases",
        ),
        (
            View("listing", "", "pictures", 800, None, seconds=2),
            79,
            "listing  800  400 pictures/s  2 s   7 of 27 cases",
        ),
        (View("begun", "", "pictures", 0, 24), 79, "begun  0/24 pictures   7 of 27 cases"),
    ],
)
def test_a_line(view: View, width: int | None, expected: str) -> None:
    assert line(view, PLACE, width) == expected


def test_no_line_is_wider_than_it_may_be_whatever_the_names() -> None:
    wide = View("標識[角度=5deg]" * 5, "図", "pictures", 12, 500, seconds=3)
    for width in range(1, 121):
        for view in (YAW, ATTACK, wide):
            assert cell_len(line(view, PLACE, width)) <= width


def test_no_name_moves_the_cursor() -> None:
    told = line(View("a\x1b[2Jb\r\nc", "d\x07e\u202ef"), "", 79)
    assert told == "a\\x1b[2Jb\\r\\nc  d\\x07e\\u202ef"
    assert told.isprintable()
    assert ended_line("a\x1bb", 1.25) == "a\\x1bb  took 1.2 s"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.9, "1 min 0 s"), (3599, "59 min 59 s"), (7500, "2 h 5 min")],
)
def test_lengths_of_time(seconds: float, expected: str) -> None:
    assert span(seconds) == expected


def test_titles_say_nothing_twice() -> None:
    assert titles(["clean", "clean"]) == "clean"
    assert titles(["dusk", "loading brightness"]) == "dusk: loading brightness"
    assert titles(["far", "digests", "far@-1ev"]) == "far@-1ev"
