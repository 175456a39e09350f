"""The kinds of values the language knows. Each reads a node and writes its own JSON Schema.

The validator and the schema that completes words in an editor come from the same objects, so neither
can know a key or a range that the other does not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, Problem, did_you_mean
from robustcheck.core.parameter_text import quantity_typed
from robustcheck.core.units import SECONDS, UNITS, Quantity, parse_quantity
from robustcheck.language import advice
from robustcheck.language.key_advice import meant_key, meant_word, needed
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, Scalar, Sequence, is_null, shown, what_is

INVALID: Final[Any] = object()
"""What a kind returns after it has reported a problem."""

VARIABLE: Final = {"$ref": "#/definitions/variable"}
NUMBER: Final = r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"


@dataclass(slots=True)
class Reading:
    """What is gathered while one file is read.

    Attributes:
        problems: Everything wrong so far.
        classes: Class names of the suite's model; ``None`` while it is unknown.
        model: The model's name, for messages.
        notes: What a report must say loudly.
        black_box: Whether the suite's model has no gradients.
        values: Numbers of a picture as the model sees it; 0 while it is unknown.
    """

    problems: list[Problem] = field(default_factory=list)
    classes: tuple[str, ...] | None = None
    model: str = ""
    notes: list[str] = field(default_factory=list)
    black_box: bool = False
    values: int = 0

    def add(self, where: Location, code: Code, what: str, hint: str = "") -> Any:
        """Report a problem; returns ``INVALID`` so that a reader can return it at once."""
        self.problems.append(Problem(where, code, what, hint))
        return INVALID


class Kind(Protocol):
    """One kind of value."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the value, or report what is wrong and return ``INVALID``."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft-07) of the values that ``read`` accepts."""


def number_text(number: float) -> str:
    """Return a number as a person writes it."""
    return f"{number:.12g}"


def within(low: float, high: float, unit: str) -> str:
    """Return a range in words: ``between -89deg and 89deg``, ``at least 1``."""
    if math.isinf(low) and math.isinf(high):
        return "a finite number"
    if math.isinf(high):
        return f"at least {quantity_typed(low, unit)}"
    if math.isinf(low):
        return f"at most {quantity_typed(high, unit)}"
    return f"between {quantity_typed(low, unit)} and {quantity_typed(high, unit)}"


def _bounds(low: float, high: float) -> dict[str, Any]:
    limits = {"minimum": low, "maximum": high}
    return {
        key: int(limit) if float(limit).is_integer() else limit for key, limit in limits.items() if math.isfinite(limit)
    }


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is not empty."""

    forbidden: str = ""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the text."""
        if not isinstance(node, Scalar):
            only = node.items[0] if isinstance(node, Sequence) and len(node.items) == 1 else None
            hint = f"write {shown(only.text)} without brackets" if isinstance(only, Scalar) else ""
            return reading.add(node.where, Code.WRONG_TYPE, f"{name} must be text, not {what_is(node)}", hint)
        if is_null(node):
            return reading.add(node.where, Code.EMPTY_VALUE, f"{name} is empty", "write text, or leave the key out")
        if not isinstance(node.value, str):
            hint = f'write "{shown(node.text)}" in quotes'
            return reading.add(node.where, Code.WRONG_TYPE, f"{name} must be text, not {what_is(node)}", hint)
        if not node.value.strip():
            return reading.add(node.where, Code.EMPTY_VALUE, f"{name} is empty", "write text, or leave the key out")
        return node.value

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Name:
    """An id that can stand in a pytest node id and on a command line."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the id."""
        text = Text().read(name, node, reading)
        if text is INVALID:
            return INVALID
        bad = next((part for part in ("::", "/", "[", "]", "\n") if part in text), None)
        if bad is None and (not text.isprintable() or text != text.strip()):
            bad = "a blank at an end or a character that cannot be printed"
        if bad is not None:
            what = f"the {name} {shown(text)} holds {'a line break' if bad == chr(10) else bad}"
            return reading.add(node.where, Code.UNUSABLE_NAME, what, "use letters, digits, - _ and .")
        return text

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "minLength": 1, "not": {"pattern": r"::|[/\[\]\n]"}}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""

    low: float = 0
    high: float = math.inf

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the number."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            hint = advice.written(advice.whole(node.text)) if isinstance(node, Scalar) else ""
            return reading.add(node.where, Code.WRONG_TYPE, f"{name} must be a whole number, not {what_is(node)}", hint)
        if not self.low <= value <= self.high:
            return reading.add(
                node.where,
                Code.OUT_OF_RANGE,
                f"{name} must be {within(self.low, self.high, '')}, not {shown(str(value))}",
            )
        return value

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"anyOf": [{"type": "integer", **_bounds(self.low, self.high)}, VARIABLE]}


