"""What a project does to its Pillow reaches no picture that is decoded here, in any thread."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageFile

from robustcheck.core.errors import UnreadablePicture
from robustcheck.images.decoding import decode

PIXELS = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)


def stored(kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "16-bit TIFF":
        tifffile.imwrite(stream, PIXELS.astype(np.uint16) * 257, photometric="rgb", compression="zlib")
    else:
        Image.fromarray(PIXELS).save(stream, kind)
    return stream.getvalue()


KINDS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "16-bit TIFF")


@pytest.fixture
def flipping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have another thread set the switch of truncated files all the time, as code of a model might."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    over = threading.Event()

    def flip() -> None:
        while not over.is_set():
            ImageFile.LOAD_TRUNCATED_IMAGES = not ImageFile.LOAD_TRUNCATED_IMAGES

    thread = threading.Thread(target=flip)
    thread.start()
    yield
    over.set()
    thread.join()


def reason(data: bytes) -> str:
    try:
        decode(data, "x")
    except UnreadablePicture as error:
        return error.reason
    return ""


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_is_unreadable_in_any_thread(kind: str, workers: int, flipping: None) -> None:
    whole = stored(kind)
    torn = [whole[: int(len(whole) * share)] for share in (0.3, 0.6, 0.9)]
    assert np.abs(decode(whole, "x").astype(int) - PIXELS).mean() < 60
    with ThreadPoolExecutor(workers) as pool:
        assert all(pool.map(reason, torn * 10))


@pytest.mark.parametrize("most", [1, None, 10**12])
def test_how_many_pixels_are_too_many_is_not_for_a_project_to_say(
    most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
    np.testing.assert_array_equal(decode(stored("PNG"), "x"), PIXELS)
    monkeypatch.setattr("robustcheck.images.decoding.MAX_PIXELS", 96 * 96 - 1)
    with pytest.raises(UnreadablePicture, match="96x96 pixels are more than 9215"):
        decode(stored("PNG"), "x")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_a_decoder_that_a_project_registers_decodes_nothing_here(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = decode(stored(kind), "x")
    data = stored(kind)
    monkeypatch.setattr(Image, "OPEN", {kind: (lambda *_: Image.new("RGB", (96, 96)), lambda _: True)})
    monkeypatch.setattr(Image, "open", lambda *_, **__: Image.new("RGB", (96, 96)))
    np.testing.assert_array_equal(decode(data, "x"), before)
