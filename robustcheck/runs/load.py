"""Runs as their report folders keep them: what a later command compares, read from the result file and the records."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.regular_files import read_regular
from robustcheck.core.text import printable
from robustcheck.domain.result import RESULT_FILE, RESULT_SCHEMA
from robustcheck.engine.gates.baseline import Baseline, case_digest
from robustcheck.engine.gates.baseline_file import load_baseline
from robustcheck.runs.exported_records import read_columns

NO_NUMBER: Final = ("error", "unreliable")
"""Verdicts of cases whose number says nothing about the model."""

LARGEST: Final = 1 << 30
"""Bytes of a result file or baseline; a larger one is not read."""

ADDED: Final[Mapping[str, Any]] = {
    "inputs": [],
    "provenance": [],
    "profile": None,
    "leaks": None,
    "residuals": None,
    "labels": None,
    "review": None,
}
"""Parts of a suite's result that files written before they existed lack."""
ADDED_TO_CASES: Final[Mapping[str, Any]] = {"records_digest": ""}
"""The same of a case's result."""


def _discovery_of(suites: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a file that does not say so collected: the suites that it holds, and nothing is known of the rest."""
    return {"suites": [suite["path"] for suite in suites], "left_out": []}


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Which pictures a case had right, sorted by sample id.

    Attributes:
        ids: Sample ids.
        labels: Class indices, int32, shape (n,).
        right: Bool, shape (n,).
        predicted: Class indices, int32, shape (n,); ``None`` where they are not known.
    """

    ids: tuple[str, ...]
    labels: NDArray[np.int32]
    right: NDArray[np.bool_]
    predicted: NDArray[np.int32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class KeptCase:
    """One case of a run.

    Attributes:
        id: Of the case.
        kind: As in the result file; empty from a baseline.
        verdict: As in the result file; empty from a baseline.
        n: Pictures looked at.
        right: How many were right.
        digest: What decides its pixels, where there are records.
        rows: The pictures, where there are records.
        missing: Why there are none.
        stopped: Whether it stopped before it saw every picture.
        problems: Why the verdict is ``error`` or ``unreliable``.
    """

    id: str
    kind: str
    verdict: str
    n: int
    right: int
    digest: str = ""
    rows: Rows | None = None
    missing: str = ""
    stopped: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class KeptSuite:
    """One suite of a run; the attributes are those of ``Baseline``, the cases in the order of the suite."""

    suite: str
    suite_digest: str
    model: str
    model_digest: str
    data: str
    data_digest: str
    seed: int
    overlay: str
    cases: Mapping[str, KeptCase]
    not_run: tuple[str, ...] = ()

    def labels(self) -> dict[str, int]:
        """Return the class index of every sample that any case looked at."""
        known: dict[str, int] = {}
        for case in self.cases.values():
            if case.rows:
                known.update(zip(case.rows.ids, case.rows.labels.tolist(), strict=True))
        return known


@dataclass(frozen=True, slots=True, eq=False)
class KeptRun:
    """A run.

    Attributes:
        name: How a person called it.
        made: When: the start of the run, or the day on which it was accepted.
        suites: Its suites by their path.
    """

    name: str
    made: str
    suites: Mapping[str, KeptSuite] = field(default_factory=dict)


def _json_of(file: Path) -> Any:
    try:
        return json.loads(read_regular(file, LARGEST))
    except OSError as error:
        raise RobustcheckError(
            f"{printable(str(file))}: there is no result to read: {error.strerror}; name the folder of a report"
        ) from None
    except (ValueError, RecursionError) as error:
        raise RobustcheckError(f"{printable(str(file))}: this is no result file: {error}") from None


def _check_schema(found: Any, file: Path) -> None:
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != RESULT_SCHEMA:
        known = f"its schema is {printable(str(schema))}" if schema else "it has no schema"
        raise RobustcheckError(f"{printable(str(file))}: this is no result file of {RESULT_SCHEMA}: {known}")


def load_document(folder: Path) -> dict[str, Any]:
    """Read the result file of a report's folder as it is.

    Raises:
        RobustcheckError: There is none, or it cannot be read.
    """
    found: dict[str, Any] = _json_of(folder / RESULT_FILE)
    _check_schema(found, folder / RESULT_FILE)
    found["suites"] = [_with_added(suite) for suite in found.get("suites", ())]
    found.setdefault("discovery", _discovery_of(found["suites"]))
    return found


def _with_added(suite: Mapping[str, Any]) -> dict[str, Any]:
    parts = {
        part: [{**ADDED_TO_CASES, **case} if isinstance(case, dict) else case for case in suite[part]]
        for part in ("provenance", "cases", "overall")
        if isinstance(suite.get(part), list)
    }
    return {**ADDED, **suite, **parts}


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[dict[str, Any]]:
    """Read the result file of a report's folder; whatever is amiss in it is told by its name, whoever stumbles over it.

    Raises:
        RobustcheckError: There is none, or it is damaged.
    """
    try:
        yield load_document(folder)
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
        raise RobustcheckError(
            f"{printable(str(folder))}: the result file is damaged or of another version: {type(error).__name__}: "
            f"{printable(str(error))}"
        ) from None


def load_run(path: Path) -> KeptRun:
    """Read a report's folder, its result file, or a baseline.

    Raises:
        RobustcheckError: There is none, or it cannot be read.
    """
    file = path / RESULT_FILE if path.is_dir() else path
    name, found = printable(str(path)), _json_of(file)
    if isinstance(found, dict) and str(found.get("robustcheck", "")).startswith("baseline/"):
        baseline = load_baseline(file)
        return KeptRun(name, baseline.accepted, {baseline.suite: _of_baseline(baseline)})
    _check_schema(found, file)
    try:
        suites = {suite["path"]: _suite(suite, file.parent) for suite in found["suites"]}
        return KeptRun(name, str(found["started"]), suites)
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise RobustcheckError(
            f"{printable(str(file))}: this result file is damaged: {type(error).__name__}: {printable(str(error))}"
        ) from None


def _suite(suite: Mapping[str, Any], folder: Path) -> KeptSuite:
    model, data = suite["model"], suite["data"]
    return KeptSuite(
        suite=suite["path"],
        suite_digest=suite["digest"],
        model=model["name"],
        model_digest=model.get("digest", ""),
        data=data["name"],
        data_digest=data.get("digest", ""),
        seed=suite["seed"],
        overlay=data.get("overlay", ""),
        cases={case["id"]: _case(case, folder) for case in suite["cases"]},
        not_run=tuple(suite["not_run"]),
    )


def _case(case: Mapping[str, Any], folder: Path) -> KeptCase:
    accuracy = case["metrics"].get("accuracy", {"value": 0.0, "n": 0})
    n, right = int(accuracy["n"]), round(accuracy["value"] * accuracy["n"])
    if not isinstance(case["id"], str):
        raise TypeError("the id of a case is no text")
    told: dict[str, Any] = {
        "id": case["id"],
        "kind": case["kind"],
        "verdict": case["verdict"],
        "stopped": bool(case.get("stopped")),
        "problems": tuple(case["problems"]),
    }
    try:
        digest, rows = _rows(case["records"], folder)
    except RobustcheckError as error:
        return KeptCase(**told, n=n, right=right, missing=str(error))
    return KeptCase(**told, n=len(rows.ids), right=int(rows.right.sum()), digest=digest, rows=rows)


def _rows(records: str, folder: Path) -> tuple[str, Rows]:
    """Read the records of a case and return its digest with them.

    Raises:
        RobustcheckError: There are none, or they cannot be read.
    """
    found, about = read_columns(folder, records, ("id", "label", "rank"), also=lambda name: name == "predicted")
    ids = [str(name) for name in found["id"]]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    if len(set(ids)) != len(ids) or not ids:
        raise RobustcheckError(f"{printable(records)} is damaged: it has no pictures, or one of them twice")
    labels, right = found["label"][order].astype(np.int32), found["rank"][order] == 0
    predicted = found["predicted"][order].astype(np.int32) if "predicted" in found else None
    return case_digest(about), Rows(tuple(ids[row] for row in order), labels, right, predicted)


def _of_baseline(baseline: Baseline) -> KeptSuite:
    cases = {}
    for known in baseline.cases.values():
        places = np.flatnonzero(known.seen)
        ids = tuple(baseline.ids[place] for place in places)
        predicted = None if known.predicted is None else known.predicted[places]
        rows = Rows(ids, baseline.labels[places], known.right[places], predicted)
        cases[known.id] = KeptCase(
            id=known.id,
            kind="",
            verdict="",
            n=len(places),
            right=int(rows.right.sum()),
            digest=known.digest,
            rows=rows,
            stopped=not known.seen.all(),
        )
    return KeptSuite(
        suite=baseline.suite,
        suite_digest=baseline.suite_digest,
        model=baseline.model,
        model_digest=baseline.model_digest,
        data=baseline.data,
        data_digest=baseline.data_digest,
        seed=baseline.seed,
        overlay=baseline.overlay,
        cases=cases,
    )
