"""Records on disk: whole or not at all, and never believed when damaged."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from robustcheck.engine.store import Store, Stored, atomic
from robustcheck.measure.records import Records, score


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


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "renamed", "other parquet"])
def test_a_damaged_file_counts_as_absent(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path)
    key, other = "ab" * 32, "ab" + "cd" * 31
    store.save(key, stored(400), {})
    path = store.path(key)
    raw = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "truncated":
        path.write_bytes(raw[: len(raw) // 2])
    elif damage == "flipped":
        middle = 200
        path.write_bytes(raw[:middle] + bytes([raw[middle] ^ 0xFF]) + raw[middle + 1 :])
    elif damage == "renamed":
        path.rename(store.path(other))
        key = other
    else:
        pyarrow.parquet.write_table(pyarrow.table({"id": ["x"]}), path)
    assert store.load(key) is None
    store.save(key, stored(400), {})
    assert store.load(key) is not None


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
