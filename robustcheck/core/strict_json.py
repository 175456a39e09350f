"""JSON as evidence and overlays must be: no key twice, no NaN, no surprise at any depth."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.file_content import LOOK, content_of, stands_in
from robustcheck.core.read_files import Note, ignore
from robustcheck.core.regular_files import TooLarge, read_regular

MOST_BYTES: Final = 64 * 2**20
"""No record, card or attestation comes near; a larger file is not read at all."""


class NotStrict(RobustcheckError):
    """A text is no JSON, or one that two readers could take for two things."""


def parse(text: bytes) -> Any:
    """Return the value of a JSON text in UTF-8.

    Raises:
        NotStrict: It is none, a key stands in an object twice, or a number is none.
    """
    try:
        return json.loads(
            text.decode(), object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite, parse_int=_whole
        )
    except NotStrict:
        raise
    except UnicodeDecodeError as error:
        other = content_of(text[:LOOK])
        raise NotStrict(f"it is {other}" if other else f"it is not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise NotStrict("it is nested too deeply") from None
    except ValueError as error:
        other = stands_in(text[:LOOK]) if text else ""
        raise NotStrict(f"it is {other}" if other else f"it is not JSON: {error}") from None


def parse_object(text: bytes) -> dict[str, Any]:
    """Return the value of a JSON text that is an object.

    Raises:
        NotStrict: It is none.
    """
    found = parse(text)
    if not isinstance(found, dict):
        raise NotStrict("it is no JSON object")
    return found


def read_evidence(path: Path, what: str, note: Note = ignore) -> bytes:
    """Return the bytes of a file that evidence lies in.

    Args:
        path: The file.
        what: What it should be, for the message.
        note: Is told of the bytes that were read.

    Raises:
        RobustcheckError: There is none, it cannot be read, or it is too large to be one.
    """
    try:
        content = read_regular(path, MOST_BYTES)
    except FileNotFoundError:
        raise RobustcheckError(f"{path}: there is no {what} here") from None
    except TooLarge:
        raise RobustcheckError(f"{path}: {path.stat().st_size:,} bytes are too many for {what}") from None
    except OSError as error:
        raise RobustcheckError(f"{path}: this {what} cannot be read: {error.strerror}") from None
    note(path, content)
    return content


def first_repeated(names: Iterable[str]) -> str | None:
    """Return the first name that was there before, in one pass: a hostile file may hold a hundred thousand."""
    known: set[str] = set()
    for name in names:
        if name in known:
            return name
        known.add(name)
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict(f"the key {first_repeated(key for key, _ in pairs)!a} stands in one object twice")
    return found


def _no_number(text: str) -> Any:
    raise NotStrict(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise NotStrict(f"the number {text[:40]} is too large")
    return found


def _whole(text: str) -> int:
    if len(text) > 20:
        raise NotStrict(f"the number {text[:40]} is too large")
    return int(text)
