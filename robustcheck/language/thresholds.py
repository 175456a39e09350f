"""``expect``: which metric must be how good, read into thresholds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from robustcheck.core import registry, word_search
from robustcheck.core.class_names import class_name
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, did_you_mean
from robustcheck.core.facts import MetricFacts
from robustcheck.core.registry import Definition
from robustcheck.core.units import parse_quantity
from robustcheck.domain.threshold import Threshold
from robustcheck.language import advice
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, Scalar, Sequence, is_null, shown, what_is
from robustcheck.language.one_threshold import has_levels, levels_schema, read_levels, read_threshold, threshold_schema
from robustcheck.language.threshold_advice import SHAPES, entry_of, shaped
from robustcheck.language.value_types import INVALID, Amount, Reading

ARGUMENTS: Final = {
    "class": 'the name of a class: {stop: ">= 95%"}',
    "k": 'a number of guesses: {5: ">= 90%"}',
    "group": 'a metadata column: {weather: ">= 80%"} or {weather: {rain: ">= 80%"}}',
    "eps": 'a radius: {4/255: ">= 60%"}',
    "confusion": 'two classes: {stop: {turn_left: "<= 1%"}}',
    "coverage": 'a coverage and an accuracy: {coverage: 80%, accuracy: ">= 99%"}',
}
"""What an argument is, with an example."""
COVERAGE: Final = Amount(("%",), 0, 100)
"""The share of pictures that a selective accuracy is of."""

EVERY_CLASS: Final = frozenset({"*", "all", "any", "each", "every", "all classes", "every class"})
"""What people write where they mean every class."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One entry of ``expect``: a threshold, or ``None`` where ``null`` removes an inherited one.

    Attributes:
        metric: The metric.
        argument: Its argument; for a removal it may be shorter and then removes everything below.
        threshold: The threshold, or ``None``.
        where: The place of the key.
    """

    metric: str
    argument: tuple[str, ...]
    threshold: Threshold | None
    where: Location


@dataclass(frozen=True, slots=True)
class Expect:
    """The kind of ``expect``: a mapping from metrics to thresholds.

    Attributes:
        paired: Whether metrics that compare with the clean case make sense here.
        sense: ``must`` for what must hold; ``until`` for what must not, where a comparison that a worse model fulfils
            is what is meant.
    """

    paired: bool = True
    sense: Literal["must", "until"] = "must"

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a tuple of Expectation, or ``INVALID`` when any of them is wrong."""
        if not isinstance(node, MappingNode):
            hint = f"write it as {entry_of(node)}"
            return reading.add(node.where, Code.WRONG_SHAPE, f"{name} must be a mapping, not {what_is(node)}", hint)
        if not node.entries:
            return reading.add(node.where, Code.EMPTY_VALUE, f"{name} is empty", "name a metric, or leave the key out")
        found: list[Expectation] = []
        before = len(reading.problems)
        for key, value in node:
            if key.text not in registry.metrics:
                what = word_search.kind_told("metric", key.text) or f"there is no metric {shown(key.text)}"
                reading.add(key.where, Code.UNKNOWN_METRIC, what, word_search.hint_for("metric", key.text))
                continue
            metric = registry.metrics[key.text]
            if metric.facts.paired and not self.paired:
                what = f"{metric.name} compares with the clean case, so it says nothing about the clean case itself"
                reading.add(key.where, Code.METRIC_NOT_HERE, what, "move it to a check")
            elif not self.paired and metric.facts.kinds and "clean" not in metric.facts.kinds:
                what = f"{metric.name} is measured by {' and '.join(metric.facts.kinds)}, not by the clean case"
                reading.add(key.where, Code.METRIC_NOT_HERE, what, "move it to a check")
            elif is_null(value):
                found.append(Expectation(metric.name, (), None, key.where))
            else:
                found += self._with_argument(metric, key, value, reading)
        return tuple(found) if len(reading.problems) == before else INVALID

    def _with_argument(self, metric: Definition, key: Scalar, value: Node, reading: Reading) -> list[Expectation]:
        if not metric.facts.argument:
            return self._leaf(metric, (), metric.name, key, value, reading)
        needs = ARGUMENTS[metric.facts.argument]
        if not isinstance(value, MappingNode) or not value.entries:
            what = f"{metric.name} needs {needs.partition(':')[0]}"
            reading.add(value.where, Code.METRIC_ARGUMENT, what, f"write {shaped(metric, value)}")
            return []
        if metric.facts.argument == "coverage":
            return self._at_coverage(metric, value, reading)
        found: list[Expectation] = []
        for first, below in _each_once(metric, value, reading):
            if not _argument_fits(metric, first, reading):
                continue
            two = metric.facts.argument == "confusion" or (
                metric.facts.argument == "group" and isinstance(below, MappingNode) and not has_levels(below)
            )
            if not two or is_null(below):
                name = f"{metric.name} of {shown(first.text)}"
                found += self._leaf(metric, (_argument(metric, first),), name, first, below, reading)
            elif not isinstance(below, MappingNode) or not below.entries:
                what = f"{metric.name} of {shown(first.text)} needs {needs.partition(':')[0]}"
                reading.add(
                    below.where,
                    Code.METRIC_ARGUMENT,
                    what,
                    f"write {shaped(metric, Sequence(below.where, (first, below)))}",
                )
            else:
                found += self._second(metric, first, below, reading)
        return found

    def _second(self, metric: Definition, first: Scalar, below: MappingNode, reading: Reading) -> list[Expectation]:
        found: list[Expectation] = []
        for second, value in _each_once(metric, below, reading):
            if metric.facts.argument == "confusion":
                if not _argument_fits(metric, second, reading):
                    continue
                if _argument(metric, second) == _argument(metric, first):
                    what = f"{shown(first.text)} cannot be confused with itself"
                    reading.add(second.where, Code.METRIC_ARGUMENT, what, "class_accuracy says how often it is right")
                    continue
            name = f"{metric.name} of {shown(first.text)}, {shown(second.text)}"
            argument = _argument(metric, first), _argument(metric, second)
            found += self._leaf(metric, argument, name, second, value, reading)
        return found

    def _at_coverage(self, metric: Definition, value: MappingNode, reading: Reading) -> list[Expectation]:
        write = f"write {SHAPES['coverage'].replace('SHARE', 'N%').replace('THRESHOLD', '...')}"
        unknown = [key for key, _ in value if key.text not in ("coverage", "accuracy")]
        for key in unknown:
            what = f"{shown(key.text) or 'an empty key'} is no key of {metric.name}"
            reading.add(key.where, Code.UNKNOWN_KEY, what, did_you_mean(key.text, ("coverage", "accuracy")))
        coverage, accuracy = value.entry("coverage"), value.entry("accuracy")
        share = INVALID if coverage is None else COVERAGE.read("coverage", coverage.value, reading)
        for name, entry in (("coverage", coverage), ("accuracy", accuracy)):
            # A misspelt key is not missing as well.
            if entry is None and not unknown:
                reading.add(value.where, Code.METRIC_ARGUMENT, f"{metric.name} needs {name}", write)
        if coverage is not None and share is not INVALID and share.number == 0:
            share = reading.add(coverage.value.where, Code.OUT_OF_RANGE, "coverage must be above 0%, not 0%", write)
        if accuracy is None:
            return []
        # A coverage that is wrong does not hide what is wrong with the accuracy.
        argument = () if share is INVALID else (str(share),)
        name = f"{metric.name} of {share}" if argument else "accuracy"
        return self._leaf(metric, argument, name, accuracy.key, accuracy.value, reading)

    def _leaf(
        self, metric: Definition, argument: tuple[str, ...], name: str, key: Scalar, value: Node, reading: Reading
    ) -> list[Expectation]:
        if is_null(value):
            return [Expectation(metric.name, argument, None, key.where)]
        quiet = self.sense == "until"
        if isinstance(value, MappingNode) and has_levels(value) and not quiet:
            threshold = read_levels(name, metric, argument, value, reading)
        else:
            threshold = read_threshold(name, metric, argument, value, reading, quiet=quiet)
        return [] if threshold is INVALID else [Expectation(metric.name, argument, threshold, key.where)]

    def schema(self) -> dict[str, Any]:
        """Return the schema; the metrics are in the definitions."""
        return {"$ref": "#/definitions/expect" if self.paired else "#/definitions/clean_expect"}


