"""Why is the clean accuracy not what the authors claim? Tries the usual mistakes on a few pictures.

A wrong resize, crop, mean or channel order costs accuracy silently. Each variant of the preprocessing is
tried by itself, and the likely pairs, on the same pictures; the exact McNemar test, corrected for the number
of different outcomes, says whether a variant is better by more than chance.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from robustcheck.data.selection import select
from robustcheck.data.source import Source
from robustcheck.engine.index import Index, build_index
from robustcheck.errors import DataError, ModelError, UnreadablePicture
from robustcheck.language.entries import ModelEntry, Preprocessing
from robustcheck.measure.intervals import Estimate, proportion
from robustcheck.measure.verdicts import written
from robustcheck.models import open_model
from robustcheck.models.predictor import Predictor

Pixels = NDArray[np.uint8]
NORMALISATIONS = {
    "ImageNet's": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "0.5": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "no": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
SURE = 0.05
"""Chance, one-sided, below which a variant counts as better."""

BATCH = 32


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to preprocess.

    Attributes:
        advice: What to write in ``configs/models.yaml``; empty for the entry as it is.
        preprocessing: The way itself.
        changes: Number of mistakes it assumes.
    """

    advice: str
    preprocessing: Preprocessing
    changes: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a variant gave.

    Attributes:
        variant: The variant.
        accuracy: On the pictures tried.
        chance: Probability, at most, that any variant gains this much over the entry as it is by chance alone;
            1 for itself.
    """

    variant: Variant
    accuracy: Estimate
    chance: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor found.

    Attributes:
        model: Name of the model.
        pictures: Number of pictures tried.
        findings: The entry as it is, then the variants, best first.
        remarks: Findings about the model or the labels rather than the preprocessing.
    """

    model: str
    pictures: int
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]

    @property
    def best(self) -> Finding | None:
        """The variant that is better than the entry by more than chance, if there is one."""
        better = [finding for finding in self.findings[1:] if finding.chance <= SURE]
        return better[0] if better else None

    @property
    def healthy(self) -> bool:
        """Whether nothing speaks against the entry as it is."""
        return not self.remarks and self.best is None

    def lines(self) -> Iterator[str]:
        """Yield the diagnosis for a person to read, advice first."""
        yield from self.remarks
        if not self.findings:
            return
        own = self.findings[0].accuracy
        if self.best:
            found = self.best
            yield (
                f"doctor: {found.variant.advice} gives {_shown(found.accuracy)} instead of {_shown(own)} on "
                f"{self.pictures} pictures (p = {found.chance:.2g})"
            )
            ties = [other for other in self.findings[1:] if other is not found and self._ties(other)]
            for other in ties[:2]:
                yield f"doctor: {other.variant.advice} does as well ({_shown(other.accuracy)}); these pictures cannot tell which"
        else:
            yield (
                f"doctor: as configured {_shown(own)} on {self.pictures} pictures; none of {len(self.findings) - 1} usual "
                "variants is better by more than chance"
            )
            rival = self.findings[1] if len(self.findings) > 1 else None
            if rival and rival.accuracy.value > own.value:
                yield (
                    f"doctor: {rival.variant.advice} gives {_shown(rival.accuracy)}, which {self.pictures} pictures "
                    f"cannot tell from it (p = {rival.chance:.2g}); try more"
                )

    def _ties(self, other: Finding) -> bool:
        best = self.best
        return (
            best is not None
            and other.chance <= SURE
            and other.accuracy.value == best.accuracy.value
            and (other.variant.changes <= best.variant.changes)
        )


def diagnose(entry: ModelEntry, source: Source, *, pictures: int = 64, device: str = "auto") -> Diagnosis:
    """Try the usual variants of a model's preprocessing.

    Args:
        entry: The model.
        source: Labelled pictures that the model should know.
        pictures: How many to try, sampled by class.
        device: Where to run.

    Raises:
        ModelError: The model cannot be built.
        DataError: Not one picture can be read, or the labels are no classes of the model.
    """
    index = build_index(source, entry.classes)
    shown, labels = _read(source, index, pictures)
    predictor = open_model(entry, device=device)
    try:
        own = _predict(predictor, shown, entry.preprocessing)
    except ModelError as error:
        return Diagnosis(entry.name, len(shown), (), (f"doctor: {error}",))
    right = own == labels
    base = Finding(Variant("", entry.preprocessing, 0), _accuracy(right), 1.0)
    tried: list[tuple[Variant, NDArray[np.bool_]]] = []
    for variant in variants(entry.preprocessing):
        # Inputs that the model cannot take are no cure.
        with contextlib.suppress(ModelError):
            tried.append((variant, _predict(predictor, shown, variant.preprocessing) == labels))
    # Every other outcome is one more throw of the dice (Bonferroni).
    throws = len({hits.tobytes() for _, hits in tried if not np.array_equal(hits, right)})
    others = [Finding(variant, _accuracy(hits), min(1.0, throws * _chance(right, hits))) for variant, hits in tried]
    others.sort(key=lambda finding: (-finding.accuracy.value, finding.variant.changes, finding.variant.advice))
    found = Diagnosis(entry.name, len(shown), (base, *others), ())
    # Pictures in the wrong order of channels may look like classes in the wrong order; what makes the listed
    # names right is the better explanation.
    cured = found.best.accuracy.value if found.best else 0.0
    remarks = tuple(text for share, text in _label_remarks(own, labels, entry) if share > cured)
    return dataclasses.replace(found, remarks=remarks)


