"""Whether another device or another batch size gives another verdict: the same suite on each, held against each other.

Prints for each pair how many verdicts and how many predictions differ, the greatest difference of a share, whether the
pictures that the model was shown are the same bit for bit, and the seconds of each run.

Run with ``uv run python -m benchmarks.devices [SUITE] [--devices cpu cuda] [--batch-sizes 64 7]``; ends with 1 where a verdict
or a picture differs.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from robustcheck import run_suite

ROOT = Path(__file__).resolve().parents[1]
SHARES = ("accuracy", "drop", "robust_accuracy")


@dataclass(frozen=True, slots=True)
class Difference:
    """In what two runs of a suite differ.

    Attributes:
        verdicts: Ids of the cases with another verdict, or that one of them lacks.
        predictions: Pictures with another predicted class, over all cases of which both looked at the same ones.
        pictures: Pictures that were compared.
        share: Greatest difference of an accuracy or of a drop, a fraction.
        inputs: Ids of the cases whose pictures are others, but for attacks, which answer the model.
    """

    verdicts: tuple[str, ...]
    predictions: int
    pictures: int
    share: float
    inputs: tuple[str, ...]


def difference(one: tuple[Path, dict[str, Any]], other: tuple[Path, dict[str, Any]]) -> Difference:
    """Compare two runs.

    Args:
        one: Folder of the report, and its result file.
        other: The same of the other run.
    """
    cases, others = (
        {case["id"]: case for suite in result["suites"] for case in (*suite["cases"], *suite["overall"])}
        for _, result in (one, other)
    )
    verdicts = [name for name in {**cases, **others} if _verdict(cases, name) != _verdict(others, name)]
    predictions, pictures, share, inputs = 0, 0, 0.0, []
    for name in cases.keys() & others.keys():
        pair = cases[name], others[name]
        known = [[case["metrics"].get(metric, {}).get("value") for metric in SHARES] for case in pair]
        apart = (abs(a - b) for a, b in zip(*known, strict=True) if a is not None and b is not None)
        share = max([share, *apart])
        columns = [_columns(folder, case) for (folder, _), case in zip((one, other), pair, strict=True)]
        if not columns[0] or not columns[1] or columns[0]["id"] != columns[1]["id"]:
            continue
        pictures += len(columns[0]["id"])
        predictions += sum(a != b for a, b in zip(columns[0]["predicted"], columns[1]["predicted"], strict=True))
        if pair[0]["kind"] != "attack" and columns[0]["pixels"] != columns[1]["pixels"]:
            inputs.append(name)
    return Difference(tuple(sorted(verdicts)), predictions, pictures, share, tuple(sorted(inputs)))


def _verdict(cases: dict[str, Any], name: str) -> str:
    return str(cases[name]["verdict"]) if name in cases else ""


def _columns(folder: Path, case: dict[str, Any]) -> dict[str, list[Any]]:
    if not case["records"]:
        return {}
    columns: dict[str, list[Any]] = pq.read_table(
        folder / case["records"], columns=["id", "predicted", "pixels"]
    ).to_pydict()
    return columns


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite on each device with each batch size, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", nargs="?", default="suites/signs/signs.yaml")
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--devices", nargs="+", default=["cpu"])
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[64, 7])
    parser.add_argument("--executors", nargs="+", default=["threads"])
    parser.add_argument("--limit", type=int)
    given = parser.parse_args(arguments)
    runs: dict[str, tuple[Path, dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as base:
        ways = itertools.product(given.devices, given.batch_sizes, given.executors)
        for number, (device, size, executor) in enumerate(ways):
            folder = Path(base) / str(number)
            found = run_suite(
                given.suite,
                root=given.root,
                device=device,
                batch_size=size,
                executor=executor,
                limit=given.limit,
                cache=False,
                report=folder,
            )
            name = f"{device}, batches of {size}" + ("" if executor == "threads" else f", {executor}")
            runs[name] = folder, dict(found.document)
            print(f"{name}: {found.verdict} in {found.document['seconds']:.1f} s")
        first, *rest = runs
        broken = False
        for name in rest:
            told = difference(runs[first], runs[name])
            broken = broken or bool(told.verdicts or told.inputs)
            print(
                f"{first} against {name}: {len(told.verdicts)} verdicts differ, {told.predictions} of {told.pictures} predictions, "
                f"shares by at most {told.share:.2%}, pictures of {len(told.inputs)} cases"
            )
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
