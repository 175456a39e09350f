"""``robustcheck explain``, ``list`` and ``schema``: what the registry knows, for people and for editors."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from PIL import Image

from robustcheck import registry
from robustcheck.cli import listing, output
from robustcheck.cli.examples import metric_example, shift_example
from robustcheck.language import data_schema, json_schema, load_project, load_suite, models_schema
from robustcheck.registry import Definition, Registry
from robustcheck.units import Aspect, Degrees, Kelvin, Percent, Range

Call = Callable[..., Any]
SHIFTS = list(registry.shifts)
METRICS = list(registry.metrics)
BY_NAME = {"ids": lambda definition: definition.name}

SUITE = """
robustcheck: 1
title: Example
owner: tests
model: signs
data: signs
expect: {accuracy: ">= 50%"}
checks:
"""
MODELS = """
signs: {kind: python, factory: "a:b", classes: [stop, yield, turn_left, turn_right, a, b, c], input: {size: 32, resize: 32}}
"""


@pytest.fixture
def valid(tmp_path: Path) -> Callable[[str], None]:
    """Return a function that reads a suite with the given entry of ``checks`` and raises what is wrong."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "models.yaml").write_text(MODELS, encoding="utf-8")
    (tmp_path / "configs" / "data.yaml").write_text("signs: {kind: signs}\n", encoding="utf-8")
    project = load_project(tmp_path, tmp_path / "configs")

    def read(check: str) -> None:
        path = tmp_path / "suite.yaml"
        clean = check.startswith("clean:")
        checks = "- {shift: camera.pitch, pitch: 5deg, expect: {accuracy: '>= 50%'}}" if clean else check
        text = f"{SUITE}{textwrap.indent(checks, '  ')}\n{check if clean else ''}\n"
        path.write_text(text, encoding="utf-8")
        suite = load_suite(path, project)
        assert not suite.notes
        assert len(suite.cases) >= 2

    return read


@pytest.mark.parametrize("shift", SHIFTS, **BY_NAME)
def test_the_example_of_a_shift_is_valid(shift: Definition, valid: Callable[[str], None]) -> None:
    valid(shift_example(shift))


@pytest.mark.parametrize("metric", METRICS, **BY_NAME)
def test_the_example_of_a_metric_is_valid(metric: Definition, valid: Callable[[str], None]) -> None:
    example = metric_example(metric)
    valid(example if metric.facts.kinds else f"- shift: camera.pitch\n  pitch: 5deg\n  {example}")


def odd(
    image: Any,
    *,
    kelvin: Annotated[Kelvin, Range(20000, 30000)],
    turn: Annotated[Degrees, Range(-5, -3)],
    share: Annotated[Percent, Range(0.5)],
    ratio: Annotated[Aspect, Range(0.1, 0.5)],
    steps: Annotated[int, Range(7, 9)],
    mode: Literal["a", "b"] = "a",
    flag: bool = False,
) -> Any:
    """Takes parameters of every kind, in ranges that the usual values miss.

    Args:
        kelvin: Far from the usual.
    """


def test_the_example_of_somebody_elses_shift_stays_inside_its_ranges() -> None:
    own = Registry("shift")
    own.add("odd.odd", odd, registry.ShiftFacts(geometric=False))
    own._entries, entry = {}, own._entries["odd.odd"]
    written = dict(line.strip().split(": ") for line in shift_example(entry).splitlines()[1:-1])
    assert written == {"kelvin": "25000K", "turn": "-4deg", "share": "10%", "ratio": "1:4", "steps": "8"}


def sections(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line and not line.startswith(" "))


@pytest.mark.parametrize("shift", SHIFTS, **BY_NAME)
def test_a_shift_is_explained_whole(robustcheck_command: Call, shift: Definition) -> None:
    done = robustcheck_command("explain", shift.name)
    assert done.code == 0
    assert done.lines[0] == shift.name
    assert " ".join(shift.doc.split()) in " ".join(done.out.split())
    for parameter in shift.parameters.values():
        assert re.search(rf"^  {parameter.name} .*(required|default \S+)  +{re.escape(parameter.doc)}$", done.out, re.M)
    for name, values in shift.facts.sweep.items():
        assert f"  {name}: [{', '.join(values)}]" in done.out
    assert f"source: {shift.facts.source}" in done.out
    assert (f"note: {shift.facts.note}" in done.out) == bool(shift.facts.note)


