"""File names that are no text, or no file name, neither end a run nor make it differ from machine to machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from robustcheck.core.errors import UnreadablePicture
from robustcheck.data import data_digest, open_source
from robustcheck.data.selection import select
from robustcheck.domain.config import DataEntry

Entry = Callable[..., DataEntry]
Draw = Callable[..., Path]


def test_names_of_bytes_that_are_no_unicode(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    original = draw(folder / "cat" / "a.png")
    try:
        original.rename(os.fsdecode(os.fsencode(original.parent) + b"/caf\xe9.png"))
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only Unicode")
    draw(folder / "cat" / "b.png")
    source = open_source(data_entry("imagefolder", folder), seed=0)
    samples = list(source.samples())
    assert [sample.id.isprintable() for sample in samples] == [True, True]
    assert len({sample.id.encode() for sample in samples}) == 2
    assert len(bytes.fromhex(data_digest(source, samples))) == 32
    assert select(samples, 1, seed=0) < {sample.id for sample in samples}
    assert [source.read(sample).shape for sample in samples] == [(3, 4, 3)] * 2


IMPOSSIBLE = {"NUL": "a\0b.png", "too long": "x" * 5000 + ".png", "a folder": ".", "through a file": "list.csv/a.png"}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_paths_that_no_file_can_have_are_unreadable_pictures(name: str, data_entry: Entry, tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_bytes(f"path,label\n{IMPOSSIBLE[name]},cat\n".encode())
    source = open_source(data_entry("manifest", table), seed=0)
    samples = list(source.samples())
    assert len(bytes.fromhex(data_digest(source, samples))) == 32
    assert source.content(samples[0]).startswith("unreadable: ")
    with pytest.raises(UnreadablePicture):
        source.read(samples[0])


def test_a_name_with_a_line_break_is_another_name(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    draw(folder / "cat" / "a\nb.png")
    draw(folder / "cat" / "a b.png")
    source = open_source(data_entry("imagefolder", folder), seed=0)
    samples = list(source.samples())
    assert len({sample.id for sample in samples}) == 2
    assert data_digest(source, samples) != data_digest(source, samples[:1])
