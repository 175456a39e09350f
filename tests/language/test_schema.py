"""The JSON Schemas: valid themselves, true of good suites, false of bad ones, and fresh in the repository."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from test_configs import DATA, MODELS
from test_mutations import GOOD
from writing import check, combine, limit, text_of

from robustcheck.core import registry
from robustcheck.language import data_schema, json_schema, models_schema, variables_schema
from robustcheck.language.loader import load_bytes
from robustcheck.language.nodes import plain_value
from robustcheck.language.schema import with_shared_parts

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = json_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def value_of(text: str) -> object:
    return plain_value(load_bytes(text.encode(), "f"))


SUITES = sorted((ROOT / "suites").rglob("*.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        text_of(),
        text_of(expect='{confusion: {stop: {yield: "<= 1%"}}, group_accuracy: {a: ">= 1%", b: {c: "> 2%"}}, top_k_accuracy: {2: ">= 9%"}}'),
        text_of(**check("shift: camera.zoom, ratio: [0.8, '1.25'], expect: {accuracy: null, class_accuracy: ~}")),
        text_of(**check("shift: camera.aspect, ratio: ['4:3', 16:9]")),
        text_of(**check("shift: camera.motion_blur, length: [3px, 2%], angle: 90deg")),
        text_of(**check("shift: light.low_light, lux: 3 lux, shutter: [1/30 s, 1/60s, 0.5s]")),
        text_of(**check("worst_of: light.low_light, lux: 3lux, shutter: 1/60s..1/15 s")),
        text_of(seed="${SEED}", max_unreadable="1%"),
        text_of(**check("worst_of: camera.view, yaw: -15deg..15deg, zoom: 0.8..1.25, dx: 1e-1%..5%, budget: 32, search: grid")),
        text_of(**check("worst_of: light.exposure, stops: [-1ev..1ev, -2ev .. 2ev]")),
        text_of(**limit("resolution: 0.5deg, hfov: 70deg")),
        text_of(**limit("shift: camera.zoom, param: ratio, from: 1, to: 2", 'expect: {limit: ">= 1.5"}')),
        text_of(**combine("strength: 2")),
        text_of(overall='[{metric: mce, over: "*", expect: "<= 80%", reference: alexnet}]', approved="required"),
        "extends: base.yaml\nrobustcheck: 1\n",
        *(path.read_text(encoding="utf-8") for path in SUITES),
    ],
)  # fmt: skip
def test_good_suites_validate(validator, text: str) -> None:
    assert [error.message for error in validator.iter_errors(value_of(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        text_of(robustcheck="2"),
        text_of(owner=None),
        text_of(chekcs="[]"),
        text_of(checks="[]"),
        text_of(border="sauce"),
        text_of(expect='{accuracy: ">= 0.85"}'),
        text_of(expect='{drop: "<= 5%"}'),
        text_of(clean='{expect: {drop: "<= 5pp"}}'),
        text_of(**check("id: a")),
        text_of(**check("shift: camera.pich")),
        text_of(**check("shift: camera.pitch")),
        text_of(**check("shift: camera.pitch, pitch: 15")),
        text_of(**check("shift: camera.pitch, pitch: [15deg, 3px]")),
        text_of(**check("shift: camera.pitch, pitch: []")),
        text_of(**check("shift: camera.pitch, pitch: 15deg, ptich: 1deg")),
        text_of(**check("compose: [{shift: camera.pitch, pitch: 15deg}]")),
        text_of(**check("shift: camera.pitch, pitch: -5deg..5deg")),
        text_of(**check("shift: camera.pitch, pitch: 5deg, budget: 32")),
        text_of(**check("worst_of: camera.view, yaw: -15..15, budget: 1")),
        text_of(**check("worst_of: camera.veiw, yaw: -15deg..15deg")),
        text_of(**check("worst_of: camera.view, yaw: ..15deg")),
        text_of(**check("worst_of: camera.view, yaww: 5deg..15deg")),
        text_of(**check("find_limit: {shift: camera.yaw}")),
        text_of(**combine("", "sweep: zip")),
        text_of(**combine("strength: 1")),
        text_of(**combine("strenght: 2")),
        text_of(**check("compose: [{shift: camera.pitch, pitch: 15deg}, {shift: camera.yaw}]")),
        text_of(overall='[{metric: accuracy, over: "*", expect: ">= 1%"}]'),
    ],
)
def test_bad_suites_do_not(validator, text: str) -> None:
    assert list(validator.iter_errors(value_of(text)))


def test_configs() -> None:
    for schema, good, bad in (
        (models_schema(), MODELS, MODELS.replace("256", "x")),
        (data_schema(), DATA, "a: {kind: imagefolder}"),
        (variables_schema(), "variables: [CI_COMMIT_SHA]\n", "variables: ['A B']"),
    ):
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        assert [error.message for error in validator.iter_errors(yaml.safe_load("robustcheck: 1\n" + good))] == []
        assert list(validator.iter_errors(yaml.safe_load(bad)))


def test_every_shift_and_metric_completes() -> None:
    schema = json_schema()
    names = schema["definitions"]["shift_name"]["enum"]
    assert {"camera.pitch", "light.exposure", "crop.center"} <= set(names)
    for shift in registry.shifts:
        properties = schema["definitions"][f"check.{shift.name}"]["properties"]
        assert set(shift.parameters) < set(properties)
        assert all(schema["definitions"][f"{shift.name}.{name}"]["description"] for name in shift.parameters)
    assert set(schema["definitions"]["expect"]["properties"]) == {metric.name for metric in registry.metrics}


def test_the_command_writes_it() -> None:
    # In a process of its own: other tests may have registered shifts.
    made = subprocess.run([sys.executable, "-m", "robustcheck.language"], capture_output=True, check=True).stdout
    written = subprocess.run(
        [sys.executable, "-m", "robustcheck.cli", "schema", "suite"], capture_output=True, check=True, cwd=ROOT
    ).stdout
    assert made == written
    assert json.loads(made)["definitions"]["check.camera.pitch"]


def test_parts_that_stand_several_times_are_written_once() -> None:
    schema = json_schema()
    definitions = schema["definitions"]
    assert len(json.dumps(schema, separators=(",", ":"))) < 300_000
    refs = [match for match in re.findall(r'"#/definitions/([^"]+)"', json.dumps(schema))]
    assert set(refs) <= definitions.keys()
    shared = {name for name in definitions if name.startswith("shared.")}
    assert shared
    assert all(refs.count(name) > 1 for name in shared), "a part that stands once is where it stands"


def test_a_schema_with_shared_parts_means_the_same() -> None:
    long = {"type": "string", "pattern": "^a long enough pattern to be worth a definition$"}
    schema = {
        "type": "object",
        "properties": {
            "one": {"anyOf": [long, {"type": "array", "items": long}]},
            # A property may be called like a keyword, and a constant may look like a schema.
            "items": {"anyOf": [long, {"type": "array", "items": long}]},
            "fixed": {"const": {"items": long}},
            "other": {"enum": [long]},
        },
        "definitions": {"named": {"not": long}},
    }
    made = with_shared_parts(schema)
    assert sorted(made["definitions"]) == ["named", "shared.0", "shared.1"]
    assert made["properties"]["fixed"] == {"const": {"items": long}}
    for value in (
        {"one": "a long enough pattern to be worth a definition"},
        {"one": ["a"], "items": "b"},
        {"items": ["a long enough pattern to be worth a definition"]},
        {"fixed": {"items": long}},
        {"other": {"$ref": "#/definitions/shared.0"}},
    ):
        first, second = (jsonschema.Draft7Validator(form).is_valid(value) for form in (schema, made))
        assert first == second, value
