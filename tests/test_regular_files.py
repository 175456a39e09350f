"""Only regular files are opened: everything else is refused at once, with the reason."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest
from hostile_files import HOSTILE, make_hostile

from robustcheck.core.regular_files import (
    NotRegularFile,
    TooLarge,
    check_regular,
    is_regular,
    open_regular,
    open_to_change,
    read_regular,
    read_with_digest,
    sha256_of_regular,
    text_of_regular,
)

pytestmark = pytest.mark.timeout(20)
READERS = {
    "check": check_regular,
    "open": open_regular,
    "add": lambda path: open_to_change(path, "ab"),
    "change": lambda path: open_to_change(path, "rb+"),
    "read": read_regular,
    "read at most": lambda path: read_regular(path, 10),
    "read with digest": read_with_digest,
    "digest": sha256_of_regular,
    "text": text_of_regular,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_regular_file_is_refused(tmp_path: Path, kind: str, reader: str) -> None:
    path = tmp_path / "input"
    reason = make_hostile(kind, path)
    with pytest.raises(NotRegularFile) as error:
        READERS[reader](path)
    assert reason in str(error.value.strerror)
    assert str(path) in str(error.value)
    assert not isinstance(error.value, FileNotFoundError)
    assert not is_regular(path)


@pytest.mark.parametrize("name", ["nul\0", "\ud800", "x" * 300, "missing", "file/below"])
def test_a_name_that_no_file_has_is_an_oserror_of_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError) as error:
        read_regular(tmp_path / name)
    assert error.value.strerror
    assert "\n" not in error.value.strerror
    assert not is_regular(tmp_path / name)


def test_a_file_that_is_absent_is_told_from_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "absent")


def test_a_pipe_put_in_place_of_a_checked_file_is_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "input"
    path.touch()
    before = os.stat(path)
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda *_, **__: before)
    with pytest.raises(NotRegularFile, match="named pipe"):
        read_regular(path)


@pytest.mark.parametrize("flag", ["O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY"])
def test_nothing_is_inherited_or_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str) -> None:
    (tmp_path / "input").touch()
    given = []
    opening = os.open
    monkeypatch.setattr(os, "open", lambda path, flags, mode: given.append(flags) or opening(path, flags, mode))
    open_regular(tmp_path / "input").close()
    assert given[0] & getattr(os, flag)


def test_what_is_read(tmp_path: Path) -> None:
    path, link = tmp_path / "input", tmp_path / "link"
    path.write_bytes(b"a\r\nb")
    link.symlink_to("input")
    digest = hashlib.sha256(b"a\r\nb").hexdigest()
    assert read_regular(link) == b"a\r\nb"
    assert read_regular(path, 4) == b"a\r\nb"
    assert read_with_digest(path) == (b"a\r\nb", digest)
    assert sha256_of_regular(path) == digest
    with text_of_regular(path, newline="") as text:
        assert text.read() == "a\r\nb"
    with pytest.raises(TooLarge, match="more than 3 bytes"):
        read_regular(path, 3)


def test_a_file_without_a_size_is_read_to_its_end_or_the_limit() -> None:
    assert read_regular("/proc/self/status").startswith(b"Name:")
    with pytest.raises(TooLarge):
        read_regular("/proc/self/status", 20)


@pytest.mark.parametrize("limit", [None, 1 << 20])
def test_a_file_larger_than_memory_is_refused(tmp_path: Path, limit: int | None) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 43)
    with pytest.raises(TooLarge, match="bytes"):
        read_regular(tmp_path / "sparse", limit)


def test_adding_makes_a_file_and_changing_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "input"
    for _ in range(2):
        with open_to_change(path, "ab") as file:
            file.write(b"ab")
    with open_to_change(path, "rb+") as file:
        assert file.read() == b"abab"
        file.truncate(3)
    assert path.read_bytes() == b"aba"
    assert not stat.S_IMODE(path.stat().st_mode) & 0o111


def test_threads_may_open_at_once(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"x" * 100_000)
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(read_regular(tmp_path / "input"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {len(result) for result in results} == {100_000}
