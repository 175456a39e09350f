"""The curves of a result: a metric over a swept parameter, over an attack's radius, over what a search looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.report.html.changes import before
from robustcheck.report.html.words import observed, unit_of
from robustcheck.report.messages import demanded, interval

Json = Mapping[str, Any]
COMPARISONS: Final = (">=", "<=", ">", "<")


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a curve.

    Attributes:
        x: The parameter as written, without its unit.
        at: The parameter as text.
        value: The metric, a fraction where its unit is ``%`` or ``pp``.
        low: Lower end of its 95% interval.
        high: Upper end.
        text: Value and interval as text.
        n: Pictures.
        verdict: Of the expectation, or of the case where nothing was expected.
        case: Id of the case; empty where the point is none.
        bound: What was expected, as a number; ``None`` where nothing was.
        expect: What was expected, as written.
        warning: The bound whose breach is a warning, as a number; ``None`` where there is none.
        accepted: The accepted run's value; ``None`` where it is not known.
    """

    x: float
    at: str
    value: float
    low: float
    high: float
    text: str
    n: int
    verdict: str
    case: str = ""
    bound: float | None = None
    expect: str = ""
    warning: float | None = None
    accepted: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A metric over a parameter.

    Attributes:
        check: Id of the check.
        metric: Its name.
        parameter: Its name.
        unit: Of the metric.
        x_unit: Of the parameter.
        points: By the parameter, two at least.
        clean: Of the clean case; ``None`` where it has no such metric.
        note: What a reader must know.
        limit: Where a search found the break; ``None`` elsewhere.
    """

    check: str
    metric: str
    parameter: str
    unit: str
    x_unit: str
    points: tuple[Point, ...]
    clean: float | None = None
    note: str = ""
    limit: float | None = None


def curves(suite: Json) -> list[list[Curve]]:
    """Return the curves of a suite by check, in its order; of each check the metric that says most comes first."""
    arrays = {combination["check"] for combination in suite["combinations"]}
    clean = next((case for case in suite["cases"] if case["kind"] == "clean"), None)
    checks: dict[str, list[Json]] = {}
    for case in suite["cases"]:
        if case["check"] not in arrays:
            checks.setdefault(case["check"], []).append(case)
    found = [
        [*sweeps(cases, clean), *(one for case in cases for one in (*radii(case), *searched(case)))]
        for cases in checks.values()
    ]
    return [group for group in found if group]


def sweeps(cases: Sequence[Json], clean: Json | None) -> Iterator[Curve]:
    """Yield the curves of the cases of one check, one a metric and combination of the other swept parameters."""
    axis = _swept(cases)
    if axis is None:
        return
    groups: dict[tuple[tuple[str, str], ...], list[tuple[Quantity, Json]]] = {}
    for case in cases:
        value = parse_quantity(case["swept"].get(axis, ""))
        rest = tuple((name, text) for name, text in case["swept"].items() if name != axis)
        if value:
            groups.setdefault(rest, []).append((value, case))
    for rest, members in groups.items():
        ordered = sorted(members, key=lambda member: member[0].number)
        quantity, first = ordered[0]
        for metric in _metrics([case for _, case in ordered]):
            points = tuple(_point(value, case, metric) for value, case in ordered if _has(case, metric))
            if len({point.x for point in points}) > 1:
                yield Curve(
                    check=", ".join([first["check"], *(f"{name}={text}" for name, text in rest)]),
                    metric=metric,
                    parameter=axis,
                    unit=unit_of(metric, first),
                    x_unit=quantity.unit,
                    points=points,
                    clean=clean["metrics"][metric]["value"] if clean and metric in clean["metrics"] else None,
                )


def radii(case: Json) -> Iterator[Curve]:
    """Yield the accuracy under an attack over the size of the change, where the attack looks for the least one."""
    found: Sequence[Json] = case["attack"].get("curve", ())
    bounds = {
        line["metric"].partition("[")[2].rstrip("]"): line
        for line in case["expectations"]
        if line["metric"].startswith("robust_accuracy_at[")
    }
    points = []
    for one in found:
        value, line = parse_quantity(one["eps"]), bounds.get(one["eps"])
        if value:
            numbers = {"value": one["robust_accuracy"], "low": one["low"], "high": one["high"]}
            points.append(
                Point(
                    x=value.number,
                    at=one["eps"],
                    **numbers,
                    text=interval(numbers, "%"),
                    n=case["n"],
                    verdict=line["verdict"] if line else "",
                    bound=bound(line["expect"]) if line else None,
                    expect=line["expect"] if line else "",
                )
            )
    if len(points) > 1:
        value = parse_quantity(found[0]["eps"])
        note = f"{case['attack']['norm']} norm; {case['attack']['bound']}"
        yield Curve(case["id"], "robust accuracy", "eps", "%", value.unit if value else "", tuple(points), note=note)


def searched(case: Json) -> Iterator[Curve]:
    """Yield the metrics at the values that a search for a break point looked at."""
    probes = [(parse_quantity(probe["value"]), probe) for probe in case["trace"]]
    names = dict.fromkeys(name for _, probe in probes for name in probe["metrics"])
    for name in names:
        points = tuple(
            Point(
                x=value.number,
                at=probe["value"],
                **{end: probe["metrics"][name][end] for end in ("value", "low", "high")},
                text=interval(probe["metrics"][name], "%"),
                n=probe["metrics"][name]["n"],
                verdict="pass" if probe["holds"] else "fail",
            )
            for value, probe in sorted(probes, key=lambda one: one[0].number if one[0] else 0.0)
            if value and name in probe["metrics"]
        )
        if len(points) > 1:
            unit = next(value.unit for value, _ in probes if value)
            limit = case["metrics"].get("limit")
            yield Curve(
                check=case["id"],
                metric=name,
                parameter=case["perturbation"] or "value",
                unit="%",
                x_unit=unit,
                points=points,
                note=limit["detail"] if limit else "",
                limit=limit["value"] / Quantity(1.0, unit).value if limit else None,
            )


def bound(expect: str) -> float | None:
    """Return the number of ``>= 95%`` as metrics are stored: 0.95; ``None`` where the text is no such bound."""
    for comparison in COMPARISONS:
        if expect.startswith(comparison):
            found = parse_quantity(expect.removeprefix(comparison))
            return found.value if found else None
    return None


def _bounds(lines: Sequence[Json]) -> dict[str, Any]:
    """Return the bounds of the expectations on one metric, and how they are written."""
    of = {
        level: next((line for line in lines if line.get("level", "fail") == level), None) for level in ("fail", "warn")
    }
    bounds = {level: bound(line["expect"]) if line else None for level, line in of.items()}
    return {"bound": bounds["fail"], "warning": bounds["warn"], "expect": ", ".join(map(demanded, lines))}


def _swept(cases: Sequence[Json]) -> str | None:
    """Return the swept parameter with the most numbers, two at least; ``None`` where there is none."""
    numbers: dict[str, set[tuple[float, str]]] = {}
    for case in cases:
        for name, text in case["swept"].items():
            found = parse_quantity(text)
            if found:
                numbers.setdefault(name, set()).add((found.number, found.unit))
    several = {name: found for name, found in numbers.items() if len(found) > 1 and len({u for _, u in found}) == 1}
    return max(several, key=lambda name: len(several[name]), default=None)


def _metrics(cases: Sequence[Json]) -> list[str]:
    """Return the accuracy and what was expected of these cases."""
    first = "robust_accuracy" if all("robust_accuracy" in case["metrics"] for case in cases) else "accuracy"
    names = dict.fromkeys([first, *(line["metric"] for case in cases for line in case["expectations"])])
    return [name for name in names if sum(_has(case, name) for case in cases) > 1]


def _has(case: Json, metric: str) -> bool:
    return metric in case["metrics"] or any(
        line["metric"] == metric and line["observed"] is not None for line in case["expectations"]
    )


def _point(value: Quantity, case: Json, metric: str) -> Point:
    lines = [line for line in case["expectations"] if line["metric"] == metric]
    line = next((line for line in lines if line["verdict"] != "pass"), lines[0] if lines else None)
    about = {"x": value.number, "at": str(value), "case": case["id"]}
    if line and line["observed"] is not None:
        return Point(
            **about,
            value=line["observed"],
            low=line["low"],
            high=line["high"],
            text=observed(line),
            n=line["n"],
            verdict=line["verdict"],
            **_bounds(lines),
            accepted=before(case) if metric == "accuracy" else None,
        )
    found = case["metrics"][metric]
    return Point(
        **about,
        **{end: found[end] for end in ("value", "low", "high")},
        text=interval(found, unit_of(metric, case)),
        n=found["n"],
        verdict=case["verdict"],
        accepted=before(case) if metric == "accuracy" else None,
    )
