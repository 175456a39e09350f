"""What a long command shows of its work, and that none of it gets into what it says."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pyte
import pytest

from robustcheck.cli import main
from robustcheck.report.progress import display

Call = Callable[..., Any]
DOCTOR = ("doctor", "brightness", "greys", "--device", "cpu")


class Terminal(io.StringIO):
    """Standard error that leads to a terminal of 80 columns."""

    def __init__(self) -> None:
        super().__init__()
        self._screen = pyte.Screen(80, 10)
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self._screen)
        self.screens: list[str] = []

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._stream.feed(text)
        self.screens.append("\n".join(row.rstrip() for row in self._screen.display).rstrip())
        return len(text)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show at once what a person would see of a longer work."""
    monkeypatch.setattr(display, "PATIENCE", 0.0)
    monkeypatch.setattr(display, "REDRAWN", 0.001)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("eager")
def test_a_terminal_shows_each_variant_as_it_is_tried_and_nothing_stays(
    robustcheck_command: Call, project: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project()
    plain = robustcheck_command(*DOCTOR)
    assert plain.err == "", "a short call without a terminal shows none"
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert main(DOCTOR) == plain.code
    assert capsys.readouterr().out == plain.out
    tried = {screen.split("  ")[1] for screen in terminal.screens if screen.startswith("doctor: variants  ")}
    assert len(tried) > 3, tried
    assert any("interpolation: " in variant or "mean: " in variant for variant in tried), tried
    assert all(len(row) < 80 for screen in terminal.screens for row in screen.splitlines())
    assert terminal.screens[-1] == ""


def test_quiet_and_verbose(robustcheck_command: Call, project: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    project()
    assert "doctor begins\nrobustcheck: listing greys begins\nrobustcheck: listing greys  took " in (
        robustcheck_command(*DOCTOR, "-v").err
    )
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", terminal)
        main([*DOCTOR, "-q"])
    assert terminal.screens == []
    assert robustcheck_command(*DOCTOR, "-q", "-v").code == 2


@pytest.mark.usefixtures("eager")
def test_a_closed_stream_changes_nothing(
    robustcheck_command: Call, project: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project()
    plain = robustcheck_command("plan", "suites/greys.yaml", "--device", "cpu").code

    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    closed = io.StringIO()
    closed.close()
    for stream, option in ((Gone(), ""), (Gone(), "-v"), (closed, ""), (closed, "-v")):
        with monkeypatch.context() as patch:
            patch.setattr("sys.stderr", stream)
            assert main(["plan", "suites/greys.yaml", "--device", "cpu", *([option] if option else [])]) == plain
        assert "passes are counted from the suite" in " ".join(capsys.readouterr().out.split())
