"""Every input of every command that is no regular file: an error of one line that names it and says why, and at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hostile_files import HOSTILE, make_hostile
from small_project import DATA, MODELS, SUITE

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.regular_files import NotRegularFile
from robustcheck.data import open_source
from robustcheck.data.digest_cache import Remembered
from robustcheck.engine.gates.baseline_file import load_baseline
from robustcheck.engine.reference_errors import reference_errors
from robustcheck.language import load_project
from robustcheck.provenance.data_card import load_card
from robustcheck.provenance.training_record import load_record
from robustcheck.runs.history.history import history_path

pytestmark = pytest.mark.timeout(20)
Call = Callable[..., Any]
DIRECTORIES = ("folder", "link-to-folder")


@dataclass(frozen=True)
class Input:
    """An input and the call that reads it.

    Attributes:
        path: Where it lies.
        call: The command line.
        parts: Of the project.
        folders: Whether a directory may stand there.
        followed: Whether links are followed before anything is told.
    """

    path: str
    call: tuple[str, ...]
    parts: dict[str, str]
    folders: bool = False
    followed: bool = False


def of(path: str, *call: str, folders: bool = False, followed: bool = False, **parts: str) -> Input:
    return Input(path, call, parts, folders, followed)


WEIGHTS = MODELS.replace("  classes:", "  weights: ../tiny.safetensors\n  classes:")
CLASSES = MODELS.replace("[dark, middle, bright]", "classes.txt")
TABLE = DATA.replace("imagefolder", "manifest").replace("../pictures", "../table.csv")
KEY = ("--key", "k.pub")
INPUTS = {
    "suite": of("suites/greys.yaml", "validate", "suites/greys.yaml", folders=True),
    "suite of a folder": of("suites/more.yaml", "validate", folders=True),
    "suite of a plan": of("suites/greys.yaml", "plan", "suites/greys.yaml"),
    "suite to preview": of("suites/greys.yaml", "preview", "suites/greys.yaml", "--out", "sheet.html"),
    "suite to approve": of("suites/greys.yaml", "approve", "suites/greys.yaml", "--reviewer", "Ada"),
    "base of a suite": of("suites/base.yml", "validate", "suites/greys.yaml", suite=f"extends: base.yml\n{SUITE}"),
    "models": of("configs/models.yaml", "validate"),
    "data": of("configs/data.yaml", "validate"),
    "classes": of("configs/classes.txt", "validate", followed=True, models=CLASSES),
    "approvals": of("suites/greys.approvals.yaml", "validate"),
    "weights": of("tiny.safetensors", "doctor", "brightness", "greys", followed=True, models=WEIGHTS, folders=True),
    "manifest": of("table.csv", "doctor", "brightness", "greys", followed=True, data=TABLE),
    "parquet": of("t.pq", "doctor", "brightness", "greys", followed=True, data=TABLE.replace("table.csv", "t.pq")),
    "result": of("r/robustcheck-report.json", "report", "r"),
    "result to compare": of("r/robustcheck-report.json", "compare", "r", "r"),
    "baseline to compare": of("b.json", "compare", "b.json", "b.json", folders=True),
    "result to attest": of("r/robustcheck-report.json", "attest", "r", "--key", "k.key"),
    "result to export": of("r/robustcheck-report.json", "export", "r", "--ml-bom", "bom.json"),
    "result of residuals": of("r/robustcheck-report.json", "residuals", "r"),
    "result to review": of("r/robustcheck-report.json", "review", "r", "--reviewer", "Ada"),
    "result to accept": of("r/robustcheck-report.json", "baseline", "accept", "r", "--reason", "good"),
    "private key": of("own.key", "attest", "r", "--key", "own.key"),
    "public key": of("own.pub", "verify", "tiny.py", "--attestation", "a.json", "--key", "own.pub"),
    "attestation": of("a.json", "verify", "tiny.py", "--attestation", "a.json", *KEY),
    "overlay to count": of("o.jsonl", "labels", "stats", "o.jsonl"),
    "overlay to merge": of("o.jsonl", "labels", "merge", "o.jsonl", "o.jsonl", "--out", "o.jsonl"),
    "overlay to check": of("o.jsonl", "labels", "check", "o.jsonl", "--data", "greys"),
    "overlay to add to": of("o.jsonl", "review", "r", "--reviewer", "Ada", "--overlay", "o.jsonl"),
    "import of Label Studio": of("in.json", "review", "import", "in.json", "--data", "greys"),
    "import of a table": of("in.csv", "review", "import", "in.csv", "--data", "greys", "--reviewer", "Ada"),
    "parameters": of(
        "p.yaml", "provenance", "record", "--out", "x", "--model", "m", "--parameters", "p.yaml", "--", "true"
    ),
    "history": of(".robustcheck/history.db", "history"),
    "gitignore": of("fresh/.gitignore", "init", "fresh"),
}

OUTSIDE = {
    "suite of a folder": "this link leads out of the project",
    "base of a suite": "this link leads out of the project",
    "approvals": "this link leads out of the project",
    "classes": "configs/models.yaml:4:12: RC704 classes leaves the project",
}
"""What is told first of a link that leads out of the project."""


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", INPUTS)
def test_a_command_names_what_is_no_regular_file(
    project: Call, robustcheck_command: Call, tmp_path: Path, name: str, kind: str
) -> None:
    given = INPUTS[name]
    if given.folders and kind in DIRECTORIES:
        pytest.skip("a directory may stand here")
    project(each=1, **given.parts)
    assert robustcheck_command("keygen", "k").code == 0
    reason = make_hostile(kind, tmp_path / given.path)
    done = robustcheck_command(*given.call)
    told = done.err + done.out
    assert done.code != 0
    if given.followed and kind == "dangling":
        assert "configs/" in told
        assert "there is no file" in told or "has no file" in told or "No such file" in told
        return
    if name in OUTSIDE and kind in ("link-to-zero", "link-to-terminal"):
        assert OUTSIDE[name] in told
        return
    assert ("configs/" if given.followed else Path(given.path).name) in told
    if name == "base of a suite" and kind == "link-to-folder":
        # The name counts where extends leads to.
        assert "extends names a .yaml or .yml file" in told
        return
    reason = reason.removeprefix("a link to ") if given.followed else reason
    # A base is named where it stands beside the suites, and where it is extended.
    most = 2 if name == "base of a suite" else 1
    assert 1 <= len([line for line in told.splitlines() if reason in line]) <= most


def overlay_reader(path: Path) -> None:
    from robustcheck.data.labels.overlay import read

    read(path)


READERS: dict[str, Callable[[Path], object]] = {
    "training record": lambda path: load_record(path, root=path.parent),
    "data card": lambda path: load_card(path, root=path.parent),
    "baseline": load_baseline,
    "overlay": overlay_reader,
    "reference": lambda path: reference_errors(path.name, path.parent, data=""),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", READERS)
def test_evidence_names_what_is_no_regular_file(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / "evidence"
    reason = make_hostile(kind, path)
    with pytest.raises(RobustcheckError) as error:
        READERS[name](path)
    assert "evidence" in str(error.value)
    if "outside the project" in str(error.value):
        assert kind in ("link-to-zero", "link-to-terminal")
    elif not (name == "reference" and kind == "dangling"):  # its link is followed first
        assert reason.removeprefix("a link to ") in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if kind not in DIRECTORIES])
def test_a_picture_that_is_no_regular_file_is_unreadable(project: Call, tmp_path: Path, kind: str) -> None:
    import robustcheck

    suite = project()
    reason = make_hostile(kind, tmp_path / "pictures/dark/00.png")
    result = robustcheck.run_suite(suite, root=tmp_path)
    document = json.loads((tmp_path / "robustcheck-report/robustcheck-report.json").read_text())
    (clean, *_) = document["suites"][0]["cases"]
    assert result.verdict == "error"
    assert (clean["verdict"], clean["unreadable"], clean["unreadable_names"]) == ("error", 1, ["dark/00.png"])
    assert reason in " ".join(clean["problems"])


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_manifest_names_a_picture_that_is_no_regular_file(project: Call, tmp_path: Path, kind: str) -> None:
    from robustcheck.core.errors import UnreadablePicture

    project(each=1, data=TABLE)
    reason = make_hostile(kind, tmp_path / "one.png")
    (tmp_path / "table.csv").write_text("path,label\none.png,dark\n")
    source = open_source(load_project(tmp_path, tmp_path / "configs").data["greys"], seed=0)
    (sample,) = source.samples()
    with pytest.raises(UnreadablePicture, match=reason):
        source.read(sample)
    assert source.content(sample).startswith("unreadable: ")


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_remembered_is_computed_where_its_file_is_none(project: Call, tmp_path: Path, kind: str) -> None:
    project(each=1)
    make_hostile(kind, tmp_path / ".robustcheck/digests.sqlite")
    make_hostile(kind, history_path(tmp_path))
    remembered = Remembered(tmp_path / ".robustcheck/digests.sqlite")
    assert remembered.get("a") is None
    remembered.put("a", b"b")
    assert remembered.get("a") == b"b"
    remembered.keep()


def test_all_of_them_are_one_kind_of_error() -> None:
    assert issubclass(NotRegularFile, OSError)
