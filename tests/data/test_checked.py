"""A data set's digest is of the bytes that were decoded, and a picture that changes in between is an error."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robustcheck.core.errors import ChangedPicture, UnreadablePicture
from robustcheck.data import data_digest, open_source
from robustcheck.data.checked import TWICE
from robustcheck.data.source import Sample, Source
from robustcheck.domain.config import DataEntry

Entry = Callable[..., DataEntry]
Draw = Callable[..., Path]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def dated_back(path: Path) -> None:
    """Write another picture of the same size into the very same file, and date it back."""
    before = path.stat()
    Image.new("RGB", (4, 3), (11, 11, 11)).save(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)


def swapped(path: Path) -> None:
    other = path.with_name("other.png")
    Image.new("RGB", (4, 3), (1, 200, 3)).save(other)
    os.replace(other, path)


def linked(path: Path) -> None:
    other = path.parents[1] / "elsewhere.png"
    Image.new("RGB", (4, 3), (1, 200, 3)).save(other)
    path.unlink()
    path.symlink_to(other)


def gone(path: Path) -> None:
    path.unlink()


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


SWAPS = {change.__name__: change for change in (dated_back, swapped, linked, gone, torn)}


@pytest.fixture
def folder(data_entry: Entry, draw: Draw, tmp_path: Path) -> Callable[..., Source]:
    for label in ("a", "b"):
        for number in range(3):
            draw(tmp_path / "set" / label / f"{number}.png", level=10 * number)
    entry = data_entry("imagefolder", tmp_path / "set")
    return lambda **options: open_source(entry, seed=0, **options)


@pytest.mark.parametrize("change", SWAPS)
def test_a_picture_that_is_replaced_after_the_digest_was_taken_is_an_error(
    change: str, folder: Callable[..., Source], tmp_path: Path
) -> None:
    source = folder()
    samples = list(source.samples())
    digest = data_digest(source, samples)
    assert all(source.read(sample).shape == (3, 4, 3) for sample in samples)
    SWAPS[change](tmp_path / "set/b/1.png")
    with pytest.raises(
        ChangedPicture, match=r"^the picture b/1\.png of small is another one than when it was first read"
    ):
        source.read(samples[4])
    assert source.read(samples[3]).shape == (3, 4, 3)
    # What was said of the data stays said of the bytes that were read.
    assert data_digest(source, samples) == digest
    again = folder()
    assert data_digest(again, again.samples()) != digest


def test_a_picture_that_is_put_back_is_what_it_was(folder: Callable[..., Source], tmp_path: Path) -> None:
    source = folder()
    sample = next(iter(source.samples()))
    source.content(sample)
    path = tmp_path / "set/a/0.png"
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(ChangedPicture, match="No such file or directory now"):
        source.read(sample)
    path.write_bytes(content)
    assert source.read(sample).shape == (3, 4, 3)


def test_a_picture_that_could_not_be_read_at_first_may_not_appear(
    folder: Callable[..., Source], draw: Draw, tmp_path: Path
) -> None:
    path = tmp_path / "set/a/0.png"
    path.unlink()
    path.symlink_to(tmp_path / "nowhere.png")
    source = folder()
    sample = next(iter(source.samples()))
    assert source.content(sample) == "unreadable: a/0.png: it is a link that leads to no file"
    with pytest.raises(UnreadablePicture, match="it is a link that leads to no file"):
        source.read(sample)
    draw(tmp_path / "nowhere.png")
    with pytest.raises(ChangedPicture, match="it is a link that leads to no file then"):
        source.read(sample)


def test_all_that_read_a_data_set_in_a_session_hold_it_against_the_same_digests(
    folder: Callable[..., Source], tmp_path: Path
) -> None:
    first: dict[tuple[str, str], str] = {}
    listing = folder(first=first)
    digest = data_digest(listing, listing.samples())
    swapped(tmp_path / "set/a/2.png")
    later = folder(first=first, limit=4)
    with pytest.raises(ChangedPicture):
        [later.read(sample) for sample in folder(first=first).samples()]
    assert data_digest(listing, listing.samples()) == digest


class Augmented:
    """A sequence with random augmentation left on: now and then a picture is mirrored."""

    def __init__(self, share: float = 0.5) -> None:
        self.rng, self.share = np.random.default_rng(3), share

    def __len__(self) -> int:
        return 40

    def __getitem__(self, number: int) -> tuple[str, Any, str]:
        picture = np.arange(36, dtype=np.uint8).reshape(3, 4, 3) + np.uint8(number)
        return f"{number}", picture[:, ::-1] if self.rng.random() < self.share else picture, "ab"[number % 2]


class Named(Augmented):
    digest = "version 3 of the pictures"


class Own(Augmented):
    columns = ()

    def samples(self) -> Iterator[Sample]:
        return (Sample(f"{number}", "ab"[number % 2], {}, number) for number in range(40))

    def read(self, sample: Sample) -> Any:
        return self[sample.handle][1]

    def content(self, sample: Sample) -> str:
        return sha256(sample.id.encode())


class Streamed(Augmented):
    def __iter__(self) -> Iterator[Any]:
        return (self[number] for number in range(40))


def stream() -> Iterator[Any]:
    return iter(Streamed())


def noisy_stream() -> Iterator[Any]:
    return iter(STREAM)


STREAM = Streamed()


@pytest.mark.parametrize("build", ["Augmented", "Named", "Own", "noisy_stream"])
def test_pictures_with_random_augmentation_left_on_are_refused(build: str, data_entry: Entry) -> None:
    source = open_source(data_entry("python", options={"factory": f"{__name__}:{build}", "arguments": {}}), seed=0)
    samples = list(source.samples())
    data_digest(source, samples)
    with pytest.raises(ChangedPicture, match="switch off random augmentation"):
        [source.read(sample) for sample in samples[:TWICE]]


@pytest.mark.parametrize("build", ["Named", "Own"])
def test_pictures_that_say_themselves_what_they_are_must_stay_what_they_were(build: str, data_entry: Entry) -> None:
    options = {"factory": f"{__name__}:{build}", "arguments": {"share": 0.0}}
    source: Any = open_source(data_entry("python", options=options), seed=0)
    samples = list(source.samples())
    data_digest(source, samples)
    first = [source.read(sample).tolist() for sample in samples]
    made = getattr(source, "_items", None) or source._source._source
    made.share = 1.0
    assert first
    with pytest.raises(ChangedPicture):
        source.read(samples[-1])


def test_a_steady_stream_is_read_as_it_was_listed(data_entry: Entry) -> None:
    source = open_source(data_entry("python", options={"factory": f"{__name__}:stream", "arguments": {}}), seed=0)
    samples = list(source.samples())
    assert len({source.read(sample).tobytes() for sample in samples}) == 40


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
