"""The folder of the report: what an earlier run left never stands for a later one, and what cannot be written is said."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import robustcheck
from robustcheck.core.errors import RobustcheckError
from robustcheck.domain.result import RESULT_FILE

pytestmark = pytest.mark.timeout(60)
REPORT = "robustcheck-report"
OLD = {RESULT_FILE: '{"verdict": "pass"}', "index.html": "pass", "attestations/suites--greys.intoto.json": "{}"}


def leave_old(root: Path) -> list[Path]:
    """Put what an earlier run would have left into the report's folder."""
    for name, text in OLD.items():
        (root / REPORT / name).parent.mkdir(parents=True, exist_ok=True)
        (root / REPORT / name).write_text(text)
    return [root / REPORT / name for name in OLD]


def file(path: Path) -> None:
    path.write_text("mine")


def link_to_file(path: Path) -> None:
    path.with_name("elsewhere").write_text("mine")
    path.symlink_to("elsewhere")


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def page_is_a_folder(path: Path) -> None:
    (path / "index.html").mkdir(parents=True)


def result_is_a_folder(path: Path) -> None:
    (path / RESULT_FILE).mkdir(parents=True)


UNUSABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "file": (file, "this is no folder"),
    "link to a file": (link_to_file, "this is a link that leads to no folder"),
    "dangling link": (dangling, "this is a link that leads to no folder"),
    "loop": (loop, "this is a link that leads to no folder"),
    "pipe": (pipe, "this is no folder"),
    "page is a folder": (page_is_a_folder, "index.html: the report cannot be written: a folder is in its place"),
    "result is a folder": (
        result_is_a_folder,
        f"{RESULT_FILE}: the report cannot be written: a folder is in its place",
    ),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_report_that_cannot_be_written_is_refused_before_the_run(gate: Any, kind: str) -> None:
    gate.write(each=1)
    make, reason = UNUSABLE[kind]
    make(gate.root / REPORT)
    result = gate.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = result.stderr.str() + result.stdout.str()
    assert len([line for line in told.splitlines() if reason in line]) == 1
    assert "Traceback" not in told
    assert "INTERNALERROR" not in told
    with pytest.raises(RobustcheckError, match=reason):
        robustcheck.run_suite("suites/greys.yaml", root=gate.root)


