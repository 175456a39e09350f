"""The file of the history: what is in it, and that nothing gets lost."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import history_documents
import pytest
from history_documents import accuracy, case, document, estimate, expectation, large

import robustcheck
from robustcheck.core.errors import RobustcheckError
from robustcheck.runs.history.curve import Acceptance
from robustcheck.runs.history.history import VERSION, History, Name, history_path, remember
from robustcheck.runs.history.history_rows import run_id

KILLS = 20
WRITERS = 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return history_path(tmp_path)


def rows(path: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query, values).fetchall()


def kept(path: Path, run: str) -> list[tuple[Any, ...]]:
    query = "SELECT id, metric, value, low, high, numbers.n FROM runs JOIN cases USING (number) JOIN numbers USING (number, id)"
    return rows(path, f"{query} WHERE run=? ORDER BY id, metric", run)


def written(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what ``kept`` should return, read from the document and nothing of ours."""
    return sorted(
        (each["id"], name, number["value"], number["low"], number["high"], number["n"])
        for suite in found["suites"]
        for each in suite["cases"]
        for name, number in each["metrics"].items()
    )


def test_a_run_of_a_suite_is_kept_row_by_row(project: Callable[..., Path], tmp_path: Path, path: Path) -> None:
    project()
    result = robustcheck.run_suite("suites/greys.yaml", root=tmp_path, device="cpu")
    report = tmp_path / "robustcheck-report" / "robustcheck-report.json"
    read = json.loads(report.read_text(encoding="utf-8"))
    run = History(path).record(result.document)
    assert run == run_id(read) == History(path).record(read)
    assert [row for row in kept(path, run) if not row[0].startswith("overall")] == written(read)
    suite = read["suites"][0]
    facts = rows(path, "SELECT suite, suite_digest, seed, model, model_digest, data, data_digest, verdict FROM runs")
    assert facts == [
        (
            "suites/greys.yaml",
            suite["digest"],
            str(suite["seed"]),
            "brightness",
            suite["model"]["digest"],
            "greys",
            suite["data"]["digest"],
            suite["verdict"],
        )
    ]
    everything = (*suite["cases"], *suite["overall"])
    assert rows(path, "SELECT id, kind, verdict, n, stopped FROM cases ORDER BY id") == sorted(
        (each["id"], each["kind"], each["verdict"], each["n"], 0) for each in everything
    )
    line = suite["overall"][0]["expectations"][0]
    overall = rows(path, "SELECT metric, value, unit, verdict FROM numbers WHERE id LIKE 'overall%'")
    assert overall == [(line["metric"], line["observed"], line["unit"], line["verdict"])]
    expected = {
        (each["id"], line["metric"]): (line["unit"], line["verdict"])
        for each in everything
        for line in each["expectations"]
    }
    for name, metric, unit, verdict in rows(path, "SELECT id, metric, unit, verdict FROM numbers"):
        assert (unit, verdict) == expected.get((name, metric), ("", ""))


def test_a_breach_is_kept_over_a_pass_of_the_same_metric(path: Path) -> None:
    found = estimate(0.5)
    lines = [
        expectation("accuracy", found),
        expectation("accuracy", found, verdict="warn"),
        expectation("accuracy", found),
    ]
    History(path).record(document([case("dusk", {"accuracy": found}, expected=lines)]))
    assert rows(path, "SELECT unit, verdict FROM numbers") == [("%", "warn")]


def test_an_expectation_without_a_number_is_no_number(path: Path) -> None:
    nothing = {**expectation("accuracy", estimate(0.5)), "observed": None, "low": None, "high": None}
    run = History(path).record(document([case("dusk", {}, expected=[nothing], verdict="error")]))
    assert kept(path, run) == []
    assert rows(path, "SELECT id, verdict FROM cases") == [("dusk", "error")]


def test_a_run_is_recorded_once(path: Path) -> None:
    history = History(path)
    runs = {history.record(accuracy(0.9)) for _ in range(3)}
    assert len(runs) == history.count() == 1
    history.record(accuracy(0.9, started="2026-11-01T10:00:01+00:00"))
    assert history.count() == 2


def test_the_order_of_time_is_that_of_utc(path: Path) -> None:
    history = History(path)
    history.record(accuracy(0.2, day=2, started="2026-11-01T11:00:00+00:00"))
    history.record(accuracy(0.1, day=1, started="2026-11-01T12:30:00+02:00"))
    history.record(accuracy(0.3, day=3, started="2026-11-01T08:00:00-05:00"))
    assert [point.number.value for point in history.series("suites/greys.yaml", "clean", "accuracy")] == [0.1, 0.2, 0.3]


