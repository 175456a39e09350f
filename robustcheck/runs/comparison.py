"""Two runs held against each other, case by case and picture by picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from robustcheck.core import progress
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.text import named, printable, written
from robustcheck.domain.case import same_case
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.how import of_one_set_of_pictures
from robustcheck.runs.load import NO_NUMBER, KeptCase, KeptRun, KeptSuite

SCHEMA: Final = "robustcheck/comparison/1"
ALPHA: Final = 0.05
"""How often all alarms together may be false."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One case of both runs.

    Attributes:
        suite: Path of its suite.
        id: Of the case.
        a: Accuracy in the first run, with its interval.
        b: Accuracy in the second.
        difference: Accuracy of A minus that of B: Tango's interval where both saw the same pictures, Newcombe's otherwise.
        paired: Whether both saw the same pictures.
        why_unpaired: Why they did not.
        lost: Sample ids of pictures that A has right and B wrong, sorted.
        gained: Sample ids of pictures that A has wrong and B right, sorted.
        p: Exact one-sided McNemar probability of so many losses if B were no worse; ``None`` where it is not paired.
        p_adjusted: The same by Holm's method over all paired cases.
        alarm: Whether B is worse, at 5% over all cases.
        better_adjusted: As ``p_adjusted``, of so many gains if B were no better.
        better: Whether B is better, at 5% over all cases.
        stopped: Whether either run stopped early in this case.
    """

    suite: str
    id: str
    a: Estimate
    b: Estimate
    difference: Estimate
    paired: bool
    why_unpaired: str = ""
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    p: float | None = None
    p_adjusted: float | None = None
    alarm: bool = False
    better_adjusted: float | None = None
    better: bool = False
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs.

    Attributes:
        a: What the first run is, by suite: name, model, data.
        b: What the second is.
        cases: Cases of both, the greatest loss first.
        not_compared: Suite, id and reason of cases of both that say nothing about each other.
        new: Suite and id of cases that only B has.
        gone: Suite and id of cases that only A has.
        notes: What a reader must know.
    """

    a: dict[str, Any]
    b: dict[str, Any]
    cases: tuple[Compared, ...]
    not_compared: tuple[tuple[str, str, str], ...]
    new: tuple[tuple[str, str], ...]
    gone: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def alarms(self) -> tuple[Compared, ...]:
        """The cases in which B is worse."""
        return tuple(case for case in self.cases if case.alarm)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        values = asdict(self)
        for case in values["cases"]:
            for name in ("a", "b", "difference"):
                case[name] = {end: case[name][end] for end in ("value", "low", "high", "n")}
        values["not_compared"] = [dict(zip(("suite", "id", "why"), told, strict=True)) for told in self.not_compared]
        for name in ("new", "gone"):
            values[name] = [{"suite": suite, "id": case} for suite, case in values[name]]
        return {"schema": SCHEMA, "alpha": ALPHA, **values}


def compare(a: KeptRun, b: KeptRun) -> Comparison:
    """Hold two runs against each other.

    Alarms are found by exact one-sided McNemar tests, adjusted by Holm's method over all paired cases of all suites.

    Raises:
        RobustcheckError: They share no suite, or a suite was run on other data.
    """
    shared = [path for path in a.suites if path in b.suites]
    if not shared:
        known = "; ".join(f"{run.name} has {named(run.suites) or 'none'}" for run in (a, b))
        raise RobustcheckError(f"the two runs share no suite: {known}")
    notes, cases, not_compared = [], [], []
    new: list[tuple[str, str]] = []
    gone: list[tuple[str, str]] = []
    for path in shared:
        before, after = a.suites[path], b.suites[path]
        notes += _notes(path, before, after)
        new += [(path, name) for name in after.cases if name not in before.cases]
        gone += [(path, name) for name in before.cases if name not in after.cases]
        names = progress.counted(before.cases, f"{path} compared", unit="cases", total=len(before.cases))
        for name in names:
            if name in after.cases:
                why = _incomparable(before.cases[name], after.cases[name])
                if why:
                    not_compared.append((path, name, why))
                else:
                    cases.append(_compared(path, before.cases[name], after.cases[name]))
    for run, other in ((a, b), (b, a)):
        alone = [path for path in run.suites if path not in other.suites]
        notes += [f"only {run.name} has {named(alone)}"] if alone else []
    adjusted = sorted(_adjusted(cases), key=lambda case: (-case.difference.value, case.suite, case.id))
    about = [
        {"name": run.name, "made": run.made, "suites": [_about(run.suites[path]) for path in shared]} for run in (a, b)
    ]
    return Comparison(about[0], about[1], tuple(adjusted), tuple(not_compared), tuple(new), tuple(gone), tuple(notes))


