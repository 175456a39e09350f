"""Cases with an attack, which may follow shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.attacks.passes import Passes, passes_of
from robustcheck.core import progress, registry
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case
from robustcheck.domain.how import Attack
from robustcheck.domain.suite import Suite
from robustcheck.engine.cache.record_files import Stored
from robustcheck.engine.cache.reference_batch import ReferenceCollector
from robustcheck.engine.effort import Effort
from robustcheck.engine.gates.attack_validity import (
    UPPER_BOUND,
    always_attacked,
    attack_facts,
    built,
    doubts_of,
    next_smaller,
    nothing_to_change,
    risen,
)
from robustcheck.engine.gates.black_box import alone, power_of
from robustcheck.engine.kinds.adversary import Adversary
from robustcheck.engine.kinds.attack_state import Attempted
from robustcheck.engine.kinds.case_kind import CaseKind, Drawing, Finding, RecordsOf, Unchanged, case_kind
from robustcheck.engine.pipeline.gallery import Gallery
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.engine.sample_index import Index
from robustcheck.engine.shard import Cost, Shard
from robustcheck.metrics.records import Observation, Records

BLOCK: Final = 256
"""Pictures attacked at the same time, from which the fooled ones drop out; any number gives the same result."""
BROKEN_BY: Final = "broken by "
"""Begins the names of counts: how many pictures each attack of a cascade broke."""
OTHERS: Final = 8
"""Passes of the checks of an attack's sanity that take one or two a picture, together."""


@case_kind(Attack)
class AttackKind(CaseKind):
    """Attacks every picture, and checks on some whether the attack is worth anything."""

    by_labels = True
    looks_once = False
    attacked = True
    block = BLOCK

    def __init__(self, case: Case) -> None:
        """Bind a case with an attack."""
        super().__init__(case)
        assert isinstance(case.how, Attack)  # noqa: S101 - it is registered for these
        self._how = case.how

    @property
    def pairs_known(self) -> bool:
        """Which pictures are attacked towards a class that the attack chooses is known when they were."""
        return self._how.targeted not in ("least_likely", "random")

    def look(
        self, pipeline: Pipeline, rows: NDArray[np.int64], gallery: Gallery, reference: ReferenceCollector
    ) -> Shard:
        """Attack some pictures."""
        from robustcheck.models.determinism import steady
        from robustcheck.models.preserve_state import untouched

        adversary, before = Adversary(self.case, self._how, pipeline), pipeline.forward.pictures
        chosen, pixels, unseen, plain, digests = pipeline.inputs(self.case, rows)
        if not len(chosen):
            return Shard(chosen, {}, gallery, reference)
        clean = pipeline.inputs(pipeline.clean, chosen, predict=False)[1] if self.case.steps else pixels
        with steady(), untouched(getattr(pipeline.predictor, "module", None)):
            columns, shown, pictures, logits = adversary.columns(
                pixels, clean, pipeline.index.labels[chosen], pipeline.names(chosen), plain
            )
        gallery.offer(chosen, columns, shown)
        reference.offer(chosen, digests, logits, pictures)
        victim = adversary.victim
        counts = {f"{BROKEN_BY}{name}": count for name, count in adversary.by.items()} | {
            "mismatches": adversary.mismatches,
            "refused": adversary.refused,
            "zero gradients": victim.zero_gradients,
        }
        cost = Cost(pipeline.forward.pictures - before + victim.forwards, victim.backwards)
        return Shard(chosen, {**columns, "unseen": unseen}, gallery, reference, cost, counts, adversary.attempted)

    def finish(self, pipeline: Pipeline, shard: Shard) -> tuple[Sequence[Finding], Sequence[str], Cost]:
        """Check the attack on some of the pictures, and say which attack of a cascade broke how many."""
        from robustcheck.models.determinism import steady
        from robustcheck.models.preserve_state import untouched

        if not len(shard.rows):
            return (), (), Cost()
        adversary = Adversary(self.case, self._how, pipeline)
        victim = adversary.victim
        adversary.mismatches, adversary.refused = shard.counts.get("mismatches", 0), shard.counts.get("refused", 0)
        victim.forwards, victim.backwards = shard.cost.forwards, shard.cost.backwards
        victim.zero_gradients = shard.counts.get("zero gradients", 0)
        with steady(), untouched(getattr(pipeline.predictor, "module", None)):
            findings = adversary.findings(shard.kept or Attempted())
        broken = ", ".join(
            f"{name.removeprefix(BROKEN_BY)} {count}"
            for name, count in shard.counts.items()
            if name.startswith(BROKEN_BY)
        )
        cost = Cost(victim.forwards - shard.cost.forwards, victim.backwards - shard.cost.backwards)
        told = tuple((finding.name, finding.held, finding.detail) for finding in findings)
        return told, (f"{BROKEN_BY}{broken}",) if broken else (), cost

    def task(self, pipeline: Pipeline, *, may_stop: bool) -> AbstractContextManager[progress.Task]:
        """Return the task of passing pictures through the model."""
        try:
            passes = attack_effort(self._how, built(self._how), pipeline.index, pipeline.classes)
        except RobustcheckError:
            passes = None  # whoever attacks says so
        total = None if passes is None else len(pipeline.index.samples) + passes.both
        return progress.task(self.case.id, unit="passes", total=total, at_most=True)

    def effort(self, index: Index, classes: tuple[str, ...]) -> Effort:
        """Count the passes of the attack."""
        return Effort(len(index.samples), attack_effort(self._how, built(self._how), index, classes), True)

    def metrics(self, observation: Observation) -> list[str]:
        """Return the metrics of attacks."""
        return always_attacked(observation)

    def unchanged(self, records: Records) -> Unchanged:
        """Return what is to be said where no pixel was changed: nothing, where there was nothing to attack."""
        return Unchanged() if nothing_to_change(self._how, records) else super().unchanged(records)

    def notes(self) -> list[str]:
        """Return that another attack may find more."""
        return [UPPER_BOUND]

    def worth(
        self, suite: Suite, records: Records, stored: Stored, records_of: RecordsOf, *, gradients: bool
    ) -> tuple[list[str], list[str]]:
        """Return what the checks of the attack say, and what other cases of the suite do."""
        smaller = next_smaller(suite, self.case)
        before = None if smaller is None else records_of(smaller)
        beaten = [] if smaller is None or before is None else risen(smaller, before, records)
        too_weak, weak = alone(suite, self.case, self._how, gradients=gradients)
        return [*doubts_of(stored), *beaten, *too_weak], [*power_of(self.case, self._how, records), *weak]

    def as_seen(self, values: Mapping[str, float], limit: Quantity | None) -> Drawing | None:
        """Return nothing: an attacked picture is kept, or gone."""
        return None

    @property
    def alone(self) -> bool:
        """Whether the attack works on one picture at a time."""
        return bool(getattr(built(self._how), "alone", False))

    def facts(self, observation: Observation, stored: Stored) -> dict[str, Any]:
        """Return what the attack is, and what was seen of it."""
        return attack_facts(self._how, observation, stored)


