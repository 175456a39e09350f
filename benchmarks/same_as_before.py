"""Whether the package gives the same bytes as at another revision: records, result file and page.

Runs the small suites of ``tests/unchanged`` and the shipped ones with the code of a revision and with the tree as it is, on this
machine, one after the other, each with caches and state of its own, and compares what lies in the folders of the reports. Suites,
configuration and pictures are those of the tree for both.

* records: names, types and values of all columns, floats bit by bit, and what a file says of itself;
* the result file: every value;
* the page: every line;
* every other file: its bytes.

``DIFFER`` and ``TEXTS`` say what must differ and is not compared. Prints a table and ends with 1 where anything differs, with
suite, case, column and sample. A step that changes a key on purpose names it with ``--except``. A model's digest holds the source
files of its network, those of the demo too: where they changed in an import, ``--other-models`` leaves such digests out.

Run with ``uv run --group dev python -m benchmarks.same_as_before REVISION [--stored | --shipped]
[--suite PATH] [--except KEY] [--other-models]``.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.revisions import package_of
from benchmarks.stored_suites import REPORT, ROOT, check_import, environment, run_pytest, run_stored

DIFFER: Final = {
    "started": "when the run began",
    "finished": "when it ended",
    "seconds": "how long it took",
    "key": "the name in the cache, which holds a digest of our own code",
    "engine": "the digest of our own code",
    "records_digest": "of the bytes of a file of records, which hold that key; the file itself is compared",
}
"""Keys whose values must differ, and why."""

TEXTS: Final = (
    (re.compile(r"-[0-9a-f]{12}\.parquet"), ".parquet"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+\d\d:\d\d|Z| UTC)?"), "TIME"),
    (re.compile(r"<dt>engine</dt><dd>[0-9a-f]{16}</dd>"), "ENGINE"),
    (re.compile(r'data-seconds="[^"]*"|class="c-seconds">[^<]*<'), "SECONDS"),
    (re.compile(r"\b(\d+ ?(h|min) ?)?\d+(\.\d+)? ?(s|seconds|ms|min|minutes)\b"), "SECONDS"),
)
"""What stands in for times within texts, and for what follows from digests in the names of files of records."""

HEX: Final = re.compile(r"\b[0-9a-f]{12,64}\b")
"""Digests, which a page is compared without where those of the models may differ."""

OF_THE_MODELS: Final = frozenset({"model.digest", "about.model", "of.model", "inputs"})
"""Where digests of models stand; among the inputs is the accepted run, which names its model."""

SHOWN: Final = 20
"""Differences of a file that are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two runs differ.

    Attributes:
        where: The suite and the case, or the file.
        what: The column or the way to the value.
        sample: The id of the picture, where it is of one.
        before: What the revision gave.
        after: What the tree gives.
    """

    where: str
    what: str
    sample: str
    before: str
    after: str

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.where}: {self.what}{f' of {self.sample}' if self.sample else ''}: {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one file.

    Attributes:
        file: Its path below the report's folder.
        values: How many were compared.
        differences: Those that were found.
    """

    file: str
    values: int
    differences: tuple[Difference, ...]


def compare_reports(before: Path, after: Path, excepted: frozenset[str] = frozenset()) -> Iterator[Compared]:
    """Compare all files of two folders of reports.

    Args:
        before: The project in whose report lies what the revision gave.
        after: The one of the tree.
        excepted: Keys of results and of records that are not compared, beside ``DIFFER``.
    """
    old, new = files_of(before), files_of(after)
    for name in sorted(old.keys() | new.keys()):
        if not (name in old and name in new):
            there = ("is there", "is missing") if name in old else ("was not there", "is new")
            yield Compared(name, 1, (Difference(name, "the file", "", *there),))
            continue
        first, second = old[name], new[name]
        if first.suffix == ".parquet":
            yield compare_records(name, first, second, excepted)
        elif first.suffix == ".json":
            yield compare_results(name, text_of(first, before), text_of(second, after), excepted)
        elif first.suffix in (".html", ".xml", ".md", ".sarif", ".txt"):
            texts = (text_of(first, before), text_of(second, after))
            yield compare_lines(
                name, *(HEX.sub("DIGEST", text) if "model.digest" in excepted else text for text in texts)
            )
        else:
            yield compare_bytes(name, first.read_bytes(), second.read_bytes())


