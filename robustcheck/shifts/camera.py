"""The camera looks elsewhere: moved, turned, closer, with another lens or sensor.

All percentages and angles are of the model's view. Where a shift looks beyond the view it shows the real
pixels of the source picture, and what does not exist is filled and counted.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Aspect, Degrees, Percent, Pixels, Range
from robustcheck.images.geometry import Coordinates, Frame, Warp

Matrix = NDArray[np.float64]
Angle = Annotated[Degrees, Range(-60, 60)]
FieldOfView = Annotated[Degrees, Range(1, 150)]
Share = Annotated[Percent, Range(-100, 100)]
Ratio = Annotated[float, Range(0.1, 10)]
HARTLEY = "R. Hartley & A. Zisserman, Multiple View Geometry, 2nd ed., section 8.4: H = K R K^-1"


def translation(x: float, y: float) -> Matrix:
    """Return the homography that looks ``x`` source pixels further right and ``y`` further down."""
    return np.array([[1.0, 0, x], [0, 1.0, y], [0, 0, 1.0]])


def about_centre(frame: Frame, matrix: Matrix) -> Matrix:
    """Return a homography given around the view's centre in source coordinates."""
    x, y = frame.centre
    return translation(x, y) @ matrix @ translation(-x, -y)


def rotation(frame: Frame, *, yaw: float, pitch: float, roll: float, hfov: float, zoom: float = 1.0) -> Matrix:
    """Return ``K R K^-1`` for a pinhole camera whose horizontal field of view spans the view's width.

    Axes: x right, y down, z forward. Angles in degrees.
    """
    a, b, c = math.radians(yaw), math.radians(pitch), math.radians(roll)
    about_y = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(b), -math.sin(b)], [0, math.sin(b), math.cos(b)]])
    about_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    focal = frame.width / (2 * math.tan(math.radians(hfov) / 2))
    before, after = np.diag([focal, focal, 1.0]), np.diag([focal * zoom, focal * zoom, 1.0])
    return about_centre(frame, before @ about_y @ about_x @ about_z @ np.linalg.inv(after))


@shift(
    "camera.shift",
    sweep={"dx": ("-20%", "-10%", "-5%", "5%", "10%", "20%")},
    source="translation of the view",
    synonyms=(
        "translation",
        "moved",
        "displaced",
        "off centre",
        "off center",
        "misaligned",
        "framing",
        "mounted lower",
        "mounted higher",
    ),
)
def move(frame: Frame, *, dx: Share = 0.0, dy: Share = 0.0) -> Warp:
    """The camera looks further right and down, so the scene moves left and up.

    Args:
        dx: To the right, as a share of the view's width.
        dy: Down, as a share of the view's height.
    """
    return Warp(translation(dx * frame.width, dy * frame.height))


@shift(
    "camera.pixel_shift",
    sweep={"dx": ("1px", "2px", "4px", "8px")},
    source="Azulay & Weiss, JMLR 20 (2019)",
    synonyms=("translation", "one pixel", "few pixels", "jitter", "shift invariance"),
)
def pixel_shift(
    frame: Frame, *, dx: Annotated[Pixels, Range(-512, 512)] = 0.0, dy: Annotated[Pixels, Range(-512, 512)] = 0.0
) -> Warp:
    """The camera looks further right and down by pixels of the model's input; whole ones resample nothing.

    Args:
        dx: To the right, in pixels of the model's input.
        dy: Down, in pixels of the model's input.
    """
    across, down = frame.pixel
    return Warp(translation(dx * across, dy * down))


@shift(
    "camera.zoom",
    sweep={"ratio": ("0.5", "0.67", "0.8", "1.25", "1.5", "2")},
    source="scaling of the view",
    synonyms=("scale", "size", "smaller", "larger", "magnification", "focal length", "telephoto", "wide angle"),
)
def zoom(frame: Frame, *, ratio: Ratio) -> Warp:
    """The lens zooms: above 1 the scene grows, below 1 more of it is seen.

    Args:
        ratio: Size of things in the picture, relative to before.
    """
    return Warp(about_centre(frame, np.diag([1 / ratio, 1 / ratio, 1.0])))


