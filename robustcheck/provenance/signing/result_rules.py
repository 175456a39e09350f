"""Whether a result file agrees with itself and with its suite, before any records are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from robustcheck.core.text import named
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.requirements import Requirement
from robustcheck.domain.result import describe
from robustcheck.domain.suite import Suite, planned_items
from robustcheck.domain.tier import TIERS
from robustcheck.domain.verdict import worst
from robustcheck.models.definition import definition_of
from robustcheck.provenance.signing.agreement import differences, shown

Json = Mapping[str, Any]
PARTS = ("provenance", "cases", "overall")


def of_document(document: Json) -> Iterator[str]:
    """Yield in what a result file contradicts itself.

    Args:
        document: The result file.
    """
    verdict = worst([suite["verdict"] for suite in document["suites"]])
    if document["verdict"] != verdict:
        yield f"the report's verdict is {shown(document['verdict'])}, those of its suites come to {verdict}"
    complete = all(not suite["not_run"] for suite in document["suites"])
    if document["complete"] is not complete:
        yield f"complete is {shown(document['complete'])}, where the suites say {complete}"


def of_suite(document: Json, written: Json, suite: Suite) -> Iterator[str]:
    """Yield in what a suite's part of a result contradicts itself, or leaves out of the suite.

    Args:
        document: The result file.
        written: One of its ``suites``.
        suite: The suite as it lies here.
    """
    results = [result for part in PARTS for result in written[part]]
    verdicts = [result["verdict"] for result in results]
    if written["verdict"] != worst(verdicts):
        yield f"the suite's verdict is {shown(written['verdict'])}, those of its cases come to {worst(verdicts)}"
    if written["counts"] != dict(Counter(verdicts)):
        yield f"counts are {shown(written['counts'])}, where the cases come to {dict(Counter(verdicts))}"
    yield from _of_extent(document, written, suite)


def of_identity(document: Json, written: Json, suite: Suite, project: Project) -> Iterator[str]:
    """Yield in what a result is of another suite, another model or another extent than what lies here.

    Args:
        document: The result file.
        written: One of its ``suites``.
        suite: The suite as it lies here.
        project: Its project.
    """
    entry = project.models[suite.model]
    model, data = written["model"], written["data"]
    for what, theirs, ours in (
        ("path", written["path"], suite.path),
        ("title", written["title"], suite.title),
        ("owner", written["owner"], suite.owner),
        ("seed", written["seed"], suite.seed),
        ("model", model["name"], suite.model),
        ("data", data["name"], suite.data),
        ("digest of the suite", written["digest"], suite.digest),
        # A model that could not be opened has no digests, and then there is nothing to sign.
        ("definition of the model", model.get("definition", definition_of(entry)), definition_of(entry)),
        ("list of classes", data.get("names", list(entry.classes)), list(entry.classes)),
    ):
        if theirs != ours:
            yield f"the {what} is {shown(theirs)} in the report, and {shown(ours)} here; run the suite as it is now"
    tier, limit = document["options"]["tier"], document["options"]["limit"]
    if tier not in TIERS:
        yield f"the tier is {shown(tier)}, not one of {', '.join(TIERS)}"
    if data.get("limit") != limit:
        yield f"the data has the limit {shown(data.get('limit'))}, and the options have {shown(limit)}"


def _of_extent(document: Json, written: Json, suite: Suite) -> Iterator[str]:
    tier = document["options"]["tier"]
    planned = {item.id: item for item in planned_items(suite, tier)}
    told = [*(result["id"] for part in PARTS for result in written[part]), *written["not_run"]]
    for what, names in (
        ("stand in the report twice", [name for name, count in Counter(told).items() if count > 1]),
        ("are in the report and not in the suite", [name for name in told if name not in planned]),
        ("of the suite are not in the report", [name for name in planned if name not in told]),
    ):
        if names:
            yield f"{len(names)} tests {what}: {named(map(str, names))}"
    for part in PARTS:
        for result in written[part]:
            item = planned.get(result["id"])
            if item is None:
                continue
            home = "cases" if isinstance(item, Case) else "provenance" if isinstance(item, Requirement) else "overall"
            if part != home:
                yield f"{item.id} stands under {part}, where it is none"
            about = {**describe(suite, item), "line": result["line"]}
            about |= {"tags": list(about["tags"])}
            for difference in differences({key: result[key] for key in about}, about):
                yield f"{item.id}: {difference}"
