"""The same recipe with another seed: as accurate on clean pictures, and yet other mistakes, which the gate names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from demo_project import SHIPPED, write_project

import robustcheck
from robustcheck.cli import main
from robustcheck.demo import train
from robustcheck.report.messages import failure
from robustcheck.stats.intervals import clopper_pearson, paired_difference

SUITE = """
robustcheck: 1
title: Retrained
owner: tests
model: shipped
data: signs-test
decide: confident
expect: {regression: "<= 4pp", negative_flips: "<= 4%"}
clean: {expect: {regression: "<= 4pp", negative_flips: "<= 4%"}}
checks:
  - {id: lower, shift: camera.pitch, pitch: 8deg, why: The robot's camera sits low.}
  - {id: shade, shift: light.exposure, stops: -2ev}
  - {id: closer, shift: crop.center, keep: 90%}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("retrained")
    train.main(["signs-web", "--seed", "1", "--out", str(root / "weights")])
    networks = {"shipped": SHIPPED / "signs-web.safetensors", "retrained": root / "weights/signs-web.safetensors"}
    write_project(root, SUITE, networks)
    return root


def rights(root: Path, result: Any, case: str) -> dict[str, bool]:
    suite = result.document["suites"][0]
    (about,) = (one for one in suite["cases"] if one["id"] == case)
    table = pyarrow.parquet.read_table(root / suite["model"]["name"] / about["records"])
    return dict(zip(table["id"].to_pylist(), (table["rank"].to_numpy() == 0).tolist(), strict=True))


@pytest.mark.long
def test_the_gate_names_what_a_new_seed_lost_and_decides_by_its_interval(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = robustcheck.run_suite("suites/signs.yaml", root=project, report="shipped")
    monkeypatch.chdir(project)
    assert main(["baseline", "accept", "shipped", "--reason", "the network that is shipped"]) == 0
    assert robustcheck.run_suite("suites/signs.yaml", root=project, report="shipped").verdict == "pass"
    after = robustcheck.run_suite("suites/signs.yaml", root=project, model="retrained", report="retrained")
    flips, verdicts = 0, {}
    for case in ("clean", "lower", "shade", "closer"):
        old, new = rights(project, before, case), rights(project, after, case)
        lost = sorted(name for name in old if old[name] and not new[name])
        gained = [name for name in old if new[name] and not old[name]]
        flips += len(lost)
        found = {line.metric: line for line in after[case].expectations}
        assert found["negative_flips"].observed == len(lost) / 560
        assert found["regression"].observed == pytest.approx((len(lost) - len(gained)) / 560)
        named = found["negative_flips"].detail
        assert named.startswith(", ".join(lost[:5]))
        assert named.endswith(f" and {len(lost) - 5} more" if len(lost) > 5 else ", ".join(lost))
        ends = {
            "negative_flips": clopper_pearson(len(lost), 560, 0.95),
            "regression": (paired_difference(len(lost), len(gained), 560, confidence=0.9)),
        }
        for metric, end in ends.items():
            low, high = end if isinstance(end, tuple) else (end.low, end.high)
            expected = "pass" if high <= 0.04 else "fail" if low > 0.04 else "inconclusive"
            assert found[metric].verdict == expected, (case, metric)
            verdicts[case, metric] = expected
            if expected != "pass" and lost and metric == "negative_flips":
                assert f"negative_flips ({named})" in failure(after[case].to_json())
    assert flips > 10
    # As good as before where everybody looks, and worse where nobody did.
    assert verdicts["clean", "regression"] == "pass"
    assert verdicts["lower", "negative_flips"] == "fail"
