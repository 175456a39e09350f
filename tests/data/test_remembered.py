"""What is remembered comes back whole or not at all, from any thread and process, and survives damage to its file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from robustcheck.data.digest_cache import AT_ONCE, Remembered

VALUES = {f"{number:064x}": bytes([number % 256]) * 553 for number in range(300)}


def fill(path: Path) -> None:
    remembered = Remembered(path)
    for key, value in VALUES.items():
        remembered.put(key, value)
    remembered.keep()


def test_what_was_put_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "d.sqlite"
    remembered = Remembered(path)
    assert remembered.get("a") is None
    remembered.put("a", b"one")
    assert remembered.get("a") == b"one"
    assert Remembered(path).get("a") is None, "it was not kept yet"
    remembered.keep()
    assert remembered.get("a") == Remembered(path).get("a") == b"one"
    remembered.put("a", b"other")
    remembered.put("empty", b"")
    remembered.keep()
    assert [Remembered(path).get(key) for key in ("a", "empty", "none")] == [b"other", b"", None]


def test_it_is_written_ahead(tmp_path: Path) -> None:
    fill(tmp_path / "d.sqlite")
    connection = sqlite3.connect(tmp_path / "d.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "no database": lambda path: path.write_bytes(b"this is no database at all " * 100),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "garbage inside": lambda path: path.write_bytes(path.read_bytes()[:100] + b"\xff" * (path.stat().st_size - 100)),
    "a bit here and there": lambda path: path.write_bytes(
        bytes(byte ^ (at % 997 == 0 and at > 5000) for at, byte in enumerate(path.read_bytes()))
    ),
    "empty": lambda path: path.write_bytes(b""),
    "another layout": lambda path: (path.unlink(), with_other_table(path)),
}


def with_other_table(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE facts (something INTEGER)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_forgetting(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"
    fill(path)
    DAMAGES[damage](path)
    damaged = Remembered(path)
    assert all(damaged.get(key) in (value, None) for key, value in VALUES.items())
    damaged.keep()
    fill(path)
    again = Remembered(path)
    assert all(again.get(key) in (value, None) for key, value in VALUES.items())
    if damage in ("no database", "empty", "another layout"):
        assert all(again.get(key) == value for key, value in VALUES.items()), (
            "a file that was thrown away is not filled"
        )


@pytest.mark.parametrize("obstacle", ["a folder in its place", "a file for its folder"])
def test_without_a_place_nothing_is_remembered(obstacle: str, tmp_path: Path) -> None:
    path = tmp_path / "cache" / "d.sqlite"
    if obstacle == "a folder in its place":
        path.mkdir(parents=True)
    else:
        path.parent.write_text("a file")
    fill(path)
    assert Remembered(path).get(next(iter(VALUES))) is None


def test_a_value_under_the_key_of_another_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"
    fill(path)
    one, other = list(VALUES)[:2]
    connection = sqlite3.connect(path)
    connection.execute("UPDATE facts SET value=(SELECT value FROM facts WHERE key=?) WHERE key=?", (one, other))
    connection.commit()
    connection.close()
    assert Remembered(path).get(other) is None


def test_threads_share_it(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "d.sqlite")
    keys = [f"{number}" for number in range(3 * AT_ONCE)]

    def work(key: str) -> bytes | None:
        remembered.put(key, key.encode())
        return remembered.get(key)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, keys)) == [key.encode() for key in keys]
    remembered.keep()
    again = Remembered(tmp_path / "d.sqlite")
    assert [again.get(key) for key in keys] == [key.encode() for key in keys]


SCRIPT = """
import sys
from pathlib import Path
from robustcheck.data.digest_cache import Remembered
remembered = Remembered(Path(sys.argv[1]))
for number in range(200):
    key = f"{(number + 50 * int(sys.argv[2])) % 200}"
    if remembered.get(key) is None:
        remembered.put(key, key.encode() * 20)
    if number % 7 == 0:
        remembered.keep()
remembered.keep()
"""


def test_processes_share_it(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen([sys.executable, "-c", SCRIPT, str(path), str(number)], **pipes) for number in range(3)]
    for process in running:
        assert process.communicate(timeout=60) == ("", "")
    remembered = Remembered(path)
    assert [remembered.get(f"{number}") for number in range(200)] == [
        f"{number}".encode() * 20 for number in range(200)
    ]


def test_what_somebody_else_wrote_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of another machine, one under another key, and one with the checksum of an earlier version."""
    import hashlib

    path, other = tmp_path / "a" / "d.sqlite", tmp_path / "b" / "d.sqlite"
    for each in (path, other):
        fill(each)
    key, neighbour = list(VALUES)[:2]
    monkeypatch.setenv("ROBUSTCHECK_CACHE_SECRET", "the secret of another machine")
    fill(other)
    monkeypatch.delenv("ROBUSTCHECK_CACHE_SECRET")
    foreign, swapped = (
        sqlite3.connect(place).execute("SELECT value FROM facts WHERE key=?", (name,)).fetchone()[0]
        for place, name in ((other, key), (path, neighbour))
    )
    forged = b"forged"
    older = forged + hashlib.blake2b(forged, key=hashlib.sha256(key.encode()).digest(), digest_size=8).digest()
    for value in (foreign, swapped, older, forged + bytes(16), forged, b""):
        connection = sqlite3.connect(path)
        connection.execute("UPDATE facts SET value=? WHERE key=?", (value, key))
        connection.commit()
        connection.close()
        assert Remembered(path).get(key) is None
    assert Remembered(path).get(neighbour) == VALUES[neighbour]


def test_without_a_secret_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    remembered = Remembered(tmp_path / ".robustcheck" / "d.sqlite")
    remembered.put("a", b"one")
    remembered.keep()
    assert remembered.get("a") is None
    assert not (tmp_path / ".robustcheck").exists()