def test_names_and_series_are_of_what_was_asked_for(path: Path) -> None:
    history = History(path)
    both = {"accuracy": estimate(0.8), "drop": estimate(0.1)}
    history.record(document([case("dusk", both), case("clean", {"accuracy": estimate(0.9)}, kind="clean")]))
    history.record(accuracy(0.7, model="other", day=2))
    history.record(accuracy(0.6, suite="suites/b.yaml", day=3))
    suite = "suites/greys.yaml"
    assert history.names() == (
        Name("suites/b.yaml", "clean", "accuracy", "brightness"),
        Name(suite, "clean", "accuracy", "brightness"),
        Name(suite, "clean", "accuracy", "other"),
        Name(suite, "dusk", "accuracy", "brightness"),
        Name(suite, "dusk", "drop", "brightness"),
    )

    def values(*names: str, model: str | None = None) -> list[float]:
        return [point.number.value for point in history.series(*names, model=model)]

    assert values(suite, "clean", "accuracy") == [0.9, 0.7]
    assert values(suite, "clean", "accuracy", model="other") == [0.7]
    assert values(suite, "dusk", "drop") == [0.1]
    assert values(suite, "dawn", "drop") == []


def test_other_labels_are_another_ground(path: Path) -> None:
    history = History(path)
    for day, overlay in enumerate(["", "a" * 64, "b" * 64], start=1):
        found = accuracy(0.8, day=day)
        found["suites"][0]["data"]["overlay"] = overlay
        history.record(found)
    points = history.series("suites/greys.yaml", "clean", "accuracy")
    assert len({point.number.ground for point in points}) == 3


def test_an_accepted_run_is_marked(path: Path) -> None:
    history = History(path)
    first = history.record(accuracy(0.8))
    history.record(accuracy(0.9, day=2))
    history.accepted(first, reason="the first of all", when="2026-11-03")
    history.accepted(first, reason="the first", when="2026-11-04", suite="suites/greys.yaml")
    points = history.series("suites/greys.yaml", "clean", "accuracy")
    assert [point.accepted for point in points] == [(Acceptance("2026-11-04", "the first"),), ()]


def test_a_run_that_is_not_there_cannot_be_accepted(path: Path) -> None:
    run = History(path).record(accuracy(0.8))
    for wrong, suite, shown in (
        ("f" * 64, None, "f" * 12),
        (run, "suites/x.yaml", f"{run[:12]} with the suite suites/x.yaml"),
    ):
        with pytest.raises(RobustcheckError) as refusal:
            History(path).accepted(wrong, reason="", when="2026-11-03", suite=suite)
        assert str(refusal.value) == f"{path}: there is no run {shown} to accept; record it first"


@pytest.mark.timeout(180)
def test_no_kill_loses_or_tears_a_run(path: Path) -> None:
    """Every run that was acknowledged is there, and every run that is there has all its rows."""
    chance = random.Random(5)
    acknowledged: dict[str, set[int]] = {}
    for kill in range(KILLS):
        writer = f"writer-{kill}"
        with _start(path, writer, 10_000) as process:
            assert process.stdout
            first = process.stdout.readline()
            time.sleep(chance.uniform(0, 0.15))
            process.kill()
            said = first + process.stdout.read()
            assert process.wait() == -9
        acknowledged[writer] = {int(line) for line in said.splitlines(keepends=True) if line.endswith("\n")}
        _assert_whole(path, writer, acknowledged[writer])
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    for writer, places in acknowledged.items():
        _assert_whole(path, writer, places)


@pytest.mark.timeout(180)
def test_four_writers_at_once_lose_nothing(path: Path) -> None:
    """They begin without a file, so that they also make it at once."""
    count = 15
    processes = [_start(path, f"writer-{number}", count) for number in range(WRITERS)]
    for process in processes:
        _, complaint = process.communicate(timeout=120)
        assert process.returncode == 0, complaint
    for number in range(WRITERS):
        assert _assert_whole(path, f"writer-{number}", set(range(count))) == count
    assert History(path).count() == WRITERS * count


def _start(path: Path, writer: str, count: int) -> subprocess.Popen[str]:
    call = [sys.executable, history_documents.__file__, str(path), writer, str(count)]
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _assert_whole(path: Path, writer: str, acknowledged: set[int]) -> int:
    present = {run for (run,) in rows(path, "SELECT run FROM runs WHERE suite=?", f"suites/{writer}.yaml")}
    most = len(acknowledged) + 1
    documents = {run_id(found): found for found in (large(writer, place) for place in range(most))}
    assert present <= set(documents), "a run that was never written"
    assert {run for place, run in enumerate(documents) if place in acknowledged} <= present, "a run was lost"
    for run in present:
        assert kept(path, run) == written(documents[run]), "a run is torn"
        assert len(rows(path, "SELECT id FROM runs JOIN cases USING (number) WHERE run=?", run)) == 120
    return len(present)


