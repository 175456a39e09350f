"""Pictures and groups on both sides are found, whatever the order, and nothing that cannot be read is passed over."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures_in_memory import Picture, Pictures, scene
from PIL import Image

from robustcheck.core.errors import DataError, Location
from robustcheck.data import open_source
from robustcheck.data.sources.signs import Signs
from robustcheck.domain.config import DataEntry
from robustcheck.provenance.leaks.fingerprints import FILE
from robustcheck.provenance.leaks.leaks import Leaks, Pair, Within, find_leaks


def stored(pixels: Picture, **options: Any) -> Picture:
    """Return a picture as it comes back from a file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, **options)
    return np.asarray(Image.open(file).convert("RGB"))


def jpeg(pixels: Picture, quality: int = 75) -> Picture:
    return stored(pixels, format="JPEG", quality=quality)


def resized(pixels: Picture, share: float) -> Picture:
    height, width = (round(side * share) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


def back_again(pixels: Picture, share: float) -> Picture:
    size = pixels.shape[1], pixels.shape[0]
    return np.asarray(Image.fromarray(resized(pixels, share)).resize(size, Image.Resampling.BICUBIC))


@pytest.fixture
def find(tmp_path: Path) -> Callable[..., Leaks]:
    def find_them(test: Pictures, train: Pictures, **rest: Any) -> Leaks:
        return find_leaks(test, train, cache=tmp_path, **rest)

    return find_them


A, B, C, D = (scene(seed) for seed in range(4))
GREY = np.full((9, 9, 3), 90, np.uint8)


def test_one_of_each_kind(find: Callable[..., Leaks]) -> None:
    test = Pictures(
        {"copy": A, "jpeg": jpeg(B), "own": D, "broken": None, "flat": GREY, "again": A},
        metadata={"own": {"track": "7"}, "broken": {"track": "8"}, "copy": {"track": ""}},
        name="signs-test",
    )
    train = Pictures(
        {"b": B, "a2": A, "a1": A, "c": C, "c2": jpeg(C), "wall": GREY + 1, "gone": None},
        metadata={"b": {"track": "7"}, "c": {"track": "8"}, "a1": {"track": "9"}, "a2": {"track": ""}},
        name="signs-train",
    )
    found = find(test, train, group_by="track")
    assert found.exact == (Pair("again", "a1"), Pair("copy", "a1"))
    assert [pair[:2] for pair in found.near] == [("jpeg", "b")]
    assert found.near[0].distance <= 4
    assert 0.96 <= found.near[0].correlation <= 1
    assert (found.groups, found.in_groups) == (("7", "8"), ("broken", "own"))
    assert (found.unreadable_test, found.unreadable_train) == (("broken",), ("gone",))
    assert (found.flat_test, found.flat_train) == (("flat",), ("wall",))
    assert found.within_test == Within((("again", "copy"),), ())
    assert found.within_train.exact == (("a1", "a2"),)
    assert [pair[:2] for pair in found.within_train.near] == [("c2", "c")]
    assert (found.n_test, found.n_train) == (6, 7)
    assert found.notes == (
        "1 pictures of signs-test cannot be read and were compared with nothing",
        "1 pictures of signs-test are of a single colour or nearly, so they were compared pixel by pixel only",
        "4 pictures of signs-test have no track, so they are in no group",
        "1 pictures of signs-train cannot be read and were compared with nothing",
        "1 pictures of signs-train are of a single colour or nearly, so they were compared pixel by pixel only",
        "4 pictures of signs-train have no track, so they are in no group",
    )


def test_flat_pictures_are_exact_duplicates_or_none(find: Callable[..., Leaks]) -> None:
    colours = {f"{level}": np.full((8, 8, 3), level, np.uint8) for level in (0, 100, 255)}
    found = find(Pictures(colours), Pictures({"black": colours["0"], "other": colours["0"] + 50, "thin": GREY[:1]}))
    assert found.exact == (Pair("0", "black"),)
    assert found.near == found.within_test.near == found.within_train.near == ()
    assert (len(found.flat_test), len(found.flat_train)) == (3, 3)


def test_the_same_bytes_in_another_shape_are_another_picture(find: Callable[..., Leaks]) -> None:
    found = find(Pictures({"lying": A}), Pictures({"standing": A.reshape(64, 48, 3)}))
    assert found.exact == found.near == ()


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 2), (31, 33)])
def test_odd_shapes(size: tuple[int, int], find: Callable[..., Leaks]) -> None:
    odd = np.random.default_rng(5).integers(0, 256, (*size, 3), dtype=np.uint8)
    found = find(Pictures({"odd": odd, "other": B}), Pictures({"same": odd.copy(), "none": C}))
    assert found.exact == (Pair("odd", "same"),)
    assert found.near == ()


def test_the_nearest_is_named_and_copies_of_it_are_not(find: Callable[..., Leaks]) -> None:
    found = find(
        Pictures({"t": A}), Pictures({"1": jpeg(A, 5), "2": jpeg(A, 95), "3": jpeg(A, 95), "4": C}), distance=16
    )
    assert [pair[:2] for pair in found.near] == [("t", "2")]
    assert found.within_train.exact == (("2", "3"),)
    assert [pair[:2] for pair in found.within_train.near] == [("2", "1")]


