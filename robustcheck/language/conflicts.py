"""Arguments of a shift that are right by themselves and wrong together, such as a camera below its own ground."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location
from robustcheck.core.facts import Conflict
from robustcheck.domain.steps import Span, Step
from robustcheck.language.parameters import WrittenStep
from robustcheck.language.value_types import Reading


def check_conflicts(
    points: Sequence[tuple[Step, ...]], written: Sequence[WrittenStep], check: Location, reading: Reading
) -> None:
    """Report every conflict once, at the value that it points at.

    Args:
        points: The steps of each case of a check.
        written: The same steps as they are written.
        check: Where the check is, for values that are written elsewhere, as those of a break point are.
        reading: Where problems go.
    """
    reported = set()
    for steps in points:
        for step, texts in zip(steps, written, strict=False):
            for conflict in _conflicts(step):
                where = _place(conflict.parameter, step.params.get(conflict.parameter), texts) or check
                if (where, conflict.what) not in reported:
                    reading.add(where, Code.ARGUMENTS_TOGETHER, conflict.what, conflict.hint)
                reported.add((where, conflict.what))


def _conflicts(step: Step) -> Iterator[Conflict]:
    """Yield what is wrong with a step; of ranges, at the corners of their box."""
    definition = registry.shifts[step.name]
    if definition.facts.conflict is None:
        return
    defaults = {parameter.name: parameter.default for parameter in definition.parameters.values()}
    ends = {name: (value.start, value.stop) for name, value in step.params.items() if isinstance(value, Span)}
    for corner in itertools.product(*ends.values()):
        values = {**step.params, **dict(zip(ends, corner, strict=True))}
        conflict = definition.facts.conflict({**defaults, **definition.bind(values)})
        if conflict:
            yield conflict


def _place(name: str, value: Any, step: WrittenStep) -> Location | None:
    parameters = (parameter for parameter in step.parameters if parameter.name == name)
    return next((one.node.where for parameter in parameters for one in parameter.values if one.value == value), None)
