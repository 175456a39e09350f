"""robustcheck: gates vision models on how they behave when the world shifts.

Importing this package loads nothing heavy; the names below are fetched when they are used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustcheck.api import RunResult, run_suite
    from robustcheck.core.errors import AttestationRefused
    from robustcheck.core.registry import attack, metric, shift
    from robustcheck.domain.estimate import Estimate
    from robustcheck.images.geometry import Warp
    from robustcheck.metrics.shares import Share
    from robustcheck.provenance.recording import record_training
    from robustcheck.provenance.signing.verification import verify_attestation
    from robustcheck.stats.intervals import proportion

__all__ = [
    "AttestationRefused",
    "Estimate",
    "RunResult",
    "Share",
    "Warp",
    "attack",
    "metric",
    "proportion",
    "record_training",
    "run_suite",
    "shift",
    "verify_attestation",
]

__distribution__ = "pytest-robustcheck"
"""Whose package this is: another distribution, ``robustcheck``, installs another one under the same name."""

_HOMES = {
    "AttestationRefused": "robustcheck.core.errors",
    "Estimate": "robustcheck.domain.estimate",
    "RunResult": "robustcheck.api",
    "Share": "robustcheck.metrics.shares",
    "Warp": "robustcheck.images.geometry",
    "attack": "robustcheck.core.registry",
    "metric": "robustcheck.core.registry",
    "proportion": "robustcheck.stats.intervals",
    "record_training": "robustcheck.provenance.recording",
    "run_suite": "robustcheck.api",
    "shift": "robustcheck.core.registry",
    "verify_attestation": "robustcheck.provenance.signing.verification",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name from where it lives."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module robustcheck has no attribute {name}")
