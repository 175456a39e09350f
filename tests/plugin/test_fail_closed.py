"""A gate that did not look must not pass: every way of not looking ends in a failed run that says so."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
from small_project import DATA, MODELS, SUITE, write_pictures

COLOURS = '''
"""A model that tells red, green and blue apart, and minds the order of the channels."""

import torch


class Colour(torch.nn.Module):
    def __init__(self, softmax=False):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(20.0))
        self.softmax = softmax

    def forward(self, x):
        logits = self.scale * x.mean(dim=(2, 3))
        return logits.softmax(1) if self.softmax else logits


def build(softmax=False):
    return Colour(softmax).eval()
'''

COLOUR_MODELS = """
colour:
  kind: python
  factory: colours:build
  classes: [red, green, blue]
  input: {size: 16, resize: 16, interpolation: bilinear, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], channels: rgb}
  declared: {patches: 100%}
"""

COLOUR_DATA = """
patches:
  kind: python
  factory: patches:samples
"""

PATCHES = '''
import numpy as np


class Patches:
    """Thirty-six patches, each of a clear colour and some noise."""

    def __len__(self):
        return 36

    def __getitem__(self, i):
        rng = np.random.default_rng(i)
        pixels = rng.integers(90, 110, (20, 20, 3), dtype=np.uint8)
        pixels[..., i % 3] += 60
        return f"{i:03}", pixels, ("red", "green", "blue")[i % 3]


def samples():
    return Patches()
'''

COLOUR_SUITE = """
robustcheck: 1
title: Colours
owner: tests
model: colour
data: patches
expect: {accuracy: ">= 50%"}
checks:
  - shift: light.exposure
    stops: -1ev
