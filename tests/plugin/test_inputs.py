"""A file that is replaced while a suite runs is an error of the run, whatever its size and times say."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robustcheck import record_training
from robustcheck.api import run_suite
from robustcheck.cli import main
from robustcheck.engine.evaluate import Evaluator
from robustcheck.language import load_project, load_suite
from robustcheck.models import weights
from robustcheck.provenance.signing.inputs import inputs_of
from robustcheck.provenance.signing.signing_keys import make_keys

MADE = Path(__file__).parents[1] / "made_by_347bdbe"
BASE = """
expect:
  accuracy: ">= 60%"
"""
SUITE = """
robustcheck: 1
extends: ../bases/base.yaml
title: Greys
owner: tests
model: brightness
data: greys
labels: {overlay: reviews.jsonl, max_changed: 20%}
provenance:
  training: {record: models/tiny.slsa.json, require: [seed, signature], trusted_keys: [keys/ci.pub]}
  dataset: {card: card.json, licenses: [MIT]}
checks:
  - id: darker
    shift: light.exposure
    stops: -0.2ev
    approved: required
  - id: moved
    shift: camera.shift
    dx: 5%
"""


def write_project(root: Path, *, shards: bool = False) -> Path:
    """Write a project that rests on a file of every kind, and return its suite."""
    shutil.copytree(MADE, root, dirs_exist_ok=True)
    models = (root / "configs/models.yaml").read_text().replace("[dark, middle, bright]", "classes.txt")
    if shards:
        (root / "models/tiny").mkdir()
        (root / "models/tiny.safetensors").rename(root / "models/tiny/1.safetensors")
        (root / "models/tiny/notes.txt").write_text("of the second training")
        models = models.replace("tiny.safetensors", "tiny")
    texts = {
        "configs/models.yaml": models,
        "configs/classes.txt": "dark\nmiddle\nbright\n",
        "configs/data.yaml": "greys: {kind: manifest, path: ../pictures/list.csv}\n",
        "pictures/list.csv": "path,label\n"
        + "".join(
            f"{path.parent.name}/{path.name},{path.parent.name}\n" for path in sorted(root.glob("pictures/*/*.png"))
        ),
        "bases/base.yaml": BASE,
        "suites/greys.yaml": SUITE,
        "suites/greys.approvals.yaml": "version: 1\napprovals: {}\n",
        "models/tiny.slsa.json": "{}",
        "card.json": "{}",
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root / "suites/greys.yaml"


@pytest.fixture(autouse=True)
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each test find the code of its own project."""
    monkeypatch.syspath_prepend(tmp_path)


def rewritten(path: Path) -> None:
    """Change one byte in the very same file, and date it back."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def replaced(path: Path) -> None:
    other = path.with_name(f"other-{path.name}")
    other.write_bytes(path.read_bytes() + b"\n")
    os.replace(other, path)


def removed(path: Path) -> None:
    path.unlink()


def linked(path: Path) -> None:
    other = path.with_name(f"other-{path.name}")
    replaced(path)
    path.rename(other)
    path.symlink_to(other)


def during(monkeypatch: pytest.MonkeyPatch, change: Callable[[], Any]) -> None:
    """Have something happen once all was read, after the last case."""
    evaluate, done = Evaluator.evaluate, []

    def changing(self: Evaluator, case: Any, *rest: Any, **named: Any) -> Any:
        result = evaluate(self, case, *rest, **named)
        if case.id == "moved" and not done:
            done.append(change())
        return result

    monkeypatch.setattr(Evaluator, "evaluate", changing)


ROLES = {
    "models/tiny.safetensors": "weights",
    "configs/models.yaml": "configuration",
    "configs/data.yaml": "configuration",
    "configs/classes.txt": "configuration",
    "suites/greys.yaml": "suite",
    "bases/base.yaml": "suite",
    "suites/greys.baseline.json": "baseline",
    "suites/greys.approvals.yaml": "approvals",
    "reviews.jsonl": "overlay",
    "models/tiny.slsa.json": "training",
    "keys/ci.pub": "trusted key",
    "card.json": "card",
    "pictures/list.csv": "manifest",
    "tiny.py": "code",
}


def problems(document: dict[str, Any]) -> list[str]:
    (suite,) = document["suites"]
    return [
        text for result in suite["provenance"] if result["id"] == "provenance[inputs]" for text in result["problems"]
    ]


def test_all_that_was_read_is_hashed_again(tmp_path: Path) -> None:
    document = run_suite(write_project(tmp_path), root=tmp_path).document
    assert not problems(dict(document))
    named = {(one["role"].replace("_", " "), one["name"]) for one in document["suites"][0]["inputs"]}
    assert named == {(role, name) for name, role in ROLES.items() if role not in ("suite", "manifest")}
    # Whoever verifies looks for the same files; which code was imported, and which file has the classes, only the run knows.
    project = load_project(tmp_path, tmp_path / "configs")
    sought = inputs_of(load_suite(tmp_path / "suites/greys.yaml", project), project, tmp_path / "configs")
    known = {("code", "tiny.py"), ("configuration", "configs/classes.txt")}
    assert {(one.role.replace("_", " "), one.name) for one in sought} == named - known


@pytest.mark.parametrize("change", [rewritten, replaced, removed, linked])
@pytest.mark.parametrize("name", ROLES)
def test_a_file_that_is_changed_during_a_run_is_an_error(
    name: str, change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = write_project(tmp_path)
    during(monkeypatch, lambda: change(tmp_path / name))
    result = run_suite(suite, root=tmp_path, cache=False)
    assert result.verdict == "error"
    (told,) = problems(dict(result.document))
    said = "cannot be read any more" if change is removed else "was changed during the run"
    assert told.startswith(f"the {ROLES[name]} {name} {said}")
    assert str(tmp_path) not in told


SHARDS: dict[str, Callable[[Path], Any]] = {
    "a byte": lambda folder: rewritten(folder / "1.safetensors"),
    "what is not loaded": lambda folder: rewritten(folder / "notes.txt"),
    "one more": lambda folder: shutil.copy(folder / "1.safetensors", folder / "2.safetensors"),
    "renamed": lambda folder: (folder / "1.safetensors").rename(folder / "0.safetensors"),
    "a file in its place": lambda folder: (shutil.rmtree(folder), folder.write_bytes(b"")),
}


@pytest.mark.parametrize("change", SHARDS)
def test_a_folder_of_shards_that_is_changed_during_a_run_is_an_error(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = write_project(tmp_path, shards=True)
    during(monkeypatch, lambda: SHARDS[change](tmp_path / "models/tiny"))
    result = run_suite(suite, root=tmp_path, cache=False)
    assert [told.partition(" was changed")[0] for told in problems(dict(result.document))] == [
        "the weights models/tiny"
    ]


def test_weights_that_differ_for_a_moment_only_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are another file when they are loaded, and the right one before and after."""
    suite, path = write_project(tmp_path), tmp_path / "models/tiny.safetensors"
    with record_training(tmp_path / "models/tiny.slsa.json", seed=1, root=tmp_path) as recording:
        path.write_bytes(path.read_bytes())
        recording.output(path)
    content, read = path.read_bytes(), weights.read_weights

    def swapping(entry: Any) -> Any:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        try:
            return read(entry)
        finally:
            path.write_bytes(content)

    monkeypatch.setattr(weights, "read_weights", swapping)
    result = run_suite(suite, root=tmp_path, cache=False)
    (told,) = problems(dict(result.document))
    assert told.startswith("the weights models/tiny.safetensors was read 2 times and had other contents each time")


