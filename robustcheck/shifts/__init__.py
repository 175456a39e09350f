"""Importing this package registers every built-in shift; nothing heavy is loaded until one is used."""

from robustcheck.shifts import blur, camera, crop, light, shade

__all__ = ["blur", "camera", "crop", "light", "shade"]
