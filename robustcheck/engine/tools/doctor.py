"""Why is the clean accuracy not what the authors claim? Tries the usual mistakes on a few pictures.

A wrong resize, crop, mean, scale or channel order costs accuracy silently. Each variant of the preprocessing is tried by itself,
and pairs of them, on the same pictures; so are the usual orders of the classes. ``robustcheck.engine.tools.diagnosis`` says which of
them may be called a cure.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import progress
from robustcheck.core.errors import DataError, ModelError, UnreadablePicture
from robustcheck.data import Limited
from robustcheck.data.checked import CheckedSource
from robustcheck.data.selection import select
from robustcheck.data.source import Sample, Source
from robustcheck.domain.config import Decoding, ModelEntry, Preprocessing
from robustcheck.engine.sample_index import Index, build_index
from robustcheck.engine.tools.diagnosis import OF_PAIRS, SURE, Answers, Diagnosis, Finding, judged
from robustcheck.engine.tools.mistakes import (
    Three,
    Variant,
    changed,
    orders_of_classes,
    paired_mistakes,
    single_mistakes,
    together,
    variants,
)
from robustcheck.metrics.records import predicted_of
from robustcheck.models import open_model
from robustcheck.models.predictor import Predictor

__all__ = ["Diagnosis", "Finding", "Variant", "diagnose", "variants"]

Pixels = NDArray[np.uint8]
BATCH: Final = 32
LEADING: Final = 3
"""Single mistakes that are combined with every other one."""
LEAST_LEFT: Final = 5
"""Pictures that must be wrong without the best single mistake before pairs are tried: fewer cannot tell."""
SPREAD: Final = 3.0
"""Standard deviation of the logits from which losses are computed."""
OF_VALUES: Final = frozenset({"mean", "std", "channels"})
"""Fields that change no pixel of the model's input, but what becomes of it."""


