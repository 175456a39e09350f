"""Tables that name pictures, as CSV and as Parquet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from robustcheck.core.errors import DataError
from robustcheck.data import open_source
from robustcheck.domain.config import DataEntry

Entry = Callable[..., DataEntry]
Draw = Callable[..., Path]


def rows(entry: DataEntry) -> list[tuple[str, str, dict[str, str]]]:
    return [(sample.id, sample.label, dict(sample.metadata)) for sample in open_source(entry, seed=0).samples()]


EXPECTED = [("in/1.png", "3", {"weather": "rain, heavy", "year": "2024"}), ("2.png", "5", {"weather": "", "year": "2025"})]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_become_samples(form: str, data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    path = tmp_path / f"list.{form}"
    if form == "csv":
        path.write_text(
            '\ufeff,path, label,weather,year\n0,in/1.png, 3,"rain, heavy",2024\n\n1,2.png,5,,2025\n', encoding="utf-8"
        )
    else:
        table = pa.table(
            {"path": ["in/1.png", "2.png"], "label": [3, 5], "weather": ["rain, heavy", None], "year": [2024, 2025],
             "jpeg": [b"1", b"2"], "box": [[1, 2], [3]]}
        )  # fmt: skip
        pq.write_table(table, path)
    draw(tmp_path / "in" / "1.png", 4)
    entry = data_entry("manifest", path)
    assert rows(entry) == EXPECTED
    source = open_source(entry, seed=0)
    assert source.columns == ("weather", "year")
    assert source.read(next(source.samples())).max() == 4
    told = () if form == "csv" else ("columns of list.parquet that hold neither text nor numbers: jpeg, box",)
    assert source.notes == told  # type: ignore[attr-defined]


def test_own_columns_folder_labels_and_backslashes(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("file,kind\nin\\1.png,n01\n", encoding="utf-8")
    draw(tmp_path / "pictures" / "in" / "1.png")
    options = {"path_column": "file", "label_column": "kind", "folder": tmp_path / "pictures"}
    entry = data_entry("manifest", tmp_path / "list.csv", options=options, labels={"n01": "cat"})
    assert rows(entry) == [("in/1.png", "cat", {})]
    source = open_source(entry, seed=0)
    assert source.read(next(source.samples())).shape == (3, 4, 3)


WRONG: dict[str, tuple[bytes, str]] = {
    "no path": (b"paht,label\na,b\n", r"list.csv:1: there is no column path; did you mean paht?; name it in path_column (configs/data.yaml:2:1)"),
    "no label": (b"path,class\na,b\n", r"list.csv:1: there is no column label; known: class, path; name it in label_column"),
    "semicolons": (b"path;label\na;b\n", "there is no column path"),
    "nothing": (b"", "list.csv:1: there is no column path"),
    "a column twice": (b"path,label,x,x\n", "list.csv:1: the column x stands twice"),
    "empty label": (b"path,label\na.png,cat\nb.png, \n", "list.csv:3: the column label is empty"),
    "empty path": (b"path,label\n,cat\n", "list.csv:2: the column path is empty"),
    "named twice": (b"path,label\na.png,cat\nb.png,cat\na.png,dog\n", "list.csv:4: the picture a.png is named twice"),
    "named twice by Unicode": ("path,label\n\u00fc.png,cat\nu\u0308.png,cat\n".encode(), "list.csv:3: the picture \u00fc.png is named twice"),
    "too many values": (b"path,label\na.png,cat,x\n", "list.csv:2: there are 3 values for 2 columns"),
    "too few values": (b'path,label,x\n"a\nb.png",cat\n', "list.csv:3: there are 2 values for 3 columns"),
    "not UTF-8": (b"path,label\n\xe4.png,cat\n", "list.csv cannot be read as CSV in UTF-8"),
    "UTF-16": ("path,label\n".encode("utf-16"), "list.csv cannot be read as CSV in UTF-8"),
    "open quote": (b'path,label\n"a.png,cat\n', "list.csv cannot be read as CSV in UTF-8: unexpected end of data"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_csv_that_is_wrong_says_where(name: str, data_entry: Entry, tmp_path: Path) -> None:
    content, said = WRONG[name]
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        rows(data_entry("manifest", tmp_path / "list.csv"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_parquet_that_is_wrong_says_where(data_entry: Entry, tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    entry = data_entry("manifest", path)
    with pytest.raises(DataError, match=r"the data set small has no file .*list\.parquet; correct its path"):
        rows(entry)
    path.write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(DataError, match=r"list\.parquet cannot be read as Parquet"):
        rows(entry)
    pq.write_table(pa.table({"path": ["a", "b"], "label": ["x", None]}), path)
    with pytest.raises(DataError, match=r"list\.parquet:row 2: the column label is empty"):
        rows(entry)
    damaged: Any = pa.table({"path": [f"{n}.png" for n in range(5000)], "label": ["x"] * 5000})
    pq.write_table(damaged, path)
    content = bytearray(path.read_bytes())
    content[100:2000] = b"\xff" * 1900
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"list\.parquet"):
        rows(entry)
