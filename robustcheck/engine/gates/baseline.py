"""Baselines: which pictures an accepted run had right, case by case, so that the next one is compared picture by picture.

A baseline lies in a file beside its suite, which is reviewed and committed like the suite itself; ``baseline_file`` reads and
writes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError
from robustcheck.core.text import named, printable
from robustcheck.domain.case import SHORT, Case

BESIDE: Final = frozenset(
    (
        "suite",
        "case",
        "model",
        "key",
        "rows",
        "unreadable",
        "seconds",
        "forwards",
        "notes",
        "sanity",
        "backwards",
        "code",
    )
)
"""Facts that stand beside those of ``Case.canonical`` in records of the first version; whatever else there is decides pixels."""


def default_path(suite: Path) -> Path:
    """Return where the baseline of a suite lies: ``signs.yaml`` has ``signs.baseline.json`` beside it."""
    return suite.with_name(f"{suite.stem}.baseline.json")


def case_digest(canonical: Mapping[str, Any]) -> str:
    """Return ``Case.digest``, 64 hexadecimal digits, from what stands in a file of records.

    Args:
        canonical: ``Case.canonical()``, or the facts beside the records of a case, which hold all of it: of one version under
            ``of``, of the first among the others.
    """
    if "of" in canonical:
        canonical = canonical["of"]["case"]
    facts = {key: value for key, value in canonical.items() if key not in BESIDE}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class BaselineCase:
    """One case of a baseline; the arrays are in the order of the baseline's samples, shape (samples,), bool.

    Attributes:
        id: Of the case.
        digest: What decides its pixels; see ``case_digest``.
        right: Which pictures were right; none that was not looked at.
        seen: Which pictures were looked at: all, unless the case stopped early.
        predicted: The class predicted for each picture that was looked at, int32, shape (samples,), so that other labels can be
            laid over those of the baseline; ``None`` where that is not known.
    """

    id: str
    digest: str
    right: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    predicted: NDArray[np.int32] | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a baseline may be held against a run.

    Attributes:
        problems: What forbids it: what differs and what to do.
        new: Cases of the run that the baseline does not have.
        gone: Cases of the baseline that the run does not have.
        changed: Cases of both that are not the same perturbation any more.
        notes: What a reader must know although it does not forbid it.
    """

    problems: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """An accepted run of one suite.

    Attributes:
        reason: Why it was accepted.
        accepted: The day in UTC, ``2026-11-23``.
        by: Who accepted it.
        suite: Path of the suite from the project's root.
        suite_digest: sha256 of the suite as it was read.
        model: Name of the model in ``configs/models.yaml``.
        model_digest: sha256 of the model.
        data: Name of the data set in ``configs/data.yaml``.
        data_digest: sha256 over ids, contents and labels of the pictures.
        seed: Seed of the run.
        overlay: Digest of the labels that were laid over those of the data set; empty without any.
        ids: Sample ids, sorted, each once.
        labels: Class index of each sample, int32, shape (samples,).
        cases: The cases by id.
        path: Where it was read, as a person would type it.
        version: Of its file: 1 holds the first 16 digits of each case's digest, 2 all of them.
    """

    reason: str
    accepted: str
    by: str
    suite: str
    suite_digest: str
    model: str
    model_digest: str
    data: str
    data_digest: str
    seed: int
    overlay: str
    ids: tuple[str, ...]
    labels: NDArray[np.int32]
    cases: Mapping[str, BaselineCase]
    path: str = ""
    version: int = 2
    _position: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Remember where each sample stands."""
        object.__setattr__(self, "_position", {name: row for row, name in enumerate(self.ids)})

    def digest_of(self, case: Case) -> str:
        """Return the digest of a case as this version of baselines has it."""
        return case.digest[:SHORT] if self.version == 1 else case.digest

    @property
    def accept_again(self) -> str:
        """What to do about a baseline that does not fit."""
        return f"run {self.suite} and accept its report: robustcheck baseline accept REPORT --reason '...'"

    def check(
        self,
        *,
        suite: str,
        data_digest: str,
        overlay: str,
        seed: int,
        cases: Mapping[str, str],
        ids: Sequence[str],
        labels: NDArray[np.int32],
        original: NDArray[np.int32] | None = None,
        limited: bool = False,
    ) -> Fit:
        """Say whether this is a baseline of the same suite, pictures, labels and seed, and which cases are not in both.

        A suite whose text has changed since is the same suite: each case that still is the same perturbation is compared.

        Args:
            suite: Path of the suite from the project's root.
            data_digest: Of the pictures that are looked at now.
            overlay: Digest of the labels that are laid over those of the data set now.
            seed: Of the run.
            cases: Digest (``digest_of``) of each case of the suite by its id.
            ids: Of the pictures that are looked at now.
            labels: Their class indices, int32, shape (len(ids),).
            original: Those before any overlay; the same by default.
            limited: Whether the run looks at some of the pictures only, as it was told to.
        """
        problems, notes = [], []
        if suite != self.suite:
            problems.append(f"it was accepted for the suite {self.suite}, and this is {suite}")
        if data_digest != self.data_digest:
            other = self._difference(ids, labels if original is None else original, fewer=limited)
            if limited and not other and len(ids) < len(self.ids):
                notes.append(
                    f"the baseline is of {len(self.ids)} pictures, of which this run looks at {len(ids)}; their names and "
                    "labels agree, their contents were not compared"
                )
            else:
                problems.append(
                    f"the data has other pictures: {other or 'the same names and labels, but other contents'}"
                )
        if overlay != self.overlay and all(known.predicted is not None for known in self.cases.values()):
            notes.append("other labels were corrected since; the baseline is scored with those of this run")
        elif overlay != self.overlay:
            before, now = (f"overlay {digest[:12]}" if digest else "no overlay" for digest in (self.overlay, overlay))
            problems.append(f"the labels are other: it was accepted with {before}, and this run has {now}")
        if seed != self.seed:
            problems.append(f"it was accepted with seed {self.seed}, and this run draws its pictures with {seed}")
        if problems:
            return Fit(tuple(f"{self.path}: {problem}; {self.accept_again}" for problem in problems))
        new = tuple(case for case in cases if case not in self.cases)
        gone = tuple(case for case in self.cases if case not in cases)
        changed = tuple(
            case for case, digest in cases.items() if case in self.cases and self.cases[case].digest != digest
        )
        for what, which in (("new", new), ("gone", gone), ("changed", changed)):
            if which:
                notes.append(f"{what} since the baseline of {self.accepted}: {named(which)}")
        return Fit((), new, gone, changed, tuple(notes))

    def _difference(self, ids: Sequence[str], labels: NDArray[np.int32], *, fewer: bool) -> str:
        """Say which pictures are new, gone (unless there may be fewer), or have another label."""
        now = dict(zip(ids, labels.tolist(), strict=True))
        unknown = [name for name in now if name not in self._position]
        missing = [] if fewer else [name for name in self.ids if name not in now]
        relabelled = [
            name for name, label in now.items() if name in self._position and self.labels[self._position[name]] != label
        ]
        told = (("new", unknown), ("gone", missing), ("with another label", relabelled))
        return ", ".join(f"{len(names)} {what} ({named(names)})" for what, names in told if names)

    def right_of(
        self, case: str, ids: Sequence[str], *, labels: NDArray[np.int32] | None = None, digest: str = ""
    ) -> NDArray[np.bool_]:
        """Return which pictures were right in a case, in the order of the given ids, shape (len(ids),).

        Args:
            case: Its id.
            ids: Of pictures of the baseline; a limited run may ask for few.
            labels: The class indices that hold now, int32, shape (len(ids),); those of the baseline by default.
            digest: What decides the pixels of the case now; empty to take it for the same.

        Raises:
            CaseError: The case is new or changed, or a picture is none of those it was accepted for.
        """
        known = self.cases.get(case)
        if known is None:
            raise CaseError(f"{self.path} has no case {printable(case)}; {self.accept_again}")
        if digest and digest != known.digest:
            raise CaseError(
                f"{printable(case)} was accepted into {self.path} with other parameters than it has now; {self.accept_again}"
            )
        unknown = [name for name in ids if name not in self._position]
        if unknown:
            raise CaseError(
                f"{self.path} does not know {len(unknown)} of the pictures, such as {printable(unknown[0])}; {self.accept_again}"
            )
        rows = np.fromiter((self._position[name] for name in ids), dtype=np.int64, count=len(ids))
        if not known.seen[rows].all():
            raise CaseError(
                f"{printable(case)} stopped early in the run that was accepted into {self.path}, which saw "
                f"{int(known.seen.sum())} of {len(self.ids)} pictures; run it with "
                "--robustcheck-every-picture and accept the report"
            )
        right: NDArray[np.bool_] = known.right[rows]
        if labels is None or known.predicted is None:
            return right
        return np.where(labels == self.labels[rows], right, known.predicted[rows] == labels)
