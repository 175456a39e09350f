"""What is lost between the camera and the model."""

from __future__ import annotations

import numpy as np

from robustcheck.shifts.imagenet_c.corruption import Picture, compressed, corruption


@corruption(synonyms=("low resolution", "mosaic", "blocky"))
def pixelate(image: Picture, ratio: float) -> Picture:
    """A low resolution enlarged: averaged to fewer pixels, then repeated; the enlarging follows imagecorruptions."""
    from PIL import Image

    height, width = image.shape[:2]
    few = (max(1, int(width * ratio)), max(1, int(height * ratio)))
    small = Image.fromarray(image).resize(few, Image.Resampling.BOX)
    return np.array(small.resize((width, height), Image.Resampling.NEAREST))


@corruption()
def jpeg_compression(image: Picture, quality: float) -> Picture:
    """A JPEG file of low quality, chroma halved both ways."""
    return compressed(image, int(quality))
