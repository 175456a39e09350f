"""JUnit XML of a result, for whatever reads test results; pytest's own ``--junitxml`` needs a run, this needs none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree

from robustcheck.domain.verdict import FAILING
from robustcheck.report.messages import expectation, failure
from robustcheck.report.terminal import every_result

Json = Mapping[str, Any]
NO_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


def junit(result: Json) -> str:
    """Return a ``testsuites`` document: a ``testsuite`` a suite, a ``testcase`` a result.

    A broken threshold is a ``failure``, a number that could not be had an ``error``; a warning or waiver passes and is told
    in ``system-out``. Numbers are ``property`` elements.
    """
    root = ElementTree.Element("testsuites", name="robustcheck", time=f"{result['seconds']:.3f}")
    for suite in result["suites"]:
        found = every_result(suite)
        counts = {kind: sum(_kind(case) == kind for case in found) for kind in ("failure", "error")}
        own = ElementTree.SubElement(
            root,
            "testsuite",
            name=_text(suite["path"]),
            tests=str(len(found)),
            failures=str(counts["failure"]),
            errors=str(counts["error"]),
            skipped="0",
            time=f"{sum(case['seconds'] for case in found):.3f}",
            timestamp=result["started"],
        )
        for case in found:
            _add(own, suite, case)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(parent: ElementTree.Element, suite: Json, case: Json) -> None:
    facts = {"name": _text(case["id"]), "classname": _text(suite["path"]), "time": f"{case['seconds']:.3f}"}
    own = ElementTree.SubElement(parent, "testcase", facts, file=_text(case["file"]), line=str(case["line"]))
    properties = ElementTree.SubElement(own, "properties")
    ElementTree.SubElement(properties, "property", name="verdict", value=case["verdict"])
    for name, metric in case["metrics"].items():
        ElementTree.SubElement(properties, "property", name=_text(name), value=f"{metric['value']:.6f}")
    kind = _kind(case)
    if kind:
        breaches = [
            *case["problems"],
            *(expectation(line) for line in case["expectations"] if line["verdict"] != "pass"),
        ]
        told = ElementTree.SubElement(own, kind, message=_text("; ".join(breaches)), type=case["verdict"])
        told.text = _text(failure(case))
    elif case["verdict"] != "pass":
        ElementTree.SubElement(own, "system-out").text = _text(failure(case))


def _kind(case: Json) -> str:
    if case["verdict"] not in FAILING:
        return ""
    return "failure" if case["verdict"] == "fail" else "error"


def _text(text: str) -> str:
    return NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
