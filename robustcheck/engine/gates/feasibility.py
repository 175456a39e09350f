"""Gates that could not pass whatever the model does, since there are too few pictures to prove what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import CaseError, Problem, RobustcheckError, SuiteError, did_you_mean
from robustcheck.data import OpenSources
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.suite import Overall, Suite
from robustcheck.domain.threshold import Rule, Threshold
from robustcheck.engine.options import Options
from robustcheck.engine.sample_index import Index, build_index
from robustcheck.metrics.groups import column_of, values_of
from robustcheck.metrics.shares import imagine, pictures_of
from robustcheck.stats.intervals import least_pictures, paired_difference


def refuse_unprovable(suite: Suite, project: Project, options: Options, sources: OpenSources) -> None:
    """Refuse a suite with an expectation that no result on these pictures could prove.

    Args:
        suite: Expectations that are not decided as ``confident`` can always pass.
        project: Where its data set is found.
        options: How many pictures are looked at.
        sources: The data sets of the run.

    Raises:
        SuiteError: With every such expectation and the number of pictures that it takes.
    """
    problems = list(unprovable_lines(suite, project, sources, options.limit))
    if problems:
        raise SuiteError(list(dict.fromkeys(problems)))


def countable(suite: Suite, project: Project) -> tuple[list[Problem], str]:
    """Return what is wrong with a suite on these pictures, as far as their names tell, and why that could not be seen.

    Args:
        suite: Of the project.
        project: Where its data set is found.

    Returns:
        The problems, and a reason; an empty one where the pictures were counted.
    """
    sources = OpenSources()
    try:
        _open_index(suite, project, sources, None)
    except RobustcheckError as error:
        return [], str(error)
    return [*unprovable_lines(suite, project, sources), *empty_lines(suite, project, sources)], ""


def unprovable_lines(
    suite: Suite, project: Project, sources: OpenSources, limit: int | None = None
) -> Iterator[Problem]:
    """Yield a problem for each expectation that no result could prove; nothing where the data set cannot be listed.

    Args:
        suite: Of the project.
        project: Where its data set is found.
        sources: The data sets of the run.
        limit: How many pictures are looked at; ``None`` for all.
    """
    lines = [(rule, line) for rule, line in _lines(suite) if rule.decide == "confident"]
    index = _listed(suite, project, sources, limit) if lines else None
    if index is None:
        return
    classes = project.models[suite.model].classes
    problems = (unprovable(rule, line, index, classes) for rule, line in lines)
    yield from filter(None, problems)


def empty_lines(suite: Suite, project: Project, sources: OpenSources) -> Iterator[Problem]:
    """Yield a problem for each expectation of groups or shares of the pictures that hold none of them.

    In a run it is an error of the case.
    """
    lines = [line for _, line in _lines(suite) if registry.metrics[line.metric].facts.may_be_of_none]
    index = _listed(suite, project, sources, None) if lines else None
    if index is None:
        return
    for line in lines:
        facts = registry.metrics[line.metric].facts
        try:
            if facts.argument == "group":
                _check_group(index, *line.argument)
            elif facts.pictures is not None:
                facts.pictures(line.argument[0], len(index.labels))
        except CaseError as error:
            yield Problem(line.where, Code.NO_SUCH_PICTURES, str(error))


def _check_group(index: Index, column: str, value: str = "") -> None:
    known = values_of(column_of(index.columns, column))
    if value and value not in known:
        raise CaseError(f"no picture has {column} = {value}; {did_you_mean(value, known)}")


def _lines(suite: Suite) -> Iterator[tuple[Rule, Threshold]]:
    items: list[Case | Overall] = [*suite.cases, *suite.overall]
    for item in items:
        for line in item.expectations if isinstance(item, Case) else (item.threshold,):
            yield item.rule, line


def _listed(suite: Suite, project: Project, sources: OpenSources, limit: int | None) -> Index | None:
    try:
        return _open_index(suite, project, sources, limit)
    except RobustcheckError:
        # Every case will say so.
        return None


def _open_index(suite: Suite, project: Project, sources: OpenSources, limit: int | None) -> Index:
    source = sources.open(project.data[suite.data], seed=suite.seed, limit=limit)
    return build_index(source, project.models[suite.model].classes)


def unprovable(rule: Rule, line: Threshold, index: Index, classes: tuple[str, ...]) -> Problem | None:
    """Return why no result on these pictures could prove an expectation, or ``None``."""
    if rule.decide != "confident":
        return None
    confidence, at_least = rule.confidence, line.comparison in (">=", ">")
    for part in counts_of(line, index, classes):
        if part.paired:
            needed = None if at_least else _pairs_needed(line.bound.value, confidence)
        else:
            strict = line.comparison in (">", "<")
            needed = least_pictures(line.bound.value, at_least=at_least, confidence=confidence, strict=strict)
            if needed is None:
                what = f"{line} cannot be proven at {confidence * 100:g}% with any number of pictures: none shows that it never happens"
                return Problem(
                    line.where, Code.UNPROVABLE, what, "ask for less, such as 1% and 99%, or write decide: point"
                )
        if needed is not None and part.count < needed:
            perfect = "not one error" if at_least or part.paired else "not one case"
            what = f"{line} cannot be proven at {confidence * 100:g}% with {part.count} pictures{part.of}, even if there is {perfect}: it takes {needed}"
            return Problem(line.where, Code.UNPROVABLE, what, "add pictures, ask for less, or write decide: point")
    return None


@dataclass(frozen=True, slots=True)
class Part:
    """Some pictures that an expectation is about.

    Attributes:
        of: Words for which, behind their number; empty for all.
        count: How many there are.
        paired: Whether it is about the difference of two shares of them.
    """

    of: str
    count: int
    paired: bool = False


def counts_of(line: Threshold, index: Index, classes: tuple[str, ...]) -> list[Part]:
    """Return of how many pictures an expectation is, the fewest first; nothing where that is not known."""
    facts, count = registry.metrics[line.metric].facts, len(index.labels)
    if facts.pictures is not None:
        try:
            return [Part(*facts.pictures(line.argument[0], count))]
        except CaseError:
            return []
    ids = np.array([sample.id for sample in index.samples])
    imagined = imagine(line.metric, line.argument, pictures_of(ids, index.labels, classes, index.columns))
    if not imagined.known:
        # Of which pictures is up to the model: it can be no more than all.
        return [Part("", count, imagined.shares[0].before is not None)] if imagined.shares else []
    parts = [
        Part(f" {share.of}" if share.of else "", int(share.scope.sum()), share.before is not None)
        for share in imagined.shares
    ]
    return sorted(parts, key=lambda part: part.count)


def _pairs_needed(bound: float, confidence: float) -> int | None:
    """Return how many pairs without any difference prove that less than a bound is lost."""
    if bound <= 0:
        return None
    low, high = 1, 2
    while not _proves(high, bound, confidence):
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _proves(middle, bound, confidence) else (middle + 1, high)
    return high


def _proves(n: int, bound: float, confidence: float) -> bool:
    limits = paired_difference(0, 0, n).limits
    assert limits is not None  # noqa: S101 - Tango's always are
    return limits(confidence)[1] <= bound
