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

import pytest
from small_project import SUITE

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


MISSING = "1:1: RC701 this file is no suite: robustcheck: 1 is missing; begin with robustcheck: 1"
FORMS: Mapping[str, Form] = {
    "first line mistyped": Form("robustchek: 1\n" + REST, "1:1: RC105 robustchek is no key of a suite; did you mean robustcheck?"),
    "first line in capitals": Form("RobustCheck: 1\n" + REST, "1:1: RC105 RobustCheck is no key of a suite; did you mean robustcheck?"),
    "first line with a dash": Form("robust-check: 1\n" + REST, "1:1: RC105 robust-check is no key of a suite; did you mean robustcheck?"),
    "first line missing": Form(REST, MISSING),
    "key after a zero-width space": Form("\u200b" + TEXT, "1:1: RC105 ?robustcheck is no key of a suite; did you mean robustcheck?"),
    "equals sign": Form("robustcheck = 1\n" + REST, "1:1: RC101 this is not YAML"),
    "no space": Form("robustcheck:1\n" + REST, "1:1: RC101 this is not YAML"),
    "another version": Form("robustcheck: 2\n" + REST, "1:14: RC111 robustcheck must be 1"),
    "first line indented": Form(" " + TEXT, "2:1: RC101 this is not YAML"),
    "indented by a tab": Form("\t" + TEXT, "1:1: RC101 this is not YAML"),
    "all lines indented": Form(textwrap.indent(TEXT, "  ")),
    "below another key": Form("suite:\n" + textwrap.indent(TEXT, "  "), MISSING),
    "flow mapping": Form("{robustcheck: 1, title: Night, owner: o, model: brightness, data: greys}\n", "1:1: RC106 a suite needs checks"),
    "question mark": Form("? robustcheck\n: 1\n" + REST),
    "tagged": Form("!!str robustcheck: 1\n" + REST),
    "anchored": Form("&a robustcheck: 1\n" + REST),
    "escaped": Form('"robust\\x63heck": 1\n' + REST),
    "in the line of the document's start": Form("--- {robustcheck: 1}\n", "1:5: RC106 a suite needs title"),
    "after a directive": Form("%YAML 1.2\n---\n" + TEXT),
    "in a second document": Form("a: 1\n---\n" + TEXT, "2:1: RC103 a second document starts here"),
    "UTF-16": Form(TEXT.encode("utf-16"), "1:1: RC102 the file is not UTF-8"),
    "UTF-16 without a mark": Form(TEXT.encode("utf-16-be"), "1:1: RC103 the character U+0000"),
    "Latin-1": Form(("# \u00e9\n" + TEXT).encode("latin-1"), "1:3: RC102 the file is not UTF-8"),
    "behind 64 KiB": Form("#" * 70_000 + "\n" + TEXT),
    "larger than 1 MB": Form(TEXT + "#" * 1_000_000, "1:1: RC102 the file is larger than 1 MB"),
    "empty": Form("", "1:1: RC108 the file is empty"),
    "a list": Form("- robustcheck: 1\n", "1:1: RC107 a suite is a mapping, this is a list"),
    "not meant as one": Form("services: {db: {image: x}}\n", MISSING),
    "named data": Form(TEXT, name="data.yaml", make=lambda folder: (folder / "models.yaml").write_text(TEXT)),
    "ending in capitals": Form(name="night.YAML"),
    "ending in .Yml": Form(name="night.Yml"),
    "ending in .yaml.txt": Form(TEXT, "1:1: RC702 this is a suite by what it holds, and its name ends in .txt", name="night.yaml.txt"),
    "no ending": Form(TEXT, "1:1: RC702 this is a suite by what it holds, and its name ends in nothing", name="night"),
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
    "a link out of the project": Form("", "1:1: RC702 this link leads out of the project", make=link_to("/etc/hostname")),
    "a folder linked out of the project": Form("", "1:1: RC702 this link leads out of the project", name="more", make=link_to("/etc", "more")),
    "a link that leads nowhere": Form("", "1:1: RC702 this file cannot be reached: it is a link that leads to no file", make=link_to("nowhere.yaml")),
    "a link to itself": Form("", "1:1: RC702 this file cannot be reached: its links lead in a circle", make=link_to("night.yaml")),
    "a linked folder that holds itself": Form("", "1:1: RC702 this link leads to a folder that it lies in itself", name="more", make=link_to("..", "more")),
    "a name that is no text": Form(error="1:1: RC702 this name holds", name="b?.yaml", make=lambda folder: Path(os.fsdecode(os.fsencode(folder) + b"/b\xff.yaml")).touch()),
    "a name with a line break": Form(error="1:1: RC702 this name holds", name="b?.yaml", make=lambda folder: (folder / "b\n.yaml").touch()),
    "a name that a node id cannot hold": Form(error="1:1: RC702 this name holds", name="b::b.yaml"),
    "a pipe": Form("", "1:1: RC702 this cannot be read as a suite: it is a", make=lambda folder: os.mkfifo(folder / "night.yaml")),
    "a socket": Form("", "1:1: RC702 this cannot be read as a suite: it is a", make=bound_socket),
    "a link to a device": Form("", "1:1: RC702 this link leads out of the project", make=link_to("/dev/zero")),
}  # fmt: skip


KINDS = {
    "what no walk can look at": (
        4,
        (
            "1:1: RC702 this link",
            "1:1: RC702 this name",
            "1:1: RC702 this cannot be read",
            "1:1: RC702 this file cannot be reached",
        ),
    ),
    "suites of another name": (4, ("1:1: RC702 this is a suite by what it holds",)),
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
    assert "suites/more:1:1: RC702 this folder cannot be read: Permission denied" in result.stderr.str()
