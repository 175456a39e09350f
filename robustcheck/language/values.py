"""The value of one parameter: a number, a word, a list that is swept, a range that is searched."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location
from robustcheck.core.registry import Parameter
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.domain.steps import Span
from robustcheck.language import advice
from robustcheck.language.any_value import Loose
from robustcheck.language.nodes import Node, Scalar, sequence_of, shown
from robustcheck.language.nodes import Sequence as SequenceNode
from robustcheck.language.scalars import resolve
from robustcheck.language.value_types import INVALID, Amount, Choice, Flag, Kind, Reading, Text, Whole


@dataclass(frozen=True, slots=True)
class Word:
    """Text that becomes part of a case's id."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the text."""
        text = Text().read(name, node, reading)
        if text is not INVALID and ("::" in text or "/" in text or not text.isprintable()):
            what = f"{name} holds ::, / or a character that cannot be printed: {shown(text)}"
            return reading.add(node.where, Code.UNUSABLE_NAME, what)
        return text

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "minLength": 1, "not": {"pattern": "::|/"}}


def kind_of(parameter: Parameter) -> Kind:
    """Return the kind of value that a parameter takes."""
    if parameter.kind == "quantity":
        return Amount(parameter.units or ("",), parameter.low, parameter.high)
    if parameter.kind == "integer":
        return Whole(parameter.low, parameter.high)
    if parameter.kind == "choice":
        return Choice(parameter.choices)
    if parameter.kind == "any":
        return Loose()
    return Flag() if parameter.kind == "boolean" else Word()


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one parameter.

    Attributes:
        value: What the plan keeps: ``Quantity``, ``int``, ``str`` or ``bool``.
        text: How it stands in an id.
        node: Where it is written.
    """

    value: Any
    text: str
    node: Node


@dataclass(frozen=True, slots=True)
class Written:
    """One parameter as written: one value, or several when it is swept."""

    name: str
    values: tuple[Value, ...]
    swept: bool


def read_parameter(parameter: Parameter, node: Node, reading: Reading, *, ranged: bool) -> Any:
    """Read a parameter's value, or the list of those that it is swept over.

    Args:
        parameter: Of the registry.
        node: What is written.
        reading: Where problems go.
        ranged: Whether a value may be a range such as ``-15deg..15deg``.

    Returns:
        A Written, or ``INVALID``.
    """
    swept = isinstance(node, SequenceNode)
    items = sequence_of(node)
    if not items:
        return reading.add(
            node.where, Code.EMPTY_VALUE, f"the sweep of {parameter.name} is empty", "list at least one value"
        )
    kind = kind_of(parameter)
    values: dict[str, Value] = {}
    sound = True
    split = _split_numbers(items) if parameter.kind == "quantity" else {}
    for place, item in enumerate(items):
        if place in split:
            # The rest of a number is no value of its own.
            value = _split_number(parameter, item, split[place], reading) if split[place] else INVALID
        elif parameter.kind == "quantity" and ends_of(parameter, item):
            value = _range_in_words(parameter, item, reading, ranged=ranged)
        elif len(values_of(parameter, item)) > 1:
            what = f"{parameter.name} cannot be {shown(item.text)}"  # type: ignore[union-attr]
            listed = ", ".join(values_of(parameter, item))
            value = reading.add(
                item.where, Code.LIST_OR_RANGE, what, f"write {listed if swept else f'a list in brackets: [{listed}]'}"
            )
        elif is_range(item) and parameter.kind in ("quantity", "integer"):
            value = read_span(parameter, item, reading) if ranged else _no_range(parameter, item, reading)
        else:
            value = kind.read(parameter.name, item, reading)
        if value is INVALID:
            sound = False
            continue
        text = _text(value, item)
        if text in values:
            reading.add(
                item.where,
                Code.DUPLICATE_ID,
                f"{text} stands twice in the sweep of {parameter.name}",
                "keep one of them",
            )
            sound = False
        values[text] = Value(value, text, item)
    return Written(parameter.name, tuple(values.values()), swept) if sound else INVALID


def _split_numbers(items: Sequence[Node]) -> dict[int, str]:
    """Find numbers that a decimal comma broke into two values, as in ``[12,5deg]``.

    Returns:
        The whole number by the place of its first part; an empty text at the place of the second.
    """
    found: dict[int, str] = {}
    for place, (first, second) in enumerate(itertools.pairwise(items)):
        if not isinstance(first, Scalar) or not isinstance(second, Scalar) or not (first.plain and second.plain):
            continue
        touching = (
            second.where.column == first.where.column + len(first.text) + 1 and second.where.line == first.where.line
        )
        if touching and re.fullmatch(r"[-+]?[0-9]+", first.text) and re.fullmatch(r"[0-9]+\s*[^0-9.\s].*", second.text):
            found |= {place: f"{first.text}.{second.text}", place + 1: ""}
    return found


def _split_number(parameter: Parameter, node: Node, whole: str, reading: Reading) -> Any:
    what = f"{parameter.name}: a comma ends a value of a list"
    return reading.add(
        node.where, Code.LIST_OR_RANGE, what, f"write {shown(advice.in_own_unit(whole))}, or a unit behind each value"
    )


def ends_of(parameter: Parameter, node: Node) -> tuple[str, str] | None:
    """Return both ends of a range that is written in words; nothing if a node is none."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or ".." in node.value:
        return None
    units = parameter.units or ("",)
    return advice.ends_in(node.text, units) or advice.both_signs(node.text, units)


