"""robustcheck: gates vision models on how they behave when the world shifts.

Importing this package loads nothing heavy; the names below are fetched when they are used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustcheck.api import RunResult, run_suite
    from robustcheck.errors import AttestationRefused
    from robustcheck.evidence.recording import record_training
    from robustcheck.evidence.verification import verify_attestation
    from robustcheck.registry import attack, metric, shift

__all__ = [
    "AttestationRefused",
    "RunResult",
    "attack",
    "metric",
    "record_training",
    "run_suite",
    "shift",
    "verify_attestation",
]

__distribution__ = "pytest-robustcheck"
"""Whose package this is: another distribution, ``robustcheck``, installs another one under the same name."""

_HOMES = {
    "AttestationRefused": "robustcheck.errors",
    "RunResult": "robustcheck.api",
    "attack": "robustcheck.registry",
    "metric": "robustcheck.registry",
    "record_training": "robustcheck.evidence.recording",
    "run_suite": "robustcheck.api",
    "shift": "robustcheck.registry",
    "verify_attestation": "robustcheck.evidence.verification",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name from where it lives."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module robustcheck has no attribute {name}")
