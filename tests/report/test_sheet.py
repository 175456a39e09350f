"""Contact sheets: drawn from values alone, whole in one file, and safe whatever is written in them."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robustcheck.report.sheet import Cell, Column, Mark, Row, Sheet
from robustcheck.report.sheet_html import html
from robustcheck.report.sheet_png import png

NASTY = """<script>alert(1)</script> "quoted" 'single' & &amp; \u202e中文 \x00 ` =;"""


def noise(height: int, width: int) -> Any:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def sheet(height: int = 20, width: int = 20, *, text: str = "some text", columns: int = 2, rows: int = 2) -> Sheet:
    pixels = noise(height, width)
    cells = [
        Cell(pixels, f"{text} alt", (text,), Mark(text, True)),
        Cell(None, text, problem=f"{text} broke"),
        Cell(pixels, text, (), Mark(text, False)),
    ]
    return Sheet(
        title=text,
        facts=(text,),
        notes=(text,),
        size=(height, width),
        columns=tuple(Column(text, text) for _ in range(columns)),
        rows=tuple(
            Row(text, (text,), (text,), tuple(cells[(row + column) % 3] for column in range(columns)))
            for row in range(rows)
        ),
    )


TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "p", "div", "b", "span", "img"} | {
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


class Page(HTMLParser):
    """What is in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.style = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_needs_nothing_else_and_forbids_everything_else() -> None:
    page = Page(html(sheet()))
    assert {name for name, _ in page.tags} <= TAGS
    policy = page.all("meta")[1]["content"]
    assert policy is not None
    style = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{style}'" in policy
    assert "unsafe" not in policy
    assert "http" not in html(sheet()).replace("http-equiv", "")
    assert "url(" not in page.style
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "href")]


def test_the_page_escapes_whatever_is_written() -> None:
    page = Page(html(sheet(text=NASTY)))
    assert not page.all("script")
    assert page.all("img")[0]["alt"] == f"{NASTY} alt"


def test_the_page_is_a_table_with_heads_and_alternative_texts() -> None:
    page = Page(html(sheet(columns=3, rows=4)))
    assert [head["scope"] for head in page.all("th")] == ["col"] * 4 + ["row"] * 4
    assert len(page.all("td")) == 12
    assert len(page.all("img")) == 8
    assert all(image["alt"] for image in page.all("img"))
    assert len(page.all("caption")) == 1
    assert "prefers-color-scheme: dark" in page.style
    assert "@media print" in page.style


@pytest.mark.parametrize(
    ("size", "shown", "stored"),
    [
        ((16, 16), (160, 160), (16, 16)),
        ((64, 64), (192, 192), (64, 64)),
        ((32, 100), (64, 200), (32, 100)),
        ((1, 1), (160, 160), (1, 1)),
        ((224, 224), (224, 224), (224, 224)),
        ((900, 601), (300, 201), (300, 201)),
    ],
)
def test_pictures_are_enlarged_or_shrunk_by_whole_numbers(size: Any, shown: Any, stored: Any) -> None:
    drawn = sheet(*size)
    assert drawn.shown_size == shown
    image = Page(html(drawn)).all("img")[0]
    assert (image["height"], image["width"]) == tuple(map(str, shown))
    content = base64.b64decode(str(image["src"]).removeprefix("data:image/png;base64,"))
    pixels = np.asarray(Image.open(io.BytesIO(content)))
    assert pixels.shape[:2] == stored
    if stored == size:
        np.testing.assert_array_equal(pixels, noise(*size))
    Image.open(io.BytesIO(png(drawn))).load()


def test_the_picture_holds_each_cell_and_marks_right_and_wrong_by_shape() -> None:
    sheets = [
        Sheet(
            "t",
            (),
            (),
            (160, 160),
            (Column("a", "b"),),
            (Row("r", (), (), (Cell(noise(160, 160), "x", (), Mark("stop", right)),)),),
        )
        for right in (True, False)
    ]
    right, wrong = (np.asarray(Image.open(io.BytesIO(png(one))).convert("L")) for one in sheets)
    assert right.shape == wrong.shape
    differ = np.argwhere((right < 200) != (wrong < 200))
    assert len(differ) > 20, "the mark is told by colour alone"


@pytest.mark.parametrize("text", [NASTY, "", "word" * 200, "many words " * 200, "\n\n", "é"])
def test_any_text_can_be_drawn(text: str) -> None:
    image = Image.open(io.BytesIO(png(sheet(text=text))))
    image.load()
    assert image.width < 900
    assert image.height < 3000
    html(sheet(text=text))


def test_a_sheet_of_nothing_is_still_a_sheet() -> None:
    nothing = sheet(columns=0, rows=0)
    Image.open(io.BytesIO(png(nothing))).load()
    Page(html(nothing))


def test_what_is_long_is_cut_in_the_picture_and_whole_in_the_page() -> None:
    text = "word " * 100 + "end"
    assert len(re.findall("word end", html(sheet(text=text)))) > 4
