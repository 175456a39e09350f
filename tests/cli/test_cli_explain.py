"""``robustcheck explain``, ``list`` and ``schema``: what the registry knows, for people and for editors."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from PIL import Image

from robustcheck.cli import output
from robustcheck.cli.examples import metric_example, shift_example
from robustcheck.core import registry
from robustcheck.core.registry import Definition, Registry
from robustcheck.core.units import Aspect, Degrees, Kelvin, Percent, Range
from robustcheck.language import data_schema, json_schema, load_project, load_suite, models_schema

Call = Callable[..., Any]
SHIFTS = list(registry.shifts)
ATTACKS = list(registry.attacks)
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


def unwrapped(text: str) -> str:
    """Return text with one blank for each break, as if it had not been wrapped."""
    return " ".join(text.split())


@pytest.mark.parametrize("shift", SHIFTS, **BY_NAME)
def test_a_shift_is_explained_whole(robustcheck_command: Call, shift: Definition) -> None:
    done = robustcheck_command("explain", shift.name)
    told = unwrapped(done.out)
    assert done.code == 0
    assert done.lines[0] == shift.name
    assert unwrapped(shift.doc) in told
    for parameter in shift.parameters.values():
        start = told.index(f" {parameter.name} ", told.index("parameters:"))
        assert re.search(
            rf" {parameter.name} .{{1,130}}, (required|default \S+)( \w+)? {re.escape(parameter.doc)}", told[start:]
        )
    for name, values in shift.facts.sweep.items():
        assert f"{name}: [{', '.join(values)}]" in told
    assert f"source: {shift.facts.source}" in told
    assert (f"note: {shift.facts.note}" in told) == bool(shift.facts.note)


def test_a_shift_is_explained_as_here(robustcheck_command: Call) -> None:
    assert robustcheck_command("explain", "light.low_light").out == textwrap.dedent(
        """\
        light.low_light
        The scene is dim: the camera raises its gain as far as it can, with noise, and
        underexposes beyond.

        The sensor holds 20 000 electrons at white and ISO 100 and has 3 electrons of
        read noise.

        parameters:
          lux       lux, 0.01..200,000 lux, required
                    Illuminance of the scene.
          shutter   s, 1/100,000..10 s, default 1/30 s
                    Exposure time.
          f_number  number, 0.7..32, default 2
                    Aperture.
          iso       number, 50..409,600, default 3200
                    Highest gain that the camera goes to.

        worth sweeping:
          lux: [100lux, 30lux, 10lux, 3lux, 1lux]

        source: ISO 2720 exposure equation; shot and read noise of EMVA 1288: variance =
        a x + b in linear light

        example, an entry of `checks:` in a suite:
          - shift: light.low_light
            lux: [100lux, 30lux, 10lux, 3lux, 1lux]
            expect: {drop: "<= 5pp"}
        """
    )


@pytest.mark.parametrize("metric", METRICS, **BY_NAME)
def test_a_metric_is_explained(robustcheck_command: Call, metric: Definition) -> None:
    done = robustcheck_command("explain", metric.name)
    assert done.code == 0
    assert metric.summary in unwrapped(done.out)
    assert f"{metric.facts.better} is better" in done.out
    assert ("compares with the clean prediction" in done.out) == metric.facts.paired


EVERYTHING = [*SHIFTS, *ATTACKS, *METRICS]


def test_numbers_are_written_as_people_write_them(robustcheck_command: Call) -> None:
    for known in EVERYTHING:
        told = robustcheck_command("explain", known.name).out
        table = (
            told.partition("parameters:")[2].partition("\n\n")[0] + told.partition("\nrange: ")[2].partition("\n")[0]
        )
        assert bool(table) == bool(known.parameters or known in METRICS), known.name
        assert not re.search(r"\d\.\d{5}|\de[-+]?\d|\d{5}|\binf\b|\d\.0\b", table), table


@pytest.mark.parametrize("columns", [None, 80, 120])
def test_an_explanation_fits(robustcheck_command: Call, monkeypatch: pytest.MonkeyPatch, columns: int | None) -> None:
    fit(monkeypatch, columns)
    for known in EVERYTHING:
        assert max(map(len, robustcheck_command("explain", known.name).lines)) <= (columns or 80), known.name


def fit(monkeypatch: pytest.MonkeyPatch, columns: int | None) -> None:
    """Pretend a width; without one the output is a pipe."""
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", str(columns))


NOUNS = [("shifts", SHIFTS), ("attacks", ATTACKS), ("metrics", METRICS)]


@pytest.mark.parametrize("columns", [None, 80, 120])
@pytest.mark.parametrize(("noun", "known"), NOUNS)
def test_a_list_has_an_entry_for_each_that_fits_and_is_not_cut(
    robustcheck_command: Call, monkeypatch: pytest.MonkeyPatch, noun: str, known: list[Definition], columns: int | None
) -> None:
    fit(monkeypatch, columns)
    lines = robustcheck_command("list", noun).lines[1:]
    assert max(map(len, lines)) <= (columns or 80)
    entries = re.split(r"\n(?=\S)", "\n".join(lines))
    assert [entry.split()[0] for entry in entries] == [definition.name for definition in known]
    for entry, definition in zip(entries, known, strict=True):
        assert unwrapped(definition.summary) in unwrapped(entry)
        assert all(re.search(rf"[ \[]{name}\b", entry) for name in definition.parameters)


def test_a_list_of_shifts_names_parameters_with_units(robustcheck_command: Call) -> None:
    told = robustcheck_command("list", "shifts").out
    entries = {entry.split()[0]: unwrapped(entry) for entry in re.split(r"\n(?=\S)", told)}
    assert entries["camera.yaw"].endswith(" yaw:deg [hfov:deg]")
    assert entries["camera.motion_blur"].endswith(" length:px|% [angle:deg]")
    assert entries["camera.aspect"].endswith(" ratio:w:h [mode:stretch|letterbox]")


def test_a_list_of_one_looks_as_here(robustcheck_command: Call) -> None:
    assert robustcheck_command("list", "attacks", "sticker").out == textwrap.dedent(
        """\
        patch  A sticker: any pixels within a small area, which is looked for too.
               needs gradients; area:% [shape:square|circle] [place:anywhere|centre]
               [steps] [restarts] [eot] [rotation:deg]
        """
    )


def test_words_that_are_longer_than_a_line_are_not_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    output.entries([("a", "x" * 40 + " y"), ("b" * 25, "words", "")])
    assert capsys.readouterr().out.splitlines() == [
        "a" + " " * 16 + "x" * 40,
        " " * 17 + "y",
        "b" * 25,
        " " * 17 + "words",
    ]


def test_models_and_data_come_from_the_configuration(robustcheck_command: Call, project: Call) -> None:
    project()
    assert robustcheck_command("list", "models").out == "brightness  python, 3 classes, input 16x16\n"
    assert robustcheck_command("list", "data").out == "greys  imagefolder, pictures\n"
    assert robustcheck_command("list", "data", "PICTURES", "greys").out == "greys  imagefolder, pictures\n"
    none = robustcheck_command("list", "models", "greys")
    assert (none.code, none.err) == (
        2,
        "robustcheck: none of the models of the configuration has greys; `robustcheck list models` names all\n",
    )


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


ONE_ANSWER = {
    "dusk": "light.low_light",
    "Night": "light.low_light",
    "rain": "weather.rain",
    "rainy": "weather.rain",
    "tilt": "camera.pitch",
    "stickers": "patch",
    "glare": "light.glare",
    "shake": "camera.motion_blur",
    "vibration": "camera.motion_blur",
    "JPEG": "sensor.jpeg",
    "white-balance": "light.temperature",
    "upside down": "camera.roll",
    "fairness": "group_accuracy",
    "Camera.Pitch": "camera.pitch",
}


@pytest.mark.parametrize("words", ONE_ANSWER)
def test_what_fits_a_word_best_is_explained(robustcheck_command: Call, words: str) -> None:
    done = robustcheck_command("explain", *words.split())
    assert (done.code, done.lines[0]) == (0, ONE_ANSWER[words])


def test_what_else_fits_a_word_is_named(robustcheck_command: Call) -> None:
    assert robustcheck_command("explain", "tilt").lines[-1] == "tilt may also be: camera.roll (shift)"
    blur = robustcheck_command("explain", "blur").out.splitlines()
    assert blur[0] == "blur"
    assert blur[-1] == "also called blur: camera.defocus (shift), camera.motion_blur (shift)"
    assert "also" not in robustcheck_command("explain", "camera.pitch").out


@pytest.mark.parametrize("words", ["dirty lens", "Dirty-Lens", "lower", "smear", "sticker", "occlusion", "night"])
def test_words_of_a_reviewer_lead_somewhere(robustcheck_command: Call, words: str) -> None:
    assert robustcheck_command("explain", words).code == 0


def test_where_several_fit_they_are_listed(robustcheck_command: Call) -> None:
    assert robustcheck_command("explain", "snow").out == textwrap.dedent(
        """\
        Several things answer snow:

        imagenet_c.snow  shift: Snow falls, its flakes drawn out by their motion, and
                         the scene pales; the motion follows imagecorruptions.
        weather.snow     shift: Snow falls before the scene; each picture has its own
                         flakes.

        `robustcheck explain NAME` explains one.
        """
    )


def test_what_has_some_of_the_words_is_listed_as_such(robustcheck_command: Call) -> None:
    done = robustcheck_command("explain", "heavy rain")
    assert done.lines[0] == "Nothing has all the words of heavy rain. With some of them:"
    assert done.lines[2].startswith("weather.rain ")
    assert robustcheck_command("list", "shifts", "heavy", "rain").lines[0] == (
        "no shift has all of these words; with some of them:"
    )


SCHEMAS = {(): json_schema, ("suite",): json_schema, ("models",): models_schema, ("data",): data_schema}


@pytest.mark.parametrize("words", SCHEMAS, ids=str)
def test_schemas_are_printed(robustcheck_command: Call, words: tuple[str, ...]) -> None:
    assert json.loads(robustcheck_command("schema", *words).out) == SCHEMAS[words]()


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
