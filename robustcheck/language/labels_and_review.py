"""What a suite says of the people who look: the keys below ``labels`` and ``review`` and what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from robustcheck.core.error_codes import Code
from robustcheck.domain.labels import AUDIT_FRACTION, CONFIDENCE, MAX_CHANGED, Labels, Review
from robustcheck.language.provenance import ProjectPath
from robustcheck.language.value_types import Amount, Field, Reading, Record, Values, Whole

if TYPE_CHECKING:
    from robustcheck.domain.case import Case


LABELS: Final = Record(
    "labels",
    {
        "overlay": Field(
            ProjectPath(), "The file that robustcheck review writes, such as reviews.jsonl.", required=True
        ),
        "max_changed": Field(
            Amount(("%",), 0, 100),
            "Share of the labels that may be changed or declared ambiguous.",
            default=str(MAX_CHANGED),
        ),
        "reviewers_min": Field(Whole(1, 100), "How many people must agree before a decision counts.", default=1),
    },
)
REVIEW: Final = Record(
    "review",
    {
        "max_risk": Field(
            Amount(("%",), 0.001, 50), "Share of the answers without a person that may be wrong.", required=True
        ),
        "confidence": Field(Amount(("%",), 50, 99.999), "With which that is shown.", default=str(CONFIDENCE)),
        "audit_fraction": Field(
            Amount(("%",), 0, 100),
            "Share of the pictures that need no person and are asked about all the same.",
            default=str(AUDIT_FRACTION),
        ),
    },
)


def labels_of(values: Values | None) -> Labels | None:
    """Return which overlay applies, if any."""
    if values is None or values.get("overlay") is None:
        return None
    changed = values.get("max_changed", MAX_CHANGED)
    return Labels(values.get("overlay"), changed.value, values.get("reviewers_min", 1), values.where("overlay"))


def review_of(values: Values | None) -> Review | None:
    """Return what is promised, if anything."""
    if values is None or values.get("max_risk") is None:
        return None
    confidence, audit = values.get("confidence", CONFIDENCE), values.get("audit_fraction", AUDIT_FRACTION)
    # Divided, 95% is the number that 0.95 is.
    return Review(values.get("max_risk").number / 100, confidence.number / 100, audit.number / 100)


def check_promise(cases: Iterable[Case], review: Values | None, reading: Reading) -> None:
    """Report an expectation of automatic answers of which nothing is promised."""
    if review is not None:
        return
    for case in cases:
        for line in case.expectations:
            if line.metric == "automatic_share":
                what = "automatic_share needs to know which risk is promised of automatic answers"
                reading.add(line.where, Code.NEEDS_ANOTHER_KEY, what, "write review: {max_risk: 1%} in the suite")
                return
