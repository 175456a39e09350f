"""Digests are remembered, never trusted too far, and survive whatever happens to their database."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from robustcheck.data import data_digest
from robustcheck.data.digests import AT_ONCE, FileDigests
from robustcheck.data.source import Sample


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list into which the name of each file that is read is put."""
    names: list[str] = []
    original = hashlib.file_digest

    def counted(file: Any, name: Any) -> Any:
        names.append(Path(file.name).name)
        return original(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    return names


def test_a_second_call_does_not_read_the_file(tmp_path: Path, reads: list[str]) -> None:
    picture, database = tmp_path / "a.png", tmp_path / "deep" / "er" / "digests.sqlite"
    picture.write_bytes(b"abc")
    digests = FileDigests(database)
    assert digests.of(picture) == digests.of(picture) == sha256(b"abc")
    assert reads == ["a.png"]
    digests.keep()
    assert digests.of(picture) == sha256(b"abc")
    assert FileDigests(database).of(picture) == sha256(b"abc")
    assert reads == ["a.png"]


def test_what_was_not_kept_is_computed_again(tmp_path: Path, reads: list[str]) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"abc")
    FileDigests(tmp_path / "d.sqlite").of(picture)
    assert FileDigests(tmp_path / "d.sqlite").of(picture) == sha256(b"abc")
    assert reads == ["a.png", "a.png"]


def rewritten(path: Path) -> None:
    path.write_bytes(b"xyzw")


def replaced(path: Path) -> None:
    """Put another file of the same size and times in its place."""
    found = path.stat()
    other = path.with_suffix(".new")
    other.write_bytes(b"xyz")
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(path)


def forged(path: Path) -> None:
    """Write other bytes of the same size into the same file and put its time back."""
    found = path.stat()
    path.write_bytes(b"xyz")
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize("change", [rewritten, replaced, forged])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "fresh"])
def test_changed_content_is_seen(change: Callable[[Path], None], kept: bool, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"abc")
    os.utime(picture, ns=(10**18, 10**18))
    digests = FileDigests(tmp_path / "d.sqlite")
    digests.of(picture)
    if kept:
        digests.keep()
    change(picture)
    assert digests.of(picture) == sha256(picture.read_bytes()) != sha256(b"abc")


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileDigests(tmp_path / "d.sqlite").of(tmp_path / "absent.png")


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "no database": lambda path: path.write_bytes(b"this is no database at all " * 100),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "garbage inside": lambda path: path.write_bytes(path.read_bytes()[:100] + b"\xff" * (path.stat().st_size - 100)),
    "empty": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_survived(damage: str, tmp_path: Path, reads: list[str]) -> None:
    pictures = [tmp_path / f"{number}.png" for number in range(300)]
    for picture in pictures:
        picture.write_bytes(picture.name.encode())
    database = tmp_path / "d.sqlite"
    digests = FileDigests(database)
    for picture in pictures:
        digests.of(picture)
    digests.keep()
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    del digests
    DAMAGES[damage](database)
    for _ in range(3):
        digests = FileDigests(database)
        assert [digests.of(picture) for picture in pictures] == [sha256(path.name.encode()) for path in pictures]
        digests.keep()
        del digests
    if damage in ("no database", "empty"):
        assert len(reads) == 600, "a database that was thrown away is not filled again"


def test_a_database_of_another_layout_is_survived(tmp_path: Path) -> None:
    database, picture = tmp_path / "d.sqlite", tmp_path / "a.png"
    picture.write_bytes(b"abc")
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE facts (something INTEGER)")
    connection.commit()
    connection.close()
    digests = FileDigests(database)
    assert digests.of(picture) == sha256(b"abc")
    digests.keep()
    assert digests.of(picture) == sha256(b"abc")


@pytest.mark.parametrize("obstacle", ["a folder in its place", "a file for its folder"])
def test_without_a_place_for_the_database_digests_are_computed(obstacle: str, tmp_path: Path) -> None:
    database, picture = tmp_path / "cache" / "d.sqlite", tmp_path / "a.png"
    picture.write_bytes(b"abc")
    if obstacle == "a folder in its place":
        database.mkdir(parents=True)
    else:
        database.parent.write_text("a file")
    digests = FileDigests(database)
    assert digests.of(picture) == sha256(b"abc")
    digests.keep()