@shift(
    "camera.roll",
    sweep={"roll": ("-30deg", "-15deg", "-5deg", "5deg", "15deg", "30deg")},
    source=HARTLEY,
    synonyms=("tilted horizon", "rotation", "rotated", "turned", "lopsided", "slanted", "crooked", "upside down"),
)
def roll(frame: Frame, *, roll: Annotated[Degrees, Range(-180, 180)]) -> Warp:
    """The camera rolls clockwise, so the scene turns counter-clockwise.

    Args:
        roll: Clockwise, seen from behind the camera.
    """
    return Warp(rotation(frame, yaw=0, pitch=0, roll=roll, hfov=60))


@shift(
    "camera.yaw",
    sweep={"yaw": ("-15deg", "-10deg", "-5deg", "5deg", "10deg", "15deg")},
    source=HARTLEY,
    synonyms=("pan", "turned sideways", "looking left", "looking right", "heading", "oblique", "viewing angle"),
)
def yaw(frame: Frame, *, yaw: Angle, hfov: FieldOfView = 60.0) -> Warp:
    """The camera turns right, so the scene moves left and its left side grows.

    Args:
        yaw: To the right.
        hfov: Horizontal field of view of the model's view; measure it, since the effect depends on it.
    """
    return Warp(rotation(frame, yaw=yaw, pitch=0, roll=0, hfov=hfov))


@shift(
    "camera.pitch",
    sweep={"pitch": ("-15deg", "-10deg", "-5deg", "5deg", "10deg", "15deg")},
    source=HARTLEY,
    synonyms=("tilt", "tilted up", "tilted down", "looking up", "looking down", "nod", "inclination", "mounting angle"),
)
def pitch(frame: Frame, *, pitch: Angle, hfov: FieldOfView = 60.0) -> Warp:
    """The camera tilts up, so the scene moves down.

    Args:
        pitch: Upwards.
        hfov: Horizontal field of view of the model's view.
    """
    return Warp(rotation(frame, yaw=0, pitch=pitch, roll=0, hfov=hfov))


@shift(
    "camera.view",
    source=HARTLEY,
    synonyms=("viewpoint", "viewing angle", "perspective", "pose", "camera position", "mounting"),
)
def view(
    frame: Frame,
    *,
    yaw: Angle = 0.0,
    pitch: Angle = 0.0,
    roll: Annotated[Degrees, Range(-180, 180)] = 0.0,
    zoom: Ratio = 1.0,
    dx: Share = 0.0,
    dy: Share = 0.0,
    hfov: FieldOfView = 60.0,
) -> Warp:
    """The camera is turned, zoomed and moved at once, in a single homography.

    Args:
        yaw: To the right.
        pitch: Upwards.
        roll: Clockwise.
        zoom: Size of things in the picture, relative to before.
        dx: To the right, as a share of the view's width.
        dy: Down, as a share of the view's height.
        hfov: Horizontal field of view of the model's view.
    """
    turned = rotation(frame, yaw=yaw, pitch=pitch, roll=roll, hfov=hfov, zoom=zoom)
    return Warp(translation(dx * frame.width, dy * frame.height) @ turned)


@shift(
    "camera.dolly",
    sweep={"distance": ("0.67", "0.8", "1.25", "1.5")},
    source="H = K (R - t n'/d) K^-1 for a plane that faces the camera",
    note="camera.dolly treats the scene as one plane that faces the camera: no parallax",
    synonyms=("distance", "closer", "nearer", "further away", "far away", "approach"),
)
def dolly(frame: Frame, *, distance: Ratio) -> Warp:
    """The camera moves towards the scene or away from it.

    Args:
        distance: Distance to the scene, relative to before; above 1 is further away.
    """
    return Warp(about_centre(frame, np.diag([distance, distance, 1.0])))


