"""What the command writes, and how a call ends that was wrong."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from robustcheck.errors import RobustcheckError, did_you_mean

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


def complain(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"robustcheck: {text}\n")


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    """Return a type for argparse that accepts a few words and names the nearest for others."""

    def word(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"there is no {text}; {did_you_mean(text, words)}")
        return text

    return word


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
