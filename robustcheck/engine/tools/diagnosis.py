"""What the doctor found: which variant wins pictures by more than chance, and how it is told.

A variant cures only if all of this holds; each by itself can be had by a model that knows nothing:

* It wins more pictures than it loses, by the exact one-sided McNemar test, corrected for all that was tried.
* Its answers go with the labels by more than those of a model that gives the same answers to pictures at random.
* The mean over the labels of how many are right rises too: answering the commonest label more often is no cure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.text import written
from robustcheck.domain.estimate import Estimate
from robustcheck.engine.tools.mistakes import Variant
from robustcheck.stats.intervals import proportion

OF_PAIRS: Final = 0.1
"""Share of the chance of a false cure that goes to pairs of mistakes; single ones have the rest."""
SURE: Final = 0.01
"""Chance, one-sided and corrected, up to which a variant counts as better."""
APART: Final = 0.05
"""Chance, one-sided, up to which one cure counts as better than another that is simpler."""
SMALLEST: Final = 1e-16
"""Chances below are not told as numbers."""
UNTRIED: Final = "look at scale, classes, decoding"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a variant made the model answer.

    Attributes:
        variant: The variant.
        predicted: Class indices, shape (n,).
        loss: Negative logarithm of the probability of each label, from logits of one spread, shape (n,); tells apart what the
            answers do not.
    """

    variant: Variant
    predicted: NDArray[np.int64]
    loss: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a variant gave.

    Attributes:
        variant: The variant.
        accuracy: On the pictures tried.
        chance: Probability, at most, that any variant gains this much over the entry as it is by chance alone;
            1 for itself.
        gained: Pictures that it has right and the entry has wrong.
        lost: Pictures that it has wrong and the entry has right.
        cures: Whether it wins pictures as only a cure does.
        loss: Mean negative logarithm of the probability of the label.
        right: Which pictures it has right, shape (n,), bool.
    """

    variant: Variant
    accuracy: Estimate
    chance: float
    gained: int
    lost: int
    cures: bool
    loss: float
    right: NDArray[np.bool_] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor found.

    Attributes:
        model: Name of the model.
        pictures: Number of pictures tried.
        findings: The entry as it is, then the variants, cures first and the best of all first; empty if the model cannot be asked.
        remarks: Findings about the model or the labels rather than the preprocessing.
        unchanged: Whether no variant changes an answer.
        broken: Why the entry as it is gives no answers, where variants do; the first finding then is the best constant answer.
    """

    model: str
    pictures: int
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    unchanged: bool = False
    broken: str = ""

    @property
    def own(self) -> Finding | None:
        """The entry as it is, if it gives answers."""
        return self.findings[0] if self.findings and not self.broken else None

    @property
    def best(self) -> Finding | None:
        """The variant that is better than the entry by more than chance, if there is one."""
        return next((finding for finding in self.findings[1:2] if finding.cures), None)

    @property
    def healthy(self) -> bool:
        """Whether nothing speaks against the entry as it is."""
        return not self.remarks and self.best is None

    def lines(self) -> Iterator[str]:
        """Yield the diagnosis for a person to read, advice first."""
        if self.best and self.best.variant.classes:
            yield self._cure(self.best)
            yield from self.remarks
            return
        yield from self.remarks
        if not self.findings:
            return
        if self.best:
            yield self._cure(self.best)
            yield from self._ties(self.best)
        elif not self.broken:
            yield from self._none(self.findings[0], self.findings[1:])

    def _cure(self, best: Finding) -> str:
        if best.variant.classes:
            share = f"{best.accuracy.value:.0%}"
            told = best.variant.advice.replace("{share}", share).replace("{model}", self.model)
            return f"doctor: {told} ({_won(best)})"
        if self.broken:
            return f"doctor: {best.variant.advice} gives answers, {_shown(best.accuracy)} right on {self.pictures} pictures"
        return (
            f"doctor: {best.variant.advice} gives {_shown(best.accuracy)} instead of "
            f"{_shown(self.findings[0].accuracy)} on {self.pictures} pictures ({_won(best)})"
        )

    def _ties(self, best: Finding) -> Iterator[str]:
        ties = [
            other
            for other in self.findings[2:]
            if other.cures
            and not other.variant.classes
            and other.variant.changes <= best.variant.changes
            and min(chance_of(best.right, other.right), chance_of(other.right, best.right)) > APART
        ]
        for other in ties[:1]:
            as_well = other.accuracy.value == best.accuracy.value
            given = f"does as well ({_shown(other.accuracy)})" if as_well else f"gives {_shown(other.accuracy)}"
            more = f"; so do {len(ties) - 1} more" if as_well and len(ties) > 1 else ""
            yield f"doctor: {_named(other)} {given}; these pictures cannot tell which{more}"

    def _none(self, own: Finding, others: Sequence[Finding]) -> Iterator[str]:
        as_it_is = f"doctor: as configured {_shown(own.accuracy)} on {self.pictures} pictures"
        if self.unchanged:
            perfect = own.accuracy.value == 1
            yield f"{as_it_is}; none of {len(others)} variants changes an answer" + ("" if perfect else f"; {UNTRIED}")
            return
        yield f"{as_it_is}; none of {len(others)} usual variants is better by more than chance"
        rival = next((other for other in others if other.gained > other.lost), None)
        if rival is None:
            return
        if rival.chance > SURE:
            yield (
                f"doctor: {_named(rival)} gives {_shown(rival.accuracy)}, which {self.pictures} pictures cannot tell from it "
                f"({told(rival.chance)}); try more"
            )
        else:
            yield (
                f"doctor: {_named(rival)} gives {_shown(rival.accuracy)}, but only by other answers to the commonest labels; "
                "that is no cure"
            )


