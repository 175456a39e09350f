"""Pictures that several processes look at: the same records to the byte, and what becomes of a process that dies."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from small_project import MODEL, SUITE, make_project, write_pictures

from robustcheck import run_suite
from robustcheck.core.errors import RobustcheckError
from robustcheck.engine.evaluate import Evaluator
from robustcheck.engine.options import Options, processes_of
from robustcheck.engine.pool_runner import Worker
from robustcheck.engine.runner import LocalRunner
from robustcheck.language import load_project, load_suite

HEAD = SUITE.split("checks:", maxsplit=1)[0]
EVERYTHING = HEAD + (
    """checks:
  - {id: dim, shift: light.exposure, stops: [-0.2ev, 0.2ev]}
  - {id: noisy, shift: sensor.noise, iso: 3200}
  - {id: both, compose: [{shift: light.exposure, stops: -0.2ev}, {shift: camera.shift, dx: 2%}]}
  - {id: worst, worst_of: light.exposure, stops: -1ev..1ev, budget: 5}
  - {id: far, find_limit: {shift: light.exposure, param: stops, from: 0ev, to: -2ev, resolution: 0.5ev, until: {accuracy: "< 90%"}}, expect: {limit: "<= 0ev"}}
  - {id: pgd, attack: pgd, norm: linf, eps: 4/255, steps: 4}
  - {id: square, attack: square, norm: linf, eps: 4/255, queries: 20, severity: warn}
  - {id: aimed, attack: pgd, norm: linf, eps: 4/255, steps: 4, targeted: random, expect: {attack_success: "<= 99%"}}
  - {id: early, shift: light.exposure, stops: -0.1ev, decide: anytime}
"""
)


def records_of(root: Path, report: str) -> dict[str, dict[str, Any]]:
    """Return the columns of every file of records, by its name without the key of the cache."""
    found = {}
    for path in sorted((root / report / "records").rglob("*.parquet")):
        table = pyarrow.parquet.read_table(path)
        found[path.stem] = {name: table.column(name).to_pylist() for name in table.column_names}
    return found


def bits(values: list[Any]) -> list[Any]:
    """Return values so that NaN is NaN and no number is another one by a hair."""
    return [value.hex() if isinstance(value, float) else value for value in values]


def told(result: Any) -> list[tuple[Any, ...]]:
    """Return all that a result says of its cases but for how long they took."""
    return [
        (
            case.id,
            case.verdict,
            case.problems,
            case.notes,
            case.n,
            case.unreadable_names,
            case.proof,
            case.forwards,
            case.backwards,
        )
        for case in result.cases
    ]


@pytest.mark.timeout(300)
def test_records_are_the_same_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    suite = make_project(tmp_path, suite=EVERYTHING)
    write_pictures(tmp_path / "more", each=8)
    for number in range(11):
        for path in sorted((tmp_path / "more").rglob("*.png")):
            copy = tmp_path / "pictures" / path.parent.name / f"{number}-{path.name}"
            copy.write_bytes(path.read_bytes())
    (tmp_path / "pictures/dark/00.png").write_bytes(b"no picture")
    text = suite.read_text().replace("expect:\n", "max_unreadable: 1\nexpect:\n", 1)
    suite.write_text(text)
    one = run_suite(suite, root=tmp_path, cache=False, batch_size=8, report="one")
    two = run_suite(suite, root=tmp_path, cache=False, batch_size=8, report="two", executor="processes:2")
    assert told(one) == told(two)
    first, second = records_of(tmp_path, "one"), records_of(tmp_path, "two")
    assert first.keys() == second.keys()
    assert len(first) >= 12
    for name, columns in first.items():
        assert columns.keys() == second[name].keys()
        for column, values in columns.items():
            assert bits(values) == bits(second[name][column]), f"{name}: {column}"
    assert len(first[next(name for name in first if name.startswith("pgd"))]["id"]) == 287, "more than one block"


CRASHING = MODEL.replace(
    "        mean = x.mean",
    """        if bool((x.flatten(1).amax(dim=1) < 0.001).any()):
            import os
            os.kill(os.getpid(), 9)
        mean = x.mean""",
)
SMALL = HEAD + "checks:\n  - {id: dim, shift: light.exposure, stops: -0.2ev}\n"


@pytest.mark.timeout(300)
def test_a_picture_that_kills_its_process_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    suite = make_project(tmp_path, suite=SMALL)
    (tmp_path / "tiny.py").write_text(CRASHING)
    from PIL import Image

    Image.fromarray(np.zeros((24, 20, 3), np.uint8)).save(tmp_path / "pictures/dark/black.png")
    result = run_suite(suite, root=tmp_path, cache=False, batch_size=2, executor="processes:1")
    assert {case.verdict for case in result.cases} == {"error"}
    problem = result["clean"].problems[0]
    assert problem.startswith(
        "clean: the process that looked at the picture dark/black.png ended with signal 9, and so did another one"
    )


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Kill the first process of a pool once, when it was given its second unit; returns whom."""
    killed: list[int] = []
    ask, lock = Worker.ask, threading.Lock()
    asked: dict[int, int] = {}

    def asking(self: Worker, unit: Any) -> None:
        ask(self, unit)
        with lock:
            pid = self._process.pid
            asked[pid] = asked.get(pid, 0) + 1
            if not killed and asked[pid] == 2:
                killed.append(pid)
                os.kill(pid, signal.SIGKILL)
                time.sleep(0.05)

    monkeypatch.setattr(Worker, "ask", asking)
    return killed


