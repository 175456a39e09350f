"""Reports of runs that never happened: what the commands that read reports need of them, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet

IDS = tuple(f"test/{number:02}" for number in range(10))


def case(
    name: str,
    right: str,
    *,
    ids: Sequence[str] = IDS,
    labels: Sequence[int] | None = None,
    depth: str = "-1ev",
    **facts: Any,
) -> dict[str, Any]:
    """Return a case: a picture an id, right where ``right`` has a 1; facts replace those of the result file."""
    return {
        "id": name,
        "right": [mark == "1" for mark in right],
        "ids": list(ids)[: len(right)],
        "labels": list(labels or [0] * len(right)),
        "steps": [["light.exposure", {"stops": depth}]],
        "facts": facts,
    }


def write_report(folder: Path, *cases: Mapping[str, Any], keep: bool = True, **identity: Any) -> Path:
    """Write the report of one suite and return its folder."""
    return write_reports(folder, suite(folder, *cases, keep=keep, **identity))


def write_reports(folder: Path, *suites: Mapping[str, Any]) -> Path:
    """Write the report of several suites, made by ``suite``."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"schema": "robustcheck/report/1", "started": "2026-11-23T10:00:00+00:00", "suites": list(suites)}
    (folder / "robustcheck-report.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def suite(
    folder: Path,
    *cases: Mapping[str, Any],
    path: str = "suites/greys.yaml",
    model: str = "web",
    data: str = "3" * 64,
    seed: int = 7,
    keep: bool = True,
    not_run: Sequence[str] = (),
) -> dict[str, Any]:
    """Write the records of a suite and return its part of the result file."""
    return {
        "path": path,
        "title": "Greys",
        "digest": "1" * 64,
        "seed": seed,
        "model": {"name": model, "digest": f"{model:0<64}"},
        "data": {"name": "greys", "digest": data},
        "verdict": "pass",
        "cases": [_case(folder, one, path, keep) for one in cases],
        "overall": [
            {"id": "overall[1]", "kind": "overall", "verdict": "error", "n": 0, "metrics": {}, "expectations": []}
        ],
        "not_run": list(not_run),
    }


def _case(folder: Path, one: Mapping[str, Any], path: str, keep: bool) -> dict[str, Any]:
    n = len(one["right"])
    records = f"records/{path.replace('/', '-')}/{len(list(folder.rglob('*.parquet')))}.parquet" if keep else ""
    if keep:
        (folder / records).parent.mkdir(parents=True, exist_ok=True)
        table = pyarrow.table(
            {
                "id": one["ids"],
                "label": np.array(one["labels"], np.int32),
                "rank": (~np.array(one["right"], bool)).astype(np.int32),
            }
        )
        about = {"case": one["id"], "steps": one["steps"], "border": "source", "fill": "reflect"}
        table = table.replace_schema_metadata({b"robustcheck": json.dumps(about).encode()})
        pyarrow.parquet.write_table(table, folder / records, write_page_checksum=True)
    return {
        "id": one["id"],
        "kind": "shift",
        "verdict": "pass",
        "n": n,
        "stopped": "",
        "problems": [],
        "records": records,
        "expectations": [],
        "metrics": {"accuracy": {"value": sum(one["right"]) / n, "low": 0.0, "high": 1.0, "n": n}} if n else {},
        **one["facts"],
    }
