"""Folders of class folders: everything is listed, or told."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from robustcheck.core.errors import DataError, UnreadablePicture
from robustcheck.data import open_source
from robustcheck.domain.config import DataEntry

Entry = Callable[..., DataEntry]
Draw = Callable[..., Path]


def listed(entry: DataEntry) -> list[tuple[str, str]]:
    return [(sample.id, sample.label) for sample in open_source(entry, seed=0).samples()]


def test_pictures_of_any_depth_and_suffix_by_class_then_path(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    for name in ("b/x.PNG", "a/deep/er/1.jpg", "a/2.tiff", "a/2.bmp", "a/10.webp", "b/y.jpeg", "b/y.tif"):
        draw(tmp_path / "set" / name)
    expected = ["a/10.webp", "a/2.bmp", "a/2.tiff", "a/deep/er/1.jpg", "b/x.PNG", "b/y.jpeg", "b/y.tif"]
    source = open_source(data_entry("imagefolder", tmp_path / "set"), seed=0)
    assert [(sample.id, sample.label) for sample in source.samples()] == [(name, name[0]) for name in expected]
    assert (source.columns, source.notes) == ((), ())  # type: ignore[attr-defined]


def test_labels_are_renamed_and_pictures_read(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    path = draw(tmp_path / "set" / "n01" / "1.png", level=9)
    source = open_source(data_entry("imagefolder", tmp_path / "set", labels={"n01": "cat"}), seed=0)
    (sample,) = source.samples()
    assert sample.label == "cat"
    assert source.read(sample).tolist() == [[[9, 9, 9]] * 4] * 3
    first = source.content(sample)
    draw(path, level=10)
    again = open_source(data_entry("imagefolder", tmp_path / "set"), seed=0)
    assert again.content(sample) != first


def test_ids_and_labels_are_composed_unicode(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Müll")
    draw(tmp_path / "set" / apart / f"{apart}.png")
    entry = data_entry("imagefolder", tmp_path / "set")
    assert listed(entry) == [("Müll/Müll.png", "Müll")]
    source = open_source(entry, seed=0)
    assert source.read(next(source.samples())).shape == (3, 4, 3)


def test_what_is_left_out_is_told(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    draw(tmp_path / "set" / "a" / "1.png")
    for name in ("a/notes.txt", "a/more.txt", "a/1.xml", "a/._1.png", "a/.DS_Store", "a/README", "list.csv"):
        (tmp_path / "set" / name).write_text("x")
    (tmp_path / "set" / ".cache").mkdir()
    source = open_source(data_entry("imagefolder", tmp_path / "set"), seed=0)
    assert [sample.id for sample in source.samples()] == ["a/1.png"]
    assert source.notes == (  # type: ignore[attr-defined]
        "5 files of small are no pictures and were left out: 2 .txt, 1 .csv beside the class folders, 1 .xml, 1 README",
        "3 files and folders of small that systems make or hide were left out: 1 .DS_Store, 1 ._*, 1 .cache/",
    )


def test_links_are_followed_once_and_loops_end(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    root, outside = tmp_path / "set", tmp_path / "outside"
    draw(root / "a" / "1.png")
    draw(outside / "2.png")
    try:
        (root / "a" / "inner").symlink_to(outside, target_is_directory=True)
        (root / "a" / "loop").symlink_to(root / "a", target_is_directory=True)
        (root / "a" / "up").symlink_to(root, target_is_directory=True)
        (root / "b").symlink_to(outside, target_is_directory=True)
        (root / "whole").symlink_to(root, target_is_directory=True)
        (outside / "self").symlink_to(outside, target_is_directory=True)
        (root / "a" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    except OSError:
        pytest.skip("no links on this file system")
    source = open_source(data_entry("imagefolder", root), seed=0)
    samples = {sample.id: sample for sample in source.samples()}
    assert list(samples) == ["a/1.png", "a/gone.png", "a/inner/2.png", "b/2.png"]
    assert source.notes == (  # type: ignore[attr-defined]
        "5 links of small lead to folders that are listed already and were not followed, such as a/inner/self",
    )
    with pytest.raises(UnreadablePicture, match=r"a/gone\.png: it is a link that leads to no file"):
        source.read(samples["a/gone.png"])
    assert source.content(samples["a/gone.png"]).startswith("unreadable: ")


def test_a_folder_that_is_missing_flat_or_empty(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"configs/data\.yaml:2:1: the data set small has no folder .*absent"):
        open_source(data_entry("imagefolder", tmp_path / "absent"), seed=0)
    (tmp_path / "set" / "a").mkdir(parents=True)
    with pytest.raises(DataError, match="set/ has no class folder with a picture in it; a picture must lie"):
        listed(data_entry("imagefolder", tmp_path / "set"))
    draw(tmp_path / "set" / "flat.png")
    with pytest.raises(DataError, match=r"1 \.png beside the class folders"):
        listed(data_entry("imagefolder", tmp_path / "set"))


def test_a_folder_that_cannot_be_read_is_an_error(
    data_entry: Entry, draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path / "set" / "a" / "1.png")
    draw(tmp_path / "set" / "a" / "locked" / "2.png")
    original = os.scandir

    def scandir(path: str) -> object:
        if os.fspath(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(
        DataError, match=r"configs/data\.yaml:2:1: the folder .*locked cannot be read: Permission denied"
    ):
        listed(data_entry("imagefolder", tmp_path / "set"))


def test_a_limit_of_the_call_overrides_the_entrys(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    for number in range(6):
        draw(tmp_path / "set" / "ab"[number % 2] / f"{number}.png")
    entry = data_entry("imagefolder", tmp_path / "set", limit=4)
    assert len(listed(entry)) == 4
    assert len(list(open_source(entry, seed=0, limit=2).samples())) == 2
    source = open_source(entry, seed=0, limit=100)
    assert len(list(source.samples())) == 6
    assert source.notes == ()  # type: ignore[attr-defined]
