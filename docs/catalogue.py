"""Writes docs/shifts.md and its pictures: every registered shift, from what the registry knows of it.

Run with ``uv run python docs/catalogue.py``.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from robustcheck import registry
from robustcheck.cli.examples import shift_example
from robustcheck.cli.listing import range_shown, unit_shown
from robustcheck.demo.renderer import generator, render
from robustcheck.language.entries import Preprocessing
from robustcheck.pictures import render as photograph
from robustcheck.registry import Definition, Parameter, written_default
from robustcheck.units import parse_quantity

DOCS = Path(__file__).parent
PAGE = DOCS / "shifts.md"
PICTURES = DOCS / "shifts"
CELL, CAPTION, GAP = 120, 18, 4
QUALITY = 82
VIEW = Preprocessing(input_size=(CELL, CELL), resize=160)
"""A view with a margin of real pixels around it, like that of a model that crops."""

BESIDE = {"camera.view": {"yaw": ("10deg",), "roll": ("10deg",), "zoom": ("1.3",)}, "crop.box": {"width": ("50%",)}}
"""What is shown of shifts without values worth sweeping."""

HEAD = """\
# Shifts

Written by `docs/catalogue.py` from the shifts themselves; `robustcheck explain NAME` says the same in a terminal. In each
strip the first picture is the clean one.

Shifts work on source pixels, before the model's own resize and crop. Those of `imagenet_c.*` are defined on the model's
input and work on that; `sensor.resize_filter` changes the resize itself.

Any transform of the pinned albumentations is a shift too, `albumentations.RandomRain`, with the library's own arguments:
a range is written `0.1..0.2`, a tuple inside a sweep `[[0.1, 0.2]]`, and `p` is always 1. One that changes a picture's
size, such as a crop, is resized back.
"""


@functools.cache
def scene() -> NDArray[np.uint8]:
    """Return the drawn road sign that all strips show, shape (640, 640, 3)."""
    drawn = render("stop", generator(0, "docs", "stop", 6)).pixels
    return np.asarray(Image.fromarray(drawn).resize((640, 640), Image.Resampling.LANCZOS))


def page() -> str:
    """Return the text of docs/shifts.md."""
    parts = [HEAD]
    family = ""
    for shift in registry.shifts:
        if shift.name.partition(".")[0] != family:
            family = shift.name.partition(".")[0]
            parts.append(f"## {family}\n")
        parts.append("\n".join(_section(shift)) + "\n")
    return "\n".join(parts)


def _section(shift: Definition) -> Iterator[str]:
    yield f"### {shift.name}\n"
    yield f"{shift.doc}\n"
    yield f"![{shift.name}](shifts/{shift.name}.jpg)\n"
    if shift.parameters:
        yield "| parameter | unit or words | range | default | |"
        yield "|---|---|---|---|---|"
        yield from (_row(parameter) for parameter in shift.parameters.values())
        yield ""
    if shift.facts.source:
        yield f"Source: {shift.facts.source}.\n"
    if shift.facts.note:
        yield f"Note in every report: {shift.facts.note}.\n"
    yield f"```yaml checks\n{shift_example(shift)}\n```"


def _row(parameter: Parameter) -> str:
    words = ", ".join(parameter.choices) or " or ".join(map(unit_shown, parameter.units)) or parameter.kind
    default = "required" if parameter.required else f"`{written_default(parameter)}`"
    cells = (f"`{parameter.name}`", words, range_shown(parameter), default, parameter.doc)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


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


def _value(parameter: Parameter, text: str) -> object:
    if parameter.kind == "quantity":
        return parse_quantity(text)
    return int(text) if parameter.kind == "integer" else text


def main() -> None:
    """Write the page and the pictures, and remove those of shifts that are gone."""
    PICTURES.mkdir(exist_ok=True)
    names = set()
    for shift in registry.shifts:
        names.add(f"{shift.name}.jpg")
        strip(shift).save(PICTURES / f"{shift.name}.jpg", quality=QUALITY)
    for path in PICTURES.iterdir():
        if path.name not in names:
            path.unlink()
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{len(names)} shifts\n")


if __name__ == "__main__":
    main()
