"""Every file below a folder of suites is a suite, an error or named as left out, through pytest and through validate."""

from __future__ import annotations

import json
import os
import socket
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from small_project import SUITE

from robustcheck.cli import main
from robustcheck.language import load_project, load_suite

SCHEMA = json.loads((resources.files("robustcheck.report") / "report.schema.json").read_text(encoding="utf-8"))
TEXT = SUITE.lstrip().replace("title: Greys", "title: Night")
FIRST = "robustcheck: 1\n"
REST = TEXT.removeprefix(FIRST)


@dataclass(frozen=True)
class Form:
    """A file in a folder of its own below ``suites/``, and what must be said of it: an error, or that it is a suite.

    Attributes:
        content: Of the file, where ``make`` does not make it.
        error: Place and first words of the error; empty where it is a suite.
        name: Of the file.
        make: Makes what else it needs, in the folder.
    """

    content: str | bytes = TEXT
    error: str = ""
    name: str = "night.yaml"
    make: Callable[[Path], object] | None = None

    def write(self, folder: Path) -> None:
        (folder / self.name).parent.mkdir(parents=True, exist_ok=True)
        if self.make:
            self.make(folder)
        if not os.path.lexists(folder / self.name) and "?" not in self.name:
            content = self.content if isinstance(self.content, bytes) else self.content.encode()
            (folder / self.name).write_bytes(content)


def linked_folder(folder: Path) -> None:
    (folder / "more").rename(folder.parents[1] / "shared")
    (folder.parents[1] / "shared" / "night.yaml").write_text(TEXT)
    (folder / "more").symlink_to(folder.parents[1] / "shared", target_is_directory=True)


def linked_file(folder: Path) -> None:
    (folder.parents[1] / "night.yaml").write_text(TEXT)
    (folder / "night.yaml").symlink_to(folder.parents[1] / "night.yaml")


def link_to(target: str, name: str = "night.yaml") -> Callable[[Path], None]:
    return lambda folder: (folder / name).symlink_to(target)


