"""``robustcheck doctor``: the diagnosis in lines, and an exit code that a script can read."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_project import DATA as GREYS
from small_project import MODELS

Call = Callable[..., Any]
CALL = ("doctor", "brightness", "greys", "--device", "cpu")


def test_a_model_that_is_configured_rightly(robustcheck_command: Call, project: Call) -> None:
    project()
    done = robustcheck_command(*CALL)
    assert done.code == 0
    assert "as configured 100.0%" in done.out


def test_a_wrong_mean_is_named(robustcheck_command: Call, project: Call) -> None:
    project(models=MODELS.replace("mean: [0, 0, 0]", "mean: [0.5, 0.5, 0.5]"))
    done = robustcheck_command(*CALL)
    assert done.code == 1
    assert "input.mean: [0.0, 0.0, 0.0]" in done.out


def test_a_declared_accuracy_that_is_missed_is_told(robustcheck_command: Call, project: Call) -> None:
    project(models=MODELS.rstrip() + "\n  declared: {greys: 50%}\n")
    done = robustcheck_command(*CALL)
    assert done.code == 1
    assert "the declared 50% on greys is not reproduced" in done.out


def test_a_model_that_cannot_be_built_is_told(robustcheck_command: Call, project: Call) -> None:
    project(models=MODELS.replace("tiny:build", "tiny:biuld"))
    done = robustcheck_command(*CALL)
    assert done.code == 1
    assert "did you mean build?" in done.out


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("doctor", "brigthness", "greys"), "there is no model brigthness; did you mean brightness?"),
        (("doctor", "brightness", "gray"), "there is no data set gray; did you mean greys?"),
    ],
)
def test_names_are_corrected(robustcheck_command: Call, project: Call, call: tuple[str, ...], told: str) -> None:
    project()
    done = robustcheck_command(*call)
    assert (done.code, done.err) == (2, f"robustcheck: {told}\n")


LEVELS = '''
import torch


class Blue(torch.nn.Module):
    """The level of the first channel, which should be blue, in 0..255."""

    def forward(self, x):
        return -0.01 * (x[:, 0].mean((1, 2))[:, None] - torch.tensor([40.0, 127.0, 215.0])) ** 2


def build():
    return Blue().eval()
'''
BLOCK = """
blue:
  kind: python
  factory: blue:build
  classes: CLASSES
  input:
    size: 16
    resize: 20
    INPUT
