"""What a check does to the pictures, as it is written: what all kinds have in common."""

from __future__ import annotations

from typing import Any

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import did_you_mean
from robustcheck.domain.how import How
from robustcheck.domain.steps import Step
from robustcheck.domain.threshold import Threshold
from robustcheck.domain.tier import Tier
from robustcheck.language.nodes import Entry, Scalar, shown
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.parameters import SHIFT, WrittenStep, read_step
from robustcheck.language.thresholds import Expectation
from robustcheck.language.value_types import INVALID, Reading


class Subject:
    """What is done to the pictures, after reading; a kind of check is a subclass.

    Attributes:
        steps: The perturbations with their written parameters, which may be swept.
        key: The key of a check that says which kind it is; the kind of its cases as well.
        strength: Of the covering array in which the values meet; 0 where all meet all.
        stops: Whether ``anytime`` may stop a case early: each picture is looked at by itself.
    """

    steps: tuple[WrittenStep, ...]
    key: str
    strength: int = 0
    stops: bool = True

    @property
    def kind(self) -> str:
        """The kind of its cases."""
        return self.key

    @property
    def name(self) -> str:
        """What the check is called if it has no id: its perturbations, after the kind where that is not plain."""
        return f"{self.kind}:{self.names}"

    @property
    def names(self) -> str:
        """The names of its perturbations."""
        return "+".join(step.shift for step in self.steps)

    def how(self, steps: tuple[Step, ...], tier: Tier) -> How:
        """Return what one case does.

        Args:
            steps: The perturbations with the parameters of one point of the sweep.
            tier: Of the check.
        """
        raise NotImplementedError

    def measures(self, metric: str) -> bool:
        """Whether a suite's expectation says something about such a check."""
        kinds = registry.metrics[metric].facts.kinds
        return self.kind in kinds if kinds else True

    def check_expectation(self, line: Expectation, reading: Reading) -> None:
        """Report an expectation of the check itself that this kind cannot measure."""
        kinds = registry.metrics[line.metric].facts.kinds
        if kinds and self.kind not in kinds:
            what = f"{line.metric} is measured by {' and '.join(kinds)}, not by {self.kind}"
            reading.add(line.where, Code.METRIC_NOT_HERE, what)

    def check_thresholds(self, lines: tuple[Threshold, ...] | list[Threshold], reading: Reading) -> None:
        """Report thresholds, the suite's among them, that mean nothing here."""


def named_shift(node: MappingNode, key: str, others: frozenset[str], reading: Reading, **how: Any) -> Any:
    """Read the shift that a key names, with the parameters beside it."""
    value = node.get(key)
    assert value is not None  # noqa: S101 - the caller has seen the key
    name = SHIFT.read(key, value, reading)
    if name is INVALID:
        return INVALID
    parameters = {entry.key.text for entry in node.entries if is_parameter(entry, node)}
    return read_step(registry.shifts[name], node, others - parameters, reading, **how)


def is_parameter(entry: Entry, node: MappingNode) -> bool:
    """Whether an entry of a check is a parameter of its shift although the language has such a key too.

    The corruptions of ImageNet-C have a ``severity`` from 1 to 5, and a check has one that is ``error`` or ``warn``.
    """
    if entry.key.text != "severity":
        return False
    named = node.get("shift") or node.get("worst_of")
    name = named.value if isinstance(named, Scalar) else None
    if not isinstance(name, str) or name not in registry.shifts:
        return False
    word = isinstance(entry.value, Scalar) and entry.value.text in ("error", "warn")
    return "severity" in registry.shifts[name].parameters and not word


def refuse_others(node: MappingNode, known: frozenset[str], noun: str, reading: Reading) -> bool:
    """Report keys that mean nothing here; returns whether there were none."""
    before = len(reading.problems)
    for key, _ in node:
        if key.text not in known:
            what = f"{shown(key.text) or 'an empty key'} is no key of {noun}"
            reading.add(key.where, Code.UNKNOWN_KEY, what, did_you_mean(key.text, sorted(known)))
    return len(reading.problems) == before
