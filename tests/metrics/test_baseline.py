from __future__ import annotations

import base64
import dataclasses
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError, RobustcheckError
from robustcheck.core.text import named, printable
from robustcheck.domain.case import Case, same_case
from robustcheck.engine.gates.baseline import Baseline, BaselineCase, case_digest, default_path
from robustcheck.engine.gates.baseline_file import bitmap, load_baseline, text_of, unpacked

ADVICE = "run suites/s.yaml and accept its report: robustcheck baseline accept REPORT --reason '...'"


def bits(text: str) -> NDArray[np.bool_]:
    return np.array([mark == "1" for mark in text])


def case(name: str, right: str, seen: str = "") -> BaselineCase:
    return BaselineCase(name, f"digest of {name}", bits(right), bits(seen or "1" * len(right)))


def baseline(*cases: BaselineCase, ids: str = "abcde", **other: Any) -> Baseline:
    facts: dict[str, Any] = {
        "reason": "the first that drove",
        "accepted": "2026-11-23",
        "by": "Ada",
        "suite": "suites/s.yaml",
        "suite_digest": "1" * 64,
        "model": "web",
        "model_digest": "2" * 64,
        "data": "signs",
        "data_digest": "3" * 64,
        "seed": 7,
        "overlay": "",
        "ids": tuple(ids),
        "labels": np.arange(len(ids), dtype=np.int32),
        "cases": {one.id: one for one in cases or (case("clean", "11101"), case("dusk", "01001"))},
        "path": "suites/s.baseline.json",
    }
    return Baseline(**(facts | other))


def written(tmp_path: Path, one: Baseline) -> Path:
    path = tmp_path / "s.baseline.json"
    path.write_bytes(text_of(one))
    return path


def same(a: Baseline, b: Baseline) -> bool:
    plain = [field.name for field in dataclasses.fields(Baseline) if field.name not in ("labels", "cases", "path")]
    return (
        all(getattr(a, name) == getattr(b, name) for name in plain)
        and np.array_equal(a.labels, b.labels)
        and a.cases.keys() == b.cases.keys()
        and all(
            a.cases[name].digest == b.cases[name].digest
            and np.array_equal(a.cases[name].right, b.cases[name].right)
            and np.array_equal(a.cases[name].seen, b.cases[name].seen)
            for name in a.cases
        )
    )


def test_it_lies_beside_its_suite_and_is_no_suite(tmp_path: Path) -> None:
    from robustcheck.language.discover import find_suites

    assert default_path(Path("suites/signs.v2.yaml")) == Path("suites/signs.v2.baseline.json")
    written(tmp_path, baseline())
    assert find_suites([tmp_path]) == []


def test_the_file_has_a_line_a_fact_and_a_line_a_case() -> None:
    lines = text_of(baseline()).decode().splitlines()
    assert lines[:4] == [
        "{",
        ' "robustcheck": "baseline/2",',
        ' "reason": "the first that drove",',
        ' "accepted": "2026-11-23",',
    ]
    assert lines[14] == ' "cases": ['
    # 11101 and 01001, the first picture in the highest bit: 0xe8 and 0x48.
    assert lines[15:] == [
        '  {"id": "clean", "n": 5, "right": 4, "digest": "digest of clean", "bitmap": "6A=="},',
        '  {"id": "dusk", "n": 5, "right": 2, "digest": "digest of dusk", "bitmap": "SA=="}',
        " ]",
        "}",
    ]


def test_the_same_run_gives_the_same_bytes_in_whatever_order_its_cases_come() -> None:
    one, two = case("a", "10101"), case("b", "11111", "11111")
    assert text_of(baseline(one, two)) == text_of(baseline(two, one))


def test_a_case_that_flips_one_picture_changes_one_line() -> None:
    before = text_of(baseline(case("a", "10101"), case("b", "11111"))).splitlines()
    after = text_of(baseline(case("a", "10101"), case("b", "11101"))).splitlines()
    assert sum(one != two for one, two in zip(before, after, strict=True)) == 1


def test_a_large_baseline_is_small() -> None:
    ids = tuple(f"test/stop/{number:05}.png" for number in range(10_000))
    right = np.random.default_rng(0).random(10_000) < 0.9
    cases = {str(n): BaselineCase(str(n), 16 * "a", right, np.ones(10_000, bool)) for n in range(60)}
    many = baseline(ids="", cases=cases)
    many = dataclasses.replace(many, ids=ids, labels=np.zeros(10_000, np.int32))
    assert len(text_of(many)) < 60 * 1_850 + 40_000