"""


def colours(gate: Any, **parts: str) -> None:
    gate.write(models=COLOUR_MODELS, data=COLOUR_DATA, suite=COLOUR_SUITE, **parts)
    (gate.root / "colours.py").write_text(COLOURS)
    (gate.root / "patches.py").write_text(PATCHES)


def edit(gate: Any, old: str, new: str) -> None:
    path = gate.root / "configs" / "models.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_declared_accuracy_that_is_reproduced_lets_shifts_count(gate: Any) -> None:
    colours(gate)
    result = gate.run()
    assert result.ret == 0
    clean = gate.report()["suites"][0]["cases"][0]
    assert [line["metric"] for line in clean["expectations"]] == ["accuracy", "declared accuracy"]


def test_wrong_channel_order_is_caught_before_any_shift_counts_and_named(gate: Any) -> None:
    colours(gate)
    edit(gate, "channels: rgb", "channels: bgr")
    result = gate.run()
    assert result.ret == 1
    result.assert_outcomes(failed=2)
    assert gate.verdicts() == {"clean": "error", "light.exposure[stops=-1ev]": "error"}
    result.stdout.fnmatch_lines(
        [
            "*the clean accuracy is 33.3%, not the declared 100% within 0.5pp (configs/models.yaml:*",
            "*channels: rgb*",
        ]
    )
    assert gate.report()["suites"][0]["cases"][1]["forwards"] == 0


def test_softmaxed_outputs_are_named(gate: Any) -> None:
    colours(gate)
    edit(gate, "factory: colours:build", "factory: colours:build\n  arguments: {softmax: true}")
    result = gate.run()
    assert result.ret == 1
    assert "softmax" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_suite_can_declare_with_a_tolerance(gate: Any) -> None:
    for declared, tolerance, ret in (("98%", "2pp", 0), ("98%", "1pp", 1)):
        suite = SUITE.replace("clean:\n", f"clean:\n  declared: {declared}\n  tolerance: {tolerance}\n")
        if (gate.root / "tiny.py").exists():
            (gate.root / "suites" / "greys.yaml").write_text(textwrap.dedent(suite))
        else:
            gate.write(suite=suite)
        assert gate.run().ret == ret


@pytest.mark.parametrize(
    ("entry", "suite", "missed"),
    [
        ("95.83%", "declared: 92%, tolerance: 5pp", ""),
        ("92%", "declared: 95.83%, tolerance: 5pp", "the declared 92% within 0.5pp (configs/models.yaml:*)"),
        ("95.83%", "declared: 95.1%, tolerance: 0.4pp", "the declared 95.1% within 0.4pp (suites/greys.yaml:*)"),
    ],
)
def test_what_the_entry_declares_holds_beside_the_suite(gate: Any, entry: str, suite: str, missed: str) -> None:
    keys = "".join(f"  {line}\n" for line in suite.split(", "))
    models = MODELS.rstrip() + f"\n  declared: {{greys: {entry}}}\n"
    gate.write(models=models, suite=SUITE.replace("clean:\n", f"clean:\n{keys}"))
    write_pictures(gate.root / "others", each=1)
    # One of 24 has another's label: 95.83% are right.
    (gate.root / "pictures" / "dark" / "00.png").write_bytes((gate.root / "others" / "bright" / "00.png").read_bytes())
    result = gate.run()
    if not missed:
        assert result.ret == 0
        return
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"*the clean accuracy is 95.8%, not {missed}, so nothing measured after it counts*"])
    assert {verdict for verdict in gate.verdicts().values()} == {"error"}


def test_neither_a_warning_nor_a_waiver_excuses_what_is_declared(gate: Any) -> None:
    waiver = "{case: '*', reason: r, owner: o, expires: 2099-01-01}"
    suite = SUITE + f"severity: warn\nwaivers: [{waiver}]\n"
    gate.write(models=MODELS.rstrip() + "\n  declared: {greys: 90%}\n", suite=suite)
    assert gate.run().ret == 1
    assert set(gate.verdicts().values()) == {"error"}


def test_both_declared_accuracies_stand_in_the_result(gate: Any) -> None:
    models = MODELS.rstrip() + "\n  declared: {greys: 100%}\n"
    gate.write(models=models, suite=SUITE.replace("clean:\n", "clean:\n  declared: 98%\n  tolerance: 2pp\n"))
    assert gate.run().ret == 0
    lines = gate.report()["suites"][0]["cases"][0]["expectations"][-2:]
    assert [(line["metric"], line["expect"], line["verdict"]) for line in lines] == [
        ("declared accuracy", "100% ± 0.5pp", "pass"),
        ("declared accuracy[suite]", "98% ± 2pp", "pass"),
    ]


def test_shift_that_changes_nothing_is_an_error(gate: Any) -> None:
    gate.write(suite=SUITE.replace("[-0.2ev, 0.2ev]", "0ev").replace('over: "light.*"', 'over: "moved"'))
    result = gate.run()
    assert result.ret == 1
    assert gate.verdicts()["light.exposure[stops=0ev]"] == "error"
    result.stdout.fnmatch_lines(["*light.exposure[[]stops=0ev] changed no pixel of any picture, so it shows nothing*"])


def test_overall_over_an_errored_case_is_an_error(gate: Any) -> None:
    gate.write(suite=SUITE.replace("[-0.2ev, 0.2ev]", "[0ev, 0.2ev]"))
    gate.run()
    assert gate.verdicts()["overall[mean_accuracy over light.*]"] == "error"


def test_mostly_filled_pictures_do_not_gate_unless_allowed(gate: Any) -> None:
    far = SUITE.replace("dx: [2%, 5%]", "dx: 60%").replace('drop: "<= 20pp"', 'drop: "<= 99pp"')
    suite = gate.write(suite=far)
    result = gate.run()
    assert result.ret == 1
    assert gate.verdicts()["moved"] == "unreliable"
    result.stdout.fnmatch_lines(["*of the input has no real pixel*allow_synthetic_border: true*"])
    suite.write_text(suite.read_text().replace("dx: 60%", "dx: 60%\n    allow_synthetic_border: true"))
    assert gate.run().ret == 0
    assert any(note.startswith("synthetic border") for note in gate.report()["suites"][0]["cases"][4]["notes"])


def test_unreadable_pictures_fail_the_suite_by_name_unless_allowed(gate: Any) -> None:
    suite = gate.write()
    (gate.root / "pictures" / "dark" / "00.png").write_bytes(b"not a picture")
    result = gate.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*1 of 24 pictures are unreadable, allowed are 0: dark/00.png: *"])
    case = gate.report()["suites"][0]["cases"][1]
    assert (case["verdict"], case["n"], case["unreadable"], case["unreadable_names"]) == (
        "error",
        23,
        1,
        ["dark/00.png"],
    )
    suite.write_text(suite.read_text() + "max_unreadable: 1\n")
    result = gate.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*1 of 24 pictures are unreadable, allowed are 1% (configs/data.yaml:1:1; the suite's max_unreadable: 1 holds up to "
            "that): dark/00.png: *"
        ]
    )
    data = gate.root / "configs" / "data.yaml"
    data.write_text(data.read_text() + "  max_unreadable: 5%\n")
    result = gate.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["NOTE 1 picture is unreadable and was not looked at"])


def test_no_readable_picture_at_all_is_said(gate: Any) -> None:
    gate.write(suite=SUITE + "max_unreadable: 99%\n", data=DATA + "  max_unreadable: 99%\n")
    for path in (gate.root / "pictures").rglob("*.png"):
        path.write_bytes(b"")
    result = gate.run()
    assert result.ret == 1
    assert "not one of 24 pictures could be read; the first: bright/00.png" in result.stdout.str()


def test_empty_data_set_is_an_error(gate: Any) -> None:
    gate.write()
    for path in (gate.root / "pictures").rglob("*.png"):
        path.unlink()
    assert gate.run().ret == 1
    assert set(gate.verdicts().values()) == {"error"}


def test_class_without_pictures_is_an_error(gate: Any) -> None:
    gate.write(suite=SUITE.replace('{drop: "<= 20pp"}', '{class_accuracy: {bright: ">= 1%"}}'))
    for path in (gate.root / "pictures" / "bright").glob("*.png"):
        path.unlink()
    result = gate.run()
    assert result.ret == 1
    assert "the data has no picture of the class bright" in result.stdout.str()


def test_labels_that_are_no_class_are_named(gate: Any) -> None:
    gate.write()
    write_pictures(gate.root / "more", each=1)
    (gate.root / "more" / "dark").rename(gate.root / "pictures" / "darkk")
    result = gate.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*labels that are no class of the model, such as darkk*did you mean dark?*"])


EXTENSION = '''
import os

from robustcheck import shift


@shift("test.kaboom")
def kaboom(image, *, way: str = "raise"):
    """Goes wrong in the way it is told."""
    if way == "raise":
        raise ZeroDivisionError("no such luck")
    if way == "die":
        os._exit(3)
    if way == "shape":
        return image[:, :-1, :1]
    return image.astype(float)
'''


def broken(gate: Any, *ways: str) -> None:
    """Write a project with a case for each way in which a shift goes wrong."""
    gate.write(suite=SUITE + "\n", models=MODELS, data=DATA)
    (gate.root / "extension.py").write_text(EXTENSION)
    gate.pytester.makeconftest("import extension")
    suite = gate.root / "suites" / "greys.yaml"
    checks = "".join(f"  - id: kaboom-{way}\n    shift: test.kaboom\n    way: {way}\n" for way in ways)
    suite.write_text(suite.read_text().replace("checks:\n", f"checks:\n{checks}"))


def test_a_shift_that_fails_is_an_error_of_its_case_alone(gate: Any) -> None:
    broken(gate, "raise", "shape", "dtype")
    result = gate.spawn()
    assert result.ret == 1
    result.assert_outcomes(passed=7, failed=3)
    told = "kaboom-raise failed on the picture bright/00.png: ZeroDivisionError: no such luck (*extension.py:*)"
    for message in (f"*{told}*", "*test.kaboom*not (24, 19, 1) uint8*", "*test.kaboom*not (24, 20, 3) float64*"):
        result.stdout.fnmatch_lines([message])
    assert "Traceback" not in result.stdout.str()
    verdicts = gate.verdicts()
    assert [verdicts.pop(f"kaboom-{way}") for way in ("raise", "shape", "dtype")] == ["error"] * 3
    assert set(verdicts.values()) == {"pass"}


def test_a_case_whose_worker_died_fails_the_run_and_is_in_the_report(gate: Any) -> None:
    broken(gate, "die")
    result = gate.spawn("-n", "2")
    assert result.ret == 1
    result.assert_outcomes(passed=7, failed=1)
    assert gate.report()["verdict"] == "error"
    assert gate.report()["complete"]
    verdicts = gate.verdicts()
    assert verdicts.pop("kaboom-die") == "error"
    assert set(verdicts.values()) == {"pass"}


def test_a_model_that_cannot_be_built_costs_few_lines(gate: Any) -> None:
    gate.write()
    edit(gate, "factory: tiny:build", "factory: tiny:build\n  weights: nowhere.safetensors")
    result = gate.run()
    assert result.ret != 0
    assert "nowhere.safetensors" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert len(result.outlines) < 100


@pytest.mark.parametrize("part", ["robustcheck-session", "robustcheck-collection"])
@pytest.mark.parametrize("by", ["the call", "addopts"])
def test_no_part_of_the_plugin_can_be_blocked(gate: Any, part: str, by: str) -> None:
    gate.write()
    options = ["-p", f"no:{part}"]
    if by == "addopts":
        (gate.root / "pytest.ini").write_text(f"[pytest]\naddopts = {' '.join(options)}\n")
        options = []
    result = gate.spawn(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: -p no:{part} blocks a part of --robustcheck*"])
    assert not (gate.root / "robustcheck-report").exists()