def _about(suite: KeptSuite) -> dict[str, Any]:
    return {
        "path": suite.suite,
        "model": suite.model,
        "model_digest": suite.model_digest,
        "data": suite.data,
        "data_digest": suite.data_digest,
        "seed": suite.seed,
    }


def _notes(path: str, a: KeptSuite, b: KeptSuite) -> list[str]:
    """Return what a reader must know of a suite of both runs.

    Raises:
        RobustcheckError: They are of other data.
    """
    notes = []
    if a.overlay != b.overlay:
        raise RobustcheckError(f"{printable(path)}: the two runs have other labels laid over those of the data")
    if a.data_digest != b.data_digest:
        notes.append(_same_pictures(path, a, b))
    if a.seed != b.seed:
        notes.append(
            f"{printable(path)}: the seeds differ ({a.seed} and {b.seed}), so shifts that draw at random drew other pictures"
        )
    return notes


def _same_pictures(path: str, a: KeptSuite, b: KeptSuite) -> str:
    where, before, after = printable(path), a.labels(), b.labels()
    if not (before and after):
        raise RobustcheckError(
            f"{where}: the two runs are of other data ({a.data} and {b.data}), and without records nothing says which pictures "
            "they share; run both on the same data"
        )
    told = (
        ("only in A", sorted(before.keys() - after.keys())),
        ("only in B", sorted(after.keys() - before.keys())),
        ("with another label", sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
    )
    parts = [f"{len(names)} {what} ({named(names)})" for what, names in told if names]
    if parts:
        raise RobustcheckError(
            f"{where}: the two runs are of other pictures: {', '.join(parts)}; run both on the same data"
        )
    return (
        f"{where}: the data digests differ, though names and labels of all {len(before)} pictures agree: they were compared, "
        "and their contents may be other"
    )


def _incomparable(a: KeptCase, b: KeptCase) -> str:
    for run, case in (("A", a), ("B", b)):
        if not of_one_set_of_pictures(case.kind):
            return "each model is looked at where it breaks"
        if case.verdict in NO_NUMBER:
            return f"it ended as {case.verdict} in {run}"
        if not case.n:
            return f"{run} looked at no picture"
    if a.digest and b.digest and not same_case(a.digest, b.digest):
        return "its parameters are others in B"
    return ""


def _compared(path: str, a: KeptCase, b: KeptCase) -> Compared:
    from robustcheck.stats.intervals import mcnemar_exact, paired_difference, proportion

    first, second = proportion(a.right, a.n), proportion(b.right, b.n)
    stopped = a.stopped or b.stopped
    why = next((f"{run}: {case.missing}" for run, case in (("A", a), ("B", b)) if case.rows is None), "")
    if a.rows is None or b.rows is None or a.rows.ids != b.rows.ids:
        why = why or "the two runs did not look at the same pictures"
        return Compared(path, a.id, first, second, newcombe(first, second), False, why, stopped=stopped)
    ids = np.array(a.rows.ids, dtype=object)
    lost, gained = a.rows.right & ~b.rows.right, ~a.rows.right & b.rows.right
    counts = int(lost.sum()), int(gained.sum())
    return Compared(
        suite=path,
        id=a.id,
        a=first,
        b=second,
        difference=paired_difference(*counts, a.n),
        paired=True,
        lost=tuple(ids[lost].tolist()),
        gained=tuple(ids[gained].tolist()),
        p=mcnemar_exact(*counts),
        better_adjusted=mcnemar_exact(*reversed(counts)),
        stopped=stopped,
    )


def _adjusted(cases: Sequence[Compared]) -> Iterator[Compared]:
    from robustcheck.stats.intervals import holm

    worse = iter(holm([case.p for case in cases if case.p is not None]))
    better = iter(holm([case.better_adjusted for case in cases if case.better_adjusted is not None]))
    for case in cases:
        if case.p is None:
            yield case
            continue
        p, q = float(next(worse)), float(next(better))
        yield replace(case, p_adjusted=p, alarm=p < ALPHA, better_adjusted=q, better=q < ALPHA)


def newcombe(a: Estimate, b: Estimate) -> Estimate:
    """Estimate the difference of two independent shares from their Wilson intervals.

    Args:
        a: The first share.
        b: The one that is subtracted.

    Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
    (1998), method 10.
    """
    value = a.value - b.value
    low = value - math.hypot(a.value - a.low, b.high - b.value)
    high = value + math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value, max(low, -1.0), min(high, 1.0), min(a.n, b.n))


def difference_text(case: Compared) -> str:
    """Return ``3.0pp [1.2, 4.9]``, with ``unpaired`` where it is."""
    shown = case.difference
    low, high = (written(end, "pp").removesuffix("pp") for end in (shown.low, shown.high))
    return f"{written(shown.value, 'pp')} [{low}, {high}]" + ("" if case.paired else " unpaired")
