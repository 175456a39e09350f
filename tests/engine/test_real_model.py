"""A real pretrained model on real photos: EfficientNet-Lite0 on foolbox's twenty ImageNet pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from robustcheck.api import run_suite
from robustcheck.data import open_source
from robustcheck.domain.config import ModelEntry, Project
from robustcheck.engine.options import Options
from robustcheck.engine.sample_index import build_index
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.engine.tools.doctor import diagnose
from robustcheck.images import render
from robustcheck.language import load_project, load_suite
from robustcheck.models import open_model

ROOT = Path(__file__).resolve().parents[2]
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture(scope="module")
def real() -> Project:
    return load_project(ROOT, ROOT / "configs")


def right(project: Project, entry: ModelEntry) -> int:
    import numpy as np

    source = open_source(project.data["imagenet-samples"], seed=0)
    index = build_index(source, entry.classes)
    inputs = [
        render(
            source.read(sample),
            [],
            preprocessing=entry.preprocessing,
            border="source",
            fill="reflect",
            rng_for=np.random.default_rng,
        ).pixels
        for sample in index.samples
    ]
    logits = open_model(entry, device="cpu").logits(np.stack(inputs))
    return int((logits.argmax(axis=1) == index.labels).sum())


def test_clean_accuracy_is_seventeen_of_twenty_and_sixteen_with_imagenets_mean(real: Project) -> None:
    entry = real.models["efficientnet-lite0"]
    wrong = dataclasses.replace(entry.preprocessing, mean=IMAGENET_MEAN, std=IMAGENET_STD)
    assert right(real, entry) == 17
    assert right(real, dataclasses.replace(entry, preprocessing=wrong)) == 16


def test_the_shipped_suite_passes(tmp_path: Path) -> None:
    suite = ROOT / "suites" / "imagenet-smoke" / "imagenet-smoke.yaml"
    result = run_suite(suite, root=ROOT, report=tmp_path, device="cpu")
    result.assert_passed()
    assert result["clean"].metrics["accuracy"].value == pytest.approx(0.85)
    assert result["clean"].metrics["declared accuracy"].n == 20


@pytest.mark.long
def test_doctor_says_that_twenty_pictures_cannot_tell(real: Project) -> None:
    entry = real.models["efficientnet-lite0"]
    found = diagnose(entry, open_source(real.data["imagenet-samples"], seed=0), device="cpu")
    text = "\n".join(found.lines())
    assert found.healthy
    assert "as configured 85.0%" in text
    assert "which 20 pictures cannot tell from it" in text


@pytest.mark.parametrize(
    ("change", "named"),
    [({"channels": "bgr"}, "input.channels: rgb gives"), ({"resize": 64}, "input.resize: ")],
    ids=["bgr", "resize"],
)
def test_planted_mistake_on_the_shipped_model_is_caught_and_named(
    real: Project, tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    entry = real.models["signs-robot"]
    wrong = dataclasses.replace(entry, preprocessing=dataclasses.replace(entry.preprocessing, **change))
    project = dataclasses.replace(real, models={**real.models, entry.name: wrong})
    suite = load_suite(ROOT / "suites" / "signs" / "signs.yaml", project)
    run = SuiteRun(suite, project, Options(root=ROOT, report=tmp_path, device="cpu", cache=False, limit=140))
    clean, shifted = run.case(suite.clean), run.case(suite.cases[1])
    run.close()
    assert (clean.verdict, shifted.verdict, shifted.forwards) == ("error", "error", 0)
    assert "not the declared 99.5%" in clean.problems[0]
    assert clean.problems[1].startswith(f"doctor: {named}")


# What is planted in an entry, on 200 pictures, and what the doctor must say first.
PLANTED: dict[str, tuple[dict[str, Any], str]] = {
    "bgr": ({"channels": "bgr"}, "input.channels: rgb gives"),
    "no mean": (
        {"mean": (0.0,) * 3, "std": (1.0,) * 3},
        "input.mean: [0.5, 0.5, 0.5], input.std: [0.5, 0.5, 0.5] gives",
    ),
    "mean left out": ({"mean": (0.0,) * 3}, "input.mean: [0.5, 0.5, 0.5] gives"),
    "0..255": ({"std": (0.5 / 255,) * 3}, "input.std: [0.5, 0.5, 0.5] gives"),
    "mean and std for 0..255": (
        {"mean": (0.5 / 255,) * 3, "std": (0.5 / 255,) * 3},
        "input.mean: [0.5, 0.5, 0.5], input.std: [0.5, 0.5, 0.5] gives",
    ),
    "resize": ({"resize": 64}, "input.resize: 100 gives"),
    "squeezed": ({"resize": (64, 64)}, "input.resize: 100 gives"),
    "not resized": ({"resize": None}, "input.resize: 100 gives"),
    "size": ({"input_size": (96, 96)}, "input.size: 64 gives answers, "),
    "bgr and resize": ({"channels": "bgr", "resize": 64}, "input.channels: rgb and input.resize: 100 gives"),
    "Caffe's": (
        {"channels": "bgr", "mean": (0.406, 0.456, 0.485), "std": (1 / 255,) * 3},
        "input.channels: rgb and input.mean: [0.5, 0.5, 0.5], input.std: [0.5, 0.5, 0.5] gives",
    ),
}
ORDERS: dict[str, tuple[Any, str]] = {
    "after": (lambda names: (*names[1:], names[0]), "of the predictions are the class after the label"),
    "before": (lambda names: (names[-1], *names[:-1]), "of the predictions are the class before the label"),
    "two exchanged": (
        lambda names: (names[1], names[0], *names[2:]),
        "the order of `classes` of signs-web is not the ",
    ),
    "sorted": (lambda names: tuple(sorted(names)), "the order of `classes` of signs-web is not the "),
}


def diagnosis_of_signs(real: Project, **change: Any) -> str:
    entry = dataclasses.replace(real.models["signs-web"], **change)
    found = diagnose(entry, open_source(real.data["signs-test"], seed=0), pictures=200, device="cpu")
    assert found.best is not None
    return next(line for line in found.lines() if not line.startswith("doctor: the model signs-web failed"))


@pytest.mark.long
@pytest.mark.parametrize("name", PLANTED)
def test_a_mistake_planted_in_a_trained_model_is_named_first(real: Project, name: str) -> None:
    change, said = PLANTED[name]
    shape = dataclasses.replace(real.models["signs-web"].preprocessing, **change)
    assert f"doctor: {said}" in diagnosis_of_signs(real, preprocessing=shape)


@pytest.mark.long
@pytest.mark.parametrize("name", ORDERS)
def test_an_order_of_classes_planted_in_a_trained_model_is_named_first(real: Project, name: str) -> None:
    order, said = ORDERS[name]
    assert said in diagnosis_of_signs(real, classes=order(real.models["signs-web"].classes))


@pytest.mark.long
@pytest.mark.parametrize("name", ["signs-robot", "signs-web", "signs-hardened"])
@pytest.mark.parametrize("limit", [64, 200, 560])
def test_the_demos_entries_are_promised_no_cure(real: Project, name: str, limit: int) -> None:
    found = diagnose(real.models[name], open_source(real.data["signs-test"], seed=0), pictures=limit, device="cpu")
    assert found.healthy, "\n".join(found.lines())
