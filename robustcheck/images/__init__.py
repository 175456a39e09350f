"""Honest pixels: decoding, the model's view, light, and the one warp from source to model input.

The geometry is plain numpy; whatever needs OpenCV or Pillow is fetched when it is used, since shifts are
registered wherever suites are validated.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from robustcheck.images.geometry import Frame, Warp

if TYPE_CHECKING:
    from robustcheck.images.decoding import decode
    from robustcheck.images.framing import frame_of
    from robustcheck.images.rendering import quiet_opencv, render
    from robustcheck.images.view import Geometry, View

__all__ = ["Frame", "Geometry", "View", "Warp", "decode", "frame_of", "quiet_opencv", "render"]

_HOMES = {
    "Geometry": "view",
    "View": "view",
    "decode": "decoding",
    "frame_of": "framing",
    "quiet_opencv": "rendering",
    "render": "rendering",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name from the module it lives in."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"robustcheck.images.{_HOMES[name]}"), name)
    raise AttributeError(f"module robustcheck.images has no attribute {name}")
