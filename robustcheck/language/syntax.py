"""What to do about text that is not the YAML that was meant: advice for the loader, by what stands at the place.

The parser names the place where it gave up. The mistake is often above: a quote or a bracket that is never closed, a line that
lacks its colon, a line that begins in a column of its own. Then the message names that place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from robustcheck.language.advice import cleaned, in_own_unit
from robustcheck.language.layout import Layout, is_key, text_of
from robustcheck.language.nodes import Entry, Scalar, shown

_COMPARED: Final = re.compile(r"([A-Za-z_]\w*) *([<>=≤≥]{1,2} *[^<>=≤≥ ].*)")
_QUOTED: Final = re.compile(r"([A-Za-z_][\w.-]*) *[=;]? *([\"'])(.*)\2")
_ASSIGNED: Final = re.compile(r"([A-Za-z_][\w.-]*) *= *([^=<>\"'].*)")
_DIGITS: Final = re.compile(r"([0-9]+)(?![0-9.])(.*)")
_THRESHOLD: Final = re.compile(r"[<>=≤≥]{1,2}[^,}\]#\"']*")
_UNSPACED: Final = re.compile(r"\s*(?:- +)?([A-Za-z_][\w.-]*):([^\s/:].*)")
_WITHOUT: Final = re.compile(r"\s*(?:- +)?([A-Za-z_][\w.-]*)(?: +| *= *)([^\s=:].*)")
_STARTS: Final = re.compile(r"([`@%])([^`]*)`?")
_GENERAL: Final = "check quotes, brackets and indentation just above"


@dataclass(frozen=True, slots=True)
class Blame:
    """What is wrong with a text that the parser refuses.

    Attributes:
        line: Counted from 1.
        column: Counted from 1.
        what: What is wrong; empty where only the parser can say it.
        hint: What to do.
    """

    line: int
    column: int
    what: str
    hint: str


def blame(problem: str, lines: Sequence[str], line: int, column: int) -> Blame:
    """Return what is wrong with a text that the parser refuses, and where.

    Args:
        problem: What the parser says.
        lines: All of the file.
        line: The line that the parser blames, counted from 1.
        column: The column, counted from 1.
    """
    layout = Layout(lines[:line])
    here = lines[line - 1]
    tab = re.match(r"[ \t]*?\t", here)
    if tab and ("tab" in problem or "cannot start any token" in problem or column <= len(tab[0])):
        return Blame(line, len(tab[0]), "", "indent with spaces, not tabs")
    if here[column - 1 : column] == "\t":
        return Blame(line, column, "", "write blanks, not tabs")
    if "${" in here and "did not find expected ','" in problem:
        return Blame(line, column, "", 'inside brackets and braces write variables in quotes: "${NAME}"')
    found = _quote(lines, line) or _bracket(layout, problem, line, column)
    if found:
        return found
    hint = _value(here, column)
    if hint:
        return Blame(line, column, "", hint)
    return (
        _colon(problem, lines, line, column)
        or _column(problem, layout, lines, line)
        or Blame(line, column, "", _GENERAL)
    )


def _quote(lines: Sequence[str], line: int) -> Blame | None:
    """Find a quote that is not closed, or that is closed within what was meant as one text."""
    quote = Layout(lines).bad_quote(line)
    if quote is None:
        return None
    mark = quote.mark
    after = quote.rest.strip()
    if quote.line == quote.end_line and after.startswith(";"):
        place = quote.end_column + quote.rest.index(";") + 1
        return Blame(quote.line, place, "", "write a comma between two entries, not a semicolon")
    next_key = re.match(r"([\w.-]+) *:(?:\s|$)", after)
    if quote.line == quote.end_line and next_key:
        return Blame(quote.line, quote.end_column, "", f"write a comma between this {mark} and {next_key[1]}")
    if quote.line == quote.end_line and after.startswith(")"):
        return Blame(quote.end_line, quote.end_column + 1, "", "write braces { } or brackets [ ], not parentheses")
    if quote.line == quote.end_line:
        return Blame(
            quote.end_line,
            quote.end_column,
            f"the text that begins in column {quote.column} ends at this {mark}",
            f"write it between {'double quotes' if mark == chr(39) else 'single quotes'} as a whole",
        )
    return Blame(
        quote.line, quote.column, f"the quote {mark} is not closed in this line", f"write {mark} behind the text"
    )


def _bracket(layout: Layout, problem: str, line: int, column: int) -> Blame | None:
    here = layout.lines[-1]
    rest = here[column - 1 :]
    stack = layout.open_brackets(column - 1)
    if rest[:1] in ("]", "}") and not stack:
        return Blame(line, column, f"there is one {rest[0]} too many", "remove it")
    if rest.startswith(",") and stack:
        return Blame(line, column, "", "remove one of the two commas")
    if "expected ',' or" not in problem or not stack:
        return None
    opened = stack[-1]
    closing = "]" if opened.mark == "[" else "}"
    if rest[:1] in ("]", "}") and rest[0] != closing:
        return Blame(
            opened.line, opened.column, f"this {opened.mark} is closed by {rest[0]}", f"write {closing} instead"
        )
    if opened.line < line:
        return Blame(
            opened.line,
            opened.column,
            f"the bracket {opened.mark} is not closed",
            f"write {closing} behind its last entry",
        )
    before = here[: column - 1].rstrip()
    listed = re.search(r"\[([^\[\]]*)\]$", before)
    unit = re.match(r"[^\s,\]}]+", rest)
    if listed and unit:
        each = ", ".join(f"{item.strip()}{unit[0]}" for item in listed[1].split(","))
        return Blame(line, column, "", f"write the unit behind each value: [{shown(each)}]")
    if rest.startswith(";") or before.endswith(";"):
        return Blame(line, column, "", "write a comma between two entries, not a semicolon")
    if rest.startswith(":"):
        name = re.search(r"([^\s:,{}\[\]]+)\s*$", before)
        return Blame(
            line, column, "", f"put what belongs to {shown(name[1])} into braces of its own" if name else _GENERAL
        )
    if before[-1:] in ('"', "'", "]", "}"):
        return Blame(line, column, "", f"write a comma before {shown(rest.split(':')[0].split(',')[0].rstrip(' ]}'))}")
    return None


def _value(here: str, column: int) -> str:
    """Return what to do about a value that begins with a mark that means something to YAML."""
    start = _STARTS.match(here, column - 1)
    if start and start[2].strip():
        text = start[2] if start[1] == "`" else here[column - 1 :].partition(" #")[0]
        return f'write it in quotes: "{shown(text.strip())}"'
    # What begins with > is a block of text for the parser.
    threshold = _THRESHOLD.match(here, column - 2 if here[column - 2 : column - 1] in ("<", ">") else column - 1)
    if threshold and threshold[0].strip("<>=≤≥ "):
        return f'write it in quotes: "{shown(threshold[0].strip())}"'
    return ""


def _colon(problem: str, lines: Sequence[str], line: int, column: int) -> Blame | None:
    """Find the line that lacks its colon, or has one too many."""
    if "mapping values are not allowed" not in problem and "could not find expected ':'" not in problem:
        return None
    # The parser goes on to the next line for the colon that it misses.
    written = [number for number in range(line, 0, -1) if text_of(lines[number - 1])][:2]
    for number in written:
        text = lines[number - 1]
        indented = len(text) - len(text.lstrip()) + 1
        unspaced = _UNSPACED.fullmatch(text)
        if unspaced and ": " not in text:
            return Blame(
                number, indented, "", f"write {shown(unspaced[1])}: {shown(unspaced[2])}, with a blank after the colon"
            )
        without = _WITHOUT.fullmatch(text_of(text))
        if without and ":" not in text_of(text):
            return Blame(number, indented, "", f"write {shown(without[1])}: {shown(without[2])}, with a colon")
    here = lines[line - 1]
    if len(written) > 1 and is_key(here) and not is_key(lines[written[1] - 1]) and "could not find" in problem:
        text = lines[written[1] - 1]
        start = len(text) - len(text.lstrip()) + 1
        word = text.strip()
        key = f"write {shown(word)}: with a colon" if re.fullmatch(r"[A-Za-z_][\w.-]*", word) else ""
        hint = "begin an entry of a list with - and a blank, or write a key and a colon"
        return Blame(written[1], start, "", key or hint)
    deeper = _too_deep(lines, line, column)
    if deeper:
        return deeper
    nested = re.fullmatch(r"\s*(?:- +)?[A-Za-z_][\w.-]*: +([^\s:]+: +[\"'\[{].*)", text_of(here))
    if nested:
        return Blame(line, column, "", f"put it into braces: {{{shown(nested[1])}}}")
    whole = re.fullmatch(r"\s*(?:- +)?([A-Za-z_][\w.-]*): +([^\"']*: .*)", text_of(here))
    if whole and '"' not in whole[2]:
        return Blame(line, column, "", f'quote text that holds a colon and a space: {whole[1]}: "{shown(whole[2])}"')
    return Blame(line, column, "", "quote text that holds a colon and a space")


def _too_deep(lines: Sequence[str], line: int, column: int) -> Blame | None:
    """Find a line that is indented below one that has a value already."""
    above = next((number for number in range(line - 1, 0, -1) if text_of(lines[number - 1])), 0)
    if not above or not is_key(lines[line - 1]):
        return None
    start = _start(lines[above - 1])
    mine = _start(lines[line - 1])
    valued = re.match(r"[ -]*[^\s:]+: +\S", lines[above - 1])
    if not valued or mine <= start:
        return None
    return Blame(
        line,
        mine,
        f"this line begins further to the right than line {above}",
        f"begin it in column {start}, as that one",
    )


def _column(problem: str, layout: Layout, lines: Sequence[str], line: int) -> Blame | None:
    """Find what is wrong with the column in which a line begins."""
    if not any(
        part in problem
        for part in (
            "expected '-' indicator",
            "expected key",
            "expected <block end>",
            "scanning an alias",
            "alphabetic",
        )
    ):
        return None
    here = lines[line - 1]
    text, start = here.strip(), len(here) - len(here.lstrip()) + 1
    glued = re.match(r"-([A-Za-z_].*)", text)
    if glued:
        return Blame(line, start, "", f"write - {shown(glued[1])}, with a blank after the -")
    marked = re.match(r"[*•·–—+−] +(.*)", text)
    if marked:
        return Blame(line, start, "", f"write - {shown(marked[1])}: an entry of a list begins with - and a blank")
    listed = text.startswith("- ")
    columns = layout.columns(listed=listed)
    if columns and start not in columns:
        near = min(columns, key=lambda known: (abs(known - start), -known))
        kind = "entries of the list" if listed else "keys beside it"
        return Blame(
            line, start, f"no line above it begins in column {start}", f"begin it in column {near}, as the {kind}"
        )
    if "indicator" in problem or "block end" in problem or "expected key" in problem:
        return Blame(line, start, "", "check the indentation of this line and the lines above, and the brackets")
    return None


def _start(line: str) -> int:
    """Return the column, counted from 1, in which the key of a line begins: behind the ``-`` of an entry."""
    match = re.match(r" *(?:- +)*", line)
    return (len(match[0]) if match else 0) + 1


def without_colon(key: Scalar, before: Entry | None) -> tuple[str, str]:
    """Return what is wrong with an entry between braces that is a word alone, and what to do.

    Args:
        key: The word.
        before: The entry before it, of whose value it may be the rest.
    """
    text = key.text
    name, colon, rest = text.partition(":")
    if colon and name.strip() and rest.strip():
        what = f"{shown(text)} has no value: there is no blank after its colon"
        return what, f"write {shown(name.strip())}: {shown(rest.strip())}"
    for form in (_QUOTED, _ASSIGNED, _COMPARED):
        match = form.fullmatch(text)
        if match:
            value = f'"{shown(match[match.re.groups])}"' if form is not _ASSIGNED else shown(match[2])
            return f"{shown(text)} has no value", f"write {match[1]}: {value}"
    held = before.value if before else None
    if before is None or not isinstance(held, Scalar) or not held.plain or not text[:1].strip("+-.−").isdigit():
        braces = ", or take the braces away" if before is None else ", or remove it"
        if before is None and re.match(r"[-+]?[0-9.]", text):
            return (
                f"{shown(text)} has no value",
                f"write it without braces, or a list in brackets: [{shown(text)}, ...]",
            )
        return f"{shown(text)} has no value", f"write {shown(text)}: and its value{braces}"
    if not held.text:
        return f"{shown(text)} has no value", "put it into the list in brackets too"
    what = f"{shown(before.key.text)}: a comma ends a value between braces"
    digits = _DIGITS.fullmatch(text)
    if held.text[-1].isdigit() and digits and key.where.column == held.where.column + len(held.text) + 1:
        # Three digits may be thousands.
        whole = len(digits[1]) == 3 and not re.search(r"(?<![0-9.])0$", held.text)
        hint = f"write {shown(in_own_unit(cleaned(f'{held.text}.{text}')))}"
        return what, "write one number, without a comma" if whole else hint
    return what, f"write a list in brackets: [{shown(held.text.lstrip('( '))}, {shown(text.rstrip(') '))}]"