def files_of(project: Path) -> dict[str, Path]:
    """Return the files of a project's report; records by suite and case, since their names hold digests of the model."""
    files = {}
    for path in filter(Path.is_file, (project / REPORT).rglob("*")):
        about = about_of(path) if path.suffix == ".parquet" else {}
        name = str(path.relative_to(project / REPORT))
        files[f"{about['suite']}::{about['case']}.parquet" if "case" in about else name] = path
    return files


def about_of(path: Path) -> dict[str, Any]:
    """Return what a file of records says of itself."""
    import pyarrow.parquet

    about: dict[str, Any] = json.loads((pyarrow.parquet.read_schema(path).metadata or {}).get(b"robustcheck", b"{}"))
    return about


def text_of(path: Path, project: Path) -> str:
    """Return a file's text with a word in the place of its project's folder."""
    return path.read_text("utf-8").replace(str(project), "PROJECT")


def compare_records(name: str, before: Path, after: Path, excepted: frozenset[str] = frozenset()) -> Compared:
    """Compare two files of records: what they say of themselves, types, and each value bit by bit."""
    import pyarrow.parquet

    old, new = (pyarrow.parquet.read_table(path) for path in (before, after))
    abouts = [about_of(path) for path in (before, after)]
    where = f"{abouts[0]['suite']}::{abouts[0]['case']}" if "case" in abouts[0] else name
    found = list(different_values(where, abouts[0], abouts[1], excepted, "about"))
    columns = [column for column in old.schema.names if column in new.schema.names]
    for column in sorted({*old.schema.names} ^ {*new.schema.names}):
        there = ("is there", "is missing") if column in old.schema.names else ("was not there", "is new")
        found.append(Difference(where, column, "", *there))
    if columns != [column for column in new.schema.names if column in old.schema.names]:
        found.append(Difference(where, "the order of the columns", "", str(old.schema.names), str(new.schema.names)))
    ids = old.column("id").to_pylist() if "id" in columns else []
    for column in columns:
        found += different_column(where, column, ids, old.column(column), new.column(column))
    return Compared(name, old.num_rows * len(columns), tuple(found))


def different_column(where: str, column: str, ids: Sequence[str], before: Any, after: Any) -> Iterator[Difference]:
    """Yield the rows in which two columns of Arrow differ; NaN is compared by its bits too."""
    if before.type != after.type:
        yield Difference(where, column, "", f"type {before.type}", f"type {after.type}")
    elif len(before) != len(after):
        yield Difference(where, column, "", f"{len(before)} rows", f"{len(after)} rows")
    else:
        for sample, old, new in zip_longest(ids, before.to_pylist(), after.to_pylist()):
            if bits(old) != bits(new):
                yield Difference(where, column, str(sample), brief(old), brief(new))


def bits(value: Any) -> Any:
    """Return a float's bits, and anything else as it is with its type, so that 1, 1.0 and True are three values."""
    return (type(value), np.float64(value).tobytes() if isinstance(value, float) else value)


def compare_results(name: str, before: str, after: str, excepted: frozenset[str] = frozenset()) -> Compared:
    """Compare two result files value by value."""
    old, new = json.loads(before), json.loads(after)
    return Compared(name, values_in(old), tuple(different_values(name, old, new, excepted)))


def different_values(
    where: str, before: Any, after: Any, excepted: frozenset[str], way: str = ""
) -> Iterator[Difference]:
    """Yield where two values of JSON differ; ``where`` becomes the suite and the case as soon as they are known."""
    if isinstance(before, dict) and isinstance(after, dict):
        where, way = (before["nodeid"], "") if "nodeid" in before else (where, way)
        for key in dict.fromkeys((*before, *after)):
            further = f"{way}.{key}".lstrip(".")
            if key in DIFFER or key in excepted or any(f".{further}".endswith(f".{name}") for name in excepted):
                continue
            if key in before and key in after:
                yield from different_values(where, before[key], after[key], excepted, further)
            else:
                there = (brief(before[key]), "is missing") if key in before else ("was not there", brief(after[key]))
                yield Difference(where, further, "", *there)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from different_values(where, old, new, excepted, f"{way}[{place}]")
    elif bits(masked(before)) != bits(masked(after)):
        yield Difference(where, way, "", brief(before), brief(after))


def values_in(value: Any) -> int:
    """Return how many values a document of JSON holds."""
    if isinstance(value, dict | list):
        return sum(map(values_in, value.values() if isinstance(value, dict) else value))
    return 1


def compare_lines(name: str, before: str, after: str) -> Compared:
    """Compare two texts line by line, without their times."""
    pairs = list(zip_longest(masked(before).splitlines(), masked(after).splitlines()))
    found = [
        Difference(name, f"line {number}", "", *from_there(old, new))
        for number, (old, new) in enumerate(pairs, 1)
        if old != new
    ]
    return Compared(name, len(pairs), tuple(found))


