"""Each usual mistake is planted in a sound model's entry, and the doctor names the key that undoes it."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robustcheck.data.source import Sample
from robustcheck.engine.doctor import Diagnosis, diagnose, variants
from robustcheck.errors import DataError, Location, ModelError, UnreadablePicture
from robustcheck.language.entries import ModelEntry, Preprocessing

MODELS = '''
import torch


class Colour(torch.nn.Module):
    """Red, green or blue: minds the order of the channels."""

    def forward(self, x):
        return 20 * x.mean(dim=(2, 3))


class Level(torch.nn.Module):
    """Dark, middle or bright by the absolute level, as the mean and std of ImageNet put it: minds both."""

    def forward(self, x):
        levels = torch.tensor([-1.4, 0.2, 1.8])
        return -40 * (x.mean(dim=(1, 2, 3))[:, None] - levels) ** 2


class Both(Level):
    """The level of the first channel alone: minds the order of the channels and the normalisation."""

    def forward(self, x):
        return super().forward(x[:, :1])


class Rough(torch.nn.Module):
    """The level, roughly: any normalisation around the middle will do."""

    def forward(self, x):
        return -40 * (x.mean(dim=(1, 2, 3))[:, None] - torch.tensor([-1.0, 0.0, 1.0])) ** 2


class Place(torch.nn.Module):
    """Where the bright spot stands: at the outer rim, half way or in the middle. Minds resize and crop."""

    def forward(self, x):
        size = x.shape[-1]
        at = torch.arange(size) - (size - 1) / 2
        weights = (x.mean(1) - x.mean((1, 2, 3))[:, None, None]).clamp(min=0) ** 2
        far = (at.abs() / (size / 2) * weights.sum(1)).sum(1) / weights.sum((1, 2)).clamp(min=1e-6)
        return -60 * (far[:, None] - torch.tensor([0.85, 0.5, 0.15])) ** 2


class Grain(torch.nn.Module):
    """How grainy the input is: minds whether the filter smooths when it shrinks (else it halves the grain)."""

    def forward(self, x):
        return -400 * (x.std((1, 2, 3))[:, None] - torch.tensor([0.02, 0.05, 0.085])) ** 2


class Softmaxed(Colour):
    def forward(self, x):
        return super().forward(x).softmax(1)


class Background(torch.nn.Module):
    """Has a background class in front that nobody listed, and forgot the last."""

    def forward(self, x):
        logits = 20 * x.mean(dim=(2, 3))
        return torch.cat([logits.new_full((len(x), 1), -9), logits], 1)


class Root(Colour):
    """Gives NaN for inputs that its own preprocessing does not produce."""

    def forward(self, x):
        return super().forward(x).where((x.mean((1, 2, 3)) >= 0)[:, None], torch.nan)


class Coin(torch.nn.Module):
    """Calls pictures by digits far behind the point: every change of preprocessing casts the dice again."""

    def forward(self, x):
        return torch.sin(1e5 * x.mean(dim=(2, 3)))


def build(kind):
    return globals()[kind]().eval()
'''

COLOURS = ("red", "green", "blue")
RIGHT = Preprocessing((16, 16), 16, "bilinear", True, (0.5,) * 3, (0.5,) * 3)
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
Pixels = NDArray[np.uint8]


class Drawn:
    """Pictures made by a function of their number and class."""

    name, columns = "drawn", ()

    def __init__(self, draw: Callable[[int, int], Pixels], labels: tuple[str, ...], n: int = 36) -> None:
        self.draw, self.labels, self.n = draw, labels, n

    def samples(self) -> Iterator[Sample]:
        for number in range(self.n):
            yield Sample(f"{number:03}", self.labels[number % 3], {}, number)

    def read(self, sample: Sample) -> Pixels:
        return self.draw(sample.handle, sample.handle % 3)

    def content(self, sample: Sample) -> str:
        return sample.id


def colour(number: int, kind: int) -> Pixels:
    pixels = np.random.default_rng(number).integers(90, 110, (20, 20, 3), dtype=np.uint8)
    pixels[..., kind] += 60
    return pixels


def level(number: int, kind: int) -> Pixels:
    pixels = np.random.default_rng(number).integers(0, 20, (20, 20, 3), dtype=np.uint8)
    return pixels + np.uint8((30, 118, 206)[kind])


def level_of(number: int, kind: int) -> Pixels:
    """Draw the level in red only; the other channels say something else."""
    pixels = level(number, kind)
    pixels[..., 1:] = level(number + 1, (kind + number // 3) % 3)[..., 1:]
    return pixels


def spot(number: int, kind: int) -> Pixels:
    """Draw a bright spot left of the middle of a wide picture, by the share of half the width."""
    pixels = np.zeros((32, 64, 3), np.uint8)
    x = round(32 - 32 * (0.85, 0.5, 0.15)[kind])
    pixels[8 + number % 16 : 11 + number % 16, x - 1 : x + 2] = 250
    return pixels


def grain(number: int, kind: int) -> Pixels:
    rng = np.random.default_rng(number)
    noise = rng.normal(0, (0.04, 0.1, 0.17)[kind] * 255, (64, 64, 1))
    return np.clip(128 + noise, 0, 255).round().astype(np.uint8).repeat(3, 2)


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModelEntry]:
    (tmp_path / "doctored.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])

    def make(kind: str = "Colour", classes: tuple[str, ...] = COLOURS, **changes: Any) -> ModelEntry:
        options = {"factory": "doctored:build", "arguments": {"kind": kind}}
        shape = dataclasses.replace(RIGHT, **changes)
        where = Location("configs/models.yaml", 3, 1)
        return ModelEntry("patient", "python", classes, shape, None, None, {}, options, where, tmp_path)

    return make


def told(entry: ModelEntry, draw: Callable[[int, int], Pixels] = colour, **how: Any) -> tuple[Diagnosis, str]:
    labels = how.pop("labels", COLOURS)
    found = diagnose(entry, Drawn(draw, labels, how.pop("n", 36)), device="cpu", **how)
    return found, "\n".join(found.lines())


WIDE = {"input_size": (32, 32), "resize": (32, 32), "mean": (0.0,) * 3, "std": (1.0,) * 3}
SMOOTH = {"input_size": (16, 16), "resize": 16, "mean": (0.0,) * 3, "std": (1.0,) * 3}
HEALTHY: dict[str, tuple[str, Callable[[int, int], Pixels], dict[str, Any]]] = {
    "colour": ("Colour", colour, {}),
    "level": ("Level", level, IMAGENET),
    "place": ("Place", spot, WIDE),
    "grain": ("Grain", grain, {**SMOOTH, "antialias": False}),
}
# What is planted, and what the first line must say to change.
SICK: dict[str, tuple[str, dict[str, Any], str]] = {
    "BGR": ("colour", {"channels": "bgr"}, "input.channels: rgb gives 100.0%"),
    "mean of others": (
        "level",
        {"mean": (0.5,) * 3, "std": (0.5,) * 3},
        "input.mean: [0.485, 0.456, 0.406], input.std: [0.229, 0.224, 0.225] gives 100.0%",
    ),
    "no mean": (
        "level",
        {"mean": (0.0,) * 3, "std": (1.0,) * 3},
        "input.mean: [0.485, 0.456, 0.406], input.std: [0.229, 0.224, 0.225] gives 100.0%",
    ),
    "cropped instead of squeezed": ("place", {"resize": 32}, "input.resize: [32, 32] gives 100.0%"),
    "resized to more": ("place", {"resize": 37}, "input.resize: [32, 32] gives 100.0%"),
    "not resized": ("place", {"resize": None}, "input.resize: [32, 32] gives 100.0%"),
    "smoothed": ("grain", {"antialias": True}, "input.antialias: false gives "),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_sound_model_is_told_so(name: str, entry: Callable[..., ModelEntry]) -> None:
    kind, draw, parts = HEALTHY[name]
    found, text = told(entry(kind, **parts), draw)
    assert found.healthy
    assert text.startswith("doctor: as configured ")
    assert "on 36 pictures; none of " in text
    assert found.findings[0].accuracy.value >= 0.85


@pytest.mark.parametrize("name", SICK)
def test_a_planted_mistake_is_named(name: str, entry: Callable[..., ModelEntry]) -> None:
    base, planted, said = SICK[name]
    kind, draw, parts = HEALTHY[base]
    found, text = told(entry(kind, **{**parts, **planted}), draw)
    assert not found.healthy
    assert said in text.splitlines()[0], text
    assert found.best is not None
    assert found.best.variant.changes == 1
    assert found.best.chance < 0.001


def test_no_more_is_advised_than_helps(entry: Callable[..., ModelEntry]) -> None:
    """This model does not mind its mean, so that pairs do as well as the one change; they are not advised."""
    found, text = told(entry(channels="bgr", mean=(0.0,) * 3, std=(1.0,) * 3))
    assert [finding.variant.changes for finding in found.findings[1:] if finding.accuracy.value == 1][:2] == [1, 2]
    assert text.startswith("doctor: input.channels: rgb gives 100.0% ")
    assert len(text.splitlines()) == 1


def test_two_mistakes_at_once_are_named(entry: Callable[..., ModelEntry]) -> None:
    found, text = told(
        entry("Both", **{**IMAGENET, "channels": "bgr", "mean": (0.5,) * 3, "std": (0.5,) * 3}), level_of
    )
    assert found.best is not None
    assert found.best.variant.changes == 2
    first = text.splitlines()[0]
    assert (
        "input.channels: rgb and input.mean: [0.485, 0.456, 0.406], input.std: [0.229, 0.224, 0.225] gives 100" in first
    )


def test_what_the_pictures_cannot_tell_apart_is_told(entry: Callable[..., ModelEntry]) -> None:
    _, text = told(entry("Rough", mean=(0.0,) * 3, std=(1.0,) * 3), level)
    first, second = text.splitlines()
    assert first.startswith("doctor: input.mean: [0.485, 0.456, 0.406], input.std: [0.229, 0.224, 0.225] gives 100.0%")
    assert second == (
        "doctor: input.mean: [0.5, 0.5, 0.5], input.std: [0.5, 0.5, 0.5] does as well (100.0% [90.4, 100.0]); these "
        "pictures cannot tell which"
    )


def test_softmaxed_outputs_are_told(entry: Callable[..., ModelEntry]) -> None:
    found, text = told(entry("Softmaxed"))
    assert not found.healthy
    assert text.startswith("doctor: the model patient returns probabilities (softmax is applied already)")


def test_another_number_of_classes_is_told(entry: Callable[..., ModelEntry]) -> None:
    found, text = told(entry("Background"))
    assert not found.healthy
    assert "gives 4 logits, but its entry lists 3 classes" in text


def reds_and_greens(number: int, kind: int) -> Pixels:
    return colour(number, kind % 2)


OFF_BY_ONE: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], Callable[[int, int], Pixels]]] = {
    "after": ("Background", (*COLOURS, "background"), COLOURS, colour),
    "before": ("Colour", ("background", "red", "green"), ("red", "green", "red"), reds_and_greens),
}


@pytest.mark.parametrize("side", OFF_BY_ONE)
def test_labels_off_by_one_are_told(side: str, entry: Callable[..., ModelEntry]) -> None:
    kind, classes, labels, draw = OFF_BY_ONE[side]
    found, text = told(entry(kind, classes), draw, labels=labels)
    assert not found.healthy
    assert text.startswith(
        f"doctor: 100% of the predictions are the class {side} the label: the list of classes of patient "
    )
    assert "off by one" in text


def test_permuted_names_are_told(entry: Callable[..., ModelEntry]) -> None:
    """Green and blue exchanged: no change of the channels undoes that."""
    found, text = told(entry(classes=("red", "blue", "green")), labels=COLOURS)
    assert not found.healthy
    assert "the order of `classes` of patient is not the model's (100% right under another order)" in text
    assert "pictures labelled " in text


@pytest.mark.parametrize("n", [1, 3])
def test_few_pictures_are_said_to_be_too_few(n: int, entry: Callable[..., ModelEntry]) -> None:
    found, text = told(entry(channels="bgr"), n=n, pictures=n)
    assert found.best is None
    if n == 3:
        assert "as configured 33.3%" in text
    assert f"gives 100.0% [{'20.7' if n == 1 else '43.9'}, 100.0], which {n} pictures cannot tell from it" in text
    assert text.endswith("try more")


def test_as_many_pictures_are_tried_as_asked(entry: Callable[..., ModelEntry]) -> None:
    found, _ = told(entry(), pictures=12)
    assert (found.pictures, found.findings[0].accuracy.n) == (12, 12)


def test_a_variant_that_breaks_the_model_does_not_end_the_diagnosis(entry: Callable[..., ModelEntry]) -> None:
    found, text = told(entry("Root", mean=(0.0,) * 3, std=(1.0,) * 3))
    assert found.healthy
    assert text.startswith("doctor: as configured 100.0%")


def test_chance_is_not_mistaken_for_a_cure(entry: Callable[..., ModelEntry]) -> None:
    """Twenty variants are twenty throws of the dice; a third of such models would be promised a cure otherwise."""
    alarms = 0
    for start in range(8):
        found, _ = told(entry("Coin"), lambda number, kind, start=start: colour(1000 * start + number, kind), n=18)
        alarms += found.best is not None
    assert alarms <= 1, f"{alarms} of 8 worthless models were promised a cure"


def test_unreadable_pictures_are_left_out_unless_they_are_all(entry: Callable[..., ModelEntry]) -> None:
    def damaged(number: int, kind: int) -> Pixels:
        if number % 2:
            raise UnreadablePicture(f"{number:03}", "it is damaged")
        return colour(number, kind)

    found, _ = told(entry(), damaged)
    assert found.pictures == 18

    def gone(number: int, kind: int) -> Pixels:
        raise UnreadablePicture(f"{number:03}", "it is gone")

    with pytest.raises(DataError, match=r"not one of 36 pictures could be read; the last: 035: it is gone"):
        told(entry(), gone)


def test_a_model_that_cannot_be_built_is_a_model_error(entry: Callable[..., ModelEntry]) -> None:
    with pytest.raises(ModelError, match="KeyError: 'Color'"):
        told(entry("Color"))


def test_labels_that_are_no_classes_are_a_data_error(entry: Callable[..., ModelEntry]) -> None:
    with pytest.raises(DataError, match="labels that are no class of the model, such as gren"):
        told(entry(), labels=("red", "gren", "blue"))


def test_variants_are_one_change_each_and_never_the_entry_itself() -> None:
    tried = variants(RIGHT)
    assert RIGHT not in [variant.preprocessing for variant in tried]
    for variant in tried:
        differ = {
            field.name
            for field in dataclasses.fields(RIGHT)
            if getattr(variant.preprocessing, field.name) != getattr(RIGHT, field.name)
        } - {"std"}
        assert len(differ) == variant.changes, variant.advice
        assert len(variant.advice.split(" and ")) == variant.changes
