"""A project whose suite was run and attested, without running anything: what a run would have written is made up here."""

from __future__ import annotations

import base64
import datetime
import json
from pathlib import Path
from typing import Any

from small_project import MODELS, make_project

from robustcheck.core.checksums import sha256_of
from robustcheck.data import data_digest, open_source
from robustcheck.domain.waiver import Waiver
from robustcheck.language import load_project, load_suite
from robustcheck.models.definition import definition_of
from robustcheck.provenance.signing.attestation import attest
from robustcheck.provenance.signing.envelope import seal
from robustcheck.provenance.signing.inputs import inputs_of
from robustcheck.provenance.signing.signing_keys import load_private, make_keys
from robustcheck.provenance.signing.statement import EXTENSION, statement_of
from robustcheck.provenance.signing.verification import Verified, verify_attestation

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
expect:
  accuracy: ">= 60%"
clean:
  expect: {accuracy: ">= 95%"}
checks:
  - id: noisy
    shift: light.shadow
    depth: -1ev
    coverage: 20%
  - id: moved
    shift: camera.shift
    dx: [2%, 5%]
    tier: thorough
  - id: turned
    shift: camera.roll
    roll: [5deg]
"""
MODEL_FILE = "models/tiny.safetensors"
WEIGHTS = MODELS.replace("  classes:", "  weights: ../models/tiny.safetensors\n  classes:")


class Attested:
    """The project, its keys, the result file as a value, and the envelope."""

    def __init__(self, root: Path, *, folder: bool = False) -> None:
        self.root = root
        self.suite = make_project(
            root, suite=SUITE, models=WEIGHTS.replace("tiny.safetensors", "tiny") if folder else WEIGHTS
        )
        self.model = root / ("models/tiny" if folder else "models/tiny.safetensors")
        (self.model if folder else self.model.parent).mkdir(parents=True)
        if folder:
            (self.model / "a.safetensors").write_bytes(b"one shard")
            (self.model / "b.safetensors").write_bytes(b"another")
        else:
            self.model.write_bytes(b"weights of a model")
        (root / "suites/greys.baseline.json").write_text("{}")
        (root / "reviews.jsonl").write_text('{"label": "dark"}\n')
        self.key, self.public = root / "keys/ci.key", root / "keys/ci.pub"
        make_keys(self.key, self.public)
        self.waivers: dict[str, Waiver] = {}
        self.document = self._document()
        self.attest()

    def _document(self) -> dict[str, Any]:
        project = load_project(self.root, self.root / "configs")
        suite = load_suite(self.suite, project)
        source = open_source(project.data["greys"], seed=0)
        inputs = [dict(found.to_json()) for found in inputs_of(suite, project, self.root / "configs")]
        overlay = {"role": "overlay", "name": "reviews.jsonl", "digest": sha256_of(self.root / "reviews.jsonl")}
        overlay["algorithm"] = "sha256"
        cases = [
            {
                "id": name,
                "kind": "clean" if name == "clean" else "shift",
                "verdict": "pass",
                "severity": "error",
                "n": 24,
                "metrics": {"accuracy": _metric()},
                "records_digest": "2" * 64,
                "waiver": "",
                "cached": False,
            }
            for name in ("clean", "noisy", "turned[roll=5deg]")
        ]
        told = {
            "path": suite.path,
            "title": suite.title,
            "digest": suite.digest,
            "seed": suite.seed,
            "model": {
                "name": "brightness",
                "digest": "1" * 64,
                "definition": definition_of(project.models["brightness"]),
            },
            "data": {"name": "greys", "digest": data_digest(source, source.samples()), "size": 24, "classes": 3},
            "inputs": [*inputs, overlay],
            "provenance": [],
            "cases": cases,
            "overall": [],
            "not_run": [],
        }
        return {
            "started": (NOW - datetime.timedelta(days=2)).isoformat(),
            "seconds": 12.5,
            "options": {"tier": "standard", "limit": None},
            "environment": {"python": "3.11"},
            "suites": [told],
        }

    def attest(self) -> None:
        """Sign the result as it is now, without a look at records, of which there are none."""
        suite = self.document["suites"][0]
        statement = statement_of(self.document, suite, waivers=self.waivers)
        self.envelope = attest(statement, suite["path"], load_private(self.key), self.root / "attestations")

    def statement(self) -> dict[str, Any]:
        """Return what was signed."""
        found: dict[str, Any] = json.loads(base64.b64decode(json.loads(self.envelope.read_bytes())["payload"]))
        return found

    def sign(self, statement: Any) -> None:
        """Sign something else with the right key, as one who has it could."""
        text = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
        self.envelope.write_bytes(seal(text, load_private(self.key)).to_bytes())

    def change(self, **run: Any) -> None:
        """Sign the statement with other facts of the run."""
        statement = self.statement()
        statement["predicate"][EXTENSION] |= run
        self.sign(statement)

    def verify(self, **options: Any) -> Verified:
        """Verify all there is to verify."""
        given: dict[str, Any] = {
            "attestation": self.envelope,
            "keys": [self.public],
            "suite": self.suite,
            "root": self.root,
            "with_data": True,
            "now": NOW,
        }
        return verify_attestation(options.pop("model", self.model), **{**given, **options})


def _metric() -> dict[str, Any]:
    return {"value": 1.0, "low": 0.9, "high": 1.0, "n": 24, "detail": ""}
