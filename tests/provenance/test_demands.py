"""What a suite demands to know, from the file to the verdict of each item, on the small project."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file
from small_project import DATA, MODELS, SUITE

from robustcheck.language import load_project, load_suite
from robustcheck.provenance.demands import Demands
from robustcheck.provenance.recording import record_training
from robustcheck.provenance.signing.signing_keys import make_keys
from robustcheck.report import document

SCHEMA = json.loads((Path(document.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))
WEIGHTS = MODELS.replace("  classes:", "  weights: ../models/tiny.safetensors\n  classes:")
TRAINED = DATA + "\ntrained:\n  kind: imagefolder\n  path: ../trained\n"
CARD = {
    "conformsTo": "http://mlcommons.org/croissant/1.0",
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "creator": {"@type": "Person", "name": "A. Person"},
    "datePublished": "2020-01-31",
}


class Told:
    """A project whose suite demands something; the run and the results of what is demanded."""

    def __init__(self, gate: Any) -> None:
        self.gate, self.root = gate, gate.root

    def write(self, provenance: str) -> None:
        """Write the project with its weights and two sets of pictures that have nothing in common."""
        self.gate.write(suite=f"{SUITE}\nprovenance:\n{provenance}", models=WEIGHTS, data=TRAINED)
        from tiny import build  # type: ignore[import-not-found]

        (self.root / "models").mkdir(exist_ok=True)
        save_file(build().state_dict(), self.root / "models/tiny.safetensors")
        rng = np.random.default_rng(99)
        for name in ("dark", "middle", "bright"):
            (self.root / "trained" / name).mkdir(parents=True, exist_ok=True)
            for number in range(4):
                pixels = rng.integers(0, 256, (20, 24, 3), np.uint8)
                Image.fromarray(pixels).save(self.root / "trained" / name / f"{number}.png")

    def record(self, **changes: Any) -> None:
        """Record a training that made the weights."""
        facts: dict[str, Any] = {"seed": 3, "parameters": {"epochs": 2}, "data": ["trained"], "root": self.root}
        weights = self.root / "models/tiny.safetensors"
        with record_training(self.root / "models/tiny.slsa.json", **{**facts, **changes}) as recording:
            weights.write_bytes(weights.read_bytes())
            recording.output(weights)

    def run(self) -> dict[str, dict[str, Any]]:
        """Return the results of what is demanded, by id, as the gate has them."""
        configs = self.root / "configs"
        project = load_project(self.root, configs)
        suite = load_suite(self.root / "suites/greys.yaml", project)
        assert suite.provenance
        demands = Demands(suite, project)
        return {item.id: demands.result(item).to_json() for item in suite.provenance.requirements}

    def gated(self) -> dict[str, dict[str, Any]]:
        """Run pytest and return the results of what is demanded, by id, from the result file."""
        self.gate.run()
        return {found["id"]: found for found in self.gate.report()["suites"][0]["provenance"]}

    def verdicts(self) -> dict[str, str]:
        """Return the verdicts of what is demanded, by id."""
        return {name: found["verdict"] for name, found in self.run().items()}


@pytest.fixture
def told(gate: Any) -> Told:
    return Told(gate)


@pytest.fixture
def checkout(gate: Any) -> None:
    """Make the project's folder a git checkout with one commit."""
    for call in (
        ["init", "-q"],
        ["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "start"],
    ):
        subprocess.run(["git", "-C", str(gate.root), *call], check=True)
    (gate.root / ".git/info/exclude").write_text("*\n")


TRAINING = "  training: {record: models/tiny.slsa.json"


def test_a_model_without_a_record_fails_each_demand_by_itself(told: Told) -> None:
    told.write(f"{TRAINING}, require: [seed, git_commit]}}\n")
    found = told.gated()
    assert list(found) == [
        "provenance[training.record]",
        "provenance[training.seed]",
        "provenance[training.git_commit]",
    ]
    assert {one["verdict"] for one in found.values()} == {"error"}
    problem = "models/tiny.slsa.json: there is no training record here"
    assert found["provenance[training.record]"]["problems"] == [problem]


@pytest.mark.usefixtures("checkout")
def test_a_recorded_training_meets_every_demand(told: Told) -> None:
    every = "git_commit, clean_tree, seed, frameworks, parameters, data_digest"
    told.write(f"{TRAINING}, require: [{every}], max_age: 30d}}\n  leak: {{train: trained}}\n")
    told.record()
    assert set(told.verdicts().values()) == {"pass"}


@pytest.mark.parametrize(
    ("changes", "demanded", "says"),
    [
        ({"seed": None}, "seed", "does not say the seed"),
        ({"parameters": None}, "parameters", "does not say the parameters"),
        ({"data": ()}, "data_digest", "does not say the digest of the training data"),
        ({"data": {"trained": "0" * 64}}, "data_digest", "the training set here is"),
        ({}, "git_commit", "does not say which commit"),
        ({}, "clean_tree", "does not say whether anything was uncommitted"),
    ],
)
def test_what_a_record_does_not_say_fails_by_itself_and_says_how(
    told: Told, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], demanded: str, says: str
) -> None:
    # The folder of the tests may itself lie within a checkout.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(told.root.parent))
    told.write(f"{TRAINING}, require: [{demanded}, frameworks]}}\n  leak: {{train: trained}}\n")
    told.record(**changes)
    found = told.run()
    assert found[f"provenance[training.{demanded}]"]["verdict"] == "fail"
    assert says in found[f"provenance[training.{demanded}]"]["problems"][0]
    others = {one["verdict"] for name, one in found.items() if demanded not in name}
    assert others == {"pass"}