def _argument(metric: Definition, key: Scalar) -> str:
    """Return what a key means: names of classes and groups in the form in which those of the data are."""
    return class_name(key.text) if metric.facts.argument in ("class", "confusion", "group") else key.text


def _each_once(metric: Definition, node: MappingNode, reading: Reading) -> Iterator[tuple[Scalar, Node]]:
    """Iterate over the entries of a mapping; keys that only look different are reported."""
    known: dict[str, Scalar] = {}
    for key, value in node:
        first = known.setdefault(_argument(metric, key), key)
        if first is key:
            yield key, value
        else:
            what = f"{metric.name}: {shown(key.text)} stands twice, here and in line {first.where.line}"
            reading.add(key.where, Code.DUPLICATE_KEY, what, "keep one: both are the same name in different characters")


def _argument_fits(metric: Definition, key: Scalar, reading: Reading) -> bool:
    kind, classes = metric.facts.argument, reading.classes
    if not key.text.strip():
        reading.add(key.where, Code.EMPTY_VALUE, f"{metric.name}: a name is empty")
        return False
    if kind in ("class", "confusion") and classes is not None and _argument(metric, key) not in classes:
        what = f"the model {reading.model} has no class {shown(key.text)}"
        every = metric.name == "class_accuracy" and key.text.strip().casefold() in EVERY_CLASS
        pair = [word for word in re.findall(r"[\w-]+", key.text.replace("->", " ")) if word in classes]
        two = kind == "confusion" and len(pair) == 2
        reading.add(
            key.where,
            Code.UNKNOWN_CLASS,
            what,
            "expect worst_class_accuracy, which is that of the weakest class"
            if every
            else f"write {pair[0]}: {{{pair[1]}: ...}}"
            if two
            else did_you_mean(key.text, classes),
        )
        return False
    if kind == "eps":
        radius = parse_quantity(key.text)
        if radius is None or radius.unit not in ("", "/255") or not 0 <= radius.number < math.inf:
            hint = advice.written(advice.spelled(key.text, ("/255", ""))) or "write N/255, or a plain number"
            reading.add(key.where, Code.METRIC_ARGUMENT, f"{metric.name} needs a radius, not {shown(key.text)}", hint)
            return False
        if radius.number == 0:
            what = f"{metric.name} of {shown(key.text)} is the accuracy without any attack, so no attack decides it"
            reading.add(key.where, Code.DECIDES_NOTHING, what, "expect accuracy of the clean case instead")
            return False
    if kind == "k":
        if not re.fullmatch(r"[1-9][0-9]{0,5}", key.text):
            what = f"{metric.name} needs a number of guesses, not {shown(key.text)}"
            reading.add(key.where, Code.METRIC_ARGUMENT, what, "write a whole number, at least 1")
            return False
        if classes is not None and int(key.text) >= len(classes):
            what = f"{key.text} guesses among {len(classes)} classes are always right, so it checks nothing"
            reading.add(key.where, Code.DECIDES_NOTHING, what, "lower the number")
            return False
    return True