def test_names_that_are_no_text_are_digested(tmp_path: Path) -> None:
    try:
        picture = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.png"))
        picture.write_bytes(b"abc")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only Unicode")
    (tmp_path / "b.png").write_bytes(b"b")
    digests = FileDigests(tmp_path / "d.sqlite")
    for _ in range(2):
        assert digests.of(picture) == sha256(b"abc")
        assert digests.of(tmp_path / "b.png") == sha256(b"b")
        digests.keep()


SCRIPT = """
import sys
from pathlib import Path
from robustcheck.data.digests import FileDigests
folder = Path(sys.argv[1])
digests = FileDigests(folder / "d.sqlite")
for number, path in enumerate(sorted(folder.glob("*.png"))):
    print(digests.of(path))
    if number % 7 == 0:
        digests.keep()
digests.keep()
"""


def test_processes_share_it(tmp_path: Path, reads: list[str]) -> None:
    pictures = [tmp_path / f"{number:03}.png" for number in range(200)]
    for picture in pictures:
        picture.write_bytes(picture.name.encode())
    call = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(call, **pipes) for _ in range(3)]
    expected = [sha256(path.name.encode()) for path in pictures]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert err == ""
        assert out.split() == expected
    digests = FileDigests(tmp_path / "d.sqlite")
    assert [digests.of(path) for path in pictures] == expected
    assert reads == [], "what the processes computed was not kept"


def test_hashing_does_not_keep_others_from_writing(tmp_path: Path) -> None:
    for number in range(AT_ONCE + 5):
        (tmp_path / f"{number}.png").write_bytes(b"abc")
    first, second = (FileDigests(tmp_path / "d.sqlite") for _ in range(2))
    for number in range(AT_ONCE + 5):
        first.of(tmp_path / f"{number}.png")
    other = sqlite3.connect(tmp_path / "d.sqlite", timeout=0)
    other.execute("BEGIN IMMEDIATE")
    assert other.execute("SELECT count(*) FROM facts").fetchone() == (AT_ONCE,)
    other.rollback()
    other.close()
    second.of(tmp_path / "0.png")
    second.keep()
    first.keep()


class Bytes:
    """A source over a table of contents."""

    name, columns = "bytes", ()

    def __init__(self, rows: dict[str, tuple[str, bytes]]) -> None:
        self.rows = rows

    def samples(self) -> Iterator[Sample]:
        return (Sample(name, label) for name, (label, _) in self.rows.items())

    def read(self, sample: Sample) -> Any:
        raise AssertionError("a digest needs no picture")

    def content(self, sample: Sample) -> str:
        return sha256(self.rows[sample.id][1])


ROWS = {"a": ("cat", b"1"), "b": ("dog", b"2"), "c": ("cat", b"3")}
OTHERS: dict[str, dict[str, tuple[str, bytes]]] = {
    "a byte": {**ROWS, "b": ("dog", b"4")},
    "a label": {**ROWS, "b": ("cat", b"2")},
    "an id": {"a": ROWS["a"], "bb": ROWS["b"], "c": ROWS["c"]},
    "one fewer": {"a": ROWS["a"], "b": ROWS["b"]},
    "contents swapped": {**ROWS, "a": ("cat", b"3"), "c": ("cat", b"1")},
}


def digest(rows: dict[str, tuple[str, bytes]]) -> str:
    source = Bytes(rows)
    return data_digest(source, source.samples())


@pytest.mark.parametrize("name", OTHERS)
def test_other_data_have_another_digest(name: str) -> None:
    assert digest(OTHERS[name]) != digest(ROWS)


def test_the_order_of_the_listing_is_not_part_of_the_digest() -> None:
    assert digest(dict(reversed(ROWS.items()))) == digest(ROWS)
    assert len(bytes.fromhex(digest(ROWS))) == 32
