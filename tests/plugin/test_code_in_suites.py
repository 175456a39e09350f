"""Suites cannot run code: whatever lies in their folder is refused by name before pytest loads any of it."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import Any

import pytest
from small_project import SUITE

MARKER = "code-of-a-suite-ran"
CODE = f"open({MARKER!r}, 'w').close()\n"
TESTS = CODE + "\n\ndef test_it():\n    pass\n"
PLUGIN = "[pytest]\naddopts = -p planted\npythonpath = .\n"

PLANTED: dict[str, dict[str, str]] = {
    "conftest": {"conftest.py": CODE},
    "conftest below": {"night/conftest.py": CODE, "night/more.yaml": ""},
    "conftest of a folder named test": {"test_more/conftest.py": CODE},
    "conftest in a hidden folder": {".night/conftest.py": CODE},
    "conftest in build": {"build/conftest.py": CODE},
    "conftest in a virtual environment": {"venv/pyvenv.cfg": "", "venv/conftest.py": CODE},
    "tests": {"test_planted.py": TESTS},
    "tests below": {"night/planted_test.py": TESTS},
    "package": {"__init__.py": CODE, "test_planted.py": TESTS},
    "module that nothing imports yet": {"helper.py": CODE},
    "capital letters": {"Conftest.PY": CODE},
    "bytecode": {"__pycache__/conftest.cpython-311.pyc": ""},
    "bytecode beside": {"conftest.pyc": ""},
    "extension module": {"planted.cpython-311-x86_64-linux-gnu.so": ""},
    "paths": {"planted.pth": "import planted\n"},
    "doctest": {"test_notes.txt": f">>> open({MARKER!r}, 'w').close()\n"},
    "pytest.ini": {"pytest.ini": PLUGIN},
    ".pytest.ini": {".pytest.ini": PLUGIN},
    "pytest.toml": {"pytest.toml": '[pytest]\naddopts = ["-p", "planted"]\npythonpath = ["."]\n'},
    "pyproject.toml": {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-p planted"\npythonpath = "."\n'},
    "tox.ini": {"tox.ini": PLUGIN},
    "setup.cfg": {"setup.cfg": PLUGIN.replace("[pytest]", "[tool:pytest]")},
}


def plant(folder: Path, files: dict[str, str]) -> str:
    """Write files and return the name of the first."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return next(iter(files)) if "venv/pyvenv.cfg" not in files else "venv/conftest.py"


@pytest.fixture
def refused(gate: Any) -> Any:
    """Return a function that runs the gate and asserts that it was refused by a file's name, and no code ran."""

    def check(name: str, *arguments: str, folder: Path | None = None) -> None:
        result = gate.run(*arguments)
        assert result.ret == 4, result.stdout.str() + result.stderr.str()
        assert f"{name}:1:1: " in result.stderr.str()
        assert "Traceback" not in result.stderr.str()
        assert not list(gate.root.rglob(MARKER))
        assert not (gate.root / "robustcheck-report").exists()
        assert not (gate.root / ".robustcheck").exists()

    return check


@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize("variant", PLANTED)
def test_code_in_a_folder_of_suites_is_refused(gate: Any, refused: Any, variant: str, workers: str) -> None:
    gate.write(each=1)
    name = plant(gate.root / "suites", PLANTED[variant])
    refused(f"suites/{name}", "-n", workers)


@pytest.mark.parametrize("variant", PLANTED)
def test_validate_names_it_too(gate: Any, robustcheck_command: Any, variant: str, monkeypatch: Any) -> None:
    gate.write(each=1)
    monkeypatch.chdir(gate.root)
    name = plant(gate.root / "suites", PLANTED[variant])
    done = robustcheck_command("validate")
    assert done.code == 1
    assert f"suites/{name}:1:1: " in done.out
    assert not list(gate.root.rglob(MARKER))