@shift(
    "camera.distortion",
    sweep={"k1": ("-0.2", "-0.1", "-0.05", "0.05", "0.1", "0.2")},
    source="D. C. Brown, Photogrammetric Engineering 32 (1966): r' = r (1 + k1 r^2 + k2 r^4)",
    synonyms=("lens distortion", "barrel", "pincushion", "fisheye", "wide angle", "warped", "curved lines"),
)
def distortion(
    frame: Frame, *, k1: Annotated[float, Range(-0.5, 0.5)] = 0.0, k2: Annotated[float, Range(-0.5, 0.5)] = 0.0
) -> Warp:
    """The lens distorts radially; radii are in units of half the view's diagonal.

    Args:
        k1: Below 0 is barrel distortion, above 0 pincushion.
        k2: The next order.
    """
    if k1 == 0 and k2 == 0:
        return Warp(np.eye(3))
    half = math.hypot(frame.width, frame.height) / 2
    true = np.linspace(0.0, 4.0, 4001)
    bent = true * (1 + k1 * true**2 + k2 * true**4)
    falling = np.flatnonzero(np.diff(bent) <= 0)
    last = int(falling[0]) + 1 if len(falling) else len(bent)

    def undistort(points: Coordinates) -> Coordinates:
        offset = (points - np.array(frame.centre)) / half
        radius = np.hypot(offset[..., 0], offset[..., 1])
        # Beyond the greatest radius the lens can show there is nothing to see: send it far outside.
        straight = np.interp(radius, bent[:last], true[:last], right=1e6)
        factor = np.divide(straight, radius, out=np.ones_like(radius), where=radius > 0)
        moved: Coordinates = np.array(frame.centre) + offset * factor[..., None] * half
        return moved

    return Warp(np.eye(3), displace=undistort)


@shift(
    "camera.aspect",
    sweep={"ratio": ("1:1", "4:3", "16:9")},
    source="resize and pad",
    synonyms=("aspect ratio", "widescreen", "letterbox", "black bars", "stretched", "squeezed", "squashed"),
)
def aspect(
    frame: Frame, *, ratio: Annotated[Aspect, Range(0.1, 10)], mode: Literal["stretch", "letterbox"] = "stretch"
) -> Warp:
    """A sensor of another aspect ratio and the same height fills the model's input.

    Args:
        ratio: Width to height of the sensor.
        mode: ``stretch`` squeezes its picture into the view, ``letterbox`` keeps its proportions and adds
            black bars, which count as seen.
    """
    width = ratio * frame.height
    across = width / frame.width
    if mode == "stretch" or math.isclose(across, 1.0):
        return Warp(about_centre(frame, np.diag([across, 1.0, 1.0])))
    scale = max(across, 1.0)
    x, y = frame.centre
    half_width, half_height = min(width, frame.width) / 2, frame.height / scale / 2
    window = (x - half_width, y - half_height, x + half_width, y + half_height)
    return Warp(about_centre(frame, np.diag([scale, scale, 1.0])), window=window)


@shift(
    "camera.rolling_shutter",
    sweep={"skew": ("1%", "2%", "5%")},
    source="row-wise shear of a panning camera",
    synonyms=("skew", "jello", "wobble", "leaning", "slanted", "CMOS"),
)
def rolling_shutter(frame: Frame, *, skew: Annotated[Percent, Range(-50, 50)]) -> Warp:
    """The camera pans right while it reads its rows, so upright things lean to the left at the bottom.

    Args:
        skew: How far it pans from the view's first row to its last, as a share of the view's width.
    """
    shear = np.array([[1.0, skew * frame.width / frame.height, 0], [0, 1.0, 0], [0, 0, 1.0]])
    return Warp(about_centre(frame, shear))