def attack_effort(how: Attack, attack: Any, index: Index, classes: tuple[str, ...]) -> Passes | None:
    """Return the passes of an attack on all pictures and of the checks of its sanity, as if every picture resisted.

    Args:
        how: The attack.
        attack: It, built as the case says.
        index: The pictures.
        classes: Of the model.
    """
    each = passes_of(attack, len(classes))
    if each is None:
        return None
    tried = each + Passes(1)
    targeted = how.targeted
    attacked = pictures = len(index.samples)
    if targeted == "all":
        attacked *= len(classes) - 1
    elif targeted is not None and not isinstance(targeted, str):
        attacked = int(np.isin(index.labels, [classes.index(name) for name in targeted]).sum())
    return Passes(pictures) + tried * attacked + _checks(how, tried, min(attacked, pictures))


def _checks(how: Attack, tried: Passes, pictures: int) -> Passes:
    """Return what ``attacks.sanity`` and ``attacks.planted`` take after an attack."""
    from robustcheck.attacks.attack_self_test import INNER, TRIES
    from robustcheck.attacks.gradient_check import ROUGH_PASSES, SHARE
    from robustcheck.attacks.sanity import FEW, PROBES, QUERIES

    facts = registry.attacks[how.attack.name].facts
    few, some = min(FEW, pictures), min(PROBES, pictures)
    found = Passes(OTHERS * some)
    if _is_ball(how.attack.params):
        # Within a huge ball, within a ball twice as large, and with twice the steps.
        found += tried * (few + some) + tried * (2 * some if not facts.minimal else 0)
        found += Passes((QUERIES + 1) * few + 3 * some, some) if facts.gradients else Passes(0)
    if facts.gradients:
        budget = max(ROUGH_PASSES, int(SHARE * tried.both * pictures))
        found += Passes(budget, budget // 2)
    if how.unit_test:
        found += (tried + Passes(1 + INNER + TRIES)) * few
    return found


def _is_ball(params: Mapping[str, Any]) -> bool:
    eps = params.get("eps")
    return eps is not None and 0 < float(eps.value) < float("inf")
