"""The command as a whole: its exit codes, and what it does when a call or a pipe breaks."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robustcheck.cli import command

Call = Callable[..., Any]


def test_it_says_its_version(robustcheck_command: Call) -> None:
    done = robustcheck_command("--version")
    assert (done.code, done.out) == (0, f"pytest-robustcheck {importlib.metadata.version('pytest-robustcheck')}\n")


def test_help_names_every_command_and_exit_code(robustcheck_command: Call) -> None:
    done = robustcheck_command("--help")
    assert done.code == 0
    assert all(module.NAME in done.out for module in command.COMMANDS)
    assert "exit codes:" in done.out


@pytest.mark.parametrize("module", command.COMMANDS, ids=lambda module: module.NAME)
def test_every_command_has_help(robustcheck_command: Call, module: Any) -> None:
    done = robustcheck_command(module.NAME, "--help")
    assert done.code == 0
    assert f"robustcheck {module.NAME}" in done.out


def test_help_fits_and_groups_the_commands_by_what_a_user_does(
    robustcheck_command: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns in (80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = robustcheck_command("--help").lines
        assert max(map(len, lines)) <= columns
        titles = [line for line in lines if re.fullmatch(r"\w.*:", line)]
        assert titles == [*("options:",), *(f"{title}:" for title in command.GROUPS), "exit codes:"]
        for title, modules in command.GROUPS.items():
            start = lines.index(f"{title}:") + 1
            group = lines[start : lines.index("", start)]
            named = [line.split()[0] for line in group if re.match(r"  \w", line)]
            assert named == [module.NAME for module in modules]


def test_without_a_command_it_prints_its_help_and_does_not_end_as_if_something_had_been_done(
    robustcheck_command: Call,
) -> None:
    done = robustcheck_command()
    assert (done.code, done.out, done.err) == (2, robustcheck_command("--help").out, "")


WRONG = {
    "vlaidate": "robustcheck: there is no command vlaidate; did you mean validate?\n",
    "lsit shifts": "there is no command lsit; did you mean list?",
    "run": "there is no command run; `pytest --robustcheck` runs suites",
    "test suites/a.yaml --fast": "`pytest --robustcheck` runs suites",
    "xyzzy": "there is no command xyzzy; `robustcheck` names all",
    "--hlep": "there is no option --hlep; did you mean --help?",
    "completion basch": "there is no basch; did you mean bash?",
    "validate --fix": "unrecognized arguments: --fix",
    "list": "required: shifts|attacks|metrics|models|data",
    "list shift": "there is no shift; did you mean shifts?",
    "schema suit": "there is no suit; did you mean suite?",
    "explain": "required: SHIFT|ATTACK|METRIC",
    "explain camera.ptich": "there is no shift, attack or metric camera.ptich; did you mean camera.pitch?",
    "explain acuracy": "did you mean accuracy?",
    "explain dsuk": "did you mean dusk, which is light.low_light?",
    "explain qqqq": "no shift, attack or metric qqqq; `robustcheck list shifts`, `list attacks` and `list metrics` name all",
    "explain camera.ptich --picture a.png": "did you mean camera.pitch?",
    "explain patch --picture a.png": "patch is an attack; only shifts are drawn",
    "explain compression --picture a.png": "several things answer compression, and one is drawn; name it: sensor.jpeg",
    "list shifts qqqq": "no shift answers qqqq; `robustcheck list shifts` names all",
    "list attacks rain": "no attack answers rain; among the shifts there is weather.rain",
    "doctor": "required: MODEL, DATA",
    "doctor a b --pictures 0": "0 is no number of pictures; at least 1 is needed",
}


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_call_is_told_in_a_line_and_ends_with_2(robustcheck_command: Call, call: str) -> None:
    done = robustcheck_command(*shlex.split(call))
    assert done.code == 2
    assert WRONG[call] in done.err
    assert not done.out


NOTHING_THERE = {
    "validate": "there is no suite in suites; `robustcheck init` makes a starter",
    "validate nowhere other": "nowhere: there is no such file or folder\nother: there is no such file or folder",
    "list models": "configs:1:1: RC601 there is no such folder with models.yaml and data.yaml; run `robustcheck init`",
    "doctor model data": "configs:1:1: RC601 there is no such folder",
}


@pytest.mark.parametrize("call", NOTHING_THERE)
def test_where_there_is_nothing_to_look_at_it_ends_with_4(robustcheck_command: Call, call: str) -> None:
    done = robustcheck_command(*shlex.split(call))
    assert done.code == 4
    assert NOTHING_THERE[call] in done.err
    assert not done.out


def test_settings_that_cannot_be_read_are_told(robustcheck_command: Call, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest\n", encoding="utf-8")
    done = robustcheck_command("validate")
    assert done.code == 4
    assert "pyproject.toml:1:1: the file cannot be read" in done.err


def test_a_reader_that_has_left_causes_no_noise(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "robustcheck.cli", "schema"],
        stdout=writer,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_what_the_encoding_of_the_terminal_lacks_is_escaped(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "robustcheck.cli", "explain", "café"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"robustcheck: there is no shift, attack or metric caf\\xe9; ")


@pytest.mark.parametrize("call", [("{}",), ("explain", "{}"), ("list", "shifts", "qqqq{}"), ("explain", "{}snow")])
def test_words_cannot_colour_the_terminal(robustcheck_command: Call, call: tuple[str, ...]) -> None:
    done = robustcheck_command(*(word.format("\x1b\x07") for word in call))
    assert r"\x1b\x07" in done.out + done.err
    assert "\x1b" not in done.out + done.err


def test_an_interrupt_is_quiet(robustcheck_command: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command.schema, "run", interrupted)
    done = robustcheck_command("schema")
    assert (done.code, done.out, done.err) == (130, "", "")
