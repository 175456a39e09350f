"""Records on disk: whole or not at all, and never believed when damaged."""

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from robustcheck.core.cache_secret import Secret
from robustcheck.core.files import atomic
from robustcheck.engine.cache.record_files import Store, Stored, export
from robustcheck.engine.cache.reference_batch import ReferenceBatch
from robustcheck.metrics.records import Records, score


def stored(n: int = 5) -> Stored:
    labels = (np.arange(n) % 3).astype(np.int32)
    rng = np.random.default_rng(0)
    columns = {
        "mean_change": rng.random(n, dtype=np.float32),
        "max_change": np.full(n, 7, np.uint8),
        "unseen": np.zeros(n, np.float32),
        "pixels": np.array([f"{i:032x}" for i in range(n)]),
        **score(rng.normal(size=(n, 3)), labels),
    }
    ids = np.array([f"klasse/ü{i}.png" for i in range(n)])
    return Stored(Records(id=ids, label=labels, **columns), (("broken.png", "truncated"),), 1.5, n)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    assert store.load("ab" * 32) is None
    store.save("ab" * 32, stored(), {"case": "clean"})
    found = store.load("ab" * 32)
    assert found is not None
    assert dataclasses.replace(found, records=None) == dataclasses.replace(stored(), records=None)  # type: ignore[arg-type]
    expected, actual = stored().records.columns(), found.records.columns()
    assert actual.keys() == expected.keys()
    for name, column in expected.items():
        np.testing.assert_array_equal(actual[name], column)
        assert actual[name].dtype.kind == column.dtype.kind, name


def test_records_open_as_plain_parquet(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save("ab" * 32, stored(), {})
    table = pyarrow.parquet.read_table(store.path("ab" * 32))
    assert table.column("id").to_pylist()[0] == "klasse/ü0.png"
    assert table.num_rows == 5


def rewrite(path: Path, *, columns: dict[str, Any] | None = None, about: dict[str, Any] | None = None) -> None:
    """Change a file of records as a Parquet library does."""
    table = pyarrow.parquet.read_table(path)
    for name, values in (columns or {}).items():
        table = table.set_column(table.column_names.index(name), name, pyarrow.array(values))
    if about:
        facts = json.loads(table.schema.metadata[b"robustcheck"]) | about
        table = table.replace_schema_metadata({b"robustcheck": json.dumps(facts).encode()})
    pyarrow.parquet.write_table(table, path, compression="zstd", write_page_checksum=True)


KEY, OTHER = "ab" * 32, "ab" + "cd" * 31


def flip(path: Path, at: int) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[:at] + bytes([raw[at] ^ 0xFF]) + raw[at + 1 :])


def of_another(tmp_path: Path, path: Path, key: str) -> None:
    """Put the records of another machine in the place of a file, with their own seal."""
    other = Store(tmp_path / "elsewhere", Secret(b"another machine's secret"))
    other.save(key, stored(400), {})
    for suffix in (".parquet", ".seal"):
        path.with_suffix(suffix).write_bytes(other.path(key).with_suffix(suffix).read_bytes())


POISON: dict[str, Callable[[Path, Path], Any]] = {
    "empty": lambda path, _: path.write_bytes(b""),
    "truncated": lambda path, _: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "a byte of the records": lambda path, _: flip(path, 200),
    "the last byte": lambda path, _: flip(path, path.stat().st_size - 1),
    "a byte more": lambda path, _: path.write_bytes(path.read_bytes() + b"\0"),
    "renamed": lambda path, _: [
        path.with_suffix(suffix).rename(path.with_name(OTHER + suffix)) for suffix in (".parquet", ".seal")
    ],
    "other parquet": lambda path, _: pyarrow.parquet.write_table(pyarrow.table({"id": ["x"]}), path),
    "predicted and rank": lambda path, _: rewrite(
        path, columns={"predicted": np.zeros(400, np.int32), "rank": np.zeros(400, np.int32)}
    ),
    "labels": lambda path, _: rewrite(path, columns={"label": np.zeros(400, np.int32)}),
    "what an attack reached": lambda path, _: rewrite(path, columns={"loss": np.zeros(400, np.float32)}),
    "unreadable pictures": lambda path, _: rewrite(path, about={"unreadable": []}),
    "sanity": lambda path, _: rewrite(path, about={"sanity": [["eps 0", True, ""]]}),
    "notes": lambda path, _: rewrite(path, about={"notes": ["all is well"]}),
    "the key of another case": lambda path, _: rewrite(path, about={"key": OTHER}),
    "without its seal": lambda path, _: path.with_suffix(".seal").unlink(),
    "a seal of zeros": lambda path, _: path.with_suffix(".seal").write_bytes(bytes(32)),
    "an empty seal": lambda path, _: path.with_suffix(".seal").write_bytes(b""),
    "a byte of the seal": lambda path, _: flip(path.with_suffix(".seal"), 0),
    "a byte of what is looked at": lambda path, _: flip(path.with_suffix(".seal"), 40),
    "sealed with another secret": lambda path, tmp_path: of_another(tmp_path, path, KEY),
    "sealed by another for another case": lambda path, tmp_path: of_another(tmp_path, path, OTHER),
}


@pytest.mark.parametrize("poison", POISON)
def test_what_is_not_as_this_machine_left_it_counts_as_absent(tmp_path: Path, poison: str) -> None:
    store = Store(tmp_path / "cache")
    looked_at = ReferenceBatch(np.array(["a"]), np.array(["0" * 32]), np.eye(1, 3, dtype=np.float32))
    store.save(KEY, dataclasses.replace(stored(400), reference=looked_at), {})
    POISON[poison](store.path(KEY), tmp_path)
    key = OTHER if poison == "renamed" else KEY
    assert store.load(key) is None
    assert store.refused == {key}
    store.save(key, stored(400), {})
    assert store.load(key) is not None


