"""Decisions that were made elsewhere, held against the data before any of them counts."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from robustcheck.core.errors import DataError, did_you_mean
from robustcheck.core.regular_files import read_regular
from robustcheck.core.text import printable
from robustcheck.data.labels.overlay import AMBIGUOUS, Decision, parse
from robustcheck.review import label_studio, table
from robustcheck.review.review_dataset import Ground

AHEAD: Final = datetime.timedelta(minutes=5)
"""How far the clocks of two machines may lie apart."""
NAMED: Final = 10
"""Problems that are told."""
LARGEST: Final = 1 << 30
"""Bytes of a file; a larger one is not read."""


def read_brought(path: Path, ground: Ground, reviewers: Sequence[str]) -> list[Decision]:
    """Return the decisions of a file of Label Studio (JSON) or of a table (``.csv``), in the order of their times.

    Raises:
        DataError: The file cannot be read, or one of the decisions does not fit the data; then none counts.
    """
    shown = printable(str(path))
    try:
        content = read_regular(path, LARGEST)
    except OSError as error:
        raise DataError(f"{shown}: it cannot be read: {error.strerror}") from None
    if path.suffix.lower() == ".csv":
        try:
            found = list(table.decisions_of(content.decode(), shown))
        except UnicodeDecodeError as error:
            raise DataError(f"{shown}: this table is not UTF-8 at byte {error.start}") from None
        names = [one for one in reviewers if "=" not in one]
        if len(names) == 1:
            found = [(where, one if one.reviewer else _by(one, names[0])) for where, one in found]
    else:
        found = list(label_studio.decisions_of(content, shown, reviewers))
    problems = [f"{where}: {problem}" for where, one in found if (problem := _problem(one, ground))]
    if problems:
        more = [f"and {len(problems) - NAMED} more"] if len(problems) > NAMED else []
        raise DataError("\n".join([*problems[:NAMED], *more, "nothing was imported"]))
    return sorted((one for _, one in found), key=lambda one: one.when)


def in_future(decision: Decision) -> bool:
    """Whether a decision was made later than now."""
    return decision.when > datetime.datetime.now(datetime.UTC) + AHEAD


def _by(decision: Decision, reviewer: str) -> Decision:
    from dataclasses import replace

    return replace(decision, reviewer=reviewer)


def _problem(decision: Decision, ground: Ground) -> str:
    """Return why a decision cannot count, in the words that an overlay is refused with; empty if it can."""
    line = json.dumps(decision.to_json()) + "\n"
    try:
        parse(line, "")
    except DataError as error:
        return str(error).removeprefix(":1: ")
    sample = ground.by_id.get(decision.id)
    if sample is None or ground.contents[decision.id] != decision.sha256:
        return f"the data set has no picture {printable(decision.id)!r} of this content"
    if sample.label != decision.original:
        return (
            f"the label was {printable(decision.original)} when this was decided, and is {printable(sample.label)} now"
        )
    if decision.label not in (*ground.classes, AMBIGUOUS):
        return f"{printable(decision.label)} is no class; {did_you_mean(decision.label, (*ground.classes, AMBIGUOUS))}"
    return f"it was decided in the future, at {decision.at}" if in_future(decision) else ""