NAMES = st.text(st.characters(), min_size=0, max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=30, unique=True), st.data())
def test_whatever_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, ids: list[str], data: Any) -> None:
    count = len(ids)
    flags = st.lists(st.booleans(), min_size=count, max_size=count).map(lambda values: np.array(values, bool))
    cases = {}
    for name in data.draw(st.lists(NAMES, max_size=4, unique=True)):
        seen = data.draw(flags)
        cases[name] = BaselineCase(name, "d", data.draw(flags) & seen, seen)
    labels = np.array(data.draw(st.lists(st.integers(0, 2**31 - 1), min_size=count, max_size=count)), np.int32)
    one = baseline(ids="", reason=data.draw(NAMES), seed=data.draw(st.integers()), cases=cases, labels=labels)
    one = dataclasses.replace(one, ids=tuple(sorted(ids)))
    read = load_baseline(written(tmp_path_factory.mktemp("round"), one))
    assert same(read, one)
    assert text_of(read) == text_of(one)


@given(st.lists(st.booleans(), max_size=100))
def test_a_bitmap_comes_back(values: list[bool]) -> None:
    assert unpacked(bitmap(np.array(values, bool)), len(values)).tolist() == values


def _edit(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def edit(content: bytes) -> bytes:
        tree = json.loads(content)
        change(tree)
        return json.dumps(tree).encode()

    return edit


def _set(*keys: Any, to: Any) -> Callable[[bytes], bytes]:
    def change(tree: Any) -> None:
        for key in keys[:-1]:
            tree = tree[key]
        tree[keys[-1]] = to

    return _edit(change)


RESTORE = "; restore it from version control, or accept a report anew"
BITMAP = "the bitmap of clean is damaged: "
SAMPLES = "its samples are damaged: "
DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda content: b"", "this is no baseline: Expecting value: line 1 column 1 (char 0)" + RESTORE),
    "a merge left open": (
        lambda content: content.replace(b' "by"', b'<<<<<<< HEAD\n "by"'),
        "this is no baseline: Expecting property name enclosed in double quotes: line 5 column 1 (char 94)" + RESTORE,
    ),
    "another file": (
        lambda content: b'{"schema": "robustcheck/report/1"}',
        'this is no baseline: it does not begin with "robustcheck": "baseline/2"' + RESTORE,
    ),
    "a list": (
        lambda content: b"[]",
        'this is no baseline: it does not begin with "robustcheck": "baseline/2"' + RESTORE,
    ),
    "a later version": (
        _set("robustcheck", to="baseline/3"),
        "this is a baseline/3, and this robustcheck reads baseline/1 and baseline/2; use the robustcheck that wrote it, or accept a report anew",
    ),
    "too deep": (lambda content: b"[" * 200_000, "this is no baseline: its JSON is too deep" + RESTORE),
    "a key twice": (
        lambda content: content.replace(b' "by"', b' "reason": "again",\n "by"'),
        "this is no baseline: the key reason is written twice" + RESTORE,
    ),
    "a key missing": (_edit(lambda tree: tree.pop("seed")), "the baseline has no seed" + RESTORE),
    "a key more": (
        _set("resaon", to=""),
        "the baseline has the key resaon, which is none of its own; did you mean reason?" + RESTORE,
    ),
    "a number as text": (_set("seed", to="7"), "seed of the baseline is not a whole number" + RESTORE),
    "a truth value as number": (_set("cases", 0, "n", to=True), "n of case 1 is not a whole number" + RESTORE),
    "a case that is none": (_set("cases", 1, to=3), "case 2 is not a mapping" + RESTORE),
    "a case twice": (_set("cases", 1, "id", to="clean"), "the case clean is written twice" + RESTORE),
    "no base64": (_set("cases", 0, "bitmap", to="6A="), BITMAP + "Incorrect padding" + RESTORE),
    "too short": (_set("cases", 0, "bitmap", to=""), BITMAP + "it has 0 bytes, and 5 pictures need 1" + RESTORE),
    "too long": (_set("cases", 0, "bitmap", to="6AA="), BITMAP + "it has 2 bytes, and 5 pictures need 1" + RESTORE),
    "bits beyond the end": (
        _set("cases", 0, "bitmap", to="6Q=="),
        BITMAP + "it has bits beyond the last picture" + RESTORE,
    ),
    "a flipped bit": (
        _set("cases", 0, "bitmap", to="4A=="),
        BITMAP + "it has 3 of 5 right, and beside it stand 4 of 5" + RESTORE,
    ),
    "right but not seen": (
        _set("cases", 0, "seen", to="eA=="),
        BITMAP + "it has 4 of 4 right, and beside it stand 4 of 5" + RESTORE,
    ),
    "other ids": (
        _set("samples", "ids", to=base64.b64encode(zlib.compress(b'["a","b","c","d","f"]')).decode()),
        SAMPLES + "they do not have the digest that stands beside them" + RESTORE,
    ),
    "ids cut off": (
        _edit(lambda tree: tree["samples"].update(ids=tree["samples"]["ids"][:16])),
        SAMPLES + "they are cut off, too large, or followed by something else" + RESTORE,
    ),
    "another count": (_set("samples", "count", to=6), SAMPLES + "6 are said to be 5 ids and 20 bytes" + RESTORE),
}


