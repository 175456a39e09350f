"""What was meant by a value that cannot be read: the same value as the language writes it, or nothing.

Advice never changes a value. What has one meaning only is converted (``0.2rad`` is ``11.459deg``, ``99,5%`` is ``99.5%``); what has
several, or none, gets no value at all, and the message says what is wanted instead.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import pi
from typing import Final

from robustcheck.core.units import UNITS

LONGEST: Final = 40
"""Characters of a number, beyond which no advice on it is given."""
_QUOTES: Final = "\"'`´“”„‟«»‹›‘’‚‛"
_DASHES: Final = str.maketrans("−–‒﹣－⁄∕／", "-----///")
_SPACES: Final = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_NUMBER: Final = r"[-+]?(?:[0-9][0-9.,_'’ ]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?"
_WITH_UNIT: Final = re.compile(rf"({_NUMBER})\s*([^\s0-9.,].*)?")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([,._'’ ])[0-9]{3})(?:\1[0-9]{3})*")

EXACT: Final[dict[str, dict[str, Fraction]]] = {
    "deg": {word: Fraction(1) for word in ("deg", "deg.", "degs", "degree", "degrees", "°", "º")}
    | {word: Fraction(360) for word in ("turn", "turns", "revolution", "revolutions")}
    | {word: Fraction(1, 60) for word in ("arcmin", "arcminute", "arcminutes")}
    | {word: Fraction(1, 3600) for word in ("arcsec", "arcsecond", "arcseconds")},
    "ev": {word: Fraction(1) for word in ("ev", "stop", "stops", "f-stop", "f-stops", "fstop", "fstops")},
    "%": {word: Fraction(1) for word in ("%", "percent", "per cent", "pct", "pct.", "prozent", "%age")}
    | {word: Fraction(1, 10) for word in ("‰", "permille", "per mille", "promille")}
    | {word: Fraction(1, 10_000) for word in ("ppm",)},
    "pp": {
        word: Fraction(1)
        for word in (
            *(
                "pp",
                "pp.",
                "p.p.",
                "ppt",
                "ppts",
                "pt",
                "pts",
                "point",
                "points",
                "percentage point",
                "percentage points",
            ),
            *("percent points", "%-points", "%p", "prozentpunkte"),
        )
    },
    "px": {word: Fraction(1) for word in ("px", "pixel", "pixels", "pix")},
    "K": {word: Fraction(1) for word in ("kelvin", "kelvins", "°k", "degrees kelvin")},
    "m": {word: Fraction(1) for word in ("m", "meter", "meters", "metre", "metres")}
    | {word: Fraction(1, 10) for word in ("dm", "decimetre", "decimetres", "decimeter", "decimeters")}
    | {word: Fraction(1, 100) for word in ("cm", "centimetre", "centimetres", "centimeter", "centimeters")}
    | {word: Fraction(1, 1000) for word in ("mm", "millimetre", "millimetres", "millimeter", "millimeters")}
    | {word: Fraction(1000) for word in ("km", "kilometre", "kilometres", "kilometer", "kilometers")}
    | {word: Fraction(3048, 10_000) for word in ("ft", "foot", "feet")}
    | {word: Fraction(254, 10_000) for word in ("in", "inch", "inches")}
    | {word: Fraction(9144, 10_000) for word in ("yd", "yard", "yards")},
    "s": {word: Fraction(1) for word in ("s", "sec", "sec.", "secs", "second", "seconds")}
    | {word: Fraction(1, 1000) for word in ("ms", "msec", "millisecond", "milliseconds")}
    | {word: Fraction(60) for word in ("min", "min.", "mins", "minute", "minutes")}
    | {word: Fraction(3600) for word in ("h", "hr", "hrs", "hour", "hours")}
    | {word: Fraction(86_400) for word in ("d", "day", "days")},
    "d": {word: Fraction(1) for word in ("d", "day", "days")}
    | {word: Fraction(7) for word in ("w", "wk", "week", "weeks")}
    | {word: Fraction(1, 24) for word in ("h", "hr", "hrs", "hour", "hours")},
    "lux": {word: Fraction(1) for word in ("lux", "lx", "lm/m2", "lm/m²")}
    | {word: Fraction(1000) for word in ("klx", "klux", "kilolux")},
    "/255": {word: Fraction(1) for word in ("/255", "/ 255", "grey levels", "gray levels", "grey level", "gray level")},
    "": {"%": Fraction(1, 100), "percent": Fraction(1, 100), "pp": Fraction(1, 100), "/255": Fraction(1, 255)}
    | {word: Fraction(1) for word in ("x", "×", "times", "fold", "-fold")},
}
"""Words behind a number, in lower case, by the unit of the language that they can be written in, with what one of them is in it."""
_ROUNDED: Final = {"deg": {word: 180 / pi for word in ("rad", "rads", "radian", "radians")}}
"""As ``EXACT``, where no decimal number is exact; five digits are written."""
_CASED: Final = {"K": ("K", "°K"), "m": ("m",), "s": ("s",), "d": ("d",), "": ("x",), "deg": ("º",)}
"""Single letters mean one thing in one case only: ``5k`` is a thousand, ``5M`` a million."""
_SHARES: Final = ("%", "pp")
"""Shares and differences of shares: one is often written for the other, and the number is the same."""

_COMPARISONS: Final = {
    ">=": (
        *(">=", "=>", "≥", "⩾", "≧", "> =", ">==", "gte", "ge", "min", "min.", "minimum", "minimal", "at least"),
        *(
            "no less than",
            "not less than",
            "never less than",
            "no lower than",
            "not lower than",
            "not below",
            "never below",
        ),
        *("greater than or equal to", "greater or equal", "more than or equal to", "mindestens", "wenigstens"),
    ),
    "<=": (
        *(
            "<=",
            "=<",
            "≤",
            "⩽",
            "≦",
            "< =",
            "<==",
            "lte",
            "le",
            "max",
            "max.",
            "maximum",
            "maximal",
            "at most",
            "up to",
        ),
        *(
            "no more than",
            "not more than",
            "never more than",
            "no higher than",
            "not higher than",
            "not above",
            "never above",
        ),
        *("less than or equal to", "less or equal", "höchstens", "hoechstens"),
    ),
    ">": (">", "gt", "more than", "greater than", "above", "over", "higher than", "mehr als", "über"),
    "<": ("<", "lt", "less than", "fewer than", "below", "under", "lower than", "weniger als", "unter"),
}
_BEHIND: Final = {
    ">=": ("or more", "or higher", "or above", "and more", "and above", "and up", "minimum", "min", "+"),
    "<=": ("or less", "or fewer", "or lower", "or below", "and less", "and below", "maximum", "max"),
}
_WORDS: Final = {word: sign for sign, words in _COMPARISONS.items() for word in words}
_LONGEST_FIRST: Final = sorted(_WORDS, key=len, reverse=True)


def cleaned(text: str) -> str:
    """Return text without quotes around it, with one kind of minus sign and of blank."""
    text = _SPACES.sub(" ", text).strip()
    while text and text[0] in _QUOTES:
        text = text[1:]
        # Behind a number, a quote may stand for minutes or inches.
        text = text[:-1].strip() if text and text[-1] in _QUOTES else text.strip()
    return text.translate(_DASHES)


def number_in(text: str) -> Fraction | None:
    """Read a number as people write it: a decimal comma, groups of three digits.

    Returns:
        Its one meaning; ``None`` where there are two (``1,000`` is a thousand here and one there) or none.
    """
    text = text.strip()
    match = re.fullmatch(r"([-+]?)(.*?)(?:[eE]([-+]?[0-9]{1,2}))?", text)
    if match is None or len(text) > LONGEST:
        return None
    sign, digits, power = match[1], match[2], int(match[3] or 0)
    found = _decimal(digits)
    return None if found is None else (-1 if sign == "-" else 1) * found * Fraction(10) ** power


def _decimal(digits: str) -> Fraction | None:
    if re.fullmatch(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+", digits):
        return Fraction(digits.rstrip(".") if digits.endswith(".") else digits)
    comma = re.fullmatch(r"([0-9]*),([0-9]+)", digits)
    if comma:
        ambiguous = len(comma[2]) == 3 and re.fullmatch(r"[1-9][0-9]{0,2}", comma[1])
        return None if ambiguous else Fraction(f"{comma[1] or 0}.{comma[2]}")
    whole, mark, part = re.fullmatch(r"(.*?)(?:([.,])([0-9]*))?", digits).groups()  # type: ignore[union-attr]
    grouped = _GROUPED.fullmatch(whole or "")
    if mark and grouped and grouped[1] not in (mark, "_"):
        return Fraction(re.sub(r"[^0-9]", "", whole) + "." + (part or "0"))
    grouped = _GROUPED.fullmatch(digits)
    # One group behind a comma or a point has two meanings; several of them, or other marks, have one.
    several = grouped is not None and (grouped[1] not in ",." or digits.count(grouped[1]) > 1)
    return Fraction(re.sub(r"[^0-9]", "", digits)) if several else None


def spelled(text: str, units: Sequence[str]) -> list[str]:
    """Return what a text means, as it is written in each of some units.

    Args:
        text: What stands there, such as ``0.2 rad`` or ``12,5°``.
        units: Keys of ``UNITS``, and ``""`` for a plain number.

    Returns:
        ``["11.459deg"]``; nothing where the text has no meaning in these units, or more than one.
    """
    text = cleaned(text)
    aspect = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?(?::|/|x|×|to|by) ?([0-9]+(?:\.[0-9]+)?)", text)
    if ":" in units and aspect and "/" not in "".join(unit for unit in units if unit != ":"):
        return [f"{aspect[1]}:{aspect[2]}"]
    match = _WITH_UNIT.fullmatch(text)
    number = number_in(match[1]) if match else None
    if match is None or number is None:
        return []
    word = (match[2] or "").strip()
    if not word:
        # Where a plain number is right, only its digits were written in another way.
        bare = ("",) if "" in units else units
        return [spelling for unit in bare for spelling in _bare(number, unit)]
    own = [unit for unit in units if word == unit] or units
    found = [f"{text}{unit}" for unit in own for text in _converted(number, word, unit)]
    # Hours are seconds as well as days.
    return found if len(found) == 1 else []


def _bare(number: Fraction, unit: str) -> Iterable[str]:
    """Yield a number that lacks its unit; of a share below 1 the percent are as likely to be meant."""
    if unit == ":":
        return
    share = unit in _SHARES and 0 < abs(number) <= 1
    if share and number != 1:
        yield f"{decimal(number * 100)}{unit}"
    yield f"{decimal(number)}{unit}"
    if share and number == 1:
        yield f"100{unit}"


def _converted(number: Fraction, word: str, unit: str) -> Iterable[str]:
    if len(word) == 1 and word.isalpha() and word not in (*_CASED.get(unit, ()), *("d", "h", "w")):
        return
    lower = word if word in _CASED.get(unit, ()) else word.lower()
    if word == unit or word in _CASED.get(unit, ()) or {word, unit} == set(_SHARES):
        yield decimal(number)
    elif lower in EXACT.get(unit, {}):
        yield decimal(number * EXACT[unit][lower])
    elif unit in _SHARES and any(lower in EXACT[share] for share in _SHARES):
        yield decimal(number * next(EXACT[share][lower] for share in _SHARES if lower in EXACT[share]))
    elif lower in _ROUNDED.get(unit, {}):
        yield f"{float(number) * _ROUNDED[unit][lower]:.5g}"


def in_own_unit(text: str) -> str:
    """Return a number in the unit of the language that its word stands for, or as it is where that is not certain."""
    match = _WITH_UNIT.fullmatch(text)
    word = (match[2] or "").strip() if match else ""
    if not word or word in UNITS:
        return text
    found = {spelling for unit in UNITS if unit for spelling in spelled(text, [unit])}
    return found.pop() if len(found) == 1 else text


def whole(text: str) -> list[str]:
    """Return what a text means as a whole number; nothing if it is none."""
    number = number_in(cleaned(text))
    return [decimal(number)] if number is not None and number.denominator == 1 else []


def decimal(number: Fraction) -> str:
    """Return a number as a person writes it, to twelve digits."""
    return f"{float(number):.12g}"


_ENDS: Final = re.compile(
    rf"({_NUMBER} ?[^\s0-9.,-]*) ?(?:to|bis|until|through|\.{{2,3}}|…|~|-) ?({_NUMBER} ?[^\s0-9.,-]*)"
)


def ends_in(text: str, units: Sequence[str]) -> tuple[str, str] | None:
    """Return both ends of what is written as a range in words, such as ``-12deg to 12deg``; a unit behind the second may serve both."""
    text, framed = re.subn(r"^(?:from|between|von|zwischen) ", "", cleaned(text), count=1, flags=re.IGNORECASE)
    if framed:
        text = re.sub(r" (?:and|und) ", " to ", text)
    match = _ENDS.fullmatch(text)
    if match is None:
        return None
    word = re.sub(rf"^{_NUMBER}", "", match[2])
    bare = number_in(match[1]) is not None
    first, second = spelled(match[1] + word if bare else match[1], units), spelled(match[2], units)
    return (first[0], second[0]) if len(first) == len(second) == 1 else None


def both_signs(text: str, units: Sequence[str]) -> tuple[str, str] | None:
    """Return the negative and the positive value of what is written as ``±12deg``."""
    match = re.fullmatch(r"(?:±|\+ ?/? ?-) ?([^-+].*)", cleaned(text))
    values = spelled(match[1], units) if match else []
    return (f"-{values[0]}", values[0]) if len(values) == 1 else None


def list_in(text: str, units: Sequence[str]) -> list[str]:
    """Return the values of what is written as a list without its brackets or commas; nothing where that is not certain."""
    text = cleaned(text).strip("[]() ")
    # A comma without a blank may be a decimal one.
    parts = re.split(r"\s*(?:[;|]|,(?=\s)|\band\b|\bor\b|\bund\b|\boder\b)\s*", text)
    if len(parts) == 1:
        parts = re.findall(rf"{_NUMBER}\s?[^\s0-9.,]+(?=\s|$)", text)
        words = {re.sub(rf"^{_NUMBER}\s?", "", part) for part in parts}
        if not parts or " ".join(parts) != text or len(words) > 1:
            return []  # 12deg 30arcmin is one value
    word = re.sub(rf"^{_NUMBER}", "", parts[-1])
    values = [spelled(part + word if number_in(part) is not None else part, units) for part in parts]
    return [value[0] for value in values] if len(values) > 1 and all(len(value) == 1 for value in values) else []


def comparison_in(text: str, usual: str) -> tuple[str, str]:
    """Split a text into the comparison that its words say and the rest.

    Args:
        text: Such as ``at least 95%`` or ``≥ 95%``.
        usual: The comparison that is meant where the text has none.

    Returns:
        A sign and what is left; no sign where it could not be told which is meant.
    """
    text = cleaned(text)
    lower = text.lower()
    for word in _LONGEST_FIRST:
        if lower.startswith(word) and not (word[-1].isalpha() and lower[len(word) : len(word) + 1].isalpha()):
            rest = text[len(word) :].lstrip(": ").removeprefix("of ").strip()
            return _WORDS[word], rest
    for sign, words in _BEHIND.items():
        for word in sorted(words, key=len, reverse=True):
            if lower.endswith(word):
                return sign, text[: -len(word)].strip()
    if re.match(r"==?(?![=<>])", text):
        return usual, text.lstrip("= ")
    return (usual, text) if re.match(r"[-+.,0-9]", text) else ("", text)


def thresholds(text: str, units: Sequence[str], usual: str) -> list[str]:
    """Return what a text means as a threshold, such as ``>= 95%``; nothing where that is not certain.

    Args:
        text: What stands there.
        units: In which the metric may be written.
        usual: The comparison of a text that has none.
    """
    sign, rest = comparison_in(text, usual)
    if not sign:
        return []
    found = spelled(rest, units)
    bare = number_in(rest)
    if bare is not None and 0 < abs(bare) < 1 and sign[0] == ">":
        # Nobody asks for an accuracy of at least 0.95%; a drop of at most 0.5 may be either.
        found = found[:1]
    return [f"{sign} {spelling}" for spelling in found]


def written(spellings: Sequence[str], *, quoted: bool = False) -> str:
    """Return advice to write one of some spellings, or nothing if there are none."""
    words = [f'"{spelling}"' for spelling in spellings] if quoted else spellings
    return f"write {' or '.join(words)}" if words else ""


def wanted(units: Sequence[str]) -> str:
    """Say in which units a number is to be, without any number."""
    named = [f"{unit} ({UNITS[unit].meaning})" if unit else "a plain number" for unit in units]
    return " or ".join(named)


_DATES: Final = (
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%B %d %Y",
    "%d %b %Y",
    "%b %d, %Y",
)


def date_in(text: str) -> str:
    """Return a date as ``2027-03-01``; nothing where the text is none, or two (``1/3/2027``)."""
    text = cleaned(text)
    loose = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", text)
    if loose:
        text = f"{loose[1]}/{loose[2]}/{loose[3]}"
    for form in _DATES if not text.isdecimal() or len(text) == len("20270301") else ():
        try:
            return datetime.datetime.strptime(text, form).date().isoformat()
        except ValueError:
            continue
    return ""
