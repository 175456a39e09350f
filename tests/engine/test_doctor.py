"""Each usual mistake is planted in a sound model's entry, and the doctor names the key that undoes it."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from patients import (
    AS_BYTES,
    BLUE_FIRST,
    COLOURS,
    HEALTHY,
    IMAGENET,
    MODELS,
    RIGHT,
    RIGHT_OF_BYTES,
    RIGHT_OF_IMAGENET,
    Drawn,
    Pixels,
    colour,
    level,
)

from robustcheck.core.errors import DataError, Location, ModelError, UnreadablePicture
from robustcheck.domain.config import ModelEntry, Preprocessing
from robustcheck.engine.tools.doctor import Diagnosis, diagnose, variants


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
    "another filter": ("grain", {"interpolation": "nearest"}, "input.interpolation: bilinear gives "),
    "std alone": ("level", {"std": (1.0,) * 3}, "input.std: [0.229, 0.224, 0.225] gives 100.0%"),
    "mean alone": ("level", {"mean": (0.0,) * 3}, "input.mean: [0.485, 0.456, 0.406] gives 100.0%"),
    "0..255 taken for 0..1": ("caffe", {"std": (1.0,) * 3}, f"input.{AS_BYTES} gives 100.0%"),
    "mean of 0..255 left": ("caffe", {"mean": (0.0,) * 3}, "input.mean: [0.406, 0.456, 0.485] gives 100.0%"),
    "0..1 taken for 0..255": (
        "level",
        {"std": tuple(std / 255 for std in IMAGENET["std"])},
        "input.std: [0.229, 0.224, 0.225] gives 100.0%",
    ),
    "mean from the last colour to the first": (
        "near",
        {"mean": BLUE_FIRST, "std": (0.225, 0.224, 0.229)},
        "input.mean: [0.485, 0.456, 0.406], input.std: [0.229, 0.224, 0.225] gives 100.0%",
    ),
}
# Two mistakes of which neither is seen alone.
PAIRS: dict[str, tuple[str, dict[str, Any], tuple[str, str]]] = {
    "Caffe's model as ImageNet's": ("caffe", {**IMAGENET, "channels": "rgb"}, ("input.channels: bgr", AS_BYTES)),
    "Caffe's model in 0..1": (
        "caffe",
        {"mean": (0.0,) * 3, "std": (1.0,) * 3, "channels": "rgb"},
        ("input.channels: bgr", AS_BYTES),
    ),
    "others' mean, in BGR": (
        "both",
        {"channels": "bgr", "mean": (0.5,) * 3, "std": (0.5,) * 3},
        ("input.channels: rgb", "input.mean: [0.485, 0.456, 0.406], input.std: [0.229, 0.224, 0.225]"),
    ),
}


@pytest.mark.parametrize("n", [36, 200])
@pytest.mark.parametrize("name", HEALTHY)
def test_a_sound_model_is_told_so(name: str, n: int, entry: Callable[..., ModelEntry]) -> None:
    kind, draw, parts = HEALTHY[name]
    found, text = told(entry(kind, **parts), draw, n=n, pictures=n)
    assert found.healthy, text
    assert text.startswith("doctor: as configured ")
    assert f"on {n} pictures; none of " in text
    assert found.findings[0].accuracy.value >= 0.85


@pytest.mark.parametrize("name", SICK)
def test_a_planted_mistake_is_named(name: str, entry: Callable[..., ModelEntry]) -> None:
    base, planted, said = SICK[name]
    kind, draw, parts = HEALTHY[base]
    found, text = told(entry(kind, **{**parts, **planted}), draw, n=200, pictures=200)
    assert not found.healthy
    assert said in text.splitlines()[0], text
    assert found.best is not None
    assert found.best.variant.changes == 1
    assert found.best.chance < 1e-6


@pytest.mark.parametrize("name", PAIRS)
def test_two_mistakes_at_once_are_named(name: str, entry: Callable[..., ModelEntry]) -> None:
    base, planted, said = PAIRS[name]
    kind, draw, parts = HEALTHY[base]
    found, text = told(entry(kind, **{**parts, **planted}), draw, n=200, pictures=200)
    assert found.best is not None, text
    assert found.best.variant.changes == 2
    assert "gives 100.0% " in text.splitlines()[0]
    for part in said:
        assert part in text.splitlines()[0], text


def test_an_entry_that_fails_is_held_against_the_best_constant_answer(entry: Callable[..., ModelEntry]) -> None:
    found, text = told(entry("Small", input_size=(24, 24), resize=24))
    first, second = text.splitlines()[:2]
    assert first.startswith("doctor: the model patient failed on a float32 batch of shape (8, 3, 24, 24)")
    assert second.startswith("doctor: input.size: 16")
    assert second.endswith(" gives answers, 100.0% [90.4, 100.0] right on 36 pictures")
    assert (found.own, found.healthy) == (None, False)


def test_no_more_is_advised_than_helps(entry: Callable[..., ModelEntry]) -> None:
    """This model does not mind its mean, so that pairs do as well as the one change; they are not advised."""
    found, text = told(entry(channels="bgr", mean=(0.0,) * 3, std=(1.0,) * 3))
    assert found.best is not None
    assert found.best.variant.changes == 1
    assert text.startswith("doctor: input.channels: rgb gives 100.0% ")
    assert len(text.splitlines()) == 1


def test_what_the_pictures_cannot_tell_apart_is_told(entry: Callable[..., ModelEntry]) -> None:
    _, text = told(entry("Rough", mean=(0.0,) * 3, std=(1.0,) * 3), level)
    first, second = text.splitlines()
    assert first.startswith("doctor: input.mean: [0.")
    assert "gives 100.0%" in first
    assert "does as well (100.0% [90.4, 100.0]); these pictures cannot tell which" in second


@pytest.mark.parametrize("start", range(5))
@pytest.mark.parametrize("name", HEALTHY)
def test_a_sound_entry_is_promised_no_cure(name: str, start: int, entry: Callable[..., ModelEntry]) -> None:
    kind, draw, parts = HEALTHY[name]
    found, text = told(entry(kind, **parts), lambda number, kind: draw(900 + 3 * 64 * start + number, kind), n=63)
    assert found.healthy, text


def uneven(number: int, kind: int) -> Pixels:
    """Draw dark pictures of red and bright ones of the others."""
    return level(number, 0 if kind == 0 else 2)


def noise(number: int, kind: int) -> Pixels:
    return np.random.default_rng(number).integers(0, 256, (20, 20, 3), dtype=np.uint8)


# Models that know nothing, each with labels by which some variant seems to win.
IGNORANT: dict[str, tuple[str, Callable[[int, int], Pixels], tuple[str, str, str], dict[str, Any]]] = {
    "one answer": ("Constant", colour, COLOURS, {}),
    "one answer, most labels another": ("Constant", colour, ("red", "red", "green"), {}),
    "dark or bright, most labels bright": ("Leaning", noise, ("green", "green", "red"), {"mean": (1.0,) * 3}),
    "dark or bright, most labels dark": ("Leaning", noise, ("red", "red", "green"), {"mean": (0.0,) * 3}),
    "by chance": ("Coin", noise, COLOURS, {}),
    "by chance, most labels the same": ("Coin", noise, ("red", "red", "green"), {}),
}


@pytest.mark.parametrize("n", [9, 64, 200])
@pytest.mark.parametrize("name", IGNORANT)
def test_a_model_that_knows_nothing_is_promised_no_cure(name: str, n: int, entry: Callable[..., ModelEntry]) -> None:
    kind, draw, labels, parts = IGNORANT[name]
    found, text = told(entry(kind, **parts), draw, labels=labels, n=n, pictures=n)
    assert found.best is None, text
    assert not any(finding.cures for finding in found.findings)
    assert "p = 0)" not in text


@pytest.mark.parametrize("parts", [{}, IMAGENET, {"channels": "bgr"}], ids=["half", "imagenet", "bgr"])
def test_one_answer_whatever_is_tried_is_said(parts: dict[str, Any], entry: Callable[..., ModelEntry]) -> None:
    found, text = told(entry("Constant", **parts), n=60)
    first, second = text.splitlines()
    assert first == "doctor: the model answers green for each of 60 pictures"
    assert second.startswith("doctor: as configured 33.3% [22.7, 45.9] on 60 pictures; none of ")
    assert second.endswith(" variants changes an answer; look at scale, classes, decoding")
    assert not found.healthy


@pytest.mark.parametrize("label", COLOURS)
@pytest.mark.parametrize("kind", ["Colour", "Leaning", "Constant", "Coin"])
def test_labels_of_one_class_cure_nothing(kind: str, label: str, entry: Callable[..., ModelEntry]) -> None:
    found, text = told(entry(kind, channels="bgr"), labels=(label,) * 3, n=60)
    assert found.best is None
    assert text.startswith(f"doctor: all 60 pictures are labelled {label}, so nothing shows whether the model tells ")


def test_a_perfect_entry_has_nothing_to_gain(entry: Callable[..., ModelEntry]) -> None:
    found, text = told(entry(), n=200, pictures=200)
    assert (found.best, found.healthy, found.findings[0].accuracy.value) == (None, True, 1.0)
    assert len(text.splitlines()) == 1


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


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
@pytest.mark.parametrize("normalisation", [RIGHT, RIGHT_OF_IMAGENET, RIGHT_OF_BYTES], ids=["half", "imagenet", "bytes"])
def test_variants_are_other_than_the_entry_and_than_each_other(normalisation: Preprocessing, channels: Any) -> None:
    own = dataclasses.replace(normalisation, channels=channels)
    tried = variants(own)
    ways = [variant.preprocessing for variant in tried]
    assert own not in ways
    assert len(set(ways)) == len(ways)
    for variant in tried:
        assert len(variant.advice.split(" and ")) == variant.changes, variant.advice
        assert all(0 <= mean <= 1 for mean in variant.preprocessing.mean)
        assert all(0 < std <= 1 for std in variant.preprocessing.std)
