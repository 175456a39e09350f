"""What must hold before any shift counts: readable pictures and the clean accuracy that was declared.

A wrong resize, crop, mean or channel order is the commonest silent mistake of tools like this one; it shows
in the clean accuracy first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from robustcheck.data.source import Source
from robustcheck.engine.options import Options
from robustcheck.errors import RobustcheckError
from robustcheck.language.bounds import declared_of
from robustcheck.language.entries import DataEntry, ModelEntry
from robustcheck.language.plan import Declared, Suite
from robustcheck.measure.intervals import Estimate
from robustcheck.measure.records import Observation
from robustcheck.measure.verdicts import Judgement, measure, written
from robustcheck.units import Quantity

NAMED = 5
FEW, MORE = 64, 256
"""Pictures that the doctor tries first, and if these cannot tell."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Findings on the clean pictures.

    Attributes:
        judgements: Each declared accuracy held against the observed one.
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
    data: DataEntry,
    source: Source | None,
    clean: Observation,
    unreadable: Sequence[tuple[str, str]],
    options: Options,
    *,
    limited: bool,
    raw: Estimate | None = None,
) -> Gate:
    """Look at the clean pictures.

    Args:
        suite: May declare an accuracy, beside what the model's entry declares for this data set.
        entry: The model's entry.
        data: The data set's entry.
        source: The data, for the doctor; ``None`` where nothing can be looked at, and the doctor is not asked.
        clean: Records of the clean case.
        unreadable: Id and reason of each picture that could not be decoded.
        options: How to run the doctor.
        limited: Whether only a sample was asked for. That, like the ``limit`` of the entry, widens what counts as reproduced to
            what chance allows.
        raw: The clean accuracy with the labels of the data set itself, where people corrected some: what the entry declares is about
            those, and a suite that names an overlay cannot change it.
    """
    problems = _unreadable_problems(suite, data, len(clean.records), unreadable)
    observed = measure(clean, "accuracy")
    limited = limited or data.limit is not None
    claims = declared_of(suite.declared, entry, suite.data, apart=raw is not None)
    numbers = [raw if raw is not None and claim is not suite.declared else observed for claim in claims]
    judgements = [_reproduced(claim, number, limited=limited) for claim, number in zip(claims, numbers, strict=True)]
    if len(judgements) > 1:
        # The entry's comes first and keeps the name.
        judgements[1] = replace(judgements[1], name=f"{judgements[1].name}[suite]")
    missed = [claim for claim, judgement in zip(claims, judgements, strict=True) if not judgement.holds]
    if not missed:
        return Gate(judgements, "", problems, [])
    told = " and not ".join(
        f"the declared {claim.accuracy} within {claim.tolerance} ({claim.where})" for claim in missed
    )
    accuracy = written(observed.value, "%")
    if raw is not None:
        accuracy = f"{written(raw.value, '%')} with the labels of the data set, {accuracy} with the corrected ones"
    refusal = (
        f"the clean accuracy is {accuracy}, not {told}, so nothing measured after it counts; run "
        f"`robustcheck doctor {entry.name} {suite.data}`"
    )
    advice = _advice(entry, source, options) if source else ()
    return Gate(judgements, refusal, problems, [refusal, *advice])


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


def _unreadable_problems(
    suite: Suite, data: DataEntry, readable: int, unreadable: Sequence[tuple[str, str]]
) -> list[str]:
    """Hold the unreadable pictures against what the suite allows, and that against what its data set's entry allows."""
    total = readable + len(unreadable)
    most = min(_pictures(suite.max_unreadable, total), _pictures(data.max_unreadable, total))
    if len(unreadable) <= most:
        return []
    allowed = str(suite.max_unreadable)
    if len(unreadable) <= _pictures(suite.max_unreadable, total):
        allowed = (
            f"{data.max_unreadable} ({data.where}; the suite's max_unreadable: {suite.max_unreadable} holds up to that)"
        )
    named = "; ".join(f"{name}: {reason}" for name, reason in unreadable[:NAMED])
    more = f"; and {len(unreadable) - NAMED} more" if len(unreadable) > NAMED else ""
    return [f"{len(unreadable)} of {total} pictures are unreadable, allowed are {allowed}: {named}{more}"]


def _pictures(allowed: Quantity, total: int) -> float:
    return allowed.value * total + 1e-9 if allowed.unit == "%" else allowed.number


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