def bound_socket(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("night.yaml")
    os.chdir(here)


MISSING = "1:1: this file is no suite: robustcheck: 1 is missing; begin with robustcheck: 1"
FORMS: Mapping[str, Form] = {
    "first line mistyped": Form("robustchek: 1\n" + REST, "1:1: robustchek is no key of a suite; did you mean robustcheck?"),
    "first line in capitals": Form("RobustCheck: 1\n" + REST, "1:1: RobustCheck is no key of a suite; did you mean robustcheck?"),
    "first line with a dash": Form("robust-check: 1\n" + REST, "1:1: robust-check is no key of a suite; did you mean robustcheck?"),
    "first line missing": Form(REST, MISSING),
    "key after a zero-width space": Form("\u200b" + TEXT, "1:1: ?robustcheck is no key of a suite; did you mean robustcheck?"),
    "equals sign": Form("robustcheck = 1\n" + REST, "2:6: this is not YAML"),
    "no space": Form("robustcheck:1\n" + REST, "2:6: this is not YAML"),
    "another version": Form("robustcheck: 2\n" + REST, "1:14: robustcheck must be 1"),
    "first line indented": Form(" " + TEXT, "2:1: this is not YAML"),
    "indented by a tab": Form("\t" + TEXT, "1:1: this is not YAML"),
    "all lines indented": Form(textwrap.indent(TEXT, "  ")),
    "below another key": Form("suite:\n" + textwrap.indent(TEXT, "  "), MISSING),
    "flow mapping": Form("{robustcheck: 1, title: Night, owner: o, model: brightness, data: greys}\n", "1:1: a suite needs checks"),
    "question mark": Form("? robustcheck\n: 1\n" + REST),
    "tagged": Form("!!str robustcheck: 1\n" + REST),
    "anchored": Form("&a robustcheck: 1\n" + REST),
    "escaped": Form('"robust\\x63heck": 1\n' + REST),
    "in the line of the document's start": Form("--- {robustcheck: 1}\n", "1:5: a suite needs title"),
    "after a directive": Form("%YAML 1.2\n---\n" + TEXT),
    "in a second document": Form("a: 1\n---\n" + TEXT, "2:1: a second document starts here"),
    "UTF-16": Form(TEXT.encode("utf-16"), "1:1: the file is not UTF-8"),
    "UTF-16 without a mark": Form(TEXT.encode("utf-16-be"), "1:1: the character U+0000"),
    "Latin-1": Form(("# \u00e9\n" + TEXT).encode("latin-1"), "1:3: the file is not UTF-8"),
    "behind 64 KiB": Form("#" * 70_000 + "\n" + TEXT),
    "larger than 1 MB": Form(TEXT + "#" * 1_000_000, "1:1: the file is larger than 1 MB"),
    "empty": Form("", "1:1: the file is empty"),
    "a list": Form("- robustcheck: 1\n", "1:1: a suite is a mapping, this is a list"),
    "not meant as one": Form("services: {db: {image: x}}\n", MISSING),
    "named data": Form(TEXT, name="data.yaml", make=lambda folder: (folder / "models.yaml").write_text(TEXT)),
    "ending in capitals": Form(name="night.YAML"),
    "ending in .Yml": Form(name="night.Yml"),
    "ending in .yaml.txt": Form(TEXT, "1:1: this is a suite by what it holds, and its name ends in .txt", name="night.yaml.txt"),
    "no ending": Form(TEXT, "1:1: this is a suite by what it holds, and its name ends in nothing", name="night"),
    "hidden": Form(name=".night.yaml"),
    "in a hidden folder": Form(name=".night/night.yaml"),
    "in build": Form(name="build/night.yaml"),
    "in dist": Form(name="dist/lower/night.yaml"),
    "in venv": Form(name="venv/night.yaml"),
    "in a virtual environment": Form(name="env/night.yaml", make=lambda folder: (folder / "env/pyvenv.cfg").touch()),
    "in node_modules": Form(name="node_modules/night.yaml"),
    "in x.egg": Form(name="x.egg/night.yaml"),
    "in __pycache__": Form(name="__pycache__/night.yaml"),
    "in a folder of a suite's name": Form(name="more.yaml/night.yaml"),
    "in a linked folder": Form(name="more/night.yaml", make=linked_folder),
    "a linked file": Form(name="night.yaml", make=linked_file),
    "a link out of the project": Form("", "1:1: this link leads out of the project", make=link_to("/etc/hostname")),
    "a folder linked out of the project": Form("", "1:1: this link leads out of the project", name="more", make=link_to("/etc", "more")),
    "a link that leads nowhere": Form("", "1:1: this file cannot be reached: it is a link that leads to no file", make=link_to("nowhere.yaml")),
    "a link to itself": Form("", "1:1: this file cannot be reached: its links lead in a circle", make=link_to("night.yaml")),
    "a linked folder that holds itself": Form("", "1:1: this link leads to a folder that it lies in itself", name="more", make=link_to("..", "more")),
    "a name that is no text": Form(error="1:1: this name holds", name="b?.yaml", make=lambda folder: Path(os.fsdecode(os.fsencode(folder) + b"/b\xff.yaml")).touch()),
    "a name with a line break": Form(error="1:1: this name holds", name="b?.yaml", make=lambda folder: (folder / "b\n.yaml").touch()),
    "a name that a node id cannot hold": Form(error="1:1: this name holds", name="b::b.yaml"),
    "a pipe": Form("", "1:1: this cannot be read as a suite: it is a", make=lambda folder: os.mkfifo(folder / "night.yaml")),
    "a socket": Form("", "1:1: this cannot be read as a suite: it is a", make=bound_socket),
    "a link to a device": Form("", "1:1: this link leads out of the project", make=link_to("/dev/zero")),
}  # fmt: skip


KINDS = {
    "what no walk can look at": (
        4,
        ("1:1: this link", "1:1: this name", "1:1: this cannot be read", "1:1: this file cannot be reached"),
    ),
    "suites of another name": (4, ("1:1: this is a suite by what it holds",)),
    "mistakes in the file": (2, ()),
    "suites": (0, ()),
}
"""Exit codes, and how the errors begin that pytest tells before it collects anything."""


def kind_of(form: Form) -> str:
    starts = (kind for kind, (_, begins) in KINDS.items() if begins and form.error.startswith(begins))
    return next(starts, "mistakes in the file" if form.error else "suites")


def folder_of(form: str) -> str:
    return f"suites/{form.replace(' ', '-')}"


@pytest.mark.parametrize("kind", KINDS)
def test_each_form_is_a_suite_or_an_error_for_pytest(gate: Any, kind: str) -> None:
    """Forms of a kind run together, since each run of pytest is dear: an error that is told is one that counted."""
    gate.write(each=1)
    chosen = {name: form for name, form in FORMS.items() if kind_of(form) == kind}
    for name, form in chosen.items():
        form.write(gate.root / folder_of(name))
    result = gate.run("--collect-only", "-q")
    text = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in text
    assert result.ret == KINDS[kind][0]
    expected = {f"{folder_of(name)}/{form.name}:{form.error or ':noisy'}" for name, form in chosen.items()}
    assert [line for line in expected if line not in text] == []
    if kind == "suites":
        assert f"{7 * (len(chosen) + 2)} tests collected" in text, "with greys.yaml, and models.yaml beside data.yaml"


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_a_suite_or_an_error_for_validate(
    tmp_path: Path, project: Any, robustcheck_command: Any, name: str
) -> None:
    project(each=1)
    form = FORMS[name]
    form.write(tmp_path / folder_of(name))
    done = robustcheck_command("validate")
    if form.error:
        assert done.code == 1
        assert any(line.startswith(f"{folder_of(name)}/{form.name}:{form.error}") for line in done.lines)
    else:
        count = 3 if form.name == "data.yaml" else 2
        assert (done.code, done.lines[-1]) == (0, f"{count} suites, {7 * count} cases: no problem")


NAMED = ("first line mistyped", "first line missing", "UTF-16", "empty", "behind 64 KiB")


@pytest.mark.parametrize("folder", ["suites", "gates"])
def test_files_and_folders_that_are_named_behave_the_same(gate: Any, folder: str) -> None:
    gate.write(each=1)
    for name in NAMED:
        FORMS[name].write(gate.root / folder_of(name))
    (gate.root / "suites").rename(gate.root / folder)
    files = [f"{folder_of(name)}/night.yaml".replace("suites", folder, 1) for name in NAMED]
    for arguments in (files, [folder]):
        result = gate.run("--collect-only", "-q", *arguments)
        assert result.ret == 2
        for name, file in zip(NAMED, files, strict=True):
            assert f"{file}:{FORMS[name].error or ':noisy'}" in result.stdout.str()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("name", ["night.yaml", "more"])
def test_what_may_not_be_read_is_an_error(tmp_path: Path, project: Any, robustcheck_command: Any, name: str) -> None:
    project(each=1)
    Form().write(tmp_path / "suites")
    Form().write(tmp_path / "suites" / "more")
    (tmp_path / "suites" / name).chmod(0)
    try:
        done = robustcheck_command("validate")
    finally:
        (tmp_path / "suites" / name).chmod(0o700)
    assert done.code == 1
    assert f"suites/{name}:1:1: " in done.out


def test_a_folder_that_may_not_be_read_is_an_error_for_pytest(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests, root included."""
    gate.write(each=1)
    Form().write(gate.root / "suites" / "more")
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("suites/more"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = gate.run("--collect-only")
    assert result.ret == 4
    assert "suites/more:1:1: this folder cannot be read: Permission denied" in result.stderr.str()


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
    notes = [line for line in done.lines if line.startswith("note: ")]
    assert sorted(notes) == sorted(f"note: {path} is left out: {reason}" for path, reason in crowded.items())
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
    assert left_out["reason"].startswith("it is broken: suites/night.yaml:1:1: robustchek is no key of a suite")


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
    message = f"{name}:1:1: robustcheck_suites names this file as a suite, and its name ends in "
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
    assert (result.ret, "b.txt:1:1: this is a suite by what it holds" in result.stderr.str()) == (4, True)
    done = robustcheck_command("validate", "suites", "b.txt")
    assert (done.code, "b.txt:1:1: this is no YAML by its name; a suite ends in .yaml" in done.err) == (4, True)


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
        line.partition(":1:1: this name ends in ")[0] for line in done.lines if ":1:1: this name ends in " in line
    }
    assert errors == {f"suites/b{number}{ending}" for number in range(count) for ending in NEAR}
    notes = {
        line.removeprefix("note: ").partition(" is left out: ")[0] for line in done.lines if line.startswith("note: ")
    }
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
        f"note: suites/{first} is left out: a link to {shown}, which git keeps for itself" in done.lines,
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
    assert "note: suites/b is left out: a link to shared, which is looked at under the name suites/a" in done.lines
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
    excused = [
        file for file in keyless if f"note: suites/{file} is left out: a base that suites/c.yaml extends" in done.lines
    ]
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
    says = f"{outside}:1:1: this suite lies outside the project {gate.root}; copy it into the project"
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
