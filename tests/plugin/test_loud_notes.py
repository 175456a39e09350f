"""What a reader must know stands in every report: the terminal, the result file, the page, GitHub's summary and an attestation."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file
from small_project import MODELS, SUITE

from robustcheck.cli import main
from robustcheck.provenance.signing.signing_keys import make_keys
from robustcheck.report.github import summary

BREAKING = SUITE.replace('{drop: "<= 20pp"}', '{drop: "<= -20pp"}').replace("[2%, 5%]", "[2%, 3%, 4%, 5%, 6%]")
WAIVER = "waivers:\n  - {case: 'moved*', reason: r, owner: o, expires: 2099-01-01}\n"
WEIGHTS = MODELS.replace("  classes:", "  weights: ../models/tiny.safetensors\n  classes:")


@pytest.mark.parametrize(
    ("suite", "options", "told"),
    [
        (BREAKING + WAIVER, (), "the waiver of o for moved* excuses 5 of 9 cases"),
        (SUITE + "severity: warn\n", (), "severity: warn at the top of the suite: 6 of 6 cases cannot fail the build"),
        (SUITE, ("--robustcheck-limit", "6"), "only 6 pictures looked at (--robustcheck-limit 6)"),
        (
            SUITE.replace("clean:\n", "clean:\n  declared: 96%\n"),
            ("--robustcheck-limit", "9"),
            "is not contradicted: 9 pictures cannot tell",
        ),
        (SUITE + "decide: anytime\n", (), "decide: anytime: each picture counts as independent of the others"),
    ],
)
def test_every_report_has_the_note(gate: Any, suite: str, options: tuple[str, ...], told: str) -> None:
    gate.write(suite=suite)
    done = gate.run(*options)
    assert done.ret == 0
    assert [line for line in done.outlines if line.startswith("NOTE ") and told in line]
    result = gate.report()
    assert [note for note in result["suites"][0]["notes"] if told in note]
    assert told in html.unescape((gate.root / "robustcheck-report/index.html").read_text())
    escaped = told.replace("*", "\\*").replace("_", "\\_")
    assert [line for line in summary(result).splitlines() if line.startswith("**Note:**") and escaped in line]


@pytest.mark.parametrize(
    ("suite", "told"),
    [
        (SUITE + "severity: warn\n", "6 of 6 cases have severity: warn and could not fail"),
        (BREAKING + WAIVER, "5 of 9 cases are excused by a waiver"),
        (SUITE, ""),
    ],
)
def test_verify_says_what_could_not_fail(
    gate: Any, suite: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gate.write(suite=suite, models=WEIGHTS)
    from tiny import build  # type: ignore[import-not-found]

    model: Path = gate.root / "models/tiny.safetensors"
    model.parent.mkdir()
    save_file(build().state_dict(), model)
    make_keys(gate.root / "ci.key", gate.root / "ci.pub")
    assert gate.run().ret == 0
    monkeypatch.chdir(gate.root)
    capsys.readouterr()
    assert main(["attest", "robustcheck-report", "--key", "ci.key"]) == 0
    assert ("note: suites/greys.yaml:" in capsys.readouterr().out) is bool(told)
    envelope = "robustcheck-report/attestations/suites--greys.intoto.json"
    assert main(["verify", str(model), "--attestation", envelope, "--key", "ci.pub"]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  note ")]
    assert notes == ([f"  note   {told}"] if told else [])


@pytest.mark.parametrize("clean", ["", "clean: {expect: {accuracy: null}}\n", "clean: {declared: 100%}\n"])
def test_a_clean_case_of_which_nothing_is_demanded_is_not_gated(
    gate: Any, clean: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head, _, checks = SUITE.partition("clean:\n")
    text = head + clean + checks.partition("\n")[2]
    if not clean:
        text = text.replace('expect:\n  accuracy: ">= 60%"\n', "").replace(
            "    stops:", '    expect: {accuracy: ">= 6%"}\n    stops:'
        )
        text = text.replace("    tags:", '    expect: {accuracy: ">= 6%"}\n    tags:')
    gate.write(suite=text)
    done = gate.run()
    assert done.ret == 0
    said = "declared" not in clean
    row = next(line for line in done.outlines if "  clean  " in line and "accuracy" in line)
    assert ("not gated" in row) is said
    case = gate.report()["suites"][0]["cases"][0]
    assert ("not gated: nothing is demanded of the clean pictures" in case["notes"]) is said
    monkeypatch.chdir(gate.root)
    capsys.readouterr()
    assert main(["validate"]) == 0
    assert ("the clean case is not gated" in capsys.readouterr().out) is said


def test_clean_inherits_and_fails(gate: Any) -> None:
    suite = gate.write(suite=SUITE.replace('clean:\n  expect: {accuracy: ">= 95%"}\n', ""))
    for folder in ("dark", "middle", "bright"):
        # Six of eight pictures of each class are another's, so 25% are right.
        for path in sorted((gate.root / "pictures" / folder).iterdir())[:6]:
            path.write_bytes(
                (
                    gate.root / "pictures" / {"dark": "bright", "middle": "dark", "bright": "middle"}[folder] / "07.png"
                ).read_bytes()
            )
    assert suite.exists()
    done = gate.run()
    assert done.ret == 1
    clean = gate.report()["suites"][0]["cases"][0]
    assert clean["verdict"] == "fail"
    assert [(line["metric"], line["expect"]) for line in clean["expectations"]] == [("accuracy", ">= 60%")]