@dataclass(frozen=True, slots=True)
class _Ward:
    """The pictures that are tried, read again in every round so that only a batch of them is held.

    Attributes:
        source: Where they are read.
        samples: Those that can be read.
        labels: Class indices, shape (n,).
    """

    source: Source
    samples: tuple[Sample, ...]
    labels: NDArray[np.int32]

    def batches(self) -> Iterator[_Batch]:
        """Return one batch after the other."""
        for start in range(0, len(self.samples), BATCH):
            yield _Batch(self.source, self.samples[start : start + BATCH], {}, {})


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some pictures, decoded and rendered as often as the variants differ in it.

    Attributes:
        source: Where they are read.
        samples: Them.
        decoded: Pixels by decoding.
        rendered: What the model is shown, by preprocessing.
    """

    source: Source
    samples: tuple[Sample, ...]
    decoded: dict[Decoding, list[Pixels]]
    rendered: dict[Preprocessing, Pixels]

    def pictures(self, decoding: Decoding) -> list[Pixels]:
        """Return the pictures, decoded one way."""
        if decoding not in self.decoded:
            self.decoded[decoding] = [_read(self.source, sample, decoding) for sample in self.samples]
        return self.decoded[decoding]

    def inputs(self, way: Preprocessing) -> Pixels:
        """Return what the model is shown; ways that differ in what becomes of it share it."""
        key = replace(way, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), channels="rgb")
        if key not in self.rendered:
            self.rendered[key] = np.stack([_rendered(picture, key) for picture in self.pictures(way.decoding)])
        return self.rendered[key]


def _read(source: Source, sample: Sample, decoding: Decoding) -> Pixels:
    """Decode a picture one way; a source that was not opened by us has one way only."""
    if isinstance(source, CheckedSource | Limited):
        pixels: Pixels = source.decoded(sample, decoding).pixels
        return pixels
    return source.read(sample)


@dataclass(slots=True)
class _Trial:
    """One variant under way.

    Attributes:
        variant: The variant.
        logits: Of each batch.
        differs: Whether the model is shown anything else than the entry shows it.
        failure: Why there are no answers.
    """

    variant: Variant
    logits: list[NDArray[np.float32]]
    differs: bool = False
    failure: str = ""

    def ended(self, labels: NDArray[np.int32]) -> Answers:
        """Return what the model answered to all pictures."""
        logits = np.concatenate(self.logits)
        return Answers(self.variant, predicted_of(logits, labels), _loss(logits, labels))


def diagnose(entry: ModelEntry, source: Source, *, pictures: int = 64, device: str = "auto") -> Diagnosis:
    """Try the usual variants of a model's preprocessing and of its list of classes.

    Args:
        entry: The model.
        source: Labelled pictures that the model should know.
        pictures: How many to try, sampled by class.
        device: Where to run.

    Raises:
        ModelError: The model cannot be built.
        DataError: Not one picture can be read, or the labels are no classes of the model.
    """
    ward = _admitted(source, build_index(source, entry.classes), pictures)
    predictor = open_model(entry, device=device)
    own = entry.preprocessing
    singles = single_mistakes(own, _measured(ward, own))
    base, *trials = _tried(predictor, ward, [Variant("", own, 0), *singles])
    ran = [trial.ended(ward.labels) for trial in trials if trial.differs and not trial.failure]
    if base.failure:
        known = {way.preprocessing for way in singles}
        far = [way for way in single_mistakes(own, near=math.inf) if way.preprocessing not in known]
        trials = _tried(predictor, ward, far)
        ran += [trial.ended(ward.labels) for trial in trials if not trial.failure]
        return _of_a_broken_entry(entry, ward, base, ran)
    answers = base.ended(ward.labels)
    orders = _orders(entry, np.concatenate(base.logits), ward.labels)
    possible = len(singles) * (len(singles) - 1) // 2
    found = judged(ward.labels, answers, [*ran, *orders], possible_pairs=possible)
    pairs = _worthwhile_pairs(own, found, [one.variant for one in ran], possible)
    if pairs:
        more = [
            trial.ended(ward.labels) for trial in _tried(predictor, ward, pairs) if trial.differs and not trial.failure
        ]
        ran += more
        found = judged(ward.labels, answers, [*ran, *orders], possible_pairs=possible)
    unchanged = bool(ran) and all(np.array_equal(one.predicted, answers.predicted) for one in ran)
    diagnosis = Diagnosis(entry.name, len(ward.samples), found, (), unchanged=unchanged)
    return replace(diagnosis, remarks=tuple(_remarks(diagnosis, answers.predicted, ward.labels, entry)))


def _of_a_broken_entry(entry: ModelEntry, ward: _Ward, base: _Trial, ran: Sequence[Answers]) -> Diagnosis:
    """Hold the variants against the best constant answer where the entry as it is gives none."""
    said, n = f"doctor: {base.failure}", len(ward.samples)
    if not ran:
        return Diagnosis(entry.name, n, (), (said,))
    commonest = Counter(ward.labels.tolist()).most_common(1)[0][0]
    constant = Answers(base.variant, np.full(n, commonest, np.int64), np.full(n, np.inf))
    found = judged(ward.labels, constant, ran)
    return Diagnosis(entry.name, n, found, (said,), broken=base.failure)


def _admitted(source: Source, index: Index, pictures: int) -> _Ward:
    """Choose pictures and leave out those that cannot be read."""
    chosen = select(index.samples, pictures, seed=0)
    rows, reason = [], ""
    for row, sample in enumerate(index.samples):
        if sample.id not in chosen:
            continue
        try:
            source.read(sample)
            rows.append(row)
        except UnreadablePicture as error:
            reason = str(error)
    if not rows:
        raise DataError(f"not one of {len(chosen)} pictures could be read; the last: {reason}")
    return _Ward(source, tuple(index.samples[row] for row in rows), index.labels[rows])


def _measured(ward: _Ward, own: Preprocessing) -> tuple[Three, Three] | None:
    """Return mean and std of the first pictures as the model sees them, RGB in [0, 1], where both can stand in an entry."""
    values = next(ward.batches()).inputs(own).reshape(-1, 3) / 255
    mean, std = (tuple(round(float(number), 3) for number in of) for of in (values.mean(axis=0), values.std(axis=0)))
    if min(std) < 0.01:
        return None
    return (mean[0], mean[1], mean[2]), (std[0], std[1], std[2])


def _tried(predictor: Predictor, ward: _Ward, ways: Sequence[Variant]) -> list[_Trial]:
    """Ask the model about every picture in every way."""
    trials = [_Trial(way, []) for way in ways]
    own = predictor.entry.preprocessing
    passes = math.ceil(len(ward.samples) / BATCH) * len(trials)
    with progress.task("variants", unit="trials", total=passes) as work:
        for batch in ward.batches():
            usual = batch.inputs(own)
            for trial in trials:
                work.at_step(trial.variant.advice.replace("{model}", predictor.entry.name) or "the entry as it is")
                _try(predictor, trial, batch, usual)
                work.advance()
    return trials


def _try(predictor: Predictor, trial: _Trial, batch: _Batch, usual: Pixels) -> None:
    """Ask the model about one batch in one way, unless it could not answer before."""
    from robustcheck.models.checks import out_of_memory

    if trial.failure:
        return
    own = predictor.entry.preprocessing
    shown = batch.inputs(trial.variant.preprocessing)
    values = changed(own, trial.variant.preprocessing) & OF_VALUES
    trial.differs = trial.differs or bool(values) or not np.array_equal(shown, usual)
    try:
        trial.logits.append(_model(predictor, trial.variant.preprocessing).logits(shown))
    except ModelError as error:
        # Inputs that the model cannot take are no cure.
        trial.failure = str(error)
    except Exception as error:
        if not out_of_memory(error):
            raise
        trial.failure = f"the model {predictor.entry.name} has too little memory for {len(shown)} pictures"


def _model(predictor: Predictor, way: Preprocessing) -> Predictor:
    """Return the model behind a preprocessing; what the entry's first batch has shown is not looked at again for each."""
    return predictor if way == predictor.entry.preprocessing else predictor.with_preprocessing(way)


