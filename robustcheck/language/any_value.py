"""Arguments of another library: values whose kinds the language does not know."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from robustcheck.core.error_codes import Code
from robustcheck.language.nodes import Mapping, Node, Sequence, shown
from robustcheck.language.scalars import resolve
from robustcheck.language.value_types import INVALID, Reading


@dataclass(frozen=True, slots=True)
class Loose:
    """An argument of another library, which checks it itself: a number, boolean, text, null, ``a..b`` or a list."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the value; a range and a list become tuples."""
        if isinstance(node, Mapping):
            return reading.add(node.where, Code.WRONG_SHAPE, f"{name} cannot be a mapping")
        if isinstance(node, Sequence):
            read = [self.read(name, item, reading) for item in node.items]
            return INVALID if INVALID in read else tuple(read)
        if isinstance(node.value, float) and not math.isfinite(node.value):
            return reading.add(node.where, Code.WRONG_TYPE, f"{name} must be a finite number, not {shown(node.text)}")
        low, dots, high = node.value.partition("..") if isinstance(node.value, str) else ("", "", "")
        ends = resolve(low.strip()) if low.strip() else None, resolve(high.strip()) if high.strip() else None
        if dots and all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
            return ends
        return node.value

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": ["number", "boolean", "string", "null", "array"]}
