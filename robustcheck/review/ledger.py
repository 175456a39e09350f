"""The overlay as a running review sees it: others may add to it at any time, and it is read on, not again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from robustcheck.core.errors import DataError, RobustcheckError
from robustcheck.core.regular_files import open_regular, read_regular
from robustcheck.data.labels.overlay import Decision, append, parse, recover


class Ledger:
    """One overlay file.

    Attributes:
        cut: What was cut off its end when it was opened, since a writer was killed within a line.
    """

    def __init__(self, path: Path) -> None:
        """Open it; it is made when the first decision is taken.

        Raises:
            DataError: It cannot be read, or a line of it is no decision.
        """
        self.path = path
        try:
            self.cut = recover(path)
        except OSError as error:
            raise DataError(f"{path}: this label overlay cannot be opened: {error.strerror}") from None
        self._known: list[Decision] = []
        self._read_to = 0
        self.decisions()

    def decisions(self) -> Sequence[Decision]:
        """Return all decisions in their order, those included that others have taken since.

        Raises:
            DataError: A line is no decision.
        """
        try:
            with open_regular(self.path) as file:
                size = file.seek(0, 2)
                if size < self._read_to:  # somebody put another file in its place
                    self._known, self._read_to = [], 0
                file.seek(self._read_to)
                fresh = file.read()
        except FileNotFoundError:
            self._known, self._read_to = [], 0
            return self._known
        except OSError as error:
            raise DataError(f"{self.path}: this label overlay cannot be read: {error.strerror}") from None
        whole = fresh[: fresh.rfind(b"\n") + 1]
        if whole:
            self._known.extend(self._parsed(whole))
            self._read_to += len(whole)
        return self._known

    def add(self, decision: Decision) -> None:
        """Add a decision; it is on the disk when this returns.

        Raises:
            RobustcheckError: It cannot be written.
        """
        try:
            append(self.path, [decision])
        except OSError as error:
            raise RobustcheckError(f"{self.path}: the decision could not be written: {error.strerror}") from None

    def _parsed(self, content: bytes) -> tuple[Decision, ...]:
        try:
            return parse(content.decode(), str(self.path))
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.path}: this label overlay is not UTF-8 at byte {self._read_to + error.start}"
            ) from None
        except DataError:
            if self._read_to == 0:
                raise
        # Lines are counted from the start of the file.
        return parse(read_regular(self.path).decode("utf-8", "replace"), str(self.path))[len(self._known) :]
