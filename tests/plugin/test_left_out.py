"""What is said of all that lies beside suites: what is left out and why, names that are nearly a suite's, links and bases."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from small_project import SUITE
from test_discovery import FORMS, MISSING, REST, SCHEMA, TEXT, Form

from robustcheck.cli import main
from robustcheck.language import load_project, load_suite

BASE = "owner: us\nmodel: brightness\ndata: greys\n"
OTHERS: Mapping[str, tuple[str, str]] = {
    "README.md": ("# Suites\n\n```yaml\nrobustcheck: 1\n```\n", "text"),
    "base.yaml": (BASE, "a base that suites/night.yaml extends"),
    "night.approvals.yaml": ("version: 1\napprovals: {}\n", "approvals of a suite"),
    "greys.baseline.json": ('{"robustcheck": "baseline/1"}', "an accepted run (baseline)"),
    "reviews.jsonl": ('{"id": "a", "label": "dark"}\n', "lines of JSON, such as reviews of labels"),
    "old.yaml.bak": (TEXT, "a copy that was put aside"),
    "stop.png": ("", "a picture"),
    ".DS_Store": ("\0", "no YAML by its name"),
    "strips/more.bin": ("", "no YAML by its name"),
}


@pytest.fixture
def crowded(gate: Any) -> dict[str, str]:
    """Write the small project with other files among the suites and return the reason for each."""
    gate.write(each=1)
    suites = gate.root / "suites"
    (suites / "strips").mkdir()
    (suites / "again").symlink_to("strips", target_is_directory=True)
    for name, (text, _) in OTHERS.items():
        (suites / name).write_text(text)
    (suites / "night.yaml").write_text("extends: base.yaml\n" + TEXT.replace(BASE.replace("us", "tests"), ""))
    for number in range(7):
        (suites / "strips" / f"{number}.png").touch()
    reasons = {f"suites/{name}": reason for name, (_, reason) in OTHERS.items()}
    again = "a link to suites/strips, which is looked at under that name"
    return {**reasons, "suites/again": again, "suites/strips/*.png": "7 files, each a picture"}


def test_the_result_names_the_suites_and_all_that_is_left_out(gate: Any, crowded: dict[str, str]) -> None:
    result = gate.run()
    assert result.ret == 0
    report = gate.report()
    jsonschema.validate(report, SCHEMA)
    discovery = report["discovery"]
    assert discovery["suites"] == ["suites/greys.yaml", "suites/night.yaml"]
    assert {entry["path"]: entry["reason"] for entry in discovery["left_out"]} == crowded
    result.stdout.fnmatch_lines(
        ["robustcheck: 2 suites collected; 11 left out: suites/.DS_Store (no YAML by its name), * and 7 more"]
    )


def test_validate_names_what_is_left_out(
    gate: Any, crowded: dict[str, str], robustcheck_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(gate.root)
    done = robustcheck_command("validate")
    assert done.code == 0
    notes = [line for line in done.lines if line.startswith("left out: ")]
    assert sorted(notes) == sorted(f"left out: {path}: {reason}" for path, reason in crowded.items())
    assert done.lines[-1] == "2 suites, 14 cases: no problem"


@pytest.fixture
def two(gate: Any) -> Any:
    """Write the small project with a second suite, ``suites/more/night.yaml``, and return the gate."""
    gate.write(each=1)
    Form().write(gate.root / "suites" / "more")
    return gate


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["suites/greys.yaml"], "a suite that this call does not name"),
        (["--ignore=suites/more"], "a suite that this call ignores (--ignore, --ignore-glob)"),
        (["--ignore-glob=*/night.yaml"], "a suite that this call ignores (--ignore, --ignore-glob)"),
        (["--deselect=suites/more/night.yaml"], "no case of it was run (--deselect)"),
        (["suites", "-k", "greys"], "no case of it was run (-k)"),
    ],
    ids=str,
)
def test_a_suite_that_the_call_leaves_out_is_named(two: Any, arguments: list[str], reason: str) -> None:
    result = two.run(*arguments)
    assert result.ret == 0
    assert two.report()["discovery"] == {
        "suites": ["suites/greys.yaml"],
        "left_out": [{"path": "suites/more/night.yaml", "reason": reason}],
    }
    assert two.report()["complete"] is (arguments == ["suites/greys.yaml"]), "of what the call asks for"
    result.stdout.fnmatch_lines([f"robustcheck: 1 suite collected; 1 left out: suites/more/night.yaml ({reason})"])


def test_so_is_one_that_the_project_s_conftest_leaves_out(two: Any) -> None:
    Form(name="other.yaml").write(two.root / "suites")
    two.pytester.makeconftest("collect_ignore = ['suites/more']\ncollect_ignore_glob = ['*/other.yaml']")
    assert two.run().ret == 0
    left_out = two.report()["discovery"]["left_out"]
    assert [entry["path"] for entry in left_out] == ["suites/more/night.yaml", "suites/other.yaml"]
    assert all("a conftest.py or a plugin leaves it out" in entry["reason"] for entry in left_out)


def test_a_broken_suite_that_others_run_beside_is_named(two: Any) -> None:
    FORMS["first line mistyped"].write(two.root / "suites")
    result = two.run("--continue-on-collection-errors", "-k", "noisy")
    assert result.ret == 1
    ((left_out),) = two.report()["discovery"]["left_out"]
    assert left_out["reason"].startswith("it is broken: suites/night.yaml:1:1: RC105 robustchek is no key of a suite")


def test_a_folder_of_the_project_s_own_settings_does_not_hide_a_suite(two: Any) -> None:
    (two.root / "suites" / "more" / "test_planted.txt").touch()
    two.pytester.makeini("[pytest]\nnorecursedirs = more suites\n")
    result = two.run("--collect-only", "-q", ".")
    assert "suites/more/night.yaml::noisy" in result.outlines
    assert "suites/greys.yaml::noisy" in result.outlines


def test_a_project_s_other_yaml_is_named(gate: Any) -> None:
    gate.write(each=1)
    gate.pytester.makepyfile(test_mine="def test_it(): pass")
    (gate.root / "compose.yaml").write_text("services: {}\n")
    (gate.root / "build").mkdir()
    gate.run(".", "-k", "noisy")
    left_out = {entry["path"]: entry["reason"] for entry in gate.report()["discovery"]["left_out"]}
    assert left_out["compose.yaml"] == "YAML that is not meant as a suite"
    assert left_out["configs/models.yaml"] == "the configuration"
    assert left_out["build"] == "a folder that pytest does not enter"


def test_among_a_project_s_other_files_what_is_meant_as_a_suite_is_an_error(gate: Any) -> None:
    gate.write(each=1)
    for name in ("first line mistyped", "first line missing", "UTF-16"):
        FORMS[name].write(gate.root / name.replace(" ", "-"))
    result = gate.run(".", "--collect-only")
    assert result.ret == 2
    for name in ("first-line-mistyped", "first-line-missing", "UTF-16"):
        assert f"{name}/night.yaml:1:1: " in result.stdout.str()


def test_a_folder_of_the_setting_that_is_not_there_is_an_error(
    gate: Any, robustcheck_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(gate.root)
    gate.write(each=1)
    gate.pytester.makeini("[pytest]\nrobustcheck_suites = suites gates\n")
    result = gate.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*there is no gates in *"])
    done = robustcheck_command("validate")
    assert (done.code, "gates: there is no such file or folder" in done.err) == (4, True)


BROKEN = TEXT.replace("model: brightness", "model: nowhere")


@pytest.mark.parametrize(
    "name", ["more/b.txt", "more/b", "more/b.yaml.bak", "more/b.YAM", "suites/b.txt", "suites/pipe"]
)
@pytest.mark.parametrize("content", [BROKEN, "", "a"], ids=["broken", "empty", "text"])
def test_a_file_of_the_setting_that_is_no_yaml_by_its_name_is_an_error(
    gate: Any, robustcheck_command: Any, monkeypatch: pytest.MonkeyPatch, name: str, content: str
) -> None:
    monkeypatch.chdir(gate.root)
    gate.write(each=1)
    (gate.root / "more").mkdir()
    if name.endswith("pipe"):
        os.mkfifo(gate.root / "more" / "pipe")
        name = "more/pipe"
    else:
        (gate.root / name).write_text(content)
    gate.pytester.makeini(f"[pytest]\nrobustcheck_suites = suites {name}\n")
    message = f"{name}:1:1: RC702 robustcheck_suites names this file as a suite, and its name ends in "
    result = gate.run("--collect-only")
    assert (result.ret, message in result.stderr.str()) == (4, True)
    done = robustcheck_command("validate")
    assert (done.code, sum(line.startswith(message) for line in done.lines)) == (1, 1)


def test_nor_does_the_command_line_drop_one(
    gate: Any, robustcheck_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(gate.root)
    gate.write(each=1)
    (gate.root / "b.txt").write_text(BROKEN)
    result = gate.run("--collect-only", "suites", "b.txt")
    assert (result.ret, "b.txt:1:1: RC702 this is a suite by what it holds" in result.stderr.str()) == (4, True)
    done = robustcheck_command("validate", "suites", "b.txt")
    assert (done.code, "b.txt:1:1: RC702 this is no YAML by its name; a suite ends in .yaml" in done.err) == (4, True)


NEAR = (
    ".yam",
    ".ymal",
    ".yal",
    ".yaml1",
    ".yamll",
    ".yl",
    ".ym",
    ".ymll",
    ".ayml",
    ".YAM",
    ".yaml_",
    ".yml.",
    ".yaml ",
    ".yaaml",
    ".yanl",
)
FAR = (".xml", ".eml", ".toml", ".yang", ".y", ".yaml.txt", ".yml.j2", ".yaml.bak", ".yml~", ".yaml#", ".bin", "")


@pytest.mark.parametrize("count", [1, 7])
def test_what_is_nearly_yaml_by_its_name_is_an_error_and_all_else_is_named_or_matched(
    tmp_path: Path, project: Any, robustcheck_command: Any, count: int
) -> None:
    project(each=1)
    for ending in (*NEAR, *FAR):
        for number in range(count):
            (tmp_path / "suites" / f"b{number}{ending}").write_text(BROKEN.replace("robustcheck: 1", "title: x"))
    done = robustcheck_command("validate")
    errors = {
        line.partition(":1:1: RC702 this name ends in ")[0]
        for line in done.lines
        if ":1:1: RC702 this name ends in " in line
    }
    assert errors == {f"suites/b{number}{ending}" for number in range(count) for ending in NEAR}
    notes = {line.removeprefix("left out: ").partition(": ")[0] for line in done.lines if line.startswith("left out: ")}
    patterns = {".xml", ".eml", ".toml", ".yang", ".y", ".bin"} if count > 1 else set()
    assert notes == {f"suites/*{ending}" for ending in patterns} | {
        f"suites/b{number}{ending}" for number in range(count) for ending in FAR if ending not in patterns
    }


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (".git", "suites/.git"),
        (".git/night", "suites/.git/night"),
        ("more/.git", "suites/more/.git"),
        ("../.git", ".git"),
        ("../.git/night", ".git/night"),
    ],
)
@pytest.mark.parametrize("first", ["a", "z"], ids=["link before", "link after"])
def test_a_link_into_what_git_keeps_is_left_out_for_that(
    tmp_path: Path, project: Any, robustcheck_command: Any, target: str, shown: str, first: str
) -> None:
    project(each=1)
    (tmp_path / "suites" / "more").mkdir()
    Form(BROKEN).write(tmp_path / "suites" / target)
    (tmp_path / "suites" / first).symlink_to(target, target_is_directory=True)
    done = robustcheck_command("validate")
    assert (
        done.code,
        f"left out: suites/{first}: a link to {shown}, which git keeps for itself" in done.lines,
    ) == (0, True)
    assert "looked at under that name" not in done.out


def test_a_folder_that_two_links_lead_to_is_looked_at_under_the_first_and_so_it_is_said(
    tmp_path: Path, project: Any, robustcheck_command: Any
) -> None:
    project(each=1)
    Form().write(tmp_path / "shared")
    for name in ("a", "b"):
        (tmp_path / "suites" / name).symlink_to(tmp_path / "shared", target_is_directory=True)
    done = robustcheck_command("validate")
    assert "left out: suites/b: a link to shared, which is looked at under the name suites/a" in done.lines
    assert done.lines[-1] == "2 suites, 14 cases: no problem"


@dataclass(frozen=True)
class Extending:
    """What a suite extends, and which of the files without the first line that excuses.

    Attributes:
        written: The value of ``extends``.
        excused: The one that is a base; none where the variable gives no file.
        listed: Names in ``configs/variables.yaml``.
    """

    written: str
    excused: str = ""
    listed: str = ""


EXTENDING = {
    "variable": Extending('"${ROBUSTCHECK_VAR_X}"', "base/real.yaml"),
    "in part": Extending('"base/${ROBUSTCHECK_VAR_NAME}.yaml"', "base/real.yaml"),
    "two": Extending('"${ROBUSTCHECK_VAR_FOLDER}/${ROBUSTCHECK_VAR_NAME}.yaml"', "base/real.yaml"),
    "upwards": Extending('"${ROBUSTCHECK_VAR_FOLDER}/../strict.yaml"', "strict.yaml"),
    "listed": Extending('"${MY_BASE}"', "base/real.yaml", "MY_BASE"),
    "not listed": Extending('"${MY_BASE}"'),
    "not set": Extending('"${ROBUSTCHECK_VAR_NOT_SET}"'),
    "secret by its name": Extending('"${ROBUSTCHECK_VAR_TOKEN}"'),
    "malformed": Extending('"${}"'),
    "dollar sign": Extending('"$${ROBUSTCHECK_VAR_X}"'),
    "pattern": Extending('".*"'),
    "a linked folder": Extending("again/real.yaml", "base/real.yaml"),
    "plain": Extending("sub/strict2.yaml", "sub/strict2.yaml"),
}


@pytest.mark.parametrize("name", EXTENDING)
def test_a_variable_in_extends_excuses_the_file_that_it_names_and_no_other(
    tmp_path: Path, project: Any, robustcheck_command: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    project(each=1)
    form = EXTENDING[name]
    keyless = ("strict.yaml", "sub/strict2.yaml", "base/real.yaml")
    for file in keyless:
        (tmp_path / "suites" / file).parent.mkdir(exist_ok=True)
        (tmp_path / "suites" / file).write_text(REST)
    (tmp_path / "suites" / "again").symlink_to("base", target_is_directory=True)
    (tmp_path / "suites" / "c.yaml").write_text(f"robustcheck: 1\nextends: {form.written}\n")
    if form.listed:
        (tmp_path / "configs" / "variables.yaml").write_text(f"variables: [{form.listed}]\n")
    values = {"X": "base/real.yaml", "NAME": "real", "FOLDER": "base", "TOKEN": "base/real.yaml"}
    for variable, value in (
        {f"ROBUSTCHECK_VAR_{key}": value for key, value in values.items()} | {"MY_BASE": "base/real.yaml"}
    ).items():
        monkeypatch.setenv(variable, value)
    done = robustcheck_command("validate")
    assert done.code == 1
    excused = [file for file in keyless if f"left out: suites/{file}: a base that suites/c.yaml extends" in done.lines]
    assert excused == ([form.excused] if form.excused else [])
    assert [file for file in keyless if f"suites/{file}:{MISSING}" in done.out] == [
        file for file in keyless if file != form.excused
    ]
    assert any(line.startswith("suites/c.yaml:2:") for line in done.lines) is not bool(form.excused)


def test_the_python_door_runs_one_suite_and_says_so(tmp_path: Path, project: Any) -> None:
    from robustcheck import run_suite

    project(each=1)
    result = run_suite("suites/greys.yaml", root=tmp_path)
    assert result.document["discovery"] == {"suites": ["suites/greys.yaml"], "left_out": []}


def test_no_doctest_or_other_plugin_collects_anything_there(gate: Any) -> None:
    gate.write(each=1)
    (gate.root / "suites" / "notes.txt").write_text(">>> 1 / 0\n")
    gate.pytester.makeini("[pytest]\naddopts = --doctest-glob=*.txt\n")
    result = gate.run("--collect-only", "-q")
    assert "notes.txt::" not in result.stdout.str()
    assert gate.run("suites/notes.txt").ret == 4


def test_workers_collect_what_one_process_does(two: Any) -> None:
    two.pytester.makepyfile(test_mine="def test_it(): raise AssertionError")
    (two.root / "tests").mkdir()
    (two.root / "tests" / "test_more.py").write_text("def test_more(): raise AssertionError\n")
    two.pytester.makeini("[pytest]\ntestpaths = . tests\n")
    result = two.run("-n", "2", "--ignore=suites/more")
    result.assert_outcomes(passed=7)
    assert result.ret == 0
    reason = "a suite that this call ignores (--ignore, --ignore-glob)"
    left_out = [{"path": "suites/more/night.yaml", "reason": reason}]
    assert two.report()["discovery"] == {"suites": ["suites/greys.yaml"], "left_out": left_out}


@pytest.mark.parametrize("by", ["setting", "call"])
def test_a_suite_outside_the_project_is_one_located_line(
    gate: Any, by: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    gate.write()
    outside = tmp_path_factory.mktemp("shared") / "o.yaml"
    outside.write_text(SUITE)
    (gate.root / "pytest.ini").write_text(f"[pytest]\nrobustcheck_suites = suites {outside.parent}\n")
    monkeypatch.chdir(gate.root)
    says = f"{outside}:1:1: RC704 this suite lies outside the project {gate.root}; copy it into the project"
    named = [str(outside)] if by == "call" else []
    done = gate.run(f"--rootdir={gate.root}", "-c", str(gate.root / "pytest.ini"), *named)
    assert done.ret not in (0, 5)
    done.stdout.fnmatch_lines([f"*{says}*"])
    assert "INTERNALERROR" not in done.stdout.str()
    if by == "setting":
        capsys.readouterr()
        assert main(["validate"]) == 1
        assert [line for line in capsys.readouterr().out.splitlines() if "o.yaml" in line] == [
            f"{says}, or name its own project with --rootdir"
        ]


@pytest.mark.parametrize("linked", ["root", "suites", "suite"])
def test_a_suite_of_the_project_by_way_of_a_link_is_run(
    gate: Any, linked: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = gate.write()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    root, named = gate.root, "suites/greys.yaml"
    if linked == "root":
        root = elsewhere / "link"
        root.symlink_to(gate.root, target_is_directory=True)
    else:
        moved = suite.parent if linked == "suites" else suite
        moved.rename(elsewhere / moved.name)
        moved.symlink_to(elsewhere / moved.name)
    monkeypatch.chdir(root)
    assert load_suite(root / named, load_project(root, root / "configs")).path == named
