"""robustcheck: gates vision models on how they behave when the world shifts.

Importing this package loads nothing heavy; the names below are fetched when they are used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustcheck.api import RunResult, run_suite
    from robustcheck.registry import attack, metric, shift

__all__ = ["RunResult", "attack", "metric", "run_suite", "shift"]

__distribution__ = "pytest-robustcheck"
"""Whose package this is: another distribution, ``robustcheck``, installs another one under the same name."""

_HOMES = {
    "RunResult": "robustcheck.api",
    "attack": "robustcheck.registry",
    "metric": "robustcheck.registry",
    "run_suite": "robustcheck.api",
    "shift": "robustcheck.registry",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name from where it lives."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module robustcheck has no attribute {name}")
