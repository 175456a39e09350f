"""What was seen of a case before anything is judged: records, proof of change, and how far pixels were made up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from robustcheck.core import registry
from robustcheck.domain.case import Case
from robustcheck.domain.result import Proof
from robustcheck.engine.evaluated import Evaluated
from robustcheck.engine.gates.constant_answers import tied_answers
from robustcheck.engine.gates.visibility import barely_visible
from robustcheck.metrics.records import Observation, Records

SYNTHETIC_NOTED = 0.05
SYNTHETIC_REFUSED = 0.15


@dataclass(frozen=True, slots=True)
class Looked:
    """What a case gave.

    Attributes:
        seen: What is measured; for a break point, at the limit.
        evaluations: How the records came about, those of ``seen`` first.
        furthest: The records that lie furthest from the clean pictures: beyond the break, if there is one.
        trace: What a search looked at on its way, as JSON values.
        notes: What a reader must know.
        probes: How the records of each value of ``trace`` came about, in its order.
    """

    seen: Observation
    evaluations: tuple[Evaluated, ...]
    furthest: Records
    trace: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    probes: tuple[Evaluated, ...] = ()


def kept_of(looked: Looked, case: Case, export: Callable[[Evaluated, Case], tuple[str, str]]) -> dict[str, Any]:
    """Export the records that a result rests on, and return where each file lies with its digest.

    Args:
        looked: What the case gave; of a break point the records of every value that was tried.
        case: The case.
        export: ``Evaluator.export``.

    Returns:
        ``records``, ``records_digest`` and ``trace`` of a ``CaseResult``.
    """
    first = looked.evaluations[0]
    each = {id(evaluated): evaluated for evaluated in (*looked.probes, first)}
    files = {
        key: dict(zip(("records", "records_digest"), export(evaluated, case), strict=True))
        for key, evaluated in each.items()
    }
    trace = (told | files[id(probe)] for told, probe in zip(looked.trace, looked.probes, strict=True))
    return {**files[id(first)], "trace": tuple(trace)}


def synthetic_problems(case: Case, records: Records) -> list[str]:
    """Say that too much of what the model saw was made up, if it was."""
    unseen = float(records.unseen.mean())
    if unseen <= SYNTHETIC_REFUSED or case.allow_synthetic_border:
        return []
    return [
        f"{unseen:.1%} of the input has no real pixel, so the number says more about the fill than about the model; "
        "use a smaller shift or pictures with more margin, or write allow_synthetic_border: true"
    ]


def proof_of(records: Records) -> Proof:
    """Return the evidence that a case did something to the pictures."""
    digest = hashlib.sha256()
    for name, pixels in sorted(zip(records.id.tolist(), records.pixels.tolist(), strict=True)):
        digest.update(f"{name}\x00{pixels}\n".encode())
    return Proof(
        mean_change=float(records.mean_change.mean(dtype=np.float64)),
        max_change=int(records.max_change.max()),
        share_changed=float((records.max_change > 0).mean()),
        pixels=digest.hexdigest(),
    )


def notes_of(case: Case, looked: Looked, proof: Proof, own: Sequence[str]) -> list[str]:
    """Return what a reader of a case's numbers must know.

    Args:
        case: The case.
        looked: What it gave.
        proof: Of its furthest records.
        own: What its kind always says.
    """
    records = looked.seen.records
    notes = [registry.perturbation(step.name).facts.note for step in case.perturbations]
    notes = [note for note in dict.fromkeys(notes) if note]
    notes += own
    notes += barely_visible(case, proof.mean_change, proof.max_change)
    unseen = float(records.unseen.mean())
    if unseen > SYNTHETIC_NOTED:
        notes.append(f"synthetic border: {unseen:.1%} of the input has no real pixel (fill: {case.fill})")
    borderline = int(records.borderline.sum())
    if borderline:
        notes.append(f"{borderline} borderline: the two best logits differ by less than 1e-4")
    return [*notes, *tied_answers(records), *looked.notes]


def uniform(seen: Observation) -> Observation:
    """Return the observation of the pictures that were drawn from all kinds: all of them unless the case stopped early."""
    records = seen.records
    if "uniform" not in records.extra or records.extra["uniform"].all():
        return seen
    return seen.of(records.at(np.flatnonzero(records.extra["uniform"])))
