"""The table of two runs as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from robustcheck.core.text import named, printable, written
from robustcheck.runs.comparison import ALPHA, Compared, Comparison, difference_text

HEAD: Final = ("CASE", "N", "A", "B", "A - B [95%]", "LOST", "GAINED", "P", "")
LEAST: Final = 0.001
"""Probabilities below it are not told apart."""


def heads(comparison: Comparison) -> Iterator[str]:
    """Yield which model each side is, and what a reader must know before the table."""
    for side, run in (("A", comparison.a), ("B", comparison.b)):
        models = dict.fromkeys(_model(suite) for suite in run["suites"])
        yield f"{side}: {', '.join(models)} in {run['name']}, {run['made']}"
    for note in comparison.notes:
        yield f"NOTE {note}"


def rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the rows of the table, the greatest loss first."""
    several = len(comparison.a["suites"]) > 1
    return [_row(case, several) for case in comparison.cases]


def closing(comparison: Comparison) -> Iterator[str]:
    """Yield which pictures flipped, which cases were not compared, and what stands in the end."""
    yield from _flips(comparison)
    yield from remarks(comparison)
    yield from verdict(comparison)


def _flips(comparison: Comparison) -> Iterator[str]:
    several = len(comparison.a["suites"]) > 1
    for case in comparison.cases:
        flips = (("lost", case.lost), ("gained", case.gained))
        told = [f"{what} {named(names)}" for what, names in flips if names]
        if told:
            yield f"{_name(case.suite, case.id, several)}: {'; '.join(told)}"


def remarks(comparison: Comparison) -> Iterator[str]:
    """Yield which cases were not compared, or are compared with less certainty, and why."""
    several = len(comparison.a["suites"]) > 1
    for case in comparison.cases:
        if not case.paired:
            yield f"NOTE {_name(case.suite, case.id, several)} is not paired: {printable(case.why_unpaired)}"
    early = [_name(case.suite, case.id, several) for case in comparison.cases if case.stopped]
    if early:
        yield f"NOTE of cases that stopped early both accuracies are rough: {named(early)}"
    for suite, case_id, why in comparison.not_compared:
        yield f"not compared: {_name(suite, case_id, several)}: {why}"
    for what, cases in (("only in A", comparison.gone), ("only in B", comparison.new)):
        if cases:
            yield f"{what}: {named(_name(suite, case_id, several) for suite, case_id in cases)}"


def verdict(comparison: Comparison) -> Iterator[str]:
    """Yield what stands in the end: in how many cases B is worse and better."""
    paired = [case for case in comparison.cases if case.paired]
    alarms, better = comparison.alarms, [case for case in paired if case.better]
    family = f"{len(paired)} paired cases (exact McNemar, Holm, {ALPHA:.0%} over all)"
    if not paired:
        yield "no case has the records of both runs on the same pictures, so nothing can be said about significance"
    elif not any(case.lost or case.gained for case in paired):
        yield f"no significant difference: both runs have the same pictures right in all of {family}"
    elif not alarms and not better:
        yield f"no significant difference in any of {family}"
    else:
        yield f"B is worse in {len(alarms)} and better in {len(better)} of {family}"


def _row(case: Compared, several: bool) -> tuple[str, ...]:
    n = str(case.a.n) if case.a.n == case.b.n else f"{case.a.n}/{case.b.n}"
    flips = (str(len(case.lost)), str(len(case.gained))) if case.paired else ("", "")
    mark = "WORSE" if case.alarm else ("better" if case.better else "")
    return (
        _name(case.suite, case.id, several),
        n,
        written(case.a.value, "%"),
        written(case.b.value, "%"),
        difference_text(case),
        *flips,
        _probability(case.p_adjusted),
        mark,
    )


def _probability(p: float | None) -> str:
    if p is None:
        return ""
    return f"<{LEAST}" if p < LEAST else f"{p:.3f}"


def _model(suite: dict[str, Any]) -> str:
    digest = f" ({suite['model_digest'][:12]})" if suite["model_digest"] else ""
    return printable(suite["model"] + digest)


def _name(suite: str, case: str, several: bool) -> str:
    return printable(f"{suite}::{case}" if several else case)
