"""Approvals: that a person looked at the pictures of a case and found that their labels still hold.

They lie in a file beside the suite, which is reviewed and committed like the suite itself. Each is bound to what decides
the pixels of its case and to the name of the data set, so that it holds for no other severity; thresholds are no part of it.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import RobustcheckError, SuiteError
from robustcheck.core.read_files import Note, ignore
from robustcheck.domain.approvals import (
    Approval,
    Approvals,
    approvals_path,
    case_digest,
)
from robustcheck.domain.case import Case
from robustcheck.domain.suite import Suite
from robustcheck.language.days import Day
from robustcheck.language.loader import load_bytes, load_file
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, is_null, what_is
from robustcheck.language.value_types import INVALID, Field, Reading, Record, Text, Whole

VERSION: Final = 1
_HEAD: Final = """\
# Who looked at the pictures of a case and found their labels still true. Commit it beside its suite.
# Written anew by `robustcheck approve`, which keeps no other comment.
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What approving cases changed, each in the order of the suite.

    Attributes:
        approvals: All that stand now.
        added: Newly approved.
        replaced: The void approvals that made way for new ones.
        kept: Approvals that held already and were left as they are.
    """

    approvals: Approvals
    added: tuple[Approval, ...]
    replaced: tuple[Approval, ...]
    kept: tuple[Approval, ...]


def load_approvals(path: Path, name: str, note: Note = ignore) -> Approvals:
    """Read a file of approvals; none exist where there is no file.

    Args:
        path: The file.
        name: How messages call it.
        note: Is told of the bytes that were read.

    Raises:
        SuiteError: With every problem of the file.
    """
    return {} if not os.path.lexists(path) else _read(load_file(path, name, note))


def approvals_of(suite: Suite, root: Path, note: Note = ignore) -> Approvals:
    """Return the approvals that lie beside a suite.

    Args:
        suite: The suite that is run.
        root: The project's root, from which the suite's path counts.
        note: Is told of the bytes that were read.

    Raises:
        SuiteError: With every problem of the file.
    """
    return load_approvals(approvals_path(root / suite.path), str(approvals_path(Path(suite.path))), note)


def record(
    suite: Suite, cases: Iterable[Case], approvals: Approvals, *, reviewer: str, today: datetime.date, note: str = ""
) -> Recorded:
    """Approve cases, those that were approved as they are excepted; nothing else is changed or removed."""
    added, replaced, kept = [], [], []
    for case in cases:
        former = approvals.get(case.id)
        if former and former.holds(case, suite.data):
            kept.append(former)
            continue
        if former:
            replaced.append(former)
        added.append(Approval(case.id, case_digest(case, suite.data), reviewer, today, note))
    together = {**approvals, **{approval.case: approval for approval in added}}
    return Recorded(together, tuple(added), tuple(replaced), tuple(kept))


def write_approvals(path: Path, approvals: Approvals) -> None:
    """Write a file of approvals, sorted by case; whole or not at all.

    Raises:
        RobustcheckError: It cannot be written, or could not be read again.
    """
    content = text_of(approvals).encode()
    try:
        again = _read(load_bytes(content, path.name))
    except SuiteError as error:
        raise RobustcheckError(f"{path}: this cannot be recorded: {error}") from None
    if again != approvals:
        raise RobustcheckError(f"{path}: what would be written is not what would be read")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise RobustcheckError(f"{path}: the file cannot be written: {error.strerror}") from None


def text_of(approvals: Approvals) -> str:
    """Return the text of a file of approvals: one line a fact, so that a change of one is one line of a diff."""
    lines = [f"{_HEAD}version: {VERSION}\napprovals:{'' if approvals else ' {}'}\n"]
    for case in sorted(approvals):
        approval = approvals[case]
        lines.append(
            f"  {quoted(case)}:\n"
            f"    reviewer: {quoted(approval.reviewer)}\n"
            f"    date: {approval.date.isoformat()}\n"
            + (f"    note: {quoted(approval.note)}\n" if approval.note else "")
            + f'    digest: "{approval.digest}"\n'
        )
    return "".join(lines)


def quoted(text: str) -> str:
    """Return text in double quotes as YAML reads it, with letters of any alphabet as they are."""
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped)


class _Digest:
    """The kind of a sha256."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        text = Text().read(name, node, reading)
        if text is not INVALID and (len(text) != 64 or set(text) - set("0123456789abcdef")):
            return reading.add(
                node.where,
                Code.WRONG_TYPE,
                f"{name} must be 64 hexadecimal digits",
                "let `robustcheck approve` write it",
            )
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9a-f]{64}$"}


_APPROVAL: Final = Record(
    "an approval",
    {
        "reviewer": Field(Text(), "Who looked at the pictures.", required=True),
        "date": Field(Day(), "The day on which they did.", required=True),
        "note": Field(Text(), "What they wanted to add."),
        "digest": Field(_Digest(), "What decides the pixels that they saw.", required=True),
    },
)


class _ByCase:
    """The kind of ``approvals``: a mapping from case ids."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        if is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            return reading.add(
                node.where, Code.WRONG_SHAPE, f"{name} must be a mapping from ids of cases, not {what_is(node)}"
            )
        read = {key.text: (key.where, _APPROVAL.read("an approval", value, reading)) for key, value in node}
        return {
            case: Approval(case, where=where, **values.read)
            for case, (where, values) in read.items()
            if values is not INVALID and {"digest", "reviewer", "date"} <= set(values.read)
        }

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": _APPROVAL.schema()}


_FILE: Final = Record(
    "a file of approvals",
    {
        "version": Field(Whole(VERSION, VERSION), "The version of this file: 1.", required=True),
        "approvals": Field(_ByCase(), "Approvals by the id of their case.", required=True),
    },
)


def _read(tree: Node) -> Approvals:
    reading = Reading()
    values = _FILE.read("a file of approvals", tree, reading)
    if reading.problems:
        raise SuiteError(reading.problems)
    approvals: Approvals = values.get("approvals", {})
    return approvals
