"""The perceptual hash is that of imagehash, and thumbnails correlate as Pearson says."""

from __future__ import annotations

import imagehash
import numpy as np
import pytest
from pictures_in_memory import Picture, scene
from PIL import Image

from robustcheck.data.sources.pixels import digest_of
from robustcheck.provenance.leaks.perceptual import PRINT, correlation, fingerprint, perceptual_hash

NOISE = np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)


@pytest.mark.parametrize("height", [1, 7, 32, 48, 333])
@pytest.mark.parametrize("width", [9, 32, 64, 500])
def test_the_hash_is_that_of_imagehash(height: int, width: int) -> None:
    """Equal bit by bit, since the picture is resampled by the same filter, Pillow's Lanczos."""
    for seed in range(10):
        pixels = scene(seed, height, width)
        if height > 1:  # a single row has frequencies of one direction only, the others are zero but for rounding
            assert f"{perceptual_hash(pixels):016x}" == str(imagehash.phash(Image.fromarray(pixels)))


def test_the_hash_of_noise_is_that_of_imagehash() -> None:
    assert f"{perceptual_hash(NOISE):016x}" == str(imagehash.phash(Image.fromarray(NOISE)))


def test_frequencies_that_are_not_there_are_no_ones() -> None:
    """Half black, half white: cosines of odd order along x with alternating signs, and a mean; all else is zero."""
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:, 16:] = 255
    row = f"{perceptual_hash(pixels):064b}"[:8]
    assert row == "10010001"
    assert perceptual_hash(pixels) & (2**56 - 1) == 0


def test_a_fingerprint() -> None:
    made = fingerprint(NOISE)
    assert made.shape == ()
    assert made.dtype == PRINT
    assert made["pixels"].tobytes().hex() == digest_of(NOISE)
    assert int(made["hash"]) == perceptual_hash(NOISE)
    assert not made["flat"]
    grey = np.full((32, 32, 3), 17, np.uint8)
    assert fingerprint(grey)["flat"]
    assert fingerprint(grey)["thumb"].tolist() == [4 * 17] * 256


CHECKERS = np.kron(np.indices((16, 16)).sum(0) % 2, np.ones((1, 1)))[..., None].repeat(3, 2).astype(np.uint8)
FLAT: dict[str, tuple[Picture, bool]] = {
    "one pixel": (np.full((1, 1, 3), 200, np.uint8), True),
    "a level of noise": ((NOISE % 2 + 100).astype(np.uint8), True),
    "checkers of neighbours": (np.tile(CHECKERS * 255, (2, 2, 1)), True),
    "two halves ten levels apart": (np.repeat([[[100] * 3], [[110] * 3]], 20, 0).astype(np.uint8), False),
    "a long line": (scene(3, 1, 4000), False),
}


@pytest.mark.parametrize("name", FLAT)
def test_what_is_flat(name: str) -> None:
    pixels, flat = FLAT[name]
    assert bool(fingerprint(pixels)["flat"]) == flat


def test_correlation_is_pearsons() -> None:
    rng = np.random.default_rng(1)
    left, right = (rng.integers(0, 1021, (20, 256), dtype=np.uint16) for _ in range(2))
    expected = [np.corrcoef(one, other)[0, 1] for one, other in zip(left, right, strict=True)]
    np.testing.assert_allclose(correlation(left, right), expected, atol=1e-12)
    np.testing.assert_allclose(correlation(left, left), 1)
    np.testing.assert_allclose(correlation(left, 1020 - left), -1)
