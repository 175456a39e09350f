"""What commit 347bdbe wrote is read by later versions, or refused with the reason; ``made_by_347bdbe/README.md`` says what it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from robustcheck.cli import main
from robustcheck.core.errors import AttestationRefused
from robustcheck.data.labels.overlay import read as read_overlay
from robustcheck.engine.gates.baseline_file import load_baseline
from robustcheck.provenance.signing.signing_keys import make_keys
from robustcheck.provenance.signing.verification import verify_attestation
from robustcheck.report.pictures import strip
from robustcheck.runs.load import load_document, load_run

MADE = Path(__file__).parents[1] / "made_by_347bdbe"
BASELINE = "suites/greys.baseline.json"


def copy(target: Path) -> Path:
    """Copy the project, since a run writes into it."""
    return Path(shutil.copytree(MADE, target, dirs_exist_ok=True))


def test_its_result_is_read_with_its_records() -> None:
    (suite,) = load_run(MADE / "report").suites.values()
    assert suite.cases["clean"].right == suite.cases["clean"].n == 17
    assert (suite.cases["darker[stops=-1.5ev]"].right, suite.cases["darker[stops=-1.5ev]"].verdict) == (6, "waived")
    document = load_document(MADE / "report")
    (written,) = document["suites"]
    assert len(strip(written, written["cases"][0], MADE / "report")) == 11  # one of the twelve is ambiguous


@pytest.mark.parametrize(
    "call",
    [
        ["report", "{report}", "--html", "{out}/page.html", "--markdown", "{out}/page.md"],
        ["residuals", "{report}"],
        ["compare", "{report}", "{report}"],
        ["export", "{report}", "--model-index", "{out}/index.yaml", "--ml-bom", "{out}/bom.json"],
        ["baseline", "accept", "{report}", "--reason", "again"],
    ],
    ids=lambda call: call[0],
)
def test_every_command_that_reads_a_result_reads_it(
    call: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy(tmp_path / "project")
    monkeypatch.chdir(root)
    code = main([part.format(report=root / "report", out=tmp_path) for part in call])
    told = capsys.readouterr()
    assert code == 0, told.err
    assert told.out + told.err


def test_a_run_is_held_against_its_baseline(gate: Any) -> None:
    copy(gate.root)
    result = gate.run()
    result.assert_outcomes(passed=8, xfailed=1)
    (suite,) = gate.report()["suites"]
    cases = {case["id"]: case for case in suite["cases"]}
    assert cases["moved"]["metrics"]["regression"]["value"] == 0
    assert not [note for note in suite["notes"] if "baseline" in note]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("dx: 5%", "dx: 6%", "moved was accepted into {baseline} with other parameters than it has now"),
        (
            "dx: 5%",
            "dx: 5%\n    border: view",
            "moved was accepted into {baseline} with other parameters than it has now",
        ),
        (
            "title: Greys",
            "title: Greys\nseed: 1",
            "{baseline}: it was accepted with seed 0, and this run draws its pictures with 1",
        ),
    ],
)
def test_another_case_is_not_held_against_its_baseline(gate: Any, old: str, new: str, why: str) -> None:
    suite = copy(gate.root) / "suites/greys.yaml"
    text = suite.read_text()
    assert old in text
    suite.write_text(text.replace(old, new))
    gate.run("-k", "moved")
    (case,) = [case for case in gate.report()["suites"][0]["cases"] if case["id"] == "moved"]
    assert case["verdict"] == "inconclusive"
    reasons = [line["detail"] for line in case["expectations"] if line["metric"] == "regression"]
    assert why.format(baseline=BASELINE) in reasons[0]


def test_its_baseline_and_its_overlay_are_read() -> None:
    baseline = load_baseline(MADE / BASELINE)
    assert (len(baseline.ids), len(baseline.cases), baseline.reason) == (17, 7, "the first run")
    decisions = read_overlay(MADE / "reviews.jsonl")
    assert [(decision.id, decision.label) for decision in decisions] == [
        ("dark/00.png", "dark"),
        ("middle/01.png", "ambiguous"),
    ]


def verify(root: Path, **options: Any) -> Any:
    return verify_attestation(
        root / "models/tiny.safetensors",
        attestation=root / "report/attestations/suites--greys.intoto.json",
        keys=[root / "keys/ci.pub"],
        suite=root / "suites/greys.yaml",
        root=root,
        **options,
    )


def test_its_attestation_is_refused_with_the_reason() -> None:
    with pytest.raises(AttestationRefused, match="made by an earlier version") as refused:
        verify(MADE, with_data=True)
    (reason,) = refused.value.reasons
    assert "run and sign again" in reason


def test_its_result_is_not_signed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    root = copy(tmp_path)
    make_keys(root / "keys/new.key", root / "keys/new.pub")
    monkeypatch.chdir(root)
    assert main(["attest", "report", "--key", "keys/new.key"]) == 4
    assert "earlier version" in capsys.readouterr().err