@pytest.mark.parametrize(
    "arguments",
    [
        ["suites"],
        ["suites/greys.yaml"],
        ["suites/greys.yaml::clean"],
        ["suites/greys.yaml::light.exposure[stops=-0.2ev]"],
        ["./suites/../suites/greys.yaml"],
        ["."],
        ["test_mine.py"],
        ["--rootdir=."],
        ["--rootdir=.", "suites"],
        ["--rootdir=suites"],
        ["--rootdir=suites", "suites/greys.yaml"],
        ["--confcutdir=suites"],
        ["--noconftest"],
        ["-c", "settings/pytest.ini"],
        ["-c", "settings/pytest.ini", "suites"],
        ["-p", "no:cacheprovider", "-o", "addopts="],
        ["--import-mode=importlib", "suites"],
        ["--collect-only"],
        ["--ignore=suites/conftest.py"],
        ["-k", "nothing"],
        ["-n", "2", "suites/greys.yaml"],
    ],
    ids=" ".join,
)
def test_no_way_to_call_pytest_loads_it(gate: Any, refused: Any, arguments: list[str]) -> None:
    gate.write(each=1)
    gate.pytester.makepyfile(test_mine="def test_it(): pass")
    (gate.root / "settings").mkdir()
    (gate.root / "settings" / "pytest.ini").write_text(
        "[pytest]\nrobustcheck_suites = ../suites\nrobustcheck_configs = ../configs\n"
    )
    plant(gate.root / "suites", PLANTED["conftest"])
    outside = "-c" in arguments
    refused("suites/conftest.py" if not outside else f"{gate.root}/suites/conftest.py", *arguments)


@pytest.mark.parametrize("settings", [True, False])
def test_nor_does_a_call_from_within_the_folder(
    gate: Any, refused: Any, monkeypatch: pytest.MonkeyPatch, settings: bool
) -> None:
    gate.write(each=1)
    if settings:
        gate.pytester.makeini("[pytest]\n")
    plant(gate.root / "suites", PLANTED["conftest"])
    monkeypatch.chdir(gate.root / "suites")
    refused("suites/conftest.py")
    refused("suites/conftest.py", "greys.yaml")


@pytest.mark.parametrize("name", ["pytest.ini", "pyproject.toml", "tox.ini"])
@pytest.mark.parametrize("argument", ["suites", "suites/greys.yaml"])
def test_settings_that_make_the_folder_the_root_are_refused(gate: Any, refused: Any, name: str, argument: str) -> None:
    gate.write(each=1)
    text = '[tool.pytest.ini_options]\naddopts = ""\n' if name == "pyproject.toml" else "[pytest]\naddopts =\n"
    plant(gate.root / "suites", {name: text, "configs/models.yaml": "", "configs/data.yaml": ""})
    refused(f"suites/{name}", argument)


def test_the_folders_of_the_setting_are_held_to_it(gate: Any, refused: Any) -> None:
    gate.write(each=1)
    (gate.root / "testgates").mkdir()
    (gate.root / "suites").rename(gate.root / "testgates" / "greys")
    gate.pytester.makeini("[pytest]\nrobustcheck_suites = testgates/greys testgates/others\n")
    plant(gate.root / "testgates" / "others", PLANTED["conftest"])
    refused("testgates/others/conftest.py")
    refused("testgates/others/conftest.py", "testgates/greys")


@pytest.mark.parametrize(
    ("suites", "configs"),
    [("gates", "gates/configs"), ("gates", "gates/a/b"), ("gates", "gates"), ("./gates/", "gates/x/../c")],
)
def test_a_folder_of_suites_that_holds_the_configuration_is_refused(
    gate: Any, refused: Any, robustcheck_command: Any, monkeypatch: pytest.MonkeyPatch, suites: str, configs: str
) -> None:
    monkeypatch.chdir(gate.root)
    gate.write(each=1)
    (gate.root / "suites").rename(gate.root / "gates")
    gate.pytester.makeini(f"[pytest]\nrobustcheck_suites = {suites}\nrobustcheck_configs = {configs}\n")
    place = Path(os.path.normpath(gate.root / configs))
    plant(gate.root, {"gates/conftest.py": CODE, **{f"{configs}/{name}.yaml": "" for name in ("models", "data")}})
    name = place.relative_to(gate.root).as_posix()
    for arguments in ([], ["gates"], ["gates/greys.yaml"]):
        refused(name, *arguments)
    done = robustcheck_command("validate")
    assert (done.code, f"{name}:1:1: RC702 the configuration lies in gates, a folder of suites" in done.out) == (
        1,
        True,
    )


