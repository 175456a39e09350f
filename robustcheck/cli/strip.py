"""What a shift looks like: a drawn road sign, clean and at each value worth sweeping."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from robustcheck.core.registry import Definition, Parameter
from robustcheck.core.units import parse_quantity
from robustcheck.demo.renderer import generator, render
from robustcheck.domain.config import Preprocessing
from robustcheck.images import render as photograph

CELL: Final = 120
CAPTION: Final = 18
GAP: Final = 4
VIEW: Final = Preprocessing(input_size=(CELL, CELL), resize=160)
"""A view with a margin of real pixels around it, like that of a model that crops."""

BESIDE: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "camera.height": {"rise": ("-2m", "-1m", "1m", "2m"), "plane": ("ground",), "aim": ("object",)},
    "camera.view": {"yaw": ("10deg",), "roll": ("10deg",), "zoom": ("1.3",)},
    "crop.box": {"width": ("50%",)},
}
"""What is shown in place of the values worth sweeping, or where there are none."""


@functools.cache
def scene() -> NDArray[np.uint8]:
    """Return the drawn road sign that all strips show, shape (640, 640, 3)."""
    drawn = render("stop", generator(0, "docs", "stop", 6)).pixels
    return np.asarray(Image.fromarray(drawn).resize((640, 640), Image.Resampling.LANCZOS))


def strip(shift: Definition) -> Image.Image:
    """Return the clean picture and one a swept value, with captions."""
    swept = BESIDE.get(shift.name) or shift.facts.sweep
    cells = [("clean", _shot(shift, {}))]
    for name, texts in swept.items():
        # What the others must have, beside the one that is shown.
        others = {
            other: values[len(values) // 2]
            for other, values in swept.items()
            if other != name and shift.parameters[other].required
        }
        cells += [(f"{name} {text}", _shot(shift, {**others, name: text})) for text in texts]
    width = len(cells) * (CELL + GAP) - GAP
    sheet = Image.new("RGB", (width, CELL + CAPTION), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for place, (caption, pixels) in enumerate(cells):
        left = place * (CELL + GAP)
        sheet.paste(Image.fromarray(pixels), (left, 0))
        pen.text((left + 2, CELL + 2), caption, fill="black", font=font)
    return sheet


def _shot(shift: Definition, written: dict[str, str]) -> NDArray[np.uint8]:
    steps = []
    if written:
        params = {name: _value(shift.parameters[name], text) for name, text in written.items()}
        steps = [(shift, shift.bind(params))]
    return photograph(
        scene(), steps, preprocessing=VIEW, border="source", fill="reflect", rng_for=np.random.default_rng
    ).pixels


def _value(parameter: Parameter, text: str) -> Any:
    if parameter.kind == "quantity":
        return parse_quantity(text)
    return int(text) if parameter.kind == "integer" else text
