"""A reviewed run that never happened: what the queue, the session and the page need of it, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robustcheck.data.labels.overlay import Decision
from robustcheck.data.source import Sample
from robustcheck.review.case_rows import Seen
from robustcheck.review.drawing import Drawn
from robustcheck.review.ledger import Ledger
from robustcheck.review.queue import Asked
from robustcheck.review.review_dataset import Ground
from robustcheck.review.session import Session, Task

NAMES = ("stop", "yield", "speed")
PNG = b"\x89PNG\r\n\x1a\n"


def seen(case: str, rows: Sequence[tuple[str, int, int, float]]) -> Seen:
    """Return rows of id, label, prediction and confidence."""
    ids, labels, predicted, confidence = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Seen(
        case,
        tuple(ids),
        np.array(labels, np.int32),
        np.array(predicted, np.int32),
        np.array(confidence, np.float32),
        tuple("" for _ in ids),
        {},
    )


def report(*cases: dict[str, Any], names: Sequence[str] = NAMES, **parts: Any) -> dict[str, Any]:
    """Return one of the suites of a result file."""
    return {"path": "suites/s.yaml", "seed": 7, "cases": list(cases), "data": {"names": list(names)}, **parts}


def sha(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def ground(labels: dict[str, str], classes: Sequence[str] = NAMES) -> Ground:
    """Return a data set of pictures by id and label."""
    samples = tuple(Sample(name, label) for name, label in labels.items())
    contents = {name: sha(name) for name in labels}
    source: Any = None
    return Ground(source, samples, tuple(classes), contents, "0" * 64, {one.id: one for one in samples})


def decision(name: str, label: str, reviewer: str = "Ada", **parts: Any) -> Decision:
    """Return a decision about a picture labelled stop."""
    told = {
        "original": "stop",
        "at": "2026-11-23T10:00:00+00:00",
        "reason": "",
        "task": "audit",
        "model_digest": "1" * 64,
        "blind": False,
    }
    return Decision(sha256=sha(name), id=name, label=label, reviewer=reviewer, **{**told, **parts})


def session(path: Path, count: int = 4, **task: Any) -> Session:
    """Return a session about pictures ``p0``, ``p1``, ..., all labelled stop and taken for yield in the dark."""
    names = [f"p{number}" for number in range(count)]
    queue = [Asked(name, "edge_cases", "dark", "yield", 0.9) for name in names]
    about = Task(**{"reviewer": "Ada", "model_digest": "1" * 64, **task})
    return Session(queue, ground(dict.fromkeys(names, "stop")), Ledger(path), about)


class Plain:
    """Pictures that are only their names."""

    def whole(self, name: str) -> Drawn:
        return Drawn(PNG + name.encode())

    def clean(self, name: str) -> Drawn:
        return Drawn(PNG + name.encode())

    def shown(self, name: str, case: str) -> Drawn:
        return Drawn(problem="it was not kept")
