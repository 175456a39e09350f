"""One threshold, such as ``">= 85%"``, or two on one line: ``{fail: ">= 90%", warn: ">= 95%"}``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import did_you_mean
from robustcheck.core.facts import MetricFacts
from robustcheck.core.registry import Definition
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.domain.threshold import Threshold
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, Scalar, is_null, shown, what_is
from robustcheck.language.threshold_advice import meant
from robustcheck.language.value_types import INVALID, NUMBER, VARIABLE, Reading, number_text

LEVELS: Final = ("fail", "warn")
"""The thresholds that may stand on one line: a breach of the first breaks the build, one of the second is a warning."""
SEVERITIES: Final = {"error": "fail", "error_if": "fail", "warning": "warn", "warn_if": "warn"}
"""What the levels are called elsewhere."""
_WRITTEN: Final = re.compile(r"\s*([<>=!≤≥]{1,3})\s*(.*)", re.DOTALL)
_USUAL: Final = {"%": "85%", "pp": "5pp", "parameter": "12deg"}
"""What an example of a threshold says, by the unit of its metric."""
_COMPARISONS: Final = (">=", "<=", ">", "<")


def read_threshold(
    name: str, metric: Definition, argument: tuple[str, ...], node: Node, reading: Reading, *, quiet: bool = False
) -> Any:
    """Read ``">= 85%"``.

    Args:
        name: What messages call it, such as ``class_accuracy of stop``.
        metric: The metric, which knows its unit and its range.
        argument: The metric's argument.
        node: The value.
        reading: Where problems go.
        quiet: Whether to leave out the note about a comparison that a worse model fulfils.

    Returns:
        A Threshold, or ``INVALID``.
    """
    facts: MetricFacts = metric.facts
    usual = ">=" if facts.better == "higher" else "<="
    if not isinstance(node, Scalar):
        return reading.add(
            node.where, Code.NO_THRESHOLD, f"{name} must be a threshold, not {what_is(node)}", meant(node, usual, facts)
        )
    match = _WRITTEN.fullmatch(node.text)
    if match is None:
        return reading.add(
            node.where,
            Code.NO_THRESHOLD,
            f"{name} needs a comparison and a number, not {what_is(node)}",
            meant(node, usual, facts),
        )
    comparison, rest = match[1], match[2].strip()
    quantity = parse_quantity(rest)
    if comparison not in _COMPARISONS:
        return reading.add(
            node.where, Code.NO_THRESHOLD, f"{shown(comparison)} is no comparison", meant(node, usual, facts)
        )
    if quantity is None:
        return reading.add(
            node.where, Code.NO_THRESHOLD, f"{name}: {shown(rest) or 'nothing'} is no number", meant(node, usual, facts)
        )
    if not math.isfinite(quantity.number):
        return reading.add(node.where, Code.NO_THRESHOLD, f"{name}: {shown(rest)} is no finite number")
    if facts.unit == "parameter":
        # Its unit and its range are the parameter's, which only the check knows.
        return Threshold(metric.name, argument, comparison, quantity, node.where)  # type: ignore[arg-type]
    if quantity.unit != facts.unit:
        if not quantity.unit:
            return reading.add(
                node.where, Code.THRESHOLD_UNIT, f"{name} needs the unit {facts.unit}", meant(node, usual, facts)
            )
        wanted = f"in {facts.unit}" if facts.unit else "as a plain number"
        return reading.add(
            node.where,
            Code.THRESHOLD_UNIT,
            f"{name} is measured {wanted}, not in {shown(quantity.unit)}",
            meant(node, usual, facts),
        )
    sense = _sense(comparison, quantity, facts)
    if sense:
        reach = f"{name} lies between {number_text(facts.low)}{facts.unit} and {number_text(facts.high)}{facts.unit}"
        return reading.add(node.where, Code.DECIDES_NOTHING, f'"{comparison} {quantity}" {sense}', reach)
    if not quiet and comparison[0] != usual[0]:
        reading.notes.append(
            f'{node.where}: {name} "{comparison} {quantity}" is easier for a worse model; was {usual} meant?'
        )
    return Threshold(metric.name, argument, comparison, quantity, node.where)  # type: ignore[arg-type]


def _sense(comparison: str, bound: Quantity, facts: MetricFacts) -> str:
    """Say why a threshold decides nothing, or return nothing."""
    number, low, high = bound.number, facts.low, facts.high
    never = {">=": number > high, ">": number >= high, "<=": number < low, "<": number <= low}[comparison]
    always = {">=": number <= low, ">": number < low, "<=": number >= high, "<": number > high}[comparison]
    if never:
        return "cannot be reached"
    return "always holds, so it checks nothing" if always else ""


def has_levels(node: Node) -> bool:
    """Whether a mapping is two thresholds rather than names: one of its keys is a level, or is near one."""
    return isinstance(node, MappingNode) and any(
        key.text in SEVERITIES or did_you_mean(key.text, LEVELS).startswith("did") or key.text in LEVELS
        for key, _ in node
    )


def read_levels(name: str, metric: Definition, argument: tuple[str, ...], node: MappingNode, reading: Reading) -> Any:
    """Read ``{fail: ">= 90%", warn: ">= 95%"}``; either may stand alone.

    Returns:
        A Threshold that carries the one that warns, or ``INVALID``.
    """
    read: dict[str, Any] = {}
    for key, value in node:
        if key.text not in LEVELS:
            meant_level = (
                f"did you mean {SEVERITIES[key.text]}?" if key.text in SEVERITIES else did_you_mean(key.text, LEVELS)
            )
            read[key.text] = reading.add(
                key.where, Code.UNKNOWN_KEY, f"{shown(key.text)} is no level of {name}", meant_level
            )
        elif is_null(value):
            what = f"{key.text} of {name} has no threshold"
            read[key.text] = reading.add(value.where, Code.MISSING_VALUE, what, "write one, or leave the line out")
        else:
            read[key.text] = read_threshold(f"{key.text} of {name}", metric, argument, value, reading)
    if INVALID in read.values():
        return INVALID
    fail, warn = read.get("fail"), read.get("warn")
    if warn is None:
        return fail
    warn = replace(warn, warns=True)
    if fail is None:
        return warn
    if fail.comparison[0] != warn.comparison[0]:
        what = f'"{fail.text}" fails and "{warn.text}" warns of {name}, which are bounds of opposite sides'
        return reading.add(warn.where, Code.TWO_THRESHOLDS, what, "bound both from the same side")
    if fail.bound.unit == warn.bound.unit and not _stricter(warn, fail):
        what = f'warn "{warn.text}" of {name} is no stricter than fail "{fail.text}", so it never warns'
        return reading.add(warn.where, Code.TWO_THRESHOLDS, what, "let warn ask for more than fail, or leave it out")
    return replace(fail, warning=warn)


def _stricter(one: Threshold, other: Threshold) -> bool:
    """Whether one threshold of the same side can break while another holds."""
    gap = (one.bound.value - other.bound.value) * (1 if one.comparison[0] == ">" else -1)
    return gap > 0 or (gap == 0 and len(one.comparison) < len(other.comparison))


def levels_of(expected: Mapping[tuple[str, tuple[str, ...]], Threshold]) -> tuple[Threshold, ...]:
    """Return the expectations of a case, what warns beside what fails."""
    return tuple(level for threshold in expected.values() for level in threshold.levels)


def threshold_schema(facts: MetricFacts) -> dict[str, Any]:
    """Return the schema of a threshold on a metric."""
    usual = ">=" if facts.better == "higher" else "<="
    unit = r"[^\s]*" if facts.unit == "parameter" else facts.unit
    return {
        "anyOf": [{"type": "string", "pattern": rf"^\s*(>=|<=|>|<)\s*{NUMBER}\s*{unit}\s*$"}, VARIABLE],
        "examples": [f"{usual} {_USUAL.get(facts.unit, '0.5')}"],
    }


def levels_schema(facts: MetricFacts) -> dict[str, Any]:
    """Return the schema of two thresholds on one line."""
    properties = {level: threshold_schema(facts) for level in LEVELS}
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": properties}
