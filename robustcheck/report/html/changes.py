"""What changed since the accepted run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from robustcheck.report.html.words import estimate, share

Json = Mapping[str, Any]
COMPARING = ("regression", "negative_flips")


@dataclass(frozen=True, slots=True)
class Change:
    """A case beside the accepted run.

    Attributes:
        case: Its id.
        before: Accuracy of the accepted run; empty where it is not known.
        now: Accuracy of this run.
        regression: The first minus the second, with its interval.
        flips: Share of pictures that were right and are wrong, with its interval.
        detail: Which pictures.
    """

    case: str
    before: str
    now: str
    regression: str
    flips: str
    detail: str


def changes(suite: Json) -> list[Change]:
    """Return the cases that were held against the accepted run, in the order of the suite."""
    return [_change(case) for case in suite["cases"] if set(COMPARING) & case["metrics"].keys()]


def before(case: Json) -> float | None:
    """Return the accepted run's accuracy in a case, where the result tells it."""
    metrics = case["metrics"]
    if "regression" not in metrics or "accuracy" not in metrics:
        return None
    return round(float(metrics["accuracy"]["value"] + metrics["regression"]["value"]), 9)


def _change(case: Json) -> Change:
    accepted, metrics = before(case), case["metrics"]
    details = (metrics[name]["detail"] for name in COMPARING if name in metrics)
    return Change(
        case=case["id"],
        before="" if accepted is None else share(accepted),
        now=share(metrics["accuracy"]["value"]) if "accuracy" in metrics else "",
        regression=estimate(case, "regression"),
        flips=estimate(case, "negative_flips"),
        detail="; ".join(detail for detail in details if detail),
    )