def merge(
    inherited: Mapping[tuple[str, tuple[str, ...]], Threshold], own: tuple[Expectation, ...], reading: Reading | None
) -> dict[tuple[str, tuple[str, ...]], Threshold]:
    """Lay a check's expectations over the suite's, metric by metric and argument by argument.

    Args:
        inherited: What holds so far, by metric and argument.
        own: What the check says; ``None`` thresholds remove.
        reading: Where removals of nothing are reported; ``None`` where they are no mistake.
    """
    merged = dict(inherited)
    for expectation in own:
        key = (expectation.metric, expectation.argument)
        if expectation.threshold is not None:
            if reading is not None and key in inherited:
                _note_lost_gate(expectation, expectation.threshold, inherited[key], reading)
            merged[key] = expectation.threshold
            continue
        length = len(expectation.argument)
        below = [known for known in merged if known[0] == key[0] and known[1][:length] == key[1]]
        if not below and reading is not None:
            name = " ".join((expectation.metric, *expectation.argument))
            reading.add(
                expectation.where,
                Code.REMOVES_NOTHING,
                f"null removes nothing: no {shown(name)} is expected here",
                "remove the line",
            )
        for known in below:
            del merged[known]
    return merged


def _note_lost_gate(expectation: Expectation, own: Threshold, before: Threshold, reading: Reading) -> None:
    """Note a line that only warns in the place of one that fails the build, since a line replaces another as a whole."""
    if own.warns and not before.warns:
        name = " of ".join((expectation.metric, *expectation.argument))
        reading.notes.append(
            f'{expectation.where}: {name} only warns here: the line replaces the suite\'s "{before.text}", which fails the build; '
            f'write {{fail: "{before.text}", warn: ...}} to keep both'
        )


def _coverage_schema(leaf: dict[str, Any]) -> dict[str, Any]:
    keys = {"coverage": COVERAGE.schema(), "accuracy": leaf}
    return {"type": "object", "additionalProperties": False, "required": list(keys), "properties": keys}


def expect_schema(*, paired: bool, classes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema of ``expect`` with every registered metric.

    Args:
        paired: Whether metrics that compare with the clean case are among them.
        classes: The names of classes that may be written; any may where there are none.
    """
    properties: dict[str, Any] = {}
    for metric in registry.metrics:
        facts: MetricFacts = metric.facts
        if not paired and (facts.paired or (facts.kinds and "clean" not in facts.kinds)):
            continue
        leaf: dict[str, Any] = {"anyOf": [threshold_schema(facts), levels_schema(facts), {"type": "null"}]}
        inner: dict[str, Any] = {"type": "object", "minProperties": 1, "additionalProperties": leaf}
        if classes and facts.argument in ("class", "confusion"):
            inner["propertyNames"] = {"enum": list(classes)}
        if facts.argument == "confusion":
            inner["additionalProperties"] = {"anyOf": [dict(inner), {"type": "null"}]}
        elif facts.argument == "group":
            inner["additionalProperties"] = {"anyOf": [leaf, dict(inner)]}
        elif facts.argument == "k":
            inner["propertyNames"] = {"pattern": "^[1-9][0-9]*$"}
        elif facts.argument == "coverage":
            inner = _coverage_schema(leaf)
        shape = inner if facts.argument else leaf
        properties[metric.name] = {
            "description": metric.summary,
            **(shape if not facts.argument else {"anyOf": [shape, {"type": "null"}]}),
        }
    return {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": properties}