def test_a_shift_is_explained_as_here(robustcheck_command: Call) -> None:
    assert robustcheck_command("explain", "camera.pitch").out == textwrap.dedent(
        """\
        camera.pitch
        The camera tilts up, so the scene moves down.

        parameters:
          pitch  deg  -60deg..60deg  required       Upwards.
          hfov   deg  1deg..150deg   default 60deg  Horizontal field of view of the model's view.

        worth sweeping:
          pitch: [-15deg, -10deg, -5deg, 5deg, 10deg, 15deg]

        source: R. Hartley & A. Zisserman, Multiple View Geometry, 2nd ed., section 8.4: H = K R K^-1

        example, an entry of `checks:` in a suite:
          - shift: camera.pitch
            pitch: [-15deg, -10deg, -5deg, 5deg, 10deg, 15deg]
            expect: {drop: "<= 5pp"}
        """
    )


@pytest.mark.parametrize("metric", METRICS, **BY_NAME)
def test_a_metric_is_explained(robustcheck_command: Call, metric: Definition) -> None:
    done = robustcheck_command("explain", metric.name)
    assert done.code == 0
    assert metric.summary in done.out
    assert f"{metric.facts.better} is better" in done.out
    assert ("compares with the clean prediction" in done.out) == metric.facts.paired


@pytest.mark.parametrize(("noun", "known"), [("shifts", SHIFTS), ("metrics", METRICS)])
def test_a_list_has_a_line_for_each(robustcheck_command: Call, noun: str, known: list[Definition]) -> None:
    done = robustcheck_command("list", noun)
    assert [line.split()[0] for line in done.lines[1:]] == [definition.name for definition in known]
    assert all(line.endswith(definition.summary) for line, definition in zip(done.lines[1:], known, strict=True))


def test_a_list_of_shifts_names_parameters_with_units(robustcheck_command: Call) -> None:
    lines = {line.split()[0]: line for line in robustcheck_command("list", "shifts").lines}
    assert " yaw:deg [hfov:deg] " in lines["camera.yaw"]
    assert " length:px|% [angle:deg] " in lines["camera.motion_blur"]
    assert " ratio:w:h [mode:stretch|letterbox] " in lines["camera.aspect"]


def test_models_and_data_come_from_the_configuration(robustcheck_command: Call, project: Call) -> None:
    project()
    assert robustcheck_command("list", "models").lines[1].split() == ["brightness", "python", "3", "16x16"]
    assert robustcheck_command("list", "data").lines[1].split() == ["greys", "imagefolder", "pictures"]


def test_on_a_terminal_the_last_column_is_wrapped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    output.columns([("a.name", "word " * 12)], head=("NAME", ""))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= 40
    assert all(line.startswith("        word") for line in lines[2:])


SCHEMAS = {(): json_schema, ("suite",): json_schema, ("models",): models_schema, ("data",): data_schema}


@pytest.mark.parametrize("words", SCHEMAS, ids=str)
def test_schemas_are_printed(robustcheck_command: Call, words: tuple[str, ...]) -> None:
    assert json.loads(robustcheck_command("schema", *words).out) == SCHEMAS[words]()


def test_units_in_lists_are_written_as_people_write_them() -> None:
    assert listing.unit_shown(":") == "w:h"
    assert listing.unit_shown("deg") == "deg"


def test_a_shift_is_drawn_at_each_swept_value(robustcheck_command: Call, tmp_path: Path) -> None:
    path = tmp_path / "yaw.png"
    assert robustcheck_command("explain", "camera.yaw", "--picture", str(path)).code == 0
    with Image.open(path) as drawn:
        cells = len(registry.shifts["camera.yaw"].facts.sweep["yaw"]) + 1
        assert drawn.size == (cells * 124 - 4, 138)
    refused = robustcheck_command("explain", "camera.yaw", "--picture", str(tmp_path / "yaw.txt"))
    assert refused.code != 0
    assert "cannot be written" in refused.err


def test_transforms_of_albumentations_are_explained(robustcheck_command: Call) -> None:
    done = robustcheck_command("explain", "albumentations.GaussNoise")
    assert done.code == 0
    assert "std_range" in done.out
    assert "did you mean albumentations.GaussNoise" in robustcheck_command("explain", "albumentations.GausNoise").err
