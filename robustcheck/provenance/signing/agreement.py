"""In what two JSON values differ, numbers that were computed on two machines being the same up to rounding."""

from __future__ import annotations

import math
from collections.abc import Iterator, Set
from typing import Any, Final

from robustcheck.core.text import printable

ROUNDING: Final = 1e-9
"""Relative difference of two numbers that are the same; other versions of a library sum in another order."""
SINGLE: Final = {"unseen_fraction": 1e-5}
"""The same of numbers that are made in single precision."""


def differences(written: Any, computed: Any, *, apart: Set[str] = frozenset(), path: str = "") -> Iterator[str]:
    """Yield where a value that was written is not the computed one: ``metrics.accuracy.value is 0.9 ...``.

    Args:
        written: JSON.
        computed: JSON.
        apart: Keys of the outermost object that may differ.
        path: Where the values stand.
    """
    if isinstance(written, dict) and isinstance(computed, dict):
        for key in sorted({*written, *computed} - apart):
            place = f"{path}.{key}" if path else key
            if key not in written or key not in computed:
                yield f"{printable(place)} is {'not in the report' if key not in written else 'in the report alone'}"
            else:
                yield from differences(written[key], computed[key], path=place)
    elif isinstance(written, list) and isinstance(computed, list) and len(written) == len(computed):
        for number, (left, right) in enumerate(zip(written, computed, strict=True)):
            yield from differences(left, right, path=f"{path}[{number}]")
    elif not _same(written, computed, SINGLE.get(path, ROUNDING)):
        yield f"{printable(path)} is {shown(written)} in the report; its records and the suite come to {shown(computed)}"


def shown(value: Any) -> str:
    """Return a value for a message, cut where it is long."""
    return printable(value if isinstance(value, str) else repr(value))[:80]


def _same(written: Any, computed: Any, rounding: float) -> bool:
    numbers = (int, float)
    if type(written) in numbers and type(computed) in numbers and float in (type(written), type(computed)):
        return math.isclose(written, computed, rel_tol=rounding, abs_tol=rounding)
    return type(written) is type(computed) and bool(written == computed)
