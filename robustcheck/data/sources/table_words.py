"""What a table is instead of the one that was expected, and what to do about it."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Any, Final

from robustcheck.core.errors import did_you_mean
from robustcheck.core.picture_files import READ_SUFFIXES, kind_of

UTF8: Final = "save it as CSV in UTF-8 (Excel: CSV UTF-8; pandas: to_csv without encoding)"
SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_LFS: Final = b"version https://git-lfs.github.com/spec/"


def instead_of_text(head: bytes) -> str:
    """Return what a file is by its first bytes, and what to do, where these cannot be text in UTF-8; empty if they can be.

    Args:
        head: The first few thousand bytes.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return f"it is UTF-32; {UTF8}"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_utf16(head):
        return f"it is UTF-16, as Excel's Unicode text and PowerShell's > write it; {UTF8}"
    if head.startswith(b"PK\x03\x04"):
        return f"it is an archive (zip), as Excel's .xlsx files are; {UTF8}"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return f"it is an Excel file (.xls); {UTF8}"
    if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf")):
        return "it is compressed; unpack it"
    if head.startswith(_LFS):
        return "it is a pointer of Git LFS, not the file itself; run git lfs pull"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "it is Arrow (Feather); write it as Parquet"
    if head.startswith(b"SQLite format 3"):
        return f"it is a SQLite database; {UTF8}"
    if head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "it is a web page, as a download that needs a login leaves; fetch the file again"
    kind = kind_of(head)
    if kind and kind != "netpbm":
        return f"it is a picture ({kind}); name the table that lists the pictures, or use kind: imagefolder"
    if head.lstrip()[:1] in (b"{", b"["):
        return f"it is JSON; {UTF8}, a row for each picture"
    return ""


def no_column(column: str, columns: Sequence[str]) -> str:
    """Return ``there is no column x``, with the one that is meant or all there are."""
    if not columns:
        return f"there is no column {column}, for the file has no first line with names of columns"
    return f"there is no column {column}; {did_you_mean(column, columns)}"


def instead_of_csv(head: Sequence[str], column: str) -> str:
    """Return what the first line is instead of one with names between commas, and what to do; empty if nothing is seen.

    Args:
        head: The values of the first line.
        column: That it lacks.
    """
    if not any(head):
        return ""
    line = ",".join(head)
    for separator, name in SEPARATORS.items():
        cells = [cell.strip(" \"'") for cell in line.split(separator)]
        if len(cells) > 1 and len(cells) > len(head) and not _are_paths(cells):
            return (
                f"; the values are separated by {name}, not by commas: save the table with commas (pandas: to_csv without sep), "
                "or read it by kind: python"
            )
        if len(cells) > len(head):
            return f"; the values are separated by {name}, not by commas, and {_headless(column)}"
    if _are_paths(head):
        return f"; {_headless(column)}"
    if len(head) > 1 and all(cell[:1] == cell[-1:] == "'" and len(cell) > 1 for cell in head):
        return "; the values stand in single quotes, which belong to the value in CSV: use double quotes, or none"
    if len(head) > 1 and any(cell[:1] in "“”„«" for cell in head if cell):
        return '; the values stand in typographic quotes, which belong to the value in CSV: use plain ones ("), or none'
    if len(head) == 1 and len(head[0].split()) > 1:
        return "; the values are separated by blanks, not by commas: save the table with commas"
    low = {name.casefold(): name for name in head}
    return f"; it is written {low[column.casefold()]}" if column.casefold() in low else ""


def uneven(values: Sequence[str], count: int) -> str:
    """Return what is wrong with a row that has more or fewer values than there are columns, and what to do."""
    told = f"there are {len(values)} values for {count} columns"
    line = ",".join(values)
    for separator, name in SEPARATORS.items():
        if len(values) < count <= len(line.split(separator)):
            return (
                f"{told}; here they are separated by {name}, not by commas as in the first line: use commas throughout"
            )
    return f"{told}; {'quote values with commas' if len(values) > count else 'write every value, an empty one too'}"


def nested(kind: Any) -> str:
    """Say what a column of Parquet holds that is neither text nor number, and what to do.

    Args:
        kind: Its type in Arrow.
    """
    from pyarrow import types

    if types.is_struct(kind):
        names = ", ".join(field.name for field in kind)
        if {"bytes", "path"} & {field.name for field in kind}:
            return (
                f"holds structs of {names}, as Hugging Face puts pictures into Parquet, and not paths: save the pictures as "
                "files and name them in a column of text, or read the table by kind: python"
            )
        return f"holds structs of {names}, not text: write the field that is meant into a column of its own"
    if types.is_map(kind):
        return "holds maps, not text: write the entry that is meant into a column of its own"
    if types.is_nested(kind):
        return (
            "holds lists, not text: a picture has one path and one label here, so write the one that counts into a column of "
            "its own"
        )
    return (
        "holds bytes, not text: if they are pictures, save them as files and name them in a column of text, or read the table "
        "by kind: python; if they are text, write them as such"
    )


def _headless(column: str) -> str:
    return f"the first line names a picture, not the columns: write the names above it, such as {column} for this one"


def _are_paths(cells: Sequence[str]) -> bool:
    """Whether one of the values looks like the path of a picture."""
    return any(cell.lower().endswith(tuple(READ_SUFFIXES)) for cell in cells)


def _is_utf16(head: bytes) -> bool:
    """Whether text in UTF-16 lacks its mark: every other byte of the first line is NUL."""
    start = head[:64]
    return len(start) > 3 and (not any(start[1::2]) or not any(start[::2])) and any(start)
