"""Where lines of progress go: they never end a run, whatever became of the stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TextIO

ERASE: Final = "\x1b[K"
SAVE: Final = "\x1b7"
RESTORE: Final = "\x1b8"
BELOW: Final = "\x1b[B\r"
MAKE_ROOM: Final = "\x1bD\x1b[A"
"""One line down, which scrolls at the end of the screen, and up again; the column stays."""

# rich's own live display believes that the cursor's line is its own. Beside pytest, which writes its letters there, it is not.


class StatusLine:
    """One line of a terminal that is written again and again and then taken away.

    Attributes:
        drawn: Whether it is on the screen.
    """

    def __init__(self, write: Callable[[str], object], *, below: bool) -> None:
        """Take where to write.

        Args:
            write: Writes text to the terminal at once; it may fail, after which nothing is written any more.
            below: Whether the line is the one below the cursor, which stays where it is; else it is that of the cursor.
        """
        self._write: Callable[[str], object] | None = write
        self._begin, self._end = (f"{SAVE}{BELOW}", RESTORE) if below else ("\r", "")
        self._room = MAKE_ROOM if below else ""
        self._shown = ""
        self.drawn = False

    def draw(self, text: str) -> None:
        """Write the line, which holds no control characters and fits."""
        if self.drawn and text == self._shown:
            return
        self._shown, self.drawn = text, True
        self._send(f"{self._room}{self._begin}{text}{ERASE}{self._end}")

    def erase(self) -> None:
        """Take the line away, if it is there."""
        if self.drawn:
            self.drawn = False
            self._send(f"{self._begin}{ERASE}{self._end}")

    def _send(self, text: str) -> None:
        if self._write is not None:
            try:
                self._write(text)
            except (OSError, ValueError):
                self._write = None  # whoever looked on has left


def writer_of(stream: TextIO) -> Callable[[str], None]:
    """Return what writes to a stream and flushes it."""

    def write(text: str) -> None:
        stream.write(text)
        stream.flush()

    return write


def can_rewrite(stream: Any) -> bool:
    """Whether a stream is a terminal on which a line can be rewritten; a closed one is none."""
    try:
        if not stream.isatty():
            return False
    except (AttributeError, ValueError):
        return False
    from rich.console import Console

    # Only what the terminal can do: rich believes that there is one wherever colours are asked for, as in many a CI.
    console = Console(force_terminal=True)
    return not (console.is_dumb_terminal or console.legacy_windows)
