"""From a source picture and the steps of a case to the model's input."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from robustcheck.core.registry import INJECTED, Definition
from robustcheck.domain.case import Border, Fill
from robustcheck.domain.config import Preprocessing
from robustcheck.images.geometry import Frame
from robustcheck.images.resample import Picture
from robustcheck.images.scene import Scene
from robustcheck.images.view import View


def quiet_opencv() -> None:
    """Keep OpenCV to one thread a call, since pictures are prepared by threads of our own."""
    cv2.setNumThreads(1)


def render(
    image: Picture,
    steps: Sequence[tuple[Definition, Mapping[str, Any]]],
    *,
    preprocessing: Preprocessing,
    border: Border,
    fill: Fill,
    rng_for: Callable[[int], np.random.Generator],
) -> View:
    """Perturb a picture and turn it into the model's input.

    Args:
        image: Source picture, shape (h, w, 3), uint8 RGB; not written to.
        steps: Registered shifts with their keyword arguments, in the order in which they happen.
        preprocessing: The model's own.
        border: ``source`` shows real pixels from beyond the model's view where a shift looks there;
            ``view`` pretends that there are none.
        fill: What stands where no real pixel exists.
        rng_for: Gives the random stream of a step by its position.

    Raises:
        CaseError: A shift returned no warp, no picture of the same size or another input size, or a picture is too
            long to warp.
    """
    scene = Scene(image, preprocessing, border, fill)
    for position, (definition, arguments) in enumerate(steps):
        if definition.facts.stage == "preprocessing":
            scene.preprocess(definition.name, definition.function(scene.preprocessing, **arguments))
            continue
        if definition.facts.geometric:
            scene.move(definition.name, _warp(definition.function, scene.frame, tuple(arguments.items())))
            continue
        if definition.facts.stage == "input":
            scene.take()
        elif scene.moved and not definition.facts.pointwise:
            scene.settle()
        wanted = _injected(definition.function)
        extra: dict[str, Any] = {"frame": scene.frame} if "frame" in wanted else {}
        if "rng" in wanted:
            extra["rng"] = rng_for(position)
        scene.repaint(definition.name, definition.function(scene.pixels, **arguments, **extra))
    return scene.photograph()


@functools.lru_cache(maxsize=1024)
def _warp(function: Callable[..., Any], frame: Frame, arguments: tuple[tuple[str, Any], ...]) -> Any:
    """Call a geometric shift, which says the same for every picture of one size."""
    return function(frame, **dict(arguments))


@functools.cache
def _injected(function: Callable[..., Any]) -> frozenset[str]:
    parameters = inspect.signature(function).parameters.values()
    return frozenset(value.name for value in parameters if value.kind is value.KEYWORD_ONLY) & INJECTED
