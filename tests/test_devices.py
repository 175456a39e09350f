"""The comparison of devices: what differs between two runs is counted, and a difference of verdicts ends with 1."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.devices import difference, main


@pytest.fixture
def suite(project: Callable[..., Path], tmp_path: Path) -> Path:
    return project().relative_to(tmp_path)


def test_batches_of_other_sizes_agree(suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(suite), "--root", str(tmp_path), "--batch-sizes", "64", "5"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("cpu, batches of 64: pass in ")
    assert told[-1] == (
        "cpu, batches of 64 against cpu, batches of 5: 0 verdicts differ, 0 of 144 predictions, shares by at most 0.00%, "
        "pictures of 0 cases"
    )


def test_every_kind_of_difference_is_counted(suite: Path, tmp_path: Path) -> None:
    import robustcheck

    run = robustcheck.run_suite(suite, root=tmp_path, cache=False)
    one = tmp_path / "robustcheck-report", json.loads(json.dumps(run.document))
    other = one[0], copy.deepcopy(one[1])
    assert difference(one, other) == difference(one, one)
    cases: list[dict[str, Any]] = other[1]["suites"][0]["cases"]
    cases[1]["verdict"] = "fail"
    cases[2]["metrics"]["accuracy"]["value"] -= 0.25
    cases[3]["records"] = cases[4]["records"]
    del cases[5]
    found = difference(one, other)
    assert found.verdicts == tuple(sorted((cases[1]["id"], one[1]["suites"][0]["cases"][5]["id"])))
    assert (found.share, found.inputs) == (0.25, (cases[3]["id"],))
