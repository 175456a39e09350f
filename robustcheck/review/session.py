"""One reviewer at work: what is asked next, what is decided, what is taken back."""

from __future__ import annotations

import datetime
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.data.labels.consensus import settle
from robustcheck.data.labels.overlay import ADJUDICATION, AMBIGUOUS, RESERVED, WITHDRAWN, Decision
from robustcheck.review.ledger import Ledger
from robustcheck.review.open_items import conflicts, open_pictures, own_decisions
from robustcheck.review.queue import CLEAN, Asked, keyed
from robustcheck.review.review_dataset import Ground

LONGEST_REASON: Final = 2000
"""Characters."""


class Refused(RobustcheckError):
    """A decision that cannot be taken as it was asked for; the page says why."""


@dataclass(frozen=True, slots=True)
class Task:
    """How the review is done.

    Attributes:
        reviewer: Who decides.
        blind: Whether label and prediction stay hidden.
        reviewers_min: How many must agree on a picture.
        adjudicate: Whether this reviewer decides between others.
        seed: Orders a blind review.
        model_digest: Of the model whose run asks.
    """

    reviewer: str
    blind: bool = False
    reviewers_min: int = 1
    adjudicate: bool = False
    seed: int = 0
    model_digest: str = ""


class Session:
    """The review of one suite by one reviewer; safe to use from several threads.

    A picture is called by its place in the queue, which says nothing about its label.
    """

    def __init__(self, queue: Sequence[Asked], ground: Ground, ledger: Ledger, task: Task) -> None:
        """Begin, or go on where the overlay says that this reviewer was.

        Args:
            queue: Every picture that should be looked at.
            ground: The data set.
            ledger: The overlay.
            task: How the review is done.
        """
        self.task, self.ground = task, ground
        self._ledger, self._keys = ledger, ground.keys
        self._lock = threading.RLock()
        if task.adjudicate:
            queue = conflicts(queue, self._keys, ledger.decisions())
        if task.blind:
            # The order by reasons would tell what the model said.
            queue = sorted(queue, key=lambda asked: keyed(task.seed, "blind", asked.id))
        self.queue = tuple(queue)
        self._place = {asked.id: place for place, asked in enumerate(self.queue)}
        self._skipped: list[str] = []
        self._first: list[str] = []

    def label_of(self, asked: Asked) -> str:
        """Return the label that the data set has."""
        return self.ground.by_id[asked.id].label

    def asked(self, place: int) -> Asked:
        """Return a picture by its place in the queue.

        Raises:
            Refused: There is none.
        """
        if not 0 <= place < len(self.queue):
            raise Refused("there is no such picture in this review")
        return self.queue[place]

    def state(self) -> dict[str, Any]:
        """Return what is asked now and how far the review is, as JSON values; nothing of it unblinds a blind review."""
        with self._lock:
            waiting = self._waiting()
            current = waiting[0] if waiting else None
            own = self._own()
            found: dict[str, Any] = {
                "done": len(self.queue) - len(waiting),
                "all": len(self.queue),
                "skipped": len(self._skipped),
                "undoable": any(key[1] in self._place for key in own),
                "item": self._told(current) if current else None,
            }
            if not self.task.blind:
                every, left = (Counter(one.task for one in part) for part in (self.queue, waiting))
                found["reasons"] = [[task, count - left[task], count] for task, count in every.items()]
            return found

    def decide(self, place: int, label: str, reason: str) -> None:
        """Write a decision; it is on the disk when this returns.

        Args:
            place: Of the picture in the queue.
            label: A class, or ``ambiguous``.
            reason: Why; may be empty.

        Raises:
            Refused: The picture is not open, or the label is none.
            RobustcheckError: The overlay cannot be written.
        """
        asked = self.asked(place)
        if label not in (*self.ground.classes, AMBIGUOUS):
            raise Refused("this label is no class of the model")
        if len(reason) > LONGEST_REASON:
            raise Refused(f"the reason is longer than {LONGEST_REASON} characters")
        with self._lock:
            if asked not in self._waiting():
                raise Refused("this picture has been decided already")
            self._ledger.add(self._decision(asked, label, reason.strip(), asked.task))
            for names in (self._skipped, self._first):
                if asked.id in names:
                    names.remove(asked.id)

    def confirm(self, place: int, reason: str) -> None:
        """Write that the label is right.

        Raises:
            Refused: The review is blind, so that there is nothing to confirm; or as ``decide``.
        """
        if self.task.blind:
            raise Refused("label and prediction are hidden; choose a class")
        self.decide(place, self.label_of(self.asked(place)), reason)

    def skip(self, place: int) -> None:
        """Put a picture behind all others."""
        with self._lock:
            name = self.asked(place).id
            self._first = [other for other in self._first if other != name]
            self._skipped = [*(other for other in self._skipped if other != name), name]

    def undo(self) -> None:
        """Take this reviewer's last decision back, whether from this session or an earlier one, and ask again.

        Raises:
            Refused: There is none.
        """
        with self._lock:
            mine = [one for one in self._own().values() if one.id in self._place]
            if not mine:
                raise Refused("there is no decision of yours to take back")
            last = mine[-1]
            self._ledger.add(self._decision(self.queue[self._place[last.id]], WITHDRAWN, "", last.task))
            self._first.append(last.id)

    def _own(self) -> Mapping[tuple[str, str], Decision]:
        """Return what stands of this reviewer; an adjudicator's earlier opinion is one among those to decide between."""
        own = own_decisions(self._ledger.decisions(), self.task.reviewer)
        own = {key: one for key, one in own.items() if self._keys.get(one.id) == key}
        if self.task.adjudicate:
            own = {key: one for key, one in own.items() if one.task == ADJUDICATION}
        return own

    def _waiting(self) -> list[Asked]:
        decisions = self._ledger.decisions()
        if self.task.adjudicate:
            open_keys = settle(decisions).conflicts
            waiting = [asked for asked in self.queue if self._keys[asked.id] in open_keys]
        else:
            minimum = self.task.reviewers_min
            waiting = open_pictures(self.queue, self._keys, decisions, self.task.reviewer, minimum)
        order = {name: place for place, name in enumerate(self._skipped, start=1)}
        order |= {name: -place for place, name in enumerate(self._first, start=1)}
        return sorted(waiting, key=lambda asked: order.get(asked.id, 0))

    def _told(self, asked: Asked) -> dict[str, Any]:
        item: dict[str, Any] = {"place": self._place[asked.id], "perturbed": asked.case != CLEAN}
        item["skipped"] = asked.id in self._skipped
        if not self.task.blind:
            item |= {"id": asked.id, "label": self.label_of(asked), "task": asked.task, "case": asked.case}
            item |= {"predicted": asked.predicted, "confidence": asked.confidence}
            if self.task.adjudicate:
                said = settle(self._ledger.decisions()).conflicts.get(self._keys[asked.id], {})
                item["said"] = [[name, label] for name, label in said.items()]
        return item

    def _decision(self, asked: Asked, label: str, reason: str, task: str) -> Decision:
        sha256, name = self._keys[asked.id]
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        return Decision(
            sha256=sha256,
            id=name,
            original=self.label_of(asked),
            label=label,
            reviewer=self.task.reviewer,
            at=now,
            reason=reason,
            task=task,
            model_digest=self.task.model_digest,
            blind=self.task.blind,
        )


def check_reviewer(name: str) -> str:
    """Return a reviewer's name without spaces around it.

    Raises:
        RobustcheckError: It is none.
    """
    plain = " ".join(name.split())
    if not plain or plain.casefold() in RESERVED or not plain.isprintable():
        raise RobustcheckError(f"--reviewer {name!a} is no name; write who answers for the decisions")
    return plain
