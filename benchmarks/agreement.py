"""What runs of the stored suites agree on, and how a later run differs from that.

Another processor rounds the last bits of a sum otherwise, so what is stored is what several environments agree on:

* ``EXACT`` columns must agree everywhere, or nothing is stored;
* of another column whose rows differ somewhere, at most one row in four may differ from what is stored;
* a column that differs in more than one row in eight between the environments is left out, as the pixels of most attacks are;
* a value of the result file that differs is stored as ``~``, which agrees with anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

EXACT: Final = (
    "id",
    "label",
    "predicted",
    "rank",
    "borderline",
    "attempted",
    "reached",
    "target",
    "max_change",
    "form",
    "ambiguous",
)
"""Columns that must be the same on every processor."""

TOLERANCE: Final = 1e-5
SAME: Final = 2e-6
"""Difference up to which floats of two environments are the same, so that those of a third lie within the tolerance."""
VARIES: Final = "~"

Document = dict[str, Any]


def close(before: Any, after: Any, tolerance: float) -> bool:
    """Whether two values are the same, floats to a tolerance that is relative above 1 and absolute below."""
    if isinstance(before, float) and isinstance(after, int | float):
        return abs(before - after) <= tolerance * max(1.0, abs(before))
    return type(before) is type(after) and bool(before == after)


def agreed(values: Sequence[Any]) -> Any:
    """Return what values of several environments agree on, with ``~`` where they do not."""
    first = values[0]
    if isinstance(first, dict) and all(isinstance(value, dict) and value.keys() == first.keys() for value in values):
        return {key: agreed([value[key] for value in values]) for key in first}
    if isinstance(first, list) and all(isinstance(value, list) and len(value) == len(first) for value in values):
        return [agreed(items) for items in zip(*values, strict=True)]
    return first if all(close(first, value, SAME) for value in values) else VARIES


def agreed_columns(where: str, runs: Sequence[Mapping[str, list[Any]]]) -> dict[str, list[Any]]:
    """Return the columns that are stored; rows in which the environments differ are ``~``.

    Raises:
        RuntimeError: A column that must be exact is not, so that other pictures or strengths have to be chosen.
    """
    columns: dict[str, list[Any]] = agreed(runs)
    for name, values in list(columns.items()):
        varying = values.count(VARIES)
        if varying and name in EXACT:
            raise RuntimeError(f"{where}: {name} is not the same in every environment")
        if varying > len(values) / 8:
            del columns[name]
    return columns


def stored_of(runs: Sequence[Mapping[str, Document]]) -> dict[str, Document]:
    """Return what several environments agree on, by case."""
    kept = {}
    for name, first in runs[0].items():
        tables = {key: agreed_columns(name, [run[name]["tables"][key] for run in runs]) for key in first["tables"]}
        kept[name] = {"case": agreed([run[name]["case"] for run in runs]), "tables": tables}
    return kept


def differences(stored: Mapping[str, Document], fresh: Mapping[str, Document]) -> Iterator[str]:
    """Yield a line for each difference of a run from what is stored, with suite, case, column and sample."""
    for name in sorted(stored.keys() | fresh.keys()):
        if name not in fresh or name not in stored:
            yield f"{name}: {'is not run any more' if name in stored else 'was not stored'}"
            continue
        yield from different_values(name, stored[name]["case"], fresh[name]["case"])
        old, new = stored[name]["tables"], fresh[name]["tables"]
        for key in sorted(old.keys() | new.keys()):
            if key in old and key in new:
                yield from different_rows(f"{name} {key}", old[key], new[key])
            else:
                yield f"{name} {key}: has {'no' if key in old else 'new'} records"


def different_values(where: str, stored: Any, fresh: Any) -> Iterator[str]:
    """Yield a line for each value of a result that is another one; keys that are new are none."""
    if stored == VARIES:
        return
    if isinstance(stored, dict) and isinstance(fresh, dict):
        for key, value in stored.items():
            if key in fresh:
                yield from different_values(f"{where} {key}", value, fresh[key])
            else:
                yield f"{where} {key}: is missing"
    elif isinstance(stored, list) and isinstance(fresh, list) and len(stored) == len(fresh):
        for place, (value, other) in enumerate(zip(stored, fresh, strict=True)):
            yield from different_values(f"{where} {place}", value, other)
    elif not close(stored, fresh, TOLERANCE):
        yield f"{where}: {stored!r} was stored, {fresh!r} came"


def different_rows(where: str, stored: Mapping[str, list[Any]], fresh: Mapping[str, list[Any]]) -> Iterator[str]:
    """Yield a line for each row that is another one; of a column with rows that vary, only where many are."""
    ids = stored["id"]
    for name, values in stored.items():
        others = fresh.get(name)
        if others is None or len(others) != len(values):
            yield f"{where} {name}: {'is missing' if others is None else f'has {len(others)} rows, not {len(values)}'}"
            continue
        rows = list(zip(ids, values, others, strict=True))
        wrong = [row for row in rows if row[1] != VARIES and not close(row[1], row[2], TOLERANCE)]
        if VARIES in values and len(wrong) <= len(values) / 4:
            continue
        yield from (f"{where} {name} of {sample}: {old!r} was stored, {new!r} came" for sample, old, new in wrong)
