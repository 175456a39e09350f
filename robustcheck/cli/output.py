"""What the command writes, and how a call ends that was wrong."""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from robustcheck.core.errors import RobustcheckError, did_you_mean

OK: Final = 0
PROBLEMS: Final = 1
WRONG_CALL: Final = 2
UNUSABLE: Final = 4
"""Nothing could be looked at: no such file, no configuration. Pytest's code for a wrong use."""

LEAST_WIDTH: Final = 24


class WrongCall(RobustcheckError):
    """A name on the command line that does not exist."""


def say(text: str = "") -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def say_wrapped(text: str) -> None:
    """Write a line to standard output; on a terminal it is wrapped between words, the rest indented."""
    room = max(LEAST_WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else 0
    if room:
        text = textwrap.fill(text, room, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    say(text)


def escaped(text: str) -> str:
    """Return text in which nothing but its line ends can move a terminal's cursor or change its colours."""
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in text)


def complain(text: str) -> None:
    """Write a line to standard error; where it cannot be written the exit code still says that something is wrong."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"robustcheck: {escaped(text)}\n")


@dataclass(frozen=True, slots=True)
class OneOf:
    """A type for argparse that accepts a few words and names the nearest for others."""

    words: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """Return the word.

        Raises:
            argparse.ArgumentTypeError: It is none of them.
        """
        if text not in self.words:
            raise argparse.ArgumentTypeError(f"there is no {text}; {did_you_mean(text, self.words)}")
        return text


def one_of(words: Sequence[str]) -> OneOf:
    """Return a type for argparse that accepts a few words and names the nearest for others."""
    return OneOf(tuple(words))


def width() -> int:
    """Return how many columns there are: those of the terminal or of ``COLUMNS``, and 80 where the output goes elsewhere."""
    return max(LEAST_WIDTH, shutil.get_terminal_size((80, 24)).columns)


class _Wrapper(textwrap.TextWrapper):
    """Breaks lines between words and behind ``|``, never within a word."""

    def _split(self, text: str) -> list[str]:
        return [piece for piece in re.split(r"(\s+)|(?<=\|)", text) if piece]


def wrapped(text: str, *, indent: str = "") -> list[str]:
    """Return text as lines that fit the width, each behind the indent; a word that is longer is not cut."""
    wrapper = _Wrapper(width(), initial_indent=indent, subsequent_indent=indent, break_long_words=False)
    return wrapper.wrap(text)


def say_filled(text: str, *, indent: str = "") -> None:
    """Write text to standard output in lines that fit the width, wherever the output goes."""
    for line in wrapped(text, indent=indent):
        say(line)


def entries(rows: Iterable[Sequence[str]], *, indent: str = "") -> None:
    """Write names with what is said of them beside them, each text in lines of its own that fit the width.

    Args:
        rows: A name and one or more texts; empty texts are left out.
        indent: What stands before the names.
    """
    shown = [(escaped(name), [escaped(text) for text in texts if text]) for name, *texts in rows]
    longest = max((len(name) for name, _ in shown), default=0)
    before = " " * (len(indent) + min(longest, width() // 2) + 2)
    for name, texts in shown:
        lines = [line for text in texts for line in wrapped(text, indent=before)]
        head = f"{indent}{name}"
        if lines and len(head) + 2 <= len(before):
            head += lines.pop(0)[len(head) :]
        say("\n".join([head, *lines]))


def columns(rows: Iterable[Sequence[str]], *, head: Sequence[str] = ()) -> None:
    """Write rows in columns; on a terminal the last column is wrapped, elsewhere a row stays on its line."""
    shown = [tuple(head), *rows] if head else list(rows)
    if not shown:
        return
    widths = [max(len(row[place]) for row in shown) for place in range(len(shown[0]) - 1)]
    before = sum(width + 2 for width in widths)
    room = max(LEAST_WIDTH, shutil.get_terminal_size().columns - before) if sys.stdout.isatty() else 0
    for row in shown:
        start = "".join(cell.ljust(width + 2) for cell, width in zip(row, widths, strict=False))
        lines = textwrap.wrap(row[-1], room) if room else [row[-1]]
        say((start + (lines[0] if lines else "")).rstrip())
        for line in lines[1:]:
            say(" " * before + line)
