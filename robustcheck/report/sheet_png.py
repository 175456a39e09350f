"""A contact sheet as one PNG picture."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.report.sheet import Cell, Mark, Row, Sheet, picture

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

MARGIN: Final = 16
GAP: Final = 12
HEAD: Final = 250
"""Width of the heads of rows."""
NARROWEST: Final = 150
"""Width of a column at least, so that captions have room."""
MOST_LINES: Final = 4
"""Lines of a head or a caption that is wrapped; what is left out is in the HTML."""

MOST_PIXELS: Final = 1 << 28

PAPER: Final = "#ffffff"
INK: Final = "#1a1a1a"
FAINT: Final = "#595959"
RULE: Final = "#d0d0d0"
RIGHT: Final = "#0b6b2e"
WRONG: Final = "#b3261e"
NOTE: Final = "#7a4b00"
FRAME: Final = "#fbeceb"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as it is drawn."""

    text: str
    font: ImageFont.FreeTypeFont
    fill: str
    mark: bool | None = None

    @property
    def height(self) -> int:
        """Pixels from this line to the next."""
        return round(self.font.size * 1.35)


class Fonts:
    """Pillow's own font, which is always there."""

    def __init__(self) -> None:
        """Load the sizes that are used.

        Raises:
            RobustcheckError: This Pillow was built without what draws its font.
        """
        self.title, self.strong, self.plain = (_font(size) for size in (22, 15, 13))