@dataclass(frozen=True, slots=True)
class Flag:
    """``true`` or ``false``."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the boolean."""
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        word = node.text.lower() if isinstance(node, Scalar) else ""
        hint = {"yes": "write true", "on": "write true", "no": "write false", "off": "write false"}.get(word, "")
        return reading.add(node.where, Code.WRONG_TYPE, f"{name} must be true or false, not {what_is(node)}", hint)

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"anyOf": [{"type": "boolean"}, VARIABLE]}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the word."""
        text = node.text if isinstance(node, Scalar) else None
        if text in self.words:
            return text
        if text is None or is_null(node):
            return reading.add(
                node.where, Code.UNKNOWN_WORD, f"{name} must be one of {', '.join(self.words)}, not {what_is(node)}"
            )
        return reading.add(
            node.where, Code.UNKNOWN_WORD, f"{name} cannot be {shown(text)}", meant_word(text, self.words)
        )

    def schema(self) -> dict[str, Any]:
        """Return the schema; a word that YAML reads as a number may stand without quotes."""
        values: list[Any] = list(self.words)
        values += [int(word) for word in self.words if re.fullmatch(r"0|-?[1-9]\d*", word)]
        return {"anyOf": [{"enum": values}, VARIABLE]}


@dataclass(frozen=True, slots=True)
class Known:
    """A name that must be registered or configured."""

    noun: str
    names: Callable[[], Iterable[str]]
    where_from: str = ""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the name."""
        text = Text().read(name, node, reading)
        if text is INVALID:
            return INVALID
        names = list(self.names())
        if text not in names:
            place = f" in {self.where_from}" if self.where_from else ""
            hint = did_you_mean(text, names) or f"there is no {self.noun} at all{place}"
            return reading.add(node.where, Code.UNKNOWN_ENTRY, f"there is no {self.noun} {shown(text)}{place}", hint)
        return text

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"enum": sorted(self.names())}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with a unit, or a plain one where the units hold the empty symbol."""

    units: tuple[str, ...]
    low: float = -math.inf
    high: float = math.inf

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a Quantity."""
        if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            try:
                quantity: Quantity | None = Quantity(float(node.value), "")
            except OverflowError:
                quantity = Quantity(math.inf, "")
        else:
            quantity = parse_quantity(node.value) if isinstance(node, Scalar) and isinstance(node.value, str) else None
        if quantity is None:
            hint = advice.written(advice.spelled(node.text, self.units)) if isinstance(node, Scalar) else ""
            return reading.add(
                node.where, Code.WRONG_TYPE, f"{name} must be {self._wanted()}, not {what_is(node)}", hint
            )
        assert isinstance(node, Scalar)  # noqa: S101 - only scalars give a quantity
        if quantity.unit not in self.units:
            return self._wrong_unit(name, node, quantity, reading)
        if not math.isfinite(quantity.number) or not self.low <= quantity.number <= self.high:
            what = f"{name} must be {within(self.low, self.high, quantity.unit)}, not {shown(node.text)}"
            return reading.add(node.where, Code.OUT_OF_RANGE, what)
        return quantity

    def _wanted(self) -> str:
        if self.units == ("",):
            return "a number"
        return f"a number with the unit {advice.wanted([unit for unit in self.units if unit])}"

    def _wrong_unit(self, name: str, node: Scalar, quantity: Quantity, reading: Reading) -> Any:
        hint = advice.written(advice.spelled(node.text, self.units))
        if not quantity.unit:
            meaning = " or ".join(UNITS[unit].meaning for unit in self.units if unit)
            return reading.add(node.where, Code.MISSING_UNIT, f"{name} needs a unit ({meaning})", hint)
        if self.units == ("",):
            return reading.add(
                node.where, Code.WRONG_UNIT, f"{name} is a plain number, without the unit {shown(quantity.unit)}", hint
            )
        symbols = " or ".join(unit or "a plain number" for unit in self.units)
        return reading.add(
            node.where, Code.WRONG_UNIT, f"{name} is measured in {symbols}, not {shown(quantity.unit)}", hint
        )

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        options: list[dict[str, Any]] = []
        if "" in self.units:
            options.append({"type": "number", **_bounds(self.low, self.high)})
            options.append({"type": "string", "pattern": f"^{NUMBER}$"})
        symbols = [unit for unit in self.units if unit and unit != ":"]
        if symbols:
            options.append({"type": "string", "pattern": rf"^\s*{NUMBER}\s*({'|'.join(symbols)})\s*$"})
        if "s" in self.units:
            options.append({"type": "string", "pattern": rf"^\s*{SECONDS}\s*$"})
        if ":" in self.units:
            options.append({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?:[0-9]+(\.[0-9]+)?\s*$"})
        return {"anyOf": [*options, VARIABLE]}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one kind."""

    kind: Kind
    least: int = 0

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a tuple of (value, node); invalid items are left out after they are reported."""
        if not isinstance(node, Sequence):
            single = isinstance(node, Scalar) and node.text.strip() and not is_null(node)
            hint = f"write [{shown(node.text)}]" if single else "write [a, b] or lines of - a"  # type: ignore[union-attr]
            return reading.add(node.where, Code.WRONG_SHAPE, f"{name} must be a list, not {what_is(node)}", hint)
        if len(node.items) < self.least:
            few = "is empty" if not node.items else f"needs at least {self.least} entries"
            return reading.add(node.where, Code.EMPTY_VALUE, f"{name} {few}")
        read = [(self.kind.read(name, item, reading), item) for item in node.items]
        return tuple((value, item) for value, item in read if value is not INVALID)

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "array", "items": self.kind.schema(), **({"minItems": self.least} if self.least else {})}


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record."""

    kind: Kind
    doc: str
    required: bool = False
    default: Any = None
    """For the schema only: readers ask the record with a default of their own."""

    def schema(self) -> dict[str, Any]:
        """Return the schema of the value, with its description."""
        schema = {"description": self.doc, **self.kind.schema()}
        if self.default is not None:
            schema["default"] = self.default
        return schema


@dataclass(frozen=True, slots=True)
class Values:
    """What a record was read into; keys that were not written, or were wrong, are absent."""

    node: MappingNode
    read: Mapping[str, Any]

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or a default."""
        return self.read.get(key, default)

    def where(self, key: str) -> Location:
        """Return the place of a key, or of the record when the key is not written."""
        entry = self.node.entry(key)
        return entry.key.where if entry else self.node.where


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with known keys."""

    noun: str
    fields: Mapping[str, Field]
    refused: Mapping[str, str] = field(default_factory=dict)

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return Values; every unknown, missing and wrong key is reported."""
        if not isinstance(node, MappingNode):
            return reading.add(node.where, Code.WRONG_SHAPE, f"{name} must be a mapping, not {what_is(node)}")
        read = {}
        lacking = [key for key, known in self.fields.items() if known.required and node.entry(key) is None]
        for key, value in node:
            if key.text in self.refused:
                reading.add(key.where, Code.UNKNOWN_KEY, self.refused[key.text])
            elif key.text not in self.fields:
                what = f"{shown(key.text) or 'an empty key'} is no key of {self.noun}"
                reading.add(key.where, Code.UNKNOWN_KEY, what, meant_key(key.text, self.fields, lacking))
            else:
                result = self.fields[key.text].kind.read(key.text, value, reading)
                if result is not INVALID:
                    read[key.text] = result
        for key_name in lacking:
            reading.add(
                node.where,
                Code.MISSING_KEY,
                f"{self.noun} needs {key_name}",
                needed(key_name, self.fields[key_name].doc),
            )
        return Values(node, read)

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        schema: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: known.schema() for key, known in self.fields.items()},
        }
        required = [key for key, known in self.fields.items() if known.required]
        return {**schema, "required": required} if required else schema