def from_there(before: str | None, after: str | None) -> tuple[str, str]:
    """Return two lines from shortly before the place where they differ: those of a page may be very long."""
    old, new = before or "", after or ""
    same = next((place for place, (x, y) in enumerate(zip(old, new, strict=False)) if x != y), min(len(old), len(new)))
    start = max(0, same - 20)
    return brief(old[start:]), brief(new[start:])


def compare_bytes(name: str, before: bytes, after: bytes) -> Compared:
    """Compare two files of another kind byte by byte."""
    if before == after:
        return Compared(name, len(before), ())
    pairs = enumerate(zip(before, after, strict=False))
    first = next((place for place, (old, new) in pairs if old != new), min(len(before), len(after)))
    sizes = f"{len(before)} bytes", f"{len(after)} bytes"
    return Compared(name, len(before), (Difference(name, f"byte {first}", "", *sizes),))


def masked(value: Any) -> Any:
    """Return a text with words in the place of times, and anything else as it is."""
    if isinstance(value, str):
        for pattern, word in TEXTS:
            value = pattern.sub(word, value)
    return value


def brief(value: Any) -> str:
    """Return a value in at most 80 characters."""
    text = value.hex() + f" ({value!r})" if isinstance(value, float) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def run_shipped(folder: Path, package: Path, suites: Sequence[str]) -> Path:
    """Run the shipped suites with the package of a folder, and return the project that holds the report."""
    project = folder / "project"
    for name in ("configs", "suites"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copytree(ROOT / "robustcheck/demo/weights", project / "robustcheck/demo/weights")
    variables = environment(folder, package)
    check_import(package, variables, project)
    run_pytest(project, variables, *suites)
    return project


def table_of(files: Sequence[tuple[str, Compared]]) -> str:
    """Return a row for each kind of file of each set of suites: files, values, differences."""
    totals: dict[tuple[str, str], Counter[str]] = {}
    for suites, compared in files:
        row = totals.setdefault((suites, Path(compared.file).suffix.lstrip(".")), Counter())
        row.update(files=1, values=compared.values, differences=len(compared.differences))
    lines = [f"{'suites':<10}{'kind':<10}{'files':>8}{'values':>12}{'differences':>13}"]
    for (suites, kind), row in sorted(totals.items()):
        lines.append(f"{suites:<10}{kind:<10}{row['files']:>8}{row['values']:>12}{row['differences']:>13}")
    return "\n".join(lines)


def main() -> None:
    """Run both, print what differs and a table, and end with 1 where anything does."""
    parser = argparse.ArgumentParser(description="Whether a run gives the same bytes as at another revision.")
    parser.add_argument("revision", help="what the tree is compared with")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--stored", action="store_true", help="only the small suites of tests/unchanged")
    only.add_argument("--shipped", action="store_true", help="only the shipped ones")
    parser.add_argument("--suite", action="append", default=[], help="of the shipped suites only this one")
    parser.add_argument(
        "--except",
        dest="excepted",
        action="append",
        default=[],
        help="a key that is not compared, or the end of its way",
    )
    parser.add_argument("--other-models", action="store_true", help="digests of models may differ: the demo's code did")
    chosen = parser.parse_args()
    files: list[tuple[str, Compared]] = []
    excepted = frozenset(chosen.excepted) | (OF_THE_MODELS if chosen.other_models else frozenset())
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        packages = {
            "before": package_of(ROOT, chosen.revision, base / "code-before"),
            "after": package_of(ROOT, None, base / "code-after"),
        }
        for kind in ["stored"] * (not chosen.shipped) + ["shipped"] * (not chosen.stored):
            projects = []
            for name, package in packages.items():
                folder = base / f"{kind}-{name}"
                folder.mkdir()
                shipped = chosen.suite or ["suites"]
                projects.append(
                    run_stored(folder, package) if kind == "stored" else run_shipped(folder, package, shipped)
                )
            files += [(kind, compared) for compared in compare_reports(projects[0], projects[1], excepted)]
    for _, compared in files:
        for difference in compared.differences[:SHOWN]:
            print(difference)
        if len(compared.differences) > SHOWN:
            print(f"{compared.file}: and {len(compared.differences) - SHOWN} more")
    print(table_of(files))
    sys.exit(any(compared.differences for _, compared in files))


if __name__ == "__main__":
    main()
