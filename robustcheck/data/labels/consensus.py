"""From what several people say of pictures to what holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from robustcheck.data.labels.overlay import ADJUDICATION, AMBIGUOUS, WITHDRAWN, Decision

Key = tuple[str, str]
"""A picture: its sha256 and its id."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What holds of one picture.

    Attributes:
        original: The label that the data set has.
        label: The label that holds: ``original`` where it was confirmed, or ``ambiguous``.
        reviewers: Who says so, as they wrote their names, sorted.
        adjudicated: Whether one person decided between the others.
    """

    original: str
    label: str
    reviewers: tuple[str, ...]
    adjudicated: bool = False

    @property
    def ambiguous(self) -> bool:
        """Whether nobody can say what the picture shows."""
        return self.label == AMBIGUOUS

    @property
    def changed(self) -> bool:
        """Whether the label differs from that of the data set."""
        return self.label != self.original


@dataclass(frozen=True, slots=True)
class Settled:
    """What holds of all pictures of an overlay.

    Attributes:
        outcomes: Of the pictures that enough reviewers agree on.
        waiting: Pictures on which all agree, but too few have looked.
        conflicts: Pictures that the reviewers see differently: what each says, by name.
    """

    outcomes: Mapping[Key, Outcome]
    waiting: tuple[Key, ...]
    conflicts: Mapping[Key, Mapping[str, str]]


def settle(decisions: Sequence[Decision], reviewers_min: int = 1) -> Settled:
    """Say what holds.

    An adjudication outranks all that was said before it; whoever differs after it opens the conflict again.

    Args:
        decisions: In the order of the overlay.
        reviewers_min: How many must agree before a decision counts; an adjudication counts by itself.
    """
    by_picture: dict[Key, list[Decision]] = {}
    for one in decisions:
        by_picture.setdefault((one.sha256, one.id), []).append(one)
    outcomes: dict[Key, Outcome] = {}
    waiting: list[Key] = []
    conflicts: dict[Key, dict[str, str]] = {}
    for key, said in by_picture.items():
        standing, adjudicated = _standing(said)
        labels = {one.label for one in standing}
        if len(labels) > 1:
            conflicts[key] = {one.reviewer: one.label for one in standing}
        elif len(standing) >= (1 if adjudicated else reviewers_min):
            names = tuple(sorted(one.reviewer for one in standing))
            outcomes[key] = Outcome(standing[0].original, standing[0].label, names, adjudicated)
        elif standing:
            waiting.append(key)
    return Settled(outcomes, tuple(waiting), conflicts)


def _standing(said: Sequence[Decision]) -> tuple[list[Decision], bool]:
    """Return the last word of each reviewer from the last adjudication on, and whether there is one."""
    last = {one.person: place for place, one in enumerate(said)}
    standing = [place for place in sorted(last.values()) if said[place].label != WITHDRAWN]
    judged = [place for place in standing if said[place].task == ADJUDICATION]
    if judged:
        standing = [place for place in standing if place >= judged[-1]]
    return [said[place] for place in standing], bool(judged)
