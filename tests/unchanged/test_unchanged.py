"""Small suites, one of each kind of case, give what they gave when they were stored: see ``README.md``."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from benchmarks.agreement import VARIES, agreed_columns, differences
from benchmarks.stored_suites import ROOT, STORED, observed, read_stored, run_stored


def test_no_verdict_record_or_result_has_changed(tmp_path: Path) -> None:
    found = list(differences(read_stored(), observed(run_stored(tmp_path, ROOT))))
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:40])


def test_each_kind_of_case_and_each_verdict_is_stored() -> None:
    cases = [held["case"] for held in read_stored().values()]
    kinds = {"clean", "shift", "compose", "combine", "worst_of", "find_limit", "attack", "overall", "provenance"}
    assert {case["kind"] for case in cases} == kinds
    assert {case["verdict"] for case in cases} == {"pass", "fail", "warn", "waived", "unreliable"}
    assert sum(path.stat().st_size for path in STORED.glob("*.jsonl")) < 300_000


@pytest.mark.parametrize(
    ("column", "row", "value", "line"),
    [
        ("predicted", 3, 13, "predicted of test/turn_right/00000: 3 was stored, 13 came"),
        ("pixels", 0, "0" * 32, "pixels of test/stop/00000: "),
        ("loss", 1, 99.0, "loss of test/yield/00000: "),
    ],
)
def test_another_row_is_named(column: str, row: int, value: object, line: str) -> None:
    stored = read_stored()
    fresh = copy.deepcopy(stored)
    fresh["suites/clean.yaml::clean"]["tables"]["clean"][column][row] = value
    (found,) = differences(stored, fresh)
    assert found.startswith(f"suites/clean.yaml::clean clean {line}")


def test_another_verdict_and_a_case_that_is_gone_are_named() -> None:
    stored = read_stored()
    fresh = copy.deepcopy(stored)
    fresh["suites/clean.yaml::clean"]["case"]["verdict"] = "fail"
    del fresh["suites/shift.yaml::random"]
    assert list(differences(stored, fresh)) == [
        "suites/clean.yaml::clean verdict: 'pass' was stored, 'fail' came",
        "suites/shift.yaml::random: is not run any more",
    ]


def test_rows_that_differ_by_processor_are_held_in_part() -> None:
    ids = [str(number) for number in range(16)]
    runs = [{"id": ids, "pixels": [*"abcdefghijklmno", last], "loss": [0.5] * 16} for last in "pq"]
    columns = agreed_columns("case", runs)
    assert columns["pixels"] == [*"abcdefghijklmno", VARIES]
    stored, fresh = ({"case": {"case": {}, "tables": {"case": table}}} for table in (columns, copy.deepcopy(columns)))
    table = fresh["case"]["tables"]["case"]
    table["pixels"][:4] = "zzzz"
    assert not list(differences(stored, fresh))
    table["pixels"][4] = "z"
    assert len(list(differences(stored, fresh))) == 5


def test_a_column_that_must_be_exact_and_is_not_is_refused() -> None:
    runs = [{"id": ["a"] * 8, "predicted": [1] * 7 + [last]} for last in (2, 3)]
    with pytest.raises(RuntimeError, match="predicted is not the same in every environment"):
        agreed_columns("case", runs)