def test_a_file_that_the_factory_finds_otherwise_than_it_was_is_an_error(tmp_path: Path) -> None:
    suite = write_project(tmp_path)
    models = tmp_path / "configs/models.yaml"
    models.write_text(models.read_text().rstrip() + "\n  depends: [../table.txt]\n")
    (tmp_path / "table.txt").write_text("0.0")
    code = (tmp_path / "tiny.py").read_text()
    code = code.replace(
        "    return Brightness",
        "    import pathlib\n    pathlib.Path('table.txt').write_text('1.0')\n    return Brightness",
    )
    (tmp_path / "tiny.py").write_text(code)
    with contextlib.chdir(tmp_path):
        (told,) = problems(dict(run_suite(suite, root=tmp_path).document))
    assert told.startswith("the code table.txt was read 2 times and had other contents each time")


def test_a_picture_that_is_replaced_between_listing_and_decoding_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite, path = write_project(tmp_path), tmp_path / "pictures/dark/05.png"
    look = Evaluator._look

    def late(self: Evaluator, *arguments: Any) -> Any:
        shutil.copy(tmp_path / "pictures/dark/00.png", path)
        return look(self, *arguments)

    monkeypatch.setattr(Evaluator, "_look", late)
    result = run_suite(suite, root=tmp_path)
    assert {case.verdict for case in result.cases if case.kind != "provenance"} == {"error"}
    assert "the picture dark/05.png of greys is another one than when it was first read" in result["clean"].problems[0]
    monkeypatch.undo()
    again = run_suite(suite, root=tmp_path)
    assert again["clean"].forwards == 18, "nothing was kept of the pictures that changed"


def test_what_is_signed_after_a_change_is_not_accepted(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = write_project(gate.root)
    text = suite.read_text()
    suite.write_text(
        text[: text.index("provenance:")] + text[text.index("checks:") :].replace("    approved: required\n", "")
    )
    make_keys(gate.root / "keys/new.key", gate.root / "keys/new.pub")
    verify = ["verify", "models/tiny.safetensors", "--key", "keys/new.pub", "--suite", "suites/greys.yaml"]
    verify += ["--attestation", "robustcheck-report/attestations/suites--greys.intoto.json"]
    assert gate.run("--robustcheck-attest", "keys/new.key").ret == 0
    assert main(verify) == 0
    during(monkeypatch, lambda: replaced(gate.root / "models/tiny.safetensors"))
    result = gate.run("--robustcheck-attest", "keys/new.key", "--robustcheck-no-cache")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["ERROR the weights models/tiny.safetensors was changed during the run*", "robustcheck: NOT SIGNED: *"]
    )
    assert not list((gate.root / "robustcheck-report").glob("attestations/*")), "nor does an earlier one stay"