def _font(size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RobustcheckError("this Pillow was built without FreeType and cannot draw text; write a .html file")
    return font


def png(sheet: Sheet) -> bytes:
    """Return the sheet as a PNG file.

    Raises:
        RobustcheckError: It would be too large to be opened.
    """
    from PIL import Image, ImageDraw

    fonts = Fonts()
    wide = max(sheet.shown_size[1], NARROWEST)
    width = 2 * MARGIN + HEAD + len(sheet.columns) * (GAP + wide)
    top = _top(sheet, fonts, width - 2 * MARGIN)
    heads = [_wrap(column.title, fonts.strong, INK, wide, 2) for column in sheet.columns]
    heads = [
        [*head, *_wrap(column.detail, fonts.plain, FAINT, wide, 2)]
        for head, column in zip(heads, sheet.columns, strict=True)
    ]
    rows = [_Row(row, sheet, fonts, wide) for row in sheet.rows]
    head_height = max((_height(head) for head in heads), default=0)
    height = 2 * MARGIN + _height(top) + GAP + head_height + sum(GAP + row.height + GAP for row in rows)
    if width * height > MOST_PIXELS:
        raise RobustcheckError(
            f"a picture of {width}x{height} pixels is more than most programs open; take fewer rows or pictures, or "
            "write a .html file"
        )
    canvas = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(canvas)
    y = _write(draw, top, MARGIN, MARGIN) + GAP
    for place, head in enumerate(heads):
        _write(draw, head, _left(place, wide), y)
    y += head_height
    for row in rows:
        draw.line([(MARGIN, y + GAP // 2), (width - MARGIN, y + GAP // 2)], fill=RULE)
        row.draw(canvas, draw, y + GAP)
        y += GAP + row.height + GAP
    stream = io.BytesIO()
    canvas.save(stream, "PNG")
    return stream.getvalue()


def _left(place: int, wide: int) -> int:
    return MARGIN + HEAD + GAP + place * (GAP + wide)


def _top(sheet: Sheet, fonts: Fonts, width: int) -> list[Line]:
    lines = _wrap(sheet.title, fonts.title, INK, width, 2)
    for fact in sheet.facts:
        lines += _wrap(fact, fonts.plain, FAINT, width, MOST_LINES)
    for note in sheet.notes:
        lines += _wrap(note, fonts.plain, NOTE, width, MOST_LINES)
    return lines


class _Row:
    """A row with its lines broken."""

    def __init__(self, row: Row, sheet: Sheet, fonts: Fonts, wide: int) -> None:
        self._row, self._wide = row, wide
        self._scale, (self._high, self._shown) = sheet.scale, sheet.shown_size
        self._head = _wrap(row.title, fonts.strong, INK, HEAD, MOST_LINES)
        for fact in row.facts:
            self._head += _wrap(fact, fonts.plain, FAINT, HEAD, MOST_LINES)
        for note in row.notes:
            self._head += _wrap(note, fonts.plain, NOTE, HEAD, MOST_LINES)
        self._captions = [self._caption(cell, fonts) for cell in row.cells]
        room = self._high // round(fonts.plain.size * 1.35)
        self._problems = [_wrap(cell.problem, fonts.plain, WRONG, wide - 16, room - 1) for cell in row.cells]
        below = max((_height(caption) for caption in self._captions), default=0)
        self.height = max(_height(self._head), self._high + 4 + below)

    def _caption(self, cell: Cell, fonts: Fonts) -> list[Line]:
        lines = _marked(cell.mark, fonts, self._wide) if cell.mark else []
        for text in cell.caption:
            lines += _wrap(text, fonts.plain, FAINT, self._wide, MOST_LINES)
        return lines

    def draw(self, canvas: Any, draw: ImageDraw.ImageDraw, y: int) -> None:
        from PIL import Image

        _write(draw, self._head, MARGIN, y)
        for place, (cell, caption) in enumerate(zip(self._row.cells, self._captions, strict=True)):
            x = _left(place, self._wide)
            if cell.pixels is None:
                draw.rectangle([x, y, x + self._wide - 1, y + self._high - 1], fill=FRAME, outline=WRONG)
                _write(draw, self._problems[place], x + 8, y + 6)
                continue
            image = picture(cell.pixels, self._scale)
            if self._scale.up > 1:
                image = image.resize((self._shown, self._high), Image.Resampling.NEAREST)
            canvas.paste(image, (x, y))
            _write(draw, caption, x, y + self._high + 4)


def _marked(mark: Mark, fonts: Fonts, wide: int) -> list[Line]:
    colour = RIGHT if mark.right else WRONG
    first, *rest = _wrap(mark.text, fonts.strong, colour, wide - 20, 2) or [Line("", fonts.strong, colour)]
    return [Line(first.text, first.font, colour, mark.right), *rest]


def _height(lines: Iterable[Line]) -> int:
    return sum(line.height for line in lines)


def _write(draw: ImageDraw.ImageDraw, lines: Iterable[Line], x: int, y: int) -> int:
    """Write lines one below the other and return where the next would stand."""
    for line in lines:
        indent = 0
        if line.mark is not None:
            indent = 20
            _tick(draw, x, y + 2, line.fill) if line.mark else _cross(draw, x, y + 2, line.fill)
        draw.text((x + indent, y), line.text, fill=line.fill, font=line.font)
        y += line.height
    return y


def _tick(draw: ImageDraw.ImageDraw, x: int, y: int, colour: str) -> None:
    # The font has neither this nor the cross.
    draw.line([(x + 1, y + 8), (x + 5, y + 12), (x + 13, y + 2)], fill=colour, width=3, joint="curve")


def _cross(draw: ImageDraw.ImageDraw, x: int, y: int, colour: str) -> None:
    draw.line([(x + 2, y + 2), (x + 12, y + 12)], fill=colour, width=3)
    draw.line([(x + 12, y + 2), (x + 2, y + 12)], fill=colour, width=3)


def _wrap(text: str, font: ImageFont.FreeTypeFont, fill: str, width: int, most: int) -> list[Line]:
    """Break text into lines of a width, within words that are too long for one."""
    # What the font lacks would be the same empty box for every letter.
    rest = " ".join(text.encode("ascii", "backslashreplace").decode().split())
    lines: list[str] = []
    while rest:
        fits = _fitting(rest, font, width)
        if fits < len(rest):
            if len(lines) + 1 >= most:
                rest = rest[: max(1, _fitting(rest, font, width - font.getlength("...")))].rstrip() + "..."
                fits = len(rest)
            else:
                blank = rest.rfind(" ", 0, fits + 1)
                fits = blank if blank > 0 else fits
        lines.append(rest[:fits].rstrip())
        rest = rest[fits:].lstrip()
    return [Line(line, font, fill) for line in lines]


def _fitting(text: str, font: ImageFont.FreeTypeFont, width: float) -> int:
    """Return how many of the first characters fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(text[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low
