"""Tasks that tell how far they are, whoever listens and however badly."""

from __future__ import annotations

from typing import Any

import pytest

from robustcheck.core import progress
from robustcheck.core.progress import Task


class Heard:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, int]] = []

    def began(self, task: Task) -> None:
        self.told.append(("began", task.title, task.done))

    def advanced(self, task: Task) -> None:
        self.told.append(("advanced", task.step or task.title, task.done))

    def ended(self, task: Task) -> None:
        self.told.append(("ended", task.title, task.done))


class Broken:
    """Fails at everything, as a reporter does whose terminal has gone."""

    def __getattr__(self, name: str) -> Any:
        def fail(task: Task) -> None:
            raise BrokenPipeError(name)

        return fail


def test_a_reporter_is_told_of_tasks_within_tasks_and_of_steps() -> None:
    heard = Heard()
    with progress.reported_to(heard), progress.task("outer") as outer:
        assert list(progress.counted("ab", "inner", unit="letters", total=2)) == ["a", "b"]
        outer.at_step("last")
        outer.advance(3)
    assert heard.told == [
        ("began", "outer", 0),
        ("began", "inner", 0),
        ("advanced", "inner", 1),
        ("advanced", "inner", 2),
        ("ended", "inner", 2),
        ("advanced", "last", 0),
        ("advanced", "last", 3),
        ("ended", "outer", 3),
    ]


def test_a_task_ends_with_an_error_and_with_an_iteration_that_is_given_up() -> None:
    heard = Heard()
    with progress.reported_to(heard):
        with pytest.raises(ZeroDivisionError), progress.task("wrong"):
            raise ZeroDivisionError
        letters = progress.counted("ab", "given up", unit="letters")
        next(letters)
        letters.close()  # type: ignore[attr-defined]
    assert [entry[:2] for entry in heard.told if entry[0] == "ended"] == [("ended", "wrong"), ("ended", "given up")]


def test_nobody_listens_by_default_nor_after_the_block() -> None:
    heard = Heard()
    with progress.reported_to(heard), progress.reported_to(None), progress.task("unheard") as task:
        task.advance()
    with progress.task("after") as task:
        task.advance(2)
    assert task.done == 2
    assert heard.told == []


def test_a_reporter_that_fails_changes_nothing() -> None:
    with progress.reported_to(Broken()), progress.task("work") as task:
        assert list(progress.counted(range(3), "numbers", unit="numbers")) == [0, 1, 2]
        task.advance()
        task.at_step("on")
    assert task.done == 1
