"""What is still to be asked of one reviewer, from what all of them have said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from robustcheck.data.labels.consensus import Key, settle
from robustcheck.data.labels.overlay import ADJUDICATION, WITHDRAWN, Decision
from robustcheck.review.queue import CLEAN, Asked


def person(name: str) -> str:
    """Return a reviewer's name as reviewers are told apart."""
    return " ".join(name.split()).casefold()


def own_decisions(decisions: Sequence[Decision], reviewer: str) -> dict[Key, Decision]:
    """Return what stands of a reviewer's decisions, by picture, the latest last."""
    found: dict[Key, Decision] = {}
    for one in decisions:
        if one.person == person(reviewer):
            found.pop((one.sha256, one.id), None)
            if one.label != WITHDRAWN:
                found[one.sha256, one.id] = one
    return found


def open_pictures(
    queue: Sequence[Asked],
    keys: Mapping[str, Key],
    decisions: Sequence[Decision],
    reviewer: str,
    reviewers_min: int,
) -> list[Asked]:
    """Return the part of a queue that a reviewer has not decided and that waits for a further reviewer.

    A picture that enough reviewers agree on is done; one on which they differ waits for an adjudicator.

    Args:
        queue: In its order.
        keys: The picture behind each id.
        decisions: Of the overlay, in its order.
        reviewer: Whom to ask.
        reviewers_min: How many must agree on a picture.
    """
    settled, own = settle(decisions, reviewers_min), own_decisions(decisions, reviewer)
    done = {*settled.outcomes, *settled.conflicts, *own}
    return [asked for asked in queue if keys[asked.id] not in done]


def conflicts(queue: Sequence[Asked], keys: Mapping[str, Key], decisions: Sequence[Decision]) -> list[Asked]:
    """Return the pictures that reviewers see differently, for somebody to decide between them.

    Args:
        queue: What the run said of pictures; one that it did not ask about has no prediction.
        keys: The picture behind each id, of all samples.
        decisions: Of the overlay, in its order.
    """
    known = {asked.id: asked for asked in queue}
    at = {key: name for name, key in keys.items()}
    found = [
        known.get(at[key]) or Asked(at[key], "", CLEAN, "", 0.0) for key in settle(decisions).conflicts if key in at
    ]
    return [replace(asked, task=ADJUDICATION) for asked in found]
