"""The comparison of two runs finds a changed byte and says where it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from benchmarks.revisions import entry_points
from benchmarks.same_as_before import Compared, compare_bytes, compare_lines, compare_reports, compare_results

COLUMNS: dict[str, Any] = {
    "id": ["a", "b"],
    "loss": np.array([0.5, np.nan], np.float32),
    "rank": np.array([0, 1], np.int32),
    "pixels": ["aa", "bb"],
}
ABOUT = {"suite": "suites/small.yaml", "case": "dusk", "key": "one"}
RESULT = {
    "started": "2026-11-27T10:00:00+00:00",
    "suites": [
        {"cases": [{"nodeid": "suites/small.yaml::dusk", "seconds": 1.5, "metrics": {"accuracy": {"value": 0.5}}}]}
    ],
}


def write_report(root: Path, columns: dict[str, Any], result: Any, about: dict[str, Any], page: str) -> Path:
    folder = root / "robustcheck-report"
    folder.mkdir(parents=True)
    table = pyarrow.table(columns).replace_schema_metadata({"robustcheck": json.dumps(about)})
    pyarrow.parquet.write_table(table, folder / "dusk.parquet")
    (folder / "robustcheck-report.json").write_text(json.dumps(result), encoding="utf-8")
    (folder / "index.html").write_text(page, encoding="utf-8")
    return root


def found(
    tmp_path: Path, columns: dict[str, Any] | None = None, about: dict[str, Any] | None = None, **after: Any
) -> list[str]:
    page = f"<p>{tmp_path}/before, 3.5 s</p>"
    first = write_report(tmp_path / "before", COLUMNS, RESULT, ABOUT, page)
    chosen = {"result": RESULT, "page": f"<p>{tmp_path}/after, 12 s</p>", **after}
    second = write_report(
        tmp_path / "after", {**COLUMNS, **(columns or {})}, about={**ABOUT, **(about or {})}, **chosen
    )
    return [str(difference) for file in compare_reports(first, second) for difference in file.differences]


def test_times_folders_and_keys_of_the_cache_are_no_difference(tmp_path: Path) -> None:
    other = json.loads(json.dumps(RESULT))
    other["started"], other["suites"][0]["cases"][0]["seconds"] = "2026-11-28T10:00:00+00:00", 9.0
    assert found(tmp_path, about={"key": "two"}, result=other) == []


def test_the_last_bit_of_a_float_is_found(tmp_path: Path) -> None:
    losses = np.array([np.nextafter(np.float32(0.5), np.float32(1)), np.nan], np.float32)
    (line,) = found(tmp_path, {"loss": losses})
    assert line.startswith("suites/small.yaml::dusk: loss of a: 0x1.0000000000000p-1 (0.5) -> 0x1.000002")


def test_another_digest_and_another_rank_are_found(tmp_path: Path) -> None:
    columns = {"pixels": ["aa", "bc"], "rank": np.array([2, 1], np.int32)}
    assert found(tmp_path, columns) == [
        "suites/small.yaml::dusk: rank of a: 0 -> 2",
        "suites/small.yaml::dusk: pixels of b: 'bb' -> 'bc'",
    ]


def test_another_type_and_another_column_are_found(tmp_path: Path) -> None:
    assert found(tmp_path, {"rank": np.array([0, 1], np.int64), "new": ["x", "y"]}) == [
        "suites/small.yaml::dusk: new: was not there -> is new",
        "suites/small.yaml::dusk: rank: type int32 -> type int64",
    ]


def test_another_value_of_the_result_is_found(tmp_path: Path) -> None:
    other = json.loads(json.dumps(RESULT))
    other["suites"][0]["cases"][0]["metrics"]["accuracy"]["value"] = 0.25
    (line,) = found(tmp_path, result=other)
    assert line.startswith("suites/small.yaml::dusk: metrics.accuracy.value: ")


def test_another_line_of_the_page_is_found(tmp_path: Path) -> None:
    (line,) = found(tmp_path, page=f"<p>{tmp_path}/after, 12 s!</p>")
    assert line.startswith("index.html: line 1: ")


def test_a_file_that_is_gone_is_found(tmp_path: Path) -> None:
    first = write_report(tmp_path / "before", COLUMNS, RESULT, ABOUT, "")
    second = write_report(tmp_path / "after", COLUMNS, RESULT, ABOUT, "")
    (second / "robustcheck-report/dusk.parquet").unlink()
    lines = [str(difference) for file in compare_reports(first, second) for difference in file.differences]
    assert lines == ["suites/small.yaml::dusk.parquet: the file: is there -> is missing"]


@pytest.mark.parametrize(
    ("compared", "what"),
    [
        (compare_bytes("a.png", b"same", b"sane"), "byte 2"),
        (compare_bytes("a.png", b"same", b"same+"), "byte 4"),
        (compare_lines("index.html", "one\ntwo", "one\nthree"), "line 2"),
        (compare_lines("index.html", "one", "one\ntwo"), "line 2"),
        (compare_results("r.json", '{"a": [1, {"b": 1}]}', '{"a": [1, {"b": 1.0}]}'), "a[1].b"),
        (compare_results("r.json", '{"a": [1]}', '{"a": [1, 2]}'), "a"),
        (compare_results("r.json", '{"a": 1}', '{"b": 1}'), "a"),
    ],
)
def test_the_place_is_named(compared: Compared, what: str) -> None:
    assert compared.differences[0].what == what


def test_longer_times_are_no_difference() -> None:
    assert not compare_lines("index.html", "took 48 s in all", "took 1 min 20 s in all").differences


def test_what_is_excepted_is_not_compared() -> None:
    assert not compare_results("r.json", '{"digest": 1}', '{"digest": 2}', frozenset({"digest"})).differences
    texts = ('{"model": {"digest": 1, "name": "a"}}', '{"model": {"digest": 2, "name": "b"}}')
    (difference,) = compare_results("r.json", *texts, frozenset({"model.digest"})).differences
    assert difference.what == "model.name"


def test_the_entry_points_of_a_revision_are_its_own() -> None:
    project = {"scripts": {"check": "a.cli:main"}, "entry-points": {"pytest11": {"a": "a.plugin"}, "a": {"b": "a.b"}}}
    assert (
        entry_points(project) == "[console_scripts]\ncheck = a.cli:main\n\n[pytest11]\na = a.plugin\n\n[a]\nb = a.b\n"
    )
