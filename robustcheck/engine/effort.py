"""How many passes through the model a case takes, counted from what it asks for: exact where each picture is looked at once."""

from __future__ import annotations

from dataclasses import dataclass

from robustcheck.attacks.passes import Passes


@dataclass(frozen=True, slots=True)
class Effort:
    """What a case takes.

    Attributes:
        prepared: Times that a picture is prepared and goes forward as it is.
        attack: Passes of the attack and of the checks of its sanity; ``None`` where the attack does not say.
        at_most: Whether pictures may leave the work early.
    """

    prepared: int
    attack: Passes | None
    at_most: bool

    @property
    def passes(self) -> Passes | None:
        """All passes; ``None`` where the attack does not say."""
        return None if self.attack is None else Passes(self.prepared) + self.attack