def test_an_older_version_left_no_seal_and_is_not_believed(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    export(KEY, stored(), {}, store.path(KEY))
    assert store.load(KEY) is None


def test_records_are_exchanged_by_those_who_share_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBUSTCHECK_CACHE_SECRET", "a secret of the whole fleet")
    Store(tmp_path / "cache").save(KEY, stored(), {})
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    assert Store(tmp_path / "cache").load(KEY) is not None
    monkeypatch.setenv("ROBUSTCHECK_CACHE_SECRET", "that of another fleet")
    assert Store(tmp_path / "cache").load(KEY) is None
    monkeypatch.delenv("ROBUSTCHECK_CACHE_SECRET")
    assert Store(tmp_path / "cache").load(KEY) is None


def test_what_a_later_run_looks_at_comes_back(tmp_path: Path) -> None:
    batch = ReferenceBatch(
        np.array(["a", "ü"]),
        np.array(["0" * 32] * 2),
        np.eye(2, 3, dtype=np.float32),
        np.ones((2, 3, 4, 4), np.float32),
    )
    store = Store(tmp_path)
    store.save(KEY, dataclasses.replace(stored(), reference=batch), {})
    found = store.load(KEY)
    assert found is not None
    assert found.reference is not None
    assert found.reference.points is None
    for name in ("ids", "inputs", "logits", "pictures"):
        np.testing.assert_array_equal(getattr(found.reference, name), getattr(batch, name))


def reseal(store: Store, key: str, content: bytes) -> None:
    """Put bytes under a key as whoever has the secret can."""
    path = store.path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.with_suffix(".seal").write_bytes(store._secret.seal(key, content, b""))


def parquet(path: Path, metadata: bytes) -> bytes:
    table = pyarrow.table({"id": ["x"]}).replace_schema_metadata({b"robustcheck": metadata})
    pyarrow.parquet.write_table(table, path)
    return path.read_bytes()


METADATA = {
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"a":' * 200_000,
    "a list": b"[1]",
    "a number": b"7",
    "no JSON": b"{",
    "not UTF-8": b'{"model": "\xff"}',
    "a huge number": b"9" * 10_000,
    "the model as a list": b'{"model": ["m"], "suite": {"s": 1}}',
    "empty": b"",
}


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("name", METADATA)
def test_a_foreign_file_does_not_stop_a_discard(tmp_path: Path, name: str, sealed: bool) -> None:
    store = Store(tmp_path / "cache")
    content = parquet(tmp_path / "made", METADATA[name])
    if sealed:
        reseal(store, OTHER, content)
        assert store.load(OTHER) is None
    else:
        for path in (tmp_path / "cache/zz/a.parquet", store.path(OTHER)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    store.save(KEY, stored(), {"model": "m", "suite": "s"})
    assert store.discard("m", "other") == 1
    assert store.load(KEY) is None
    assert store.path(OTHER).read_bytes() == content


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are needed")
def test_what_is_no_regular_file_does_not_stop_a_discard(tmp_path: Path) -> None:
    store, folder = Store(tmp_path / "cache"), tmp_path / "cache"
    store.save(KEY, stored(), {"model": "m"})
    (folder / "zz").mkdir()
    content = parquet(tmp_path / "made", b'{"model": "m"}')
    os.mkfifo(folder / "zz/fifo.parquet")
    for number, suffix in enumerate((".parquet", ".seal")):
        key = f"{number:064x}"
        (folder / f"zz/{key}.parquet").write_bytes(content)
        (folder / f"zz/{key}.seal").write_bytes(bytes(32))
        (folder / f"zz/{key}{suffix}").unlink()
        os.mkfifo(folder / f"zz/{key}{suffix}")
    (folder / f"zz/{2:064x}.parquet").symlink_to("/dev/zero")
    (folder / f"zz/{3:064x}.parquet").mkdir()
    (folder / "linked").symlink_to("/dev", target_is_directory=True)
    store.sweep()
    assert store.discard("m", "s") == 1
    assert len(list((folder / "zz").iterdir())) == 7


def test_an_unsealed_file_is_never_given_to_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "cache")
    store.save(KEY, stored(), {"model": "m"})
    flip(store.path(KEY), 200)
    monkeypatch.setattr(pyarrow.parquet, "read_schema", lambda _: pytest.fail("it was opened"))
    assert store.discard("m", "s") == 0


def test_a_folder_that_cannot_be_written_is_told_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in its place")
    store = Store(tmp_path / "cache")
    store.save(KEY, stored(), {})
    assert store.load(KEY) is None
    assert "the cache cannot be written" in store.problem


def test_atomic_leaves_nothing_behind_when_writing_fails(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")

    def write() -> None:
        with atomic(target) as temporary:
            temporary.write_text("new")
            raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]
    assert target.read_text() == "old"


def test_what_a_killed_run_left_is_swept_up_after_a_while(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save("ab" * 32, stored(), {})
    old, fresh = (store.path("ab" * 32).with_name(f".{name}.parquet.tmp") for name in ("old", "fresh"))
    old.touch()
    fresh.touch()
    os.utime(old, (0, 0))
    store.sweep()
    assert (old.exists(), fresh.exists(), store.path("ab" * 32).exists()) == (False, True, True)
