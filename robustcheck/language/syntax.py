"""What to do about text that is not the YAML that was meant: advice for the loader, by what stands at the place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from robustcheck.language.advice import cleaned
from robustcheck.language.nodes import Entry, Scalar, shown

_COMPARED: Final = re.compile(r"([A-Za-z_]\w*) *([<>=≤≥]{1,2} *[^<>=≤≥ ].*)")
_DIGITS: Final = re.compile(r"([0-9]+)(?![0-9.])(.*)")
_THRESHOLD: Final = re.compile(r"[<>=≤≥]{1,2}[^,}\]#\"']*")
_UNSPACED: Final = re.compile(r"\s*(?:- +)?([A-Za-z_][\w.-]*):([^\s/:].*)")


def syntax_hint(problem: str, lines: Sequence[str], column: int) -> str:
    """Return what to do about a text that the parser refuses.

    Args:
        problem: What the parser says.
        lines: Those up to the one that it blames.
        column: The column, counted from 1.
    """
    line = lines[-1]
    here = line[column - 1 :]
    if here.startswith("\t") and "cannot start any token" in problem:
        return "indent with spaces, not tabs"
    if "${" in line and "did not find expected ','" in problem:
        return 'inside brackets and braces write variables in quotes: "${NAME}"'
    # What begins with > is a block of text for the parser.
    threshold = _THRESHOLD.match(line, column - 2 if line[column - 2 : column - 1] in "<>" else column - 1)
    if threshold and threshold[0].strip("<>=≤≥ "):
        return f'write it in quotes: "{shown(threshold[0].strip())}"'
    if "mapping values are not allowed" in problem or "could not find expected ':'" in problem:
        # The parser goes on to the next line for the colon that it misses.
        for text in lines[:-3:-1]:
            unspaced = _UNSPACED.fullmatch(text)
            if unspaced and ": " not in text:
                return f"write {shown(unspaced[1])}: {shown(unspaced[2])}, with a blank after the colon"
    if "mapping values are not allowed" in problem:
        return "quote text that holds a colon and a space"
    if "expected <block end>" in problem or "did not find expected key" in problem:
        return "check the indentation of this line and the lines above, and the brackets"
    return "check quotes, brackets and indentation just above"


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
    compared = _COMPARED.fullmatch(text)
    if compared:
        return f"{shown(text)} has no value", f'write {compared[1]}: "{shown(compared[2])}"'
    value = before.value if before else None
    if before is None or not isinstance(value, Scalar) or not value.plain or not text[:1].strip("+-.−").isdigit():
        return f"{shown(text)} has no value", f"write {shown(text)}: and its value, or remove it"
    if not value.text:
        return f"{shown(text)} has no value", "put it into the list in brackets too"
    what = f"{shown(before.key.text)}: a comma ends a value between braces"
    digits = _DIGITS.fullmatch(text)
    if value.text[-1].isdigit() and digits and key.where.column == value.where.column + len(value.text) + 1:
        # Three digits may be thousands.
        whole = len(digits[1]) == 3 and not re.search(r"(?<![0-9.])0$", value.text)
        hint = f"write {shown(cleaned(f'{value.text}.{text}'))}"
        return what, "write one number, without a comma" if whole else hint
    return what, f"write a list in brackets: [{shown(value.text)}, {shown(text)}]"
