"""The secret that seals caches is the user's alone, outside the project, or given by the environment."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.cache_secret import VARIABLE, Secret, project_of, secret_of


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "project").mkdir()
    return tmp_path / "state" / "robustcheck" / "cache-secret"


def test_it_is_made_once_for_its_owner_alone(state: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: secret_of(tmp_path / "project"), range(8)))
    assert len(found) == 1, "who came second has the secret of who was first"
    (one,) = found
    assert one.key is not None
    assert len(one.key) == 32
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert [path.name for path in state.parent.iterdir()] == ["cache-secret"]
    assert secret_of(tmp_path / "another project") == one
    state.unlink()
    assert secret_of(tmp_path / "project") != one


def linked(state: Path) -> None:
    (state.parent / "real").write_bytes(bytes(32))
    state.unlink()
    state.symlink_to(state.parent / "real")


REFUSED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "readable by others": (lambda state: state.chmod(0o644), "can be read by others (mode 0644); remove it"),
    "readable by the group": (lambda state: state.chmod(0o640), "can be read by others (mode 0640)"),
    "a link": (linked, "is no regular file"),
    "a folder": (lambda state: (state.unlink(), state.mkdir()), "is no regular file"),
    "empty": (lambda state: state.write_bytes(b""), "is damaged: it has not 32 bytes"),
    "cut off": (lambda state: state.write_bytes(bytes(31)), "is damaged"),
    "too long": (lambda state: state.write_bytes(bytes(33)), "is damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_secret_is_refused_with_the_reason(name: str, state: Path, tmp_path: Path) -> None:
    secret_of(tmp_path / "project")
    change, reason = REFUSED[name]
    change(state)
    found = secret_of(tmp_path / "project")
    assert found.key is None
    assert reason in found.problem
    assert not found.holds(bytes(32), "key", b"content")


def test_a_folder_in_the_project_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "link").symlink_to(tmp_path)
    for project in (tmp_path, tmp_path / "link", tmp_path / "state"):
        found = secret_of(project)
        assert "lies in the project; set XDG_STATE_HOME" in found.problem
    assert not (tmp_path / "state").exists()


def test_a_home_that_is_the_project_is_not_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "project"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd(["u", "", 0, 0, "", str(tmp_path / "home"), ""]))
    (tmp_path / "project").mkdir()
    assert secret_of(tmp_path / "project").key
    assert (tmp_path / "home/.local/state/robustcheck/cache-secret").is_file()
    assert not list((tmp_path / "project").iterdir())
    assert secret_of(tmp_path).key is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "state").write_text("a file in its place")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert "the secret of this machine cannot be kept" in secret_of(tmp_path / "project").problem


def test_the_environment_comes_first(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "sixteen or more characters")
    given = secret_of(tmp_path / "project")
    assert given.key
    assert not state.exists()
    monkeypatch.setenv(VARIABLE, "short")
    assert secret_of(tmp_path / "project") == Secret(None, f"{VARIABLE} has 5 characters, and at least 16 are needed")


def test_a_seal_is_of_these_bytes_for_this_purpose() -> None:
    secret = Secret(os.urandom(32))
    seal = secret.seal("a", b"one", b"two")
    assert secret.holds(seal, "a", b"one", b"two")
    for purpose, *parts in (("b", b"one", b"two"), ("a", b"onetwo"), ("a", b"on", b"etwo"), ("a", b"one", b"two", b"")):
        assert not secret.holds(seal, purpose, *parts)
    assert not Secret(os.urandom(32)).holds(seal, "a", b"one", b"two")


def test_a_cache_belongs_to_the_project_above_it() -> None:
    assert project_of(Path("/p/.robustcheck/cache")) == Path("/p")
    assert project_of(Path("/p/.robustcheck")) == Path("/p")
    assert project_of(Path("/p/cache")) == Path("/p/cache")
