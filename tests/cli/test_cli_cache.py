"""``robustcheck cache``: what there is, and what makes way."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.errors import RobustcheckError
from robustcheck.engine.cache.cache_folder import bytes_of, cached_records, clear, prune, size_text

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


NINES = "9" * 400


@pytest.mark.parametrize("text", [NINES, "9" * 5000, f"{NINES}GB", "1e400", "inf", "nan", "-1", "9999999999 TB"])
def test_sizes_that_no_disk_has(text: str) -> None:
    with pytest.raises(RobustcheckError, match="a size such as 500MB or 2GiB is needed") as caught:
        bytes_of(text)
    assert len(str(caught.value)) < 160


def test_a_size_that_no_disk_has_is_a_wrong_call(cache: Path, robustcheck_command: Any) -> None:
    said = f"{NINES[:40]}...: this is more than {2**63 - 1:,} bytes; a size such as 500MB or 2GiB is needed\n"
    done = robustcheck_command("cache", "prune", "--size", NINES)
    assert (done.code, done.err) == (2, f"robustcheck: --size {said}")
    (cache / "pytest.ini").write_text(f"[pytest]\nrobustcheck_cache_size = {NINES}\n")
    for action in ("prune", "info"):
        done = robustcheck_command("cache", action)
        assert (done.code, done.err) == (4, f"robustcheck_cache_size {said}")
    assert left(cache) == list(range(10))


def foreign(folder: Path, elsewhere: Path) -> None:
    """Lay into a cache what no store wrote."""
    elsewhere.mkdir()
    key = "f" * 64
    for name in ("shard.parquet", f"{key}.parquet", f"{key}.seal"):
        (elsewhere / name).write_text("data of the user")
    for sub in ("zz", "ff"):
        (folder / sub).mkdir(parents=True)
    os.mkfifo(folder / "zz" / "fifo.parquet")
    os.mkfifo(folder / "ff" / f"{key}.parquet")
    os.mkfifo(folder / "ff" / f"{key}.seal")
    (folder / "zz" / f"{key}.parquet").mkdir()
    (folder / "zz" / "notes.parquet").write_text("not by a store")
    (folder / "ff" / f"{'e' * 64}.parquet").symlink_to(elsewhere / "shard.parquet")
    (folder / "ff" / f"{'d' * 64}.parquet").symlink_to("/dev/zero")
    (folder / "linked").symlink_to(elsewhere, target_is_directory=True)
    (folder / "file").write_text("not a folder")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are needed")
def test_what_no_store_wrote_is_counted_and_stays(cache: Path, robustcheck_command: Any) -> None:
    folder, elsewhere = cache / ".robustcheck/cache", cache / "data"
    foreign(folder, elsewhere)
    before = {path for path in folder.rglob("*") if path.parent.name in ("zz", "ff")}
    info = robustcheck_command("cache", "info")
    assert (info.code, info.err) == (0, "")
    assert "cases        10\n" in info.out
    assert "other files  10, which are neither opened nor removed\n" in info.out
    assert robustcheck_command("cache", "prune", "--size", "0").code == 0
    assert "records of 0 cases" in robustcheck_command("cache", "clear").out
    assert {path for path in folder.rglob("*") if path.parent.name in ("zz", "ff")} == before
    assert len(list(elsewhere.iterdir())) == 3


def no_folder(path: Path, how: str) -> None:
    if how == "a file":
        path.write_text("")
    elif how == "a named pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("nowhere")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are needed")
@pytest.mark.parametrize("name", [".robustcheck", ".robustcheck/cache"])
@pytest.mark.parametrize("how", ["a file", "a named pipe", "a link"])
def test_where_no_folder_can_be(name: str, how: str, tmp_path: Path, robustcheck_command: Any) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    no_folder(tmp_path / name, how)
    what = "a link that leads to no folder" if how == "a link" else "no folder"
    said = f"{name} is {what}, so no records can be kept; remove it, and a folder is made"
    info = robustcheck_command("cache", "info")
    assert info.lines == ["folder   .robustcheck/cache", f"problem  {said}"]
    for action in ("prune", "clear"):
        done = robustcheck_command("cache", action)
        assert (done.code, done.out) == (4, "")
        assert said in done.err


def test_what_cannot_be_removed_is_not_counted(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    assert clear(cache) == prune(cache, 0) == []
    assert left(cache) == list(range(10))