def judged(
    labels: NDArray[np.int32], own: Answers, tried: Sequence[Answers], *, possible_pairs: int = 0
) -> tuple[Finding, ...]:
    """Hold every variant against the entry as it is.

    Args:
        labels: Class indices, shape (n,), n at least 1.
        own: The entry as it is.
        tried: The variants.
        possible_pairs: How many pairs of mistakes might have been tried, since which of them are depends on the labels.

    Returns:
        The entry, then the cures with the best first, then the others by accuracy.

    The correction is Bonferroni's. Given the pictures, what the model answers is fixed whatever the labels are, so single mistakes
    count once for each series of answers that differs from the entry's, and all that change nothing not at all.
    """
    right = own.predicted == labels
    base = Finding(
        own.variant, proportion(int(right.sum()), len(right)), 1.0, 0, 0, False, float(own.loss.mean()), right
    )
    singles = {one.predicted.tobytes() for one in tried if one.variant.changes != 2} - {own.predicted.tobytes()}
    for_one, for_two = max(1, len(singles)) / (1 - OF_PAIRS), max(1, possible_pairs) / OF_PAIRS
    others = [_held(labels, own, one, for_two if one.variant.changes == 2 else for_one) for one in tried]
    others.sort(key=lambda finding: (not finding.cures, -finding.accuracy.value, finding.variant.changes))
    best = _simplest([finding for finding in others if finding.cures])
    if best is not None:
        others.remove(best)
        others.insert(0, best)
    return base, *others


def _held(labels: NDArray[np.int32], own: Answers, other: Answers, factor: float) -> Finding:
    before, after = own.predicted == labels, other.predicted == labels
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    chance = min(1.0, factor * chance_of(before, after))
    cures = (
        gained > lost
        and chance <= SURE
        and factor * _unrelated(other.predicted, labels) <= SURE
        and _mean_recall(after, labels) > _mean_recall(before, labels)
    )
    loss = float(other.loss.mean())
    return Finding(other.variant, proportion(int(after.sum()), len(after)), chance, gained, lost, cures, loss, after)


def _simplest(cures: Sequence[Finding]) -> Finding | None:
    """Return the cure with the fewest changes of all that the most accurate one does not beat by more than chance.

    A list of classes counts as right where something else explains as much, and among as many changes the loss decides: it sees what is less sure where the answers are the same.
    """
    if not cures:
        return None
    as_good = [one for one in cures if chance_of(one.right, cures[0].right) > APART]
    return min(
        as_good,
        key=lambda one: (
            one.variant.changes,
            bool(one.variant.classes),
            round(one.loss, 9),
            one.variant.advice.count(":"),
        ),
    )


def chance_of(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    """Return the one-sided exact McNemar probability that ``after`` gained this much by chance."""
    from scipy.special import bdtrc

    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    if gained <= lost:
        return 1.0
    return float(bdtrc(gained - 1, gained + lost, 0.5))


def _unrelated(predicted: NDArray[np.int64], labels: NDArray[np.int32]) -> float:
    """Return the probability that answers which have nothing to do with the labels are right this often.

    The answers are dealt to the pictures at random; of how many are right, mean and variance are exact and the tail is normal.

    Source: W. Hoeffding, A combinatorial central limit theorem, Annals of Mathematical Statistics 22 (1951), theorem 2.
    """
    from scipy.special import ndtr

    n = len(labels)
    classes = int(max(predicted.max(), labels.max())) + 1
    answers, wanted = (np.bincount(one, minlength=classes) / n for one in (predicted, labels))
    # Of the n x n table of which answer fits which label: its mean, and n / (n - 1) of its variance about rows and columns.
    both = answers * wanted
    mean = float(both.sum())
    variance = n * n / max(1, n - 1) * (mean - float((both * (answers + wanted)).sum()) + mean**2)
    if variance <= 1e-9:
        return 1.0  # one answer or one label: nothing can go with anything
    # Half a picture for a number that is whole.
    return float(ndtr(-(float((predicted == labels).sum()) - 0.5 - n * mean) / variance**0.5))


def _mean_recall(right: NDArray[np.bool_], labels: NDArray[np.int32]) -> float:
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def told(chance: float) -> str:
    """Return a probability as a person reads it; it is never 0."""
    return f"p < {SMALLEST:.0e}" if chance < SMALLEST else f"p = {chance:.2g}"


def _won(finding: Finding) -> str:
    return f"{finding.gained} won, {finding.lost} lost, {told(finding.chance)}"


def _named(finding: Finding) -> str:
    return "another order of `classes`" if finding.variant.classes else finding.variant.advice


def _shown(estimate: Estimate) -> str:
    return f"{written(estimate.value, '%')} [{estimate.low * 100:.1f}, {estimate.high * 100:.1f}]"
