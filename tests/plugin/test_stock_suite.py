"""A run in a project without any suite: of a stock suite, on the model and data that the call names."""

from __future__ import annotations

from typing import Any

import pytest
from small_project import MODEL, write_pictures

from robustcheck.cli import main

CALL = ("--robustcheck-model", "tiny:build", "--robustcheck-data", "pictures", "--robustcheck-tier", "smoke")
KEEP = "to keep and change it: robustcheck init --model tiny:build --data pictures"


@pytest.fixture
def bare(gate: Any) -> Any:
    """Return a gate over a project that has code and pictures, and nothing of robustcheck's.

    What is brightest comes first in the order of names and last in that of the network, so that the folders' order is wrong.
    """
    (gate.root / "tiny.py").write_text(MODEL, encoding="utf-8")
    write_pictures(gate.root / "pictures", each=3)
    return gate


def test_it_runs_and_says_how_to_keep_it(bare: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    ran = bare.run(*CALL)
    assert ran.ret == 1
    text = ran.stdout.str()
    assert "this project has no suite, so a stock suite ran (.robustcheck/stock/suite.yaml)" in text
    assert KEEP in text
    assert "its preprocessing is assumed" in text
    assert "its outputs are taken to be the folders in the order of their names" in text
    verdicts = bare.verdicts()
    assert list(verdicts) == [
        "clean", "tilted[roll=-5deg]", "tilted[roll=5deg]", "dusk-and-sun[stops=-2ev]", "dusk-and-sun[stops=1ev]",
    ]  # fmt: skip
    assert verdicts["clean"] == "fail"
    assert not (bare.root / "suites").exists()
    rerun = "pytest --robustcheck .robustcheck/stock/suite.yaml::clean " + " ".join(CALL)
    assert f"rerun: {rerun}" in text
    # What lies there is not believed: it is written anew, here as well.
    for name in ("configs/models.yaml", "suite.yaml"):
        (bare.root / ".robustcheck/stock" / name).write_text("planted: 1\n", encoding="utf-8")
    again = bare.run(*rerun.split()[2:])
    again.assert_outcomes(failed=1)
    capsys.readouterr()
    monkeypatch.chdir(bare.root)
    assert main(KEEP.split()[6:]) == 0
    assert (bare.root / "suites" / "tiny.yaml").exists()
    assert bare.run("--collect-only", "-q").stdout.str().count("suites/tiny.yaml::") == 11


@pytest.mark.parametrize(
    ("model", "data"), [("brightness", "greys"), ("brightness", "pictures"), ("tiny:build", "greys")]
)
def test_no_stock_suite_stands_in_for_suites_that_are_gone(gate: Any, model: str, data: str) -> None:
    gate.write().unlink()
    ran = gate.run("--robustcheck-model", model, "--robustcheck-data", data)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    assert "is an entry of configs/, so this project was set up and its suites are missing" in ran.stderr.str()
    assert not (gate.root / ".robustcheck/stock").exists()


def test_a_project_with_a_suite_runs_that(gate: Any) -> None:
    gate.write()
    ran = gate.run("--robustcheck-model", "brightness", "--robustcheck-data", "greys", "--collect-only", "-q")
    assert "suites/greys.yaml::clean" in ran.stdout.str()
    assert not (gate.root / ".robustcheck/stock").exists()


@pytest.mark.parametrize(
    ("settings", "options", "told"),
    [
        ("", CALL[:2], "there is no suites in * together run a stock suite"),
        ("robustcheck_suites = gates\n", CALL, "there is no gates in"),
        ("", (*CALL, "--robustcheck-attest", "ci.key"), "signs what a suite of the project says, and there is none"),
        ("", (CALL[0], "tiny:biuld", *CALL[2:]), "tiny has no biuld; did you mean build?"),
        ("", (*CALL[:3], "nowhere", *CALL[4:]), "the data nowhere: there is no such folder"),
        ("", (*CALL[:3], "robustcheck", *CALL[4:]), "write ./robustcheck"),
    ],
)
def test_what_cannot_be_run_ends_the_call(bare: Any, settings: str, options: tuple[str, ...], told: str) -> None:
    (bare.root / "pytest.ini").write_text(f"[pytest]\n{settings}", encoding="utf-8")
    (bare.root / "ci.key").write_text("", encoding="utf-8")
    ran = bare.run(*options)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines([f"*{told}*"])


def test_a_linked_folder_is_not_written_through(bare: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (bare.root / ".robustcheck").symlink_to(elsewhere)
    ran = bare.run(*CALL)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines(["*lies outside the project, where a link leads*"])
    assert not list(elsewhere.iterdir())


def test_workers_run_it_too(bare: Any) -> None:
    ran = bare.run("-n1", *CALL)
    assert ran.ret == 1
    assert KEEP in ran.stdout.str()
    assert len(bare.verdicts()) == 5
