"""Every error a user can meet: one root, and each says where, what, and what to do."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core.error_codes import Code


class RobustcheckError(Exception):
    """Root of all errors that are raised on purpose; its text is meant for the user."""


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file a person wrote.

    Attributes:
        file: Path as the user would type it.
        line: 1-based line.
        column: 1-based column.
    """

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """Return ``file:line:column``, which editors turn into a link."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place, with what to do about it.

    Attributes:
        where: The place.
        code: The kind of mistake, which `robustcheck explain` has a page of.
        what: What is wrong.
        hint: What to do.
    """

    where: Location
    code: Code
    what: str
    hint: str = ""

    @property
    def message(self) -> str:
        """``what is wrong; what to do``."""
        return self.what + (f"; {self.hint}" if self.hint else "")

    def __str__(self) -> str:
        """Return ``file:line:column: RC101 what is wrong; what to do``."""
        return f"{self.where}: {self.code.value} {self.message}"


class SuiteError(RobustcheckError):
    """A suite or configuration file is wrong; carries every problem found in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems in the order in which they stand in the files."""
        self.problems = tuple(sorted(problems, key=lambda problem: problem.where))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ArgumentError(RobustcheckError, ValueError):
    """An argument of the Python interface is none of the known words."""


class UnknownCase(RobustcheckError, KeyError):
    """A run has no case of this id."""

    __str__ = Exception.__str__  # a KeyError would print its text in quotes


class ModelError(RobustcheckError):
    """A model could not be built, or does not behave as its entry says."""


class NotFiniteError(ModelError):
    """A model gives numbers that are none.

    Attributes:
        rows: Which pictures of the batch, from 0.
        pictures: These pictures as the model got them, where that is another batch than the caller's.
    """

    def __init__(self, text: str, rows: Sequence[int], pictures: Any = None) -> None:
        """Keep what is wrong, and for which pictures."""
        super().__init__(text)
        self.rows = tuple(rows)
        self.pictures = pictures

    def named(self, names: Sequence[str]) -> NotFiniteError:
        """Return the same error with the names of the pictures; at most five are shown.

        Args:
            names: Of all pictures of the batch.
        """
        mine = [names[row] for row in self.rows if row < len(names)]
        rest = f" and {len(mine) - 5} more" if len(mine) > 5 else ""
        return NotFiniteError(f"{self}: {', '.join(mine[:5])}{rest}" if mine else str(self), self.rows)


class DataError(RobustcheckError):
    """A data set could not be opened, or does not fit the model."""


class UnreadablePicture(DataError):
    """One picture could not be decoded; the run counts and names it."""

    def __init__(self, name: str, reason: str) -> None:
        """Name the picture and say why it could not be read."""
        self.name = name
        self.reason = reason
        super().__init__(f"{name}: {reason}")


class ChangedPicture(DataError):
    """A picture is not what it was when it was first read, so that no number could be said to be of either."""


class CaseError(RobustcheckError):
    """A case could not give a number that can be trusted; never waived, never a warning."""


class NoBaselineError(CaseError):
    """There is no accepted run that a number could be compared with; all other numbers of the case stand."""


class AttestationRefused(RobustcheckError):
    """An attestation does not show that this very model passed this very suite; carries every reason."""

    def __init__(self, reasons: Sequence[str]) -> None:
        """Keep the reasons in the order in which they were found."""
        self.reasons = tuple(reasons)
        super().__init__("\n".join(f"refused: {reason}" for reason in self.reasons))


class ThresholdBreach(RobustcheckError):
    """A number was measured and misses the threshold of the suite; a waiver can excuse it."""


def place_of(error: BaseException) -> str:
    """Return the innermost line of code that an exception came through, as `` (file.py:12)``."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""


def problem_of(error: Exception) -> str:
    """Say what went wrong: a defect of ours or of an extension is an error of the case, not the end of the run."""
    if isinstance(error, RobustcheckError):
        return str(error)
    return f"{type(error).__name__}: {error}{place_of(error)}"


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, ``1 case`` or ``2 cases``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


FEW: Final = 4
"""Names in one message, where more than ``ALL`` are known."""
ALL: Final = 8
"""Known names that are all told."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean X?`` for the nearest known word, or what is known of its family (``crop.``) or at all.

    A word with other numbers in it, such as ``speed_50`` for ``speed_60``, is no mistake of spelling: the near ones are named as known.
    Where several known words have a part in common with it, such as ``turn_left`` and ``turn_right`` for ``turn``, all of them are named.

    Args:
        word: What the user wrote.
        known: The words that would have been right.
    """
    words = sorted({str(name) for name in known})
    parts = _parts(word)
    alike = [name for name in words if parts and sorted(_parts(name)) == sorted(parts)]
    wider = [name for name in words if parts and set(parts) < set(_parts(name))]
    near = near_words(word, words)
    exact = [name for name in words if name.casefold() == word.casefold()]
    meant = next((group for group in (exact, alike, wider) if group), [])
    if meant and len(meant) <= FEW:
        return f"did you mean {' or '.join(filter(None, (', '.join(meant[:-1]), meant[-1])))}?"
    if near and numbers_fit(word, near[0]):
        return f"did you mean {near[0]}?"
    if not words:
        return ""
    family = word.rpartition(".")[0]
    return f"known: {some_of(meant or near or [name for name in words if family and name.startswith(f'{family}.')] or words)}"


def some_of(names: Sequence[str]) -> str:
    """Return names as a message lists them: all of a few, else the first ones and how many more there are."""
    if len(names) <= ALL:
        return ", ".join(names)
    return f"{', '.join(names[:FEW])} and {len(names) - FEW} more"


def _parts(word: str) -> list[str]:
    """Return the parts of a name between its blanks, hyphens, underscores and dots."""
    return [part for part in re.split(r"[\s_.:/-]+", word.casefold().strip("\"'`“”„‘’«»")) if part]


def near_words(word: str, known: Iterable[str], *, likeness: float = 0.6) -> list[str]:
    """Return the known words that are spelt like a word, whatever their capitals, the nearest first; at most twelve.

    Args:
        word: What the user wrote.
        known: The words that would have been right.
        likeness: How alike they have to be, from 0 to 1, as ``difflib`` counts it.
    """
    lower = {name.lower(): name for name in sorted(known, reverse=True)}
    return [lower[name] for name in difflib.get_close_matches(word.lower(), lower, n=12, cutoff=likeness)]


def numbers_fit(word: str, near: str) -> bool:
    """Whether a word has no number, or those of another word: ``speed_50`` was not meant by ``speed_60``."""
    return _numbers(word) in ([], _numbers(near))


def _numbers(word: str) -> list[str]:
    return re.findall(r"[0-9]+(?:\.[0-9]+)?", word)
