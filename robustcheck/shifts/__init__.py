"""Importing this package registers every built-in shift; nothing heavy is loaded until one is used."""

from robustcheck.shifts import (
    albumentations_bridge,
    blur,
    camera,
    codec,
    crop,
    height,
    imagenet_c,
    lens,
    light,
    occlude,
    pipeline,
    sensor,
    shade,
    weather,
)

__all__ = [
    "albumentations_bridge",
    "blur",
    "camera",
    "codec",
    "crop",
    "height",
    "imagenet_c",
    "lens",
    "light",
    "occlude",
    "pipeline",
    "sensor",
    "shade",
    "weather",
]
