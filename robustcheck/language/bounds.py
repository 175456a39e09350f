"""What a suite may not loosen: ``configs/`` declare it, and people who may write suites need not be those who may write them."""

from __future__ import annotations

from typing import Final

from robustcheck.core.error_codes import Code
from robustcheck.core.units import Quantity
from robustcheck.domain.config import DataEntry, ModelEntry
from robustcheck.domain.labels import MAX_CHANGED
from robustcheck.domain.suite import _EXACT, Declared, declared_of
from robustcheck.language.nodes import shown
from robustcheck.language.value_types import Reading, Values

MAX_TOLERANCE: Final = 5
"""The same where a suite says how far, in percentage points."""


def check_bounds(
    values: Values, suite: Declared | None, entry: ModelEntry | None, data: DataEntry | None, reading: Reading
) -> None:
    """Report what a suite asks for beyond what the entries of its model and data set allow.

    Args:
        values: The suite's own keys.
        suite: What it declares of this model on this data.
        entry: Of the model that is tested; ``None`` where the configuration could not be read.
        data: Of the data set, likewise.
        reading: Where problems go.
    """
    # With an overlay the two are about different labels.
    if entry and data and suite and not values.get("labels"):
        _check_declared(suite, entry, data.name, reading)
    if data:
        _check_unreadable(values, data, reading)
        _check_changed(values, data, reading)


def _check_declared(suite: Declared, entry: ModelEntry, data: str, reading: Reading) -> None:
    known = declared_of(None, entry, data)
    for own in known:
        apart = abs(own.accuracy.value - suite.accuracy.value)
        if apart > own.tolerance.value + suite.tolerance.value + _EXACT:
            what = (
                f"declared is {suite.accuracy} within {suite.tolerance}, and the model's entry declares {own.accuracy} within "
                f"{own.tolerance} ({own.where}): both must be reproduced, and no accuracy reproduces both"
            )
            reading.add(suite.where, Code.LOOSER_THAN_CONFIGURATION, what, "correct the one that is wrong")


def _check_unreadable(values: Values, data: DataEntry, reading: Reading) -> None:
    """Report a share or number above that of the entry; one against the other is known when the pictures are counted."""
    asked: Quantity | None = values.get("max_unreadable")
    allowed = data.max_unreadable
    if asked is not None and asked.unit == allowed.unit and asked.number > allowed.number:
        what = f"max_unreadable is {asked}, more than the {allowed} that {data.where} allows of {shown(data.name)}"
        hint = f"ask for at most {allowed}, or have max_unreadable: {asked} allowed there"
        reading.add(values.where("max_unreadable"), Code.LOOSER_THAN_CONFIGURATION, what, hint)


def _check_changed(values: Values, data: DataEntry, reading: Reading) -> None:
    """Report an overlay that may change more labels than the entry allows; a digest declares the labels too."""
    labels: Values | None = values.get("labels")
    allowed = data.max_changed or (MAX_CHANGED if data.digest else None)
    if labels is None or labels.get("overlay") is None or allowed is None:
        return
    if values.get("data") != data.name:
        return  # where other data were chosen, the overlay is not applied
    asked: Quantity = labels.get("max_changed", MAX_CHANGED)
    if asked.number > allowed.number:
        what = f"max_changed is {asked}, more than the {allowed} that {data.where} allows of {shown(data.name)}"
        hint = f"ask for at most {allowed}, or have max_changed: {asked} allowed there"
        reading.add(labels.where("max_changed"), Code.LOOSER_THAN_CONFIGURATION, what, hint)
