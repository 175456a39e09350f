"""camera.height against points in space, projected through the camera before and after it moves."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robustcheck.core import registry
from robustcheck.core.errors import CaseError
from robustcheck.domain.config import Preprocessing
from robustcheck.images import Frame, Warp, render
from robustcheck.images.mapping import Mapping
from robustcheck.shifts.camera import translation

Points = NDArray[np.float64]
FRAME = Frame(x=20, y=10, width=100, height=80, out_width=50, out_height=40)
GROUND = [("ground", rise) for rise in (-1.4, -0.5, 0.3, 4.0)]
FACING = [("facing", rise) for rise in (-3.0, -0.5, 0.3, 4.0)]


def warp(**arguments: Any) -> Warp:
    result: Warp = registry.shifts["camera.height"].function(FRAME, **arguments)
    return result


def shows(found: Warp, points: Points) -> tuple[Points, NDArray[np.bool_]]:
    """Return which source points are shown at points, and whether any are."""
    traced = Mapping((found,), np.eye(3)).trace(points)
    return traced.points, traced.front


def project(points: Points, *, height: float, pitch: float, hfov: float) -> tuple[Points, Points]:
    """Return the pixels and depths of points in space, x right, y up from the ground, z ahead, in metres.

    Args:
        points: Shape (n, 3).
        height: Of the camera above the ground.
        pitch: Of its axis above the horizontal, in radians.
        hfov: In degrees.
    """
    ahead = np.array([0, math.sin(pitch), math.cos(pitch)])
    down = np.array([0, -math.cos(pitch), math.sin(pitch)])
    seen = points - np.array([0, height, 0])
    focal = FRAME.width / 2 / math.tan(math.radians(hfov) / 2)
    depth = seen @ ahead
    pixels = np.stack([seen[:, 0] / depth, seen @ down / depth], axis=1) * focal + FRAME.centre
    return pixels, depth


def on_plane(plane: str, distance: float) -> Points:
    """Return points that a camera at 1.5 m may see, on the ground or on an upright wall."""
    if plane == "ground":
        return np.array([(x, 0.0, z) for x, z in itertools.product((-4.0, 0.0, 2.5), (1.5, 4.0, 12.0, 300.0))])
    return np.array([(x, y, distance) for x, y in itertools.product((-2.0, 0.0, 3.0), (-3.0, 0.0, 1.5, 2.0, 6.0))])


@pytest.mark.parametrize(("plane", "rise"), FACING + GROUND)
@pytest.mark.parametrize("aim", ["same", "object"])
@pytest.mark.parametrize("horizon", [0.3, 0.5, 0.8])
@pytest.mark.parametrize(("distance", "hfov"), [(10.0, 60.0), (4.0, 95.0)])
def test_points_of_the_plane_are_shown_where_both_cameras_see_them(
    plane: str, rise: float, aim: str, horizon: float, distance: float, hfov: float
) -> None:
    focal = FRAME.width / 2 / math.tan(math.radians(hfov) / 2)
    pitch = math.atan((horizon - 0.5) * FRAME.height / focal)
    middle = np.array([[0.0, 1.5 + distance * math.tan(pitch), distance]])
    turned = pitch
    if aim == "object":
        turned = math.atan2(middle[0, 1] - (1.5 + rise), distance)
        np.testing.assert_allclose(
            project(middle, height=1.5 + rise, pitch=turned, hfov=hfov)[0], [FRAME.centre], atol=1e-9
        )
    points = on_plane(plane, distance)
    before, depth_before = project(points, height=1.5, pitch=pitch, hfov=hfov)
    after, depth_after = project(points, height=1.5 + rise, pitch=turned, hfov=hfov)
    seen = (depth_before > 0.01) & (depth_after > 0.01)
    assert seen.sum() >= 6
    found, front = shows(
        warp(plane=plane, rise=rise, aim=aim, horizon=horizon, distance=distance, hfov=hfov, above_ground=1.5),
        after[seen],
    )
    assert front.all()
    np.testing.assert_allclose(found, before[seen], rtol=1e-9, atol=1e-6)


def test_a_facing_plane_moves_as_a_whole_by_f_times_rise_over_distance() -> None:
    focal = 50 / math.tan(math.radians(30))
    np.testing.assert_allclose(warp(rise=2.0, distance=8.0).matrix, translation(0, -focal * 2 / 8), rtol=0, atol=1e-12)


def test_it_is_never_another_way_up() -> None:
    """A higher camera sees the thing before it lower in the picture: the same pixel shows what was further up."""
    assert shows(warp(rise=1.0), np.array([[70.0, 50.0]]))[0][0, 1] < 50
    assert shows(warp(rise=-1.0), np.array([[70.0, 50.0]]))[0][0, 1] > 50
    # From higher up the same stretch of road fills more of the picture.
    assert 50 < shows(warp(rise=1.0, plane="ground"), np.array([[70.0, 80.0]]))[0][0, 1] < 80
    assert shows(warp(rise=-1.0, plane="ground"), np.array([[70.0, 80.0]]))[0][0, 1] > 80


@pytest.mark.parametrize(("plane", "rise"), FACING + GROUND)
@pytest.mark.parametrize("horizon", [0.5, 0.35])
def test_the_opposite_rise_brings_points_back(plane: str, rise: float, horizon: float) -> None:
    there = warp(plane=plane, rise=rise, above_ground=1.5, horizon=horizon)
    back = warp(plane=plane, rise=-rise, above_ground=1.5 + rise, horizon=horizon)
    points = np.random.default_rng(0).uniform((20, 10), (120, 90), (200, 2))
    np.testing.assert_allclose(shows(there, shows(back, points)[0])[0], points, atol=1e-7)


@pytest.mark.parametrize("horizon", [0.5, 0.7, 0.1])
@pytest.mark.parametrize("rise", [-1.0, 3.0])
def test_what_stands_above_the_horizon_does_not_move(horizon: float, rise: float) -> None:
    edge = 10 + horizon * 80
    rows = np.array([10.0, 10 + horizon * 40, edge - 1e-6])
    points = np.stack([np.array([30.0, 70.0, 110.0]), rows], axis=1)
    found = warp(plane="ground", rise=rise, horizon=horizon)
    np.testing.assert_allclose(shows(found, points)[0], points, atol=1e-9)
    # The ground begins there without a step.
    just_below = np.array([[70.0, edge + 1e-6]])
    np.testing.assert_allclose(shows(found, just_below)[0], just_below, atol=1e-5)


def test_what_stands_above_the_horizon_turns_with_the_camera() -> None:
    """A star, as it were: only the tilt of the camera moves it."""
    found = warp(plane="ground", rise=1.0, aim="object", distance=5.0)
    tilt = -math.degrees(math.atan2(1, 5))
    turned = registry.shifts["camera.pitch"].function(FRAME, pitch=tilt, hfov=60.0)
    star = np.array([[60.0, 12.0]])
    np.testing.assert_allclose(shows(found, star)[0], shows(turned, star)[0], atol=1e-9)


def test_no_rise_is_no_change() -> None:
    for plane, aim in itertools.product(("facing", "ground"), ("same", "object")):
        found = warp(plane=plane, aim=aim, rise=0.0, horizon=0.3)
        assert found.displace is None
        np.testing.assert_array_equal(found.matrix, np.eye(3))


def rows_of(size: int = 64) -> NDArray[np.uint8]:
    return np.repeat(np.arange(size, dtype=np.uint8)[:, None, None] * 3, size, axis=1).repeat(3, axis=2)


def shot(border: str = "source", **arguments: Any) -> Any:
    definition = registry.shifts["camera.height"]
    return render(
        rows_of(),
        [(definition, arguments)],
        preprocessing=Preprocessing(input_size=(64, 64), resize=None),
        border=border,  # type: ignore[arg-type]
        fill="black",
        rng_for=np.random.default_rng,
    )


def test_the_share_that_nobody_saw_is_told() -> None:
    focal = 32 / math.tan(math.radians(30))
    # Moved by 16 pixels, a quarter of the picture.
    assert shot(rise=16 / focal * 10).unseen == pytest.approx(0.25)
    # A camera at half the height sees each row below the horizon where the one twice as far below was: the lower half of the
    # lower half shows ground that lay below the picture.
    assert shot(plane="ground", rise=-0.75, above_ground=1.5).unseen == pytest.approx(0.25)
    assert shot(plane="ground", rise=1.5, above_ground=1.5).unseen == 0


def test_the_picture_of_a_ground_is_drawn_where_its_points_are() -> None:
    drawn = shot(plane="ground", rise=1.5, above_ground=1.5).pixels[:, 5, 0].astype(float) / 3
    rows = np.arange(64) + 0.5
    expected = np.where(rows > 32, 32 + (rows - 32) / 2, rows) - 0.5
    np.testing.assert_allclose(drawn, expected, atol=0.34)


@pytest.mark.parametrize("horizon", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("plane", ["facing", "ground"])
@pytest.mark.parametrize("hfov", [1.0, 60.0, 150.0])
def test_the_ends_of_all_ranges_can_be_drawn(horizon: float, plane: str, hfov: float) -> None:
    for rise, distance, aim in itertools.product((-100.0, 100.0), (0.1, 10000.0), ("same", "object")):
        above = 1000.0 if rise < 0 else 0.01
        found = shot(rise=rise, plane=plane, distance=distance, aim=aim, horizon=horizon, hfov=hfov, above_ground=above)
        assert 0 <= found.unseen <= 1


def test_a_wall_is_not_seen_by_rays_that_lead_away_from_it() -> None:
    """From far above and turned to the foot of a wall close by, what lies behind the camera is not the wall mirrored."""
    found = warp(rise=100.0, distance=10.0, aim="object", horizon=0.3)
    points, _ = shows(found, np.array([[70.0, 89.0]]))
    assert np.abs(points).max() > 1e6


def test_a_camera_below_its_ground_is_refused() -> None:
    with pytest.raises(CaseError, match=r"a camera 1.5m above the ground cannot move down by 1.5m"):
        warp(plane="ground", rise=-1.5)
    assert warp(plane="facing", rise=-1.5).displace is None
