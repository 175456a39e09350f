"""Profiles are right where they can be worked out by hand, and differences are told only where they matter."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from robustcheck.core.errors import Location, UnreadablePicture
from robustcheck.data import open_source
from robustcheck.data.differences import Difference, differences
from robustcheck.data.image_statistics import look_at
from robustcheck.data.profile import VALUES, profile
from robustcheck.data.source import Sample
from robustcheck.domain.config import DataEntry

Picture = NDArray[np.uint8]
Row = tuple[str, str, Picture | None, Mapping[str, str]]


class Rows:
    """A source over ids, labels, pictures (``None`` cannot be read) and metadata."""

    def __init__(self, rows: Sequence[Row], columns: tuple[str, ...] = ()) -> None:
        self.name, self.columns = "rows", columns
        self.rows = {row[0]: row for row in rows}

    def samples(self) -> Iterator[Sample]:
        return (Sample(name, label, metadata) for name, label, _, metadata in self.rows.values())

    def read(self, sample: Sample) -> Picture:
        picture = self.rows[sample.id][2]
        if picture is None:
            raise UnreadablePicture(sample.id, "it is made so")
        return picture

    def content(self, sample: Sample) -> str:
        return hashlib.sha256(sample.id.encode()).hexdigest()


def plain(level: int, height: int = 2, width: int = 4) -> Picture:
    return np.full((height, width, 3), level, np.uint8)


def test_a_small_set_by_hand() -> None:
    red = np.zeros((6, 2, 3), np.uint8)
    red[..., 0] = 255
    rows: list[Row] = [
        ("d", "cat", plain(255), {"weather": "sun", "city": ""}),
        ("b", "cat", plain(255), {"weather": "rain"}),
        ("c", "dog", red, {"weather": "sun"}),
        ("a", "cat", None, {}),
    ]
    found = profile(Rows(rows, ("weather", "city", "never")), threads=2)
    assert {name: found[name] for name in ("pictures", "readable", "unreadable")} == {
        "pictures": 4,
        "readable": 3,
        "unreadable": {"count": 1, "names": ["a"]},
    }
    entropy = -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25))
    assert found["classes"]["counts"] == {"cat": 3, "dog": 1}
    assert found["classes"]["entropy_ratio"] == pytest.approx(entropy, rel=1e-5)
    assert found["classes"]["min_max_ratio"] == pytest.approx(1 / 3, rel=1e-5)
    assert found["width"] == pytest.approx(
        {
            "mean": 10 / 3,
            "sd": 2 / math.sqrt(3),
            "min": 2,
            "q05": 2.2,
            "q25": 3,
            "median": 4,
            "q75": 4,
            "q95": 4,
            "max": 4,
        },
        rel=1e-5,
    )
    assert (found["height"]["min"], found["height"]["max"]) == (2, 6)
    assert (found["aspect"]["min"], found["aspect"]["max"]) == (0.333333, 2)
    assert found["brightness"]["min"] == pytest.approx(76 / 255, rel=1e-5)  # .299 of 255, rounded
    assert found["brightness"]["max"] == 1
    assert found["contrast"]["max"] == found["sharpness"]["max"] == 0
    assert found["saturation"]["mean"] == pytest.approx(1 / 3, rel=1e-5)
    assert found["grey"] == pytest.approx(2 / 3, rel=1e-5)
    assert found["duplicates"] == pytest.approx(1 / 3, rel=1e-5)
    assert found["metadata"] == {
        "city": {"coverage": 0, "distinct": 0, "values": {}},
        "never": {"coverage": 0, "distinct": 0, "values": {}},
        "weather": {"coverage": 0.75, "distinct": 2, "values": {"rain": 1, "sun": 2}},
    }


def test_one_picture_by_hand() -> None:
    halves = np.zeros((128, 128, 3), np.uint8)
    halves[:, 64:] = 100
    look = look_at(halves)
    assert look.brightness == pytest.approx(50 / 255)
    assert look.contrast == pytest.approx(50 / 255)
    # Along the edge the Laplacian is +100 and -100, in 126 of 126 rows and 2 of 126 columns.
    assert look.sharpness == pytest.approx(2 / 126 * 100**2)
    assert (look.saturation, look.grey, look.aspect) == (0, True, 1)
    tinted = halves + np.array([9, 0, 0], np.uint8)
    assert not look_at(tinted).grey
    assert look_at(halves + np.array([8, 0, 0], np.uint8)).grey


def test_a_blurred_picture_is_less_sharp() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    blurred = np.asarray(Image.fromarray(noise).resize((20, 20)).resize((200, 200)))
    assert look_at(blurred).sharpness < look_at(noise).sharpness / 10


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_odd_shapes(height: int, width: int) -> None:
    found = profile(Rows([("a", "x", plain(51, height, width), {})]))
    assert (found["width"]["mean"], found["height"]["mean"]) == (width, height)
    assert found["brightness"]["mean"] == 0.2
    assert found["width"]["sd"] == 0
    assert found["classes"] == {"counts": {"x": 1}, "entropy_ratio": 1.0, "min_max_ratio": 1.0}


@pytest.mark.parametrize("rows", [[], [("a", "x", None, {})]], ids=["nothing", "nothing that can be read"])
def test_sets_without_a_picture(rows: list[Row]) -> None:
    found = profile(Rows(rows))
    assert found["brightness"] is found["grey"] is found["duplicates"] is None
    assert found["unreadable"]["count"] == found["pictures"] == len(rows)
    assert differences(found, found) == []
    json.dumps(found, allow_nan=False)


def test_a_column_of_names_is_not_listed() -> None:
    rows: list[Row] = [(f"{n}", "x", plain(n), {"track": f"{n}"}) for n in range(VALUES + 1)]
    assert profile(Rows(rows))["metadata"]["track"] == {"coverage": 1, "distinct": VALUES + 1, "values": None}
    assert profile(Rows(rows[1:]))["metadata"]["track"]["values"] == {f"{n}": 1 for n in range(1, VALUES + 1)}


def test_a_part_of_a_source() -> None:
    source = Rows([("a", "x", plain(1), {}), ("b", "y", plain(2), {})])
    assert profile(source, [sample for sample in source.samples() if sample.id == "b"])["classes"]["counts"] == {"y": 1}


def test_files_of_every_kind(tmp_path: Path) -> None:
    folder = tmp_path / "set" / "x"
    folder.mkdir(parents=True)
    colours = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(colours)
    picture.save(folder / "rgb.png")
    picture.convert("RGBA").save(folder / "rgba.png")
    picture.convert("L").save(folder / "grey.png")
    picture.convert("L").save(folder / "grey.jpg")
    (folder / "cut.png").write_bytes((folder / "rgb.png").read_bytes()[:90])
    (folder / "empty.jpg").touch()
    entry = DataEntry("set", "imagefolder", folder.parent, None, {}, {}, Location("configs/data.yaml"), tmp_path)
    found = profile(open_source(entry, seed=0))
    assert found["unreadable"] == {"count": 2, "names": ["x/cut.png", "x/empty.jpg"]}
    assert found["grey"] == 0.5
    assert found["duplicates"] == 0.25
    assert found["metadata"] == {}


ROWS = st.lists(
    st.tuples(
        st.sampled_from("xyz"),
        st.one_of(st.none(), st.builds(plain, st.integers(0, 255), st.integers(1, 5), st.integers(1, 5))),
        st.dictionaries(st.sampled_from("mn"), st.sampled_from(["", "1", "2"])),
    ),
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(ROWS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_the_listing_changes_nothing(rows: list[Any], random: Any, threads: int) -> None:
    named = [(f"{number}", *row) for number, row in enumerate(rows)]
    shuffled = random.sample(named, len(named))
    one, other = profile(Rows(named), threads=1), profile(Rows(shuffled), threads=threads)
    assert json.dumps(one, allow_nan=False) == json.dumps(other, allow_nan=False)
    assert differences(one, other) == []


def many(count: int, level: int, spread: int, label: str = "x", **metadata: str) -> list[Row]:
    """Return pictures of the levels about one, in turns, which the values of a channel keep apart."""
    levels = (level - spread, level + spread)
    return [(f"{label}{level}{n}{metadata}", label, plain(levels[n % 2], 1, n + 1), metadata) for n in range(count)]


def told(test: list[Row], train: list[Row], kind: str) -> list[Difference]:
    return [one for one in differences(profile(Rows(test)), profile(Rows(train))) if one.kind == kind]


def test_a_difference_of_means_is_cohens_d() -> None:
    brighter, darker = many(100, 120, 20), many(100, 110, 20)
    (one,) = told(brighter, darker, "quantity")
    sd = 20 / 255 * math.sqrt(100 / 99)
    assert one.effect == pytest.approx(10 / 255 / sd, rel=1e-4)
    assert (one.name, one.size) == ("brightness", "small")
    assert one.sentence == "brightness is higher in the test set: 0.471 against 0.431 on average (d = +0.50)"
    (back,) = told(darker, brighter, "quantity")
    assert back.effect == pytest.approx(-one.effect)


@pytest.mark.parametrize(("apart", "count", "expected"), [(3, 1000, 0), (5, 1000, 1), (10, 50, 0), (10, 100, 1)])
def test_what_is_small_or_may_be_chance_is_not_told(apart: int, count: int, expected: int) -> None:
    """d = .15, .25 and .5; three standard errors are .13 of 1,000 pictures, .6 of 50 and .42 of 100."""
    assert len(told(many(count, 120 + apart, 20), many(count, 120, 20), "quantity")) == expected


def test_quantities_that_do_not_vary() -> None:
    rows: list[Row] = [(f"{n}", "x", plain(9), {}) for n in range(100)]
    wider: list[Row] = [(f"{n}", "x", plain(9, 2, 8), {}) for n in range(100)]
    found = differences(profile(Rows(wider)), profile(Rows(rows)))
    assert [(one.name, one.effect, one.size) for one in found] == [("aspect", 10, "large"), ("width", 10, "large")]


def test_shares_of_classes_are_cohens_h_and_unseen_ones_come_first() -> None:
    test = many(90, 50, 0, "a") + many(100, 50, 0, "b") + many(1, 50, 0, "new")
    train = many(180, 50, 0, "a") + many(20, 50, 0, "b") + many(50, 50, 0, "gone")
    first, *rest = told(test, train, "class")
    assert (first.name, first.size, first.train) == ("new", "unseen", 0)
    assert first.sentence == "the training set has no picture of the class new, 1 pictures of the test set"
    assert [one.name for one in rest] == ["b", "gone", "a"]
    assert rest[0].effect == pytest.approx(2 * math.asin((100 / 191) ** 0.5) - 2 * math.asin((20 / 250) ** 0.5))
    assert rest[0].sentence == "the test set has more pictures of the class b: 52.4% against 8.0% (h = +1.04)"
    assert [one.size for one in rest] == ["large", "large", "medium"]


def test_values_of_metadata_and_what_has_none() -> None:
    test = many(60, 50, 0, time="night") + many(40, 60, 0, time="day")
    train = many(50, 50, 0, time="day") + many(50, 60, 0)
    found = told(test, train, "metadata")
    assert [one.name for one in found] == ["time=night", "time"]
    assert found[1].sentence == "the test set has more pictures with a value of time: 100.0% against 50.0% (h = +1.57)"


def test_shares_of_pictures() -> None:
    test: list[Row] = [*many(80, 50, 0), *((f"broken{n}", "x", None, {}) for n in range(20))]
    train = [
        (name, label, picture + np.array([0, 90, 0], np.uint8), row) for name, label, picture, row in many(100, 50, 0)
    ]
    found = told(test, train, "share")
    assert [(one.name, one.test, one.train) for one in found] == [("grey", 1, 0), ("unreadable", 0.2, 0)]


def test_a_profile_that_was_written_down_is_compared_alike() -> None:
    one, other = profile(Rows(many(100, 120, 20))), profile(Rows(many(100, 90, 20)))
    assert differences(json.loads(json.dumps(one)), json.loads(json.dumps(other))) == differences(one, other) != []
