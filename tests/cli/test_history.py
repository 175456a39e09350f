"""``robustcheck history``: what is drawn, and what is said where there is nothing to draw."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import robustcheck
from robustcheck.cli import command, history
from robustcheck.runs.history.history import History, history_path, remember

sys.path.append(str(Path(__file__).parents[1] / "provenance"))

from history_documents import accuracy, case, document, estimate, expectation

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    if history not in command.COMMANDS:
        monkeypatch.setattr(command, "COMMANDS", (*command.COMMANDS, history))
    monkeypatch.setenv("COLUMNS", "60")


@pytest.fixture
def kept(tmp_path: Path) -> History:
    """Return a history of six models, the second of which was accepted, and of another suite with an overall line."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    found = History(history_path(tmp_path))
    for day, value in enumerate((0.80, 0.901, 0.900, 0.902, 0.901, 0.900), start=1):
        cases = [
            case("clean", {"accuracy": estimate(value, n=4000), "drop": estimate(1 - value)}, kind="clean"),
            case("dusk[stops=-2ev]", {"accuracy": estimate(value - 0.1)}),
        ]
        run = found.record(document(cases, day=day))
        if day == 2:
            found.accepted(run, reason="good enough", when="2026-11-20")
    line = case(
        "overall[mean_accuracy over *]", {}, expected=[expectation("mean_accuracy", estimate(0.7))], kind="overall"
    )
    found.record(document([], overall=[line], suite="suites/b.yaml", day=7))
    return found


def test_a_curve_is_drawn(robustcheck_command: Call, kept: History) -> None:
    done = robustcheck_command("history", "--case", "clean")
    assert (done.code, done.err) == (0, "")
    assert done.lines[:2] == ["clean: accuracy of brightness", "suites/greys.yaml"]
    assert "  @ accepted 2026-11-20: good enough" in done.lines
    assert "2 2026-11-02 02020202 90.1% [88.1, 92.1] 4000 pass" in done.lines
    said = " ".join(done.lines[-4:])
    assert "the last 6 models gained +1.43pp a run" in said
    assert max(map(len, done.lines)) <= 60
    assert done.out.isascii()


@pytest.mark.parametrize(
    ("arguments", "heads"),
    [
        ((), ["overall[mean_accuracy over *]: mean_accuracy", "clean: accuracy", "dusk[stops=-2ev]: accuracy"]),
        (("--suite", "suites/greys.yaml"), ["clean: accuracy", "dusk[stops=-2ev]: accuracy"]),
        (("--suite", "./suites/b.yaml"), ["overall[mean_accuracy over *]: mean_accuracy"]),
        (("--case", "dusk[stops=-2ev]"), ["dusk[stops=-2ev]: accuracy"]),
        (("--case", "dusk*"), ["dusk[stops=-2ev]: accuracy"]),
        (("--metric", "drop"), ["clean: drop"]),
        (("--model", "brightness", "--case", "c*"), ["clean: accuracy"]),
    ],
    ids=str,
)
def test_what_was_asked_for_is_drawn(
    robustcheck_command: Call, kept: History, arguments: tuple[str, ...], heads: list[str]
) -> None:
    done = robustcheck_command("history", *arguments)
    assert done.code == 0, done.err
    assert [line.removesuffix(" of brightness") for line in done.lines if line.endswith(" of brightness")] == heads


def test_many_curves_are_a_line_each(robustcheck_command: Call, kept: History) -> None:
    kept.record(document([case(f"case-{number}", {"accuracy": estimate(0.5)}) for number in range(8)], day=9))
    done = robustcheck_command("history")
    assert done.code == 0
    assert done.lines[0].split() == ["SUITE", "CASE", "METRIC", "MODEL", "MODELS", "LATEST", "[95%]", "GAIN", "[95%]"]
    assert len(done.lines) == 1 + 11 + 1
    assert done.lines[-1] == "11 curves; up to 4 are drawn: choose with --case, --suite and --model"


