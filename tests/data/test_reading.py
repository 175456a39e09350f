"""Work in threads keeps its order, is never far ahead, and fails where its item stands."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from robustcheck.data.reading import AHEAD, in_threads


def test_answers_are_in_the_order_of_the_items() -> None:
    def slow(number: int) -> int:
        time.sleep(0.001 * (number % 3))
        return number * number

    assert list(in_threads(slow, range(50), threads=4)) == [number * number for number in range(50)]
    assert list(in_threads(slow, range(3), threads=None)) == [0, 1, 4]
    assert list(in_threads(slow, [], threads=2)) == []


def test_items_are_taken_a_few_ahead() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    answers = in_threads(lambda item: item, items(), threads=2)
    for number in range(1, 100):
        assert next(answers) == number
        assert taken < number + 2 * AHEAD
    answers.close()  # type: ignore[attr-defined]


def test_a_failure_comes_in_its_turn_and_ends_the_work() -> None:
    done: list[int] = []
    lock = threading.Lock()

    def work(number: int) -> int:
        if number == 5:
            raise ValueError("five")
        with lock:
            done.append(number)
        return number

    answers = in_threads(work, range(1000), threads=2)
    assert [next(answers) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="five"):
        next(answers)
    assert len(done) < 5 + 2 * AHEAD
