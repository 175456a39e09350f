"""keygen, provenance, attest and verify, as a person calls them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file
from small_project import MODELS

import robustcheck
from robustcheck.provenance.signing import sigstore_signing
from robustcheck.provenance.signing.envelope import parse_envelope

Call = Callable[..., Any]
WEIGHTS = MODELS.replace("  classes:", "  weights: ../models/tiny.safetensors\n  classes:")
ATTESTATION = "robustcheck-report/attestations/suites--greys.intoto.json"
MODEL = "models/tiny.safetensors"


@pytest.fixture
def ran(project: Call, robustcheck_command: Call, tmp_path: Path) -> Call:
    """Return the command in a project that was run, with a pair of keys."""
    project(models=WEIGHTS)
    from tiny import build  # type: ignore[import-not-found]

    (tmp_path / "models").mkdir()
    save_file(build().state_dict(), tmp_path / MODEL)
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    assert robustcheck_command("keygen", "keys/ci").code == 0
    return robustcheck_command


def verify(command: Call, *more: str) -> Any:
    return command("verify", MODEL, "--attestation", ATTESTATION, "--key", "keys/ci.pub", *more)


def test_what_passed_is_verified_and_what_changed_is_refused(ran: Call, tmp_path: Path) -> None:
    done = ran("attest", "robustcheck-report", "--key", "keys/ci.key")
    assert (done.code, done.lines) == (0, [f"{ATTESTATION} written: pass"])
    done = verify(ran, "--suite", "suites/greys.yaml", "--with-data", "--max-age", "1d", "--require", "noisy")
    assert (done.code, done.err) == (0, "")
    assert done.lines[0] == f"{MODEL} passed suites/greys.yaml: 7 tests, passed"
    with (tmp_path / MODEL).open("ab") as file:
        file.write(b"\0")
    done = verify(ran, "--require", "nosy")
    assert (done.code, done.out) == (1, "")
    assert "refused: models/tiny.safetensors is another model: its sha256 is" in done.err
    assert "refused: the required test nosy was not run; did you mean noisy?" in done.err


def test_a_failed_run_is_signed_and_refused(project: Call, ran: Call, tmp_path: Path) -> None:
    suite = tmp_path / "suites/greys.yaml"
    suite.write_text(suite.read_text().replace('{drop: "<= 20pp"}', '{drop: "<= -20pp"}'))
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    assert ran("attest", "robustcheck-report", "--key", "keys/ci.key").lines == [f"{ATTESTATION} written: fail"]
    done = verify(ran)
    assert done.code == 1
    assert "the run failed: 2 of 7 tests: moved[dx=2%], moved[dx=5%]" in done.err


def edit(root: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Edit the result file."""
    path = root / "robustcheck-report/robustcheck-report.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_an_edited_word_is_not_signed(ran: Call, tmp_path: Path) -> None:
    suite = tmp_path / "suites/greys.yaml"
    suite.write_text(suite.read_text().replace('{drop: "<= 20pp"}', '{drop: "<= -20pp"}'))
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    path = tmp_path / "robustcheck-report/robustcheck-report.json"
    path.write_text(path.read_text().replace('"fail"', '"pass"'))
    done = ran("attest", "robustcheck-report", "--key", "keys/ci.key")
    assert (done.code, done.out) == (1, "")
    assert "moved[dx=2%] is pass in the report; its records and the suite come to fail" in done.err
    assert not (tmp_path / ATTESTATION).exists()


def test_a_report_without_its_project_is_not_signed(ran: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "else/where").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "else/where")
    call = "attest", "../../robustcheck-report", "--key", "../../keys/ci.key"
    assert ran(*call).code == 0  # of the project that the report lies in
    (tmp_path / "robustcheck-report").rename(tmp_path / "else/robustcheck-report")
    done = ran("attest", "../robustcheck-report", "--key", "../../keys/ci.key")
    assert (done.code, done.out) == (1, "")
    assert "suites/greys.yaml is not here as it was run" in done.err


