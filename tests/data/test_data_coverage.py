"""A test set never shrinks without a word: what is a picture is known by content, what is left out is told."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robustcheck.core.errors import DataError, UnreadablePicture
from robustcheck.data import alike, data_digest, open_source
from robustcheck.domain.config import DataEntry
from robustcheck.provenance.card_draft import draft_card

Entry = Callable[..., DataEntry]
Draw = Callable[..., Path]


def picture(kind: str = "PNG", level: int = 7) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((3, 4, 3), level, np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def listed(entry: DataEntry) -> tuple[list[str], tuple[str, ...]]:
    source = open_source(entry, seed=0)
    return [sample.id for sample in source.samples()], source.notes  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "left",
    [
        "@eaDir/0.png/SYNOPHOTO_THUMB_XL.jpg",
        "#recycle/1.png",
        "$RECYCLE.BIN/1.png",
        ".thumbnails/1.png",
        "__MACOSX/._1.png",
        ".Trash-1000/files/1.png",
        "lost+found/1.png",
        "System Volume Information/1.png",
        ".ipynb_checkpoints/0-checkpoint.png",
        "deep/@eaDir/1.png",
        "._0.png",
        "Thumbs.db",
    ],
)
@pytest.mark.parametrize("above", ["", "red/"])
def test_what_systems_make_is_left_out_and_told(
    left: str, above: str, data_entry: Entry, draw: Draw, tmp_path: Path
) -> None:
    draw(tmp_path / "set" / "red" / "0.png")
    draw(tmp_path / "set" / "deep" / "0.png")
    put(tmp_path / "set" / above / left, picture())
    ids, notes = listed(data_entry("imagefolder", tmp_path / "set"))
    assert ids == ["deep/0.png", "red/0.png"]
    (note,) = notes
    assert note.startswith("1 files and folders of small that systems make or hide were left out: 1 ")


def test_a_card_draft_counts_none_of_it(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    draw(tmp_path / "set" / "red" / "0.png")
    put(tmp_path / "set" / "red" / "@eaDir" / "0.png" / "SYNOPHOTO_THUMB_XL.jpg", picture())
    card: dict[str, Any] = draft_card(
        open_source(data_entry("imagefolder", tmp_path / "set"), seed=0), name="s", description=""
    )
    assert card["recordSet"][0]["data"] == [{"classes/name": "red", "classes/count": 1}]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("0.jfif", "JPEG"), ("0.jpe", "JPEG"), ("0.PJPEG", "JPEG"), ("0.dib", "BMP"), ("0", "PNG"), ("0.png.bak", "PNG"),
     ("0.dat", "TIFF"), ("0.image", "WEBP"), ("0.gif", "PNG"), ("0.heic", "JPEG"), ("0.txt", "PNG")],
)  # fmt: skip
def test_what_can_be_read_is_read_by_content(
    name: str, kind: str, data_entry: Entry, draw: Draw, tmp_path: Path
) -> None:
    put(tmp_path / "set" / "red" / name, picture(kind))
    source = open_source(data_entry("imagefolder", tmp_path / "set"), seed=0)
    (sample,) = source.samples()
    assert sample.id == f"red/{name}"
    assert abs(int(source.read(sample).max()) - 7) <= 2
    assert source.notes == ()  # type: ignore[attr-defined]


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
REFUSED = {
    "0.gif": (picture("GIF"), "GIF"),
    "gif without suffix": (picture("GIF"), "GIF"),
    "0.jpg": (HEIC, "HEIC"),
    "0.heic": (HEIC, "HEIC"),
    "0.psd": (b"8BPS\0\1" + bytes(40), "Photoshop"),
    "0.svg": (b"<svg></svg>", "SVG"),
    "0.cr2": (picture("TIFF"), "camera raw"),
    "0.raw": (b"sensor", "camera raw"),
    "0.ppm": (picture("PPM"), "netpbm"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_kinds_of_pictures_count_as_unreadable_by_name(
    name: str, data_entry: Entry, draw: Draw, tmp_path: Path
) -> None:
    content, kind = REFUSED[name]
    draw(tmp_path / "set" / "red" / "1.png")
    put(tmp_path / "set" / "red" / name, content)
    source = open_source(data_entry("imagefolder", tmp_path / "set"), seed=0)
    samples = {sample.id: sample for sample in source.samples()}
    assert set(samples) == {f"red/{name}", "red/1.png"}
    with pytest.raises(UnreadablePicture, match=f"it is a picture of the kind {kind}, which is not read; convert it"):
        source.read(samples[f"red/{name}"])
    if name != "0.jpg":  # named as one that is read, so that only reading tells
        assert source.notes == (  # type: ignore[attr-defined]
            f"1 picture of small of kinds that are not read count as unreadable: 1 {kind}",
        )


def test_a_table_names_them_too(data_entry: Entry, tmp_path: Path) -> None:
    put(tmp_path / "0.png", picture("GIF"))
    put(tmp_path / "list.csv", b"path,label\n0.png,red\n")
    source = open_source(data_entry("manifest", tmp_path / "list.csv"), seed=0)
    with pytest.raises(UnreadablePicture, match="of the kind GIF"):
        source.read(next(source.samples()))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"red/0.gif": picture("GIF"), "red/1.gif": picture("GIF")}, r"red \(2 GIF\)"),
        ({"red/0.heic": HEIC, "red/1.psd": b"8BPS\0\1"}, r"red \(1 HEIC, 1 Photoshop\)"),
        ({"red/notes.txt": b"x"}, r"red \(nothing\)"),
        ({"red/.thumbnails/0.png": picture()}, r"red \(nothing\)"),
        ({"red/@eaDir/0.png": picture(), "blue/x.csv": b"a,b"}, r"blue \(nothing\) or red \(nothing\)"),
    ],
)
def test_a_class_without_a_picture_fails(
    files: dict[str, bytes], says: str, data_entry: Entry, draw: Draw, tmp_path: Path
) -> None:
    draw(tmp_path / "set" / "green" / "0.png")
    for name, content in files.items():
        put(tmp_path / "set" / name, content)
    with pytest.raises(
        DataError,
        match=rf"configs/data\.yaml:2:1: the data has no picture of the class {says} that can be read in small;",
    ):
        listed(data_entry("imagefolder", tmp_path / "set"))


def test_what_cannot_be_looked_at_is_listed(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    draw(tmp_path / "set" / "red" / "0.png")
    os.mkfifo(tmp_path / "set" / "red" / "pipe")
    (tmp_path / "set" / "red" / "broken").symlink_to(tmp_path / "nowhere")
    ids, notes = listed(data_entry("imagefolder", tmp_path / "set"))
    assert ids == ["red/0.png", "red/broken"]
    assert notes == ("1 files of small are no pictures and were left out: 1 pipe",)


def test_two_folders_of_one_name_are_no_two_classes(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    draw(tmp_path / "set" / "ros\u00e9" / "0.png")
    draw(tmp_path / "set" / "rose\u0301" / "0.png")
    if len(list((tmp_path / "set").iterdir())) < 2:
        pytest.skip("this disk keeps one form of Unicode")
    with pytest.raises(DataError, match=r"the folders '\S+' and '\S+' of small are both the class ros\u00e9"):
        listed(data_entry("imagefolder", tmp_path / "set"))


def test_the_same_content_under_two_names_is_counted_and_told(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    for name, level in (("a/0.png", 1), ("a/1.png", 1), ("a/2.png", 2), ("b/0.png", 1), ("b/1.png", 3)):
        draw(tmp_path / "set" / name, level)
    source = open_source(data_entry("imagefolder", tmp_path / "set"), seed=0)
    samples = list(source.samples())
    assert len(data_digest(source, samples)) == 64
    same, other = alike(source, samples)
    assert same.startswith("2 pictures of small with the very content of another one, such as a/1.png and a/0.png:")
    assert other.startswith(
        "1 picture of small with the very content of one that has another label, such as b/0.png (b) and"
    )
    assert list(alike(source, [sample for sample in samples if sample.id in ("a/0.png", "a/2.png", "b/1.png")])) == []
