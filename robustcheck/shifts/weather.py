"""Weather between the camera and the scene. Fog follows a law; rain and snow are stylised. All in linear light."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Metres, Percent, Range
from robustcheck.images.geometry import Frame
from robustcheck.shifts.precipitation import Particles, fitted, layer

Picture = NDArray[np.uint8]
Intensity = Literal["light", "moderate", "heavy"]
CONTRAST = 0.02
"""Contrast of black against the sky that is left at the visibility; -ln of it is Koschmieder's 3.912."""
DEPTH = 50.0
"""Distance of the scene in rain and snow, in metres."""
ROWS = 64
"""Rows of a picture that are blended at once."""

Fall = tuple[float, float, tuple[Particles, ...]]
"""Visibility in metres, light of a particle as a share of white, and the particles, the furthest first."""
RAIN: dict[Intensity, Fall] = {
    "light": (8000.0, 0.55, (Particles(260, 0.0016, 0.03, 0.3), Particles(60, 0.0026, 0.07, 0.34))),
    "moderate": (
        3000.0,
        0.55,
        (Particles(700, 0.0016, 0.04, 0.36), Particles(170, 0.0028, 0.09, 0.4), Particles(24, 0.005, 0.17, 0.34)),
    ),
    "heavy": (
        1000.0,
        0.55,
        (Particles(1700, 0.0018, 0.05, 0.42), Particles(420, 0.003, 0.11, 0.46), Particles(70, 0.006, 0.22, 0.4)),
    ),
}
SNOW: dict[Intensity, Fall] = {
    "light": (2000.0, 0.85, (Particles(220, 0.004, 0.002, 0.7), Particles(36, 0.009, 0.006, 0.8))),
    "moderate": (
        700.0,
        0.85,
        (Particles(600, 0.004, 0.003, 0.75), Particles(110, 0.009, 0.008, 0.8), Particles(14, 0.02, 0.016, 0.7)),
    ),
    "heavy": (
        300.0,
        0.85,
        (Particles(1500, 0.004, 0.004, 0.8), Particles(280, 0.010, 0.010, 0.85), Particles(34, 0.024, 0.02, 0.75)),
    ),
}


def transmission(visibility: float, depth: float) -> float:
    """Return the share of light that passes through fog.

    Source: H. Koschmieder, Theorie der horizontalen Sichtweite (1924): e^(-3.912 d / V).

    Args:
        visibility: In metres.
        depth: Distance, in metres.
    """
    return math.pow(CONTRAST, depth / visibility)


@shift(
    "weather.fog",
    pointwise=True,
    sweep={"visibility": ("500m", "200m", "100m", "50m")},
    source="H. Koschmieder (1924): I = J t + A (1 - t), t = e^(-b d), b = 3.912 / visibility, in linear light",
    note="weather.fog takes the whole scene to be at one depth",
    synonyms=("mist", "haze", "smoke", "smog", "visibility", "bad weather"),
)
def fog(
    image: Picture,
    *,
    visibility: Annotated[Metres, Range(1, 10000000)],
    depth: Annotated[Metres, Range(0, 100000)] = 50.0,
    airlight: Annotated[Percent, Range(0, 100)] = 0.8,
) -> Picture:
    """Fog takes light from the scene and puts its own in place: contrast is lost, black is lifted.

    Args:
        visibility: Distance at which 2% of contrast is left.
        depth: Distance of the scene, all of it.
        airlight: Light of dense fog, as a share of white.
    """
    from robustcheck.images.linear_light import apply_curve

    passing = transmission(visibility, depth)
    return apply_curve(image, lambda linear: linear * passing + airlight * (1 - passing))


def fall(image: Picture, how: Fall, lean: float, frame: Frame, rng: np.random.Generator) -> Picture:
    """Return a picture with a veil and particles before it.

    Args:
        image: Shape (h, w, 3), uint8 RGB; not written to.
        how: Visibility, light and particles.
        lean: Greatest angle of their path, in degrees from the vertical; the path's own is drawn.
        frame: The model's view.
        rng: What to draw from.
    """
    from robustcheck.images.linear_light import FINE, Light, in_linear_light

    visibility, bright, particles = how
    passing, white = transmission(visibility, DEPTH), bright * (FINE - 1)
    drawn = layer(particles, float(rng.uniform(-lean, lean)), frame, rng)
    cover = fitted(drawn, image.shape[0], image.shape[1], frame)

    def work(light: Light) -> Light:
        for top in range(0, len(light), ROWS):
            rows, hidden = light[top : top + ROWS], cover[top : top + ROWS, :, None]
            rows *= (1 - hidden) * passing
            rows += white * (1 - (1 - hidden) * passing)
        return light

    return in_linear_light(image, work)


@shift(
    "weather.rain",
    sweep={"intensity": ("light", "moderate", "heavy")},
    source="streaks of drops at two or three distances and a veil, our own figures, blended in linear light",
    note="weather.rain is stylised: streaks and a veil, without wet ground or drops on the lens",
    synonyms=("shower", "drizzle", "downpour", "precipitation", "storm", "wet", "bad weather"),
)
def rain(image: Picture, *, intensity: Intensity, frame: Frame, rng: np.random.Generator) -> Picture:
    """Rain falls before the scene, a little aslant; each picture has its own drops.

    Lengths go with the view, so that it looks alike at any resolution.

    Args:
        intensity: More and longer streaks, and a visibility of 8 km, 3 km or 1 km over 50 m.
    """
    return fall(image, RAIN[intensity], 15.0, frame, rng)


@shift(
    "weather.snow",
    sweep={"intensity": ("light", "moderate", "heavy")},
    source="flakes at two or three distances and a veil, our own figures, blended in linear light",
    note="weather.snow is stylised: flakes and a veil, without snow on the ground or on things",
    synonyms=("snowfall", "snowflakes", "blizzard", "sleet", "precipitation", "winter", "bad weather"),
)
def snow(image: Picture, *, intensity: Intensity, frame: Frame, rng: np.random.Generator) -> Picture:
    """Snow falls before the scene; each picture has its own flakes.

    Lengths go with the view, so that it looks alike at any resolution.

    Args:
        intensity: More and larger flakes, and a visibility of 2 km, 700 m or 300 m over 50 m.
    """
    return fall(image, SNOW[intensity], 30.0, frame, rng)
