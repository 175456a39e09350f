"""How often a picture goes through the model at most, told before anything is attacked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Passes:
    """Passes of one picture, or of all pictures of a case.

    Attributes:
        forwards: Times that it goes forward through the model.
        backwards: Times that a gradient is taken back through it.
    """

    forwards: int
    backwards: int = 0

    def __add__(self, other: Passes) -> Passes:
        return Passes(self.forwards + other.forwards, self.backwards + other.backwards)

    def __mul__(self, times: int) -> Passes:
        return Passes(self.forwards * times, self.backwards * times)

    @property
    def both(self) -> int:
        """Forward and backward ones together."""
        return self.forwards + self.backwards


GRADIENT = Passes(1, 1)
"""A gradient step: one pass forward and one back."""


def passes_of(attack: Any, classes: int) -> Passes | None:
    """Return the passes of one picture that resists an attack; ``None`` where the attack does not say, or says nonsense.

    They are shown and counted on by nothing else, so that no attack of somebody's own fails by them.

    Args:
        attack: Says so by a method ``passes(classes)``, as all of ours do.
        classes: Of the model.
    """
    try:
        passes = attack.passes(classes)
    except Exception:
        return None
    return passes if isinstance(passes, Passes) else None