@pytest.mark.usefixtures("checkout")
def test_uncommitted_changes_are_seen(told: Told) -> None:
    told.write(f"{TRAINING}, require: [git_commit, clean_tree]}}\n")
    (told.root / ".git/info/exclude").write_text("")
    told.record()
    verdicts = told.verdicts()
    assert verdicts["provenance[training.git_commit]"] == "pass"
    assert verdicts["provenance[training.clean_tree]"] == "fail"


def test_the_record_of_another_model_fails(told: Told) -> None:
    told.write(f"{TRAINING}}}\n")
    told.record()
    weights = told.root / "models/tiny.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    found = told.run()["provenance[training.record]"]
    assert found["verdict"] == "fail"
    assert found["problems"][0].startswith(
        "models/tiny.slsa.json is of another model: it is of models/tiny.safetensors"
    )


def test_a_signature_is_demanded_of_a_key(told: Told) -> None:
    told.write(f"{TRAINING}, require: [signature], trusted_keys: [keys/train.pub]}}\n")
    make_keys(told.root / "keys/train.key", told.root / "keys/train.pub")
    make_keys(told.root / "keys/other.key", told.root / "keys/other.pub")
    told.record()
    assert told.verdicts() == {"provenance[training.record]": "pass", "provenance[training.signature]": "fail"}
    told.record(key=told.root / "keys/train.key")
    assert set(told.verdicts().values()) == {"pass"}
    told.record(key=told.root / "keys/other.key")
    found = told.run()
    assert {one["verdict"] for one in found.values()} == {"error"}
    assert "not trusted here" in found["provenance[training.signature]"]["problems"][0]


def test_a_link_out_of_the_project_is_refused(told: Told, tmp_path_factory: pytest.TempPathFactory) -> None:
    told.write(f"{TRAINING}}}\n")
    told.record()
    record, elsewhere = told.root / "models/tiny.slsa.json", tmp_path_factory.mktemp("elsewhere") / "record.json"
    shutil.move(record, elsewhere)
    record.symlink_to(elsewhere)
    found = told.run()["provenance[training.record]"]
    assert found["verdict"] == "error"
    assert "lies outside the project" in found["problems"][0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "it is not JSON"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"{}", "it has no '_type'"),
        (b"[]", "it is no JSON object"),
        (b"\xff", "not UTF-8"),
        (b'{"x": NaN}', "NaN"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"payload": "", "payloadType": "", "signatures": []}', "0 signatures"),
    ],
)
def test_a_damaged_record_is_an_error_that_says_what(told: Told, text: bytes, says: str) -> None:
    told.write(f"{TRAINING}}}\n")
    (told.root / "models/tiny.slsa.json").write_bytes(text)
    found = told.run()["provenance[training.record]"]
    assert found["verdict"] == "error"
    assert says in found["problems"][0]


def test_a_failed_training_leaves_no_record(told: Told) -> None:
    told.write(f"{TRAINING}}}\n")
    with contextlib.suppress(ZeroDivisionError), record_training(told.root / "r.json", root=told.root) as recording:
        recording.output(told.root / "models/tiny.safetensors")
        _ = 1 / 0
    assert not (told.root / "r.json").exists()


def _card(told: Told, **changes: Any) -> None:
    counts = [{"classes/name": name, "classes/count": 8} for name in ("dark", "middle", "bright")]
    rows = [{"@id": "classes", "dataType": "sc:Enumeration", "data": counts}]
    card = {**CARD, "recordSet": rows, **changes}
    text = json.dumps({key: value for key, value in card.items() if value is not None})
    (told.root / "card.json").write_text(text)


