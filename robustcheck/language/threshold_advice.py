"""What was meant by a threshold that cannot be read: the same one in the form of the language, or the form alone."""

from __future__ import annotations

import re
from typing import Final

from robustcheck.core import registry
from robustcheck.core.facts import MetricFacts
from robustcheck.core.registry import Definition
from robustcheck.core.units import UNITS
from robustcheck.language import advice
from robustcheck.language.nodes import Node, Scalar, Sequence, is_null, sequence_of, shown

SHAPES: Final = {
    "class": "{CLASS: THRESHOLD}",
    "k": "{GUESSES: THRESHOLD}",
    "group": "{COLUMN: THRESHOLD} or {COLUMN: {VALUE: THRESHOLD}}",
    "eps": "{EPS: THRESHOLD}",
    "confusion": "{CLASS: {CLASS: THRESHOLD}}",
    "coverage": "{coverage: SHARE, accuracy: THRESHOLD}",
}
"""How an argument is written, where an example would be another value than was meant."""


def meant(node: Node, usual: str, facts: MetricFacts) -> str:
    """Return advice to write what stands there as a threshold, or the form of one where that is not certain."""
    return advice.written(_spellings(node, usual, facts), quoted=True) or f"write it as {form(usual, facts)}"


def _spellings(node: Node, usual: str, facts: MetricFacts) -> list[str]:
    units = tuple(UNITS) if facts.unit == "parameter" else (facts.unit,)
    if isinstance(node, Sequence) and len(node.items) == 1:
        node = node.items[0]
    return advice.thresholds(node.text, units, usual) if isinstance(node, Scalar) and not is_null(node) else []


def form(usual: str, facts: MetricFacts) -> str:
    """Return a threshold with a letter for its number, since any number would be another than was meant."""
    return f'"{usual} N{"" if facts.unit == "parameter" else facts.unit}"'


def threshold_in(facts: MetricFacts, node: Node) -> str:
    """Return what a node means as a threshold in quotes, or the form of one."""
    usual = ">=" if facts.better == "higher" else "<="
    found = _spellings(node, usual, facts)
    return f'"{found[0]}"' if len(found) == 1 else form(usual, facts)


def entry_of(node: Node) -> str:
    """Return what stands in place of a mapping of metrics as one, with ``accuracy`` where no other is named."""
    if not isinstance(node, Scalar) or is_null(node):
        return '{METRIC: ">= N%"}'
    first, _, rest = node.text.partition(" ")
    named = first in registry.metrics and not registry.metrics[first].facts.argument
    metric = registry.metrics[first if named else "accuracy"]
    bound = Scalar(node.where, rest, rest) if named else node
    return f"{{{metric.name}: {threshold_in(metric.facts, bound)}}}"


def shaped(metric: Definition, node: Node) -> str:
    """Return the form of a metric's argument, with what is written of it in its place."""
    facts: MetricFacts = metric.facts
    usual = ">=" if facts.better == "higher" else "<="
    words = [item.text for item in sequence_of(node) if isinstance(item, Scalar) and not is_null(item)]
    last = node.items[-1] if isinstance(node, Sequence) and node.items else node
    threshold = threshold_in(facts, last)
    shape = SHAPES[facts.argument].replace("THRESHOLD", threshold)
    if isinstance(node, Scalar) and threshold == form(usual, facts):
        return _from_words(node, shape, facts)
    given = iter(words[:-1] if threshold != form(usual, facts) else words)
    return re.sub(r"\b[A-Z]{3,}\b", lambda place: shown(next(given, place[0])), shape)


def _from_words(node: Scalar, shape: str, facts: MetricFacts) -> str:
    """Return a form with the name and the threshold of ``stop >= 95%``; of what is no single word nothing is taken."""
    usual = ">=" if facts.better == "higher" else "<="
    name, _, rest = node.text.strip().partition(" ")
    if is_null(node) or not name:
        return shape
    if not rest:
        return re.sub(r"\b[A-Z]{3,}\b", lambda _: shown(name), shape, count=1)
    threshold = threshold_in(facts, Scalar(node.where, rest, rest))
    if threshold == form(usual, facts) or facts.argument not in ("class", "k"):
        return shape
    return f"{{{shown(name)}: {threshold}}}"
