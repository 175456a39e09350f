"""From drawn pixels back to the source: what lies ahead, what lies behind, and what is seen of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustcheck.core import registry
from robustcheck.core.units import Quantity
from robustcheck.domain.config import Preprocessing
from robustcheck.images import Frame, View, Warp, render
from robustcheck.images.mapping import BAND, Mapping, bands, inside, placement, project, sees

WAY = Preprocessing(input_size=(96, 96), resize=None)


def yaws(*turns: tuple[float, float], **options: Any) -> View:
    """Render a white picture through turns by (yaw, hfov), on black unless said otherwise."""
    entry = registry.shifts["camera.yaw"]
    steps = [(entry, entry.bind({"yaw": Quantity(yaw, "deg"), "hfov": Quantity(hfov, "deg")})) for yaw, hfov in turns]
    chosen: dict[str, Any] = {"preprocessing": WAY, "border": "source", "fill": "black", **options}
    return render(np.full((96, 96, 3), 255, np.uint8), steps, rng_for=np.random.default_rng, **chosen)


@pytest.mark.parametrize("hfov", [60.0, 120.0, 150.0])
@pytest.mark.parametrize("yaw", [-60.0, -40.0, 25.0, 60.0])
def test_a_turn_shows_what_each_ray_meets_and_nothing_from_behind(yaw: float, hfov: float) -> None:
    edge, turn = np.tan(np.radians(hfov / 2)), np.radians(yaw)
    across, down = np.meshgrid(*[((np.arange(96) + 0.5) / 48 - 1) * edge] * 2)
    x, z = across * np.cos(turn) + np.sin(turn), np.cos(turn) - across * np.sin(turn)
    met = (z > 1e-9) & (np.abs(x) <= edge * z) & (np.abs(down) <= edge * z)
    found = yaws((yaw, hfov))
    assert found.unseen == pytest.approx(1 - met.mean(), abs=1e-9)
    # Interpolation blurs the rim of the picture over less than a pixel of it.
    assert ((found.pixels[..., 0] > 127) != met).mean() < 0.02


@pytest.mark.parametrize("turns", [[(60, 60)] * 3, [(-60, 60)] * 2, [(60, 100), (60, 100)]])
def test_looking_away_shows_nothing(turns: list[tuple[float, float]]) -> None:
    found = yaws(*turns)
    assert found.unseen == 1
    assert not found.pixels.any()


def test_a_full_turn_comes_back() -> None:
    found = yaws(*[(60, 60)] * 6)
    assert found.unseen == 0
    assert (found.pixels == 255).all()


@given(seed=st.integers(0, 2**32 - 1), tilt=st.floats(0, 0.05))
@settings(max_examples=80, deadline=None)
def test_what_is_seen_by_rows_and_columns_is_what_tracing_finds(seed: int, tilt: float) -> None:
    rng = np.random.default_rng(seed)
    matrix = np.eye(3) + rng.normal(0, 0.3, (3, 3)) * np.array([[1, 1, 100], [1, 1, 100], [tilt, tilt, 1]])
    limits, size = (10.0, 5.0, 180.0, 150.0), (97, 61)
    points, front = project(matrix, next(bands(size))[1])
    np.testing.assert_array_equal(sees(matrix, limits, size), front & inside(points, limits))


def test_bands_cover_every_row_once_in_bounded_pieces() -> None:
    size = 3000, 700
    rows = [(rows.start, rows.stop, grid.shape) for rows, grid in bands(size)]
    assert [row[0] for row in rows[1:]] == [row[1] for row in rows[:-1]]
    assert (rows[0][0], rows[-1][1]) == (0, 700)
    assert len(rows) > 1
    assert all(shape == (stop - start, 3000, 2) and (stop - start) * 3000 <= BAND for start, stop, shape in rows)
    *_, (last, grid) = bands(size)
    assert grid[-1, -1].tolist() == [2999.5, 699.5]
    assert grid[0, 0].tolist() == [0.5, last.start + 0.5]


def test_scale_is_measured_where_the_picture_is_seen() -> None:
    frame = Frame(0, 0, 100, 100, 50, 50)
    bounds = (0.0, 0.0, 100.0, 100.0)
    zoomed = Mapping((Warp(np.diag([1.5, 1.5, 1.0])),), placement(frame))
    assert zoomed.scale((50, 50), bounds) == pytest.approx(3.0)
    away = Mapping((Warp(np.array([[1.0, 0, 500], [0, 1, 0], [0, 0, 1]])),), placement(frame))
    assert away.scale((50, 50), bounds) == 1.0


def test_a_displacement_and_a_window_are_traced_in_their_order() -> None:
    frame = Frame(0, 0, 8, 8, 8, 8)
    right = Warp(np.eye(3), displace=lambda points: points + np.array([1.0, 0.0]))
    barred = Warp(np.eye(3), window=(0.0, 2.0, 8.0, 6.0))
    traced = Mapping((right, barred), placement(frame)).trace(next(bands((8, 8)))[1])
    assert traced.points[0, 0].tolist() == [1.5, 0.5]
    assert traced.black[:, 0].tolist() == [True] * 2 + [False] * 4 + [True] * 2
    assert traced.front.all()
