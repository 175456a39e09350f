"""A table that is another thing than expected is called by its name, with what to do; never only: no such column."""

from __future__ import annotations

import contextlib
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustcheck.core.errors import DataError
from robustcheck.data import open_source
from robustcheck.data.sources.tables import table_of
from robustcheck.domain.config import DataEntry

Entry = Callable[..., DataEntry]
TABLE = "path,label\nrosé/0.png,rosé\n"


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


WORDS: dict[str, tuple[bytes, str]] = {
    "UTF-16": (TABLE.encode("utf-16"), "it is UTF-16, as Excel's Unicode text and PowerShell's > write it; save it as CSV in UTF-8"),
    "UTF-16 LE without mark": (TABLE.encode("utf-16-le"), "it is UTF-16"),
    "UTF-16 BE without mark": (TABLE.encode("utf-16-be"), "it is UTF-16"),
    "UTF-32": (TABLE.encode("utf-32"), "it is UTF-32"),
    "Latin-1": (TABLE.encode("latin-1"), "line 2 has the byte 0xe9, as in Windows-1252 or Latin-1; save it as CSV in UTF-8"),
    "semicolons": (TABLE.replace(",", ";").encode(), "there is no column path; known: path;label; the values are separated by semicolons, not by commas"),
    "tabs": (TABLE.replace(",", "\t").encode(), "the values are separated by tabs, not by commas"),
    "vertical bars": (TABLE.replace(",", "|").encode(), "the values are separated by vertical bars, not by commas"),
    "blanks": (b"path label\n0.png red\n", "the values are separated by blanks, not by commas"),
    "semicolons after a mark": (b"\xef\xbb\xbf" + TABLE.replace(",", ";").encode(), "the values are separated by semicolons"),
    "semicolons in quotes": (b'"path";"label"\n"0.png";"red"\n', "the values are separated by semicolons, not by commas"),
    "quotes and tabs": (b'"path"\t"label"\n"0.png"\t"red"\n', "the values are separated by tabs, not by commas"),
    "semicolons below a head": (b"path,label\n0.png;red\n", "list.csv:2: there are 1 values for 2 columns; here they are separated by semicolons"),
    "semicolons and commas": (b"path;label;size\n0.png;red;1,5\n", "the values are separated by semicolons"),
    "no head": (b"red/0.png,red\nred/1.png,red\n", "the first line names a picture, not the columns: write the names above it"),
    "no head and semicolons": (b"red/0.png;red\n", "separated by semicolons, not by commas, and the first line names a picture"),
    "no head, jfif": (b"red/0.JFIF,red\n", "the first line names a picture"),
    "single quotes": (b"'path','label'\n'0.png','red'\n", "single quotes"),
    "typographic quotes": ("“path”,“label”\n“0.png”,“red”\n".encode(), "typographic quotes"),
    "capitals": (b"Path,Label\n0.png,red\n", "did you mean Path?"),
    "other names": (b"image,category\n0.png,red\n", "there is no column path; known: category, image"),
    "open quote": (b'path,label\n0.png,red\n"1.png,red\n', "after line 2; put values with quotes or commas into double quotes"),
    "quote within": (b'path,label\n"a"b.png,red\n', "write a quote within as \"\""),
    "Excel": (zipped(), "it is an archive (zip), as Excel's .xlsx files are"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "it is an Excel file (.xls)"),
    "compressed": (gzip.compress(TABLE.encode()), "it is compressed; unpack it"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "it is a pointer of Git LFS, not the file itself; run git lfs pull"),
    "page": (b"<!DOCTYPE html>\n<html>Sign in</html>", "it is a web page"),
    "JSON": (b'[{"path": "0.png", "label": "red"}]', "it is JSON"),
    "JSON lines": (b'{"path": "0.png", "label": "red"}\n', "it is JSON"),
    "picture": (b"\x89PNG\r\n\x1a\n", "it is a picture (PNG)"),
    "Arrow": (b"ARROW1\0\0", "it is Arrow (Feather); write it as Parquet"),
    "nothing": (b"", "the file has no first line with names of columns"),
    "blank lines": (b"\n\n\n", "the file has no first line with names of columns"),
    "columns twice": (b"path,label,x,y,x,y\n", "list.csv:1: the column x stands twice (and y)"),
}  # fmt: skip


