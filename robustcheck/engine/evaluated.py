"""Records of a case with how they came about."""

from __future__ import annotations

from dataclasses import dataclass

from robustcheck.domain.case import Case
from robustcheck.engine.cache.record_files import Stored
from robustcheck.metrics.records import Records


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Records with how they came about.

    Attributes:
        key: Their name in the store.
        stored: The records and what was noted, without pictures whose label is ambiguous.
        cached: Whether an earlier run made them.
        every: The records with those pictures.
        case: What was looked at: one value of a break point, or the case itself.
        live: Pictures that went through the model now, to see whether cached records still hold.
    """

    key: str
    stored: Stored
    cached: bool
    every: Records
    case: Case
    live: int = 0