@pytest.mark.parametrize(("damage", "told"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes], told: str) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(damage(text_of(baseline())))
    with pytest.raises(RobustcheckError) as error:
        load_baseline(path, shown="b.json")
    assert str(error.value) == f"b.json: {told}"


def test_ids_that_are_no_sorted_list_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, dataclasses.replace(baseline(), ids=tuple("abcdd")))
    with pytest.raises(RobustcheckError, match="its samples are damaged: the ids are no sorted list of texts"):
        load_baseline(path)


def test_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RobustcheckError) as error:
        load_baseline(tmp_path / "b.json", shown="b.json")
    assert str(error.value) == "b.json: the baseline cannot be read: No such file or directory"


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_no_damage_is_a_traceback_or_another_truth(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    content = bytearray(text_of(baseline()))
    content[place % len(content)] = byte
    path = tmp_path_factory.mktemp("damage") / "b.json"
    path.write_bytes(content)
    try:
        read = load_baseline(path)
    except RobustcheckError:
        return
    known = baseline()
    assert read.ids == known.ids
    for one, two in zip(read.cases.values(), known.cases.values(), strict=True):
        # A bitmap with as many bits in other places is the one thing that its own line cannot tell.
        assert (one.right.sum(), one.seen.sum()) == (two.right.sum(), two.seen.sum())


def fits(one: Baseline, **now: Any) -> Any:
    facts: dict[str, Any] = {
        "suite": one.suite,
        "data_digest": one.data_digest,
        "overlay": one.overlay,
        "seed": one.seed,
        "cases": {name: known.digest for name, known in one.cases.items()},
        "ids": one.ids,
        "labels": one.labels,
    }
    return one.check(**(facts | now))


def test_the_same_run_fits() -> None:
    fit = fits(baseline())
    assert (fit.problems, fit.new, fit.gone, fit.changed, fit.notes) == ((), (), (), (), ())


OTHER: dict[str, tuple[dict[str, Any], str]] = {
    "suite": ({"suite": "suites/t.yaml"}, "it was accepted for the suite suites/s.yaml, and this is suites/t.yaml"),
    "contents": ({"data_digest": "4"}, "the data has other pictures: the same names and labels, but other contents"),
    "pictures": (
        {"data_digest": "4", "ids": tuple("abcdx")},
        "the data has other pictures: 1 new (x), 1 gone (e)",
    ),
    "fewer pictures": (
        {"data_digest": "4", "ids": tuple("abcd"), "labels": np.arange(4)},
        "the data has other pictures: 1 gone (e)",
    ),
    "labels of the data": (
        {"data_digest": "4", "labels": np.array([0, 2, 1, 3, 4])},
        "the data has other pictures: 2 with another label (b, c)",
    ),
    "label overlay": (
        {"overlay": "abcdef0123456789"},
        "the labels are other: it was accepted with no overlay, and this run has overlay abcdef012345",
    ),
    "seed": ({"seed": 8}, "it was accepted with seed 7, and this run draws its pictures with 8"),
}


@pytest.mark.parametrize(("now", "told"), OTHER.values(), ids=OTHER)
def test_a_baseline_of_something_else_is_refused_with_what_differs(now: dict[str, Any], told: str) -> None:
    assert fits(baseline(), **now).problems == (f"suites/s.baseline.json: {told}; {ADVICE}",)


def test_everything_that_differs_is_told() -> None:
    assert len(fits(baseline(), suite="t", seed=1, overlay="x", data_digest="y").problems) == 4


def test_new_gone_and_changed_cases_are_listed() -> None:
    one = baseline(case("clean", "11111"), case("dusk", "11111"), case("rain", "11111"))
    fit = fits(one, cases={"clean": "digest of clean", "dusk": "darker", "fog": "f", "\x1b[31m": "g"})
    assert (fit.problems, fit.new, fit.gone, fit.changed) == ((), ("fog", "\x1b[31m"), ("rain",), ("dusk",))
    assert fit.notes == (
        "new since the baseline of 2026-11-23: fog, \\x1b[31m",
        "gone since the baseline of 2026-11-23: rain",
        "changed since the baseline of 2026-11-23: dusk",
    )


def test_a_limited_run_may_look_at_fewer_pictures() -> None:
    fewer: dict[str, Any] = {"data_digest": "4", "ids": ("e", "a"), "labels": np.array([4, 0])}
    fit = fits(baseline(), limited=True, **fewer)
    assert fit.problems == ()
    assert fit.notes == (
        "the baseline is of 5 pictures, of which this run looks at 2; their names and labels agree, their contents were not "
        "compared",
    )
    assert fits(baseline(), limited=True, **(fewer | {"labels": np.array([4, 1])})).problems
    assert fits(baseline(), limited=True, **(fewer | {"ids": ("e", "x")})).problems
    assert fits(baseline(), limited=True, data_digest="4").problems, "as many pictures, and other contents"


def test_right_is_found_by_id_and_not_by_order() -> None:
    one = baseline(case("dusk", "01001"))
    assert one.right_of("dusk", ["e", "a", "b"]).tolist() == [True, False, True]
    assert one.right_of("dusk", []).tolist() == []
    assert one.right_of("dusk", np.array(["e", "d"])).tolist() == [True, False]


UNKNOWN: dict[str, tuple[tuple[Any, ...], str]] = {
    "a new case": (("fog", "ab"), f"suites/s.baseline.json has no case fog; {ADVICE}"),
    "an unknown picture": (
        ("dusk", ["a", "\x1b", "y"]),
        f"suites/s.baseline.json does not know 2 of the pictures, such as \\x1b; {ADVICE}",
    ),
    "a case that stopped early": (
        ("early", "abc"),
        "early stopped early in the run that was accepted into suites/s.baseline.json, which saw 2 of 5 pictures; run "
        "it with --robustcheck-every-picture and accept the report",
    ),
}


@pytest.mark.parametrize(("asked", "told"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_the_baseline_does_not_know_is_told(asked: tuple[Any, ...], told: str) -> None:
    one = baseline(case("dusk", "01001"), case("early", "10000", "11000"))
    with pytest.raises(CaseError) as error:
        one.right_of(*asked)
    assert str(error.value) == told


def test_a_changed_case_is_not_compared() -> None:
    with pytest.raises(CaseError) as error:
        baseline().right_of("dusk", "ab", digest="darker")
    assert str(error.value) == (
        f"dusk was accepted into suites/s.baseline.json with other parameters than it has now; {ADVICE}"
    )
    assert baseline().right_of("dusk", "ab", digest="digest of dusk").tolist() == [False, True]


def test_pictures_that_stopped_early_but_were_seen_are_known() -> None:
    assert baseline(case("early", "10000", "11000")).right_of("early", "ba").tolist() == [False, True]


def test_names_are_printable_and_few() -> None:
    assert named([]) == ""
    assert named("abcde") == "a, b, c, d, e"
    assert named("abcdefg") == "a, b, c, d, e and 2 more"
    assert printable("ä\x1b]0;x\x07\u202e\udc80\n") == "ä\\x1b]0;x\\x07\\u202e\\udc80\\n"


def test_the_digest_of_a_case_is_what_decides_its_pixels(tmp_path: Path, project: Any) -> None:
    from robustcheck.language import load_project, load_suite

    suite = """
    robustcheck: 1
    title: T
    owner: o
    model: brightness
    data: greys
    checks:
      - {shift: light.exposure, stops: -1ev, expect: {accuracy: ">= 1%"}}
      - {worst_of: camera.view, yaw: -15deg..15deg, expect: {accuracy: ">= 1%"}}
      - {attack: pgd, eps: 4/255, expect: {accuracy: ">= 1%"}}
      - find_limit: {shift: camera.yaw, param: yaw, from: 0deg, to: 45deg, until: {accuracy: "< 50%"}}
        expect: {limit: ">= 1deg"}
    """
    project(suite=suite)
    cases: tuple[Case, ...] = load_suite(
        tmp_path / "suites/greys.yaml", load_project(tmp_path, tmp_path / "configs")
    ).cases
    assert len({case_digest(one.canonical()) for one in cases}) == len(cases) == 5
    for one in cases:
        kept = json.loads(json.dumps({"suite": "s", "seconds": 1.5, **one.canonical(), "key": "k"}))
        assert case_digest(kept) == case_digest(one.canonical())
        for key in one.canonical():
            assert case_digest({**one.canonical(), key: "other"}) != case_digest(one.canonical()), key
        assert case_digest({**one.canonical(), "lens": "a key of a later version"}) != case_digest(one.canonical())
        assert case_digest(kept) == one.digest


class Later(Case):
    """A case of a later version, whose pixels something new decides."""

    lens = ""

    def canonical(self) -> dict[str, Any]:
        return {**super().canonical(), **({"lens": self.lens} if self.lens else {})}


@pytest.mark.parametrize("version", [1, 2])
def test_a_new_decisive_key_makes_another_case_for_every_version_of_the_file(
    tmp_path: Path, project: Any, version: int
) -> None:
    from robustcheck.language import load_project, load_suite

    project()
    known = load_suite(tmp_path / "suites/greys.yaml", load_project(tmp_path, tmp_path / "configs")).cases[1]
    later = Later(**{field.name: getattr(known, field.name) for field in dataclasses.fields(known)})
    accepted = dataclasses.replace(baseline(), version=version)
    accepted = dataclasses.replace(
        accepted, cases={known.id: dataclasses.replace(case(known.id, "11101"), digest=accepted.digest_of(known))}
    )
    read = load_baseline(written(tmp_path, accepted))
    assert read.version == version
    assert len(read.cases[known.id].digest) == {1: 16, 2: 64}[version]
    assert not fits(read, cases={known.id: read.digest_of(later)}).changed
    object.__setattr__(later, "lens", "wide")
    assert fits(read, cases={known.id: read.digest_of(later)}).changed == (known.id,)
    assert same_case(read.digest_of(known), known.digest)
    assert not same_case(read.digest_of(known), later.digest)


def predicting(name: str, right: str, predicted: list[int], seen: str = "") -> BaselineCase:
    return dataclasses.replace(case(name, right, seen), predicted=np.array(predicted, np.int32))


def test_predictions_are_kept_and_read(tmp_path: Path) -> None:
    # The labels are 0 to 4: the second and the fifth are wrong, the fourth was not looked at.
    one = baseline(predicting("clean", "10100", [0, 4, 2, 3, 1], "11101"))
    path = tmp_path / "s.baseline.json"
    path.write_bytes(text_of(one))
    found = load_baseline(path).cases["clean"]
    assert found.predicted is not None
    assert found.predicted[[0, 1, 2, 4]].tolist() == [0, 4, 2, 1]
    other = (
        baseline(predicting("clean", "11101", [0, 1, 2, 4, 4])),
        baseline(predicting("clean", "11110", [0, 1, 2, 3, 0])),
    )
    for wrong in ["x", *(json.loads(text_of(known))["cases"][0]["predicted"] for known in other)]:
        tree = json.loads(text_of(one))
        tree["cases"][0]["predicted"] = wrong
        path.write_text(json.dumps(tree))
        with pytest.raises(RobustcheckError, match="the predictions of clean are damaged"):
            load_baseline(path)


def test_other_labels_are_laid_over_a_baseline() -> None:
    one = baseline(predicting("clean", "10101", [0, 4, 2, 1, 4]))
    now = np.array([0, 4, 1, 3, 4], np.int32)  # the second was right all along, the third was not
    assert one.right_of("clean", "abcde", labels=now).tolist() == [True, True, False, False, True]
    assert one.right_of("clean", "cb", labels=now[[2, 1]]).tolist() == [False, True]
    asked = {
        "suite": one.suite,
        "data_digest": one.data_digest,
        "seed": one.seed,
        "cases": {"clean": one.cases["clean"].digest},
        "ids": list(one.ids),
        "labels": now,
        "original": one.labels,
    }
    assert one.check(overlay="a" * 64, **asked).problems == ()
    (problem,) = baseline().check(overlay="a" * 64, **{**asked, "cases": {}}).problems
    assert "it was accepted with no overlay, and this run has overlay aaaaaaaaaaaa" in problem
