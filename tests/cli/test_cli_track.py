"""``robustcheck track``: what the real trackers, offline, then know of a run."""

from __future__ import annotations

import builtins
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import robustcheck
from robustcheck.report import document
from robustcheck.report.exports.trackers import numbers

Call = Callable[..., Any]
SCHEMA = json.loads((Path(document.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def report(project: Call, robustcheck_command: Call, tmp_path: Path) -> Path:
    project()
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    return tmp_path / "robustcheck-report"


def read(report: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((report / "robustcheck-report.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA)
    return found


@pytest.mark.filterwarnings("ignore")
def test_mlflow_holds_numbers_digests_and_report_and_its_id_is_written_back(
    report: Path, robustcheck_command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    before, uri = read(report), (tmp_path / "store").as_uri()
    done = robustcheck_command("track", "robustcheck-report", "--mlflow", uri, "--experiment", "gates")
    assert (done.code, done.err) == (0, "")
    (made,) = read(report)["trackers"]
    assert done.lines == [f"suites/greys.yaml: mlflow run {made['run']} at {uri}"]
    assert {**read(report), "trackers": []} == before
    client = MlflowClient(tracking_uri=uri)
    run = client.get_run(made["run"])
    (suite,) = before["suites"]
    assert run.data.metrics["clean/accuracy"] == 1.0
    assert run.data.metrics["light.exposure/stops_-0.2ev/drop"] == suite["cases"][1]["metrics"]["drop"]["value"]
    assert len(run.data.metrics) == sum(len(case["metrics"]) for case in (*suite["cases"], *suite["overall"]))
    tags = run.data.tags
    assert tags["robustcheck.model_digest"] == suite["model"]["digest"]
    assert tags["robustcheck.data_digest"] == suite["data"]["digest"]
    assert tags["robustcheck.verdict"] == suite["verdict"]
    (models,) = [one for one in suite["inputs"] if one["name"] == "configs/models.yaml"]
    assert tags["robustcheck.input.configuration.models.yaml"] == models["digest"]
    kept = [item.path for item in client.list_artifacts(made["run"], "robustcheck-report")]
    assert "robustcheck-report/robustcheck-report.json" in kept
    assert client.get_experiment_by_name("gates").experiment_id == run.info.experiment_id
    again = robustcheck_command("track", "robustcheck-report", "--mlflow", uri)
    assert again.code == 0
    assert len(read(report)["trackers"]) == 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("where", ["./mlruns", "mlruns", "{root}/mlruns", "file://{root}/mlruns"])
def test_mlflow_keeps_a_run_in_the_folder_that_was_asked_for(
    report: Path, robustcheck_command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    done = robustcheck_command("track", "robustcheck-report", "--mlflow", where.format(root=tmp_path))
    assert (done.code, done.err) == (0, "")
    (made,) = read(report)["trackers"]
    (kept,) = (tmp_path / "mlruns").glob(f"*/{made['run']}/artifacts/robustcheck-report/robustcheck-report.json")
    assert kept.is_file()
    assert "MLFLOW_ALLOW_FILE_STORE" not in os.environ


@pytest.mark.parametrize(
    "uri", ["sqlite:///x.db", "sqlite:////tmp/x.db", "postgresql://host/x", "mysql+pymysql://host/x", "SQLITE:///x.db"]
)
def test_a_database_that_the_extra_cannot_use_is_told_with_what_can(
    report: Path, robustcheck_command: Call, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)  # also where the whole of MLflow is installed
    done = robustcheck_command("track", "robustcheck-report", "--mlflow", uri)
    assert done.code == 4
    assert f"MLflow at {uri}: the extra mlflow installs mlflow-skinny" in done.err
    assert "--mlflow ./mlruns" in done.err
    assert "python -m pip install mlflow)" in done.err
    assert read(report)["trackers"] == []


@pytest.mark.parametrize("uri", ["nonsense://x", "ftp://host/x", "s3://bucket/x"])
def test_an_address_that_is_no_tracker_is_told(report: Path, robustcheck_command: Call, uri: str) -> None:
    done = robustcheck_command("track", "robustcheck-report", "--mlflow", uri)
    assert done.code == 4
    assert f"MLflow at {uri}: {uri.partition(':')[0]}: is no place where MLflow keeps runs: name a folder" in done.err


@pytest.mark.filterwarnings("ignore")
def test_wandb_keeps_a_run_offline(report: Path, robustcheck_command: Call, tmp_path: Path) -> None:
    done = robustcheck_command("track", "robustcheck-report", "--wandb", "gates", "--offline")
    assert done.code == 0, done.err
    (made,) = read(report)["trackers"]
    assert made["tracker"] == "wandb"
    (kept,) = (tmp_path / "wandb").glob(f"offline-run-*-{made['run']}/*.wandb")
    content = kept.read_bytes()
    assert b"clean/accuracy" in content
    assert read(report)["suites"][0]["data"]["digest"].encode() in content


def test_names_stay_apart() -> None:
    cases = [
        {"id": name, "metrics": {"accuracy": {"value": value}}} for name, value in (("a[x=1%]", 1), ("a[x=1_]", 2))
    ]
    found = numbers({"cases": cases, "overall": []})
    assert found == {"a/x_1_/accuracy": 1.0, "a/x_1_/accuracy_": 2.0}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "name a tracker: --mlflow URI or --wandb PROJECT"),
        (("--mlflow", "nonsense://x"), 4, "MLflow at nonsense://x: "),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_wrong_call_is_told(report: Path, robustcheck_command: Call, arguments: Any, code: int, told: str) -> None:
    before = read(report)
    done = robustcheck_command("track", "robustcheck-report", *arguments)
    assert done.code == code
    assert told in done.err
    assert read(report) == before


def test_a_folder_that_is_no_report_is_told(robustcheck_command: Call, tmp_path: Path) -> None:
    assert robustcheck_command("track", "nowhere", "--wandb", "x").err == (
        "nowhere: there is no such folder; name the folder of a report\n"
    )
    (tmp_path / "empty").mkdir()
    assert (
        "empty/robustcheck-report.json: there is no result to read"
        in robustcheck_command("track", "empty", "--wandb", "x").err
    )


@pytest.mark.parametrize(("option", "module"), [("--mlflow", "mlflow"), ("--wandb", "wandb")])
def test_a_tracker_that_is_not_installed_is_told(
    report: Path, robustcheck_command: Call, monkeypatch: pytest.MonkeyPatch, option: str, module: str
) -> None:
    real = builtins.__import__

    def absent(name: str, *arguments: Any, **others: Any) -> Any:
        if name.partition(".")[0] == module:
            raise ImportError(name)
        return real(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", absent)
    done = robustcheck_command("track", "robustcheck-report", option, "x")
    assert done.code == 4
    assert f"python -m pip install {module}" in done.err


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://me:secret@example.org:8080/mlflow?token=abc", "https://example.org:8080/mlflow"),
        ("postgresql://me:secret@example.org/runs", "postgresql://example.org/runs"),
        ("https://example.org/mlflow", "https://example.org/mlflow"),
        ("./mlruns", "./mlruns"),
        ("https://example.org/mlflow#token=abc", "https://example.org/mlflow"),
        ("https://example.org/mlflow;token=abc", "https://example.org/mlflow"),
        ("https://me:sec?ret@example.org/x", "https://example.org/x"),
        ("https://me:sec#ret@example.org/x?y@z", "https://example.org/x"),
        ("https://me:sec/ret@example.org/x", "https:..."),
        ("https://me:secret@[::1]:80/x", "https://[::1]:80/x"),
        ("https://me:secret@[example", "https://[example"),
        ("sqlite:///runs.db", "sqlite:///runs.db"),
        ("sqlite:///runs.db?timeout=1", "sqlite:///runs.db"),
        ("sqlite:///me@home/runs.db", "sqlite:///me@home/runs.db"),
        ("./me@home/mlruns", "./me@home/mlruns"),
    ],
)
def test_no_secret_of_an_address_is_written(uri: str, shown: str) -> None:
    from robustcheck.report.exports.trackers import without_secrets

    assert without_secrets(uri) == shown


def test_no_secret_of_an_address_is_told(robustcheck_command: Call, report: Path) -> None:
    done = robustcheck_command(
        "track", "robustcheck-report", "--mlflow", "nonsense://me:secret@example.org/x?token=abc"
    )
    assert done.code == 4
    assert "MLflow at nonsense://example.org/x: " in done.err
    assert "secret" not in done.out + done.err
    assert "token" not in done.out + done.err
