"""The table a person sees in the terminal, one a suite."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from robustcheck.core.errors import count_of
from robustcheck.domain.result import BARELY, INPUTS
from robustcheck.report.columns import Column, Row, fitted, written
from robustcheck.report.coverage import lines
from robustcheck.report.messages import expectation, is_close, search
from robustcheck.report.result_lines import ResultLine, result_lines

Json = Mapping[str, Any]
CASE: Final = Column("case", 14)
NUMBERS: Final = (
    Column("metric", 14),
    Column("observed [95%]", 20),
    Column("n", 7, right=True),
    Column("bound", 8),
    Column("seconds", 7, right=True),
)
COLUMNS: Final = (Column("verdict", 12), CASE, *NUMBERS)
HEAD: Final = tuple(column.head for column in COLUMNS)
ROOM: Final = 24
"""Columns that ids of cases have at least, where one is so long; with less, each stands on a line of its own above its numbers."""
NAMED_NOT_RUN = 3


def rows(suite: Json) -> list[ResultLine]:
    """Return the lines of a suite's table, without the head."""
    return [line for result in every_result(suite) for line in result_lines(result)]


def every_result(suite: Json) -> tuple[Json, ...]:
    """Return the results of a suite in the order of its table."""
    return (*suite["provenance"], *suite["cases"], *suite["overall"])


def every_note(suite: Json) -> tuple[str, ...]:
    """Return what a reader of a suite's result must know, of the suite, its model and its data."""
    return (*suite["notes"], *suite["model"].get("notes", ()), *suite["data"].get("notes", ()))


def headline(suite: Json) -> str:
    """Return who was tested on what: one line."""
    model, data = suite["model"], suite["data"]
    parts = [f"model {model['name']}" + (f" ({model['digest'][:12]})" if "digest" in model else "")]
    if "size" in data:
        parts.append(f"data {data['name']} ({data['size']} pictures, {data['classes']} classes)")
    else:
        parts.append(f"data {data['name']}")
    parts.append(f"seed {suite['seed']}")
    if "device" in model:
        parts.append(model["device"])
    return ", ".join(parts)


def _drawn(body: Sequence[ResultLine], width: int | None) -> Iterator[tuple[str, str]]:
    """Yield the table itself; where ids of cases have no room beside the numbers, they stand above them."""
    columns: Sequence[Column] = COLUMNS
    rows = [(line.verdict, _beside(line)) for line in body]
    longest = max((len(line.case) for line in body), default=0)
    if fitted(columns, [row for _, row in rows], width)[1] < min(longest, ROOM):
        columns = (COLUMNS[0], *NUMBERS)
        rows = [row for line in body for row in _below(line)]
    for place, text in written(columns, [row for _, row in rows], width):
        yield text, "" if place < 0 else rows[place][0]


def _beside(line: ResultLine) -> Row:
    cells = line.verdict, line.case if line.first else "", *_numbers(line), line.seconds
    return Row(dict(enumerate(cells)), line.text, 2, len(cells))


def _below(line: ResultLine) -> Iterator[tuple[str, Row]]:
    cells = line.verdict, *_numbers(line)
    if line.first:
        yield "", Row({len(cells): line.seconds}, line.case, 0, len(cells))
    yield line.verdict, Row(dict(enumerate(cells)), line.text, 1, len(cells) + 1)


def _numbers(line: ResultLine) -> tuple[str, ...]:
    return line.metric, line.observed, line.n, line.bound


