"""Comes to the numbers and verdicts of a result once more, from its records and the suite, before anything is signed.

What the records cannot say, a report may only say to the worse: ``error`` and ``unreliable`` stand where a problem is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core import progress
from robustcheck.core.errors import AttestationRefused, RobustcheckError
from robustcheck.core.paths import inside
from robustcheck.core.text import printable
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.suite import Overall, Suite
from robustcheck.engine.options import Options
from robustcheck.engine.recorded_run import Exported, Recorded, RecordedRun
from robustcheck.language import load_project, load_suite
from robustcheck.provenance.signing.agreement import differences, shown
from robustcheck.provenance.signing.demanded_again import not_recomputable, of_requirement
from robustcheck.provenance.signing.project_check import changed_inputs
from robustcheck.provenance.signing.result_rules import of_document, of_identity, of_suite

Json = Mapping[str, Any]
NO_NUMBER: Final = ("error", "unreliable")
"""Verdicts for reasons that the records need not show."""
APART: Final = frozenset({"line", "seconds", "forwards", "backwards", "cached", "notes", "problems", "verdict"})
"""Fields of a case that nothing is decided by, or that are about the run and not about its records."""


@dataclass(frozen=True, slots=True)
class Recomputation:
    """A result that its records and its suite confirm.

    Attributes:
        suite: The suite as it lies here, which is the one that was run.
        not_recomputed: Ids of what only the pictures could confirm.
    """

    suite: Suite
    not_recomputed: tuple[str, ...]


def recomputed(
    document: Json, written: Json, *, report: Path, root: Path, configs: Path, own: bool = False
) -> Recomputation:
    """Compute a suite's part of a result file again.

    Args:
        document: The result file.
        written: One of its ``suites``.
        report: The report's folder, where the records lie.
        root: The project's folder, where the suite and the files of its run lie.
        configs: Folder of ``models.yaml`` and ``data.yaml``.
        own: Whether this very process gathered the result, so that nothing of it was read from a file.

    Raises:
        AttestationRefused: With everything in which the result differs from its records, its suite or its files.
    """
    try:
        project = load_project(root, configs)
        suite = _suite_of(written, project)
    except RobustcheckError as error:
        raise AttestationRefused([f"{printable(str(written['path']))} is not here as it was run: {error}"]) from None
    reasons = [
        *of_identity(document, written, suite, project),
        *changed_inputs(suite, project, configs, written["inputs"]),
    ]
    if not reasons:
        reasons = [
            *of_document(document),
            *of_suite(document, written, suite),
            *_of_results(document, written, suite, project, report, own=own),
        ]
    if reasons:
        raise AttestationRefused([f"{printable(suite.path)}: {reason}" for reason in reasons])
    return Recomputation(suite, tuple(_unsure(written, suite, own=own)))


def _unsure(written: Json, suite: Suite, *, own: bool) -> Iterator[str]:
    """Yield the ids of what is signed without having been computed again."""
    told = {result["id"] for result in written["provenance"]}
    yield from (name for name in not_recomputable(suite) if name in told and not own)
    known = {case["id"] for case in written["cases"]}
    absent = suite.clean.id not in known
    yield from (case["id"] for case in written["cases"] if absent)
    lines = {line.id: line for line in suite.overall}
    yield from (line["id"] for line in written["overall"] if absent or not known.issuperset(lines[line["id"]].cases))


def _suite_of(written: Json, project: Project) -> Suite:
    path = inside(project.root / str(written["path"]), project.root, "suite")
    own = load_suite(path, project)
    theirs = {
        "model": str(written["model"]["name"]),
        "data": str(written["data"]["name"]),
        "seed": int(written["seed"]),
    }
    # Only what was chosen on the command line stands for the suite's own.
    chosen: dict[str, Any] = {name: value for name, value in theirs.items() if getattr(own, name) != value}
    return load_suite(path, project, **chosen) if chosen else own


def _of_results(
    document: Json, written: Json, suite: Suite, project: Project, report: Path, *, own: bool
) -> Iterator[str]:
    results = {result["id"]: result for part in ("provenance", "cases", "overall") for result in written[part]}
    for demanded in suite.provenance.requirements if suite.provenance else ():
        if demanded.id in results:
            yield from of_requirement(demanded, results[demanded.id], written, suite, project)
    clean = results.get(suite.clean.id)
    if clean is None:
        return  # The clean case was not run, which the statement says and verify refuses.
    if _is_without_number(clean):
        # Nothing counts then.
        names = [name for part in ("cases", "overall") for name in (result["id"] for result in written[part])]
        yield from (
            f"{name} has a number, and the clean case has none"
            for name in names
            if not _is_without_number(results[name])
        )
        return
    tier, limit = document["options"]["tier"], document["options"]["limit"]
    options = Options(root=project.root, report=report, tier=tier, limit=limit, cache=False, every_picture=False)
    try:
        run = RecordedRun(Recorded(suite, project, options, written, dict(_exported(written))))
    except RobustcheckError as error:
        yield str(error)
        return
    items: list[Case | Overall] = [*suite.cases, *suite.overall]
    for item in progress.counted(items, f"{suite.path} computed again", unit="results", total=len(items)):
        if item.id in results:
            yield from _of_result(item, results[item.id], results, run, own=own)
    yield from _of_data(written, run)


def _exported(written: Json) -> Iterator[tuple[str, Exported]]:
    for case in written["cases"]:
        if case["records"]:
            yield case["id"], Exported(case["records"], case["records_digest"])
        for probe in case["trace"]:
            if probe.get("records"):
                name = f"{case['id']}@{probe['value']}"
                yield name, Exported(probe["records"], probe["records_digest"])


def _is_without_number(result: Json) -> bool:
    """Whether a case ended without a number, and says why."""
    named = result["verdict"] == "error" and result["problems"]
    return bool(named) and not (result["metrics"] or result["records"] or result["n"])


def _of_result(
    item: Case | Overall, result: Json, results: Mapping[str, Json], run: RecordedRun, *, own: bool
) -> Iterator[str]:
    if _is_without_number(result):
        return
    absent = [name for name in item.cases if name not in results] if isinstance(item, Overall) else []
    if absent:
        yield from (
            [] if own else [f"{item.id} rests on {absent[0]}, which the report does not have; run a tier that has it"]
        )
        return
    computed = run.case(item) if isinstance(item, Case) else run.overall(item)
    told = json.loads(json.dumps(computed.to_json()))
    yield from _of_verdict(result, told)
    if not computed.metrics:
        if result["metrics"]:
            yield f"{printable(str(result['id']))} has numbers in the report, and its records and the suite come to none"
        return
    for difference in differences(result, told, apart=APART):
        yield f"{printable(str(result['id']))}: {difference}"
    if isinstance(item, Case) and not result["cached"] and result["forwards"] != told["forwards"]:
        yield (
            f"{item.id} says that it was looked at anew, with {result['forwards']} pictures through the model; its records took "
            f"{told['forwards']}"
        )


def _of_verdict(result: Json, told: Json) -> Iterator[str]:
    name, verdict, again = printable(str(result["id"])), result["verdict"], told["verdict"]
    if result["problems"] and verdict not in NO_NUMBER:
        yield f"{name} is {shown(verdict)} although it names a problem: {shown(result['problems'][0])}"
    elif verdict != again and not (verdict in NO_NUMBER and result["problems"]):
        why = f": {told['problems'][0]}" if told["problems"] else ""
        yield f"{name} is {shown(verdict)} in the report; its records and the suite come to {again}{why}"


def _of_data(written: Json, run: RecordedRun) -> Iterator[str]:
    size, classes = run.extent
    for what, value in (("size", size), ("classes", classes)):
        if value is not None and written["data"][what] != value:
            yield f"the data has {what} {shown(written['data'][what])} in the report; its records come to {value}"