def test_near_duplicates_are_not_looked_for_unless_asked(find: Callable[..., Leaks]) -> None:
    found = find(Pictures({"t": A, "u": jpeg(A)}), Pictures({"a": jpeg(A)}), distance=None)
    assert found.exact == (Pair("u", "a"),)
    assert found.near == found.within_test.near == ()


def test_a_column_that_is_not_there(find: Callable[..., Leaks]) -> None:
    with_it = Pictures({"a": A}, metadata={"a": {"track": "1"}}, name="t")
    without = Pictures({"a": A}, metadata={"a": {"trick": "1"}}, name="s")
    with pytest.raises(
        DataError, match=r"^the data set s has no column track that could group it; did you mean trick\?$"
    ):
        find(with_it, without, group_by="track")
    with pytest.raises(
        DataError, match="the data set t has no column x that could group it; it has no metadata at all"
    ):
        find(Pictures({"a": A}, name="t"), with_it, group_by="x")


@pytest.mark.parametrize(
    ("order", "what"), [([], "has no picture"), (["1", "2", "1"], "1 ids more than once, such as 1")]
)
def test_a_set_of_which_not_all_can_be_known(order: list[str], what: str, find: Callable[..., Leaks]) -> None:
    with pytest.raises(DataError, match=what):
        find(Pictures({"a": A}), Pictures({"1": B, "2": C}, order=order))


def test_nothing_can_be_read(find: Callable[..., Leaks]) -> None:
    found = find(Pictures({"a": None}), Pictures({"1": None, "2": None}))
    assert (found.unreadable_test, found.unreadable_train) == (("a",), ("1", "2"))
    assert found.exact == found.near == ()


def test_notes_of_the_sources_are_passed_on(find: Callable[..., Leaks]) -> None:
    train = Pictures({str(number): scene(number) for number in range(5)}, name="train")
    train.notes = ("limited to 5 pictures, sampled by class",)  # type: ignore[attr-defined]
    assert find(Pictures({"a": A}), train).notes == ("train: limited to 5 pictures, sampled by class",)


TEST = {"a": A, "b": jpeg(B), "c": C, "d": None, "e": GREY, "f": back_again(A, 0.9), "g": A}
TRAIN = {"1": jpeg(A), "2": B, "3": C, "4": GREY, "5": None, "6": jpeg(B, 90), "7": C}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ours=st.permutations(list(TEST)), theirs=st.permutations(list(TRAIN)), threads=st.integers(1, 5))
def test_the_order_of_the_listing_changes_nothing(
    ours: list[str], theirs: list[str], threads: int, find: Callable[..., Leaks]
) -> None:
    columns = {"metadata": {name: {"track": name} for name in "ac13"}}
    one = find(Pictures(TEST, **columns), Pictures(TRAIN, **columns), group_by="track")
    other = find(
        Pictures(TEST, order=ours, **columns),
        Pictures(TRAIN, order=theirs, **columns),
        group_by="track",
        threads=threads,
    )
    assert one == other


def test_a_second_run_decodes_nothing_but_what_could_not_be_read(find: Callable[..., Leaks]) -> None:
    ours, theirs = {"a": A, "b": None, "c": C}, {"1": B, "2": C, "3": None}
    first, second = ((Pictures(ours, name="test"), Pictures(theirs, name="train")) for _ in range(2))
    assert find(*first) == find(*second)
    assert [sorted(source.decoded) for source in first] == [["a", "b", "c"], ["1", "2", "3"]]
    assert [source.decoded for source in second] == [["b"], ["3"]]


def test_a_picture_that_changed_is_decoded_again(find: Callable[..., Leaks]) -> None:
    find(Pictures({"t": A}), Pictures({"1": B}))
    changed = Pictures({"t": B})
    assert find(changed, Pictures({"1": B})).exact == (Pair("t", "1"),)


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_a_damaged_cache_changes_nothing(content: bytes, find: Callable[..., Leaks], tmp_path: Path) -> None:
    expected = find(Pictures(TEST), Pictures(TRAIN))
    (tmp_path / FILE).write_bytes(content)
    again = Pictures(TEST)
    assert find(again, Pictures(TRAIN)) == expected
    assert {"b", "e", "f"} <= set(again.decoded)


