from __future__ import annotations

import datetime
import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kept_reports import IDS, case, suite, write_report, write_reports

from robustcheck.engine.gates.baseline_file import load_baseline
from robustcheck.runs import acceptance

Call = Callable[..., Any]
ALL = "1" * 10
FILE = Path("suites/greys.baseline.json")


@pytest.fixture
def accept(robustcheck_command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that accepts ``report`` in a project with one suite."""
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites/greys.yaml").write_text("robustcheck: 1\n", encoding="utf-8")

    def call(*arguments: str, reason: str = "it drove well") -> Any:
        return robustcheck_command("baseline", "accept", "report", "--reason", reason, *arguments)

    return call


def test_it_is_written_beside_the_suite_and_says_who_when_and_what(accept: Call, tmp_path: Path) -> None:
    write_report(
        tmp_path / "report", case("clean", ALL), case("noisy", "1011111110", ids=IDS[::-1], labels=range(10)[::-1])
    )
    done = accept()
    size = FILE.stat().st_size
    assert (done.code, done.err) == (0, "")
    assert done.lines == [f"{FILE}: 2 cases of 10 pictures by web, 18 of 20 right, {size} bytes; commit it"]
    read = load_baseline(FILE)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    assert (read.reason, read.by, read.accepted) == ("it drove well", "Ada", today)
    assert (read.suite, read.suite_digest) == ("suites/greys.yaml", "1" * 64)
    assert (read.model, read.data, read.data_digest, read.seed, read.overlay) == ("web", "greys", "3" * 64, 7, "")
    assert read.ids == IDS
    assert read.right_of("noisy", IDS).tolist() == [name not in (IDS[8], IDS[0]) for name in IDS]
    assert read.cases["noisy"].digest == read.cases["clean"].digest, "the same steps"


def test_the_same_report_gives_the_same_file(accept: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "report", case("clean", ALL), case("noisy", "1011111110"))
    accept()
    first = FILE.read_bytes()
    done = accept("--suite", "suites/greys.yaml")
    assert FILE.read_bytes() == first
    assert done.lines[1:] == [
        f"against the baseline of {load_baseline(FILE).accepted} by web: the same cases",
    ]


def test_the_result_file_itself_may_be_named(robustcheck_command: Call, accept: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "report", case("clean", ALL))
    done = robustcheck_command(
        "baseline", "accept", "report/robustcheck-report.json", "--reason", "r", "--out", "elsewhere.json"
    )
    assert done.lines[0].startswith("elsewhere.json: 1 cases of 10 pictures")
    assert not FILE.exists()


def test_new_gone_and_changed_cases_are_told(accept: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "report", case("clean", ALL), case("noisy", ALL), case("rain", ALL))
    accept()
    write_report(
        tmp_path / "report", case("clean", ALL), case("noisy", ALL, depth="-2ev"), case("fog", ALL), model="robot"
    )
    done = accept()
    day = load_baseline(FILE).accepted
    assert done.lines[1:] == [f"against the baseline of {day} by web: 1 new: fog; 1 gone: rain; 1 changed: noisy"]


def test_a_broken_baseline_is_replaced_and_told(accept: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "report", case("clean", ALL))
    FILE.write_text("{}", encoding="utf-8")
    done = accept()
    assert done.code == 0
    assert "this is no baseline" in done.lines[0]
    assert load_baseline(FILE).cases.keys() == {"clean"}


def test_what_is_left_out_is_told(accept: Call, tmp_path: Path) -> None:
    write_report(
        tmp_path / "report",
        case("clean", ALL),
        case("how-far", ALL, kind="find_limit", verdict="error"),
        case("early", "110", stopped="every expectation is decided at 95%"),
        not_run=["slow"],
    )
    done = accept()
    assert done.lines[1:] == [
        "left out, since each model is looked at where it breaks: how-far",
        "left out, since they were not run: slow",
        "without all pictures, since they stopped early or some are unreadable: early; look at all of them with pytest "
        "--robustcheck --robustcheck-every-picture",
    ]
    read = load_baseline(FILE)
    assert read.cases.keys() == {"clean", "early"}
    assert int(read.cases["early"].seen.sum()) == 3


HEAD = "the run of suites/greys.yaml cannot be accepted; repair it and run it again:\n  "
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an error": (
        {"verdict": "error", "problems": ["noisy changed no pixel\x1b"]},
        HEAD + "noisy ended as error: noisy changed no pixel\\x1b\n",
    ),
    "unreliable": (
        {"verdict": "unreliable", "problems": ["20.0% of the input has no real pixel"]},
        HEAD + "noisy ended as unreliable: 20.0% of the input has no real pixel\n",
    ),
    "no records": ({"records": ""}, HEAD + "noisy has no records: the run kept no records\n"),
    "missing records": (
        {"records": "records/x.parquet"},
        HEAD + "noisy has no records: there is no records/x.parquet in the report's folder\n",
    ),
}


@pytest.mark.parametrize(("facts", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_compared_with_is_not_accepted(
    accept: Call, tmp_path: Path, facts: dict[str, Any], told: str
) -> None:
    write_report(tmp_path / "report", case("clean", ALL), case("noisy", ALL, **facts))
    done = accept()
    assert (done.code, done.out, done.err) == (4, "", told)
    assert not FILE.exists()


def test_every_reason_is_told(accept: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "report", case("a", ALL, verdict="error"), case("b", ALL, records=""))
    assert accept().err == HEAD + "a ended as error\n  b has no records: the run kept no records\n"


def test_a_run_without_cases_or_identity_is_not_accepted(accept: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "report")
    assert accept().err == HEAD + "it has no case\n"
    write_report(tmp_path / "report", case("clean", ALL), data="")
    assert accept().err == HEAD + "it does not say which model and data it is of\n"


def test_a_failing_run_may_be_accepted(accept: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "report", case("clean", "0000000001", verdict="fail"))
    assert accept().code == 0


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no reason": (("baseline", "accept", "report"), "the following arguments are required: --reason"),
    "an empty reason": (("baseline", "accept", "report", "--reason", " "), "' ' is not one line of text"),
    "two lines": (("baseline", "accept", "report", "--reason", "a\nb"), "'a\\nb' is not one line of text"),
    "no action": (("baseline",), "the following arguments are required: action"),
    "an unknown suite": (
        ("baseline", "accept", "report", "--reason", "r", "--suite", "suites/gerys.yaml"),
        "report has no suite suites/gerys.yaml; did you mean suites/greys.yaml?",
    ),
}


@pytest.mark.parametrize(("call", "told"), WRONG.values(), ids=WRONG)
def test_wrong_calls_write_nothing(
    robustcheck_command: Call, accept: Call, tmp_path: Path, call: tuple[str, ...], told: str
) -> None:
    write_report(tmp_path / "report", case("clean", ALL))
    done = robustcheck_command(*call)
    assert done.code == 2
    assert told in done.err
    assert not FILE.exists()


def test_of_several_suites_one_is_named(accept: Call, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    write_reports(folder, suite(folder, case("clean", ALL)), suite(folder, case("clean", ALL), path="suites/b.yaml"))
    done = accept()
    assert (done.code, done.err) == (
        2,
        "robustcheck: report has 2 suites; choose one with --suite: suites/greys.yaml, suites/b.yaml\n",
    )
    assert accept("--suite", "suites/greys.yaml").code == 0
    assert accept("--suite", "suites/b.yaml").err == (
        "suites/b.yaml: there is no such suite in this project; call this in the project that was run, or name the file with "
        "--out\n"
    )


def test_a_file_that_cannot_be_written_is_told(accept: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "report", case("clean", ALL))
    done = accept("--out", "nowhere/b.json")
    assert (done.code, done.err) == (4, "nowhere/b.json: the file cannot be written: No such file or directory\n")


def test_odd_ids_are_kept_as_they_are(accept: Call, tmp_path: Path) -> None:
    odd = ("a\x1b[31m", "b\nc", "ü", "\u202e")
    write_report(tmp_path / "report", case("clean", "1010", ids=odd))
    accept()
    assert set(load_baseline(FILE).ids) == set(odd)


def _fails(*_: object, **__: object) -> str:
    raise OSError


def test_who_accepts_never_stops_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", " \n")
    monkeypatch.setattr(acceptance, "_git_user", lambda root: "Grace\n")
    assert acceptance.whoever(tmp_path) == "Grace"
    monkeypatch.setattr(acceptance, "_git_user", lambda root: "")
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    assert acceptance.whoever(tmp_path) == "ada"
    monkeypatch.setattr(getpass, "getuser", _fails)
    assert acceptance.whoever(tmp_path) == "unknown"


def test_git_is_asked_and_may_be_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / ".gitconfig").write_text("[user]\n name = Grace Hopper\n", encoding="utf-8")
    if acceptance.shutil.which("git"):
        assert acceptance._git_user(tmp_path).strip() == "Grace Hopper"
    monkeypatch.setattr(acceptance.shutil, "which", lambda name: None)
    assert acceptance._git_user(tmp_path) == ""
    monkeypatch.setattr(acceptance.shutil, "which", lambda name: str(tmp_path / "git"))
    assert acceptance._git_user(tmp_path) == ""


def test_the_file_holds_no_path_of_this_machine(accept: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "report", case("clean", ALL))
    accept()
    assert str(tmp_path) not in FILE.read_text(encoding="utf-8")
    json.loads(FILE.read_bytes())
