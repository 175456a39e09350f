"""A training record is of what the training made: what lay there before it is refused."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.errors import RobustcheckError
from robustcheck.provenance.recording import record_training

Make = Callable[[Path], Any]
DAY = 86400


def old(path: Path, content: bytes = b"old", days: float = 1) -> Path:
    """Write a file that is days old by its own account."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


def _replace(root: Path) -> None:
    (root / "new").write_bytes(b"old")
    (root / "new").replace(root / "model.bin")


def _moved(root: Path) -> None:
    (root / "elsewhere").replace(root / "model.bin")


def _linked(root: Path) -> None:
    (root / "model.bin").unlink()
    (root / "model.bin").symlink_to(root / "elsewhere")


def _hard(root: Path) -> None:
    (root / "model.bin").unlink()
    os.link(root / "elsewhere", root / "model.bin")


def _nothing(root: Path) -> None:
    pass


REFUSED: dict[str, tuple[Make, str]] = {
    "nothing was written": (_nothing, "lay here before the training began"),
    "touched": (lambda root: (root / "model.bin").touch(), "has the content that it had before"),
    "dated to the future": (
        lambda root: os.utime(root / "model.bin", (2e9, 2e9)),
        "has the content that it had before",
    ),
    "other rights": (lambda root: (root / "model.bin").chmod(0o600), "lay here before the training began"),
    "an old file moved there": (_moved, "is older than the training"),
    "an old file linked there": (_linked, "this is a link to"),
    "an old file under a second name": (_hard, "is older than the training"),
    "taken away": (lambda root: (root / "model.bin").unlink(), "cannot be read"),
}
ACCEPTED: dict[str, Make] = {
    "written": lambda root: (root / "model.bin").write_bytes(b"new"),
    "appended to": lambda root: (root / "model.bin").write_bytes(b"old and more"),
    "replaced by the same bytes": _replace,
}


def record(root: Path, work: Make, output: str = "model.bin") -> Path:
    """Record a training that does some work."""
    with record_training(root / "r.json", outputs=[root / output], root=root, command=["train"], packages={}):
        work(root)
    return root / "r.json"


@pytest.mark.parametrize("just_now", [False, True], ids=["a day old", "just written"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_the_training_did_not_write_is_refused(tmp_path: Path, name: str, just_now: bool) -> None:
    old(tmp_path / "elsewhere", b"other")
    old(tmp_path / "model.bin", days=0 if just_now else 1)
    work, says = REFUSED[name]
    with pytest.raises(RobustcheckError, match=says):
        record(tmp_path, work)
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_training_wrote_is_recorded(tmp_path: Path, name: str) -> None:
    old(tmp_path / "model.bin")
    assert record(tmp_path, ACCEPTED[name]).exists()


def test_a_file_that_was_not_there_is_recorded(tmp_path: Path) -> None:
    assert record(tmp_path, lambda root: (root / "model.bin").write_bytes(b"new")).exists()


def test_every_file_of_a_folder_must_have_been_written(tmp_path: Path) -> None:
    old(tmp_path / "model/a.bin"), old(tmp_path / "model/b.bin")
    with pytest.raises(RobustcheckError, match=r"b\.bin: this file lay here before"):
        record(tmp_path, lambda root: (root / "model/a.bin").write_bytes(b"new"), "model")

    def both(root: Path) -> None:
        for name in "ab":
            (root / f"model/{name}.bin").write_bytes(b"newer")

    assert record(tmp_path, both, "model").exists()


def test_what_is_named_within_is_held_by_its_age(tmp_path: Path) -> None:
    path = old(tmp_path / "model.bin")
    with (
        pytest.raises(RobustcheckError, match="is older than the training"),
        record_training(tmp_path / "r.json", root=tmp_path, packages={}) as recording,
    ):
        recording.output(path)


def test_the_command_says_which_file_was_written(
    robustcheck_command: Callable[..., Any], project: Callable[..., Any], tmp_path: Path
) -> None:
    project()
    old(tmp_path / "model.bin")
    call = ["provenance", "record", "--out", "r.json", "--model", "model.bin", "--", sys.executable, "-c"]
    done = robustcheck_command(*call, "pass")
    assert (done.code, done.out) == (4, "")
    assert "model.bin: this file lay here before the training began, which did not write it" in done.err
    assert not (tmp_path / "r.json").exists()
    done = robustcheck_command(*call, "open('model.bin', 'wb').write(b'new')")
    assert done.code == 0
    assert (
        f"{sys.executable} wrote model.bin: 11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437"
        in done.out
    )


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("output", ["pipe", "model"])
def test_a_named_pipe_is_called_one(tmp_path: Path, before: bool, output: str) -> None:
    path = tmp_path / ("pipe" if output == "pipe" else "model/pipe")
    path.parent.mkdir(exist_ok=True)
    if before:
        os.mkfifo(path)
    with pytest.raises(RobustcheckError, match="a named pipe"):
        record(tmp_path, lambda root: None if before else os.mkfifo(path), output)
    assert not (tmp_path / "r.json").exists()
