"""The pictures of a page: each once, by its digest, as many as the page may weigh."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from robustcheck.report.pictures import StripPicture

BUDGET: Final = 16_000_000
"""Characters that all pictures of a page may take together."""
KEY: Final = 16


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of a strip, with the keys under which the page has its images.

    Attributes:
        about: What is known of it.
        shown: Key of the model's input in the case.
        clean: Key of the clean input; empty where there is none.
        difference: Key of the amplified difference; empty where there is none.
    """

    about: StripPicture
    shown: str
    clean: str
    difference: str

    @property
    def right(self) -> bool:
        """Whether the case's answer is the label."""
        return self.about.predicted == self.about.label

    @property
    def was_right(self) -> bool:
        """Whether the clean answer is the label; true where it is not known."""
        return self.about.clean_predicted in ("", self.about.label)


class Gallery:
    """Takes pictures until the budget is spent."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Begin with none."""
        self._budget = budget
        self._found: dict[str, str] = {}

    @property
    def pictures(self) -> Mapping[str, str]:
        """The pictures as ``data:`` addresses by their keys."""
        return self._found

    def take(self, contents: Iterable[bytes]) -> tuple[str, ...] | None:
        """Take pictures together, and return their keys; ``None`` where they no longer fit. What is empty has no key."""
        every = list(contents)
        keys = [hashlib.sha256(content).hexdigest()[:KEY] if content else "" for content in every]
        new = {
            key: "data:image/webp;base64," + base64.b64encode(content).decode()
            for key, content in zip(keys, every, strict=True)
            if key and key not in self._found
        }
        weight = sum(map(len, new.values()))
        if weight > self._budget:
            return None
        self._budget -= weight
        self._found.update(new)
        return tuple(keys)

    def strips(self, strips: Sequence[Sequence[StripPicture]]) -> list[list[Shown]]:
        """Take the strips of several cases, the first picture of each before the second of any."""
        taken: list[list[Shown]] = [[] for _ in strips]
        for place, one in _turns(strips):
            keys = self.take((one.shown, one.clean, one.difference))
            if keys:
                taken[place].append(Shown(one, *keys))
        return taken


def _turns(strips: Sequence[Sequence[StripPicture]]) -> Iterator[tuple[int, StripPicture]]:
    for turn in zip_longest(*strips):
        for place, one in enumerate(turn):
            if one is not None:
                yield place, one
