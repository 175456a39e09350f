"""Importing this package registers every built-in shift; nothing heavy is loaded until one is used."""

from robustcheck.shifts import blur, camera, codec, crop, imagenet_c, light, occlude, pipeline, sensor, shade, weather

__all__ = [
    "blur",
    "camera",
    "codec",
    "crop",
    "imagenet_c",
    "light",
    "occlude",
    "pipeline",
    "sensor",
    "shade",
    "weather",
]
