"""The residuals of a run: its report's records, ranked, as JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from robustcheck.domain.suite import TOP_K
from robustcheck.metrics.residuals import Column, edge_cases, fragile, hardest, suspects
from robustcheck.runs.exported_records import read_columns

COLUMNS: Final = ("id", "label", "predicted", "confidence", "loss")
Json = dict[str, Any]


def residuals(suite: Mapping[str, Any], folder: Path, top_k: int | None = None) -> Json | None:
    """Rank the pictures of one suite of a report by their loss.

    Args:
        suite: One of the ``suites`` of a result file.
        folder: The report's folder, with the records.
        top_k: Pictures of each list; what the suite says by default.

    Returns:
        ``top_k``; ``label_suspects``, ``edge_cases`` and ``fragile``, each with ``count`` and ``pictures``; ``cases`` with the
        pictures of the highest loss of each case by id. ``None`` without records of the clean case.
    """
    most = top_k or suite.get("top_k") or TOP_K
    columns = dict(_columns(suite, folder))
    clean, names = columns.pop("clean", None), suite["data"].get("names")
    if clean is None or names is None:
        return None
    cases = [column for column in columns.values() if len(column.id)]
    own = {name: float(loss) for name, loss in zip(clean.id.tolist(), clean.loss.tolist(), strict=True)}

    def told(column: Column, row: int) -> Json:
        return {
            "id": str(column.id[row]),
            "label": names[column.label[row]],
            "predicted": names[column.predicted[row]],
            "confidence": _rounded(column.confidence[row]),
            "loss": _rounded(column.loss[row]),
        }

    doubted, edges, broken = suspects(clean), edge_cases(clean, cases), fragile(clean, cases)
    return {
        "top_k": most,
        "label_suspects": {"count": len(doubted), "pictures": [told(clean, row) for row in doubted[:most].tolist()]},
        "edge_cases": {
            "count": len(edges),
            "pictures": [
                {**told(cases[place], other), "case": cases[place].case, "clean_loss": _rounded(clean.loss[row])}
                for row, place, other in edges[:most]
            ],
        },
        "fragile": {
            "count": len(broken),
            "pictures": [{**told(clean, row), "broken": bad, "of": looked} for row, bad, looked in broken[:most]],
        },
        "cases": {
            column.case: [
                {**told(column, row), "clean_loss": _rounded(own.get(str(column.id[row]), column.loss[row]))}
                for row in hardest(column)[:most].tolist()
            ]
            for column in (clean, *cases)
        },
    }


def with_residuals(document: Json, folder: Path) -> Json:
    """Return a result file with the residuals of each suite."""
    return {**document, "suites": [{**suite, "residuals": residuals(suite, folder)} for suite in document["suites"]]}


def _columns(suite: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, Column]]:
    for case in suite["cases"]:
        found = _column(case["id"], case["records"], folder)
        if found is not None:
            yield case["id"], found


def _column(name: str, records: str, folder: Path) -> Column | None:
    if not records or not (folder / records).is_file():
        return None
    arrays, _ = read_columns(folder, records, COLUMNS)
    return Column(name, arrays["id"].astype(str), *(arrays[key] for key in COLUMNS[1:]))


def _rounded(value: Any) -> float:
    return float(f"{float(value):.6g}")


def pictures_of(found: Mapping[str, Any]) -> Sequence[tuple[str, Json]]:
    """Return every picture of the three lists with the name of its list, in their order."""
    lists = ("label_suspects", "edge_cases", "fragile")
    return [(name, picture) for name in lists for picture in found[name]["pictures"]]
