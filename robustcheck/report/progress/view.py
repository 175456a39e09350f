"""What one line of progress says: the work, how far it is, how fast, how long it will take, and which case it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SURE_AFTER: Final = 1.0
"""Seconds of a task after which its pace says something."""
LEAST_NAME: Final = 16
"""Columns that the name keeps as long as something else can be left out."""
GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class View:
    """One task at one moment.

    Attributes:
        title: What it is, with what it is part of.
        step: What of it is being done; may be empty.
        unit: What is counted, in the plural.
        done: How many are done.
        total: Of how many; ``None`` where that is not known.
        at_most: Whether the total is a bound that is often not reached.
        seconds: Since it began.
    """

    title: str
    step: str = ""
    unit: str = ""
    done: int = 0
    total: int | None = None
    at_most: bool = False
    seconds: float = 0.0

    @property
    def count(self) -> str:
        """``1,240/5,000``; with the unit as long as there is no pace to name it."""
        if not self.unit:
            return ""
        said = f"{self.done:,}" if self.total is None else f"{self.done:,}/{self.total:,}"
        return said if self.pace else f"{said} {self.unit}"

    @property
    def pace(self) -> str:
        """``310 pictures/s``."""
        if not (self.unit and self.done and self.seconds >= SURE_AFTER):
            return ""
        pace = self.done / self.seconds
        return f"{pace:,.0f} {self.unit}/s" if pace >= 10 else f"{pace:.1f} {self.unit}/s"

    @property
    def left(self) -> str:
        """``ETA 12 s``, or the time since the beginning where no end can be told."""
        if self.pace and self.total is not None and self.done <= self.total:
            return f"ETA {'< ' if self.at_most else ''}{span((self.total - self.done) * self.seconds / self.done)}"
        return span(self.seconds) if self.seconds >= SURE_AFTER else ""


def span(seconds: float) -> str:
    """Return a length of time as a person says it: ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def titles(parts: Sequence[str]) -> str:
    """Return one title of a task and those that contain it, the outermost first; what says the same is said once."""
    first, last = parts[0], parts[-1]
    return last if last.startswith(first) else f"{first}: {last}"


def line(view: View, place: str = "", width: int | None = None) -> str:
    """Return one line of printable text.

    What does not fit is left out, the least needed first: the pace, the step, the end, the place; then the name is shortened.

    Args:
        view: The work.
        place: ``7 of 27 cases``; empty where there is no such count.
        width: Columns that it may take; ``None`` for any number.
    """
    from rich.cells import cell_len, set_cell_size

    name = _plain(view.title)
    parts = {"step": _plain(view.step), "count": view.count, "pace": view.pace, "left": view.left}
    parts["place"] = f" {place}" if place else ""
    if width is None:
        return GAP.join([name, *(part for part in parts.values() if part)])
    for leave in ("", "pace", "step", "left", "place", "count"):
        parts[leave] = ""
        rest = "".join(f"{GAP}{part}" for part in parts.values() if part)
        room = width - cell_len(rest)
        if room >= min(cell_len(name), LEAST_NAME):
            break
    if cell_len(name) > room:
        name = set_cell_size(name, max(0, room - 3)) + "..." if room > 3 else set_cell_size(name, max(0, room))
    return name + rest


def began_line(title: str, place: str) -> str:
    """Return what is said when a case begins: ``camera.yaw[yaw=5deg]  7 of 27 cases``."""
    return line(View(title), place)


def ended_line(title: str, seconds: float) -> str:
    """Return what is said when a case has ended: ``camera.yaw[yaw=5deg]  took 12 s``."""
    took = f"{seconds:.1f} s" if seconds < 10 else span(seconds)
    return f"{line(View(title))}  took {took}"


def _plain(text: str) -> str:
    """Return text in which nothing can move a terminal's cursor or change its colours."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
