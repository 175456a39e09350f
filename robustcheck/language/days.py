"""Dates: of waivers and of approvals."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

from robustcheck.core.error_codes import Code
from robustcheck.language import advice
from robustcheck.language.nodes import Node, Scalar, what_is
from robustcheck.language.value_types import VARIABLE, Reading


@dataclass(frozen=True, slots=True)
class Day:
    """A date such as ``2027-03-01``."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the date."""
        text = node.text if isinstance(node, Scalar) else ""
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError
            return datetime.date.fromisoformat(text)
        except ValueError:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                return reading.add(node.where, Code.WRONG_TYPE, f"{name}: there is no day {text}")
            hint = f"write it as {advice.date_in(text) or 'YYYY-MM-DD'}"
            return reading.add(node.where, Code.WRONG_TYPE, f"{name} must be a date, not {what_is(node)}", hint)

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"anyOf": [{"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}, VARIABLE]}
