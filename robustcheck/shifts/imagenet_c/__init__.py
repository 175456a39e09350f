"""The nineteen corruptions of ImageNet-C, each at five severities, on the model's input picture.

Source: D. Hendrycks & T. Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, ICLR 2019. Where the authors' script and the maintained package ``imagecorruptions-imaug`` 1.1.5 differ,
each function says which it follows. The last four (speckle noise, Gaussian blur, spatter, saturate) are the
benchmark's validation set and do not count in its mean corruption error.
"""

from robustcheck.shifts.imagenet_c import blur, colour, digital, elastic, frost, glass, noise, spatter, weather

__all__ = ["blur", "colour", "digital", "elastic", "frost", "glass", "noise", "spatter", "weather"]
