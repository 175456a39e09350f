"""A result in the forms that others read: the model index of a Hugging Face model card, and a CycloneDX ML-BOM."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

Json = Mapping[str, Any]
NAMESPACE: Final = uuid.UUID("a9f1b6f0-0e0c-5d0e-9c53-2f7f3c1f6a55")
"""Serial numbers of bills are derived from it and the content, so that the same result gives the same bill."""
SPECIFICATION: Final = "1.6"


def _measured(suite: Json) -> Iterator[tuple[Json, str, Json]]:
    """Yield case, metric and estimate of each number that a threshold was held against, and each accuracy."""
    for case in (*suite["cases"], *suite["overall"]):
        if case["verdict"] in ("error", "unreliable"):
            continue
        gated = {line["metric"] for line in case["expectations"]}
        for name, estimate in case["metrics"].items():
            if name == "accuracy" or name in gated:
                yield case, name, estimate


def model_index(document: Json) -> dict[str, Any]:
    """Return the ``model-index`` of a model card's metadata, one entry a model.

    Args:
        document: The result file's content.
    """
    models: dict[str, list[dict[str, Any]]] = {}
    for suite in document["suites"]:
        results = models.setdefault(suite["model"]["name"], [])
        grouped: dict[str, list[dict[str, Any]]] = {}
        for case, name, estimate in _measured(suite):
            number = {"type": name, "name": f"{name} under {case['id']}", "value": estimate["value"]}
            interval = {
                "low": estimate["low"],
                "high": estimate["high"],
                "n": estimate["n"],
                "verdict": case["verdict"],
            }
            grouped.setdefault(case["id"], []).append({**number, "args": interval})
        for case_id, metrics in grouped.items():
            data = {"type": suite["data"]["name"], "name": suite["data"]["name"], "config": case_id}
            digest = suite["data"].get("digest")
            results.append(
                {
                    "task": {"type": "image-classification"},
                    "dataset": {**data, **({"revision": digest} if digest else {})},
                    "metrics": metrics,
                }
            )
    return {"model-index": [{"name": name, "results": results} for name, results in models.items()]}


def bill_of_materials(document: Json) -> dict[str, Any]:
    """Return a CycloneDX ML-BOM: each model as a component with its numbers, data and digests.

    Args:
        document: The result file's content.
    """
    components: list[dict[str, Any]] = []
    for suite in document["suites"]:
        components += [_model(suite), _data(suite)]
    unique = list({component["bom-ref"]: component for component in components}.values())
    serial = uuid.uuid5(NAMESPACE, repr([(one["bom-ref"], one.get("modelCard")) for one in unique]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": document["started"],
            "tools": {"components": [_tool(document)]},
        },
        "components": unique,
        "dependencies": [
            {"ref": _reference("model", suite), "dependsOn": [_reference("data", suite)]}
            for suite in document["suites"]
        ],
    }


def _tool(document: Json) -> dict[str, str]:
    version = document["environment"]["packages"]["pytest-robustcheck"]
    return {"type": "application", "name": "pytest-robustcheck", "version": version}


def _reference(kind: str, suite: Json) -> str:
    about = suite[kind]
    return f"{kind}:{about['name']}@{about.get('digest', 'unknown')[:16]}:{suite['path']}"


def _model(suite: Json) -> dict[str, Any]:
    numbers = [
        {
            "type": name,
            "value": repr(estimate["value"]),
            "slice": case["id"],
            "confidenceInterval": {"lowerBound": repr(estimate["low"]), "upperBound": repr(estimate["high"])},
        }
        for case, name, estimate in _measured(suite)
    ]
    weights = [found for found in suite["inputs"] if found["role"] == "weights"]
    # A folder's digest is no hash that CycloneDX knows; it is among the properties.
    hashes = [{"alg": "SHA-256", "content": found["digest"]} for found in weights if found["algorithm"] == "sha256"]
    facts = {
        "robustcheck:verdict": suite["verdict"],
        "robustcheck:suite": f"{suite['path']} {suite['digest']}",
        "robustcheck:model": suite["model"].get("digest", ""),
        **{f"robustcheck:{found['role']}:{found['name']}": found["digest"] for found in suite["inputs"]},
    }
    return {
        "type": "machine-learning-model",
        "bom-ref": _reference("model", suite),
        "name": suite["model"]["name"],
        **({"hashes": hashes} if hashes else {}),
        "modelCard": {
            "modelParameters": {"task": "image-classification", "datasets": [{"ref": _reference("data", suite)}]},
            "quantitativeAnalysis": {"performanceMetrics": numbers},
        },
        "properties": [{"name": name, "value": text} for name, text in facts.items() if text],
    }


def _data(suite: Json) -> dict[str, Any]:
    data = suite["data"]
    digest = data.get("digest")
    return {
        "type": "data",
        "bom-ref": _reference("data", suite),
        "name": data["name"],
        **({"hashes": [{"alg": "SHA-256", "content": digest}]} if digest else {}),
    }
