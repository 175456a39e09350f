"""Mean, std, scale and channels say something together only; what contradicts itself is told with the numbers that would not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from robustcheck.core.errors import SuiteError
from robustcheck.domain.config import Preprocessing, order_notes
from robustcheck.language.configs import load_project

IMAGENET = "[0.485, 0.456, 0.406]"
TURNED = "[103.53, 116.28, 123.675]"
BYTES = "[57.375, 57.12, 58.395]"


def read(root: Path, more: str) -> Preprocessing:
    (root / "configs").mkdir(exist_ok=True)
    entry = f"net: {{kind: python, factory: 'a:b', classes: 3, input: {{size: 224, resize: 256, {more}}}}}\n"
    (root / "configs" / "models.yaml").write_text(entry)
    (root / "configs" / "data.yaml").write_text("test: {kind: signs}\n")
    return load_project(root, root / "configs").models["net"].preprocessing


def problem(root: Path, more: str) -> str:
    with pytest.raises(SuiteError) as caught:
        read(root, more)
    (line,) = str(caught.value).splitlines()
    return line


@pytest.mark.parametrize(
    ("more", "mean", "std"),
    [
        (f"scale: 255, mean: {TURNED}, std: [1, 1, 1]", (103.53, 116.28, 123.675), (1, 1, 1)),
        (f"scale: 255, mean: {TURNED}, std: {BYTES}", (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)),
        (f"scale: 255, mean: {TURNED}", (103.53, 116.28, 123.675), (1, 1, 1)),
        ("scale: 255", (0, 0, 0), (1, 1, 1)),
        ("scale: 255, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5]", (127.5,) * 3, (127.5,) * 3),
        ("scale: 255, channels: gray, mean: [33.3], std: [78.6]", (33.3,), (78.6,)),
        ("scale: 255, channels: gray", (0,), (1,)),
    ],
)
def test_a_scale_of_255_is_the_unit_of_both(
    tmp_path: Path, more: str, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    found = read(tmp_path, more)
    values = np.linspace(0, 1, 5)[:, None]
    np.testing.assert_allclose(
        (values - np.array(found.mean)) / np.array(found.std), (255 * values - np.array(mean)) / np.array(std)
    )


@pytest.mark.parametrize(
    ("more", "mean", "std", "channels"),
    [
        ("channels: gray, mean: [0.1307], std: [0.3081]", (0.1307,), (0.3081,), "gray"),
        ("channels: gray", (0.0,), (1.0,), "gray"),
        (f"scale: 1, mean: {IMAGENET}", (0.485, 0.456, 0.406), (1.0, 1.0, 1.0), "rgb"),
        ("mean: [1, 1, 1], std: [1, 1, 1]", (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), "rgb"),
    ],
)
def test_numbers_for_each_channel(
    tmp_path: Path, more: str, mean: tuple[float, ...], std: tuple[float, ...], channels: str
) -> None:
    found = read(tmp_path, more)
    assert (found.mean, found.std, found.channels) == (mean, std, channels)


def test_what_is_not_said_is_as_it_ever_was(tmp_path: Path) -> None:
    found = read(tmp_path, "channels: rgb")
    assert (found.exif, found.alpha, found.channels, found.mean, found.std) == (
        "apply",
        "white",
        "rgb",
        (0.0,) * 3,
        (1.0,) * 3,
    )


@pytest.mark.parametrize("std", ["std: [1, 1, 1]", f"std: {BYTES}", "antialias: true"])
@pytest.mark.parametrize("channels", ["", ", channels: bgr"])
def test_a_mean_of_0_to_255_is_told_with_both_keys_and_the_order(tmp_path: Path, std: str, channels: str) -> None:
    line = problem(tmp_path, f"mean: {TURNED}, {std}{channels}")
    assert line.startswith("configs/models.yaml:1:")
    assert "the numbers of mean are of 0..255, and the scale is 0..1; write scale: 255" in line
    assert "both mean and std" in line
    assert ("channels: bgr, the order of this mean" in line) == (not channels)
    # What it says to write is read.
    read(tmp_path, f"mean: {TURNED}, {std}, scale: 255, channels: bgr")


@pytest.mark.parametrize(
    ("more", "key", "mean", "std"),
    [
        (
            "mean: [123.675, 116.28, 103.53], std: [0.229, 0.224, 0.225]",
            "mean",
            [123.675, 116.28, 103.53],
            [58.395, 57.12, 57.375],
        ),
        (f"mean: {IMAGENET}, std: [58.395, 57.12, 57.375]", "std", [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
        (
            "scale: 255, mean: [123.675, 116.28, 103.53], std: [0.229, 0.224, 0.225]",
            "std",
            [123.675, 116.28, 103.53],
            [58.395, 57.12, 57.375],
        ),
        ("channels: gray, mean: [33.3285], std: [0.3081]", "mean", [33.3285], [78.5655]),
    ],
)
def test_two_units_are_told_as_numbers_of_one(
    tmp_path: Path, more: str, key: str, mean: list[float], std: list[float]
) -> None:
    line = problem(tmp_path, more)
    assert f"the numbers of {key} are of" in line
    assert f"write scale: 255, mean: {mean} and std: {std}" in line
    found = read(
        tmp_path,
        re.search(r"write (scale: 255, mean: .*) and (std: \[.*?\])", line).expand(r"\1, \2")
        + (", channels: gray" if len(mean) == 1 else ""),
    )  # type: ignore[union-attr]
    np.testing.assert_allclose(np.array(found.mean) * 255, mean)
    np.testing.assert_allclose(np.array(found.std) * 255, std)


@pytest.mark.parametrize(
    "more", [f"scale: 255, mean: {IMAGENET}, std: [0.229, 0.224, 0.225]", "scale: 255, std: [0.5, 0.5, 0.5]"]
)
def test_numbers_of_0_to_1_need_no_scale(tmp_path: Path, more: str) -> None:
    assert "leave scale out if both mean and std are of values in 0..1" in problem(tmp_path, more)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("mean: [0.1307]", "mean has one number, and a model of three channels needs three; write channels: gray"),
        ("mean: 0.1307", "mean must be three numbers, or one with channels: gray; write it as a list of one"),
        ("std: [0.3081]", "std has one number, and a model of three channels needs three; write channels: gray"),
        (
            "channels: gray, mean: [0.5, 0.5, 0.5]",
            "mean must be a list of one number, since channels is gray; write [0.5]",
        ),
        (f"channels: gray, mean: {IMAGENET}", "mean must be a list of one number, since channels is gray"),
        ("channels: bgr, std: [0.5]", "std has one number"),
    ],
)
def test_a_network_of_one_channel_is_offered_gray(tmp_path: Path, more: str, said: str) -> None:
    line = problem(tmp_path, more)
    assert said in line
    if said.endswith("gray") and "IMAGENET" not in more:
        assert "0.485" not in line


def test_both_keys_of_a_gray_model_are_told(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, "mean: [0.1307], std: [0.3081]")
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert all("write channels: gray" in line for line in lines)


@pytest.mark.parametrize(
    ("more", "noted"),
    [
        (f"scale: 255, mean: {TURNED}", True),
        ("scale: 255, mean: [103.939, 116.779, 123.68]", True),
        ("scale: 255, mean: [104, 117, 123]", True),
        ("mean: [0.406, 0.456, 0.485]", True),
        (f"mean: {IMAGENET}, channels: bgr", True),
        (f"mean: {IMAGENET}", False),
        (f"scale: 255, mean: {TURNED}, channels: bgr", False),
        ("mean: [0.4, 0.4, 0.4]", False),
        ("mean: [0.4914, 0.4822, 0.4465]", False),
        ("channels: gray, mean: [0.449]", False),
    ],
)
def test_a_mean_in_the_other_order_than_the_channels_is_noted(tmp_path: Path, more: str, noted: bool) -> None:
    assert bool(order_notes(read(tmp_path, more))) == noted
