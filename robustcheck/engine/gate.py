"""What must hold before any shift counts: readable pictures and the clean accuracy that was declared.

A wrong resize, crop, mean or channel order is the commonest silent mistake of tools like this one; it shows
in the clean accuracy first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from robustcheck.data.source import Source
from robustcheck.engine.options import Options
from robustcheck.errors import RobustcheckError
from robustcheck.language.entries import ModelEntry
from robustcheck.language.plan import Declared, Suite
from robustcheck.measure.intervals import Estimate
from robustcheck.measure.records import Observation
from robustcheck.measure.verdicts import Judgement, measure, written
from robustcheck.units import Quantity

DEFAULT_TOLERANCE = Quantity(0.5, "pp")
NAMED = 5
FEW, MORE = 64, 256
"""Pictures that the doctor tries first, and if these cannot tell."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Findings on the clean pictures.

    Attributes:
        judgements: The declared accuracy held against the observed one, if one is declared.
        refusal: Why no shift counts; empty when they do.
        problems: What makes every case of the suite an error.
        advice: What makes the clean case an error: the refusal and what the doctor found.
    """

    judgements: list[Judgement]
    refusal: str
    problems: list[str]
    advice: list[str]


def open_gate(
    suite: Suite,
    entry: ModelEntry,
    source: Source | None,
    clean: Observation,
    unreadable: Sequence[tuple[str, str]],
    options: Options,
    *,
    limited: bool,
) -> Gate:
    """Look at the clean pictures.

    Args:
        suite: May declare an accuracy; otherwise the model's entry may, for this data set.
        entry: The model's entry.
        source: The data, for the doctor; ``None`` where nothing can be looked at, and the doctor is not asked.
        clean: Records of the clean case.
        unreadable: Id and reason of each picture that could not be decoded.
        options: How to run the doctor.
        limited: Whether only a sample was looked at, which widens what counts as reproduced to what chance allows.
    """
    problems = _unreadable_problems(suite, len(clean.records), unreadable)
    declared = declared_accuracy(suite, entry)
    if declared is None:
        return Gate([], "", problems, [])
    judgement = _reproduced(declared, measure(clean, "accuracy"), limited=limited)
    if judgement.holds:
        return Gate([judgement], "", problems, [])
    observed = written(judgement.estimate.value, "%")
    refusal = (
        f"the clean accuracy is {observed}, not the declared {declared.accuracy} within {declared.tolerance} "
        f"({declared.where}), so nothing measured after it counts; run `robustcheck doctor {entry.name} {suite.data}`"
    )
    advice = _advice(entry, source, options) if source else ()
    return Gate([judgement], refusal, problems, [refusal, *advice])


def declared_accuracy(suite: Suite, entry: ModelEntry) -> Declared | None:
    """Return what the suite declares, else what the model's entry declares for the suite's data."""
    if suite.declared:
        return suite.declared
    if suite.data in entry.declared:
        return Declared(entry.declared[suite.data], DEFAULT_TOLERANCE, entry.where)
    return None


def _reproduced(declared: Declared, observed: Estimate, *, limited: bool) -> Judgement:
    claim, tolerance = declared.accuracy.value, declared.tolerance.value
    holds = abs(observed.value - claim) <= tolerance + 1e-12
    if limited and not holds:
        holds = observed.low - tolerance <= claim <= observed.high + tolerance
    return Judgement(
        name="declared accuracy",
        expect=f"{declared.accuracy} ± {declared.tolerance}",
        estimate=observed,
        holds=holds,
        straddles=False,
        unit="%",
    )


def _unreadable_problems(suite: Suite, readable: int, unreadable: Sequence[tuple[str, str]]) -> list[str]:
    allowed = suite.max_unreadable
    total = readable + len(unreadable)
    most = allowed.value * total if allowed.unit == "%" else allowed.number
    if len(unreadable) <= most:
        return []
    named = "; ".join(f"{name}: {reason}" for name, reason in unreadable[:NAMED])
    more = f"; and {len(unreadable) - NAMED} more" if len(unreadable) > NAMED else ""
    return [f"{len(unreadable)} of {total} pictures are unreadable, allowed are {allowed}: {named}{more}"]


def _advice(entry: ModelEntry, source: Source, options: Options) -> list[str]:
    from robustcheck.engine.doctor import diagnose

    try:
        found = diagnose(entry, source, pictures=FEW, device=options.device)
        if found.healthy and found.pictures == FEW:
            # The accuracy is wrong and a few pictures cannot say why: more of them may.
            found = diagnose(entry, source, pictures=MORE, device=options.device)
        return list(found.lines())
    except RobustcheckError as error:
        return [f"the doctor could not look: {error}"]
