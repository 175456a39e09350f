"""Lines of a text as a person sees them: its quotes, its brackets, the columns in which its lines begin.

Only for advice on text that is no YAML: what the parser makes of a text that is, is its own matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

_OPENS = "[{"
_CLOSES = "]}"


@dataclass(frozen=True, slots=True)
class Bracket:
    """A bracket that is open.

    Attributes:
        mark: ``[`` or ``{``.
        line: Counted from 1.
        column: Counted from 1.
    """

    mark: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Quote:
    """A text in quotes.

    Attributes:
        mark: Its quotation mark.
        line: Where it begins, counted from 1.
        column: Where it begins, counted from 1.
        end_line: Where it ends; 0 if it does not.
        end_column: Where it ends.
        rest: What stands behind it in the line where it ends.
    """

    mark: str
    line: int
    column: int
    end_line: int
    end_column: int
    rest: str


def text_of(line: str) -> str:
    """Return a line without its comment and the blanks at its end."""
    return re.sub(r"(^|\s)#.*$", "", line).rstrip()


def is_key(line: str) -> bool:
    """Whether a line begins with a key and a colon."""
    return re.match(r"\s*(?:- +)*[^\s:#]+:(\s|$)", line) is not None


class Layout:
    """The lines of a text, up to one that a parser refuses."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Keep the lines."""
        self.lines = tuple(lines)

    @cached_property
    def _marks(self) -> tuple[tuple[Quote, ...], tuple[Bracket, ...]]:
        """All texts in quotes, and all brackets outside of them."""
        quotes: list[Quote] = []
        brackets: list[Bracket] = []
        start: tuple[str, int, int] | None = None
        for number, line in enumerate(self.lines, start=1):
            before = " "
            place = 0
            while place < len(line):
                mark = line[place]
                if start:
                    if (start[0] == '"' and mark == "\\") or (mark == start[0] and line[place : place + 2] == "''"):
                        place += 1
                    elif mark == start[0]:
                        quotes.append(Quote(*start, number, place + 1, line[place + 1 :]))
                        start = None
                elif mark == "#" and before.isspace():
                    break
                elif mark in "\"'" and (before.isspace() or before in "[{,(:"):
                    start = (mark, number, place + 1)
                elif mark in _OPENS + _CLOSES and (brackets or before.isspace() or mark in _CLOSES):
                    brackets.append(Bracket(mark, number, place + 1))
                before = mark
                place += 1
        if start:
            quotes.append(Quote(*start, 0, 0, ""))
        return tuple(quotes), tuple(brackets)

    def bad_quote(self, line: int) -> Quote | None:
        """Return the first text in quotes, begun up to a line, that has no end or does not end where a value does."""
        return next((quote for quote in self._marks[0] if quote.line <= line and not _ends_a_value(quote)), None)

    def open_brackets(self, length: int) -> list[Bracket]:
        """Return the brackets that are open behind so many characters of the last line, the outermost first."""
        stack: list[Bracket] = []
        for bracket in self._marks[1]:
            if bracket.line == len(self.lines) and bracket.column > length:
                break
            if bracket.mark in _OPENS:
                stack.append(bracket)
            elif stack:
                stack.pop()
        return stack

    def columns(self, *, listed: bool) -> tuple[int, ...]:
        """Return the columns in which the last line could begin beside lines above.

        Args:
            listed: Whether it begins with the ``-`` of an entry of a list.
        """
        found: list[tuple[int, bool]] = []
        for line in filter(text_of, self.lines[:-1]):
            for column, entry in _beginnings(line):
                found = [known for known in found if known[0] < column or known == (column, entry)]
                if (column, entry) not in found:
                    found.append((column, entry))
        return tuple(column for column, entry in found if entry == listed)


def _beginnings(line: str) -> Iterator[tuple[int, bool]]:
    """Give the columns of the ``-`` and of the key with which a line begins."""
    place = len(line) - len(line.lstrip())
    while line[place : place + 2] == "- ":
        yield place + 1, True
        place += len(line[place + 1 :]) - len(line[place + 1 :].lstrip()) + 1
    if is_key(line[place:]):
        yield place + 1, False


def _ends_a_value(quote: Quote) -> bool:
    rest = quote.rest.lstrip()
    return quote.end_line > 0 and (not rest or rest[0] in ",]}:" or (rest[0] == "#" and quote.rest[0].isspace()))
