"""Corruption errors: exact small cases, and what cannot be a reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.errors import CaseError, DataError
from robustcheck.domain.corruption_errors import PUBLISHED
from robustcheck.domain.estimate import Estimate
from robustcheck.engine.reference_errors import reference_errors
from robustcheck.metrics.corruption import ReferenceErrors, corruption_error

REFERENCE = ReferenceErrors("ref", 0.2, {"fog": 0.5, "snow": 0.8})


def exact(*accuracies: float) -> list[Estimate]:
    return [Estimate(value, value, value, 10) for value in accuracies]


def test_the_means_of_ratios() -> None:
    accuracies = {"fog": exact(0.9, 0.8, 0.7, 0.6, 0.5), "snow": exact(0.6, 0.6, 0.6, 0.6, 0.6)}
    clean = exact(0.95)[0]
    plain = corruption_error(accuracies, clean, REFERENCE, relative=False)
    # Errors .3 against .5 and .4 against .8.
    assert plain.value == pytest.approx((0.3 / 0.5 + 0.4 / 0.8) / 2)
    relative = corruption_error(accuracies, clean, REFERENCE, relative=True)
    assert relative.value == pytest.approx((0.25 / 0.3 + 0.35 / 0.6) / 2)
    assert plain.detail == "2 corruptions against ref"


def test_a_model_as_bad_as_the_reference_has_one_and_others_do_not_count() -> None:
    accuracies = {"fog": exact(*[0.5] * 5), "snow": exact(*[0.2] * 5), "spatter": exact(*[0.0] * 5)}
    assert corruption_error(accuracies, exact(0.8)[0], REFERENCE, relative=False).value == pytest.approx(1)
    assert corruption_error(accuracies, exact(0.8)[0], REFERENCE, relative=True).value == pytest.approx(1)


def test_the_interval_holds_the_value_and_the_ends_of_its_parts() -> None:
    accuracies = {"fog": [Estimate(0.6, 0.5, 0.7, 20)] * 5}
    found = corruption_error(accuracies, Estimate(0.9, 0.8, 0.95, 20), REFERENCE, relative=False)
    assert (found.low, found.value, found.high) == pytest.approx((0.3 / 0.5, 0.4 / 0.5, 0.5 / 0.5))
    relative = corruption_error(accuracies, Estimate(0.9, 0.8, 0.95, 20), REFERENCE, relative=True)
    assert relative.low < relative.value < relative.high


def test_nothing_to_divide_by() -> None:
    with pytest.raises(CaseError, match="has no error for any of the corruptions spatter"):
        corruption_error({"spatter": exact(0.5)}, exact(0.8)[0], REFERENCE, relative=False)
    flat = ReferenceErrors("flat", 0.5, {"fog": 0.5})
    with pytest.raises(CaseError, match="nothing can be relative to it"):
        corruption_error({"fog": exact(0.5)}, exact(0.8)[0], flat, relative=True)


def test_alexnet_has_fifteen_published_errors_all_above_its_clean_one() -> None:
    published = PUBLISHED["alexnet"]
    assert len(published.corrupted) == 15
    assert all(published.clean < error < 1 for error in published.corrupted.values())
    assert not {"speckle_noise", "gaussian_blur", "spatter", "saturate"} & set(published.corrupted)


def result(data: str = "d") -> dict[str, Any]:
    def case(kind: str, name: str, severity: str, accuracy: float) -> dict[str, Any]:
        params = {"severity": severity} if severity else {}
        metrics = {"accuracy": {"value": accuracy}}
        return {"kind": kind, "perturbation": name, "params": params, "metrics": metrics}

    cases = [case("clean", "", "", 0.9)]
    cases += [case("shift", "imagenet_c.fog", str(number), 0.8 - number / 10) for number in range(1, 6)]
    cases += [case("shift", "imagenet_c.snow", "1", 0.8), case("shift", "camera.yaw", "", 0.1)]
    return {"suites": [{"data": {"digest": data}, "cases": cases}]}


def test_a_result_of_ones_own_as_the_reference(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(result()))
    found = reference_errors("r.json", tmp_path, data="d")
    assert found.clean == pytest.approx(0.1)
    assert found.corrupted == pytest.approx({"fog": 0.5})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read"),
        ("{", "is no result file"),
        ("[]", "is no result file"),
        (json.dumps(result("other")), "about other pictures"),
        (json.dumps({"suites": [{"data": {"digest": "d"}, "cases": []}]}), "no corruption of ImageNet-C"),
    ],
)
def test_what_is_no_reference(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "r.json").write_text(text)
    with pytest.raises(DataError, match=says):
        reference_errors("r.json", tmp_path, data="d")
    with pytest.raises(DataError, match="outside the project"):
        reference_errors("../r.json", tmp_path, data="d")