def test_a_report_below_a_file_is_refused(gate: Any) -> None:
    gate.write(each=1)
    (gate.root / "taken").write_text("mine")
    result = gate.run("--robustcheck-report=taken/deep/report")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "taken is no folder" in result.stderr.str() + result.stdout.str()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--collect-only"], 0),
        (["--robustcheck-tier=enormous"], 4),
        (["--robustcheck-limit=none"], 4),
        (["--robustcheck-attest=no.key"], 4),
        (["suites/grey.yaml"], 4),
        (["--robustcheck-model=brightnes"], 2),
        (["--robustcheck-data=grey"], 2),
        (["--no-such-option"], 4),
        (["--help"], 0),
        (["--markers"], 0),
        (["-k", "nothing"], 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_a_call_that_runs_nothing_keeps_the_report(gate: Any, arguments: list[str], code: int) -> None:
    gate.write(each=1)
    left = leave_old(gate.root)
    result = gate.run(*arguments)
    assert result.ret == code
    assert all(path.exists() for path in left)
    if arguments[0] == "-k":
        result.stdout.fnmatch_lines(["no case of any suite was run*", "*robustcheck-report is of an earlier run"])


DYING = """
import os

from robustcheck import shift


@shift("test.dies")
def dies(image):
    \"\"\"Ends the process.\"\"\"
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("way", ["killed", "interrupted"])
def test_a_run_that_dies_leaves_no_report_of_an_earlier_one(gate: Any, way: str) -> None:
    suite = gate.write(each=1)
    left = leave_old(gate.root)
    dying = DYING if way == "killed" else DYING.replace("os.kill(os.getpid(), 9)", "raise KeyboardInterrupt")
    (gate.root / "dying.py").write_text(dying)
    gate.pytester.makeconftest("import dying")
    suite.write_text(suite.read_text().replace("checks:\n", "checks:\n  - {id: dies, shift: test.dies}\n"))
    done = gate.spawn()
    assert done.ret in (-signal.SIGKILL, pytest.ExitCode.INTERRUPTED)
    if way == "killed":
        assert not any(path.exists() for path in left)
    else:
        assert not left[2].exists()
        assert gate.report()["verdict"] != "pass" or not gate.report()["complete"]


def test_a_suite_that_cannot_be_read_leaves_no_report_of_an_earlier_run(gate: Any) -> None:
    suite = gate.write(each=1)
    left = leave_old(gate.root)
    suite.write_text(suite.read_text() + "nonsense: 1\n")
    assert gate.run().ret != 0
    assert not any(path.exists() for path in left)


def test_a_run_replaces_page_result_and_what_was_signed(gate: Any) -> None:
    gate.write(each=2)
    left = leave_old(gate.root)
    assert gate.run().ret == 0
    assert gate.report()["schema"] == "robustcheck/report/1"
    assert left[1].read_text() != "pass"
    assert not left[2].exists()


FULL = [errno.ENOSPC, errno.EROFS, errno.EACCES]


@pytest.mark.parametrize("code", FULL, ids=errno.errorcode.get)
@pytest.mark.parametrize("name", [RESULT_FILE, "index.html"])
def test_a_disk_that_is_full_at_the_end_loses_no_number(
    gate: Any, monkeypatch: pytest.MonkeyPatch, code: int, name: str
) -> None:
    gate.write(each=2)
    left = leave_old(gate.root)
    replace = os.replace

    def full(source: Any, target: Any) -> None:
        if Path(target).name == name:
            raise OSError(code, os.strerror(code), str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    result = gate.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    told = result.stdout.str()
    assert "INTERNALERROR" not in told
    assert "Traceback" not in told
    result.stdout.fnmatch_lines(
        [
            "*robustcheck: Greys*",
            "*moved*",
            f"*NOT WRITTEN: *{REPORT}: the report cannot be written: {os.strerror(code)}",
        ]
    )
    assert not (gate.root / REPORT / name).exists()
    assert not left[2].exists()
    assert not list((gate.root / REPORT).glob(".*.tmp"))
    with pytest.raises(RobustcheckError, match=os.strerror(code)):
        robustcheck.run_suite("suites/greys.yaml", root=gate.root)


def test_what_was_not_written_is_not_signed(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from robustcheck.provenance.signing.signing_keys import make_keys

    gate.write(each=2)
    make_keys(gate.root / "ci.key", gate.root / "ci.pub")
    replace = os.replace

    def full(source: Any, target: Any) -> None:
        if Path(target).name == RESULT_FILE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    result = gate.run("--robustcheck-attest=ci.key")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*NOT SIGNED: *the report cannot be written: No space left on device"])
    assert not list(gate.root.rglob("*.intoto.json"))


@pytest.mark.parametrize("code", FULL, ids=errno.errorcode.get)
def test_a_cache_that_cannot_be_written_costs_no_result(gate: Any, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    gate.write(each=2)
    replace = os.replace

    def full(source: Any, target: Any) -> None:
        if ".robustcheck" in Path(target).parts:
            raise OSError(code, os.strerror(code), str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    assert gate.run().ret == 0
    cases = gate.report()["suites"][0]["cases"]
    assert {case["verdict"] for case in cases} == {"pass"}
    (note,) = [note for note in gate.report()["suites"][0]["notes"] if note.startswith("the cache is off")]
    assert note.endswith(f"the cache cannot be written: {os.strerror(code)}")
    assert all((gate.root / REPORT / case["records"]).is_file() for case in cases)


@pytest.mark.parametrize("kind", ["file", "pipe", "dangling link", "loop"])
def test_a_cache_that_is_no_folder_costs_no_result(gate: Any, kind: str) -> None:
    gate.write(each=2)
    UNUSABLE[kind][0](gate.root / ".robustcheck")
    assert gate.run().ret == 0
    assert set(gate.verdicts().values()) == {"pass"}


def test_records_that_cannot_be_written_are_an_error_that_keeps_the_numbers(gate: Any) -> None:
    gate.write(each=2)
    (gate.root / REPORT).mkdir()
    (gate.root / REPORT / "records").write_text("in the way")
    result = gate.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    cases = gate.report()["suites"][0]["cases"]
    assert {case["verdict"] for case in cases} == {"error"}
    assert all("the records cannot be written to records/" in " ".join(case["problems"]) for case in cases)
    assert all(case["metrics"]["accuracy"]["n"] == 6 for case in cases)
    assert "Traceback" not in result.stdout.str()


def test_a_real_limit_of_the_file_system_is_told(gate: Any) -> None:
    """No file may grow beyond 16 KiB: the page cannot be written, and nothing ends in a trace."""
    gate.write(each=2)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--robustcheck", "-p", "no:cacheprovider"],
        cwd=gate.root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(gate.root), *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: (
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
            resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 10, 16 << 10)),
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the report cannot be written: File too large" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_a_step_summary_that_cannot_be_written_is_a_note(gate: Any, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    gate.write(each=2)
    summary = gate.root / "summary" / "of.md" if kind == "missing" else gate.root / "summary.md"
    if kind == "folder":
        summary.mkdir()
    elif kind == "pipe":
        os.mkfifo(summary)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = gate.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["NOTE the step summary *summary* cannot be written: *"])


def test_json_of_the_report_is_strict(gate: Any) -> None:
    gate.write(each=2)
    gate.run()
    text = (gate.root / REPORT / RESULT_FILE).read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(name))
