"""The overlay: read strictly, appended durably, settled by what reviewers agree on, held against the data set."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustcheck.core.errors import DataError
from robustcheck.data.labels.apply_overlay import Overlaid, lay_over
from robustcheck.data.labels.consensus import Outcome, settle
from robustcheck.data.labels.overlay import AMBIGUOUS, WITHDRAWN, Decision, append, parse, read, recover
from robustcheck.data.source import Sample

ONE = Decision(
    sha256="a" * 64,
    id="a.png",
    original="stop",
    label="yield",
    reviewer="Ann",
    at="2026-11-23T09:30:00+00:00",
    reason="upside down",
    task="audit",
    model_digest="f" * 64,
    blind=False,
)


def said(**changes: Any) -> Decision:
    return dataclasses.replace(ONE, **changes)


def line(**changes: Any) -> str:
    return json.dumps({**ONE.to_json(), **changes})


@given(
    reason=st.text(),
    name=st.text(min_size=1),
    label=st.sampled_from(["stop", AMBIGUOUS, WITHDRAWN]),
    blind=st.booleans(),
)
def test_what_is_appended_is_read(tmp_path_factory: Any, reason: str, name: str, label: str, blind: bool) -> None:
    path = tmp_path_factory.mktemp("overlay") / "reviews.jsonl"
    decisions = (said(reason=reason, id=name, label=label, blind=blind), said(id=f"{name}2"))
    for one in decisions:
        append(path, [one])
    assert read(path) == decisions
    assert path.read_bytes().count(b"\n") == 2


def test_names_that_are_no_utf_8_are_read_as_they_were(tmp_path: Path) -> None:
    append(tmp_path / "r.jsonl", [said(id="a\udcff.png")])
    assert read(tmp_path / "r.jsonl")[0].id == "a\udcff.png"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]\n", "r.jsonl:1: it is no JSON object"),
        (line() + "\n" + line()[:-1] + ',"id":"b"}\n', "r.jsonl:2: the key 'id' stands in one object twice"),
        (line(extra=1) + "\n", "lacks or should not have extra"),
        (line(blind=1) + "\n", "blind is no truth value"),
        (line(reason=None) + "\n", "reason is no text"),
        (line(sha256="A" * 64) + "\n", "not 64 hexadecimal digits"),
        (line(task="boredom") + "\n", "task is 'boredom', none of confusion"),
        (line(reviewer="  ") + "\n", "nobody answers for this decision"),
        (line(label="") + "\n", "label is empty"),
        (line(at="yesterday") + "\n", "no time of ISO 8601"),
        (line(at="2026-11-23T09:30:00") + "\n", "a time without a zone"),
        (line() + "\n" + line()[:40], "r.jsonl:2: the last line has no end, as when the writer was killed"),
        (line(), "r.jsonl:1: the last line has no end"),
        ("\n" * 30, "and 20 lines more"),
    ],
)
def test_what_is_no_overlay_says_where_and_why(text: str, says: str) -> None:
    with pytest.raises(DataError) as error:
        parse(text, "r.jsonl")
    assert says in str(error.value)


def test_a_missing_overlay_says_who_writes_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="robustcheck review writes one"):
        read(tmp_path / "r.jsonl")
    (tmp_path / "r.jsonl").write_bytes(b"\xff\n")
    with pytest.raises(DataError, match="not UTF-8 at byte 0"):
        read(tmp_path / "r.jsonl")


def test_a_torn_end_is_cut_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    assert recover(path) == b""
    append(path, [ONE])
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"sha')
    assert recover(path) == b'{"sha'
    assert path.read_bytes() == whole
    assert recover(path) == b""


def _write(path: Path, reviewer: str) -> None:
    for number in range(50):
        append(path, [said(id=f"{number}.png", reviewer=reviewer, reason="x" * 5000)])


def test_several_writers_tear_no_line(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path, name)) for name in ("Ann", "Bob", "Cy")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    found = read(path)
    assert {(one.reviewer, one.id) for one in found} == {
        (name, f"{number}.png") for name in ("Ann", "Bob", "Cy") for number in range(50)
    }
    assert len(found) == 150


BOB, CY = said(reviewer="Bob"), said(reviewer="Cy", label="stop")
KEY = (ONE.sha256, ONE.id)


@pytest.mark.parametrize(
    ("decisions", "least", "outcome"),
    [
        ([ONE], 1, Outcome("stop", "yield", ("Ann",))),
        ([ONE, BOB], 2, Outcome("stop", "yield", ("Ann", "Bob"))),
        ([ONE], 2, "waiting"),
        ([ONE, said(reviewer=" ANN ")], 2, "waiting"),
        ([ONE, CY], 1, {"Ann": "yield", "Cy": "stop"}),
        ([ONE, said(label="stop")], 1, Outcome("stop", "stop", ("Ann",))),
        ([ONE, CY, said(reviewer="Cy")], 2, Outcome("stop", "yield", ("Ann", "Cy"))),
        ([ONE, said(label=WITHDRAWN)], 1, None),
        ([ONE, CY, said(reviewer="Cy", label=WITHDRAWN)], 1, Outcome("stop", "yield", ("Ann",))),
        (
            [ONE, CY, said(reviewer="Eve", label="stop", task="adjudication")],
            2,
            Outcome("stop", "stop", ("Eve",), True),
        ),
        (
            [ONE, said(reviewer="Eve", task="adjudication", label="stop"), BOB],
            1,
            {"Eve": "stop", "Bob": "yield"},
        ),
        (
            [
                ONE,
                CY,
                said(reviewer="Eve", task="adjudication"),
                said(reviewer="Eve", task="adjudication", label=WITHDRAWN),
            ],
            1,
            {"Ann": "yield", "Cy": "stop"},
        ),
        ([said(label=AMBIGUOUS), said(label=AMBIGUOUS, reviewer="Bob")], 2, Outcome("stop", AMBIGUOUS, ("Ann", "Bob"))),
    ],
)
def test_what_holds_is_what_reviewers_agree_on(decisions: list[Decision], least: int, outcome: Any) -> None:
    found = settle(decisions, least)
    expected: Any = ({}, (), {})
    if isinstance(outcome, Outcome):
        expected = ({KEY: outcome}, (), {})
    elif outcome == "waiting":
        expected = ({}, (KEY,), {})
    elif outcome:
        expected = ({}, (), {KEY: outcome})
    assert (found.outcomes, found.waiting, found.conflicts) == expected


SAMPLES = [Sample("a.png", "stop"), Sample("b.png", "yield"), Sample("c.png", "stop")]
CONTENT = {"a.png": "a" * 64, "b.png": "b" * 64, "c.png": "c" * 64}


def laid(*decisions: Decision, classes: tuple[str, ...] = ("stop", "yield"), **options: Any) -> Overlaid:
    return lay_over(decisions, SAMPLES, classes, lambda one: CONTENT[one.id], shown="r.jsonl", **options)


def test_corrections_are_laid_over_the_labels() -> None:
    found = laid(
        ONE,
        said(id="b.png", sha256="b" * 64, original="yield", label=AMBIGUOUS),
        said(id="c.png", sha256="c" * 64, label="stop"),
    )
    assert (found.changed, found.ambiguous, found.waiting) == ({"a.png": "yield"}, {"b.png"}, ())
    told = found.to_json()
    assert {key: told[key] for key in ("changed", "ambiguous", "confirmed", "decisions")} == {
        "changed": 1,
        "ambiguous": 1,
        "confirmed": 1,
        "decisions": 3,
    }
    assert found.digest != laid(ONE).digest != laid().digest == ""
    # Who said so and when decides nothing.
    assert laid(said(reviewer="Bob", at="2027-01-01T00:00:00Z")).digest == laid(ONE).digest


def test_a_renamed_picture_keeps_its_review() -> None:
    assert laid(said(id="old.png")).changed == {"a.png": "yield"}
    # What was said under both names is about one picture.
    with pytest.raises(DataError, match=r"see differently .*a.png \(Ann: yield, Bob: stop\)"):
        laid(said(id="old.png"), said(reviewer="Bob", label="stop"))


@pytest.mark.parametrize(
    ("decision", "says"),
    [
        (said(sha256="d" * 64), "1 pictures that are not in the data set, or are not what they were: a.png"),
        (said(id="gone.png", sha256="d" * 64), "not in the data set"),
        (said(original="yield", label="stop"), "has changed since: a.png (yield when reviewed, now stop)"),
        (said(label="yeild"), "no class of the model: yeild of a.png (did you mean yield?)"),
    ],
)
def test_what_does_not_fit_the_data_is_refused(decision: Decision, says: str) -> None:
    with pytest.raises(DataError) as error:
        laid(decision)
    assert str(error.value).startswith("r.jsonl: ")
    assert says in str(error.value)


def test_a_part_of_the_data_need_not_have_every_picture() -> None:
    found = laid(said(sha256="d" * 64), said(id="c.png", sha256="c" * 64), part=True)
    assert (found.changed, found.elsewhere) == ({"c.png": "yield"}, 1)


def test_more_than_may_be_is_not_changed() -> None:
    other = said(id="b.png", sha256="b" * 64, original="yield", label=AMBIGUOUS)
    with pytest.raises(
        DataError, match=r"r.jsonl: 2 of 3 labels are changed or ambiguous, 66.67%, and max_changed allows 0.5"
    ):
        laid(ONE, other, max_changed=0.5)
    assert len(laid(ONE, said(id="c.png", sha256="c" * 64, label="stop"), max_changed=1 / 3).outcomes) == 2


def test_a_class_cannot_have_the_name_of_something_else() -> None:
    with pytest.raises(DataError, match="a class called ambiguous, which means something else"):
        laid(ONE, classes=("stop", "ambiguous"))
