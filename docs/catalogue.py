"""Writes docs/shifts.md and its pictures: every registered shift, from what the registry knows of it.

Run with ``uv run python docs/catalogue.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from robustcheck.cli.examples import shift_example
from robustcheck.cli.strip import strip
from robustcheck.core import registry
from robustcheck.core.parameter_text import default_shown, range_shown, unit_shown
from robustcheck.core.registry import Definition, Parameter

DOCS = Path(__file__).parent
PAGE = DOCS / "shifts.md"
PICTURES = DOCS / "shifts"
QUALITY = 82
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
    if shift.facts.synonyms:
        yield f"Also looked for as: {', '.join(shift.facts.synonyms)}.\n"
    if shift.facts.source:
        yield f"Source: {shift.facts.source}.\n"
    if shift.facts.note:
        yield f"Note in every report: {shift.facts.note}.\n"
    yield f"```yaml checks\n{shift_example(shift)}\n```"


def _row(parameter: Parameter) -> str:
    words = ", ".join(parameter.choices) or " or ".join(map(unit_shown, parameter.units)) or parameter.kind
    default = "required" if parameter.required else f"`{default_shown(parameter)}`"
    cells = (f"`{parameter.name}`", words, range_shown(parameter), default, parameter.doc)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


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
