"""Finds shifts, attacks and metrics by the words that a person would use: ``dusk``, ``dirty lens``, ``knee height``.

What is searched are names, the synonyms that the decorators state, and summaries. Capital letters, hyphens, the order of the words and
their common endings make no difference.
"""

from __future__ import annotations

import enum
import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from robustcheck.core import registry
from robustcheck.core.errors import near_words, numbers_fit
from robustcheck.core.registry import Definition, Registry

FEW: Final = 4
"""Names in one message."""
_WHOLE_FAMILY: Final = 8
"""Names of one family in a message: all or none."""
_SMALL_WORDS: Final = frozenset(
    (
        *(
            "a",
            "an",
            "and",
            "as",
            "at",
            "be",
            "by",
            "for",
            "from",
            "in",
            "into",
            "is",
            "it",
            "its",
            "my",
            "of",
            "on",
            "or",
            "our",
        ),
        *(
            "that",
            "the",
            "to",
            "too",
            "very",
            "which",
            "with",
            "image",
            "images",
            "photo",
            "photos",
            "picture",
            "pictures",
        ),
    )
)
_ENDINGS: Final = ("ions", "ion", "ings", "ing", "ness", "ies", "ed", "es", "y", "s", "e")
_SHORTEST_STEM: Final = 3
_NEAR_NAME: Final = 0.66
"""How alike the names of one kind must be: precision is no slip of the pen for regression."""
_NEAR: Final = 0.75
"""How alike a name and a synonym, or a name of another library, must be to be taken for one another."""


class Closeness(enum.IntEnum):
    """How well a definition answers the words that were searched."""

    SOME = 1
    """Some of the words are in its name or its synonyms."""
    SUMMARY = 2
    """All of the words are in its name, its synonyms or its summary."""
    SYNONYMS = 3
    """All of the words are in its name or its synonyms."""
    FORM = 4
    """The words are its name or a synonym, in another form or order."""
    EXACT = 5
    """The words are its name or a synonym."""


@dataclass(frozen=True, slots=True)
class Match:
    """One thing that answers the words that were searched.

    Attributes:
        noun: ``shift``, ``attack`` or ``metric``.
        definition: What is registered.
        closeness: How well it answers.
        words: How many of the words it has.
        called: How many of the words are by themselves its name or a synonym.
    """

    noun: str
    definition: Definition
    closeness: Closeness
    words: int
    called: int = 0

    @property
    def name(self) -> str:
        """The name as suites write it."""
        return self.definition.name


def registries() -> Mapping[str, Registry]:
    """Return all registries by their noun."""
    return {known.noun: known for known in (registry.shifts, registry.attacks, registry.metrics)}


def search(words: str, *, among: Iterable[str] = ("shift", "attack", "metric")) -> tuple[Match, ...]:
    """Return what answers some words, the closest first, then by name.

    Args:
        words: As a person writes them.
        among: The nouns of the registries that are searched.

    Returns:
        What has all of the words; where nothing has, what has most of them. A name with a dot has to fit as a whole.
    """
    known = registries()
    matches = [match for noun in among for entry in known[noun] if (match := _match(noun, entry, words))]
    whole = [match for match in matches if match.closeness > Closeness.SOME]
    most = max((match.words for match in matches), default=0)
    chosen = whole or [match for match in matches if match.words == most]
    return tuple(sorted(chosen, key=lambda match: (-match.closeness, -match.called, match.name, match.noun)))


def closest(matches: Sequence[Match]) -> tuple[Match, ...]:
    """Return those that answer best."""
    return tuple(match for match in matches if match.closeness == matches[0].closeness)


def _match(noun: str, definition: Definition, words: str) -> Match | None:
    wanted = _words(words)
    if not wanted:
        return None
    phrases = [definition.name, definition.name.partition(".")[2], *definition.facts.synonyms]
    if any("".join(_words(phrase)) == "".join(wanted) for phrase in phrases):
        return Match(noun, definition, Closeness.EXACT, len(wanted))
    stems = sorted(map(_stem, wanted))
    if any(sorted(map(_stem, _words(phrase))) == stems for phrase in phrases):
        return Match(noun, definition, Closeness.FORM, len(wanted))
    kept = {_stem(word) for phrase in phrases for word in _words(phrase)}
    if kept.issuperset(stems):
        return Match(noun, definition, Closeness.SYNONYMS, len(wanted))
    if kept.union(map(_stem, _words(definition.summary))).issuperset(stems):
        return Match(noun, definition, Closeness.SUMMARY, len(wanted))
    if "." in words or re.search(r"[0-9]", words):
        return None  # a name and a number are right or wrong as a whole
    # That a shift is one of the camera says little of it.
    own = kept - {_stem(word) for word in _words(definition.name.partition(".")[0])}
    shared = own.intersection(stems)
    called = shared & {" ".join(map(_stem, _words(phrase))) for phrase in phrases}
    return Match(noun, definition, Closeness.SOME, len(shared), len(called)) if shared else None


@functools.lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case without those that say nothing, unless it has no others."""
    words = tuple(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))
    return tuple(word for word in words if word not in _SMALL_WORDS) or words


@functools.lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    """Return a word without its endings, as far as needed to see that ``foggy``, ``fogs`` and ``fog`` are one word."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return _stem(word.removesuffix(ending))
    doubled = len(word) > _SHORTEST_STEM and word[-1] == word[-2]
    return _stem(word[:-1]) if doubled else word


def kind_told(noun: str, name: str) -> str:
    """Say what a name is that stands where one of another kind should; an empty text if it is none of them.

    Args:
        noun: What should stand there.
        name: What stands there.
    """
    other = next((other for other, known in registries().items() if other != noun and name in known), "")
    if not other:
        return ""
    where = " in a check" if noun == "metric" else ""
    how = "write it under expect" if other == "metric" else f"write {other}: {name}{where}"
    return f"{name} is {'an' if other == 'attack' else 'a'} {other}: {how}"


