"""How a picture was stored, as far as that leaves something to decide when it becomes RGB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TURNED, _ALPHA, _SHEER, _GRAY, _DEEP, _USED = 1, 2, 4, 8, 16, 256


@dataclass(frozen=True, slots=True)
class Form:
    """What a stored picture was like.

    Attributes:
        turned: Whether its EXIF orientation is another than upright.
        alpha: Whether it says of each pixel how opaque it is, in a channel, a palette or by one colour.
        sheer: Whether any pixel is not opaque.
        gray: Whether it has one channel of brightness alone.
        deep: Whether it has 16 bits a channel.
        used: Bits that its greatest stored value needs, where it is deep; else 0.
    """

    turned: bool = False
    alpha: bool = False
    sheer: bool = False
    gray: bool = False
    deep: bool = False
    used: int = 0

    @property
    def code(self) -> int:
        """The same as one number, as records keep it."""
        flags = zip(
            (self.turned, self.alpha, self.sheer, self.gray, self.deep),
            (_TURNED, _ALPHA, _SHEER, _GRAY, _DEEP),
            strict=True,
        )
        return sum(flag for held, flag in flags if held) + self.used * _USED

    @classmethod
    def of(cls, code: int) -> Form:
        """Return the form that has a code."""
        turned, alpha, sheer, gray, deep = (bool(code & flag) for flag in (_TURNED, _ALPHA, _SHEER, _GRAY, _DEEP))
        return cls(turned, alpha, sheer, gray, deep, code // _USED)


PLAIN = Form()
"""An upright, opaque picture of colours with 8 bits a channel."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture and what it was before.

    Attributes:
        pixels: Shape (h, w, 3), uint8 RGB, contiguous.
        form: How it was stored.
    """

    pixels: NDArray[np.uint8]
    form: Form = PLAIN
