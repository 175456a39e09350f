"""What others write to the terminal while a line of progress is on it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from robustcheck.report.progress.display import Display


class Aside:
    """A stream before whose text the line goes away; it comes back with the next tick."""

    def __init__(self, stream: Any, display: Display) -> None:
        """Take the stream and whose line it is."""
        self._stream, self._display = stream, display

    def write(self, text: str) -> int:
        """Write to the stream."""
        with self._display.lock:
            self._display.hide()
            written: int = self._stream.write(text)
            return written

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on to the stream."""
        if name == "_stream":  # asked for before there is one, as copying does
            raise AttributeError(name)
        return getattr(self._stream, name)


@contextlib.contextmanager
def outputs_aside(display: Display) -> Iterator[None]:
    """Let whatever this process writes meet no line."""
    out, err = (cast(TextIO, Aside(stream, display)) for stream in (sys.stdout, sys.stderr))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield
