"""The camera is mounted higher or lower: what it sees moves as one plane would."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import CaseError
from robustcheck.core.facts import Conflict
from robustcheck.core.registry import shift
from robustcheck.core.units import Metres, Percent, Range
from robustcheck.images.geometry import Coordinates, Frame, Warp
from robustcheck.shifts.camera import FieldOfView, Matrix, about_centre, rotation, translation

Vector = tuple[float, float, float]
FACING: Final[Vector] = (0.0, 0.0, 1.0)
GROUND: Final[Vector] = (0.0, 1.0, 0.0)
NOWHERE: Final = 1e9
"""Coordinate of a point in no picture, in source pixels."""


def plane_homography(frame: Frame, *, moved: Vector, normal: Vector, distance: float, hfov: float) -> Matrix:
    """Return the homography of a plane between two cameras that look in the same direction.

    Source: R. Hartley & A. Zisserman, Multiple View Geometry, 2nd ed., section 13.1: ``H = K (R - t n' / d) K^-1``, here
    from the moved camera to the one before, and with ``R`` the identity.

    Args:
        frame: The model's view; its middle is the principal point.
        moved: ``t``: by how much points have moved in the camera's coordinates (x right, y down, z forward), in metres.
        normal: ``n``: of the plane, of length 1, in the same coordinates, away from the camera.
        distance: ``d``: of the plane from the moved camera, in metres, above 0.
        hfov: Horizontal field of view of the view's width, in degrees.

    Returns:
        Shape (3, 3), float64, in source pixels.
    """
    focal = frame.width / (2 * math.tan(math.radians(hfov) / 2))
    camera = np.diag([focal, focal, 1.0])
    return about_centre(frame, camera @ (np.eye(3) - np.outer(moved, normal) / distance) @ np.linalg.inv(camera))


def _below_ground(arguments: Mapping[str, Any]) -> Conflict | None:
    """Say that a camera would end on or below the ground that it looks at."""
    if arguments["plane"] != "ground" or arguments["rise"] + arguments["above_ground"] > 0:
        return None
    what = f"a camera {arguments['above_ground']:g}m above the ground ends on or below it with rise: {arguments['rise']:g}m"
    return Conflict("rise", what, "let it sink by less than above_ground")


@shift(
    "camera.height",
    sweep={"rise": ("-2m", "-1m", "-0.5m", "0.5m", "1m", "2m")},
    source="R. Hartley & A. Zisserman, Multiple View Geometry, 2nd ed., section 13.1: H = K (R - t n'/d) K^-1",
    note="camera.height treats the scene as one plane: no parallax, and what was hidden stays hidden",
    synonyms=(
        *(
            "knee height",
            "eye level",
            "mounting height",
            "mounted higher",
            "mounted lower",
            "raise",
            "lower",
            "elevation",
        ),
        *("bird's eye", "worm's eye", "tall", "low"),
    ),
    conflict=_below_ground,
)
def height(
    frame: Frame,
    *,
    rise: Annotated[Metres, Range(-100, 100)],
    plane: Literal["facing", "ground"] = "facing",
    distance: Annotated[Metres, Range(0.1, 10000)] = 10.0,
    above_ground: Annotated[Metres, Range(0.01, 1000)] = 1.5,
    aim: Literal["same", "object"] = "same",
    horizon: Annotated[Percent, Range(0, 100)] = 0.5,
    hfov: FieldOfView = 60.0,
) -> Warp:
    """The camera moves straight up or down.

    What it sees is taken to be one plane: an upright one before it (``plane: facing``), so that the picture of a level camera
    moves as a whole, by focal length * rise / distance; or level ground (``plane: ground``), so that what is near moves more
    than what is far. The ground ends at the horizon: what stands above it counts as infinitely far and does not move, and a
    thing that stands on the ground is moved as if it were painted on it.

    Args:
        rise: How far the camera moves up; below 0 it moves down.
        plane: ``facing`` for a picture of a thing ``distance`` away, ``ground`` for one of a road or a floor.
        distance: From the camera to the thing that it looks at, along the ground.
        above_ground: Height of the camera above the ground before it moves; counts for ``plane: ground`` alone.
        aim: ``same`` keeps the direction of view; ``object`` tilts the camera until what lies ``distance`` away in the middle
            of the view is there again.
        horizon: Where the horizon lies, from the top of the view, as a share of its height; in the middle for a camera that
            looks horizontally.
        hfov: Horizontal field of view of the model's view; measure it, since the effect depends on it.
    """
    if rise == 0:
        return Warp(np.eye(3))
    focal = frame.width / (2 * math.tan(math.radians(hfov) / 2))
    upwards = (horizon - 0.5) * frame.height / focal
    pitch = math.atan(upwards)
    tilt = math.atan(upwards - rise / distance) - pitch if aim == "object" else 0.0
    into_level, out_of_level = (
        rotation(frame, yaw=0, pitch=math.degrees(angle), roll=0, hfov=hfov) for angle in (pitch + tilt, -pitch)
    )
    if plane == "ground" and rise + above_ground <= 0:
        raise CaseError(f"a camera {above_ground:g}m above the ground cannot move down by {-rise:g}m")
    normal, away = (FACING, distance) if plane == "facing" else (GROUND, above_ground + rise)
    on_plane = plane_homography(frame, moved=(0.0, rise, 0.0), normal=normal, distance=away, hfov=hfov)
    if plane == "facing" and pitch == 0:
        return Warp(on_plane @ into_level)
    x, y = frame.centre
    towards = np.array(normal) @ np.diag([1 / focal, 1 / focal, 1.0]) @ translation(-x, -y) @ into_level
    sky = out_of_level @ into_level if plane == "ground" else None
    return Warp(np.eye(3), displace=_where_it_meets(towards, out_of_level @ on_plane @ into_level, sky))


def _where_it_meets(
    towards: NDArray[np.float64], plane: Matrix, sky: Matrix | None
) -> Callable[[Coordinates], Coordinates]:
    """Return a map of points that moves those whose rays meet a plane as it moves, and all others as the sky.

    Args:
        towards: Shape (3,): how far the ray of a homogeneous point leads towards the plane.
        plane: Homography of the plane.
        sky: Homography of what is infinitely far; ``None`` if nothing is to be seen there.
    """
    from robustcheck.images.mapping import project

    def displace(points: Coordinates) -> Coordinates:
        meets = (points @ towards[:2] + towards[2])[..., None] > 0
        return np.where(meets, project(plane, points)[0], NOWHERE if sky is None else project(sky, points)[0])

    return displace