def variants(own: Preprocessing) -> list[Variant]:
    """Return what else a preprocessing could have been meant to be: single changes, then likely pairs."""
    colours = [_channels(own)]
    normalised = [variant for name in NORMALISATIONS if (variant := _normalised(own, name))]
    resized = list(_resized(own))
    filters = list(_filtered(own))
    single = colours + normalised + resized + filters
    pairs = [
        Variant(f"{one.advice} and {two.advice}", _merged(own, one.preprocessing, two.preprocessing), 2)
        for one, two in (*_product(colours, normalised + resized), *_product(normalised, resized))
    ]
    return single + pairs


def _product(ones: Sequence[Variant], twos: Sequence[Variant]) -> Iterator[tuple[Variant, Variant]]:
    return ((one, two) for one in ones for two in twos)


def _merged(own: Preprocessing, one: Preprocessing, two: Preprocessing) -> Preprocessing:
    changed = {
        field.name: getattr(two, field.name)
        for field in dataclasses.fields(own)
        if getattr(two, field.name) != getattr(own, field.name)
    }
    return dataclasses.replace(one, **changed)


def _channels(own: Preprocessing) -> Variant:
    other: Literal["rgb", "bgr"] = "rgb" if own.channels == "bgr" else "bgr"
    return Variant(f"input.channels: {other}", dataclasses.replace(own, channels=other), 1)


def _normalised(own: Preprocessing, name: str) -> Variant | None:
    mean, std = NORMALISATIONS[name]
    if np.allclose(own.mean, mean, atol=2e-3) and np.allclose(own.std, std, atol=2e-3):
        return None
    advice = f"input.mean: {list(mean)}, input.std: {list(std)}"
    return Variant(advice, dataclasses.replace(own, mean=mean, std=std), 1)


def _resized(own: Preprocessing) -> Iterator[Variant]:
    height, width = own.input_size
    short = min(height, width)
    for resize in ((height, width), short, round(short * 256 / 224), None):
        if resize != own.resize:
            text = "null" if resize is None else list(resize) if isinstance(resize, tuple) else resize
            yield Variant(f"input.resize: {text}", dataclasses.replace(own, resize=resize), 1)


def _filtered(own: Preprocessing) -> Iterator[Variant]:
    for name in ("bilinear", "bicubic"):
        if name != own.interpolation:
            changed = dataclasses.replace(own, interpolation=name)
            yield Variant(f"input.interpolation: {name}", changed, 1)
    flipped = not own.antialias
    yield Variant(f"input.antialias: {str(flipped).lower()}", dataclasses.replace(own, antialias=flipped), 1)


def _read(source: Source, index: Index, pictures: int) -> tuple[list[Pixels], NDArray[np.int32]]:
    chosen = select(index.samples, pictures, seed=0)
    shown, labels, reason = [], [], ""
    for sample, label in zip(index.samples, index.labels, strict=True):
        if sample.id not in chosen:
            continue
        try:
            shown.append(source.read(sample))
            labels.append(label)
        except UnreadablePicture as error:
            reason = str(error)
    if not shown:
        raise DataError(f"not one of {len(chosen)} pictures could be read; the last: {reason}")
    return shown, np.array(labels, np.int32)


def _predict(predictor: Predictor, shown: Sequence[Pixels], preprocessing: Preprocessing) -> NDArray[np.int64]:
    from robustcheck.pictures import render

    way = predictor.with_preprocessing(preprocessing)
    found = []
    for start in range(0, len(shown), BATCH):
        inputs = [
            render(
                picture,
                [],
                preprocessing=preprocessing,
                border="source",
                fill="reflect",
                rng_for=np.random.default_rng,
            ).pixels
            for picture in shown[start : start + BATCH]
        ]
        found.append(way.logits(np.stack(inputs)).argmax(axis=1))
    return np.concatenate(found)


def _accuracy(right: NDArray[np.bool_]) -> Estimate:
    return proportion(int(right.sum()), len(right))


def _chance(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    """Return the one-sided exact McNemar probability that ``after`` gained this much by chance."""
    from scipy.special import bdtrc

    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    if gained <= lost:
        return 1.0
    return float(bdtrc(gained - 1, gained + lost, 0.5))


def _label_remarks(
    predicted: NDArray[np.int64], labels: NDArray[np.int32], entry: ModelEntry
) -> Iterator[tuple[float, str]]:
    """Yield what is wrong with the list of classes, each with the share of pictures that it makes right."""
    n = len(labels)
    if n < 8 or float((predicted == labels).mean()) >= 0.5:
        return
    for offset in (1, -1):
        share = float((predicted == labels + offset).mean())
        if share >= 0.6:
            yield (
                share,
                f"doctor: {share:.0%} of the predictions are the class {'after' if offset > 0 else 'before'} the label: the "
                f"list of classes of {entry.name} is off by one (a background class, perhaps)",
            )
            return
    votes = {int(label): Counter(predicted[labels == label].tolist()).most_common(1)[0] for label in np.unique(labels)}
    targets = [winner for winner, _ in votes.values()]
    agreed = sum(count for _, count in votes.values()) / n
    if len(votes) >= 2 and n >= 3 * len(votes) and len(set(targets)) == len(targets) and agreed >= 0.8:
        label, (winner, _) = next((label, vote) for label, vote in votes.items() if label != vote[0])
        yield (
            agreed,
            f"doctor: the predictions are consistent but the names are not: pictures labelled {entry.classes[label]} are "
            f"called {entry.classes[winner]}; the order of `classes` of {entry.name} is not the model's "
            f"({agreed:.0%} right under another order)",
        )


def _shown(estimate: Estimate) -> str:
    return f"{written(estimate.value, '%')} [{estimate.low * 100:.1f}, {estimate.high * 100:.1f}]"