def hint_for(noun: str, name: str) -> str:
    """Return what may have been meant by a name that is not registered as what it stands for.

    Names of another library are proposed only where the spelling is near.

    Args:
        noun: ``shift``, ``attack`` or ``metric``.
        name: What was written.
    """
    all_of_them = f"`robustcheck list {noun}s` names all"
    if kind_told(noun, name):
        return _there(noun, name) or all_of_them
    return next(filter(None, _hints(noun, name)), all_of_them)


def _hints(noun: str, name: str) -> Iterator[str]:
    """Give what may have been meant, the likeliest first; empty texts where a way of looking gives nothing."""
    elsewhere = [] if "." in name else _of_other_libraries(noun, name, likeness=1)
    yield _meant([*_names(noun, name, Closeness.SUMMARY), *elsewhere], noun) + _closer_elsewhere(noun, name)
    yield _near_spelling(noun, name)
    yield _meant(_names(noun, name.rpartition(".")[2], Closeness.FORM), noun)
    yield from (_there(other, name) for other in registries() if other != noun)
    yield _meant(_of_other_libraries(noun, name, likeness=_NEAR), noun)
    yield _near_synonym(noun, name)
    yield _rest_of_family(noun, name)
    yield _meant(_names(noun, name, Closeness.SOME), noun)


def _closer_elsewhere(noun: str, name: str) -> str:
    """Return what else there is where things of another kind answer better than those of the kind that is wanted."""
    own = _names(noun, name, Closeness.SUMMARY)
    others = [_there(other, name) for other in registries() if other != noun]
    return "".join(f" {there}" for there in others if there) if own and not _names(noun, name, Closeness.FORM) else ""


def _names(noun: str, words: str, at_least: Closeness) -> list[str]:
    """Return the names of what answers words best, if that is close enough."""
    matches = search(words, among=[noun])
    return [match.name for match in closest(matches)] if matches and matches[0].closeness >= at_least else []


def _there(noun: str, name: str) -> str:
    names = _names(noun, name, Closeness.FORM)
    return f"among the {noun}s there {'is' if len(names) == 1 else 'are'} {listed(names, 'and')}" if names else ""


def _meant(names: Sequence[str], noun: str) -> str:
    return f"did you mean {listed(names, 'or', noun)}?" if names else ""


def listed(names: Sequence[str], conjunction: str, noun: str = "") -> str:
    """Return names as a sentence lists them; of many the first few and how many more there are.

    Args:
        names: In order.
        conjunction: The word before the last one.
        noun: Of what they are names; unused where they are few.
    """
    if len(names) == 1:
        return names[0]
    if len(names) <= FEW:
        return f"{', '.join(names[:-1])} {conjunction} {names[-1]}"
    return f"{', '.join(names[:FEW])} {conjunction} {len(names) - FEW} more{f' {noun}s' if noun else ''}"


def _near_spelling(noun: str, name: str) -> str:
    known = registries()[noun]
    family = known.family(name) or _family(noun, name)
    # What the names of a family share is no likeness.
    tails = {other.partition(".")[2]: other for other in family}
    names = [entry.name for entry in known]
    near = (
        [tails[tail] for tail in near_words(name.partition(".")[2], tails)]
        if family
        else near_words(name, names, likeness=_NEAR_NAME)
    )
    if near and not numbers_fit(name, near[0]):
        return f"known: {listed(near, 'and')}"
    return f"did you mean {near[0]}?" if near else ""


def _near_synonym(noun: str, name: str) -> str:
    owners: dict[str, list[str]] = {}
    for entry in registries()[noun]:
        for words in entry.facts.synonyms:
            owners.setdefault(words, []).append(entry.name)
    near = near_words(name, owners, likeness=_NEAR)
    return f"did you mean {near[0]}, which is {listed(owners[near[0]], 'or', noun)}?" if near else ""


def _of_other_libraries(noun: str, name: str, *, likeness: float) -> list[str]:
    """Return names of other libraries without whose prefix a name is spelt alike."""
    known = registries()[noun]
    found = []
    for prefix in known.families():
        tails = {other.removeprefix(prefix): other for other in known.family(prefix)}
        near = near_words("".join(_words(name)), tails, likeness=likeness)[:1]
        found += [tails[tail] for tail in near if numbers_fit(name, tail)]
    return found


def _family(noun: str, name: str) -> list[str]:
    head = name.partition(".")[0] if "." in name else ""
    return [entry.name for entry in registries()[noun] if head and entry.name.startswith(f"{head}.")]


def _rest_of_family(noun: str, name: str) -> str:
    family = _family(noun, name)
    if len(family) > _WHOLE_FAMILY:
        return f"`robustcheck list {noun}s {family[0].partition('.')[0]}` names what there is"
    return f"known: {', '.join(family)}" if family else ""


def hint_for_any(name: str) -> str:
    """Return what may have been meant by a name that is none of a shift, an attack or a metric and answers no search."""
    own = [entry.name for known in registries().values() for entry in known]
    near = near_words(name, own)
    if near and "." not in name and numbers_fit(name, near[0]):
        return f"did you mean {near[0]}?"
    hints = [hint for noun in registries() for hint in (_near_spelling(noun, name), _near_synonym(noun, name)) if hint]
    elsewhere = _meant(_of_other_libraries("shift", name, likeness=_NEAR), "shift")
    every = "`robustcheck list shifts`, `list attacks` and `list metrics` name all"
    return next(filter(None, (*hints, elsewhere, _rest_of_family("shift", name))), every)