def test_without_a_place_for_the_cache_pictures_are_decoded(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    found = find_leaks(Pictures(TEST), Pictures(TRAIN), cache=tmp_path / "file")
    assert found.exact == (Pair("c", "3"), Pair("e", "4"))
    assert (tmp_path / "file").is_file()


def folder_of(root: Path) -> DataEntry:
    return DataEntry(root.name, "imagefolder", root, None, {}, {}, Location("configs/data.yaml"), root.parent)


def test_files_of_other_bytes_modes_and_damages(tmp_path: Path) -> None:
    """Exact is what decodes to the same pixels: another format, transparency and a grey file make no difference."""
    grey = Image.fromarray(A).convert("L")
    ours, theirs = tmp_path / "test" / "x", tmp_path / "train" / "x"
    for folder in (ours, theirs):
        folder.mkdir(parents=True)
    Image.fromarray(A).save(ours / "rgb.png")
    Image.fromarray(A).save(theirs / "rgb.bmp")
    Image.fromarray(B).convert("RGBA").save(ours / "rgba.png")
    Image.fromarray(B).save(theirs / "rgba.tif")
    grey.save(ours / "grey.png")
    grey.convert("RGB").save(theirs / "grey.png")
    Image.fromarray(C).save(theirs / "whole.png")
    (ours / "cut.png").write_bytes((theirs / "whole.png").read_bytes()[:1000])
    (ours / "empty.png").write_bytes(b"")
    (theirs / "text.jpg").write_text("no picture")
    for _ in range(2):
        sources = [open_source(folder_of(folder.parent), seed=0) for folder in (ours, theirs)]
        found = find_leaks(*sources, cache=tmp_path / "cache")
        assert found.exact == (
            Pair("x/grey.png", "x/grey.png"),
            Pair("x/rgb.png", "x/rgb.bmp"),
            Pair("x/rgba.png", "x/rgba.tif"),
        )
        assert found.unreadable_test == ("x/cut.png", "x/empty.png")
        assert found.unreadable_train == ("x/text.jpg",)
        # A picture without its colours looks like the picture.
        assert [pair[:2] for pair in found.within_test.near] == [("x/rgb.png", "x/grey.png")]
    assert (tmp_path / "cache" / FILE).is_file()


def signs(split: str, size: int, seed: int) -> Signs:
    options = {"split": split, "size": size, "seed": seed}
    return Signs(DataEntry(f"signs-{split}", "signs", None, None, {}, options, Location("x"), Path(".")))


SIZES = [420, pytest.param(5000, marks=pytest.mark.long)]


@pytest.mark.parametrize("size", SIZES)
def test_independent_sets_of_signs_have_nothing_in_common(size: int, tmp_path: Path) -> None:
    """Measured with 5,000 against 5,000: one pair of hashes within 4 bits, none whose thumbnails correlate as well."""
    found = find_leaks(signs("test", size, 0), signs("train", size, 1), cache=tmp_path)
    assert found.exact == found.near == found.flat_test == found.flat_train == ()
    assert found.within_test == found.within_train == Within()


COPIES: dict[str, tuple[Callable[[Picture], Picture], float, float]] = {
    "JPEG 75": (jpeg, 1.0, 1.0),
    "JPEG 25": (lambda pixels: jpeg(pixels, 25), 0.98, 1.0),
    "90%": (lambda pixels: resized(pixels, 0.9), 1.0, 1.0),
    "90% and back": (lambda pixels: back_again(pixels, 0.9), 1.0, 1.0),
    "half": (lambda pixels: resized(pixels, 0.5), 1.0, 1.0),
    "90% at JPEG 75": (lambda pixels: jpeg(resized(pixels, 0.9)), 1.0, 1.0),
    "a fifth brighter": (lambda pixels: np.clip(pixels * 1.2 + 10, 0, 255).astype(np.uint8), 0.88, 0.98),
    "2 px to the side": (lambda pixels: np.roll(pixels, 2, axis=1), 0.65, 0.85),
    "4 px off each edge": (lambda pixels: pixels[4:-4, 4:-4], 0.4, 0.65),
    "mirrored": (lambda pixels: pixels[:, ::-1].copy(), 0.0, 0.01),
}
"""How a copy is made, and between which shares of the copies are found. The bounds are about what was measured."""


@pytest.fixture(scope="module")
def hashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where what was hashed once is kept: the originals are the same for every kind of copy."""
    return tmp_path_factory.mktemp("hashed")


@pytest.mark.parametrize("kind", COPIES)
def test_what_share_of_copies_is_found(kind: str, hashed: Path) -> None:
    """Every copy of the same pixels is exact; of changed ones a share looks near, and always like its original."""
    make, least, most = COPIES[kind]
    train = signs("train", 420, 1)
    originals = list(train.samples())
    test = signs("test", 420, 0)
    injected = {f"test/{sample.id}": test.read(sample) for sample in list(test.samples())[:60]}
    injected |= {f"same/{sample.id}": train.read(sample) for sample in originals[:60]}
    injected |= {f"copy/{sample.id}": make(train.read(sample)) for sample in originals}
    names = list(injected)
    random.Random(0).shuffle(names)
    found = find_leaks(Pictures(injected, order=names), train, cache=hashed)
    assert found.exact == tuple(
        Pair(f"same/{sample.id}", sample.id) for sample in sorted(originals[:60], key=lambda s: s.id)
    )
    assert all(pair.test == f"copy/{pair.train}" for pair in found.near)
    share = len(found.near) / len(originals)
    print(f"{kind}: {share:.3f}")
    assert least <= share <= most
