"""``robustcheck cache``: what there is, and what makes way."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from robustcheck.engine.cache_folder import bytes_of, cached_records, clear, prune, size_text

SIZE = 1000


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return a project with the records of ten cases, the first of which was used at second 0 and so on."""
    for number in range(10):
        path = tmp_path / ".robustcheck" / "cache" / f"{number:02x}" / f"{number:064x}.parquet"
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(SIZE - 100))
        path.with_suffix(".seal").write_bytes(bytes(100))
        os.utime(path, (number * 86400, number * 86400))
    (tmp_path / ".robustcheck" / "history.db").write_text("stays")
    return tmp_path


def left(root: Path) -> list[int]:
    return sorted(int(path.stem, 16) for path in (root / ".robustcheck" / "cache").glob("*/*.parquet"))


def test_the_oldest_make_way(cache: Path) -> None:
    assert [int(records.path.stem, 16) for records in prune(cache, 3 * SIZE)] == [0, 1, 2, 3, 4, 5, 6]
    assert left(cache) == [7, 8, 9]
    assert not [path for path in (cache / ".robustcheck").rglob("*.seal") if not path.with_suffix(".parquet").exists()]
    assert prune(cache, 3 * SIZE) == []


def test_what_was_used_since_stays_however_large(cache: Path) -> None:
    prune(cache, 0, since=6 * 86400)
    assert left(cache) == [6, 7, 8, 9]


def test_several_may_prune_and_clear_at_once(cache: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: prune(cache, 2 * SIZE), range(4)))
        assert set(left(cache)) <= {8, 9}
        list(pool.map(lambda _: clear(cache), range(4)))
    assert cached_records(cache) == []


def test_info(cache: Path, robustcheck_command: Any) -> None:
    (cache / ".robustcheck/cache/00" / f"{0:064x}.seal").unlink()
    done = robustcheck_command("cache", "info")
    assert (done.code, done.err) == (0, "")
    assert [line.split(maxsplit=1) for line in done.lines] == [
        ["folder", ".robustcheck/cache"],
        ["cases", "10"],
        ["size", "9.9 kB of at most 2.0 GB"],
        ["used", "1970-01-01 to 1970-01-10"],
        ["without", "a seal  1, which are not believed"],
        ["secret", "can be used"],
    ]


def test_info_of_nothing(tmp_path: Path, robustcheck_command: Any) -> None:
    done = robustcheck_command("cache", "info")
    assert done.code == 0
    assert "cases   0" in done.out
    assert not (tmp_path / ".robustcheck").exists()


@pytest.mark.parametrize(
    ("arguments", "ini", "stays"),
    [
        (["prune", "--size", "2.5kB"], "", [8, 9]),
        (["prune"], "robustcheck_cache_size = 4 kB", [6, 7, 8, 9]),
        (["prune"], "", list(range(10))),
        (["clear"], "", []),
    ],
)
def test_what_is_removed(
    arguments: list[str], ini: str, stays: list[int], cache: Path, robustcheck_command: Any
) -> None:
    (cache / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
    done = robustcheck_command("cache", *arguments)
    removed = 10 - len(stays)
    assert done.code == 0
    assert done.out == f"removed the records of {removed} cases, {size_text(removed * SIZE)}, from .robustcheck/cache\n"
    assert left(cache) == stays
    assert (cache / ".robustcheck" / "history.db").read_text() == "stays"


def test_wrong_sizes(cache: Path, robustcheck_command: Any) -> None:
    done = robustcheck_command("cache", "prune", "--size", "much")
    assert (done.code, done.err) == (2, "robustcheck: --size much: a size such as 500MB or 2GiB is needed\n")
    (cache / "pytest.ini").write_text("[pytest]\nrobustcheck_cache_size = much\n")
    done = robustcheck_command("cache", "prune")
    assert (done.code, done.err) == (4, "robustcheck_cache_size much: a size such as 500MB or 2GiB is needed\n")
    assert robustcheck_command("cache").code == 2


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("12", 12), ("12b", 12), ("1kB", 1000), ("1KiB", 1024), ("1.5 GB", 1_500_000_000), ("2gib", 2 << 30)],
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_of(text) == size