def values_of(parameter: Parameter, node: Node) -> list[str]:
    """Return the values of what is written as a list without brackets; fewer than two if a node is none."""
    if parameter.kind == "choice" and isinstance(node, Scalar):
        words = [word.strip() for word in re.split(r"[,;|]|\band\b", node.text)]
        return words if all(word in parameter.choices for word in words) else []
    written = parameter.kind == "quantity" and isinstance(node, Scalar) and isinstance(node.value, str)
    written = written and parse_quantity(node.value) is None  # type: ignore[union-attr, arg-type]
    return advice.list_in(node.text, parameter.units or ("",)) if written else []  # type: ignore[union-attr]


def _range_in_words(parameter: Parameter, node: Node, reading: Reading, *, ranged: bool) -> Any:
    ends = ends_of(parameter, node)
    assert isinstance(node, Scalar) and ends is not None  # noqa: S101, PT018 - the caller has seen it
    span = "..".join(ends)
    what = f"{parameter.name} cannot be {shown(node.text)}"
    if ranged:
        return reading.add(node.where, Code.LIST_OR_RANGE, what, f"write {span}")
    listed = f"the list [{', '.join(ends)}]" if ends[0] == f"-{ends[1]}" else "a list of values"
    return reading.add(
        node.where, Code.LIST_OR_RANGE, what, f"write {listed}, or worst_of instead of shift to search {span}"
    )


def is_range(node: Node) -> bool:
    """Whether a value is written as a range, ``-15deg..15deg``."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and ".." in node.value


def read_span(parameter: Parameter, node: Node, reading: Reading) -> Any:
    """Read a range of a parameter, the lesser end first.

    Returns:
        A Span, or ``INVALID``.
    """
    assert isinstance(node, Scalar)  # noqa: S101 - `is_range` has seen it
    meant = advice.ends_in(node.text, parameter.units or ("",))
    if meant and not _is_span(parameter, node.text):
        what = f"{parameter.name} cannot be {shown(node.text)}: two dots stand between two values with a unit each"
        return reading.add(node.where, Code.LIST_OR_RANGE, what, f"write {'..'.join(meant)}")
    ends = [read_end(parameter, node.where, text, reading) for text in node.text.strip().split("..", 1)]
    if INVALID in ends:
        return INVALID
    start, stop = ends
    if start.number >= stop.number:
        what = f"the range of {parameter.name} must go from a lesser to a greater value, not {shown(node.text)}"
        return reading.add(
            node.where, Code.LIST_OR_RANGE, what, f"write {stop}..{start}" if start.number > stop.number else ""
        )
    return Span(start, stop, whole=parameter.kind == "integer")


def _is_span(parameter: Parameter, text: str) -> bool:
    """Whether both ends of a range have the form of a value; a third dot would be read as that of a decimal number."""
    ends = [parse_quantity(end) for end in text.split("..", 1)]
    return "..." not in text and all(end is not None and end.unit in (parameter.units or ("",)) for end in ends)


def read_end(parameter: Parameter, where: Location, text: str, reading: Reading) -> Any:
    """Read one end of a range as the parameter's own kind would; a whole number becomes a Quantity too."""
    value = kind_of(parameter).read(parameter.name, Scalar(where, text, resolve(text)), reading)
    return Quantity(value) if isinstance(value, int) else value


def _no_range(parameter: Parameter, node: Node, reading: Reading) -> Any:
    hint = f"write a list of values, or worst_of instead of shift to search the range of {parameter.name}"
    return reading.add(node.where, Code.LIST_OR_RANGE, f"{parameter.name} cannot be a range here", hint)


def _text(value: Any, node: Node) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple) and isinstance(node, Scalar):
        return node.text.strip()
    if isinstance(value, tuple):
        return "(" + " ".join(map(str, value)) + ")"
    if isinstance(value, Quantity) and value.unit == ":" and isinstance(node, Scalar):
        return node.text.strip()
    return str(value)
