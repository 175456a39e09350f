"""The tree of a YAML file, every part with its place: what the loader makes and the readers read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from robustcheck.core.errors import Location


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes:
        where: Place of its first character.
        text: The characters as written, without quotes.
        value: What YAML 1.2 (core schema) makes of them: ``str``, ``int``, ``float``, ``bool`` or ``None``.
        plain: Whether it was written without quotes and without a tag.
    """

    where: Location
    text: str
    value: str | int | float | bool | None
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    where: Location
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value; keys are scalars and unique by their text."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping, its entries in the order of the file."""

    where: Location
    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        """Iterate over keys and values."""
        return ((entry.key, entry.value) for entry in self.entries)

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a key, if there is one."""
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def get(self, key: str) -> Node | None:
        """Return the value of a key, if there is one."""
        entry = self.entry(key)
        return entry.value if entry else None


Node = Scalar | Sequence | Mapping


def is_null(node: Node) -> bool:
    """Whether nothing is written: an empty value, ``null`` or ``~``."""
    return isinstance(node, Scalar) and node.value is None


def plain_value(node: Node) -> Any:
    """Return the tree as dicts, lists and scalars, without places."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain_value(item) for item in node.items]
    return {key.text: plain_value(value) for key, value in node}


def kind_of(node: Node) -> str:
    """Name the kind of what stands there and nothing of its content, which may be that of a file that is no suite at all."""
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return "a boolean"
    return "a number" if isinstance(node.value, int | float) else "a text"


def what_is(node: Node) -> str:
    """Name what stands there, for messages: ``the number 5``, ``a list``, ``nothing``."""
    kind = kind_of(node)
    if not isinstance(node, Scalar) or node.value is None:
        return kind
    return f"{kind.replace('a', 'the', 1)} {shown(node.text)}"


def shown(text: str, longest: int = 60) -> str:
    """Return a word of the user's, printable on one line and not too long."""
    clean = "".join(char if char.isprintable() else "?" for char in text)
    return clean if len(clean) <= longest else clean[: longest - 3] + "..."


def sequence_of(node: Node) -> tuple[Node, ...]:
    """Return the items of a list, or the value itself as the only one."""
    return node.items if isinstance(node, Sequence) else (node,)
