"""``--robustcheck-attest``: signs what a session found, or says why it could not, and then does not pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file
from small_project import MODELS, SUITE

from robustcheck.core.errors import AttestationRefused
from robustcheck.data.labels.overlay import Decision, append
from robustcheck.provenance.signing.signing_keys import make_keys
from robustcheck.provenance.signing.verification import verify_attestation

WEIGHTS = MODELS.replace("  classes:", "  weights: ../models/tiny.safetensors\n  classes:")
ATTESTATION = "robustcheck-report/attestations/suites--greys.intoto.json"


def prepare(gate: Any, **parts: Any) -> Path:
    gate.write(**{"models": WEIGHTS, **parts})
    from tiny import build  # type: ignore[import-not-found]

    model: Path = gate.root / "models/tiny.safetensors"
    model.parent.mkdir()
    save_file(build().state_dict(), model)
    make_keys(gate.root / "ci.key", gate.root / "ci.pub")
    return model


def test_a_passing_run_is_signed(gate: Any) -> None:
    model = prepare(gate)
    done = gate.run("--robustcheck-attest", "ci.key")
    assert done.ret == 0
    done.stdout.fnmatch_lines([f"robustcheck: signed: {ATTESTATION}"])
    found = verify_attestation(model, attestation=gate.root / ATTESTATION, keys=[gate.root / "ci.pub"])
    assert found.tests == 7
    assert gate.report()["options"].keys() == {"model", "data", "tier", "limit", "device", "batch_size", "seed"}


def test_what_is_signed_is_what_the_session_holds(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = prepare(gate, suite=SUITE.replace('{drop: "<= 20pp"}', '{drop: "<= -20pp"}'))

    def edited(result: Any, root: Path) -> str:
        # Another process writes between the report and the signature.
        path = gate.root / "robustcheck-report/robustcheck-report.json"
        path.write_text(path.read_text().replace('"fail"', '"pass"'))
        return ""

    monkeypatch.setattr("robustcheck.session.finishing.remember", edited)
    assert gate.run("--robustcheck-attest", "ci.key").ret == 1
    with pytest.raises(AttestationRefused, match="the run failed: 2 of 7"):
        verify_attestation(model, attestation=gate.root / ATTESTATION, keys=[gate.root / "ci.pub"])


def test_records_that_changed_under_the_session_are_not_signed(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(gate)

    def edited(result: Any, root: Path) -> str:
        path = gate.root / "robustcheck-report" / result["suites"][0]["cases"][0]["records"]
        path.write_bytes(path.read_bytes() + b" ")
        return ""

    monkeypatch.setattr("robustcheck.session.finishing.remember", edited)
    done = gate.run("--robustcheck-attest", "ci.key")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["robustcheck: NOT SIGNED: suites/greys.yaml: *is not the file that the run wrote*"])
    assert not (gate.root / ATTESTATION).exists()


def test_a_failing_run_is_signed_and_refused(gate: Any) -> None:
    model = prepare(gate, suite=SUITE.replace('{drop: "<= 20pp"}', '{drop: "<= -20pp"}'))
    assert gate.run("--robustcheck-attest", "ci.key").ret == 1
    with pytest.raises(AttestationRefused, match="the run failed"):
        verify_attestation(model, attestation=gate.root / ATTESTATION, keys=[gate.root / "ci.pub"])


def test_a_part_of_a_suite_is_signed_and_refused(gate: Any) -> None:
    model = prepare(gate)
    gate.run("--robustcheck-attest", "ci.key", "-k", "noisy or clean", "--robustcheck-limit", "12")
    with pytest.raises(AttestationRefused) as refused:
        verify_attestation(model, attestation=gate.root / ATTESTATION, keys=[gate.root / "ci.pub"])
    assert [reason.split(":")[0] for reason in refused.value.reasons] == [
        "5 tests of the suite were not run",
        "only 12 pictures were looked at, chosen by --robustcheck-limit; run the suite without it",
    ]


@pytest.mark.parametrize("arguments", [[], pytest.param(["-n", "2"], marks=pytest.mark.long)], ids=["plain", "xdist"])
def test_a_run_of_one_node_id_is_refused(gate: Any, arguments: list[str]) -> None:
    model = prepare(gate)
    (gate.root / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    assert gate.run("--robustcheck-attest", "ci.key", "suites/greys.yaml::noisy", *arguments).ret == 0
    with pytest.raises(AttestationRefused, match="6 tests of the suite were not run: clean,"):
        verify_attestation(model, attestation=gate.root / ATTESTATION, keys=[gate.root / "ci.pub"])


def test_a_rerun_of_what_failed_is_refused(gate: Any) -> None:
    model = prepare(gate)
    # As after a failure that came and went.
    remembered = gate.root / ".pytest_cache/v/cache/lastfailed"
    remembered.parent.mkdir(parents=True)
    remembered.write_text(json.dumps({"suites/greys.yaml::noisy": True}))
    gate.run("--robustcheck-attest", "ci.key", "--lf").assert_outcomes(passed=1)
    with pytest.raises(AttestationRefused, match="6 tests of the suite were not run: clean,"):
        verify_attestation(model, attestation=gate.root / ATTESTATION, keys=[gate.root / "ci.pub"])


def test_the_overlay_is_signed_with_the_run(gate: Any) -> None:
    model = prepare(gate, suite=SUITE + "labels: {overlay: reviews.jsonl}\n")
    overlay = gate.root / "reviews.jsonl"
    overlay.touch()
    assert gate.run("--robustcheck-attest", "ci.key").ret == 0
    known = {"attestation": gate.root / ATTESTATION, "keys": [gate.root / "ci.pub"], "root": gate.root}
    verify_attestation(model, suite="suites/greys.yaml", **known)
    append(overlay, [Decision("a" * 64, "x", "dark", "dark", "Ada", "2026-11-23T10:00:00Z", "", "audit", "", False)])
    with pytest.raises(AttestationRefused, match="overlay"):
        verify_attestation(model, suite="suites/greys.yaml", **known)


def test_a_key_that_is_none_is_found_out_before_anything_is_run(gate: Any) -> None:
    prepare(gate)
    done = gate.run("--robustcheck-attest", "gone.key")
    assert done.ret == 4
    assert not (gate.root / "robustcheck-report").exists()
    assert "there is no private key here" in "\n".join(done.errlines)


def test_a_run_that_cannot_be_signed_does_not_pass(gate: Any) -> None:
    prepare(gate, models=MODELS)
    done = gate.run("--robustcheck-attest", "ci.key")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["robustcheck: NOT SIGNED: suites/greys.yaml: the model brightness has no weights file*"])


def test_split_lets_a_suite_use_both_workers_which_leave_signing_to_the_controller(gate: Any) -> None:
    model = prepare(gate)
    (gate.root / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    # Each worker looks at the clean pictures; without the cache neither gets them from the other.
    done = gate.run("--robustcheck-attest", "ci.key", "--robustcheck-no-cache", "-n", "2", "--robustcheck-split", "-v")
    assert done.ret == 0
    done.assert_outcomes(passed=7)
    assert {line[:5] for line in done.outlines if "PASSED" in line} == {"[gw0]", "[gw1]"}
    assert json.dumps(gate.report()).count('"verdict": "pass"') > 7
    assert verify_attestation(model, attestation=gate.root / ATTESTATION, keys=[gate.root / "ci.pub"]).tests == 7
    assert len(json.loads((gate.root / ATTESTATION).read_bytes())["signatures"]) == 1


ALIKE = SUITE[: SUITE.index("  - id: noisy")] + "".join(
    f"  - {{id: {'x' * 80}{end}, shift: light.exposure, stops: 0.1ev}}\n" for end in "yz"
)


def test_suites_and_cases_with_names_alike_are_signed_each(gate: Any) -> None:
    model = prepare(gate, suite=ALIKE)
    paths = ["suites/a--b.yaml", "suites/a-b.yaml", "suites/a/b.yaml", "suites/a/b.yml"]
    (gate.root / "suites/a").mkdir()
    for path in paths:
        (gate.root / path).write_text(ALIKE)
    (gate.root / "suites/greys.yaml").unlink()
    done = gate.run("--robustcheck-attest", "ci.key")
    assert done.ret == 0, done.stdout.str()
    files = sorted((gate.root / "robustcheck-report/attestations").iterdir())
    assert len(files) == 4
    verified = [verify_attestation(model, attestation=file, keys=[gate.root / "ci.pub"]).suite for file in files]
    assert sorted(verified) == paths
    records = [case["records"] for suite in gate.report()["suites"] for case in suite["cases"]]
    assert (len(records), len(set(records))) == (20, 20)


def test_a_project_behind_a_link_is_signed(gate: Any, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> None:
    model = prepare(gate)
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(gate.root, target_is_directory=True)
    monkeypatch.chdir(link.parent)
    report = ["--robustcheck-report", str(link / "robustcheck-report"), "-p", "no:cacheprovider"]
    done = gate.run(f"--rootdir={link}", "--robustcheck-attest", str(link / "ci.key"), *report, str(link / "suites"))
    assert done.ret == 0, done.stdout.str()
    names = {entry["name"] for entry in gate.report()["suites"][0]["inputs"]}
    assert {"models/tiny.safetensors", "configs/models.yaml", "configs/data.yaml", "tiny.py"} <= names
    for root in (link, gate.root):
        signed = root / ATTESTATION
        assert verify_attestation(
            root / model.relative_to(gate.root),
            attestation=signed,
            keys=[root / "ci.pub"],
            suite="suites/greys.yaml",
            root=root,
        )