def _rendered(picture: Pixels, way: Preprocessing) -> Pixels:
    from robustcheck.images import render

    return render(picture, [], preprocessing=way, border="source", fill="reflect", rng_for=np.random.default_rng).pixels


def _worthwhile_pairs(
    own: Preprocessing, found: Sequence[Finding], singles: Sequence[Variant], possible: int
) -> list[Variant]:
    """Return the pairs of mistakes that could still be told: the likely ones, and the leading singles with any other."""
    best = found[1] if len(found) > 1 and found[1].cures else found[0]
    wrong = int((~best.right).sum())
    if wrong < LEAST_LEFT or possible / OF_PAIRS * 0.5 ** int((~found[0].right).sum()) > SURE:
        return []
    leading = [one.variant for one in found[1:] if one.gained > one.lost and not one.variant.classes][:LEADING]
    likely = paired_mistakes(own, singles)
    return likely + together(own, [*singles, *likely], itertools.product(leading, singles))


def _orders(entry: ModelEntry, logits: NDArray[np.float32], labels: NDArray[np.int32]) -> list[Answers]:
    """Return what the entry's answers are called in the usual orders of the classes, and in the one that the pictures teach."""
    place = {name: index for index, name in enumerate(entry.classes)}
    known = orders_of_classes(entry.preprocessing, entry.classes)
    orders = [(variant, np.array([place[name] for name in variant.classes])) for variant in known]
    answers = []
    for variant, order in orders:
        outputs = np.argsort(order)[labels]
        answers.append(Answers(variant, order[predicted_of(logits, outputs)], _loss(logits, outputs)))
    return [*answers, *_learned(entry, logits, labels)]


def _loss(logits: NDArray[np.float32], outputs: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Return the negative logarithm of the probability of an output a picture, shape (n,).

    The logits are brought to one spread before that, or an input of far too much contrast would seem surest of all.
    """
    from scipy.special import log_softmax

    centred = logits.astype(np.float64) - logits.mean(axis=1, keepdims=True, dtype=np.float64)
    chances = log_softmax(centred * SPREAD / max(float(np.sqrt((centred**2).mean())), 1e-12), axis=1)
    loss: NDArray[np.float64] = -chances[np.arange(len(logits)), outputs]
    return loss


def _learned(entry: ModelEntry, logits: NDArray[np.float32], labels: NDArray[np.int32]) -> Iterator[Answers]:
    """Yield the order that explains the answers best, each half of the pictures named by the order of the other half."""
    predicted = logits.argmax(axis=1)
    by_label = np.argsort(labels, kind="stable")
    half = np.zeros(len(labels), bool)
    half[by_label[::2]] = True
    named = np.empty_like(predicted)
    for mine in (half, ~half):
        named[mine] = _order(predicted[~mine], labels[~mine], len(entry.classes))[predicted[mine]]
    order = _order(predicted, labels, len(entry.classes))
    moved = np.flatnonzero(order != np.arange(len(order)))
    counts = Counter(labels[(order[predicted] == labels) & np.isin(predicted, moved)].tolist())
    if not counts or np.array_equal(named, predicted):
        return
    label = counts.most_common(1)[0][0]
    output = int(np.flatnonzero(order == label)[0])
    said = (
        f"the predictions are consistent but the names are not: pictures labelled {entry.classes[label]} are called "
        f"{entry.classes[output]}; the order of `classes` of {{model}} is not the model's ({{share}} right under another order)"
    )
    names = tuple(entry.classes[index] for index in order)
    loss = _loss(logits, np.argsort(order)[labels])
    yield Answers(Variant(said, entry.preprocessing, 3, names), named, loss)


def _order(predicted: NDArray[np.int64], labels: NDArray[np.int32], classes: int) -> NDArray[np.int64]:
    """Return the class that each output most likely stands for, each once; what was not seen stays where it is if it can."""
    from scipy.optimize import linear_sum_assignment

    # Only what occurs can vote, so the table is small however many classes there are.
    occurring = np.union1d(predicted, labels)
    votes = 0.5 * np.eye(len(occurring))
    np.add.at(votes, (np.searchsorted(occurring, predicted), np.searchsorted(occurring, labels)), 1.0)
    outputs, names = linear_sum_assignment(votes, maximize=True)
    order = np.arange(classes)
    order[occurring[outputs]] = occurring[names]
    return order


def _remarks(
    found: Diagnosis, predicted: NDArray[np.int64], labels: NDArray[np.int32], entry: ModelEntry
) -> Iterator[str]:
    n = len(labels)
    if n > 1 and len(np.unique(labels)) == 1:
        yield (
            f"doctor: all {n} pictures are labelled {entry.classes[labels[0]]}, so nothing shows whether the model tells classes "
            "apart; take data with several classes"
        )
    elif n > 1 and len(np.unique(predicted)) == 1 and found.best is None:
        yield f"doctor: the model answers {entry.classes[predicted[0]]} for each of {n} pictures"
