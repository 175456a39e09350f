"""The comment on a pull request: the verdict, what is gated and did not hold, and what changed against the base branch's run."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core.text import written
from robustcheck.report.comparison_table import heads, remarks, verdict
from robustcheck.report.result_lines import NOT_GATED, ResultLine
from robustcheck.report.terminal import discovered, every_note, headline, not_run, rows
from robustcheck.runs.comparison import Compared, Comparison, difference_text

LIMIT: Final = 65_000
"""UTF-8 bytes of a comment: GitHub refuses one of more than 65,536 characters."""
MOST: Final = 64
"""Rows of each table, and pictures of each list, as far as they fit."""
PLAIN: Final = " ,()%+=/-"
"""Marks that nothing is made of within a line of HTML code."""
QUIET: Final = ("pass", NOT_GATED)
"""Verdicts of lines that the comment only counts."""
MOST_OF_REASON: Final = 2000
SHOWN_OF_COMMIT: Final = 12
TOO_MUCH: Final = "The rest does not fit into a comment: it is in the report."

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """What the comment is about.

    Attributes:
        document: The result file of the pull request's run.
        comparison: It against the base branch's run; ``None`` without one.
        url: Where the artifact with the whole report lies; an empty text if nobody knows.
        today: The day from which the age of the base branch's run is counted.
        why_not: Why there is no comparison although there is a run of the base branch; an empty text otherwise.
        commit: Digest of the commit that was looked at; an empty text if nobody knows.
    """

    document: Json
    comparison: Comparison | None
    url: str
    today: datetime.date
    why_not: str = ""
    commit: str = ""


def marker(key: str) -> str:
    """Return the line by which the comment is found again; a key tells several gates of one repository apart."""
    return f"<!-- robustcheck comment {_references(key, ' ')} -->"


def code(text: str) -> str:
    """Return a text as HTML code in which nothing is Markdown, a mention, a reference, or a link.

    GitHub looks for mentions outside of code only, and a character reference is never a mark of Markdown.
    """
    return f"<code>{_references(' '.join(text.split()), PLAIN)}</code>"


def _references(text: str, plain: str) -> str:
    return "".join(char if char.isalnum() or char in plain else f"&#{ord(char)};" for char in text)


def comment(run: Run, key: str = "") -> str:
    """Return the comment in GitHub's Markdown; all that comes from suites and data is inert.

    Lists are cut until the whole fits, and say how much they leave out.
    """
    most = MOST
    while True:
        text = "\n".join([marker(key), *_parts(run, most)]) + "\n"
        if len(text.encode()) <= LIMIT:
            return text
        if not most:
            break
        most //= 2
    # Hundreds of suites with long names: their verdicts alone are too much.
    kept = text.encode()[: LIMIT - len(TOO_MUCH) - 4].decode(errors="ignore").rpartition("\n")[0]
    return f"{kept}\n\n{TOO_MUCH}\n"


def comment_without_result(reason: str, commit: str, key: str = "") -> str:
    """Return the comment on a run that left no result.

    Args:
        reason: Why there is none.
        commit: As in ``Run``.
        key: As for ``comment``.
    """
    lines = [marker(key), *_heading("no result", commit), "The run ended without a result, so nothing is known:\n"]
    return "\n".join([*lines, code(reason[:MOST_OF_REASON])]) + "\n"


def _heading(verdict: str, commit: str) -> Iterator[str]:
    yield f"## robustcheck: {verdict}\n"
    if commit:
        yield f"Commit {code(commit[:SHOWN_OF_COMMIT])}\n"


def _parts(run: Run, most: int) -> Iterator[str]:
    yield from _heading(run.document["verdict"], run.commit)
    for suite in run.document["suites"]:
        yield from _suite(suite, most)
    yield f"{code(discovered(run.document['discovery']))}\n"
    if run.comparison is not None:
        yield from _changes(run.comparison, run.today, most)
    elif run.why_not:
        yield f"### Against the base branch\n\nNot compared: {code(run.why_not[:MOST_OF_REASON])}\n"
    else:
        yield "There is no run of the base branch to compare with.\n"
    if run.url:
        # Quotes and brackets have no place in an address that was checked when it was given.
        yield f'<a href="{run.url}">The whole report, with pictures</a>'


def _suite(suite: Json, most: int) -> Iterator[str]:
    yield f"### {code(suite['title'])}: {suite['verdict']}\n"
    yield f"{code(headline(suite))}\n"
    lines = [line for line in rows(suite) if line.verdict not in QUIET]
    if lines:
        yield "| verdict | case | metric | observed \\[95%\\] | n | bound |"
        yield "|---|---|---|---|---|---|"
        yield from _cut([_row(line) for line in lines], most, "rows")
        yield ""
    counts = [(sum(line.verdict == name for line in rows(suite)), name) for name in QUIET]
    yield "; ".join(f"{count} {name}" for count, name in counts if count) + "\n"
    if suite["not_run"]:
        yield f"{code(not_run(suite))}\n"
    notes = [f"- {code(note)}" for note in every_note(suite)]
    if notes:
        yield from _cut(notes, most, "notes")
        yield ""


def _row(line: ResultLine) -> str:
    told = (line.case, line.metric, line.text or line.observed, line.n, line.bound)
    return f"| {line.verdict} | " + " | ".join(code(text) if text else "" for text in told) + " |"


def _changes(comparison: Comparison, today: datetime.date, most: int) -> Iterator[str]:
    yield "### Against the base branch\n"
    yield f"A is the base branch's run, {age(comparison.a['made'], today)}; B is this one.\n"
    yield from (f"- {code(line)}" for line in heads(comparison))
    yield ""
    changed = [case for case in comparison.cases if case.lost or case.gained or not case.paired]
    if changed:
        yield "| case | n | A | B | A - B \\[95%\\] | lost | gained | p (Holm) | |"
        yield "|---|---|---|---|---|---|---|---|---|"
        yield from _cut([_change(case) for case in changed], most, "cases")
        yield ""
    for case in [case for case in comparison.cases if case.lost][:most]:
        names = [code(name) for name in case.lost]
        more = f" and {len(names) - most:,} more" if len(names) > most else ""
        yield f"**Lost in** {code(case.id)}: {', '.join(names[:most])}{more}\n"
    rest = [case for case in comparison.cases if case.lost][most:]
    if rest:
        yield f"{len(rest):,} more cases lost pictures; the report names them.\n"
    yield from _cut([f"- {code(line)}" for line in remarks(comparison)], most, "notes")
    yield ""
    yield from (f"**{line}**\n" for line in verdict(comparison))


def _change(case: Compared) -> str:
    counts = (str(len(case.lost)), str(len(case.gained)), f"{case.p_adjusted:.3f}") if case.paired else ("", "", "")
    shares = (written(case.a.value, "%"), written(case.b.value, "%"), difference_text(case))
    verdict = "**worse**" if case.alarm else "better" if case.better else ""
    return f"| {' | '.join((code(case.id), str(case.a.n), *map(code, shares), *counts, verdict))} |"


def _cut(lines: Sequence[str], most: int, noun: str) -> Iterable[str]:
    yield from lines[:most]
    if len(lines) > most:
        yield f"\n{len(lines) - most:,} more {noun} are in the report.\n"


def age(made: str, today: datetime.date) -> str:
    """Return how old a run is: ``3 days old``.

    Args:
        made: An ISO date, with or without a time.
        today: From which is counted.
    """
    try:
        day = datetime.datetime.fromisoformat(made).date()
    except ValueError:
        return "of an unknown day"
    days = (today - day).days
    if days < 0:
        return f"dated {day}, which is in the future"
    return "of today" if days == 0 else f"{days} day{'s' if days > 1 else ''} old"
