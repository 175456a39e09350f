"""The names of a model's classes: written in its entry, or one a line in a file; each must be there once."""

from __future__ import annotations

import codecs
from collections.abc import Sequence as Names
from pathlib import Path
from typing import Any, Final

from robustcheck.core.class_names import class_name, repeated
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location
from robustcheck.core.paths import path_as_typed, resolved
from robustcheck.core.read_files import Note
from robustcheck.core.regular_files import read_regular
from robustcheck.language.loader import MAX_BYTES
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, Scalar, Sequence, is_null, shown, what_is
from robustcheck.language.value_types import INVALID, Reading, Whole

MAX_CLASSES: Final = 100_000
NAMED: Final = 20
"""Names that are told where more stand twice."""
CURE: Final = (
    "give each class a name of its own, such as crane (bird) and crane (machine), or WordNet's ids, and say in labels: of "
    "configs/data.yaml how the data calls them"
)


class Classes:
    """The kind of ``classes``: names, a count, or the path of a file with one name a line."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a tuple of names, or the Scalar that holds a path."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node
        if isinstance(node, Scalar):
            count = Whole(2, MAX_CLASSES).read(name, node, reading)
            return INVALID if count is INVALID else tuple(map(str, range(count)))
        if not isinstance(node, Sequence):
            hint = "write a list of names, their number, or the path of a file with one name a line"
            return reading.add(node.where, Code.WRONG_SHAPE, f"{name} must not be {what_is(node)}", hint)
        found: list[tuple[str, Location]] = []
        for item in node.items:
            written = class_name(item.text) if isinstance(item, Scalar) else ""
            if written:
                found.append((written, item.where))
            else:
                reading.add(item.where, Code.WRONG_TYPE, f"a class name must be text, not {what_is(item)}")
        if len(node.items) < 2:
            return reading.add(node.where, Code.CLASS_NAMES, "a classifier has at least two classes")
        names, places = tuple(name for name, _ in found), [where for _, where in found]
        once = _once(names, places, "classes", reading)
        return names if once and len(names) == len(node.items) else INVALID

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        names = {"type": "array", "minItems": 2, "items": {"type": ["string", "number", "boolean"]}}
        return {"anyOf": [names, {"type": "integer", "minimum": 2}, {"type": "string", "minLength": 1}]}


class Label:
    """The kind of a class name: any scalar, as text."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the name in its composed form."""
        if not isinstance(node, Scalar) or is_null(node):
            return reading.add(node.where, Code.WRONG_TYPE, f"{name} must be a class name, not {what_is(node)}")
        return class_name(node.text)

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": ["string", "number", "boolean"]}


class Renaming:
    """The kind of ``labels``: from names of the data to names of classes."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a dict; what is wrong is left out after it is reported."""
        if not isinstance(node, MappingNode):
            return reading.add(node.where, Code.WRONG_SHAPE, f"{name} must be a mapping, not {what_is(node)}")
        found: dict[str, str] = {}
        places: dict[str, Location] = {}
        for key, value in node:
            label, read = class_name(key.text), Label().read(f"{name} of {shown(key.text)}", value, reading)
            if label in places:
                what = f"{shown(label)} is renamed twice, here and in line {places[label].line}"
                reading.add(
                    key.where, Code.DUPLICATE_KEY, what, "keep one: both are the same name in different characters"
                )
            elif read is not INVALID:
                found[label], places[label] = read, key.where
        return found

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "object", "additionalProperties": Label().schema()}


def names_of(written: Scalar, root: Path, configs: Path, reading: Reading, note: Note) -> Any:
    """Read class names from a file inside the project, one a line."""
    text = shown(written.text)
    try:
        path = resolved(configs / str(written.value))
        if not path.is_relative_to(resolved(root)):
            return reading.add(
                written.where, Code.OUTSIDE_PROJECT, f"classes leaves the project: {text}", "copy the file into it"
            )
        content = read_regular(path, MAX_BYTES)
        note(path, content)
        lines = content.decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        return reading.add(written.where, Code.CLASS_NAMES, f"there is no file {text} of at most 1 MB with class names")
    except OSError as error:
        return reading.add(
            written.where, Code.CLASS_NAMES, f"the class names in {text} cannot be read: {error.strerror}"
        )
    except UnicodeDecodeError as error:
        return reading.add(
            written.where, Code.CLASS_NAMES, f"the class names in {text} cannot be read as UTF-8 text", _saved(error)
        )
    except ValueError:
        return reading.add(written.where, Code.CLASS_NAMES, f"the class names in {text} cannot be read as UTF-8 text")
    found = [(name, number) for number, line in enumerate(lines, start=1) if (name := class_name(line))]
    names, file = tuple(name for name, _ in found), path_as_typed(path, root)
    if not _once(names, [Location(file, number, 1) for _, number in found], text, reading):
        return INVALID
    if len(names) < 2:
        return reading.add(
            written.where, Code.CLASS_NAMES, f"{text} holds {len(names)} class names, at least two are needed"
        )
    return names


def _once(names: Names[str], places: Names[Location], where: str, reading: Reading) -> bool:
    """Report every name that stands more than once, at its second place."""
    twice = repeated(names)
    for name, found in list(twice.items())[:NAMED]:
        lines = list(dict.fromkeys(places[place].line for place in found))
        listed = f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:NAMED]))}"
        reading.add(
            places[found[1]], Code.DUPLICATE_CLASS, f"the class {shown(name)} stands twice in {where} ({listed})", CURE
        )
    if len(twice) > NAMED:
        second = list(twice.values())[NAMED][1]
        reading.add(
            places[second], Code.DUPLICATE_CLASS, f"{len(twice) - NAMED} more classes stand twice in {where}", CURE
        )
    return not twice


def _saved(error: UnicodeDecodeError) -> str:
    """Say what the bytes are instead, as far as they say it themselves."""
    beginning = bytes(error.object[:4])
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in error.object[:64]:
        return "it is UTF-16; save it as UTF-8"
    line = error.object[: error.start].count(b"\n") + 1
    return (
        f"line {line} has the byte 0x{error.object[error.start]:02x}, as in Windows-1252 or Latin-1; save it as UTF-8"
    )
