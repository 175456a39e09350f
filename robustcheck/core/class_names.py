"""Names as they are compared: in one Unicode form, so that what looks alike is alike, wherever it was written.

A folder on a Mac has ``é`` as two characters, an editor writes one. Whoever compares names of classes, groups or pictures
passes both sides through here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

_INVISIBLE: Final = "\ufeff\u200b\u2060"
"""Byte order mark, zero-width space, word joiner: what files and web pages leave around a word and nobody sees."""


def normal(name: str) -> str:
    """Return a name in Unicode's composed form (NFC), as an id has it.

    Bytes of a file name that are no UTF-8, which Python keeps as lone surrogates, are written out.
    """
    return unicodedata.normalize("NFC", name).encode("utf-8", "backslashreplace").decode("utf-8")


def class_name(name: str) -> str:
    """Return the name of a class or group: composed, without blanks or invisible characters around it, one blank within."""
    return " ".join(normal(name).split()).strip(_INVISIBLE + " ")


def text_of(value: object) -> str:
    """Return a value of metadata as text; empty where it is missing: ``None``, NaN, NaT, ``<NA>``, or nothing but blanks.

    ``none``, ``null`` and ``NA`` are words: the weather may be none, and NA is Namibia.
    """
    text = "" if value is None else class_name(str(value))
    return "" if text.casefold() in ("nan", "nat", "<na>") else text


def repeated(names: Iterable[str]) -> dict[str, list[int]]:
    """Return the positions, from 0, of each name that stands more than once, in the order of their first places."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return {name: found for name, found in places.items() if len(found) > 1}
