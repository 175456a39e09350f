"""What GitHub Actions shows: a step summary and annotations on the lines of the suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from robustcheck.core.regular_files import open_to_change
from robustcheck.domain.verdict import FAILING
from robustcheck.report.charts import charts
from robustcheck.report.messages import expectation
from robustcheck.report.result_lines import ResultLine
from robustcheck.report.terminal import HEAD, discovered, every_note, every_result, headline, not_run, rows

SUMMARY_LIMIT = 1 << 20
"""Bytes a step may add to its summary before GitHub refuses all of it."""

RESIDUALS = 5
"""Pictures of each list of residuals that the summary names."""
ANNOTATIONS = 10
"""Annotations of one kind that GitHub shows for a step."""

Json = Mapping[str, Any]


def summary(result: Json) -> str:
    """Return the step summary in Markdown; everything from suites and data is escaped."""
    parts = [f"## robustcheck: {result['verdict']}\n"]
    for suite in result["suites"]:
        parts.append(f"### {_cell(suite['title'])}: {suite['verdict']}\n\n{_cell(headline(suite))}\n")
        parts += [f"**Note:** {_cell(note)}\n" for note in every_note(suite)]
        body = "\n".join("| " + " | ".join(map(_cell, _cells(line))) + " |" for line in rows(suite))
        parts.append("| " + " | ".join(HEAD) + " |\n" + "|---" * len(HEAD) + "|\n" + body + "\n")
        if suite["not_run"]:
            parts.append(f"{not_run(suite)}.\n")
        parts += charts(suite)
        parts += _residuals(suite["residuals"])
    parts.append(f"{_cell(discovered(result['discovery']))}\n")
    return "\n".join(parts)


def _cells(line: ResultLine) -> tuple[str, ...]:
    observed = line.text or line.observed
    return line.verdict, line.case if line.first else "", line.metric, observed, line.n, line.bound, line.seconds


def _residuals(found: Json | None) -> list[str]:
    """Return the first pictures of each list that a person should look at."""
    lines = []
    for kind, title in (("label_suspects", "labels in doubt"), ("edge_cases", "edge cases"), ("fragile", "fragile")):
        pictures = found[kind]["pictures"][:RESIDUALS] if found else []
        told = [
            _cell(f"{one['id']}: {one['label']} -> {one['predicted']} ({one['confidence']:.0%})") for one in pictures
        ]
        if told and found:
            lines.append(f"**{found[kind]['count']} {title}**, first of all {'; '.join(told)}\n")
    return lines


def append_summary(result: Json, path: Path) -> None:
    """Add the summary to the file that GitHub names, cut to what it accepts."""
    text = summary(result).encode()
    left = SUMMARY_LIMIT - (path.stat().st_size if path.exists() else 0)
    if len(text) > left:
        end = b"\n\n(cut: the whole result is in the report's artifact)\n"
        text = text[: max(0, left - len(end))].rpartition(b"\n")[0] + end if left > len(end) else b""
    with open_to_change(path, "ab") as file:
        file.write(text)


def workflow_commands(result: Json) -> Iterator[str]:
    """Yield annotations for the worst results, ten at most, as commands that the runner reads off the output."""
    failing = [
        case
        for suite in result["suites"]
        for case in every_result(suite)
        if case["verdict"] in FAILING or case["verdict"] == "warn"
    ]
    failing.sort(key=lambda case: case["verdict"] == "warn")
    for case in failing[:ANNOTATIONS]:
        level = "warning" if case["verdict"] == "warn" else "error"
        breaches = [expectation(line) for line in case["expectations"] if line["verdict"] != "pass"]
        text = "\n".join([*case["problems"], *breaches])
        yield f"::{level} file={_property(case['file'])},line={case['line']},title={_property(case['id'])}::{_data(text)}"


def _cell(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for char in "\\`*_[]|#":
        escaped = escaped.replace(char, f"\\{char}")
    return " ".join(escaped.split())


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
