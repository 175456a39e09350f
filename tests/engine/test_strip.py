"""Which pictures of a case are kept for a person to look at, and that they are the right ones."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from small_project import make_project

import robustcheck
from robustcheck.engine.pipeline.gallery import MOST, Gallery
from robustcheck.images.thumbnails import amplified, thumbnail
from robustcheck.report.pictures import strip, thumbnails
from robustcheck.runs.load import load_document


def offered(losses: list[float], ranks: list[int], order: list[int]) -> list[int]:
    found = Gallery([f"{row:03}" for row in range(len(losses))], {})
    for row in order:
        columns = {"loss": np.array([losses[row]]), "rank": np.array([ranks[row]])}
        found.offer(np.array([row]), columns, lambda _, row=row: (np.full((2, 2, 3), row, np.uint8), None))
    return found.rows


@given(data=st.data(), n=st.integers(2, 40))
def test_galleries_add_up_to_one_of_all_pictures(data: st.DataObject, n: int) -> None:
    ids = [f"{row:03}" for row in range(n)]
    losses = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=n, max_size=n)))
    cut = data.draw(st.integers(0, n))
    parts = []
    for rows in (np.arange(n), np.arange(cut), np.arange(cut, n)):
        gallery = Gallery(ids, {})
        columns = {"loss": losses[rows], "rank": np.ones(len(rows), int)}
        gallery.offer(rows, columns, lambda place: (np.full((2, 2, 3), place, np.uint8), None))
        parts.append(gallery)
    whole, first, second = parts
    assert whole.rows == (first + second).rows == (second + first).rows


@given(data=st.data(), n=st.integers(1, 40))
def test_the_same_pictures_are_kept_in_any_order(data: st.DataObject, n: int) -> None:
    losses = data.draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=n, max_size=n))
    ranks = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    order = data.draw(st.permutations(range(n)))
    best = sorted(range(n), key=lambda row: (ranks[row] == 0, -losses[row], row))[:MOST]
    assert offered(losses, ranks, order) == sorted(best)


def shown(content: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@pytest.mark.parametrize("size", [(40, 24), (300, 200), (200, 1)])
def test_a_small_picture_is_the_picture(size: tuple[int, int]) -> None:
    height, width = size
    ramp = np.linspace(0, 255, height)[:, None, None] * np.ones((1, width, 3))
    found = shown(thumbnail(ramp.astype(np.uint8)))
    assert max(found.shape) == min(96, height)
    assert abs(float(found.mean()) - 127.5) < 3
    assert found[0].mean() < 15
    assert found[-1].mean() > 240


def test_a_change_is_amplified_about_grey() -> None:
    change = np.zeros((2, 2, 3), np.float32)
    assert (amplified(change) == 128).all()
    change[0, 0], change[1, 1] = 0.01, -0.005
    assert amplified(change)[[0, 1, 0], [0, 1, 1], 0].tolist() == [255, 64, 128]


def test_a_report_has_the_pictures_that_were_broken(tmp_path: Path) -> None:
    make_project(tmp_path)
    suite = tmp_path / "suites/greys.yaml"
    text = suite.read_text().replace("-0.2ev, 0.2ev", "-1.5ev, 0.2ev")
    attack = "  - {attack: fgsm, eps: 16/255, expect: {robust_accuracy: '>= 1%'}}\n"
    search = "  - {worst_of: light.exposure, stops: -1ev..1ev, budget: 6, expect: {accuracy: '>= 1%'}}\n"
    suite.write_text(text.replace("overall:", f"{attack}{search}overall:"))
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    folder = tmp_path / "robustcheck-report"
    (found,) = load_document(folder)["suites"]
    cases: dict[str, Any] = {case["id"]: strip(found, case, folder) for case in found["cases"]}
    assert {len(pictures) for pictures in cases.values()} == {MOST}
    darker = cases["light.exposure[stops=-1.5ev]"]
    # 16 are broken: the dark ones stay dark.
    assert all((one.predicted != one.label) and one.clean_predicted == one.label for one in darker)
    assert all(float(shown(one.shown).mean()) < float(shown(one.clean).mean()) - 10 for one in darker)
    assert all(not one.clean and not one.difference and not one.clean_predicted for one in cases["clean"])
    attacked = next(pictures for name, pictures in cases.items() if name.startswith("fgsm"))
    assert all(shown(one.difference).std() > 1 for one in attacked if one.loss > 1)
    assert all(shown(one.shown).shape == (16, 16, 3) for pictures in cases.values() for one in pictures)
    asked = {one["id"] for kind in ("edge_cases", "fragile") for one in found["residuals"][kind]["pictures"]}
    assert set(thumbnails(found, folder)) == asked != set()


def test_what_is_kept_survives_the_cache(tmp_path: Path) -> None:
    make_project(tmp_path)
    runs = []
    for _ in range(2):
        result = robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
        folder = tmp_path / "robustcheck-report"
        (found,) = load_document(folder)["suites"]
        runs.append([strip(found, case, folder) for case in found["cases"]])
    assert result["clean"].cached
    assert runs[0] == runs[1]
