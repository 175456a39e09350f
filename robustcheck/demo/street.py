"""The world around a sign: sky, ground, houses, trees, and the things that stand about."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.random import Generator

from robustcheck.demo.canvas import SIZE, Canvas, blend, shade
from robustcheck.demo.shapes import Colour, box, disc, points, rounded

Background = Literal["street", "field", "town"]
Time = Literal["day", "dusk"]

_SKIES: dict[str, tuple[tuple[Colour, Colour], ...]] = {
    "day": (((92, 148, 214), (196, 220, 238)), ((128, 166, 204), (222, 228, 230)), ((150, 158, 168), (212, 214, 214))),
    "dusk": (((72, 84, 136), (240, 178, 118)), ((96, 88, 128), (226, 150, 128)), ((58, 74, 118), (214, 188, 156))),
}
_WALLS: tuple[Colour, ...] = (
    (176, 120, 92),
    (206, 190, 160),
    (150, 146, 140),
    (188, 158, 128),
    (122, 92, 80),
    (210, 206, 196),
)
_GREENS: tuple[Colour, ...] = ((62, 98, 48), (80, 112, 52), (50, 82, 50), (98, 118, 60))
_CARS: tuple[Colour, ...] = ((150, 30, 34), (40, 62, 110), (208, 208, 204), (48, 50, 54), (120, 126, 130), (52, 92, 74))
_BOARDS: tuple[Colour, ...] = ((228, 228, 220), (40, 88, 150), (58, 112, 70), (214, 176, 60), (150, 140, 124))
_METAL: Colour = (112, 116, 120)


def _pick(rng: Generator, colours: tuple[Colour, ...], spread: float = 0.12) -> Colour:
    return shade(colours[rng.integers(len(colours))], 1.0 + rng.uniform(-spread, spread))


def draw(rng: Generator, background: Background, time: Time) -> Canvas:
    """Draw a street, a field road or a town square with nothing in its middle yet.

    Args:
        rng: Decides everything that is not named.
        background: What kind of place it is.
        time: Decides the sky and whether windows are lit.
    """
    horizon = float(rng.uniform(86.0, 106.0))
    top, low = _SKIES[time][rng.integers(len(_SKIES[time]))]
    canvas = Canvas(top, low, horizon)
    for _ in range(rng.integers(0, 4)):
        _cloud(rng, canvas, blend(low, (255, 250, 246), 0.5), horizon)
    if background == "street":
        _street(rng, canvas, horizon, time)
    elif background == "field":
        _field(rng, canvas, horizon)
    else:
        _town(rng, canvas, horizon, time)
    for _ in range(rng.integers(1, 4)):
        _clutter(rng, canvas, horizon)
    return canvas


def _cloud(rng: Generator, canvas: Canvas, colour: Colour, horizon: float) -> None:
    x, y = rng.uniform(0, SIZE), rng.uniform(4, horizon * 0.7)
    for _ in range(3):
        size = (rng.uniform(10, 26), rng.uniform(2.5, 6))
        canvas.polygon(disc(size, (x + rng.uniform(-16, 16), y + rng.uniform(-4, 4)), 20), colour, 0.4)


def _road(rng: Generator, canvas: Canvas, horizon: float, verge: Colour) -> None:
    middle, vanishing = rng.uniform(20, 140), rng.uniform(50, 110)
    half = rng.uniform(44, 80)
    tar = shade((96, 96, 100), rng.uniform(0.8, 1.15))
    canvas.polygon(
        points(
            (vanishing - 3, horizon), (vanishing + 3, horizon), (middle + half + 9, SIZE), (middle - half - 9, SIZE)
        ),
        verge,
    )
    canvas.polygon(
        points((vanishing - 2, horizon), (vanishing + 2, horizon), (middle + half, SIZE), (middle - half, SIZE)), tar
    )
    depth = SIZE - horizon
    for dash in range(5):
        near, far = (dash + rng.uniform(0.0, 0.1)) / 5, (dash + 0.5) / 5
        near, far = near * near, far * far
        left, right = (vanishing + (middle - vanishing) * share for share in (near, far))
        canvas.polygon(
            points(
                (left - 2.2 * near - 0.2, horizon + depth * near),
                (left + 2.2 * near + 0.2, horizon + depth * near),
                (right + 2.2 * far + 0.2, horizon + depth * far),
                (right - 2.2 * far - 0.2, horizon + depth * far),
            ),
            (216, 216, 208),
        )


def _street(rng: Generator, canvas: Canvas, horizon: float, time: Time) -> None:
    canvas.box(0, horizon, SIZE, SIZE, shade((142, 138, 132), rng.uniform(0.85, 1.1)))
    _road(rng, canvas, horizon, (170, 166, 160))
    vanishing = rng.uniform(60, 100)
    for side in (-1, 1):
        edge = 0.0 if side < 0 else float(SIZE)
        near = edge
        for _ in range(rng.integers(2, 5)):
            far = near - side * rng.uniform(14, 34)
            if (far - vanishing) * side < 8:
                break
            _row_house(rng, canvas, horizon, (near, far), vanishing, time)
            near = far


def _row_house(
    rng: Generator, canvas: Canvas, horizon: float, sides: tuple[float, float], vanishing: float, time: Time
) -> None:
    """Draw a house along the street: its edges run to the vanishing point."""
    wall = _pick(rng, _WALLS)
    height, foot = rng.uniform(0.9, 1.5), 0.34
    reach = [abs(x - vanishing) for x in sides]
    canvas.polygon(
        points(
            (sides[0], horizon - height * reach[0]),
            (sides[1], horizon - height * reach[1]),
            (sides[1], horizon + foot * reach[1]),
            (sides[0], horizon + foot * reach[0]),
        ),
        shade(wall, 0.85),
    )
    glass = (236, 204, 132) if time == "dusk" else (74, 88, 104)
    for floor in range(4):
        for column in range(3):
            ends = [sides[0] + (sides[1] - sides[0]) * (column + part) / 3 for part in (0.25, 0.75)]
            away = [abs(x - vanishing) for x in ends]
            low, high = (height * (floor + part) / 4 - 0.06 for part in (0.25, 0.75))
            colour = glass if rng.random() < 0.6 else (58, 64, 74)
            canvas.polygon(
                points(
                    (ends[0], horizon - high * away[0]),
                    (ends[1], horizon - high * away[1]),
                    (ends[1], horizon - low * away[1]),
                    (ends[0], horizon - low * away[0]),
                ),
                colour,
            )


def _field(rng: Generator, canvas: Canvas, horizon: float) -> None:
    for layer in range(3):
        x = np.linspace(0, SIZE, 12)
        y = horizon - rng.uniform(2, 22 - 6 * layer, 12)
        ridge = np.concatenate([np.stack([x, y], axis=1), points((SIZE, SIZE), (0, SIZE))])
        canvas.polygon(ridge, blend(_pick(rng, _GREENS), (170, 184, 196), 0.5 - 0.2 * layer))
    canvas.box(0, horizon, SIZE, SIZE, shade(_GREENS[3], rng.uniform(0.9, 1.3)))
    for _ in range(14):
        place = (float(rng.uniform(0, SIZE)), float(rng.uniform(horizon, SIZE)))
        canvas.polygon(disc((rng.uniform(6, 20), rng.uniform(0.8, 2.0)), place, 12), _pick(rng, _GREENS), 0.6)
    _road(rng, canvas, horizon, (150, 142, 110))
    for _ in range(rng.integers(2, 6)):
        _tree(rng, canvas, rng.uniform(0, SIZE), horizon + rng.uniform(0, 14))


def _town(rng: Generator, canvas: Canvas, horizon: float, time: Time) -> None:
    left = -rng.uniform(0, 20)
    while left < SIZE:
        width = rng.uniform(24, 52)
        _front(rng, canvas, (left, left + width), (horizon - rng.uniform(36, 96), horizon + 6), time)
        left += width + (rng.uniform(2, 8) if rng.random() < 0.3 else 0.0)
    canvas.box(0, horizon + 6, SIZE, horizon + 14, shade((172, 168, 160), rng.uniform(0.85, 1.1)))
    canvas.box(0, horizon + 14, SIZE, SIZE, shade((98, 98, 102), rng.uniform(0.85, 1.1)))
    canvas.box(0, horizon + 13, SIZE, horizon + 14.5, (196, 192, 184))
    for mark in range(5):
        x = mark * 38 + rng.uniform(-4, 4)
        canvas.polygon(
            points((x, SIZE - 20), (x + 18, SIZE - 20), (x + 15, SIZE - 17), (x - 4, SIZE - 17)), (212, 212, 204)
        )


def _front(rng: Generator, canvas: Canvas, x: tuple[float, float], y: tuple[float, float], time: Time) -> None:
    """Draw a house seen from the front, with a shop below."""
    wall = _pick(rng, _WALLS)
    canvas.box(x[0], y[0], x[1], y[1], wall)
    canvas.box(x[0] - 0.5, y[0] - 2.5, x[1] + 0.5, y[0], shade(wall, 0.6))
    glass = (240, 208, 140) if time == "dusk" else (86, 104, 124)
    columns = int((x[1] - x[0]) // 10)
    step = (x[1] - x[0]) / columns
    for row in range(int((y[1] - 22 - y[0]) // 13)):
        for column in range(columns):
            corner = (x[0] + step * (column + 0.28), y[0] + 5 + 13 * row)
            colour = glass if rng.random() < 0.55 else (52, 58, 68)
            canvas.box(
                corner[0] - 0.6, corner[1] - 0.6, corner[0] + step * 0.44 + 0.6, corner[1] + 7.6, shade(wall, 1.2)
            )
            canvas.box(corner[0], corner[1], corner[0] + step * 0.44, corner[1] + 7, colour)
    canvas.box(x[0] + 3, y[1] - 14, x[1] - 3, y[1] - 1, shade(glass, 0.7))
    canvas.box(x[0] + 2, y[1] - 18, x[1] - 2, y[1] - 13, _pick(rng, _CARS))


def _clutter(rng: Generator, canvas: Canvas, horizon: float) -> None:
    """Draw one thing that is no sign, away from the middle."""
    x = rng.uniform(4, 46) if rng.random() < 0.5 else rng.uniform(114, 156)
    kind = rng.integers(4)
    if kind == 0:
        _lamp(rng, canvas, x, horizon)
    elif kind == 1:
        _board(rng, canvas, x, horizon)
    elif kind == 2:
        _parked_car(rng, canvas, x, horizon + rng.uniform(14, 34))
    else:
        _tree(rng, canvas, x, horizon + rng.uniform(6, 24))


def _lamp(rng: Generator, canvas: Canvas, x: float, horizon: float) -> None:
    top, reach = rng.uniform(6, 40), rng.choice([-1.0, 1.0]) * rng.uniform(8, 16)
    canvas.box(x - 0.8, top, x + 0.8, horizon + rng.uniform(10, 40), shade(_METAL, 0.7))
    canvas.polygon(points((x, top), (x + reach, top - 3), (x + reach, top - 1.6), (x, top + 1.6)), shade(_METAL, 0.7))
    canvas.polygon(disc((4, 1.4), (x + reach, top - 2), 16), (226, 222, 200))


def _board(rng: Generator, canvas: Canvas, x: float, horizon: float) -> None:
    """Draw a blank board on a post: the size of a sign, and none of the classes."""
    y, wide, high = rng.uniform(44, 92), rng.uniform(7, 15), rng.uniform(6, 13)
    colour = _pick(rng, _BOARDS)
    canvas.box(x - 0.9, y, x + 0.9, horizon + rng.uniform(12, 40), _METAL)
    plate = rounded(wide, high, 2.0) + np.array([x, y])
    canvas.polygon(plate, shade(colour, 0.75))
    canvas.polygon(rounded(wide - 1, high - 1, 1.5) + np.array([x, y]), colour)


def _parked_car(rng: Generator, canvas: Canvas, x: float, y: float) -> None:
    size, paint = rng.uniform(14, 24), _pick(rng, _CARS)
    place = np.array([x, y])
    shell = points(
        (-1, 0), (-1, -0.3), (-0.62, -0.36), (-0.38, -0.66), (0.34, -0.66), (0.62, -0.36), (0.98, -0.28), (1, 0)
    )
    panes = points((-0.52, -0.37), (-0.33, -0.59), (0.3, -0.59), (0.5, -0.37))
    canvas.polygon(disc((1.05 * size, 0.1 * size), (x, y + 0.14 * size), 20), (30, 30, 32), 0.5)
    canvas.polygon(shell * size + place, paint)
    canvas.polygon(panes * size + place, (62, 74, 86))
    canvas.polygon(box(-0.03, -0.6, 0.03, -0.36) * size + place, paint)
    for wheel in (-0.58, 0.58):
        canvas.polygon(disc(0.19 * size, (x + wheel * size, y), 18), (28, 28, 30))
        canvas.polygon(disc(0.09 * size, (x + wheel * size, y), 12), (150, 150, 150))


def _tree(rng: Generator, canvas: Canvas, x: float, foot: float) -> None:
    tall, green = rng.uniform(22, 54), _pick(rng, _GREENS)
    canvas.box(x - tall * 0.035, foot - tall * 0.55, x + tall * 0.035, foot, (84, 66, 50))
    for layer in range(7):
        at = (x + rng.uniform(-0.16, 0.16) * tall, foot - tall * rng.uniform(0.5, 0.9))
        canvas.polygon(
            disc((tall * rng.uniform(0.1, 0.2), tall * rng.uniform(0.09, 0.17)), at, 14),
            shade(green, 0.8 + 0.07 * layer),
        )
