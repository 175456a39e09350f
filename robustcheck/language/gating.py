"""What a suite gates in truth: what its clean case inherits, whether anything absolute is demanded, and what excuses most of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location
from robustcheck.domain.case import Case
from robustcheck.domain.config import ModelEntry
from robustcheck.domain.suite import MOST, Overall, Suite, declared_of
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.waiver import Waiver
from robustcheck.language.value_types import Reading

RELATIVE: Final = ("relative_mce",)
"""Metrics of ``overall`` lines that are relative to the clean case; of the others, their decorators say so."""

Expected = dict[tuple[str, tuple[str, ...]], Threshold]


def measures_clean(metric: str) -> bool:
    """Whether a metric says something about the pictures as they are: no comparison with them, and none of other kinds of case."""
    facts = registry.metrics[metric].facts
    return bool(not facts.paired and (not facts.kinds or "clean" in facts.kinds))


def inherited_by_clean(expected: Expected) -> Expected:
    """Return the suite's expectations that hold for the clean case unless it says otherwise."""
    return {key: line for key, line in expected.items() if measures_clean(line.metric)}


def compares(line: Threshold) -> bool:
    """Whether a threshold bounds what changes from the clean pictures, so that a model that knows nothing fulfils it."""
    return bool(registry.metrics[line.metric].facts.paired)


def is_relative(line: Threshold) -> bool:
    """Whether a threshold is about the pictures alone that are right as they are, however few these are."""
    return compares(line) or bool(registry.metrics[line.metric].facts.relative)


def check_absolute(
    cases: Sequence[Case], overall: Sequence[Overall], declared: bool, where: Location, model: str, reading: Reading
) -> None:
    """Report a suite whose gates all compare with the clean case, of which nothing is demanded.

    Gates on an attack's success are about pictures that are right without it, and turn no comparison into more. Where there are no
    others, ``ungated_clean`` says what is not gated.

    Args:
        cases: Of the suite, the clean one first.
        overall: Its ``overall`` lines.
        declared: Whether the suite or the entry of its model declares an accuracy on its data.
        where: The suite.
        model: Name of the model that is tested.
        reading: Where problems go.
    """
    clean, *others = cases
    if declared or any(not line.warns for line in clean.expectations):
        return
    lines = [line for case in others for line in case.thresholds]
    # What only warns gates nothing, unless the whole suite does.
    lines = [line for line in lines if not line.warns] or lines
    apart = [line.threshold for line in overall if line.aggregate not in RELATIVE]
    comparing = len(apart) < len(overall) or any(map(compares, [*lines, *apart]))
    if comparing and all(map(is_relative, [*lines, *apart])):
        names = sorted({line.metric for line in lines} | {_name(line) for line in overall})
        what = (
            f"every gate of the suite is relative to the clean pictures ({', '.join(names)}), and nothing is demanded of these: a "
            "model that is always wrong would pass"
        )
        hint = (
            'write clean: {expect: {accuracy: ">= 90%"}}, or declared: beside the data set under '
            f"{model} in configs/models.yaml"
        )
        reading.add(where, Code.NOTHING_EXPECTED, what, hint)


def _name(line: Overall) -> str:
    return line.aggregate if line.aggregate in RELATIVE else line.threshold.metric


def ungated_clean(suite: Suite, entry: ModelEntry | None) -> Iterable[str]:
    """Yield a note where nothing is demanded of the clean pictures; in a report their row says so.

    Args:
        suite: The suite.
        entry: Of its model; ``None`` where the configuration could not be read, which may declare an accuracy.
    """
    if entry and not suite.clean.expectations and not declared_of(suite.declared, entry, suite.data):
        yield (
            f"{suite.clean.where}: the clean case is not gated: the suite expects nothing that it could inherit, and nothing is "
            "declared"
        )


def depends_on_counts(suite: Suite) -> bool:
    """Whether an expectation of a suite may be one that no result on too few pictures could fulfil."""
    lines = [(case.rule, line) for case in suite.cases for line in case.expectations]
    lines += [(line.rule, line.threshold) for line in suite.overall]
    return any(rule.decide == "confident" or registry.metrics[line.metric].facts.may_be_of_none for rule, line in lines)


def _only_warns(case: Case) -> bool:
    lines = case.expectations
    return case.severity == "warn" or (bool(lines) and all(line.warns for line in lines))


def excused(
    cases: Sequence[Case],
    waivers: Sequence[Waiver],
    waives: Callable[[Waiver, Case], bool],
    severity: tuple[str, Location] | None,
) -> Iterable[str]:
    """Yield a note for each way in which most of a suite cannot fail the build.

    Args:
        cases: All of its cases.
        waivers: Those that have not expired.
        waives: Whether a waiver names a case.
        severity: What the suite itself says, and where; ``None`` where it does not.
    """
    total = len(cases)
    alone = [(waiver, sum(waives(waiver, case) for case in cases)) for waiver in waivers]
    wide = [(waiver, count) for waiver, count in alone if count > MOST * total]
    for waiver, count in wide:
        yield f"{waiver.where}: the waiver of {waiver.owner} for {waiver.case} excuses {count} of {total} cases"
    together = sum(any(waives(waiver, case) for waiver in waivers) for case in cases)
    if not wide and together > MOST * total:
        yield f"{waivers[0].where}: {len(waivers)} waivers together excuse {together} of {total} cases"
    warning = sum(map(_only_warns, cases))
    if severity is not None and severity[0] == "warn":
        yield f"{severity[1]}: severity: warn at the top of the suite: {warning} of {total} cases cannot fail the build"
    elif warning > MOST * total:
        yield f"{cases[0].where}: {warning} of {total} cases have severity: warn and cannot fail the build"
    either = sum(_only_warns(case) or any(waives(waiver, case) for waiver in waivers) for case in cases)
    if max(together, warning) <= MOST * total < either:
        yield f"{waivers[0].where}: {either} of {total} cases are waived or have severity: warn, and cannot fail the build"
