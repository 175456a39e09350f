"""What must hold before any shift counts: readable pictures and the clean accuracy that was declared.

A wrong resize, crop, mean or channel order is the commonest silent mistake of tools like this one; it shows
in the clean accuracy first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from robustcheck.core.errors import RobustcheckError, count_of
from robustcheck.core.text import written
from robustcheck.core.units import Quantity
from robustcheck.data.source import Source
from robustcheck.domain.config import DataEntry, ModelEntry
from robustcheck.domain.estimate import Estimate
from robustcheck.domain.suite import Declared, Suite, declared_of
from robustcheck.domain.threshold import Rule
from robustcheck.domain.verdict import Judgement
from robustcheck.engine.gates.constant_answers import constant_answers
from robustcheck.engine.gates.verdicts import gate_of, measure
from robustcheck.engine.options import Options
from robustcheck.metrics.records import Observation
from robustcheck.stats.intervals import pictures_within

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
        notes: What these pictures are too few to tell.
        doubts: Why no number of any case is to be believed.
    """

    judgements: list[Judgement]
    refusal: str
    problems: list[str]
    advice: list[str]
    notes: list[str]
    doubts: list[str]

    @property
    def inconclusive(self) -> bool:
        """Whether ``decide: confident`` asks for more than these pictures can tell of a declared accuracy."""
        return any(judgement.inconclusive for judgement in self.judgements)


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
        limited: Whether only a sample was looked at, see ``sampled``. That widens what counts as reproduced to what chance allows; where chance allows more than the tolerance, the sample cannot tell, which is said, and is not
            enough for ``decide: confident``.
        raw: The clean accuracy with the labels of the data set itself, where people corrected some: what the entry declares is about
            those, and a suite that names an overlay cannot change it.
    """
    problems = _unreadable_problems(suite, data, len(clean.records), unreadable)
    observed, doubts = measure(clean, "accuracy"), constant_answers(clean.records)
    claims = declared_of(suite.declared, entry, suite.data, apart=raw is not None)
    numbers = [raw if raw is not None and claim is not suite.declared else observed for claim in claims]
    rule = suite.clean.rule
    judgements = [
        _reproduced(claim, number, rule, limited=limited) for claim, number in zip(claims, numbers, strict=True)
    ]
    notes = [
        f"the declared {claim.accuracy} within {claim.tolerance} ({claim.where}) is not contradicted: {judgement.possible}"
        for claim, judgement in zip(claims, judgements, strict=True)
        if judgement.possible
    ]
    if len(judgements) > 1:
        # The entry's comes first and keeps the name.
        judgements[1] = replace(judgements[1], name=f"{judgements[1].name}[suite]")
    missed = [
        claim
        for claim, judgement in zip(claims, judgements, strict=True)
        if not (judgement.holds or judgement.inconclusive)
    ]
    if not missed:
        return Gate(judgements, "", problems, [], notes, doubts)
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
    return Gate(judgements, refusal, problems, [refusal, *advice], notes, doubts)


def sampled(pictures: int, limit: int | None, data: DataEntry) -> bool:
    """Whether the pictures looked at may be a part of the data set: a limit that leaves room took all of them.

    Args:
        pictures: How many there are.
        limit: How many were asked for on the command line.
        data: The data set's entry, whose own limit holds where none was asked for.
    """
    most = data.limit if limit is None else limit
    return most is not None and pictures >= most


def _reproduced(declared: Declared, observed: Estimate, rule: Rule, *, limited: bool) -> Judgement:
    """Hold the clean accuracy against a declared one: exactly, or as far as a sample of the pictures can tell."""
    claim, tolerance = declared.accuracy.value, declared.tolerance.value + 1e-12
    confident = limited and rule.decide == "confident"
    ends = gate_of("accuracy", observed, rule.confidence) if confident else (observed.low, observed.high)
    if not limited:
        ends = observed.value, observed.value
    holds = ends[0] - tolerance <= claim <= ends[1] + tolerance
    undecided = holds and not (claim - tolerance <= ends[0] and ends[1] <= claim + tolerance)
    needed = pictures_within(claim, tolerance) if undecided else None
    return Judgement(
        name="declared accuracy",
        expect=f"{declared.accuracy} ± {declared.tolerance}",
        estimate=observed,
        holds=holds and not (undecided and confident),
        straddles=undecided,
        unit="%",
        rule=rule if confident else Rule(),
        gate=ends if confident else None,
        inconclusive=undecided and confident,
        needs=needed if confident else None,
        possible=_cannot_tell(observed, ends, needed) if undecided else "",
    )


def _cannot_tell(observed: Estimate, ends: tuple[float, float], needed: int | None) -> str:
    low, high = (written(end, "%") for end in ends)
    told = (
        f"{count_of(observed.n, 'picture')} cannot tell; {written(observed.value, '%')} of them are right, and anything from "
        f"{low} to {high} is possible"
    )
    return told + (f"; about {needed} pictures would tell, or all of the data set" if needed else "")


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
    from robustcheck.engine.tools.doctor import diagnose

    try:
        found = diagnose(entry, source, pictures=FEW, device=options.device)
        if found.healthy and found.pictures == FEW:
            # The accuracy is wrong and a few pictures cannot say why: more of them may.
            found = diagnose(entry, source, pictures=MORE, device=options.device)
        return list(found.lines())
    except RobustcheckError as error:
        return [f"the doctor could not look: {error}"]
