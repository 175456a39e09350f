"""What was seen of a case before anything is judged: records, proof of change, and how far pixels were made up."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from robustcheck import registry
from robustcheck.engine.believed import UPPER_BOUND
from robustcheck.engine.evaluate import Evaluated
from robustcheck.engine.limits import Found
from robustcheck.engine.results import Proof
from robustcheck.language.plan import Case
from robustcheck.measure.records import Observation, Records

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
    """

    seen: Observation
    evaluations: tuple[Evaluated, ...]
    furthest: Records
    trace: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]


def looked_for(found: Found, evaluations: Sequence[Evaluated]) -> Looked:
    """Return what the search for a break point saw."""
    records = found.at.seen.records
    ordered = sorted(evaluations, key=lambda evaluated: evaluated.stored.records is not records)
    return Looked(
        seen=dataclasses.replace(found.at.seen, limit=found.estimate),
        evaluations=tuple(ordered),
        furthest=(found.beyond or found.at).seen.records,
        trace=tuple(probe.to_json() for probe in found.probes),
        notes=(found.note,) if found.note else (),
    )


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


def notes_of(case: Case, records: Records) -> list[str]:
    """Return what a reader of a case's numbers must know."""
    notes = [registry.perturbation(step.name).facts.note for step in case.perturbations]
    notes = [note for note in dict.fromkeys(notes) if note]
    notes += [UPPER_BOUND] if case.attack else []
    unseen = float(records.unseen.mean())
    if unseen > SYNTHETIC_NOTED:
        notes.append(f"synthetic border: {unseen:.1%} of the input has no real pixel (fill: {case.fill})")
    borderline = int(records.borderline.sum())
    if borderline:
        notes.append(f"{borderline} borderline: the two best logits differ by less than 1e-4")
    return notes


def uniform(seen: Observation) -> Observation:
    """Return the observation of the pictures that were drawn from all kinds: all of them unless the case stopped early."""
    records = seen.records
    if "uniform" not in records.extra or records.extra["uniform"].all():
        return seen
    return seen.of(records.at(np.flatnonzero(records.extra["uniform"])))
