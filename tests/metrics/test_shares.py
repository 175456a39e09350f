"""A metric that is a share is one function: a third party's stops early, is refused when unprovable, and has power in the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_project import SUITE

from robustcheck import Share, metric, run_suite
from robustcheck.core import registry
from robustcheck.core.errors import CaseError, SuiteError
from robustcheck.metrics.records import Observation
from robustcheck.metrics.shares import estimate_of, imagine, pictures_of
from robustcheck.stats.intervals import paired_difference, proportion

DOCS = Path(__file__).parents[2] / "docs" / "extending.md"
HEAD = SUITE.split("checks:", maxsplit=1)[0]


@pytest.fixture
def documented() -> Iterator[str]:
    """Register the metric of docs/extending.md as it is printed there."""
    known = dict(registry.metrics._entries)
    block = re.search(r"```python metric\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    exec(compile(block[1], "extending.md", "exec"), {"__name__": "my_package.metrics"})
    yield "confident_mistakes"
    registry.metrics._entries = known


def test_it_stops_early(documented: str, project: Any, tmp_path: Path) -> None:
    checks = f'checks:\n  - {{id: dim, shift: light.exposure, stops: -0.1ev, decide: anytime, expect: {{accuracy: null, {documented}: "<= 50%"}}}}\n'
    suite = project(suite=HEAD + checks)
    for number in range(4):
        for path in sorted((tmp_path / "pictures").rglob("??.png")):
            path.with_name(f"{number}-{path.name}").write_bytes(path.read_bytes())
    result = run_suite(suite, root=tmp_path)["dim"]
    assert result.verdict == "pass"
    assert 0 < result.n < result.of == 120
    assert result.stopped


def test_it_is_refused_where_nothing_could_prove_it(documented: str, project: Any, tmp_path: Path) -> None:
    checks = f'checks:\n  - {{id: dim, shift: light.exposure, stops: -0.1ev, decide: confident, expect: {{accuracy: null, {documented}: "<= 1%"}}}}\n'
    with pytest.raises(
        SuiteError,
        match="confident_mistakes <= 1% cannot be proven at 95% with 24 pictures, even if there is not one case",
    ):
        run_suite(project(suite=HEAD + checks), root=tmp_path)


def test_it_has_power_in_the_plan(documented: str, project: Any, tmp_path: Path, robustcheck_command: Any) -> None:
    checks = f'checks:\n  - {{id: dim, shift: light.exposure, stops: -0.1ev, expect: {{accuracy: null, {documented}: "<= 20%"}}}}\n'
    project(suite=HEAD + checks)
    done = robustcheck_command("plan", "suites/greys.yaml")
    line = next(line for line in done.lines if "confident_mistakes" in line)
    assert re.search(r"\d", line.split("confident_mistakes", 1)[1].split("20%", 1)[1]), done.out


def greys(labels: list[int]) -> Observation:
    ids = np.array([f"p{number}" for number in range(len(labels))])
    return pictures_of(
        ids, np.array(labels, np.int32), ("a", "b", "c"), {"site": np.array(["x", "y"])[np.arange(len(labels)) % 2]}
    )


@pytest.mark.parametrize(
    ("name", "argument", "counts"),
    [
        ("accuracy", (), [6]),
        ("class_accuracy", ("b",), [2]),
        ("worst_class_accuracy", (), [3, 2, 1]),
        ("group_accuracy", ("site",), [3, 3]),
        ("confusion", ("a", "b"), [3]),
        ("drop", (), [6]),
        ("regression", (), [6]),
        ("robust_accuracy_at", ("1/255",), [6]),
        ("targeted_success", ("a", "c"), [3]),
    ],
)
def test_which_pictures_a_share_is_of_is_known_beforehand(
    name: str, argument: tuple[str, ...], counts: list[int]
) -> None:
    imagined = imagine(name, argument, greys([0, 0, 0, 1, 1, 2]))
    assert imagined.known
    assert [int(share.scope.sum()) for share in imagined.shares] == counts


@pytest.mark.parametrize(
    ("name", "argument"), [("attack_success", ()), ("mean_confidence", ()), ("augrc", ()), ("class_accuracy", ("d",))]
)
def test_of_others_it_is_not(name: str, argument: tuple[str, ...]) -> None:
    assert not imagine(name, argument, greys([0, 0, 0, 1, 1, 2])).known


@pytest.mark.parametrize(
    "among",
    [
        lambda seen: seen.records.confidence >= 0.9,
        lambda seen: seen.records.confidence < 0.9,
        lambda seen: (seen.records.confidence > 0.2) & (seen.records.confidence < 0.8),
        lambda seen: (seen.records.confidence < 0.2) | (seen.records.confidence > 0.8),
        lambda seen: seen.records.right,
        lambda seen: seen.records.predicted == 1,
        lambda seen: seen.records.margin > 1,
        lambda seen: seen.records.loss < 3,
        lambda seen: seen.records.unseen < 0.5,
        lambda seen: ~seen.records.borderline,
        lambda seen: seen.records.mean_change > 1,
        lambda seen: seen.records.extra["attempted"],
    ],
)
def test_what_the_model_decides_is_never_known_beforehand(among: Any) -> None:
    """Otherwise a case could stop, and pass, on a count of pictures that is not that of the share."""
    known = dict(registry.metrics._entries)
    metric("of_some", better="higher")(lambda seen: Share(seen.records.right, among(seen)))
    try:
        assert not imagine("of_some", (), greys([0, 1, 2] * 40)).known
    finally:
        registry.metrics._entries = known


@pytest.mark.parametrize(
    "among",
    [lambda seen: seen.records.label == 1, lambda seen: seen.groups["site"] == "x", lambda seen: seen.clean.right],
)
def test_what_is_known_of_the_pictures_is(among: Any) -> None:
    known = dict(registry.metrics._entries)
    metric("of_some", better="higher")(lambda seen: Share(seen.records.right, among(seen)))
    try:
        assert imagine("of_some", (), greys([0, 1, 2] * 40)).known
    finally:
        registry.metrics._entries = known


bools = st.lists(st.booleans(), min_size=1, max_size=60)


@given(data=st.data(), happened=bools)
def test_the_estimate_of_a_share(data: st.DataObject, happened: list[bool]) -> None:
    n = len(happened)
    among, before = (np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n))) for _ in range(2))
    now = np.array(happened)
    if not among.any():
        with pytest.raises(CaseError, match="no picture that the metric is about"):
            Share(now, among).estimate()
        return
    count = int(among.sum())
    assert Share(now, among, detail="d").estimate() == proportion(int((now & among).sum()), count, detail="d")
    lost, gained = int((before & ~now & among).sum()), int((~before & now & among).sum())
    paired = Share(now, among, before).estimate()
    assert paired == paired_difference(lost, gained, count)
    assert paired.limits is not None


def test_of_several_shares_the_worst_is_the_metric() -> None:
    right = np.array([True, False, True, True])
    first, second = np.array([True, True, False, False]), np.array([False, False, True, True])
    shares = (Share(right, first, detail="one"), Share(right, second, detail="two"))
    assert estimate_of(shares, "higher").detail == "one"
    assert estimate_of(shares, "lower").detail == "two"