WRONG = {
    "case": (
        ("--case", "dask[stops=-2ev]"),
        "robustcheck: the history has no case dask[stops=-2ev]; did you mean dusk[stops=-2ev]?\n",
    ),
    "pattern": (
        ("--case", "light.*"),
        "robustcheck: the history has no case light.*; known: clean, dusk[stops=-2ev], overall[mean_accuracy over *]\n",
    ),
    "metric": (("--metric", "acuracy"), "robustcheck: the history has no metric acuracy; did you mean accuracy?\n"),
    "metric of a case": (
        ("--case", "dusk*", "--metric", "drop"),
        "robustcheck: the history has no metric drop; known: accuracy\n",
    ),
    "suite": (
        ("--suite", "suites/grays.yaml"),
        "robustcheck: the history has no suite suites/grays.yaml; did you mean suites/greys.yaml?\n",
    ),
    "model": (("--model", "\x1b[31m"), "robustcheck: the history has no model \\x1b[31m; known: brightness\n"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_name_ends_with_2_and_the_nearest(robustcheck_command: Call, kept: History, name: str) -> None:
    arguments, text = WRONG[name]
    done = robustcheck_command("history", *arguments)
    assert (done.code, done.out, done.err) == (2, "", text)


def test_without_a_history_there_is_nothing_to_look_at(robustcheck_command: Call, tmp_path: Path) -> None:
    done = robustcheck_command("history")
    path = history_path(tmp_path)
    text = "there is no history yet; every run of `pytest --robustcheck` in this project adds to it"
    assert (done.code, done.out, done.err) == (4, "", f"{path}: {text}\n")
    path.parent.mkdir()
    path.touch()
    done = robustcheck_command("history")
    assert (done.code, done.err) == (4, f"{path}: the history is empty; run `pytest --robustcheck` in this project\n")
    path.write_text("no database" * 100, encoding="utf-8")
    done = robustcheck_command("history")
    assert done.code == 4
    assert (
        "the history is damaged (file is not a database); move it away, and the next run begins a new one" in done.err
    )


def test_runs_without_numbers_are_nothing_to_look_at(robustcheck_command: Call, tmp_path: Path) -> None:
    remember(document([case("clean", {}, verdict="error")]), tmp_path)
    done = robustcheck_command("history")
    assert done.code == 4
    assert "no run in the history has a number yet" in done.err
    remember(document([case("clean", {"accuracy": estimate(0.9)}, verdict="unreliable")], day=2), tmp_path)
    done = robustcheck_command("history")
    assert done.code == 4
    assert "ended without a number that says something about the model" in done.err


def test_json_has_every_point(robustcheck_command: Call, kept: History) -> None:
    done = robustcheck_command("history", "--case", "clean", "--json")
    (curve,) = json.loads(done.out)
    assert {key: curve[key] for key in ("suite", "case", "metric", "model", "unit", "better", "standing")} == {
        "suite": "suites/greys.yaml",
        "case": "clean",
        "metric": "accuracy",
        "model": "brightness",
        "unit": "%",
        "better": "higher",
        "standing": "open",
    }
    assert [point["value"] for point in curve["points"]] == [0.80, 0.901, 0.900, 0.902, 0.901, 0.900]
    assert curve["points"][1]["accepted"] == [{"when": "2026-11-20", "reason": "good enough"}]
    assert curve["trend"]["models"] == 6


def test_a_picture_is_written(robustcheck_command: Call, kept: History, tmp_path: Path) -> None:
    done = robustcheck_command("history", "--svg", "curve.svg")
    assert done.code == 0
    assert done.lines[-1] == "drawn in curve.svg"
    root = ElementTree.parse(tmp_path / "curve.svg").getroot()
    assert len([element for element in root.iter() if element.attrib.get("class") == "ink title"]) == 3
    (tmp_path / "nowhere").write_text("a file")
    done = robustcheck_command("history", "--svg", "nowhere/curve.svg")
    assert done.code == 4
    assert "nowhere/curve.svg: the file cannot be written: File exists" in done.err


def test_the_runs_of_a_project_are_drawn(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    project()
    for seed in (1, 2):
        found = robustcheck.run_suite("suites/greys.yaml", root=tmp_path, device="cpu", seed=seed)
        assert remember(found.document, tmp_path) == ""
        assert remember(found.document, tmp_path) == ""
    done = robustcheck_command("history", "--case", "noisy")
    assert done.code == 0, done.err
    assert "/ other data, another seed or another suite" in done.lines
    assert done.lines[-3:] == [
        "1 model to compare (1 earlier on other data, another seed or",
        "another suite): 5 are needed to say whether the curve has",
        "flattened",
    ]


def test_neither_validating_nor_the_plugin_loads_a_database(tmp_path: Path, project: Call) -> None:
    import subprocess

    project()
    for call in (
        ["-m", "robustcheck.cli", "validate"],
        ["-c", "import robustcheck, robustcheck.pytest_plugin, robustcheck.cli.history"],
    ):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", *call], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr[-2000:]
        assert "sqlite3" not in done.stderr


def test_a_curve_of_one_metric_needs_no_case_of_another(robustcheck_command: Call, kept: History) -> None:
    kept.record(accuracy(0.6, model="second", day=11))
    done = robustcheck_command("history", "--case", "clean")
    assert [line for line in done.lines if line.startswith("clean: ")] == [
        "clean: accuracy of brightness",
        "clean: accuracy of second",
    ]
