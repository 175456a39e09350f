"""How many passes through the model a case takes, counted from what it asks for: exact where each picture is looked at once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from robustcheck.attacks.passes import Passes, passes_of
from robustcheck.core import progress, registry
from robustcheck.domain.case import Case
from robustcheck.engine.gates.attack_validity import built
from robustcheck.engine.kinds.break_point import most_probes
from robustcheck.engine.kinds.strategies import most_views
from robustcheck.engine.sample_index import Index

OTHERS: Final = 8
"""Passes of the checks of an attack's sanity that take one or two a picture, together."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a case takes.

    Attributes:
        prepared: Times that a picture is prepared and goes forward as it is.
        attack: Passes of the attack and of the checks of its sanity; ``None`` where the attack does not say.
        at_most: Whether pictures may leave the work early.
    """

    prepared: int
    attack: Passes | None
    at_most: bool

    @property
    def passes(self) -> Passes | None:
        """All passes; ``None`` where the attack does not say."""
        return None if self.attack is None else Passes(self.prepared) + self.attack


def effort_of(case: Case, index: Index, classes: tuple[str, ...]) -> Effort:
    """Count what a case takes.

    Args:
        case: Any.
        index: The pictures.
        classes: Of the model.

    Raises:
        RobustcheckError: The attack refuses its parameters.
    """
    pictures = len(index.samples)
    if case.search:
        return Effort(pictures * most_views(case.search, len(case.spans)), Passes(0), True)
    if case.limit:
        (span,) = case.spans.values()
        return Effort(pictures * most_probes(span, case.limit.resolution), Passes(0), True)
    if case.attack is None:
        return Effort(pictures, Passes(0), case.rule.stops)
    return Effort(pictures, attack_effort(case, built(case.attack), index, classes), True)


def begun(case: Case, pictures: int, *, may_stop: bool) -> AbstractContextManager[progress.Task]:
    """Return the task of looking at a case: what is counted, and how many there are at most.

    Args:
        case: Any with fixed parameters, or with a search or an attack, whose total is told once the attack is built.
        pictures: Of the data.
        may_stop: Whether it may end before it has seen every picture.
    """
    if case.attack:
        return progress.task(case.id, unit="passes", at_most=True)
    if case.search:
        total = pictures * most_views(case.search, len(case.spans))
        return progress.task(case.id, unit="views", total=total, at_most=True)
    return progress.task(case.id, unit="pictures", total=pictures, at_most=may_stop)


def attack_effort(case: Case, attack: Any, index: Index, classes: tuple[str, ...]) -> Passes | None:
    """Return the passes of an attack on all pictures and of the checks of its sanity, as if every picture resisted.

    Args:
        case: The attack's.
        attack: It, built as the case says.
        index: The pictures.
        classes: Of the model.
    """
    assert case.attack is not None  # noqa: S101 - the caller has seen it
    each = passes_of(attack, len(classes))
    if each is None:
        return None
    tried = each + Passes(1)
    targeted = case.attack.targeted
    attacked = pictures = len(index.samples)
    if targeted == "all":
        attacked *= len(classes) - 1
    elif targeted is not None and not isinstance(targeted, str):
        attacked = int(np.isin(index.labels, [classes.index(name) for name in targeted]).sum())
    return Passes(pictures) + tried * attacked + _checks(case, tried, min(attacked, pictures))


def _checks(case: Case, tried: Passes, pictures: int) -> Passes:
    """Return what ``attacks.sanity`` and ``attacks.planted`` take after an attack."""
    from robustcheck.attacks.attack_self_test import INNER, TRIES
    from robustcheck.attacks.gradient_check import ROUGH_PASSES, SHARE
    from robustcheck.attacks.sanity import FEW, PROBES, QUERIES

    assert case.attack is not None  # noqa: S101 - the caller has seen it
    facts = registry.attacks[case.attack.step.name].facts
    few, some = min(FEW, pictures), min(PROBES, pictures)
    found = Passes(OTHERS * some)
    if _is_ball(case.attack.step.params):
        # Within a huge ball, within a ball twice as large, and with twice the steps.
        found += tried * (few + some) + tried * (2 * some if not facts.minimal else 0)
        found += Passes((QUERIES + 1) * few + 3 * some, some) if facts.gradients else Passes(0)
    if facts.gradients:
        budget = max(ROUGH_PASSES, int(SHARE * tried.both * pictures))
        found += Passes(budget, budget // 2)
    if case.attack.unit_test:
        found += (tried + Passes(1 + INNER + TRIES)) * few
    return found


def _is_ball(params: Mapping[str, Any]) -> bool:
    eps = params.get("eps")
    return eps is not None and 0 < float(eps.value) < float("inf")
