"""The small suites of ``tests/unchanged``, one of each kind of case, and what they gave when they were stored.

A test runs them again and compares (``tests/unchanged/test_unchanged.py``). Ids, labels, predictions, ranks, pixel digests,
verdicts and texts are exact; floats agree to 1e-5. Only public doors are used: pytest, the ``robustcheck`` command, the
result file and the Parquet files beside it.

Another processor rounds the last bits of a sum otherwise, which an attack makes larger and which moves a pixel of a few
warped pictures by one level. So storing runs the suites under each environment of ``VARIANTS`` and keeps what all agree on, as
``benchmarks/agreement.py`` says.

Write them anew, which only a deliberate change of results needs, with
``uv run --group dev python -m benchmarks.stored_suites [REVISION]``: with a revision, by the code of that revision.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.agreement import Document, stored_of
from benchmarks.revisions import package_of

ROOT: Final = Path(__file__).resolve().parents[1]
STORED: Final = ROOT / "tests/unchanged"
REPORT: Final = "robustcheck-report"
RESULT: Final = f"{REPORT}/robustcheck-report.json"

ACCEPT: Final = f"""
import robustcheck.cli
robustcheck.run_suite("suites/baseline.yaml", model="signs-robot", cache=False)
raise SystemExit(robustcheck.cli.main(["baseline", "accept", "{REPORT}", "--reason", "the run before"]))
"""
"""Makes the accepted run: that of the other network, so that pictures are lost and gained."""

OURS: Final = (
    "ROBUSTCHECK_",
    "PYTEST_",
    "GITHUB_",
    "COV_",
    "OMP_",
    "MKL_",
    "ATEN_",
    "ONEDNN_",
    "OPENBLAS_",
    "OPENCV_",
    "NPY_",
)
"""What the variables of the surroundings begin with that could change a run."""

PLAINEST: Final = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENCV_CPU_DISABLE": "SSE4.1,SSE4.2,AVX,FP16,AVX2,FMA3,AVX512_SKX",
}
VARIANTS: Final[Sequence[Mapping[str, str]]] = (
    {},
    PLAINEST,
    {"ATEN_CPU_CAPABILITY": "avx2", "MKL_CBWR": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell"},
    {"OMP_NUM_THREADS": "2"},
)
"""Environments under which results are stored; the first gives the values."""

LEFT_OUT: Final = ("logits", "picture.")
"""What names of columns begin with that hold the last bits of the logits, or JPEG files of Pillow's version."""

OF_A_CASE: Final = (
    *(
        "id",
        "nodeid",
        "file",
        "line",
        "kind",
        "perturbation",
        "params",
        "check",
        "swept",
        "severity",
        "tier",
        "tags",
        "why",
    ),
    *("verdict", "n", "of", "unreadable", "unreadable_names", "unseen_fraction", "borderline", "stopped", "proof"),
    *("metrics", "expectations", "waiver", "problems", "notes", "trace", "attack", "raw", "automatic", "forwards"),
)
"""What is stored of a case of the result file, where it has it."""

SKIPPED: Final = ("sanity", "records", "records_digest", "seconds")
"""Keys within these that are not stored: texts with numbers of the last bits, paths, times."""

DIGITS: Final = 7
"""Of stored floats."""
DIGEST: Final = 12
"""Letters of the digest of a picture's pixels that are stored."""