@pytest.mark.parametrize("arguments", [["gates"], ["gates/greys.yaml"], ["."], []], ids=str)
def test_nor_does_a_configuration_excuse_code_beside_suites_that_are_named(
    gate: Any, refused: Any, arguments: list[str]
) -> None:
    gate.write(each=1)
    (gate.root / "suites").rename(gate.root / "gates")
    (gate.root / "configs").rename(gate.root / "gates" / "configs")
    named = "" if arguments else "robustcheck_suites = gates/greys.yaml\n"
    gate.pytester.makeini(f"[pytest]\nrobustcheck_configs = gates/configs\n{named}")
    plant(gate.root / "gates", PLANTED["conftest"])
    refused("gates/conftest.py", *arguments)


def test_so_is_the_folder_of_a_file_that_the_setting_names(gate: Any, refused: Any) -> None:
    gate.write(each=1)
    gate.pytester.makeini("[pytest]\nrobustcheck_suites = suites/greys.yaml\n")
    plant(gate.root / "suites", PLANTED["conftest"])
    refused("suites/conftest.py")
    refused("suites/conftest.py", "-n", "2")


def test_so_are_folders_and_files_that_only_the_command_line_names(gate: Any, refused: Any) -> None:
    gate.write(each=1)
    (gate.root / "suites").rename(gate.root / "gates")
    plant(gate.root / "gates", PLANTED["conftest"])
    refused("gates/conftest.py", "gates")
    refused("gates/conftest.py", "gates/greys.yaml")
    refused("gates/conftest.py", ".")
    (gate.root / "gates" / "night").mkdir()
    (gate.root / "gates" / "greys.yaml").rename(gate.root / "gates" / "night" / "greys.yaml")
    refused("gates/conftest.py", "gates")


