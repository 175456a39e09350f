"""A data set with the labels that people corrected laid over its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from robustcheck.core.errors import DataError, did_you_mean
from robustcheck.data.labels.consensus import Key, Outcome, settle
from robustcheck.data.labels.overlay import RESERVED, Decision
from robustcheck.data.source import Sample

NAMED = 5
"""Problems of one kind that a message names."""


@dataclass(frozen=True, slots=True)
class Overlaid:
    """What an overlay does to a list of samples.

    Attributes:
        outcomes: What holds, by the id of the sample as the data set has it now.
        waiting: Ids of pictures that wait for another reviewer.
        decisions: Lines of the overlay.
        reviewers: Who wrote them, sorted.
        elsewhere: Pictures of the overlay that a limited run does not look at.
    """

    outcomes: Mapping[str, Outcome]
    waiting: tuple[str, ...]
    decisions: int
    reviewers: tuple[str, ...]
    elsewhere: int = 0

    @property
    def changed(self) -> dict[str, str]:
        """The new label by id, where it is another one."""
        return {name: one.label for name, one in self.outcomes.items() if one.changed and not one.ambiguous}

    @property
    def ambiguous(self) -> frozenset[str]:
        """Ids of the pictures that count for nothing."""
        return frozenset(name for name, one in self.outcomes.items() if one.ambiguous)

    @property
    def digest(self) -> str:
        """sha256 over the sorted (id, label) pairs of what is changed or ambiguous; empty where nothing is."""
        told = sorted([name, one.label] for name, one in self.outcomes.items() if one.changed)
        return hashlib.sha256(json.dumps(told).encode()).hexdigest() if told else ""

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, without the pictures' names."""
        return {
            "digest": self.digest,
            "decisions": self.decisions,
            "reviewers": list(self.reviewers),
            "changed": len(self.changed),
            "ambiguous": len(self.ambiguous),
            "confirmed": sum(not one.changed for one in self.outcomes.values()),
            "adjudicated": sum(one.adjudicated for one in self.outcomes.values()),
            "waiting": len(self.waiting),
            "elsewhere": self.elsewhere,
        }


def lay_over(
    decisions: Sequence[Decision],
    samples: Sequence[Sample],
    classes: Sequence[str],
    content: Callable[[Sample], str],
    *,
    shown: str,
    reviewers_min: int = 1,
    max_changed: float = 1.0,
    part: bool = False,
) -> Overlaid:
    """Hold an overlay against a data set.

    A picture is known by its content, so that one that was renamed keeps its review.

    Args:
        decisions: Of the overlay, in its order.
        samples: Of the data set, with its own labels.
        classes: Of the model.
        content: ``Source.content``.
        shown: How messages call the overlay.
        reviewers_min: How many must agree.
        max_changed: Share of the labels that may be changed or declared ambiguous.
        part: Whether the samples are a part of the data set, so that others may be unknown.

    Raises:
        DataError: A picture or class is unknown, the data set has another label than the reviewers saw, they disagree, more
            is changed than may be, or a class of the model has a name that means something else here.
    """
    reserved = [name for name in RESERVED if name in classes]
    if reserved:
        raise DataError(
            f"{shown}: the model has a class called {reserved[0]}, which means something else in an overlay"
        )
    found = _Found(samples, content, {one.id for one in decisions})
    problems: dict[str, list[str]] = {}
    known: list[Decision] = []
    elsewhere: set[Key] = set()
    for one in decisions:
        key = one.sha256, one.id
        sample = found.of(*key)
        if sample is None:
            if part:
                elsewhere.add(key)
            else:
                problems.setdefault("pictures that are not in the data set, or are not what they were", []).append(
                    one.id
                )
            continue
        known.append(replace(one, id=sample.id))
        if one.original != sample.label:
            told = f"{one.id} ({one.original} when reviewed, now {sample.label})"
            problems.setdefault("pictures whose label in the data set has changed since", []).append(told)
        if one.label not in (*classes, *RESERVED):
            told = f"{one.label} of {one.id} ({did_you_mean(one.label, classes)})"
            problems.setdefault("labels that are no class of the model", []).append(told)
    settled = settle(known, reviewers_min)
    for (_, name), said in settled.conflicts.items():
        told = f"{name} ({', '.join(f'{who}: {label}' for who, label in said.items())})"
        problems.setdefault("pictures that the reviewers see differently (robustcheck review --adjudicate)", []).append(
            told
        )
    if problems:
        raise DataError("\n".join(f"{shown}: {_named(what, names)}" for what, names in problems.items()))
    other = sum(outcome.changed for outcome in settled.outcomes.values())
    if other > max_changed * len(samples) + 1e-9:
        raise DataError(
            f"{shown}: {other} of {len(samples)} labels are changed or ambiguous, {other / len(samples):.2%}, and max_changed "
            f"allows {max_changed:.4g} of all: look at the data, or allow more"
        )
    return Overlaid(
        {name: outcome for (_, name), outcome in settled.outcomes.items()},
        tuple(name for _, name in settled.waiting),
        len(decisions),
        tuple(sorted({one.person: one.reviewer for one in decisions}.values())),
        len(elsewhere),
    )


class _Found:
    """Finds samples by content, and reads no content that nobody asks for."""

    def __init__(self, samples: Sequence[Sample], content: Callable[[Sample], str], ids: Iterable[str]) -> None:
        self._samples, self._content = samples, content
        self._by_id = {sample.id: sample for sample in samples}
        self._digests = {name: content(self._by_id[name]) for name in set(ids) & self._by_id.keys()}
        self._by_content: dict[str, list[Sample]] | None = None

    def of(self, sha256: str, name: str) -> Sample | None:
        """Return the sample of that content: the one of that name, or the only one."""
        if self._digests.get(name) == sha256:
            return self._by_id[name]
        if self._by_content is None:
            self._by_content = {}
            for sample in self._samples:
                self._by_content.setdefault(self._content(sample), []).append(sample)
        same = self._by_content.get(sha256, [])
        return same[0] if len(same) == 1 else None


def _named(what: str, names: Sequence[str]) -> str:
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return f"{len(every)} {what}: {', '.join(every[:NAMED])}{more}"
