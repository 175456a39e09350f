"""What a covering array covered, and which levels stand together only where the model failed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
SHOWN = 3
"""Suspects that fit into a line; the result file has them all."""


def coverage(array: Json, results: Sequence[Json]) -> dict[str, Any]:
    """Return a covering array with what came of it.

    Args:
        array: ``check, strength, factors, cases`` as in ``SuiteRun.identity``.
        results: Results of the suite's cases; those that could not be evaluated cover nothing.
    """
    evaluated = {result["id"]: result for result in results if result["n"] and result["id"] in set(array["cases"])}
    tuples = [
        {
            "levels": levels,
            "cases": [name for name, result in evaluated.items() if levels.items() <= result["swept"].items()],
        }
        for levels in _combinations(array["factors"], array["strength"])
    ]
    for entry in tuples:
        entry["failed"] = [name for name in entry["cases"] if evaluated[name]["verdict"] != "pass"]
    return {
        **array,
        "covered": sum(bool(entry["cases"]) for entry in tuples),
        "total": len(tuples),
        "suspects": suspects(array, evaluated),
        "tuples": tuples,
    }


def suspects(array: Json, evaluated: Mapping[str, Json]) -> list[dict[str, str]]:
    """Return the smallest sets of levels that occur only in cases that did not pass, the most frequent first.

    A level that occurs in two failed cases or more, and in none that passed, explains them; pairs are looked for in the
    cases that no level explains, and so on. Where no case passed, or none failed, nothing can be told apart and the list
    is empty.
    """
    failed = [result["swept"] for result in evaluated.values() if result["verdict"] != "pass"]
    passed = [result["swept"] for result in evaluated.values() if result["verdict"] == "pass"]
    if not failed or not passed:
        return []
    found: list[tuple[int, dict[str, str]]] = []
    for size in range(1, array["strength"] + 1):
        # What a smaller set explains needs no larger one.
        known = [levels for _, levels in found]
        left = [swept for swept in failed if not any(levels.items() <= swept.items() for levels in known)]
        for levels in _combinations(array["factors"], size):
            count = sum(levels.items() <= swept.items() for swept in left)
            # One failure says little of a single level, which the other factors may explain as well.
            enough = count >= (2 if size == 1 else 1)
            if enough and not any(levels.items() <= swept.items() for swept in passed):
                found.append((count, levels))
    return [levels for count, levels in sorted(found, key=lambda entry: (len(entry[1]), -entry[0]))]


def lines(combination: Json, cases: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """Yield what a person should know of a covering array, each line with the verdict that colours it."""
    names = set(combination["cases"])
    evaluated = [result for result in cases if result["id"] in names and result["n"]]
    failed = [result for result in evaluated if result["verdict"] != "pass"]
    noun = {2: "pairs", 3: "triples"}.get(combination["strength"], f"{combination['strength']}-tuples")
    text = (
        f"{combination['check']}: {len(evaluated)} cases cover {combination['covered']} of {combination['total']} {noun} "
        f"of {len(combination['factors'])} factors"
    )
    whole = combination["covered"] == combination["total"]
    if not failed:
        yield text, "" if whole else "warn"
        return
    named = [" with ".join(f"{name}={level}" for name, level in levels.items()) for levels in combination["suspects"]]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    only = f"; only in cases that failed: {'; '.join(named[:SHOWN])}{more}" if named else ""
    yield f"{text}; {len(failed)} did not pass{only}", "warn"


def _combinations(factors: Mapping[str, Sequence[str]], size: int) -> Iterator[dict[str, str]]:
    for names in itertools.combinations(factors, min(size, len(factors))):
        for levels in itertools.product(*(factors[name] for name in names)):
            yield dict(zip(names, levels, strict=True))
