"""What a run found, as plain values: the only thing that reports read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from robustcheck.core.read_files import ReadFile, changes
from robustcheck.domain.case import SHORT, Case
from robustcheck.domain.covering import CoveringArray
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.requirements import Requirement
from robustcheck.domain.suite import Overall, Suite
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.verdict import Judgement, Verdict, breach_of

RESULT_SCHEMA: Final = "robustcheck/report/1"
"""Names the form of the result file, in it."""
RESULT_FILE: Final = "robustcheck-report.json"
"""Name of the result file in the folder of a report."""
BARELY: Final = "barely visible"
"""How the note of a shift begins that changes next to nothing."""
INPUTS: Final = "provenance[inputs]"
"""Id of what is wrong with the files of a run; it is no pytest item, since it is known when all items have ended."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One threshold and what was observed; ``observed`` is ``None`` when nothing could be measured.

    Attributes:
        rule: How it was decided: ``point``, ``confident at 95%`` or ``anytime at 95%``.
        gate_low: Lower end of what was held against the bound, where that was an interval.
        gate_high: Upper end.
        needs: How many pictures would decide it, if it is inconclusive and any number would.
        possible: What is possible all the same where the number is as good as can be; else empty.
        level: ``fail``, or ``warn`` where a breach is a warning whatever the severity of the case.
    """

    metric: str
    expect: str
    observed: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    verdict: Verdict
    straddles: bool = False
    detail: str = ""
    rule: str = "point"
    gate_low: float | None = None
    gate_high: float | None = None
    needs: int | None = None
    possible: str = ""
    level: Literal["fail", "warn"] = "fail"


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence that a case did something to the pictures.

    Attributes:
        mean_change: Mean absolute change from the clean input, in grey levels, over all pictures.
        max_change: Greatest change of any value, in grey levels.
        share_changed: Share of pictures in which anything changed.
        pixels: sha256 over the sorted (sample id, digest of its input) pairs.
    """

    mean_change: float
    max_change: int
    share_changed: float
    pixels: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case of a suite, one ``overall`` line (kind ``overall``), or one thing demanded (kind ``provenance``).

    Attributes:
        perturbation: Names of the steps joined by ``+``; empty for the clean case.
        params: Parameters by step as text.
        n: Pictures evaluated.
        unreadable: Pictures that could not be decoded.
        seconds: Wall time when computed; of the first run, if it came from the cache.
        forwards: Pictures that went through the model in this run; from the cache those alone that were looked at to see whether
            its records still hold.
        backwards: Pictures that went backward through it in this run, for attacks.
        cached: Whether the records came from the cache.
        unseen_fraction: Mean share of the input without real pixels.
        borderline: Pictures whose two best logits are too close to be called.
        problems: Why the verdict is ``error`` or ``unreliable``.
        notes: What a reader must know, whatever the verdict.
        records: Path of the Parquet file, relative to the report's folder.
        records_digest: The sha256 of that file as it was written; empty where there is none.
        check: Id of the check that it is a case of.
        swept: The swept parameters as text, by the name that ids call them.
        trace: What the search for a break point looked at: value, whether the model held, metrics, and the file of the
            records with its digest.
        attack: Under an attack: what it is (``norm``, ``eps``, ``targeted``, ``upper_bound``), the checks of its
            ``sanity``, and the ``curve`` of accuracy over eps where it looks for the least change. Empty otherwise.
        of: Pictures that could have been looked at; more than ``n`` and ``unreadable`` where the case stopped early.
        stopped: Why the case stopped early, if it did.
        digest: What decides its pixels, as 16 hexadecimal digits; empty for ``overall`` lines.
        raw: Some of the metrics with the labels of the data set itself, where people corrected them.
        automatic: Above which confidence no person need look, where the suite promises a risk.
    """

    id: str
    nodeid: str
    file: str
    line: int
    kind: str
    perturbation: str
    params: Mapping[str, str]
    severity: str
    tier: str
    tags: tuple[str, ...]
    why: str
    verdict: Verdict
    n: int = 0
    unreadable: int = 0
    unreadable_names: tuple[str, ...] = ()
    seconds: float = 0.0
    forwards: int = 0
    cached: bool = False
    unseen_fraction: float = 0.0
    borderline: int = 0
    proof: Proof | None = None
    metrics: Mapping[str, Estimate] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()
    waiver: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    records: str = ""
    check: str = ""
    swept: Mapping[str, str] = field(default_factory=dict)
    trace: tuple[Mapping[str, Any], ...] = ()
    attack: Mapping[str, Any] = field(default_factory=dict)
    of: int = 0
    stopped: str = ""
    backwards: int = 0
    digest: str = ""
    raw: Mapping[str, Estimate] = field(default_factory=dict)
    automatic: Mapping[str, Any] = field(default_factory=dict)
    records_digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        estimates = {
            kind: {name: estimate.to_json() for name, estimate in getattr(self, kind).items()}
            for kind in ("metrics", "raw")
        }
        return {**asdict(self), **estimates}


def describe(suite: Suite, item: Case | Overall | Requirement) -> dict[str, Any]:
    """Return the part of a result that is known before anything runs."""
    if isinstance(item, Requirement):
        return {
            "id": item.id,
            "nodeid": f"{suite.path}::{item.id}",
            "file": item.where.file,
            "line": item.where.line,
            "kind": "provenance",
            "perturbation": "",
            "params": {},
            "severity": "error",
            "tier": "smoke",
            "tags": (),
            "why": item.why,
            "waiver": item.waiver.reason if item.waiver else "",
        }
    steps = item.perturbations if isinstance(item, Case) else ()
    params = {
        (name if len(steps) == 1 else f"{step.name}.{name}"): str(value)
        for step in steps
        for name, value in step.params.items()
    }
    return {
        "id": item.id,
        "check": item.check if isinstance(item, Case) else "",
        "swept": dict(item.swept) if isinstance(item, Case) else {},
        "digest": item.digest[:SHORT] if isinstance(item, Case) else "",
        "nodeid": f"{suite.path}::{item.id}",
        "file": item.where.file,
        "line": item.where.line,
        "kind": item.kind if isinstance(item, Case) else "overall",
        "perturbation": "+".join(step.name for step in steps),
        "params": params,
        "severity": item.severity,
        "tier": item.tier,
        "tags": item.tags if isinstance(item, Case) else (),
        "why": item.why if isinstance(item, Case) else "",
        "waiver": item.waiver.reason if item.waiver else "",
    }


def inputs_result(
    suite: str, files: Iterable[ReadFile], root: Path, conflicts: Sequence[str] = ()
) -> CaseResult | None:
    """Hash all files that a suite was run with again, and return what is wrong with them; ``None`` if they are as they were.

    Args:
        suite: Path of the suite.
        files: What was read for it.
        root: Of the project.
        conflicts: In what the processes of a run differ from each other.
    """
    problems = (*conflicts, *changes(files, root))
    return error_result(suite, INPUTS, "provenance", problems) if problems else None


def error_result(suite: str, name: str, kind: str, problems: Sequence[str], *, nodeid: str = "") -> CaseResult:
    """Return a result of something that gave no result of its own.

    Args:
        suite: Path of the suite.
        name: Of the case, or of whatever it is.
        kind: As cases have it.
        problems: What is wrong.
        nodeid: As pytest has it; made of suite and name by default.
    """
    return CaseResult(
        id=name,
        nodeid=nodeid or f"{suite}::{name}",
        file=suite,
        line=1,
        kind=kind,
        perturbation="",
        params={},
        severity="error",
        tier="",
        tags=(),
        why="",
        verdict="error",
        problems=tuple(problems),
    )


def combination_of(array: CoveringArray) -> dict[str, Any]:
    """Return a covering array as JSON values."""
    return {
        "check": array.check,
        "strength": array.strength,
        "factors": {name: list(levels) for name, levels in array.factors.items()},
        "cases": list(array.cases),
    }


def lacking_expectation(line: Threshold, reason: str, case: Case, waived: bool) -> Expectation:
    """Return a threshold that nothing could be held against, with the reason, as a line of the result."""
    return Expectation(
        metric=line.name,
        expect=line.text,
        observed=None,
        low=None,
        high=None,
        n=0,
        unit=line.bound.unit,
        verdict=breach_of(inconclusive=True, severity="warn" if line.warns else case.severity, waived=waived),
        detail=reason,
        rule=str(case.rule),
        level="warn" if line.warns else "fail",
    )


def expectation_of(judgement: Judgement, severity: str, waived: bool) -> Expectation:
    """Return a judgement as a line of the result."""
    estimate = judgement.estimate
    severity = "warn" if judgement.warns else severity
    breach = breach_of(inconclusive=judgement.inconclusive, severity=severity, waived=waived)
    return Expectation(
        metric=judgement.name,
        expect=judgement.expect,
        observed=estimate.value,
        low=estimate.low,
        high=estimate.high,
        n=estimate.n,
        unit=judgement.unit,
        verdict="pass" if judgement.holds else breach,
        straddles=judgement.straddles,
        detail=estimate.detail,
        rule=str(judgement.rule),
        gate_low=judgement.gate[0] if judgement.gate else None,
        gate_high=judgement.gate[1] if judgement.gate else None,
        needs=judgement.needs,
        possible=judgement.possible,
        level="warn" if judgement.warns else "fail",
    )
