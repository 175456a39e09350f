"""The bridge to albumentations: names, arguments, seeds, shapes."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from small_project import DATA, MODELS

from robustcheck.core import registry
from robustcheck.core.errors import CaseError, SuiteError
from robustcheck.language import load_project, load_suite
from robustcheck.shifts import albumentations_bridge as bridge

NEEDED = {
    "CenterCrop": {"height": 50, "width": 50},
    "Crop": {"x_min": 5, "y_min": 5, "x_max": 50, "y_max": 60},
    "CropAndPad": {"percent": 0.1},
    "GridElasticDeform": {"num_grid_xy": (4, 4), "magnitude": 5},
    "LongestMaxSize": {"max_size": 64},
    "RandomCrop": {"height": 50, "width": 50},
    "RandomResizedCrop": {"size": (40, 40)},
    "RandomSizedCrop": {"min_max_height": (30, 60), "size": (40, 40)},
    "Resize": {"height": 40, "width": 30},
    "SmallestMaxSize": {"max_size": 64},
}
"""Arguments of the transforms that refuse to do without."""


def picture() -> np.ndarray:
    image = np.random.default_rng(1).integers(0, 256, (71, 90, 3), dtype=np.uint8)
    image.flags.writeable = False
    return image


def shot(name: str, seed: int, **arguments: object) -> np.ndarray:
    entry = registry.shifts[f"albumentations.{name}"]
    return entry.function(picture(), rng=np.random.default_rng(seed), **entry.bind(arguments))


def test_the_table_is_that_of_the_installed_version() -> None:
    written = resources.files("robustcheck.shifts").joinpath(bridge.TABLE).read_text(encoding="utf-8")
    assert bridge.as_text(bridge.make_table()) == written
    assert len(json.loads(written)) > 80


@pytest.mark.parametrize("name", [name.removeprefix(bridge.PREFIX) for name in bridge.members()])
def test_every_transform_gives_a_picture_that_its_seed_decides(name: str) -> None:
    arguments = NEEDED.get(name, {})
    registry.shifts[f"albumentations.{name}"].facts.check(arguments)
    first, again = shot(name, 3, **arguments), shot(name, 3, **arguments)
    assert (first.shape, first.dtype) == ((71, 90, 3), np.uint8)
    np.testing.assert_array_equal(again, first)


def test_threads_do_not_disturb_each_other() -> None:
    alone = [shot("RandomBrightnessContrast", seed, brightness_limit=(0.1, 0.5)) for seed in range(64)]
    with ThreadPoolExecutor(4) as pool:
        together = list(
            pool.map(lambda seed: shot("RandomBrightnessContrast", seed, brightness_limit=(0.1, 0.5)), range(64))
        )
    np.testing.assert_array_equal(np.stack(together), np.stack(alone))
    assert len({one.tobytes() for one in alone}) > 32


def suite_of(folder: Path, check: str):
    (folder / "configs").mkdir()
    (folder / "configs" / "models.yaml").write_text(MODELS)
    (folder / "configs" / "data.yaml").write_text(DATA)
    name, data = (text.lstrip().partition(":")[0] for text in (MODELS, DATA))
    path = folder / "suite.yaml"
    path.write_text(
        f"robustcheck: 1\ntitle: A\nowner: a\nmodel: {name}\ndata: {data}\nexpect: {{accuracy: '>= 1%'}}\nchecks: [{{{check}}}]\n"
    )
    return load_suite(path, load_project(folder, folder / "configs"))


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ("shift: albumentations.GausNoise", "did you mean albumentations.GaussNoise?"),
        ("shift: albumentations.GaussNoise, std_rnge: 0.1..0.2", "no parameter std_rnge; did you mean std_range?"),
        ("shift: albumentations.GaussNoise, p: 0.5", "p is always 1 here"),
        ("shift: albumentations.Crop3D", "there is no shift albumentations.Crop3D"),
        ("shift: albumentations.MaskDropout", "needs boxes or masks"),
        ("shift: albumentations.Resize, height: 5", "albumentations.Resize needs width"),
        ("shift: albumentations.Rotate, border_mode: {a: 1}", "border_mode cannot be a mapping"),
        ("shift: albumentations.Posterize, num_bits: .inf", "must be a finite number"),
    ],
)
def test_mistakes_are_found_before_the_library_is_loaded(tmp_path: Path, check: str, says: str) -> None:
    with pytest.raises(SuiteError) as caught:
        suite_of(tmp_path, check)
    assert says in str(caught.value)


def test_ranges_lists_and_sweeps(tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path, "shift: albumentations.GaussNoise, std_range: [0.1..0.2, [0.3, 0.4]], per_channel: false"
    )
    assert [case.id for case in suite.cases[1:]] == [
        "albumentations.GaussNoise[std_range=0.1..0.2,per_channel=false]",
        "albumentations.GaussNoise[std_range=(0.3 0.4),per_channel=false]",
    ]
    assert [case.steps[0].params["std_range"] for case in suite.cases[1:]] == [(0.1, 0.2), (0.3, 0.4)]


def test_values_that_the_library_refuses_are_told() -> None:
    with pytest.raises(CaseError, match=r"albumentations\.GaussNoise refuses its arguments: .*std_range"):
        registry.shifts["albumentations.GaussNoise"].facts.check({"std_range": (2, 3)})


def test_a_suite_is_read_without_the_library(tmp_path: Path) -> None:
    code = (
        "import sys; from robustcheck.core import registry; registry.shifts['albumentations.GaussNoise']; "
        "print([name for name in ('albumentations', 'cv2', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "[]"
