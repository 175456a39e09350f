"""``robustcheck validate``: everything that is wrong, each with its place."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_project import MODELS, SUITE

from robustcheck.core.project_settings import find_settings

Call = Callable[..., Any]
LOCATED = re.compile(r"^\S+:\d+:\d+: .+")


def test_what_is_right_is_counted(robustcheck_command: Call, project: Call) -> None:
    project()
    done = robustcheck_command("validate")
    assert (done.code, done.lines) == (0, ["1 suite, 7 cases: no problem"])


def test_every_problem_of_every_file_is_told(robustcheck_command: Call, project: Call) -> None:
    first = project(suite=SUITE.replace("stops:", "stop:").replace("depth: -1ev", "depth: -1"))
    second = first.with_name("second.yaml")
    second.write_text(SUITE.replace("title: Greys\n", "").replace("model: brightness", "model: brigthness"), "utf-8")
    done = robustcheck_command("validate")
    assert done.code == 1
    assert all(LOCATED.match(line) for line in done.lines[:-1])
    assert "did you mean stops?" in done.out
    assert "did you mean brightness?" in done.out
    assert "a suite needs title" in done.out
    assert done.lines[-1].startswith("2 suites and the configuration: ")
    assert done.lines[-1].endswith(" in 2 files")
    told = int(re.findall(r": (\d+) problems", done.lines[-1])[0])
    assert told == len(done.lines) - 1


def test_a_wrong_configuration_does_not_hide_what_is_wrong_with_suites(
    robustcheck_command: Call, project: Call
) -> None:
    project(models=MODELS.replace("kind: python", "kind: pyhton"), suite=SUITE.replace("stops:", "stop:"))
    done = robustcheck_command("validate")
    assert done.code == 1
    assert {line.split(":")[0] for line in done.lines[:-1]} == {"configs/models.yaml", "suites/greys.yaml", "note"}
    assert "there is no model" not in done.out


def test_a_single_suite_can_be_named(robustcheck_command: Call, project: Call) -> None:
    first = project()
    first.with_name("broken.yaml").write_text("robustcheck: 1\n", encoding="utf-8")
    assert robustcheck_command("validate", "suites/greys.yaml").code == 0
    assert robustcheck_command("validate", "suites/broken.yaml").code == 1
    assert robustcheck_command("validate", "suites").code == 1


def test_a_configuration_file_can_be_named(robustcheck_command: Call, project: Call) -> None:
    project()
    done = robustcheck_command("validate", "configs/models.yaml")
    assert (done.code, done.lines) == (0, ["0 suites, 0 cases: no problem"])


def test_what_a_report_says_loudly_is_said_here_too(robustcheck_command: Call, project: Call) -> None:
    waiver = "waivers: [{case: noisy, reason: known, owner: tests, expires: 2001-01-01}]\n"
    project(suite=SUITE + waiver)
    done = robustcheck_command("validate")
    assert done.code == 0
    assert done.lines[0].startswith("note: ")
    assert "expired on 2001-01-01" in done.lines[0]


SETTINGS = {
    "pytest.ini": "[pytest]\nrobustcheck_suites = gates 'more gates'\nrobustcheck_configs = setup\n",
    "pyproject.toml": '[tool.pytest.ini_options]\nrobustcheck_suites = ["gates", "more gates"]\n'
    'robustcheck_configs = "setup"\n',
    "tox.ini": "[pytest]\nrobustcheck_suites = gates 'more gates'\nrobustcheck_configs = setup\n",
    "setup.cfg": "[tool:pytest]\nrobustcheck_suites = gates 'more gates'\nrobustcheck_configs = setup\n",
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("below", ["", "a/b"])
def test_the_settings_are_those_of_pytest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, below: str
) -> None:
    (tmp_path / name).write_text(SETTINGS[name], encoding="utf-8")
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / below)
    settings = find_settings()
    assert settings.root == tmp_path
    assert settings.suites == (tmp_path / "gates", tmp_path / "more gates")
    assert settings.configs == tmp_path / "setup"


def test_a_project_without_settings_of_pytest_begins_at_pyproject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    (tmp_path / "suites").mkdir()
    monkeypatch.chdir(tmp_path / "suites")
    assert find_settings().root == tmp_path
    assert find_settings().suites == (tmp_path / "suites",)


def test_a_hundred_suites_take_about_a_second(project: Call, tmp_path: Path) -> None:
    """Measured 0.9 s of wall time on the machine this was written on; the bound here is for busy ones."""
    first = project()
    for number in range(99):
        first.with_name(f"greys{number}.yaml").write_text(SUITE, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "robustcheck.cli", "validate"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout == "100 suites, 700 cases: no problem\n"
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 3


def test_what_is_no_file_of_text_is_called_what_it_is(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    project()
    os.mkfifo(tmp_path / "pipe")
    for name, kind in (("/dev/zero", "a character device"), ("pipe", "a named pipe")):
        done = robustcheck_command("validate", name)
        assert done.code != 0
        (line,) = (done.err + done.out).splitlines()
        assert line.endswith(f"{name}: this cannot be read as a suite: it is {kind}, not a regular file")


def test_approvals_that_cannot_be_read_are_one_problem(
    robustcheck_command: Call, project: Call, tmp_path: Path
) -> None:
    project(suite=SUITE.replace("tags: [night]", "approved: required"))
    os.mkfifo(tmp_path / "suites/greys.approvals.yaml")
    done = robustcheck_command("validate")
    assert done.code == 1
    assert sum("greys.approvals.yaml" in line for line in done.lines) == 1
    assert done.lines[-1].endswith("1 problem in 1 file")


UNPROVABLE = SUITE.replace("title: Greys\n", "title: Greys\ndecide: confident\n").replace(">= 60%", ">= 99%")


def test_what_no_result_could_prove_is_a_problem(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    project(suite=UNPROVABLE)
    done = robustcheck_command("validate")
    assert done.code == 1
    assert re.search(
        r"suites/greys.yaml:\d+:\d+: RC409 accuracy >= 99% cannot be proven at 95% with 24 pictures", done.out
    )
    # Where the pictures are not, nothing can be said of their number.
    shutil.rmtree(tmp_path / "pictures")
    assert robustcheck_command("validate").code == 0


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        ('{group_accuracy: {weather: ">= 50%"}}', "the data has no metadata column weather; it has none"),
        (
            '{selective_accuracy: {coverage: 2%, accuracy: ">= 50%"}}',
            "a coverage of 2% of 24 pictures is less than one picture",
        ),
    ],
)
def test_what_holds_no_picture_is_a_problem(robustcheck_command: Call, project: Call, expected: str, says: str) -> None:
    project(suite=SUITE.replace('expect: {accuracy: ">= 95%"}', f"expect: {expected}"))
    done = robustcheck_command("validate")
    assert done.code == 1
    assert re.search(rf"suites/greys.yaml:\d+:\d+: RC705 {re.escape(says)}", done.out), done.out


def test_a_group_that_no_picture_is_in_is_a_problem(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    expected = '{group_accuracy: {weather: {rian: ">= 50%"}}}'
    project(
        suite=SUITE.replace('expect: {accuracy: ">= 95%"}', f"expect: {expected}"),
        data="greys: {kind: manifest, path: ../list.csv, folder: ../pictures}\n",
    )
    pictures = sorted((tmp_path / "pictures").glob("*/*.png"))
    rows = [
        f"{path.parent.name}/{path.name},{path.parent.name},{'rain' if n % 2 else 'sun'}"
        for n, path in enumerate(pictures)
    ]
    (tmp_path / "list.csv").write_text("\n".join(["path,label,weather", *rows, ""]), encoding="utf-8")
    done = robustcheck_command("validate")
    assert re.search(
        r"suites/greys.yaml:\d+:\d+: RC705 no picture has weather = rian; did you mean rain\?", done.out
    ), done.out
