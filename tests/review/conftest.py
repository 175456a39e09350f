"""The command, as the tests of ``tests/cli`` call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from robustcheck.cli import main


@dataclass(frozen=True)
class Done:
    """What a call of the command gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def robustcheck_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Return a function that runs the command in ``tmp_path``."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Done:
        code = main(arguments)
        written = capsys.readouterr()
        assert "Traceback" not in written.err
        return Done(code, written.out, written.err)

    return call
