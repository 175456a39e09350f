"""The expectation with two keys: an accuracy at a coverage."""

from __future__ import annotations

import jsonschema
import pytest
from writing import check

import robustcheck.metrics.selective  # noqa: F401 - registers its metrics
from robustcheck.language import json_schema
from robustcheck.language.loader import load_bytes
from robustcheck.language.nodes import plain_value

AT_80 = 'selective_accuracy: {coverage: 80%, accuracy: ">= 99%"}'


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("80%", "selective_accuracy[80%]"),
        ('"80.0 %"', "selective_accuracy[80%]"),
        ("100%", "selective_accuracy[100%]"),
        ("0.5%", "selective_accuracy[0.5%]"),
    ],
)
def test_a_coverage_is_the_metrics_argument(load, written: str, name: str) -> None:
    suite = load(expect=f'{{selective_accuracy: {{accuracy: ">= 99%", coverage: {written}}}}}')
    (threshold,) = suite.cases[1].expectations
    assert (threshold.name, threshold.text) == (name, ">= 99%")


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (AT_80.replace("99", "95"), {"selective_accuracy[80%]": ">= 95%"}),
        (AT_80.replace("80", "50"), {"selective_accuracy[80%]": ">= 99%", "selective_accuracy[50%]": ">= 99%"}),
        ('selective_accuracy: null, accuracy: ">= 1%"', {"accuracy": ">= 1%"}),
        ('selective_accuracy: {coverage: 80%, accuracy: null}, accuracy: ">= 1%"', {"accuracy": ">= 1%"}),
    ],
)
def test_a_check_lays_its_coverages_over_the_suites(load, own: str, expected: dict[str, str]) -> None:
    suite = load(expect=f"{{{AT_80}}}", **check(f"shift: camera.pitch, pitch: 1deg, expect: {{{own}}}"))
    assert {threshold.name: threshold.text for threshold in suite.cases[1].expectations} == expected


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = json_schema()
    definitions = schema["definitions"]
    return jsonschema.Draft7Validator({**definitions["expect"], "definitions": definitions})


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (AT_80, True),
        ("selective_accuracy: null", True),
        ("selective_accuracy: {coverage: 80%, accuracy: null}", True),
        ("selective_accuracy: {coverage: 80%}", False),
        ('selective_accuracy: {accuracy: ">= 99%"}', False),
        ('selective_accuracy: {coverage: 0.8, accuracy: ">= 99%"}', False),
        ('selective_accuracy: {coverage: 80%, accuracy: ">= 0.99"}', False),
        ('selective_accuracy: {coverage: 80%, accuracy: ">= 99%", k: 1}', False),
        ('selective_accuracy: ">= 99%"', False),
        ("selective_accuracy: {}", False),
    ],
)
def test_the_schema_says_the_same(validator: jsonschema.Draft7Validator, text: str, good: bool) -> None:
    value = plain_value(load_bytes(f"{{{text}}}".encode(), "f"))
    assert validator.is_valid(value) is good
