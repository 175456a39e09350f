"""What was meant by a key or a word that is none: the likeliest of those that would have been right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from robustcheck.core.errors import did_you_mean

OTHER_WORDS: Final[Mapping[str, str]] = {
    "name": "id",
    "epsilon": "eps",
    "radius": "eps",
    "version": "robustcheck",
    "dataset": "data",
    "thresholds": "expect",
    "threshold": "expect",
    "deadline": "expires",
    "until": "expires",
    "reason": "why",
}
"""What keys are called elsewhere."""


def meant_key(word: str, known: Iterable[str], lacking: list[str], *, paired: bool = False) -> str:
    """Return what to do about a key that is none; one that is missing and was meant is taken out of those that lack.

    Args:
        word: The key that is written.
        known: The keys that would have been right.
        lacking: Keys that must be there and are not.
        paired: Whether what is written and the only thing that is missing are taken for one another.
    """
    known = list(known)
    near = OTHER_WORDS.get(word.casefold(), "")
    hint = f"did you mean {near}?" if near in known else did_you_mean(word, known)
    meant = hint.removeprefix("did you mean ").removesuffix("?") if hint.startswith("did") else ""
    if paired and not meant and len(lacking) == 1:
        meant, hint = lacking[0], f"did you mean {lacking[0]}?"
    if meant in lacking:
        lacking.remove(meant)
    return hint


def needed(key: str, doc: str) -> str:
    """Return what to write for a key that is missing, from its description."""
    return f"write {key}: {doc[:1].lower()}{doc[1:].rstrip('.')}" if doc else f"write {key}: ..."


def _plain_word(text: str) -> str:
    """Return a word without what makes no difference to a person: capitals, hyphens, blanks, mathematical signs."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("∞", "inf").replace("infinity", "inf")
    return re.sub(r"[\W_]+", "", plain)


def meant_word(text: str, words: Iterable[str]) -> str:
    """Return what may have been meant by a word that is none of those that would have been right."""
    words = tuple(words)
    same = [word for word in words if _plain_word(word) == _plain_word(text)]
    if len(same) == 1:
        return f"did you mean {same[0]}?"
    hint = did_you_mean(text, words)
    # The words of one key are few, and nothing else lists them.
    return hint if hint.startswith("did you mean") else f"known: {', '.join(sorted(words))}"
