"""Progress of a run as people see it: in a log, on a terminal with ``-s``, and with workers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyte
import pytest
from small_project import MODEL, make_project

# Slow enough to be seen, and as loud as a model of somebody else's may be.
SLOW = MODEL.replace("import torch\n", "import time\n\nimport torch\n").replace(
    "        mean = x.mean", '        time.sleep(0.1)\n        print("the model speaks")\n        mean = x.mean'
)
SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
expect: {accuracy: ">= 60%"}
checks:
  - {shift: light.exposure, stops: [-0.2ev, 0.2ev]}
"""
NAMES = ["clean", "light.exposure[stops=-0.2ev]", "light.exposure[stops=0.2ev]"]
CALL = ("-m", "pytest", "-p", "no:cacheprovider", "--robustcheck", "--robustcheck-device", "cpu")


@dataclass(frozen=True)
class Ran:
    """One run.

    Attributes:
        code: How it ended.
        out: All that was written.
        screens: What a terminal showed, each change once.
        metrics: Of its cases, by id.
    """

    code: int
    out: str
    screens: tuple[str, ...]
    metrics: dict[str, Any]


def ran(root: Path, *options: str, terminal: bool = False) -> Ran:
    make_project(root, suite=SUITE)
    (root / "tiny.py").write_text(SLOW, encoding="utf-8")
    (root / "pytest.ini").touch()
    call = [sys.executable, *CALL, "--robustcheck-batch-size", "2", "--robustcheck-no-cache", *options]
    environment = {**os.environ, "PYTHONPATH": str(root), "TERM": "xterm", "COLUMNS": "80", "LINES": "12"}
    if terminal:
        code, out, screens = on_a_terminal(call, root, environment)
    else:
        done = subprocess.run(call, cwd=root, env=environment, capture_output=True, text=True, check=False)
        code, out, screens = done.returncode, done.stdout + done.stderr, ()
    report = json.loads((root / "robustcheck-report" / "robustcheck-report.json").read_text(encoding="utf-8"))
    return Ran(code, out, screens, {case["id"]: case["metrics"] for case in report["suites"][0]["cases"]})


def on_a_terminal(call: Sequence[str], root: Path, environment: dict[str, str]) -> tuple[int, str, tuple[str, ...]]:
    """Run in a pseudo-terminal of 80 columns and 12 rows."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 80, 0, 0))
    process = subprocess.Popen(call, cwd=root, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    screen = pyte.Screen(80, 12)
    stream, out, screens = pyte.ByteStream(screen), b"", [""]
    while True:
        try:
            read = os.read(ours, 1 << 16)
        except OSError:
            break
        if not read:
            break
        out += read
        stream.feed(read)
        shown = "\n".join(row.rstrip() for row in screen.display).rstrip()
        if shown != screens[-1]:
            screens.append(shown)
    os.close(ours)
    return process.wait(), out.decode(), tuple(screens)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(tmp_path_factory.mktemp("logged"))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(tmp_path_factory.mktemp("seen"), "-s", terminal=True)


@pytest.fixture(scope="module")
def by_workers(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(tmp_path_factory.mktemp("workers"), "-n", "1", terminal=True)


def test_a_log_has_a_line_a_case_behind_which_the_letter_stands(logged: Ran) -> None:
    assert logged.code == 0
    assert "\x1b" not in logged.out
    lines = [f"  {name}   {number} of 3 cases ." for number, name in enumerate(NAMES, 1)]
    begin = logged.out.index("suites/greys.yaml")
    shown = logged.out[begin:].splitlines()[:4]
    assert [line.rstrip() for line in (shown[0], shown[1], shown[2])] == ["suites/greys.yaml", *lines[:2]]
    assert re.fullmatch(re.escape(lines[2]) + r" +\[100%\]", shown[3])


def test_a_terminal_shows_the_case_below_the_letters_and_nothing_of_it_stays(seen: Ran) -> None:
    assert seen.code == 0
    last = {screen.splitlines()[-1] for screen in seen.screens if screen}
    moving = [line for line in last if re.fullmatch(r"clean  \d+/24 .*pictures.*   1 of 3 cases", line)]
    assert len(moving) > 2, last
    assert any(re.fullmatch(r"clean  \d+/24  \d.*? pictures/s  ETA \d+ s   1 of 3 cases", line) for line in last), last
    assert any(re.search(r"2\dev\]  \d+/24.*   [23] of 3 cases", line) or "   3 of 3 cases" in line for line in last)
    # With -s what the model prints meets no progress, whole and on lines of its own.
    spoken = {line for screen in seen.screens for line in screen.splitlines() if "speaks" in line}
    assert spoken
    assert not [line for line in spoken if not re.fullmatch(r"(suites/greys.yaml )?\.*the model speaks", line)]
    assert " of 3 cases" not in seen.screens[-1]
    assert "3 passed" in seen.screens[-1]


def test_workers_tell_the_controller_what_they_do(by_workers: Ran) -> None:
    assert by_workers.code == 0
    last = [screen.splitlines()[-1] for screen in by_workers.screens if screen]
    assert any(re.fullmatch(r"clean  \d+/24 .*   1 of 3 cases", line) for line in last), last
    assert any("   3 of 3 cases" in line for line in last), last
    assert " of 3 cases" not in by_workers.screens[-1]


def test_progress_changes_no_number(logged: Ran, seen: Ran, by_workers: Ran) -> None:
    assert list(logged.metrics) == NAMES
    assert logged.metrics == seen.metrics == by_workers.metrics


def test_verbosely_each_case_says_when_it_begins_and_how_long_it_took_and_quietly_nothing(gate: Any) -> None:
    gate.write(suite=SUITE)
    told = gate.run("-v").stdout.str()
    for number, name in enumerate(NAMES, 1):
        assert re.search(rf"^  {re.escape(name)} begins   {number} of 3 cases *$", told, re.MULTILINE)
        assert re.search(rf"^  {re.escape(name)}  took \d+(\.\d)? s *$", told, re.MULTILINE)
        # pytest's own line stays whole for whoever reads it by machine; a dot in a name is two colons there.
        assert re.search(
            rf"^suites/greys.yaml::{re.escape(name.replace('light.', 'light::'))} +PASSED", told, re.MULTILINE
        )
    assert "1 of 3 cases" not in gate.run("-q").stdout.str()
    assert "1 of 3 cases" not in gate.run("-p", "no:robustcheck-progress").stdout.str()