def test_the_file_has_a_log_ahead(path: Path) -> None:
    History(path).record(accuracy(0.9))
    assert rows(path, "PRAGMA journal_mode") == [("wal",)]


NEWER = (
    "{path}: the history is of format 2, and this robustcheck knows 1; use the newer robustcheck that wrote it, or move the "
    "file away, and the next run begins a new one"
)
FOREIGN = "{path}: this is not a history of robustcheck; move it away, and the next run begins one"
NO_DATABASE = "{path}: the history is damaged (file is not a database); move it away, and the next run begins a new one"


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version={VERSION + 1}")


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE things (name)")


def _no_database(path: Path) -> None:
    path.write_bytes(b"what somebody wrote down\n" * 100)


SPOILT = pytest.mark.parametrize(
    ("spoil", "message"),
    [(_newer, NEWER), (_foreign, FOREIGN), (_no_database, NO_DATABASE)],
    ids=["newer", "foreign", "no database"],
)


@SPOILT
def test_a_file_that_cannot_be_used_is_refused_and_left_as_it_is(
    path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    history = History(path)
    run = history.record(accuracy(0.9))
    spoil(path)
    before = path.read_bytes()
    told = message.format(path=path)
    for use in (
        lambda: history.record(accuracy(0.8, day=2)),
        lambda: history.accepted(run, reason="good", when="2026-11-03"),
        history.names,
        lambda: history.series("suites/greys.yaml", "clean", "accuracy"),
    ):
        with pytest.raises(RobustcheckError) as refusal:
            use()
        assert str(refusal.value) == told
    assert path.read_bytes() == before
    root = path.parent.parent
    assert remember(accuracy(0.8, day=2), root) == f"this run is not in the history: {told}"


@pytest.mark.parametrize("seed", range(12))
def test_damage_anywhere_is_told_or_harmless(path: Path, seed: int) -> None:
    """Never a traceback, whatever bytes are wrong or missing."""
    for place in range(3):
        History(path).record(large("writer", place))
    content = bytearray(path.read_bytes())
    chance = random.Random(seed)
    at = chance.randrange(len(content) - 64)
    content[at : at + 64] = chance.randbytes(64)
    path.write_bytes(bytes(content[: chance.randrange(1, len(content))] if seed % 3 == 0 else content))
    for use in (History(path).names, lambda: History(path).series("suites/writer.yaml", "case-7", "metric_3")):
        try:
            use()
        except RobustcheckError as error:
            assert str(error).startswith(str(path))  # noqa: PT017
    remember(large("writer", 9), path.parent.parent)


def test_a_table_that_is_gone_is_damage(path: Path) -> None:
    history = History(path)
    history.record(accuracy(0.9))
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE numbers")
    with pytest.raises(RobustcheckError, match=r"the history is damaged \(no such table: numbers\); move it away"):
        history.names()


def test_without_a_file_there_is_nothing_to_read(path: Path) -> None:
    with pytest.raises(RobustcheckError, match="there is no history yet"):
        History(path).names()
    assert not path.parent.exists()


def test_a_place_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (tmp_path / ".robustcheck").write_text("a file, not a folder", encoding="utf-8")
    note = remember(accuracy(0.9), tmp_path)
    path = history_path(tmp_path)
    assert note == f"this run is not in the history: {path}: the history cannot be written: File exists"
    (tmp_path / ".robustcheck").unlink()
    path.mkdir(parents=True)
    assert "the history cannot be written: it is a directory" in remember(accuracy(0.9), tmp_path)
    assert remember({"suites": []}, tmp_path).endswith("this is no result of a run: KeyError: 'started'")


def test_a_history_that_is_in_use_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    History(path).record(accuracy(0.9))
    monkeypatch.setattr("robustcheck.runs.history.history.PATIENCE", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert History(path).count() == 1
        with pytest.raises(
            RobustcheckError, match="another process has kept the history for 0 s; try again when it is done"
        ):
            History(path).record(accuracy(0.8, day=2))


def test_any_text_can_be_kept(path: Path) -> None:
    name = "half \ud800, \x1b[31m, '; DROP TABLE runs; --, 漢字"
    History(path).record(document([case(name, {"accuracy": estimate(0.9)})], suite="suites/o'neil?#%20.yaml"))
    (found,) = History(path).names()
    assert found.case == name.replace("\ud800", "\\ud800")
    assert found.suite == "suites/o'neil?#%20.yaml"


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    path = history_path(tmp_path / "50% of #3?mode=ro&x")
    History(path).record(accuracy(0.9))
    assert path.is_file()
    assert History(path).count() == 1