"""
DATA = "blues: {kind: imagefolder, path: ../blues}\n"
NAMES = ("dark", "middle", "bright")
WRITE = re.compile(r"^configs/models\.yaml:(\d+):(\d+): write `([^`]+)`(?: for `([^`]+)`)?$")
ADD = re.compile(r"^configs/models\.yaml:(\d+):(\d+): add `([^`]+)` to `input` of blue$")


def write_blues(folder: Path, each: int = 30) -> None:
    random = np.random.default_rng(7)
    for kind, name in enumerate(NAMES):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            pixels = random.integers(0, 256, (20, 20, 3), dtype=np.uint8)
            pixels[..., 2] = random.integers(0, 20, (20, 20)) + (30, 118, 206)[kind]
            Image.fromarray(pixels).save(folder / name / f"{number:03}.png")


def treat(path: Path, lines: list[str]) -> int:
    """Do what the doctor says, from the last line of the file to the first, and return how much it was."""
    text = path.read_text(encoding="utf-8").splitlines()
    found = [match for line in lines if (match := WRITE.match(line) or ADD.match(line))]
    for match in sorted(found, key=lambda match: -int(match[1])):
        row, column = int(match[1]) - 1, int(match[2]) - 1
        if match.re is ADD:
            text.insert(row, f"{' ' * column}{match[3]}")
        elif match[4]:
            assert text[row][column:].startswith(match[4])
            text[row] = text[row].replace(match[4], match[3])
        else:
            key = match[3].split(":")[0]
            assert text[row][column:].startswith(f"{key}:")
            text[row] = text[row][:column] + match[3]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return len(found)


RIGHT = ["channels: bgr", "mean: [0, 0, 0]", "std: [0.00392157, 0.00392157, 0.00392157]"]
MISTAKES: dict[str, tuple[list[str], str, int]] = {
    "order of channels": (["channels: rgb", *RIGHT[1:]], ", ".join(NAMES), 1),
    "order of channels, left out": (RIGHT[1:], ", ".join(NAMES), 1),
    "scale": ([*RIGHT[:2], "std: [1.0, 1.0, 1.0]"], ", ".join(NAMES), 1),
    "scale, left out": (RIGHT[:1], ", ".join(NAMES), 1),
    "scale and order of channels, left out": ([], ", ".join(NAMES), 2),
    "mean and std of ImageNet": (
        ["channels: bgr", "mean: [0.485, 0.456, 0.406]", "std: [0.229, 0.224, 0.225]"],
        ", ".join(NAMES),
        2,
    ),
    "values of 0..255": (["channels: bgr", "scale: 255", "mean: [127.0, 127.0, 127.0]"], ", ".join(NAMES), 1),
    "values of 0..255, wrong order too": (
        ["scale: 255", "mean: [103.0, 116.0, 123.0]", "std: [57.0, 58.0, 59.0]"],
        ", ".join(NAMES),
        3,
    ),
    "order of classes": (RIGHT, "middle, dark, bright", 1),
    "classes off by one": (RIGHT, "middle, bright, dark", 1),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_the_doctor_says_can_be_written_into_the_file_and_cures(
    name: str, robustcheck_command: Call, project: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, classes, count = MISTAKES[name]
    monkeypatch.setattr(sys, "path", [*sys.path])
    models = BLOCK.replace("CLASSES", f"[{classes}]").replace("INPUT", "\n    ".join(lines))
    project(models=f"{MODELS.rstrip()}\n{models}", data=f"{GREYS}{DATA}")
    (tmp_path / "blue.py").write_text(LEVELS, encoding="utf-8")
    write_blues(tmp_path / "blues")
    call = ("doctor", "blue", "blues", "--device", "cpu", "--pictures", "90")
    sick = robustcheck_command(*call)
    assert sick.code == 1, sick.out
    assert "gives 100.0%" in sick.lines[0] or "100% " in sick.lines[0]
    assert treat(tmp_path / "configs" / "models.yaml", sick.lines) == count, sick.out
    assert robustcheck_command("validate").code == 0
    well = robustcheck_command(*call)
    assert (well.code, len(well.lines)) == (0, 1), well.out
    assert well.out.startswith("doctor: as configured 100.0% [95.9, 100.0] on 90 pictures; none of ")


def test_an_input_that_other_models_share_is_told(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    shared = MODELS.replace("input: {", "input: &shape {").replace("mean: [0, 0, 0]", "mean: [0.5, 0.5, 0.5]")
    other = MODELS.replace("brightness:", "twin:").replace(MODELS[MODELS.index("{") :], "*shape\n")
    project(models=shared.rstrip() + "\n" + other.lstrip())
    done = robustcheck_command(*CALL)
    assert done.code == 1
    assert done.lines[-1].endswith(": this `input` is that of twin too (an alias)")


def test_a_long_diagnosis_is_wrapped_on_a_terminal(
    robustcheck_command: Call, project: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(models=MODELS.replace("mean: [0, 0, 0]", "mean: [0.5, 0.5, 0.5]"))
    whole = robustcheck_command(*CALL)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    wrapped = robustcheck_command(*CALL)
    assert max(map(len, wrapped.lines)) <= 80
    assert " ".join(wrapped.out.split()) == " ".join(whole.out.split())


def test_classes_of_a_file_are_told_with_the_file(
    robustcheck_command: Call, project: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    models = BLOCK.replace("CLASSES", "names.txt").replace("INPUT", "\n    ".join(RIGHT))
    project(models=f"{MODELS.rstrip()}\n{models}", data=f"{GREYS}{DATA}")
    (tmp_path / "blue.py").write_text(LEVELS, encoding="utf-8")
    (tmp_path / "configs" / "names.txt").write_text("middle\nbright\ndark\n", encoding="utf-8")
    write_blues(tmp_path / "blues")
    done = robustcheck_command("doctor", "blue", "blues", "--device", "cpu", "--pictures", "90")
    assert done.code == 1
    assert done.lines[-1].startswith("configs/models.yaml:")
    assert done.lines[-1].endswith(": in names.txt, one name a line, move the last name of `classes` to the front")
