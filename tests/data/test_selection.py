"""A limit keeps the classes' shares, and depends on ids and seed alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from robustcheck.data import Limited
from robustcheck.data.selection import allocate, select
from robustcheck.data.source import Sample

EXACT = {
    "all of them": ({"a": 3, "b": 1}, 4, {"a": 3, "b": 1}),
    "more than all": ({"a": 3, "b": 1}, 9, {"a": 3, "b": 1}),
    "even": ({"a": 10, "b": 10}, 4, {"a": 2, "b": 2}),
    "by share": ({"a": 30, "b": 10}, 4, {"a": 3, "b": 1}),
    "remainder to the largest": ({"a": 17, "b": 13, "c": 10}, 10, {"a": 4, "b": 3, "c": 3}),
    "ties by name": ({"b": 5, "a": 5}, 3, {"a": 2, "b": 1}),
    "one each, though small": ({"a": 1000, "b": 1, "c": 1}, 10, {"a": 8, "b": 1, "c": 1}),
    "as many places as classes": ({"a": 1000, "b": 1, "c": 1}, 3, {"a": 1, "b": 1, "c": 1}),
    "fewer places than classes": ({"a": 10, "b": 1, "c": 1}, 2, {"a": 2, "b": 0, "c": 0}),
}


@pytest.mark.parametrize("name", EXACT)
def test_places_are_shared(name: str) -> None:
    counts, limit, expected = EXACT[name]
    assert allocate(counts, limit) == expected


COUNTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 500), min_size=1, max_size=12)


@given(COUNTS, st.integers(1, 3000))
def test_places_add_up(counts: dict[str, int], limit: int) -> None:
    places = allocate(counts, limit)
    assert places.keys() == counts.keys()
    assert sum(places.values()) == min(limit, sum(counts.values()))
    assert all(0 <= places[name] <= counts[name] for name in counts)
    if limit >= len(counts):
        assert min(places.values()) >= 1


def samples_of(counts: dict[str, int]) -> list[Sample]:
    return [Sample(f"{label}/{number}", label) for label, count in counts.items() for number in range(count)]


FEW = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 30), min_size=1, max_size=5)


@given(FEW, st.integers(1, 100), st.randoms(use_true_random=False))
def test_the_order_of_the_listing_does_not_matter(counts: dict[str, int], limit: int, rng: random.Random) -> None:
    samples = samples_of(counts)
    chosen = select(samples, limit, seed=1)
    rng.shuffle(samples)
    assert select(samples, limit, seed=1) == chosen
    assert Counter(name.split("/")[0] for name in chosen) == +Counter(allocate(counts, limit))


def test_another_seed_takes_others() -> None:
    samples = samples_of({"a": 200, "b": 200})
    first, second = select(samples, 40, seed=1), select(samples, 40, seed=2)
    assert len(first) == len(second) == 40
    assert len(first & second) < 20


def test_a_larger_limit_keeps_what_a_smaller_one_took() -> None:
    samples = samples_of({"a": 200, "b": 200})
    assert select(samples, 40, seed=1) < select(samples, 80, seed=1)


def test_the_choice_is_the_same_on_every_machine_and_in_every_version() -> None:
    assert sorted(select(samples_of({"a": 6, "b": 3}), 3, seed=0)) == ["a/2", "a/3", "b/1"]


class Listed:
    """A source of nothing but names."""

    name, columns, notes = "listed", ("night",), ("one file was left out",)

    def samples(self) -> Iterator[Sample]:
        yield from samples_of({"b": 4, "a": 4})

    def read(self, sample: Sample) -> NDArray[np.uint8]:
        return np.full((2, 2, 3), len(sample.id), np.uint8)

    def content(self, sample: Sample) -> str:
        return sample.id

    def where(self) -> Path:
        return Path("here")


def test_a_limited_source_is_the_source_with_fewer_samples() -> None:
    limited = Limited(Listed(), 4, seed=0)
    chosen = [sample.id for sample in limited.samples()]
    assert chosen == [sample.id for sample in Listed().samples() if sample.id in set(chosen)]
    assert Counter(name[0] for name in chosen) == {"a": 2, "b": 2}
    assert limited.notes == ("one file was left out", "limited to 4 pictures, sampled by class")
    assert (limited.name, limited.columns, limited.where()) == ("listed", ("night",), Path("here"))
    assert limited.content(Sample("b/1", "b")) == "b/1"
    assert limited.read(Sample("b/1", "b")).max() == 3