SUITE_TEXT = SUITE.lstrip()
REST = SUITE_TEXT.removeprefix("robustcheck: 1\n")
OTHER_FORMS: dict[str, str | bytes] = {
    "question mark": "? robustcheck\n: 1\n" + REST,
    "tagged": "!!str robustcheck: 1\n" + REST,
    "anchored": "&a robustcheck: 1\n" + REST,
    "escaped": '"robust\\x63heck": 1\n' + REST,
    "block scalar as a key": "? |-\n  robustcheck\n: 1\n" + REST,
    "all lines indented": textwrap.indent(SUITE_TEXT, "  "),
    "behind 64 KiB": "#" * 70_000 + "\n" + SUITE_TEXT,
    "mistyped": "robustchek: 1\n" + REST,
    "first line missing": REST,
    "not YAML": "robustcheck:1\n" + REST,
    "UTF-16": SUITE_TEXT.encode("utf-16"),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_a_suite_in_another_form_is_one_for_the_code_beside_it(gate: Any, refused: Any, form: str) -> None:
    gate.write(each=1)
    plant(gate.root / "more", {**PLANTED["conftest"], "more.yaml": ""})
    content = OTHER_FORMS[form]
    (gate.root / "more" / "more.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    refused("more/conftest.py", "more")
    (gate.root / "more" / "test_mine.py").write_text("def test_it(): pass\n")
    refused("more/conftest.py", "more", "suites")


def test_yaml_that_is_no_suite_leaves_the_code_beside_it_alone(gate: Any) -> None:
    gate.write(each=1)
    tests = {"conftest.py": "", "test_more.py": "def test_more(): pass\n", "mkdocs.yaml": "plugins: [robustcheck]\n"}
    plant(gate.root / "more", tests)
    gate.run("more", "--collect-only", "-q").stdout.fnmatch_lines(["1 test collected*"])


@pytest.mark.parametrize(
    ("planted", "arguments"),
    [
        ("more/conftest.py", ["more/deep"]),
        ("more/conftest.py", ["more/deep/x.yaml"]),
        ("more/conftest.py", ["more/deep/x.yaml::clean"]),
        ("more/conftest.py", ["suites", "more/deep/deeper"]),
        ("more/deep/conftest.py", ["more/deep/deeper"]),
        ("more/deep/conftest.py", ["more/deep/deeper/y.yaml", "-n", "2"]),
        ("more/__init__.py", ["more/deep"]),
        ("more/Conftest.py", ["more/deep"]),
        ("more/conftest.py", ["more/hidden"]),
    ],
    ids=str,
)
def test_code_above_suites_that_only_the_command_line_names_is_refused(
    gate: Any, refused: Any, planted: str, arguments: list[str]
) -> None:
    gate.write(each=1)
    plant(
        gate.root,
        {
            planted: CODE,
            "more/deep/x.yaml": SUITE_TEXT,
            "more/deep/deeper/y.yaml": "? robustcheck\n: 1\n" + REST,
            "more/hidden/.night/z.yaml": SUITE_TEXT,
        },
    )
    refused(planted, *arguments)


@pytest.mark.parametrize("planted", ["more/conftest.py", "more/deep/conftest.py"])
def test_a_folder_that_may_be_entered_but_not_listed_hides_no_code(
    gate: Any, refused: Any, planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.write(each=1)
    plant(gate.root, {planted: CODE, "more/deep/x.yaml": SUITE_TEXT})
    real = Path.iterdir

    def iterdir(folder: Path) -> Any:
        if folder.name in ("more", "deep"):
            raise PermissionError(13, "Permission denied", str(folder))
        return real(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    refused(planted, "more/deep/x.yaml")


@pytest.mark.parametrize(
    ("files", "argument", "count"),
    [
        ({"more/conftest.py": "", "more/test_more.py": ""}, "more/deep", 7),
        ({"more/conftest.py": "", "more/unit/more_test.py": ""}, "more/deep", 7),
        ({"more/__init__.py": "", "more/model.py": ""}, "more/deep", 7),
        ({"conftest.py": ""}, "more/deep/x.yaml", 7),
        ({"tests/conftest.py": "", "tests/unit/test_one.py": "def test_one(): pass\n"}, "tests/unit", 1),
        (
            {
                "tools/conftest.py": "",
                "tools/data/a.yaml": "a: 1\n",
                "tools/data/test_one.py": "def test_one(): pass\n",
            },
            "tools/data",
            1,
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else str(value),
)
def test_code_above_that_is_the_project_s_is_welcome(
    gate: Any, files: dict[str, str], argument: str, count: int
) -> None:
    gate.write(each=1)
    plant(gate.root, {**files, "more/deep/x.yaml": SUITE_TEXT})
    result = gate.run(argument, "--collect-only", "-q")
    assert result.ret == 0, result.stderr.str()
    result.stdout.fnmatch_lines([f"{count} test* collected*"])


@pytest.mark.parametrize("name", [".git", "night/.git"])
@pytest.mark.parametrize("argument", ["suites/{}/x.yaml", "suites/{}", "suites/again/x.yaml", "suites/again"])
def test_what_git_keeps_cannot_be_named(gate: Any, refused: Any, name: str, argument: str) -> None:
    gate.write(each=1)
    plant(gate.root / "suites" / name, {"conftest.py": CODE, "x.yaml": SUITE_TEXT})
    (gate.root / "suites" / "again").symlink_to(name, target_is_directory=True)
    refused(argument.format(name), argument.format(name))


@pytest.mark.parametrize(
    ("settings", "name", "text", "arguments"),
    [
        ("python_files = check_*.py", "check_x.py", TESTS, ["more"]),
        ("python_files = check_*.py", "check_x.py", TESTS, ["more", "--continue-on-collection-errors"]),
        ("python_files = check_*.py", "check_x.py", TESTS, ["more", "-n", "2"]),
        ("python_files = [!m]*.py", "deep/x.py", TESTS, ["."]),
        ("addopts = --doctest-modules", "deep/helper.py", CODE, ["more/deep", "more/x.yaml"]),
        ("addopts = --doctest-modules", "model.py", CODE, ["more"]),
        ("addopts = --doctest-glob=*.md", "notes.md", f">>> {CODE}", ["."]),
        ("", "test_notes.txt", f">>> {CODE}", ["more"]),
    ],
)
def test_what_another_plugin_would_collect_beside_a_suite_is_an_error(
    gate: Any, settings: str, name: str, text: str, arguments: list[str]
) -> None:
    gate.write(each=1)
    gate.pytester.makeini(f"[pytest]\n{settings}\n")
    plant(gate.root / "more", {"x.yaml": SUITE_TEXT, "model.py": "", name: text})
    result = gate.run(*arguments)
    assert result.ret in (1, 2, 4)
    assert ":1:1: RC703 this is code beside suites, and pytest would load it" in result.stdout.str()
    assert not list(gate.root.rglob(MARKER))


@pytest.mark.parametrize("workers", ["0", "1"])
def test_python_within_a_suite_at_the_root_is_no_doctest(gate: Any, workers: str) -> None:
    gate.write(each=1)
    gate.pytester.makeini("[pytest]\nrobustcheck_suites = .\naddopts = --doctest-glob=*.yaml\n")
    text = SUITE_TEXT + f'description: ">>> {CODE.strip()}"\n'
    (gate.root / "suites" / "greys.yaml").rename(gate.root / "greys.yaml")
    (gate.root / "greys.yaml").write_text(text)
    result = gate.run("-n", workers)
    result.assert_outcomes(passed=7)
    assert not list(gate.root.rglob(MARKER))


def test_links_to_code_are_code(gate: Any, refused: Any) -> None:
    gate.write(each=1)
    plant(gate.root / "shared", PLANTED["conftest"])
    link = gate.root / "suites" / "conftest.py"
    link.symlink_to(gate.root / "shared" / "conftest.py")
    refused("suites/conftest.py")
    link.unlink()
    (gate.root / "suites" / "more").symlink_to(gate.root / "shared", target_is_directory=True)
    refused("suites/more/conftest.py")


@pytest.mark.parametrize("arguments", [[], ["suites/greys.yaml"]], ids=str)
def test_what_lies_behind_a_link_out_of_the_project_is_refused_whatever_is_named(
    gate: Any, tmp_path_factory: pytest.TempPathFactory, arguments: list[str]
) -> None:
    gate.write(each=1)
    outside = tmp_path_factory.mktemp("outside")
    plant(outside, PLANTED["conftest"])
    suites = gate.root / "suites"
    for name in ("more", "conftest.py"):
        link = suites / name
        link.symlink_to(outside if name == "more" else outside / name)
        result = gate.run(*arguments)
        assert (result.ret, f"suites/{name}:1:1: RC702 this link leads" in result.stderr.str()) == (4, True)
        link.unlink()
    suites.rename(outside / "suites")
    suites.symlink_to(outside / "suites", target_is_directory=True)
    result = gate.run(*arguments)
    assert (result.ret, "suites:1:1: RC702 this link leads" in result.stderr.str()) == (4, True)
    assert not list(gate.root.rglob(MARKER))


def test_many_files_are_counted(gate: Any) -> None:
    gate.write(each=1)
    plant(gate.root / "suites", {f"helper{number}.py": CODE for number in range(30)})
    result = gate.run()
    assert result.ret == 4
    assert result.stderr.str().count("suites/helper") == 20
    assert "and 10 more" in result.stderr.str()


def test_a_plugin_that_comes_by_the_project_s_own_conftest_refuses_too(gate: Any, monkeypatch: Any) -> None:
    """There no hook of ours runs before conftest.py files do, but nothing passes."""
    gate.write(each=1)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    gate.pytester.makeconftest("pytest_plugins = ['robustcheck.pytest_plugin']")
    plant(gate.root / "suites", PLANTED["conftest below"])
    result = gate.pytester.runpytest_subprocess("--robustcheck")
    assert result.ret == 4
    assert "suites/night/conftest.py:1:1: " in result.stderr.str()
    assert not list(gate.root.rglob(MARKER))


def test_without_the_flag_nothing_is_refused(gate: Any) -> None:
    gate.write(each=1)
    plant(gate.root / "suites", PLANTED["tests"])
    result = gate.run(flag=False)
    result.assert_outcomes(passed=1)


def test_code_of_the_project_stays_welcome(gate: Any) -> None:
    """A conftest.py at the root, tests beside the folder of suites, modules that configs/ name."""
    gate.write(each=1)
    gate.pytester.makeconftest("")
    gate.pytester.makepyfile(test_mine="def test_it(): pass")
    plant(gate.root / "tests", {"conftest.py": "", "test_more.py": "def test_more(): pass\n", "data.yaml": "a: 1\n"})
    gate.run(".", "--collect-only", "-q").stdout.fnmatch_lines(["9 tests collected*"])
    gate.run("tests", "suites", "--collect-only", "-q").stdout.fnmatch_lines(["8 tests collected*"])