def test_a_report_of_an_earlier_version_says_to_run_again(ran: Call, tmp_path: Path) -> None:
    def earlier(document: dict[str, Any]) -> None:
        for case in document["suites"][0]["cases"]:
            del case["records_digest"]

    edit(tmp_path, earlier)
    done = ran("attest", "robustcheck-report", "--key", "keys/ci.key")
    assert (done.code, done.out) == (1, "")
    assert "has no digest in the result file, as an earlier version wrote it; run the suite again" in done.err


def test_a_damaged_report_is_no_traceback(ran: Call, tmp_path: Path) -> None:
    for change in (
        lambda document: document["suites"][0].pop("counts"),
        lambda document: document["suites"][0]["cases"].append(3),
        lambda document: document["suites"][0].update(seed="x"),
        lambda document: document["suites"][0]["cases"][1].pop("metrics"),
        lambda document: document["suites"][0]["cases"][1].update(records=7),
        lambda document: document["suites"][0].update(path=3),
        lambda document: document.pop("options"),
    ):
        path = tmp_path / "robustcheck-report/robustcheck-report.json"
        before = path.read_text()
        edit(tmp_path, change)
        done = ran("attest", "robustcheck-report", "--key", "keys/ci.key")
        assert done.code in (1, 4)
        assert done.out == ""
        path.write_text(before)


def test_what_was_waived_is_printed_and_a_run_of_waivers_refused(ran: Call, tmp_path: Path) -> None:
    suite = tmp_path / "suites/greys.yaml"
    waiver = '\nwaivers:\n  - {case: "moved*", reason: parked, owner: ada, expires: 2999-01-01}\n'
    text = suite.read_text().replace('{drop: "<= 20pp"}', '{drop: "<= -20pp"}') + waiver
    suite.write_text(text)
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path, cache=False)
    assert ran("attest", "robustcheck-report", "--key", "keys/ci.key").code == 0
    done = verify(ran)
    assert done.code == 0
    assert "  waived moved[dx=2%]: parked (ada, until 2999-01-01)" in done.lines
    assert "its verdict is waived" in verify(ran, "--require", "moved[dx=2%]").err
    head, tail = text.split("checks:")[0], text[text.index("  - id: moved") :]
    suite.write_text(head + "checks:\n" + tail.partition("overall:")[0] + waiver)
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path, cache=False)
    assert ran("attest", "robustcheck-report", "--key", "keys/ci.key").code == 0
    assert "every case that gates is waived: moved[dx=2%], moved[dx=5%]" in verify(ran).err
    assert verify(ran, "--allow-waived").code == 0


def test_cached_results_are_refused_unless_they_are_asked_for(ran: Call, tmp_path: Path) -> None:
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    assert ran("attest", "robustcheck-report", "--key", "keys/ci.key").code == 0
    assert "6 of 6 cases were answered from a cache" in verify(ran).err
    done = verify(ran, "--allow-cached")
    assert done.code == 0
    assert "  cached 6 cases were not looked at anew" in done.lines


def test_a_clean_accuracy_that_is_not_reproduced_is_signed_as_an_error(ran: Call, tmp_path: Path) -> None:
    suite = tmp_path / "suites/greys.yaml"
    suite.write_text(suite.read_text().replace("clean:\n", "clean:\n  declared: 50%\n"))
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    assert ran("attest", "robustcheck-report", "--key", "keys/ci.key").lines == [f"{ATTESTATION} written: error"]
    assert "the run failed: 7 of 7 tests" in verify(ran).err
    edit(tmp_path, lambda document: document["suites"][0]["cases"][0].update(verdict="pass", problems=[]))
    done = ran("attest", "robustcheck-report", "--key", "keys/ci.key")
    assert "clean is pass in the report; its records and the suite come to error" in done.err


