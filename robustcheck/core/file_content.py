"""What a file is by its first bytes, for files that are not what their reader wants: what happened, and what to do about it."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

LOOK: Final = 512
"""Bytes that are looked at."""
_AGAIN: Final = "download it again"
_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x1f\x8b", "a gzip file: unpack it (gunzip, or tar -xzf)"),
    (b"BZh", "a bzip2 file: unpack it"),
    (b"\xfd7zXZ\x00", "an xz file: unpack it"),
    (b"\x28\xb5\x2f\xfd", "a zstd file: unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it"),
    (b"Rar!", "a RAR archive: unpack it"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"PK\x03\x04", "a zip archive (weights of torch.save and .pt2 programs are such)"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a compiled library"),
    (b"MZ", "a Windows program"),
)


def content_of(start: bytes) -> str:
    """Say what a file is, and what to do where it stands in for another.

    Args:
        start: Its first bytes, ``LOOK`` of them or all.

    Returns:
        Words that follow "it is", such as ``a Git LFS pointer: run git lfs pull``; empty where nothing is known.
    """
    if not start:
        return f"an empty file: {_AGAIN}"
    if not start.strip(b"\x00"):
        return f"a file of zeros, perhaps of a copy that broke off: {_AGAIN}"
    if start.startswith(b"version https://git-lfs.github.com/spec/"):
        return "a Git LFS pointer, not the file itself: run git lfs pull"
    if re.match(rb"(/annex/objects/|(\.\./)*\.git/annex/objects/)", start):
        return "a git-annex pointer, not the file itself: run git annex get"
    for magic, what in _MAGIC:
        if start.startswith(magic):
            return what
    return _binary(start) or _text(start)


def stands_in(start: bytes) -> str:
    """Say what a file is where no reader could want it: a pointer, a page, an error, nothing at all; else empty."""
    what = content_of(start)
    return what if any(word in what for word in ("pointer", "HTML", "XML error", "empty file", "of zeros")) else ""


def named(path: PurePath, start: bytes) -> str:
    """Return ``FILE is WHAT``, or nothing where it is not known what the file is."""
    what = content_of(start)
    return f"{path.name} is {what}" if what else ""


def _binary(start: bytes) -> str:
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "a WebP picture"
    if start[4:8] == b"ftyp":
        return (
            "a HEIF or AVIF picture" if start[8:12] in (b"heic", b"heix", b"mif1", b"avif", b"msf1") else "an MP4 film"
        )
    if start[4:8] == b"TFL3":
        return "a TensorFlow Lite model"
    if start[257:262] == b"ustar":
        return "a tar archive: unpack it (tar -xf)"
    if len(start) > 9 and start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 1 << 32:
        return "a safetensors file: name it .safetensors"
    if re.match(rb"\x08[\x01-\x20]\x12.{0,3}(pytorch|onnx|tf2onnx|keras|skl)", start, re.DOTALL):
        return "an ONNX model"
    if re.match(rb"\x80[\x02-\x05]", start):
        return "a pickle"
    return ""


def _text(start: bytes) -> str:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text in UTF-16"
    lower = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if lower.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or (lower[:1] == b"<" and b"<html" in lower):
        return f"an HTML page, perhaps a login or error page: {_AGAIN}"
    if lower.startswith((b"<?xml", b"<error")) and b"<error" in lower:
        return f"an XML error of a storage server: {_AGAIN}"
    if lower.startswith((b"<?xml", b"<svg")):
        return "an SVG drawing" if b"<svg" in lower else "an XML file"
    try:
        text = start.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The look may end within a character.
        if error.start < len(start) - 3 or len(start) < LOOK:
            return ""
        text = start[: error.start].decode("utf-8-sig")
    if any(ord(character) < 32 and character not in "\t\r\n\f\v" for character in text):
        return ""
    if not text.strip():
        return f"an empty file (white space alone): {_AGAIN}"
    return "JSON, perhaps an error of a server" if text.lstrip()[0] in "{[" else "text"
