"""Pictures are known by their first bytes: those of Pillow's writers and of hand-made heads of what it does not write."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from robustcheck.core.picture_files import HEAD, READ, REFUSED, SUFFIXES, is_read, kind_of, left_behind, refused_kind

WRITTEN = {
    "PNG": "PNG",
    "JPEG": "JPEG",
    "WEBP": "WebP",
    "BMP": "BMP",
    "TIFF": "TIFF",
    "GIF": "GIF",
    "AVIF": "AVIF",
    "JPEG2000": "JPEG 2000",
    "PPM": "netpbm",
    "ICO": "icon",
    "DDS": "DirectDraw",
    "PCX": "PCX",
    "SGI": "SGI",
    "ICNS": "icon",
}
HEADS = {
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic"),
    "AVIF": (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"),
    "JPEG XL": (b"\xff\x0a\xfa\x7f", b"\0\0\0\x0cJXL \r\n\x87\n"),
    "Photoshop": (b"8BPS\0\1", b"8BPS\0\2"),
    "SVG": (
        b'<svg xmlns="http://www.w3.org/2000/svg">',
        b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg width="3">',
        b"\xef\xbb\xbf  <!DOCTYPE svg PUBLIC><svg>",
    ),
    "camera raw": (
        b"II*\0\x10\0\0\0CR\2\0",
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
        b"FUJIFILMCCD-RAW 0201",
        b"IIU\0\x18\0\0\0",
        b"IIRO\x08\0\0\0",
    ),
    "DICOM": (bytes(128) + b"DICM\2\0",),
    "OpenEXR": (b"\x76\x2f\x31\x01\2\0\0\0",),
    "Radiance HDR": (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe",),
    "FITS": (b"SIMPLE  =                    T",),
}
NO_PICTURES = {
    "text": b"BMW,red\nBMX,blue\n",
    "table": b"path,label\na.png,red\n",
    "annotation": b'<?xml version="1.0"?><annotation><folder>red</folder></annotation>',
    "page": b"<!doctype html><html><body>",
    "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "film": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41",
    "array": b"\x93NUMPY\1\0v\0{'descr': '|u1'}",
    "archive": b"PK\3\4\x14\0",
    "document": b"%PDF-1.7",
    "sound": b"RIFF\0\0\0\0WAVEfmt ",
    "nothing": b"",
    "P1 in words": b"P1-report of the month",
}


def stored(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((64, 64, 3), 99, np.uint8)).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_pillow_writes_is_known(kind: str) -> None:
    try:
        content = stored(kind)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow does not write {kind}")
    found = kind_of(content[:HEAD])
    assert found == WRITTEN[kind]
    assert refused_kind(content, "x") == ("" if found in READ else found)


@pytest.mark.parametrize(("kind", "head"), [(kind, head) for kind, heads in HEADS.items() for head in heads])
def test_what_pillow_does_not_write_is_known(kind: str, head: bytes) -> None:
    assert kind_of(head) == kind
    assert kind in REFUSED
    assert refused_kind(head, "picture.jpg") == kind


@pytest.mark.parametrize("name", NO_PICTURES)
def test_other_files_are_no_pictures(name: str) -> None:
    assert kind_of(NO_PICTURES[name]) == ""


@given(st.binary(max_size=400), st.sampled_from(["x.png", "x.cr2", "x"]))
def test_any_bytes_have_an_answer(content: bytes, name: str) -> None:
    kind = refused_kind(content, name)
    assert kind == "" or kind in REFUSED
    assert kind_of(content) in {"", *READ, *REFUSED}


@pytest.mark.parametrize(
    ("arguments", "raw"),
    [
        ({}, False),
        ({"byteorder": ">"}, False),
        ({"bigtiff": True}, False),
        ({"planarconfig": "separate"}, False),
        ({"extratags": [(50706, 1, 4, (1, 4, 0, 0))]}, True),
        ({"byteorder": ">", "extratags": [(50706, 1, 4, (1, 4, 0, 0))]}, True),
        ({"subfiletype": 1}, True),
        ({"subfiletype": 1, "byteorder": ">"}, True),
        ({"subfiletype": 2}, False),
    ],
)
def test_a_raw_file_is_no_tiff(arguments: dict[str, object], raw: bool, tmp_path: Path) -> None:
    """DNG, NEF and ARW begin as a TIFF whose first picture is a thumbnail of the real one."""
    path = tmp_path / "x.tif"
    pixels = np.zeros((3, 8, 8) if "planarconfig" in arguments else (8, 8, 3), np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", metadata=None, **arguments)  # type: ignore[arg-type]
    assert (refused_kind(path.read_bytes(), "x.tif") == "camera raw") is raw
    assert refused_kind(path.read_bytes(), "x.NEF") == "camera raw"


def test_a_tiff_whose_directory_leads_nowhere_is_left_to_the_decoder() -> None:
    assert refused_kind(struct.pack("<2sHI", b"II", 42, 0xFFFFFFF0), "x.tif") == ""


def test_suffixes_are_told_apart() -> None:
    every = [suffix for suffixes in (*READ.values(), *REFUSED.values()) for suffix in suffixes]
    assert len(every) == len(set(every)) == len(SUFFIXES)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in every)
    assert is_read("PNG")
    assert not is_read("GIF")


@pytest.mark.parametrize(
    "name",
    ["@eaDir", "#recycle", "$RECYCLE.BIN", "$Recycle.Bin", ".thumbnails", "__MACOSX", ".Trash", ".Trash-1000", ".Trashes",
     "lost+found", "System Volume Information", ".ipynb_checkpoints", ".git", "@Recycle", ".@__thumb", "#snapshot", "__pycache__"],
)  # fmt: skip
def test_folders_that_systems_make(name: str) -> None:
    assert left_behind(name, folder=True) == f"{name}/"


@pytest.mark.parametrize(
    "name", ["._x.png", "Thumbs.db", "thumbs.DB", ".DS_Store", "desktop.ini", "Icon\r", ".hidden.png", "~$list.xlsx"]
)
def test_files_that_systems_make(name: str) -> None:
    assert left_behind(name, folder=False)


@pytest.mark.parametrize(
    "name", ["red", "thumbnails", "recycle", "Trash", "eaDir", "recycled", "CVS", "cvs.png", "0.png", "stop sign"]
)
def test_what_somebody_put_there(name: str) -> None:
    assert [left_behind(name, folder=folder) for folder in (False, True)] == ["", ""]
