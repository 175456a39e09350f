"""Workers that die together: what they ran is an error, the rest is run by others, and the report is written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from small_project import SUITE

from robustcheck.pytest_plugin.distribution import scheduler

SUITES = ("suites/a.yaml", "suites/b.yaml")
IDS = [f"{suite}::{case}" for suite in SUITES for case in ("clean", "dies", "rest")]


class Worker:
    """What a scheduler asks of a worker."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.sent: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.sent += indices

    def shutdown(self) -> None:
        self.shutting_down = True


@pytest.fixture
def scheduling(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(pytestconfig.option, "numprocesses", 2, raising=False)
    monkeypatch.setattr(pytestconfig.option, "tx", ["2*popen"], raising=False)
    monkeypatch.setattr(pytestconfig.option, "loadscopereorder", False, raising=False)
    monkeypatch.setattr("xdist.scheduler.loadscope.parse_tx_spec_config", lambda config: ["popen"] * 2)
    return scheduler(pytestconfig, None)


def started(scheduling: Any, *names: str) -> list[Worker]:
    workers = [Worker(name) for name in names]
    for worker in workers:
        scheduling.add_node(worker)
    return workers


@pytest.mark.parametrize("first", [0, 1])
def test_two_workers_that_die_at_once_are_both_replaced(scheduling: Any, first: int) -> None:
    workers = started(scheduling, "gw0", "gw1")
    for worker in workers:
        scheduling.add_node_collection(worker, IDS)
    scheduling.schedule()
    assert sorted(index for worker in workers for index in worker.sent) == list(range(6))
    for worker in workers:
        scheduling.mark_test_complete(worker, worker.sent[0])
    crashed = [scheduling.remove_node(worker) for worker in workers]
    assert sorted(crashed) == ["suites/a.yaml::dies", "suites/b.yaml::dies"]
    # Both replacements are there, and one has collected before the other.
    others = started(scheduling, "gw2", "gw3")
    for worker in (others[first], others[1 - first]):
        scheduling.add_node_collection(worker, IDS)
        scheduling.schedule()
    assert sorted(index for worker in others for index in worker.sent) == [2, 5]


def test_a_replacement_that_dies_before_it_has_collected_harms_nothing(scheduling: Any) -> None:
    workers = started(scheduling, "gw0", "gw1")
    for worker in workers:
        scheduling.add_node_collection(worker, IDS)
    scheduling.schedule()
    for worker in workers:
        scheduling.remove_node(worker)
    early, late = started(scheduling, "gw2", "gw3")
    assert scheduling.remove_node(early) is None
    scheduling.add_node_collection(late, IDS)
    scheduling.schedule()
    assert sorted(late.sent) == [1, 2, 4, 5] or scheduling.has_pending


DYING = '''
import os

from robustcheck import shift


@shift("test.dies")
def dies(image):
    """Ends the process."""
    os.kill(os.getpid(), 9)
'''


@pytest.mark.long
def test_two_workers_that_are_killed_fail_the_run_and_leave_a_report(gate: Any) -> None:
    suite = gate.write(each=2, suite=SUITE.replace("checks:\n", "checks:\n  - {id: dies, shift: test.dies}\n"))
    suite.with_name("two.yaml").write_text(suite.read_text().replace("title: Greys", "title: Two"))
    (gate.root / "dying.py").write_text(DYING)
    gate.pytester.makeconftest("import dying")
    result = gate.spawn("-n", "2")
    assert result.ret == 1
    result.assert_outcomes(passed=14, failed=2)
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    report = gate.report()
    assert (report["verdict"], report["complete"]) == ("error", True)
    assert [one["verdict"] for one in report["suites"]] == ["error", "error"]
    assert gate.verdicts()["dies"] == "error"
