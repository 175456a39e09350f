"""What people say of labels: a file to which a line is added for every decision, and in which none is ever changed.

The data set is not written. Each line is a JSON object; the last one that a reviewer wrote about a picture counts.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from robustcheck.core.class_names import class_name
from robustcheck.core.errors import DataError
from robustcheck.core.read_files import Note, ignore
from robustcheck.core.regular_files import open_to_change, read_regular
from robustcheck.core.strict_json import NotStrict, parse_object

AMBIGUOUS: Final = "ambiguous"
"""The label of a picture of which nobody can say what it shows; it counts for nothing."""
WITHDRAWN: Final = "withdrawn"
"""The label of a line that takes back what its reviewer said of the picture before."""
RESERVED: Final = (AMBIGUOUS, WITHDRAWN)
ADJUDICATION: Final = "adjudication"
"""The task of a decision that outranks all earlier ones on its picture."""
TASKS: Final = (
    "confusion",
    "low_confidence",
    "label_suspects",
    "edge_cases",
    "fragile",
    "audit",
    ADJUDICATION,
    "import",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What one reviewer says of one picture.

    Attributes:
        sha256: Of the picture's stored bytes, as ``Source.content`` has it.
        id: Of the sample.
        original: The label that the data set has.
        label: A class; ``original`` confirms it; ``ambiguous`` or ``withdrawn``.
        reviewer: Who says so; names that differ in case or in spaces around them are one person.
        at: When, ISO 8601 with a time zone.
        reason: Why, in the reviewer's words; may be empty.
        task: Why the picture was asked about, one of ``TASKS``.
        model_digest: Of the model whose run asked.
        blind: Whether label and prediction were hidden.
    """

    sha256: str
    id: str
    original: str
    label: str
    reviewer: str
    at: str
    reason: str
    task: str
    model_digest: str
    blind: bool

    def __post_init__(self) -> None:
        """Bring the names of classes into the form in which those of the data are."""
        object.__setattr__(self, "original", class_name(self.original))
        object.__setattr__(self, "label", class_name(self.label))

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)

    @property
    def person(self) -> str:
        """Who decided, as reviewers are told apart."""
        return " ".join(self.reviewer.split()).casefold()

    @property
    def when(self) -> datetime.datetime:
        """When."""
        return datetime.datetime.fromisoformat(self.at)


def parse(text: str, shown: str) -> tuple[Decision, ...]:
    """Return the decisions of an overlay in their order.

    Args:
        text: Of the file.
        shown: How messages call the file.

    Raises:
        DataError: With every line that is none, up to ten.
    """
    found, problems = [], []
    lines = text.split("\n")
    torn = lines.pop()
    for number, line in enumerate(lines, start=1):
        try:
            found.append(_decision(line))
        except (NotStrict, ValueError) as error:
            problems.append(f"{shown}:{number}: {error}")
    if torn:
        problems.append(
            f"{shown}:{len(lines) + 1}: the last line has no end, as when the writer was killed; "
            "robustcheck review cuts it off, and so may you: what it said was never confirmed to anybody"
        )
    if problems:
        more = f"\nand {len(problems) - 10} lines more" if len(problems) > 10 else ""
        raise DataError("\n".join(problems[:10]) + more)
    return tuple(found)


def read(path: Path, shown: str = "", note: Note = ignore) -> tuple[Decision, ...]:
    """Read an overlay, and tell ``note`` of its bytes.

    Raises:
        DataError: There is none, or a line of it is no decision.
    """
    shown = shown or str(path)
    try:
        content = read_regular(path)
        note(path, content)
        return parse(content.decode(), shown)
    except FileNotFoundError:
        raise DataError(
            f"{shown}: there is no label overlay here; robustcheck review writes one, and an empty file says that nobody has "
            "looked yet"
        ) from None
    except OSError as error:
        raise DataError(f"{shown}: this label overlay cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{shown}: this label overlay is not UTF-8 at byte {error.start}") from None


def lines_of(decisions: Iterable[Decision]) -> bytes:
    """Return decisions as an overlay has them, a line each."""
    text = "".join(f"{json.dumps(one.to_json(), ensure_ascii=False)}\n" for one in decisions)
    # A lone surrogate, which a file's name may hold, has the same escape in JSON.
    return text.encode("utf-8", "backslashreplace")


def append(path: Path, decisions: Iterable[Decision]) -> None:
    """Add decisions to an overlay; they are on the disk when this returns, whoever else writes at the same time.

    Raises:
        OSError: They cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    with open_to_change(path, "ab") as file, _alone(file):
        _write(file, lines_of(decisions))
        os.fsync(file.fileno())
    if fresh:
        _sync_folder(path.parent)


def recover(path: Path) -> bytes:
    """Cut off the end of a file whose writer was killed within a line, and return what was cut; empty if nothing was.

    Raises:
        OSError: The file cannot be read or written.
    """
    if not os.path.lexists(path):
        return b""
    with open_to_change(path, "rb+") as file, _alone(file):
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)
            os.fsync(file.fileno())
        return content[whole:]


def _decision(line: str) -> Decision:
    found = parse_object(line.encode("utf-8", "surrogatepass"))
    known = {field.name: bool if field.name == "blind" else str for field in fields(Decision)}
    if set(found) != set(known):
        wrong = ", ".join(sorted(set(found) ^ set(known)))
        raise ValueError(f"this is no decision: it lacks or should not have {wrong}")
    for name, kind in known.items():
        if type(found[name]) is not kind:
            raise ValueError(f"{name} is no {'truth value' if kind is bool else 'text'}")
    decision = Decision(**found)
    if not re.fullmatch(r"[0-9a-f]{64}", decision.sha256):
        raise ValueError(f"sha256 is {decision.sha256[:70]!a}, not 64 hexadecimal digits")
    if decision.task not in TASKS:
        raise ValueError(f"task is {decision.task[:40]!a}, none of {', '.join(TASKS)}")
    if not decision.person:
        raise ValueError("reviewer is empty; nobody answers for this decision")
    for name in ("id", "original", "label"):
        if not found[name]:
            raise ValueError(f"{name} is empty")
    try:
        zone = decision.when.tzinfo
    except ValueError:
        raise ValueError(f"at is {decision.at[:40]!a}, no time of ISO 8601") from None
    if zone is None:
        raise ValueError(f"at is {decision.at!a}, a time without a zone; write 2026-11-23T09:30:00+00:00")
    return decision


def _write(file: Any, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


@contextlib.contextmanager
def _alone(file: Any) -> Iterator[None]:
    """Keep other writers of the same file waiting, where the system can."""
    try:
        import fcntl
    except ImportError:  # Windows: what is appended in one piece is not torn there either
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
