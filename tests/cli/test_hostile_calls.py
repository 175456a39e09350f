"""A command that is called with closed streams, a full disk, strange names or no folder to stand in says so in a line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robustcheck.cli import main
from robustcheck.cli.command import COMMANDS
from robustcheck.core.errors import DataError, SuiteError
from robustcheck.demo import drawn_signs
from robustcheck.language import load_project, load_suite

pytestmark = pytest.mark.timeout(60)
Call = Callable[..., Any]
LONG = "x" * 5000
READERS = (
    ("validate", "PATH"),
    ("plan", "PATH"),
    ("preview", "PATH", "--out", "sheet.html"),
    ("approve", "PATH", "--reviewer", "Ada"),
    ("report", "PATH"),
    ("compare", "PATH", "PATH"),
    ("comment", "PATH", "--against", "PATH", "--print"),
    ("residuals", "PATH"),
    ("export", "PATH", "--ml-bom", "b.json"),
    ("attest", "PATH", "--key", "PATH"),
    ("verify", "PATH", "--attestation", "PATH", "--key", "PATH"),
    ("baseline", "accept", "PATH", "--reason", "good"),
    ("labels", "stats", "PATH"),
    ("labels", "merge", "PATH", "PATH", "--out", "merged"),
    ("review", "import", "PATH", "--data", "greys"),
    ("provenance", "record", "--out", "r", "--model", "m", "--parameters", "PATH", "--", "true"),
    ("track", "PATH", "--mlflow", "x"),
    ("doctor", "PATH", "PATH"),
    ("explain", "PATH"),
    ("init", "PATH/below"),
    ("keygen", "PATH/below"),
)
"""Calls that take a path or a name; each is given strange ones."""


def content(path: Path, kind: str) -> str:
    """Make a strange file and return how it is named."""
    if kind == "long name":
        return LONG
    if kind == "name that is no UTF-8":
        os.close(os.open(os.fsencode(path.parent) + b"/\xff.yaml", os.O_CREAT | os.O_WRONLY, 0o600))
        return "\udcff.yaml"
    path.write_bytes(
        {
            "empty": b"",
            "garbage": bytes(range(256)) * 40,
            "deep": b"[" * 200_000,
            "deep and closed": b"[" * 50_000 + b"]" * 50_000,
            "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
            "deep yaml": b"a: " + b"{a: " * 30_000,
            "numbers": b"9" * 100_000,
            "huge float": b'{"a": 1e999, "b": ' + b"1" * 9_999 + b"}",
            "NUL": b"\0" * 1000,
            "long line": b"x" * 900_000,
        }[kind]
    )
    return path.name


@pytest.mark.parametrize(
    "kind",
    ["empty", "garbage", "deep", "deep and closed", "deep objects", "deep yaml", "numbers", "huge float", "NUL", "long line",
     "long name", "name that is no UTF-8"],
)  # fmt: skip
@pytest.mark.parametrize("call", READERS, ids=lambda call: "-".join(call[:2]))
def test_a_strange_file_or_name_is_an_error_of_a_line(
    project: Call, robustcheck_command: Call, tmp_path: Path, call: tuple[str, ...], kind: str
) -> None:
    project(each=1)
    name = content(tmp_path / "strange.yaml", kind)
    done = robustcheck_command(*(part.replace("PATH", name) for part in call))
    nobody_has_looked = call[0] == "labels" and kind in ("empty", "name that is no UTF-8")
    assert done.code in ((0,) if nobody_has_looked else (1, 2, 4))
    assert "Traceback" not in done.out + done.err
    assert 1 <= len((done.out + done.err).splitlines()) <= 12


def test_no_command_is_left_out() -> None:
    without_a_path = {"list", "schema", "history", "baseline", "cache", "completion"}
    assert {module.NAME for module in COMMANDS} <= {call[0] for call in READERS} | without_a_path


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which ``robustcheck`` is the command."""
    command = f'robustcheck() {{ "{sys.executable}" -m robustcheck.cli "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), *sys.path]))},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("robustcheck list shifts >&-", 0, ""),
        ("robustcheck nonsense >&- 2>&-", 2, ""),
        ("robustcheck list shifts > /dev/full", 4, "No space left on device"),
        ("robustcheck nonsense 2> /dev/full", 2, ""),
        ("robustcheck explain qqqq 2> /dev/full", 2, ""),
        ("robustcheck schema suite | exit 0; true", 0, ""),
        ("mkdir gone; cd gone; rmdir ../gone; robustcheck validate", 4, "the working directory is gone"),
    ],
    ids=[
        "stdout-closed",
        "both-closed",
        "stdout-full",
        "stderr-full",
        "stderr-full-later",
        "reader-left",
        "folder-gone",
    ],
)
def test_streams_and_folders_that_are_not_there(tmp_path: Path, line: str, code: int, told: str) -> None:
    done = shell(line, tmp_path)
    assert (done.returncode, "Traceback" in done.stdout + done.stderr) == (code, False)
    assert told in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("HOME", "XDG_CACHE_HOME", drawn_signs.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", staticmethod(homeless))
    with pytest.raises(DataError, match="set ROBUSTCHECK_CACHE to a folder"):
        drawn_signs.folder()


def test_a_suite_whose_name_is_no_utf8_is_refused_with_its_name(project: Call, tmp_path: Path) -> None:
    suite = project(each=1)
    other = suite.with_name("\udcfe.yaml")
    other.write_text(suite.read_text())
    loaded = load_project(tmp_path, tmp_path / "configs")
    with pytest.raises(SuiteError) as error:
        load_suite(other, loaded)
    assert str(error.value) == "suites/\\udcfe.yaml:1:1: RC102 the name of this file is not UTF-8; rename it"
    suite.write_text(suite.read_text().replace("title: Greys", "title: ${ROBUSTCHECK_VAR_X}"))
    with pytest.raises(SuiteError, match="ROBUSTCHECK_VAR_X is not UTF-8"):
        load_suite(suite, loaded, environment={"ROBUSTCHECK_VAR_X": "\udcff"})


def test_an_escaped_nul_is_refused_with_its_place(project: Call, tmp_path: Path) -> None:
    suite = project(each=1)
    for old, new in (("title: Greys", 'title: "a\\0b"'), ("owner: tests", 'owner: tests\nextends: "a\\0"')):
        text = suite.read_text()
        suite.write_text(text.replace(old, new))
        with pytest.raises(SuiteError, match=r"suites/greys\.yaml:\d+:\d+: RC103 the character U\+0000 is not allowed"):
            load_suite(suite, load_project(tmp_path, tmp_path / "configs"))
        suite.write_text(text)
    data = tmp_path / "configs/data.yaml"
    data.write_text('greys: {kind: imagefolder, path: "a\\0b"}\n')
    with pytest.raises(SuiteError, match=r"configs/data\.yaml:1:34: RC103 the character U\+0000"):
        load_project(tmp_path, tmp_path / "configs")


def test_an_error_of_the_system_that_nothing_expected_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error, told in (
        (PermissionError(13, "Permission denied", "/x"), "robustcheck: /x: Permission denied\n"),
        (OSError(28, "No space left on device"), "robustcheck: No space left on device\n"),
        (RecursionError(), "nested too deeply"),
        (MemoryError(), "too large for the memory"),
    ):

        def fail(_: object, error: BaseException = error) -> int:
            raise error

        monkeypatch.setattr("robustcheck.cli.schema.run", fail)
        assert main(["schema", "suite"]) == 4
        assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "place", "value"),
    [
        (("baseline", "accept", "r", "--reason", "x", "--out", "b.json"), ("cases", 0, "id"), True),
        (("baseline", "accept", "r", "--reason", "x", "--out", "b.json"), ("seed",), 10**19),
        (("baseline", "accept", "r", "--reason", "x", "--out", "b.json"), ("cases", 0, "n"), 10**30),
        (("report", "r", "--html", "o.html"), ("data", "size"), 0),
        (("report", "r", "--html", "o.html"), ("cases", 1, "metrics", "accuracy", "n"), 0),
        (("compare", "r", "r"), ("cases", 0, "metrics", "accuracy", "value"), 1e308),
        (("compare", "r", "r"), ("cases", 0, "id"), []),
        (("residuals", "r"), ("data", "names"), {}),
        (("export", "r", "--ml-bom", "b.json"), ("cases", 0, "metrics"), []),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_number_in_a_result_that_cannot_be_is_no_defect(
    robustcheck_command: Call, tmp_path: Path, call: tuple[str, ...], place: tuple[Any, ...], value: Any
) -> None:
    import json

    from small_report import make_report

    document = make_report(tmp_path / "r")
    inner: Any = document["suites"][0]
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    (tmp_path / "r/robustcheck-report.json").write_text(json.dumps(document))
    done = robustcheck_command(*call)
    assert done.code in (0, 1, 2, 4)
    assert "Traceback" not in done.out + done.err