def environment(folder: Path, package: Path, chosen: Mapping[str, str] = {}) -> dict[str, str]:
    """Return the variables of a run: one thread, caches and state of its own, the package of a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    own = {"XDG_CACHE_HOME": "cache", "XDG_STATE_HOME": "state", "ROBUSTCHECK_CACHE": "drawn"}
    folders = {name: str(folder / value) for name, value in own.items()}
    fixed = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(package), "PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "0"}
    return {**kept, **folders, **fixed, **chosen}


def run_stored(folder: Path, package: Path, chosen: Mapping[str, str] = {}) -> Path:
    """Run the stored suites with the package that lies in a folder, and return the project that holds the report.

    Args:
        folder: An empty one, for the project, its caches and its state.
        package: What ``robustcheck`` is imported from.
        chosen: Further variables of the environment.

    Raises:
        RuntimeError: No result was written, or another package was imported.
    """
    project = folder / "project"
    shutil.copytree(STORED / "project", project)
    shutil.copytree(package / "robustcheck/demo/weights", project / "weights")
    variables = environment(folder, package, chosen)
    check_import(package, variables, project)
    run_quietly([sys.executable, "-c", ACCEPT], project, variables, (0,))
    shutil.rmtree(project / REPORT)
    run_pytest(project, variables)
    return project


def check_import(package: Path, variables: Mapping[str, str], project: Path) -> None:
    """Make sure that the package of a folder is the one that is imported.

    Raises:
        RuntimeError: It is another one.
    """
    code = "import robustcheck; print(robustcheck.__file__)"
    imported = Path(run_quietly([sys.executable, "-c", code], project, variables, (0,)).strip())
    if not imported.samefile(package / "robustcheck/__init__.py"):
        raise RuntimeError(f"{imported} was imported instead of the package in {package}")


def run_pytest(project: Path, variables: Mapping[str, str], *arguments: str) -> None:
    """Run suites of a project without the cache; cases may fail, but there must be a result.

    Raises:
        RuntimeError: There is none.
    """
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--robustcheck",
        "--robustcheck-no-cache",
    ]
    printed = run_quietly([*command, *arguments], project, variables, (0, 1))
    if not (project / RESULT).is_file():
        raise RuntimeError(f"no result was written:\n{printed[-4000:]}")


def run_quietly(command: Sequence[str], project: Path, variables: Mapping[str, str], codes: Sequence[int]) -> str:
    """Run a command in a project and return what it printed.

    Raises:
        RuntimeError: It ended with another exit code.
    """
    ran = subprocess.run(command, cwd=project, env=dict(variables), capture_output=True, text=True, check=False)
    if ran.returncode not in codes:
        raise RuntimeError(
            f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout[-4000:]}{ran.stderr[-4000:]}"
        )
    return ran.stdout


def observed(project: Path) -> dict[str, Document]:
    """Return what a run gave: by node id, a case's part of the result file and the columns of its records."""
    report = json.loads((project / RESULT).read_text("utf-8"))
    cases: dict[str, Document] = {}
    for suite in report["suites"]:
        for case in (*suite["provenance"], *suite["cases"], *suite["overall"]):
            known = {key: reduced(case[key]) for key in OF_A_CASE if key in case}
            cases[case["nodeid"]] = {"case": known, "tables": {}}
    for path in sorted((project / REPORT).rglob("*.parquet")):
        about, columns = read_table(path)
        if about:
            name = f"{about['suite']}::{about['case']}"
            # A break point has records of each value that was tried, such as `dark@7lux`.
            owner = name if name in cases else name.rpartition("@")[0]
            cases[owner]["tables"][name.removeprefix(f"{about['suite']}::")] = columns
    return cases


def read_table(path: Path) -> tuple[Document, dict[str, list[Any]]]:
    """Return what a file of records says of itself, and its columns but those that differ by processor or library."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    about = json.loads((table.schema.metadata or {}).get(b"robustcheck", b"{}"))
    names = [name for name in table.schema.names if not name.startswith(LEFT_OUT)]
    columns = {name: [rounded(value) for value in table.column(name).to_pylist()] for name in names}
    return about, columns | {"pixels": [digest[:DIGEST] for digest in columns["pixels"]]} if about else columns


def reduced(value: Any) -> Any:
    """Return a part of the result file without what is not stored, its floats rounded."""
    if isinstance(value, dict):
        return {key: reduced(item) for key, item in value.items() if key not in SKIPPED}
    if isinstance(value, list):
        return [reduced(item) for item in value]
    return rounded(value)


def rounded(value: Any) -> Any:
    """Return a float with seven digits, as a string where JSON has no number for it; anything else as it is."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)


def read_stored() -> dict[str, Document]:
    """Return what is stored, by case."""
    cases = {}
    for path in sorted(STORED.glob("*.jsonl")):
        held = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        tables = [table for case in held for table in case["tables"].values()]
        for table in tables:
            table.update({name: unpacked(values, name, tables[0]) for name, values in table.items()})
        cases.update({case["case"]["nodeid"]: case for case in held})
    return cases


def write_stored(kept: Mapping[str, Document]) -> None:
    """Write a file a suite with a line a case in the place of those that are there."""
    for path in STORED.glob("*.jsonl"):
        path.unlink()
    first: dict[str, dict[str, list[Any]]] = {}
    for held in kept.values():
        path = STORED / f"{Path(held['case']['file']).stem}.jsonl"
        tables = {}
        for key, table in held["tables"].items():
            others = first.setdefault(path.name, table)
            tables[key] = {name: packed(values, others.get(name), table is others) for name, values in table.items()}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**held, "tables": tables}, ensure_ascii=False, separators=(",", ":")) + "\n")


def packed(values: list[Any], first: list[Any] | None, is_first: bool) -> Any:
    """Return a column as it is stored: one value and the number of rows, a word for that of the first table, or a list."""
    if len(values) > 1 and values.count(values[0]) == len(values):
        return {"all": values[0], "rows": len(values)}
    return "first" if values == first and not is_first else values


def unpacked(stored: Any, name: str, first: Mapping[str, Any]) -> Any:
    """Return a column of what ``packed`` made of it."""
    if stored == "first":
        return list(first[name])
    return [stored["all"]] * stored["rows"] if isinstance(stored, dict) else stored


def main(arguments: Sequence[str]) -> None:
    """Run the suites in every environment and store what they agree on."""
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        package = package_of(ROOT, arguments[0] if arguments else None, base / "package")
        runs = []
        for number, chosen in enumerate(VARIANTS):
            runs.append(observed(run_stored(base / str(number), package, chosen)))
            print(f"{number + 1} of {len(VARIANTS)}: {len(runs[-1])} cases")
        write_stored(stored_of(runs))


if __name__ == "__main__":
    main(sys.argv[1:])
