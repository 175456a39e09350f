"""What a file is by its first bytes, held against files that their own writers made."""

from __future__ import annotations

import gzip
import io
import pickle
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save

from robustcheck.core.errors import UnreadablePicture
from robustcheck.core.file_content import LOOK, content_of, stands_in
from robustcheck.core.strict_json import NotStrict, parse_object
from robustcheck.images.decoding import decode

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 1\n"


def picture(form: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, form)
    return buffer.getvalue()


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a", "b")
    return buffer.getvalue()


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        file.addfile(tarfile.TarInfo("a"), io.BytesIO())
    return buffer.getvalue()


WRITTEN: dict[str, Callable[[], bytes]] = {
    "a PNG picture": lambda: picture("PNG"),
    "a JPEG picture": lambda: picture("JPEG"),
    "a GIF picture": lambda: picture("GIF"),
    "a WebP picture": lambda: picture("WEBP"),
    "a BMP picture": lambda: picture("BMP"),
    "a TIFF picture": lambda: picture("TIFF"),
    "a zip archive": archive,
    "a tar archive": tar,
    "a gzip file": lambda: gzip.compress(b"x"),
    "a pickle": lambda: pickle.dumps([1, 2, 3], protocol=4),
    "a safetensors file": lambda: save({"w": torch.zeros(2)}),
    "JSON": lambda: b'{"error": 404}',
    "text in UTF-16": lambda: "path,label".encode("utf-16"),
    "text": lambda: "rosé ".encode() * 200,
    "an HTML page": lambda: b"\n<!-- x -->\n<HTML><body>Sign in",
    "an XML error": lambda: b"<?xml version='1.0'?>\n<Error><Code>NoSuchKey</Code></Error>",
    "a Git LFS pointer": lambda: LFS,
    "a git-annex pointer": lambda: b"/annex/objects/SHA256E-s1--aa.png\n",
    "an empty file": lambda: b"",
    "a file of zeros": lambda: b"\0" * 64,
}


@pytest.mark.parametrize("what", WRITTEN)
def test_files_are_known_by_their_first_bytes(what: str) -> None:
    assert content_of(WRITTEN[what]()[:LOOK]).startswith(what)


@pytest.mark.parametrize(
    "what", ["a Git LFS pointer", "an HTML page", "an XML error", "an empty file", "a file of zeros"]
)
def test_what_stands_in_for_any_file(what: str) -> None:
    assert stands_in(WRITTEN[what]()).startswith(what)


@pytest.mark.parametrize("what", ["a PNG picture", "a zip archive", "a pickle", "a safetensors file", "text", "JSON"])
def test_what_some_reader_wants_stands_in_for_nothing(what: str) -> None:
    assert stands_in(WRITTEN[what]()) == ""


@given(st.binary(max_size=LOOK))
def test_any_bytes_have_an_answer_of_one_line(start: bytes) -> None:
    assert "\n" not in content_of(start)


@pytest.mark.parametrize("what", ["a Git LFS pointer", "an HTML page", "a gzip file", "a zip archive", "a pickle"])
def test_a_picture_that_is_something_else_is_named(what: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(WRITTEN[what]())
    with pytest.raises(UnreadablePicture, match=f"; it is {what}"):
        decode(tmp_path / "a.png", "a.png")
    (tmp_path / "b.png").write_bytes(picture("PNG"))
    assert np.array_equal(decode(tmp_path / "b.png", "b.png"), np.zeros((4, 4, 3), np.uint8))


STAND_INS = {
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 5\n", "git lfs pull"),
    "a page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML"),
    "zeros": (bytes(64), "a file of zeros"),
}


@pytest.mark.parametrize("kind", STAND_INS)
def test_what_stands_in_for_evidence_is_named(kind: str) -> None:
    content, says = STAND_INS[kind]
    with pytest.raises(NotStrict, match=re.escape(says)):
        parse_object(content)


def test_a_picture_in_place_of_evidence_is_named() -> None:
    with pytest.raises(NotStrict, match="it is a PNG picture"):
        parse_object(b"\x89PNG\r\n\x1a\n" + bytes(20))
