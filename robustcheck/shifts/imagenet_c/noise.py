"""Noise of each value by itself. All four draw as imagecorruptions does, which here is as the original does."""

from __future__ import annotations

import numpy as np

from robustcheck.shifts.imagenet_c.corruption import Picture, Values, corruption, truncated


@corruption(synonyms=("grain", "thermal noise"))
def gaussian_noise(image: Picture, rng: np.random.Generator, sigma: float) -> Picture:
    """Noise of a sensor in low light: normal, the same at every brightness."""
    noise: Values = rng.standard_normal(image.shape, dtype=np.float32)
    noise *= np.float32(255 * sigma)
    noise += image
    return truncated(noise)


@corruption(synonyms=("multiplicative noise",))
def speckle_noise(image: Picture, rng: np.random.Generator, sigma: float) -> Picture:
    """Noise in proportion to the value: brighter is noisier."""
    noise: Values = rng.standard_normal(image.shape, dtype=np.float32)
    noise *= np.float32(sigma)
    noise += 1
    noise *= image
    return truncated(noise)


@corruption(synonyms=("poisson noise", "photon noise"))
def shot_noise(image: Picture, rng: np.random.Generator, photons: float) -> Picture:
    """Light comes in photons: Poisson counts, few of them at white."""
    expected = (np.arange(256) / 255.0 * photons)[image]
    levels = np.minimum(np.arange(photons + 1) / photons, 1) * 255
    counts = rng.poisson(expected)
    return levels.astype(np.uint8)[np.minimum(counts, len(levels) - 1)]


@corruption(synonyms=("salt and pepper", "dead pixels", "hot pixels", "defective pixels"))
def impulse_noise(image: Picture, rng: np.random.Generator, amount: float) -> Picture:
    """Salt and pepper: a share of the values becomes black or white, each channel by itself."""
    struck = rng.random(image.shape) <= amount
    white = rng.random(image.shape) <= 0.5
    salted: Picture = np.where(struck, white.view(np.uint8) * np.uint8(255), image)
    return salted
