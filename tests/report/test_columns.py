"""Cells are folded rather than cut, whatever stands in them, and lines fit the width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustcheck.report.columns import Column, Row, fold, written

WORDS = st.text(alphabet="ab c[],=+-_.%<>\u00e9", max_size=60)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("lower[pitch=-10deg]", 40, ["lower[pitch=-10deg]"]),
        ("lower[pitch=-10deg]", 14, ["lower[pitch=", "-10deg]"]),
        ("camera.pitch+light.exposure", 16, ["camera.pitch+", "light.exposure"]),
        ("99.3% ± 0.5pp", 8, ["99.3% ±", "0.5pp"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("", 5, [""]),
        ("  ", 5, [""]),
    ],
)
def test_a_text_ends_after_blanks_and_signs(text: str, width: int, lines: list[str]) -> None:
    assert fold(text, width) == lines


@given(WORDS, st.integers(1, 30))
def test_nothing_of_a_text_is_lost(text: str, width: int) -> None:
    lines = fold(text, width)
    assert all(len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


COLUMNS = (Column("verdict", 5), Column("case", 8), Column("n", 3, right=True), Column("bound", 6))


@given(st.lists(st.tuples(WORDS, WORDS, WORDS, WORDS), max_size=5), st.integers(40, 120))
def test_a_table_fits_and_loses_nothing(cells: list[tuple[str, str, str, str]], width: int) -> None:
    rows = [Row(dict(enumerate(row))) for row in cells]
    lines = list(written(COLUMNS, rows, width))
    assert all(len(line) <= width for _, line in lines)
    for place, row in enumerate(cells):
        told = "".join(line for number, line in lines if number == place)
        assert sorted("".join(told.split())) == sorted("".join("".join(row).split()))
    wide = list(written(COLUMNS, rows, None))
    assert len(wide) == len(rows) + 1


def test_a_text_stands_in_place_of_several_columns() -> None:
    rows = [Row({0: "fail", 1: "dusk", 2: "40", 3: ">= 95%"}), Row({0: "error", 1: "dawn"}, "no file", 2, 4)]
    assert [line for _, line in written(COLUMNS, rows, None)] == [
        "verdict  case   n  bound",
        "fail     dusk  40  >= 95%",
        "error    dawn  no file",
    ]
