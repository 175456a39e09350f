"""Another light on the same scene: brighter, darker, warmer, veiled. All physics happens in linear light."""

from __future__ import annotations

import functools
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.registry import shift
from robustcheck.core.units import Kelvin, Lux, Percent, Range, Seconds, Stops
from robustcheck.shifts.noise import exposed

Picture = NDArray[np.uint8]

DAYLIGHT = 6504.0
"""Colour temperature of sRGB's white, in kelvin."""

LUMINANCE = (0.2126, 0.7152, 0.0722)
XYZ_TO_SRGB = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))

METER_CONSTANT = 250.0
"""Incident-light meter calibration constant C of ISO 2720: N^2 / t = E S / C."""


@shift(
    "light.exposure",
    pointwise=True,
    sweep={"stops": ("-4ev", "-3ev", "-2ev", "-1ev", "1ev", "2ev", "3ev")},
    source="gain of 2^EV in linear light (IEC 61966-2-1 transfer curve)",
    synonyms=(
        "brightness",
        "bright",
        "dark",
        "overexposed",
        "underexposed",
        "over exposure",
        "under exposure",
        "aperture",
        "burnt out",
    ),
)
def exposure(image: Picture, *, stops: Annotated[Stops, Range(-8, 8)]) -> Picture:
    """More or less light reaches the sensor; what exceeds white is clipped.

    Args:
        stops: One stop up doubles the light.
    """
    from robustcheck.images.linear_light import apply_curve

    return apply_curve(image, lambda linear: linear * 2.0**stops)


@shift(
    "light.gamma",
    pointwise=True,
    sweep={"gamma": ("0.5", "0.7", "1.5", "2.2")},
    source="v -> v^gamma of encoded values",
    synonyms=("tone curve", "brightness", "contrast", "midtones"),
)
def gamma(image: Picture, *, gamma: Annotated[float, Range(0.1, 10)]) -> Picture:
    """The tone curve of the camera differs: encoded values are raised to a power.

    Args:
        gamma: Above 1 darkens the middle tones, below 1 lightens them.
    """
    import cv2

    table = np.round(255.0 * (np.arange(256) / 255.0) ** gamma).astype(np.uint8)
    curved: Picture = cv2.LUT(image, table)
    return curved


@functools.lru_cache(maxsize=256)
def planckian_gains(kelvin: float) -> tuple[float, float, float]:
    """Return the linear sRGB gains of a black body relative to 6504 K, luminance of white kept.

    Source: Kim et al., Design of advanced color temperature control system for HDTV applications, Journal
    of the Korean Physical Society 41 (2002): a cubic approximation of the Planckian locus.

    Args:
        kelvin: From 1667 to 25000.
    """
    relative = _locus(kelvin) / _locus(DAYLIGHT)
    red, green, blue = relative / (LUMINANCE @ relative)
    return float(red), float(green), float(blue)


def _locus(kelvin: float) -> NDArray[np.float64]:
    t = np.array([1e9 / kelvin**3, 1e6 / kelvin**2, 1e3 / kelvin, 1.0])
    warm, cool = (-0.2661239, -0.2343589, 0.8776956, 0.179910), (-3.0258469, 2.1070379, 0.2226347, 0.240390)
    x = float(t @ np.array(warm if kelvin <= 4000 else cool))
    if kelvin <= 2222:
        cubic = (-1.1063814, -1.34811020, 2.18555832, -0.20219683)
    elif kelvin <= 4000:
        cubic = (-0.9549476, -1.37418593, 2.09137015, -0.16748867)
    else:
        cubic = (3.0817580, -5.87338670, 3.75112997, -0.37001483)
    y = float(np.polyval(cubic, x))
    linear: NDArray[np.float64] = XYZ_TO_SRGB @ np.array([x / y, 1.0, (1 - x - y) / y])
    return linear


@shift(
    "light.temperature",
    pointwise=True,
    sweep={"kelvin": ("2700K", "3200K", "4000K", "5000K", "8000K", "10000K")},
    source="Planckian locus by Kim et al. (2002), as linear gains relative to 6504 K",
    synonyms=(
        "white balance",
        "colour temperature",
        "color temperature",
        "colour cast",
        "color cast",
        "colour",
        "color",
        "hue",
        "tint",
        "warm",
        "cold",
        "sunset",
        "tungsten",
        "fluorescent",
    ),
)
def temperature(image: Picture, *, kelvin: Annotated[Kelvin, Range(1700, 25000)]) -> Picture:
    """The light has another colour and the camera keeps its white balance for daylight.

    Args:
        kelvin: Below 6504 K the picture turns orange, above it blue.
    """
    from robustcheck.images.linear_light import apply_curve

    return apply_curve(image, lambda linear: linear[:, None] * np.array(planckian_gains(kelvin)))


@shift(
    "light.glare",
    pointwise=True,
    sweep={"veil": ("5%", "10%", "20%", "40%")},
    source="veiling glare: linear blend towards white",
    synonyms=(
        "stray light",
        "flare",
        "lens flare",
        "low sun",
        "sun",
        "dazzle",
        "blinding",
        "headlights",
        "reflection",
        "windscreen",
        "washed out",
        "haze",
    ),
)
def glare(image: Picture, *, veil: Annotated[Percent, Range(0, 100)]) -> Picture:
    """Stray light lies over the whole picture and lifts its black.

    Args:
        veil: Share of white in the blend.
    """
    from robustcheck.images.linear_light import apply_curve

    return apply_curve(image, lambda linear: linear * (1 - veil) + veil)


@shift(
    "light.low_light",
    sweep={"lux": ("100lux", "30lux", "10lux", "3lux", "1lux")},
    source="ISO 2720 exposure equation; shot and read noise of EMVA 1288: variance = a x + b in linear light",
    synonyms=(
        "dusk",
        "dawn",
        "night",
        "night time",
        "dark",
        "dim",
        "twilight",
        "evening",
        "gloomy",
        "poor light",
        "unlit",
    ),
)
def low_light(
    image: Picture,
    *,
    lux: Annotated[Lux, Range(0.01, 200000)],
    shutter: Annotated[Seconds, Range(0.00001, 10)] = 1 / 30,
    f_number: Annotated[float, Range(0.7, 32)] = 2.0,
    iso: Annotated[float, Range(50, 409600)] = 3200.0,
    rng: np.random.Generator,
) -> Picture:
    """The scene is dim: the camera raises its gain as far as it can, with noise, and underexposes beyond.

    The sensor holds 20 000 electrons at white and ISO 100 and has 3 electrons of read noise.

    Args:
        lux: Illuminance of the scene.
        shutter: Exposure time.
        f_number: Aperture.
        iso: Highest gain that the camera goes to.
    """
    correct = METER_CONSTANT * f_number**2 / (shutter * lux)
    used = min(iso, max(correct, 100.0))
    return exposed(image, gain=min(1.0, used / correct), iso=used, rng=rng)