def test_a_run_with_unreadable_pictures_is_signed(ran: Call, tmp_path: Path) -> None:
    suite = tmp_path / "suites/greys.yaml"
    suite.write_text(suite.read_text().replace("data: greys\n", "data: greys\nmax_unreadable: 2\n"))
    data = tmp_path / "configs/data.yaml"
    data.write_text(data.read_text().rstrip() + "\n  max_unreadable: 2\n")
    (tmp_path / "pictures/dark/00.png").write_bytes(b"no picture")
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path, cache=False)
    assert ran("attest", "robustcheck-report", "--key", "keys/ci.key").lines == [f"{ATTESTATION} written: pass"]
    assert verify(ran, "--suite", "suites/greys.yaml", "--with-data").code == 0
    edit(tmp_path, lambda document: document["suites"][0]["cases"][0].update(unreadable=0, unreadable_names=[]))
    done = ran("attest", "robustcheck-report", "--key", "keys/ci.key")
    assert "clean: unreadable is 0 in the report; its records and the suite come to 1" in done.err


def test_wrong_calls_say_so(ran: Call, tmp_path: Path) -> None:
    for arguments, code, says in (
        (["attest", "robustcheck-report"], 2, "name what signs"),
        (["attest", "robustcheck-report", "--key", "keys/gone.key"], 4, "there is no private key here"),
        (["attest", "nowhere", "--key", "keys/ci.key"], 4, "there is no result to read"),
        (["attest", "robustcheck-report", "--key", "keys/ci.pub"], 4, "signing needs the private one"),
        (["attest", "robustcheck-report", "--key", "keys/ci.key", "--suite", "suites/grey.yaml"], 2, "did you mean"),
        (["keygen", "keys/ci"], 4, "never written over"),
        (["keygen", "/dev/null/ci"], 4, "/dev/null: this is no folder"),
        (["keygen", "keys/ci.pub/below/ci"], 4, "keys/ci.pub/below: this is no folder"),
        (["verify", MODEL, "--attestation", "gone", "--key", "keys/ci.pub"], 4, "there is no attestation here"),
        (["verify", MODEL, "--attestation", "gone", "--key", "keys/ci.pub", "--max-age", "ten"], 2, "such as 90d"),
        (["verify", MODEL, "--attestation", "gone", "--key", "keys/ci.pub", "--with-data"], 2, "name it with --suite"),
        (["verify", MODEL, "--attestation", "gone", "--key", "keys/ci.key"], 4, "keep this one to yourself"),
        (["provenance", "card", "greyz", "--out", "card.json"], 2, "did you mean greys?"),
        (["provenance", "record", "--out", "r", "--model", "m", "--", "no-such-command"], 4, "cannot be run"),
    ):
        done = ran(*arguments)
        assert (done.code, done.out) == (code, ""), arguments
        assert says in done.err, done.err
    assert not (tmp_path / "r").exists()


def test_a_model_without_weights_cannot_be_attested(project: Call, robustcheck_command: Call, tmp_path: Path) -> None:
    project()
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    robustcheck_command("keygen", "ci")
    done = robustcheck_command("attest", "robustcheck-report", "--key", "ci.key")
    assert done.code == 4
    assert "name one with weights: in configs/models.yaml" in done.err


