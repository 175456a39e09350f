"""Holds what a suite demands to know against the files once more, as far as that needs no picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from robustcheck.core.text import printable
from robustcheck.domain.config import Project
from robustcheck.domain.requirements import Requirement
from robustcheck.domain.suite import Suite
from robustcheck.provenance.demands import Demands
from robustcheck.provenance.signing.agreement import shown

Json = Mapping[str, Any]


class _FromFiles(Demands):
    """Demands that read records and cards, and take the digest of the data from the report, which its records confirm."""

    def __init__(self, suite: Suite, project: Project, data: str) -> None:
        super().__init__(suite, project)
        self._data = data

    @property
    def _test_digest(self) -> str:
        return self._data


def not_recomputable(suite: Suite) -> tuple[str, ...]:
    """Return the ids of what is demanded that only the pictures can confirm.

    Args:
        suite: The suite.
    """
    demanded = suite.provenance
    return tuple(item.id for item in demanded.requirements if _needs_pictures(item, suite)) if demanded else ()


def _needs_pictures(item: Requirement, suite: Suite) -> bool:
    trained = item.rule == "data_digest" and suite.provenance is not None and suite.provenance.leak is not None
    return item.part == "leak" or trained or (item.part == "dataset" and item.rule not in ("card", "license", "age"))


def of_requirement(item: Requirement, result: Json, written: Json, suite: Suite, project: Project) -> Iterator[str]:
    """Yield in what the result of one thing demanded contradicts itself or the files.

    Args:
        item: What is demanded.
        result: Its result.
        written: The suite's part of the result file.
        suite: The suite.
        project: Its project.
    """
    verdict, unmet = result["verdict"], result["problems"]
    if result["n"] or result["metrics"] or result["expectations"] or result["records"]:
        yield f"{item.id} has numbers, where it has none"
    if _needs_pictures(item, suite):
        expected = _expected(item, result)
        if item.part == "leak" and not unmet:
            yield from _of_leaks(item, written, suite)
    else:
        again = _FromFiles(suite, project, written["data"].get("digest", "")).result(item)
        expected, unmet = again.verdict, again.problems or unmet
    if verdict != expected and not (verdict == "error" and result["problems"]):
        why = f": {unmet[0]}" if unmet else ""
        yield f"{item.id} is {shown(verdict)} in the report; the files and the suite come to {expected}{printable(why)}"


def _expected(item: Requirement, result: Json) -> str:
    if result["problems"]:
        return "error" if result["verdict"] == "error" else "waived" if item.waiver else "fail"
    # A waiver of what holds is stale.
    return "fail" if item.waiver else "warn" if result["notes"] else "pass"


def _of_leaks(item: Requirement, written: Json, suite: Suite) -> Iterator[str]:
    leaks = written["leaks"]
    demanded = suite.provenance.leak if suite.provenance else None
    if demanded is None or leaks is None:
        yield f"{item.id}: the report does not say what leaked"
        return
    part, most = {"exact": ("exact", demanded.exact_max), "groups": ("groups", 0)}.get(item.rule, ("near", 0))
    warned = part == "near" and demanded.action == "review"
    if leaks[part]["count"] > most and not warned:
        yield f"{item.id} names no problem, and the report counts {leaks[part]['count']} of {part} leaks"
    elif leaks[part]["count"] and warned and not _notes(item, written):
        yield f"{item.id} names no picture to look at, and the report counts {leaks[part]['count']}"


def _notes(item: Requirement, written: Json) -> list[str]:
    return [note for result in written["provenance"] if result["id"] == item.id for note in result["notes"]]