@pytest.mark.parametrize(
    ("rule", "demanded", "changes", "says"),
    [
        ("card", "", {"license": None}, "names no license"),
        ("card", "", {"creator": None}, "names no creator"),
        ("card", "", {"identifier": "sha256:" + "0" * 64}, "is of other data"),
        ("license", ", licenses: [CC0-1.0]", {}, "the licence CC-BY-4.0 is not among CC0-1.0"),
        ("license", ", licenses: [CC-BY-4.0]", {"license": ["CC-BY-4.0", "GPL-3.0"]}, "the licence GPL-3.0"),
        ("class_counts", ", class_counts: {min: 9}", {}, "fewer than 9 pictures of dark (8)"),
        ("class_counts", ", class_counts: {min: 2}", {"recordSet": []}, "does not say how many"),
        ("age", ", max_age: 365d", {}, "days ago"),
        ("age", ", max_age: 365d", {"datePublished": None}, "does not say when"),
        ("age", ", max_age: 365d", {"datePublished": "2999-01-01"}, "in the future"),
    ],
)
def test_what_a_card_lacks_fails_by_itself(
    told: Told, rule: str, demanded: str, changes: dict[str, Any], says: str
) -> None:
    told.write(f"  dataset: {{card: card.json{demanded}}}\n")
    _card(told, **changes)
    found = told.run()[f"provenance[dataset.{rule}]"]
    assert found["verdict"] == "fail"
    assert says in found["problems"][0]


def test_a_card_with_other_counts_is_of_other_data(told: Told) -> None:
    told.write("  dataset: {card: card.json, class_counts: {min: 2}}\n")
    _card(told)
    next((told.root / "pictures/dark").iterdir()).unlink()
    found = told.run()["provenance[dataset.class_counts]"]
    assert found["verdict"] == "fail"
    assert "dark (8, here 7)" in found["problems"][0]


def test_a_card_that_says_all_passes(told: Told) -> None:
    told.write("  dataset: {card: card.json, licenses: [CC-BY-4.0], class_counts: {min: 8}, max_age: 36500d}\n")
    _card(told)
    assert set(told.verdicts().values()) == {"pass"}
    assert len(told.verdicts()) == 4


def test_leaks_are_found_by_pixels_and_by_looks(told: Told) -> None:
    told.write("  leak: {train: trained, near: {distance: 4}}\n")
    assert set(told.verdicts().values()) == {"pass"}
    picture = next((told.root / "pictures/dark").iterdir())
    shutil.copy(picture, told.root / "trained/dark/copied.png")
    found = told.run()
    assert found["provenance[leak.exact]"]["verdict"] == "fail"
    assert f"dark/{picture.name} = dark/copied.png" in found["provenance[leak.exact]"]["problems"][0]
    assert found["provenance[leak.near]"]["verdict"] == "pass"


def test_the_result_lists_what_leaked_and_what_the_data_is_like(told: Told) -> None:
    told.write("  leak: {train: trained, near: {distance: 4}}\n")
    picture = next((told.root / "pictures/dark").iterdir())
    shutil.copy(picture, told.root / "trained/dark/copied.png")
    told.gated()
    suite = told.gate.report()["suites"][0]
    assert suite["leaks"]["exact"] == {"count": 1, "pairs": [[f"dark/{picture.name}", "dark/copied.png"]]}
    assert suite["leaks"]["near"] == {"count": 0, "pairs": []}
    assert suite["profile"]["test"]["classes"]["counts"] == {"bright": 8, "dark": 8, "middle": 8}
    assert suite["profile"]["train"]["pictures"] == 13
    assert "contrast" in {found["name"] for found in suite["profile"]["differences"]}
    jsonschema.validate(told.gate.report(), SCHEMA)


def test_a_training_set_that_cannot_be_read_is_an_error_not_a_pass(told: Told) -> None:
    told.write("  leak: {train: trained, near: {}}\n")
    shutil.rmtree(told.root / "trained")
    assert set(told.verdicts().values()) == {"error"}


def test_a_training_set_of_ones_own_that_breaks_is_an_error(told: Told) -> None:
    told.write("  leak: {train: own}\n")
    (told.root / "broken.py").write_text(
        "def pictures():\n    raise ZeroDivisionError('no pictures today')\n    yield\n"
    )
    data = told.root / "configs/data.yaml"
    data.write_text(data.read_text() + "own: {kind: python, factory: 'broken:pictures'}\n")
    found = told.run()["provenance[leak.exact]"]
    assert found["verdict"] == "error"
    assert "no pictures today" in found["problems"][0]


def test_an_unreadable_training_picture_fails_since_nothing_is_known_of_it(told: Told) -> None:
    told.write("  leak: {train: trained}\n")
    (told.root / "trained/dark/0.png").write_bytes(b"no picture")
    found = told.run()["provenance[leak.exact]"]
    assert found["verdict"] == "fail"
    assert "dark/0.png" in found["problems"][0]


def test_a_waiver_excuses_a_demand_and_grows_stale(told: Told) -> None:
    waiver = "waivers:\n  - {case: 'provenance[training.seed]', owner: me, expires: 2999-01-01, reason: an old model}\n"
    told.write(f"{TRAINING}, require: [seed]}}\n{waiver}")
    told.record(seed=None)
    assert told.gated()["provenance[training.seed]"]["verdict"] == "waived"
    told.record()
    assert told.gated()["provenance[training.seed]"]["verdict"] == "fail"