def table(suite: Json, width: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield the lines of a suite's table, each with the verdict that colours it (or an empty text).

    Args:
        suite: Its result.
        width: Of the terminal, in columns; ``None`` where lines may have any length.
    """
    yield headline(suite), ""
    for note in every_note(suite):
        yield f"NOTE {note}", "warn"
    body = rows(suite)
    yield from _drawn(body, width)
    for result in suite["cases"]:
        found = search(result)
        if found:
            yield found, ""
    for combination in suite["combinations"]:
        yield from lines(combination, suite["cases"])
    for result in every_result(suite):
        if result["id"] == INPUTS:
            for problem in result["problems"]:
                yield f"ERROR {problem}", "error"
        if result["verdict"] in ("warn", "waived"):
            breaches = [expectation(line) for line in result["expectations"] if line["verdict"] != "pass"]
            breaches += [*result["problems"], *result["notes"]] if result["kind"] == "provenance" else []
            reason = f" (waived: {result['waiver']})" if result["verdict"] == "waived" else ""
            yield f"{result['verdict'].upper()} {result['id']}: {'; '.join(breaches)}{reason}", result["verdict"]


def wrapped(lines: Iterable[tuple[str, str]], width: int | None) -> Iterator[tuple[str, str]]:
    """Yield lines that fit a width, what follows of one indented; each with the verdict that colours it.

    Args:
        lines: As ``table`` and ``closing`` yield them.
        width: Of the terminal, in columns; ``None`` where lines may have any length.
    """
    for text, verdict in lines:
        if width is None or len(text) <= width:
            yield text, verdict
            continue
        for line in textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False):
            yield line, verdict


NAMED_LEFT_OUT = 4
"""Files that are named in the terminal as left out; the result file has them all."""


def discovered(discovery: Json) -> str:
    """Return which suites were collected and what was left out and why, as one line."""
    count, left_out = len(discovery["suites"]), discovery["left_out"]
    collected = f"{count} suite{'' if count == 1 else 's'} collected"
    if not left_out:
        return f"{collected}, nothing left out"
    named = ", ".join(f"{entry['path']} ({entry['reason']})" for entry in left_out[:NAMED_LEFT_OUT])
    more = len(left_out) - NAMED_LEFT_OUT
    return f"{collected}; {len(left_out)} left out: {named}" + (f" and {more} more" if more > 0 else "")


DIFFERENCES = 3
"""Differences of the data from the training set that are told in the terminal; the largest come first."""


def closing(suite: Json) -> Iterator[tuple[str, str]]:
    """Yield what was looked at, what was not, and at what price."""
    results = every_result(suite)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in suite["counts"].items())
    yield f"{len(results)} results: {counts}; {_price(suite['cases'])}", ""
    early = [result for result in suite["cases"] if result["stopped"]]
    if early:
        yield f"{count_of(len(early), 'case')} stopped early: {early[0]['stopped']}", ""
    close = sum(is_close(line) for result in results for line in result["expectations"])
    if close:
        several = "1 bound is" if close == 1 else f"{close} bounds are"
        yield f"{several} close: within the 95% interval, so that other such pictures could decide otherwise", ""
    yield from _possible(results)
    unreadable = max((result["unreadable"] for result in suite["cases"]), default=0)
    if unreadable:
        were = "is unreadable and was" if unreadable == 1 else "are unreadable and were"
        yield f"NOTE {count_of(unreadable, 'picture')} {were} not looked at", "warn"
    yield from _barely_visible(suite["cases"])
    yield from _people(suite)
    apart = (suite["profile"] or {}).get("differences", ())
    for found in apart[:DIFFERENCES]:
        yield f"data: {found['sentence']}", ""
    if len(apart) > DIFFERENCES:
        yield f"data: {len(apart) - DIFFERENCES} smaller differences are in the result file", ""
    if suite["not_run"]:
        named = ", ".join(suite["not_run"][:NAMED_NOT_RUN])
        more = f" and {len(suite['not_run']) - NAMED_NOT_RUN} more" if len(suite["not_run"]) > NAMED_NOT_RUN else ""
        yield f"NOTE {not_run(suite)}: {named}{more}", "warn"


NAMED_BARELY_VISIBLE = 4
"""Cases that are named in the terminal because they change next to nothing; the result file has them all."""


def _barely_visible(cases: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """Yield which cases change next to nothing of the pictures."""
    told = [(case["id"], note) for case in cases for note in case["notes"] if note.startswith(BARELY)]
    for name, note in told[:NAMED_BARELY_VISIBLE]:
        yield f"NOTE {name}: {note}", "warn"
    if len(told) > NAMED_BARELY_VISIBLE:
        yield f"NOTE {len(told) - NAMED_BARELY_VISIBLE} more cases are {BARELY}; the result file names them", "warn"


ENDS = ("0%", "100%", "0pp")
"""Bounds at the end of a scale, which no number of pictures shows."""
NAMED_ENDS = 5
"""Numbers at the end of their scale that are told in the terminal; the result file has them all."""


def _possible(results: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """Yield what is possible although nothing was seen of what may not happen at all."""
    found = [
        f"{result['id']}: {line['metric']} {line['expect']}: {line['possible']}"
        for result in results
        for line in result["expectations"]
        if line.get("possible") and line["expect"].split()[-1] in ENDS
    ]
    yield from ((text, "") for text in found[:NAMED_ENDS])
    if len(found) > NAMED_ENDS:
        yield f"{len(found) - NAMED_ENDS} more bounds at the end of their scale are in the result file", ""


def not_run(suite: Json) -> str:
    """Return how many cases of the tier were not run."""
    number = len(suite["not_run"])
    return f"{count_of(number, 'case')} of this tier {'was' if number == 1 else 'were'} not run"


def _price(cases: Sequence[Json]) -> str:
    """Return what a suite's cases cost the model."""
    forwards, cached = sum(case["forwards"] for case in cases), sum(case["cached"] for case in cases)
    if not cached:
        return f"{forwards} forward passes"
    if not forwards:  # by a version that did not look again
        return f"no forward pass: all {cached} cases came from the cache (--robustcheck-no-cache looks again)"
    checked = f"{cached} of {len(cases)} cases from the cache, each checked with one live batch"
    return f"{checked}; {forwards} forward passes (--robustcheck-no-cache looks at every picture)"


def _people(suite: Json) -> Iterator[tuple[str, str]]:
    """Yield what people corrected, and what no person need look at."""
    labels = suite["labels"]
    if labels:
        clean = next((case for case in suite["cases"] if case["kind"] == "clean"), None)
        both = ""
        if clean and "accuracy" in clean.get("raw", {}):
            raw, corrected = clean["raw"]["accuracy"]["value"], clean["metrics"]["accuracy"]["value"]
            both = (
                f": clean accuracy {raw:.2%} with the labels of the data set, {corrected:.2%} with the corrected ones"
            )
        told = f"{labels['changed']} changed, {labels['ambiguous']} ambiguous, {labels['confirmed']} confirmed"
        yield f"labels: {labels['overlay']}, {told}{both}", ""
        if labels["waiting"]:
            yield (
                f"NOTE {labels['waiting']} pictures wait for another reviewer; their labels are those of the data set",
                "warn",
            )
    if suite["review"]:
        found = [case["automatic"] for case in suite["cases"] if case.get("automatic")]
        sure = [one for one in found if one["threshold"] is not None]
        shares = [one["automatic"] / one["n"] for one in sure]
        between = f", {min(shares):.1%} to {max(shares):.1%} of the pictures" if shares else ""
        yield f"review: in {len(sure)} of {len(found)} cases some answers need no person{between}", ""
