"""What an overlay says of the labels and of those who reviewed them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from robustcheck.data.labels.consensus import Key, settle
from robustcheck.data.labels.overlay import ADJUDICATION, AMBIGUOUS, WITHDRAWN, Decision
from robustcheck.domain.estimate import Estimate
from robustcheck.review.open_items import own_decisions
from robustcheck.stats.intervals import clopper_pearson


@dataclass(frozen=True, slots=True)
class Reviewer:
    """What stands of one reviewer's decisions; attributes are numbers of pictures."""

    name: str
    decided: int
    confirmed: int
    changed: int
    ambiguous: int
    blind: int


@dataclass(frozen=True, slots=True)
class Pair:
    """How two reviewers agree.

    Attributes:
        names: Of both.
        n: Pictures that both have decided.
        agreed: On how many of them they agree.
        kappa: Cohen's kappa; ``None`` where it says nothing, since both gave one and the same label to all.
    """

    names: tuple[str, str]
    n: int
    agreed: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Audit:
    """What a random part of the undoubted pictures shows.

    Attributes:
        changed: Share whose label was changed, with its exact 95% interval; ``None`` where none was audited.
        ambiguous: Pictures of it that nobody can tell.
        conflicts: Pictures that the reviewers see differently, and which are not counted.
    """

    changed: Estimate | None
    ambiguous: int
    conflicts: int


def reviewers(decisions: Sequence[Decision]) -> list[Reviewer]:
    """Return what each reviewer decided, by name."""
    found = []
    for name, standing in _by_person(decisions).items():
        kinds = Counter(_kind(one) for one in standing.values())
        blind = sum(one.blind for one in standing.values())
        told = kinds["confirmed"], kinds["changed"], kinds["ambiguous"]
        found.append(Reviewer(name, len(standing), *told, blind))
    return found


def pairs(decisions: Sequence[Decision]) -> list[Pair]:
    """Return how any two reviewers agree on the pictures that both have decided, adjudications left out.

    Source: J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960).
    """
    own = _by_person([one for one in decisions if one.task != ADJUDICATION])
    found = []
    for (first, said), (second, answered) in itertools.combinations(own.items(), 2):
        both = [key for key in said if key in answered]
        if both:
            labels = [(said[key].label, answered[key].label) for key in both]
            found.append(Pair((first, second), len(both), sum(a == b for a, b in labels), kappa(labels)))
    return found


def kappa(labels: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of pairs of labels: agreement beyond what their frequencies alone would give, 1 at most.

    Args:
        labels: At least one pair.

    Returns:
        ``None`` where chance alone would have both agree on everything.
    """
    n = len(labels)
    observed = sum(a == b for a, b in labels)
    first, second = Counter(a for a, _ in labels), Counter(b for _, b in labels)
    by_chance = sum(first[name] * second[name] for name in first)
    return None if by_chance == n * n else (observed * n - by_chance) / (n * n - by_chance)


def audit(decisions: Sequence[Decision]) -> Audit:
    """Return how many labels of the audited pictures were changed, which estimates the share among all undoubted ones."""
    asked = {(one.sha256, one.id) for one in decisions if one.task == "audit" and one.label != WITHDRAWN}
    settled = settle(decisions)
    outcomes = [outcome for key, outcome in settled.outcomes.items() if key in asked]
    changed = sum(outcome.changed and not outcome.ambiguous for outcome in outcomes)
    share = None
    if outcomes:
        n = len(outcomes)
        share = Estimate(changed / n, *clopper_pearson(changed, n, 0.975), n, counts=(changed,))
    return Audit(share, sum(outcome.ambiguous for outcome in outcomes), sum(key in asked for key in settled.conflicts))


def _by_person(decisions: Sequence[Decision]) -> dict[str, dict[Key, Decision]]:
    names = {one.person: one.reviewer for one in decisions}
    return {names[person]: own_decisions(decisions, person) for person in sorted(names)}


def _kind(decision: Decision) -> str:
    if decision.label == AMBIGUOUS:
        return "ambiguous"
    return "confirmed" if decision.label == decision.original else "changed"
