"""Numbers of a result as a person reads them, and what older results lack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup, escape

from robustcheck.core.text import written
from robustcheck.core.units import parse_quantity
from robustcheck.report.messages import interval

Json = Mapping[str, Any]
MARKS: Final = {
    "pass": "✓",
    "warn": "!",
    "fail": "✗",
    "inconclusive": "?",
    "waived": "~",
    "unreliable": "≠",
    "error": "⚠",
}
"""A sign beside each verdict, so that colour never stands alone."""
PLAIN: Final = frozenset({"brier", "nll", "model_calls"})
POINTS: Final = frozenset({"drop", "regression"})
DIGITS: Final = 12
"""Of a digest; a machine reads the rest in the result file."""
LACKING: Final[Mapping[str, Any]] = {
    "params": {},
    "tags": (),
    "why": "",
    "n": 0,
    "of": 0,
    "unreadable": 0,
    "unreadable_names": (),
    "seconds": 0.0,
    "forwards": 0,
    "backwards": 0,
    "cached": False,
    "unseen_fraction": 0.0,
    "borderline": 0,
    "proof": None,
    "metrics": {},
    "expectations": (),
    "waiver": "",
    "problems": (),
    "notes": (),
    "records": "",
    "check": "",
    "swept": {},
    "trace": (),
    "attack": {},
    "stopped": "",
    "raw": {},
    "automatic": {},
    "severity": "error",
    "tier": "",
    "perturbation": "",
}
"""What a case of an older result may not have."""
LACKING_LINE: Final[Mapping[str, Any]] = {
    "straddles": False,
    "detail": "",
    "rule": "point",
    "gate_low": None,
    "gate_high": None,
    "needs": None,
    "possible": "",
    "level": "fail",
}
"""What an expectation of an older result may not have."""


def filled(suite: Json) -> dict[str, Any]:
    """Return a suite's result with all that results of this version have."""
    lists = {kind: [_case(case) for case in suite.get(kind, ())] for kind in ("provenance", "cases", "overall")}
    rest: dict[str, Any] = {"notes": (), "not_run": (), "combinations": (), "inputs": (), "counts": {}}
    return {**rest, **suite, **lists}


def _case(case: Json) -> dict[str, Any]:
    lines = [{**LACKING_LINE, **line} for line in case.get("expectations", ())]
    return {**LACKING, **case, "expectations": lines}


def unit_of(metric: str, case: Json) -> str:
    """Return the unit of a metric of a case; ``?`` where it is that of a parameter which the result does not tell."""
    for line in case["expectations"]:
        if line["metric"] == metric:
            return str(line["unit"])
    name = metric.partition("[")[0]
    if name == "median_norm":
        return "/255" if case["attack"].get("norm") == "linf" else ""
    if name == "limit":
        found = parse_quantity(case["trace"][0]["value"]) if case["trace"] else None
        return found.unit if found else ""
    return "" if name in PLAIN else "pp" if name in POINTS else "%"


def estimate(case: Json, metric: str) -> str:
    """Return ``71.2% [67.5, 74.6]``, or nothing where the case does not have the metric."""
    return interval(case["metrics"][metric], unit_of(metric, case)) if metric in case["metrics"] else ""


def observed(line: Json) -> str:
    """Return what was observed of an expectation, with its interval."""
    return "not measured" if line["observed"] is None else interval(line, line["unit"])


def share(value: float) -> str:
    """Return a fraction as a percentage with one digit."""
    return written(value, "%")


def short(digest: str) -> str:
    """Return the first digits of a digest."""
    return digest[:DIGITS]


def duration(seconds: float) -> str:
    """Return ``42 s`` or ``3 min 5 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def breakable(name: str) -> Markup:
    """Return an id that a line may break at its brackets and commas."""
    escaped = str(escape(name))
    return Markup(escaped.replace("[", "<wbr>[").replace(",", ",<wbr>").replace("+", "<wbr>+"))  # noqa: S704 - escaped


def kind_of(case: Json) -> str:
    """Return what a case does in a word or two: its perturbation, or its kind where that is made of several."""
    name = str(case["perturbation"])
    return readable(case["kind"]) if not name or "+" in name else name


def readable(name: str) -> str:
    """Return a name of the result file as words: ``min_max_ratio`` is ``min max ratio``."""
    return name.replace("_", " ")