def test_an_encrypted_key_takes_its_password_from_the_environment(ran: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBUSTCHECK_KEY_PASSWORD", "secret")
    assert "(encrypted)" in ran("keygen", "keys/locked").out
    assert ran("attest", "robustcheck-report", "--key", "keys/locked.key").code == 0
    monkeypatch.delenv("ROBUSTCHECK_KEY_PASSWORD")
    assert "give its password" in ran("attest", "robustcheck-report", "--key", "keys/locked.key").err


def test_a_training_is_recorded_from_outside(ran: Call, tmp_path: Path) -> None:
    (tmp_path / "parameters.yaml").write_text("epochs: 3\n")
    (tmp_path / "script.py").write_text("import pathlib, sys\npathlib.Path(sys.argv[1]).write_bytes(b'made')\n")
    call = ["provenance", "record", "--out", "made.slsa.json", "--model", "made.bin", "--seed", "4"]
    call += ["--parameters", "parameters.yaml", "--data", "greys", "--", sys.executable, "script.py", "made.bin"]
    done = ran(*call)
    assert done.code == 0
    assert "seed 4," in done.out
    assert done.out.endswith(" 1 data sets\n")
    found = json.loads((tmp_path / "made.slsa.json").read_text())
    build = found["predicate"]["buildDefinition"]
    assert build["externalParameters"]["parameters"] == {"epochs": 3}
    assert build["externalParameters"]["command"][1:] == ["script.py", "made.bin"]
    assert found["subject"][0]["name"] == "made.bin"
    assert any(item.get("uri", "").startswith("pkg:pypi/torch@") for item in build["resolvedDependencies"])


def test_a_training_that_fails_is_not_recorded(ran: Call, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("raise SystemExit(3)\n")
    done = ran("provenance", "record", "--out", "r.json", "--model", MODEL, "--", sys.executable, "script.py")
    assert done.code == 1
    assert "ended with code 3, so r.json was not written" in done.err
    assert not (tmp_path / "r.json").exists()


def test_a_card_is_drafted_and_says_what_is_missing(ran: Call, tmp_path: Path) -> None:
    done = ran("provenance", "card", "greys", "--out", "data/card.json", "--license", "CC-BY-4.0")
    assert done.lines == [
        "data/card.json written: 3 classes, 24 pictures, the rarest class has 8",
        "still to be said by a person: description, creator, url, datePublished, distribution",
    ]
    assert "--replace writes over it" in ran("provenance", "card", "greys", "--out", "data/card.json").err
    assert ran("provenance", "card", "greys", "--out", "data/card.json", "--replace").code == 0


def test_a_card_draft_tells_what_is_not_in_it(ran: Call, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    (pictures / "dark" / "@eaDir").mkdir()
    (pictures / "dark" / "notes.txt").write_text("x")
    (pictures / "dark" / "x.gif").write_bytes(b"GIF89a")
    shutil.copy(pictures / "dark" / "00.png", pictures / "bright" / "copy.png")
    done = ran(
        "provenance", "card", "greys", "--out", "data/card.json", "--license", "https://opensource.org/licenses/mit"
    )
    assert json.loads((tmp_path / "data" / "card.json").read_text())["license"] == "MIT"
    assert [line.partition(" of greys ")[2][:30] for line in done.lines[1:6]] == [
        "are no pictures and were left ",
        "that systems make or hide were",
        "of kinds that are not read cou",
        "with the very content of anoth",
        "with the very content of one t",
    ]


class Signer:
    """Stands for Sigstore's, which needs the network."""

    class Bundle:
        def to_json(self) -> str:
            return '{"bundle": true}'

    def __init__(self) -> None:
        self.signed: list[bytes] = []

    def sign_dsse(self, statement: Any) -> Bundle:
        self.signed.append(statement._contents)
        return self.Bundle()


def test_sigstore_gets_the_very_same_statement(ran: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signer, real = Signer(), sigstore_signing.sigstore_bundle
    monkeypatch.setattr(sigstore_signing, "sigstore_bundle", lambda statement: real(statement, signer))
    done = ran("attest", "robustcheck-report", "--key", "keys/ci.key", "--sigstore")
    assert done.code == 0
    assert signer.signed == [parse_envelope((tmp_path / ATTESTATION).read_bytes()).payload]
    bundle = tmp_path / "robustcheck-report/attestations/suites--greys.sigstore.json"
    assert json.loads(bundle.read_text()) == {"bundle": True}


def test_sigstore_needs_an_identity(ran: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGSTORE_ID_TOKEN", "GITHUB_ACTIONS", "CI_JOB_ID", "GITLAB_CI", "BUILDKITE", "CIRCLECI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sigstore.oidc.detect_credential", lambda: None)
    done = ran("attest", "robustcheck-report", "--sigstore")
    assert done.code == 4
    assert "id-token: write" in done.err