def refused(entry: DataEntry) -> str:
    with pytest.raises(DataError) as caught:
        list(open_source(entry, seed=0).samples())
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", WORDS)
def test_a_csv_says_what_it_is(name: str, data_entry: Entry, tmp_path: Path) -> None:
    content, says = WORDS[name]
    (tmp_path / "list.csv").write_bytes(content)
    message = refused(data_entry("manifest", tmp_path / "list.csv"))
    assert says in message
    assert message.startswith("list.csv")


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xef\xbb\xbf"])
def test_an_empty_table_is_said_to_have_nothing_else_wrong(content: bytes, data_entry: Entry, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    message = refused(data_entry("manifest", tmp_path / "list.csv"))
    assert "there is no column path, for the file has no first line with names of columns; name it in" in message
    assert "separated" not in message


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf\n\npath,label\r\n0.png,red\r\n", b"path,label\r0.png,red\r", b'"path","label"\n"0.png","red"'],
)
def test_marks_line_ends_and_quotes_of_other_systems_are_read(
    content: bytes, data_entry: Entry, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    source = open_source(data_entry("manifest", tmp_path / "list.csv"), seed=0)
    assert [(sample.id, sample.label) for sample in source.samples()] == [("0.png", "red")]


def test_parquet_is_known_by_content(data_entry: Entry, tmp_path: Path) -> None:
    pq.write_table(pa.table({"path": ["0.png"], "label": ["red"]}), tmp_path / "list.csv")
    source = open_source(data_entry("manifest", tmp_path / "list.csv"), seed=0)
    assert [sample.id for sample in source.samples()] == ["0.png"]
    (tmp_path / "list.parquet").write_text(TABLE)
    assert "list.parquet cannot be read as Parquet: it does not begin as Parquet does" in refused(
        data_entry("manifest", tmp_path / "list.parquet")
    )


PICTURES = [{"bytes": b"x", "path": "0.png"}]
PARQUET: dict[str, tuple[dict[str, Any], str]] = {
    "structs as Hugging Face writes them": ({"path": PICTURES, "label": [1]}, "the column path holds structs of bytes, path, as Hugging Face puts pictures into Parquet, and not paths"),
    "other structs": ({"path": [{"name": "0.png"}], "label": [1]}, "the column path holds structs of name, not text"),
    "lists": ({"path": ["0.png"], "label": [[1, 2]]}, "the column label holds lists, not text"),
    "bytes": ({"path": [b"x"], "label": [1]}, "the column path holds bytes, not text"),
    "another name and structs": ({"image": PICTURES, "label": [1]}, "there is no column path; did you mean"),
    "only structs": ({"image": PICTURES, "labels": [[1]]}, "image holds structs of bytes, path, as Hugging Face"),
    "another name": ({"file_name": ["0.png"], "text": ["x"]}, "there is no column path; known: file_name, text; name it in path_column"),
    "no label": ({"path": ["0.png"], "cls": ["x"]}, "there is no column label; known: cls, path; name it in label_column"),
}  # fmt: skip


@pytest.mark.parametrize("name", PARQUET)
def test_a_parquet_says_what_its_columns_hold(name: str, data_entry: Entry, tmp_path: Path) -> None:
    columns, says = PARQUET[name]
    pq.write_table(pa.table(columns), tmp_path / "list.parquet")
    message = refused(data_entry("manifest", tmp_path / "list.parquet"))
    assert says.replace("; did you mean", ";") in message


def test_missing_values_are_one_thing(data_entry: Entry, tmp_path: Path) -> None:
    texts = ["", "  ", "nan", "NaN", "NaT", "<NA>", "none", "NA", "rain"]
    (tmp_path / "list.csv").write_text(
        "path,label,weather\n" + "".join(f"{n}.png,x,{text}\n" for n, text in enumerate(texts))
    )
    numbers = pa.table({"path": ["a", "b", "c"], "label": ["x"] * 3, "year": [2024.0, None, float("nan")]})
    pq.write_table(numbers, tmp_path / "list.parquet")

    def of(name: str, column: str) -> list[str]:
        source = open_source(data_entry("manifest", tmp_path / name), seed=0)
        return [sample.metadata[column] for sample in source.samples()]

    assert of("list.csv", "weather") == [""] * 6 + ["none", "NA", "rain"]
    assert of("list.parquet", "year") == ["2024.0", "", ""]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_table_or_an_error_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with contextlib.suppress(DataError):  # any other error ends the test
        table = table_of(path)
        rows = list(table.rows())
        assert all(set(row) == set(table.columns) for _, row in rows)
        assert table.without("path").startswith("list.csv:")