@pytest.mark.timeout(300)
def test_a_killed_process_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killer: list[int]) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    suite = make_project(tmp_path, suite=SMALL)
    one = run_suite(suite, root=tmp_path, cache=False, batch_size=4, report="one")
    assert not killer
    two = run_suite(suite, root=tmp_path, cache=False, batch_size=4, report="two", executor="processes:2")
    assert killer
    assert told(one) == told(two)
    digests = [
        {
            path.stem: hashlib.sha256(str(columns).encode()).hexdigest()
            for path, columns in ((Path(n), c) for n, c in records_of(tmp_path, name).items())
        }
        for name in ("one", "two")
    ]
    assert digests[0] == digests[1]


def test_what_is_interrupted_leaves_no_answer_for_the_next_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was left at a unit of one case must not answer the next case with it."""
    monkeypatch.syspath_prepend(tmp_path)
    suite = load_suite(make_project(tmp_path, suite=SMALL), load_project(tmp_path, tmp_path / "configs"))
    project = load_project(tmp_path, tmp_path / "configs")
    options = Options(tmp_path, tmp_path / "report", device="cpu", batch_size=4, cache=False, keep=False, processes=2)
    evaluator = Evaluator(suite, project, options)
    rows, ask, asked = np.arange(24), Worker.ask, []

    def interrupted(self: Worker, unit: Any) -> None:
        ask(self, unit)
        asked.append(unit)
        if len(asked) == 3:
            raise KeyboardInterrupt

    try:
        expected = LocalRunner(evaluator.pipeline).run(suite.cases[1], rows, {}, every=True)
        monkeypatch.setattr(Worker, "ask", interrupted)
        with pytest.raises(KeyboardInterrupt):
            evaluator.runner.run(suite.clean, rows, {}, every=True)
        again = evaluator.runner.run(suite.cases[1], rows, {}, every=True)
    finally:
        evaluator.close()
    assert len(asked) > 3
    assert again.rows.tolist() == expected.rows.tolist()
    assert again.columns["pixels"].tolist() == expected.columns["pixels"].tolist()


SLOW = MODEL.replace(
    "        mean = x.mean",
    """        import os, pathlib, time
        (pathlib.Path(__file__).parent / f"{os.getpid()}.pid").touch()
        time.sleep(0.5)
        mean = x.mean""",
)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.timeout(120)
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_no_process_outlives_the_one_that_started_it(tmp_path: Path) -> None:
    suite = make_project(tmp_path, suite=SMALL)
    (tmp_path / "tiny.py").write_text(SLOW)
    code = (
        "import sys, robustcheck; "
        f"robustcheck.run_suite({str(suite)!r}, root={str(tmp_path)!r}, batch_size=2, cache=False, executor='processes:2')"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL) as driver:
        pids: set[int] = set()
        end = time.monotonic() + 90
        while len(pids) < 2 and time.monotonic() < end and driver.poll() is None:
            pids = {int(path.stem) for path in tmp_path.glob("*.pid")} - {driver.pid}
            time.sleep(0.1)
        assert len(pids) >= 2, "the workers never looked at a picture"
        driver.kill()
        driver.wait()
    end = time.monotonic() + 20
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(alive, pids))


def test_an_error_in_a_process_is_the_error_of_the_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    broken = MODEL.replace(
        "        mean = x.mean",
        "        if x.mean() > 0.6:\n            raise ValueError('too bright')\n        mean = x.mean",
    )
    suite = make_project(tmp_path, suite=SMALL)
    (tmp_path / "tiny.py").write_text(broken)
    one, two = (
        run_suite(suite, root=tmp_path, cache=False, batch_size=4, report=name, executor=name.replace("-", ":"))
        for name in ("threads", "processes-2")
    )
    assert told(one) == told(two)
    assert "too bright" in one["clean"].problems[0]


@pytest.mark.parametrize(
    ("text", "count"), [("threads", 0), ("", 0), (None, 0), ("processes:1", 1), ("processes:12", 12)]
)
def test_what_an_executor_means(text: str | None, count: int) -> None:
    assert processes_of(text) == count


@pytest.mark.parametrize(
    "text", ["processes", "processes:", "processes:0", "processes:257", "processes:-1", "ray", "processes:two"]
)
def test_what_is_no_executor(text: str) -> None:
    with pytest.raises(RobustcheckError, match="it is threads, or processes:N"):
        processes_of(text)


def test_the_option(gate: Any) -> None:
    gate.write(suite=SMALL)
    done = gate.run("--robustcheck-executor", "ray")
    assert done.ret == 4
    done.stderr.fnmatch_lines(["*--robustcheck-executor ray: it is threads, or processes:N with N from 1 to 256*"])
    assert gate.run("--robustcheck-executor", "processes:2").ret == 0
