"""What a suite demands to know is held against the files again before it is signed, as far as no picture is needed."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from small_project import MODELS, SUITE, make_project

import robustcheck
from robustcheck.core.errors import AttestationRefused
from robustcheck.domain.verdict import worst
from robustcheck.provenance.recording import record_training
from robustcheck.provenance.signing.attestation import checked_statement
from robustcheck.provenance.signing.statement import EXTENSION

WEIGHTS = MODELS.replace("  classes:", "  weights: ../models/tiny.safetensors\n  classes:")
DATA = """
greys: {kind: imagefolder, path: ../pictures}
same: {kind: imagefolder, path: ../pictures}
"""
DEMANDED = """provenance:
  training: {record: models/tiny.slsa.json, require: [seed, data_digest]}
  leak: {train: same, exact_max: 0}
checks:
"""
LEAK, SEED, TRAINED = "provenance[leak.exact]", "provenance[training.seed]", "provenance[training.data_digest]"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    root = tmp_path_factory.mktemp("demanded")
    make_project(root, suite=SUITE.replace("checks:\n", DEMANDED, 1), models=WEIGHTS, data=DATA, each=2)
    (root / "models").mkdir()
    with record_training(root / "models/tiny.slsa.json", data=["same"], root=root, packages={"x": "1"}) as recording:
        save_file({"centres": torch.tensor([0.2, 0.5, 0.8])}, root / "models/tiny.safetensors")
        recording.output(root / "models/tiny.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root)
        found = robustcheck.run_suite("suites/greys.yaml", root=root)
        yield root, json.loads(json.dumps(found.document))


@pytest.fixture
def document(ran: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    return copy.deepcopy(ran[1])


def sign(root: Path, document: dict[str, Any], *, own: bool = False) -> dict[str, Any]:
    suite = document["suites"][0]
    told = {"report": root / "robustcheck-report", "root": root, "configs": root / "configs"}
    found: dict[str, Any] = json.loads(checked_statement(document, suite, own=own, **told))
    return found


def forge(document: dict[str, Any], name: str, **changes: Any) -> None:
    """Change one thing demanded, and all sums with it."""
    suite = document["suites"][0]
    next(result for result in suite["provenance"] if result["id"] == name).update(changes)
    verdicts = [result["verdict"] for part in ("provenance", "cases", "overall") for result in suite[part]]
    suite["counts"], suite["verdict"] = dict(Counter(verdicts)), worst(verdicts)
    document["verdict"] = suite["verdict"]


def test_what_only_pictures_show_is_listed(ran: tuple[Path, dict[str, Any]], document: dict[str, Any]) -> None:
    statement = sign(ran[0], document)
    assert statement["predicate"]["failedTests"] == [SEED, LEAK]
    assert statement["predicate"][EXTENSION]["notRecomputed"] == [TRAINED, LEAK]
    assert sign(ran[0], document, own=True)["predicate"][EXTENSION]["notRecomputed"] == []


PASSED = {"verdict": "pass", "problems": []}
FORGED: dict[str, tuple[str, dict[str, Any], str]] = {
    "the word": (SEED, {"verdict": "pass"}, "is pass in the report; the files and the suite come to fail"),
    "the word and its reason": (SEED, PASSED, "is pass in the report; the files and the suite come to fail"),
    "a warning": (SEED, {"verdict": "warn", "problems": [], "notes": ["x"]}, "come to fail"),
    "the word of a leak": (LEAK, {"verdict": "pass"}, "is pass in the report; the files and the suite come to fail"),
    "the word of a leak and its reason": (LEAK, PASSED, "names no problem, and the report counts 6 of exact leaks"),
    "a reason of what passes": (TRAINED, {"problems": ["x"]}, "is pass in the report; .* come to fail"),
    "a number": (SEED, {"n": 5}, "has numbers, where it has none"),
    "records": (SEED, {"records": "records/x.parquet"}, "has numbers, where it has none"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_demand_is_not_signed(ran: tuple[Path, dict[str, Any]], document: dict[str, Any], name: str) -> None:
    which, changes, says = FORGED[name]
    forge(document, which, **changes)
    with pytest.raises(AttestationRefused, match=says):
        sign(ran[0], document)
