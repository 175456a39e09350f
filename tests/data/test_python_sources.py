"""Pictures from a project's own Python code."""

from __future__ import annotations

import itertools
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from robustcheck.core.errors import ChangedPicture, DataError, UnreadablePicture
from robustcheck.data import data_digest, open_source
from robustcheck.data.source import Source
from robustcheck.data.sources.pixels import as_picture
from robustcheck.domain.config import DataEntry, Decoding

Entry = Callable[..., DataEntry]
Open = Callable[..., Source]
COUNT = itertools.count()

HEAD = """
import numpy as np

def item(number):
    return f"{number}", np.full((2, 3, 3), number % 256, np.uint8), "ab"[number % 2], {"night": number % 3 == 0}

"""
SEQUENCE = """
class Items:
    def __len__(self):
        return count
    def __getitem__(self, number):
        return item(number)

"""
GENERATOR = "def build(count=9):\n    for number in range(count):\n        yield item(number)\n"
FORMS = {
    "list": "def build(count=9):\n    return [item(number) for number in range(count)]\n",
    "sequence": SEQUENCE + "count = 9\ndef build():\n    return Items()\n",
    "generator": GENERATOR,
    "iterator": "def build(count=9):\n    return map(item, range(count))\n",
    "source": """
from robustcheck.data import Sample

class Own:
    __slots__ = ()
    columns = ("night",)
    def samples(self):
        for number in range(9):
            yield Sample(str(number), "ab"[number % 2], {"night": str(number % 3 == 0)}, number)
    def read(self, sample):
        return item(sample.handle)[1]
    def content(self, sample):
        return sample.id

def build():
    return Own()
""",
}


@pytest.fixture
def python_source(data_entry: Entry, tmp_path: Path) -> Open:
    def opened(code: str, limit: int | None = None, **parts: Any) -> Source:
        name = f"sampled_{next(COUNT)}"
        (tmp_path / f"{name}.py").write_text(HEAD + textwrap.dedent(code), encoding="utf-8")
        options = {"factory": f"{name}:build", "arguments": parts.pop("arguments", {})}
        return open_source(data_entry("python", options=options, **parts), seed=0, limit=limit)

    return opened


@pytest.mark.parametrize("form", FORMS)
def test_every_form_lists_and_reads_alike(form: str, python_source: Open) -> None:
    source = python_source(FORMS[form], labels={"a": "even"})
    samples = list(source.samples())
    assert [(sample.id, sample.label) for sample in samples[:3]] == [("0", "even"), ("1", "b"), ("2", "even")]
    assert len(samples) == 9
    assert source.columns == ("night",)
    assert [sample.metadata["night"] for sample in samples[:4]] == ["True", "False", "False", "True"]
    for order in (samples, samples[::-1], samples[3:5]):
        assert [int(source.read(sample)[0, 0, 0]) for sample in order] == [int(sample.id) for sample in order]
    assert [sample.id for sample in source.samples()] == [sample.id for sample in samples]
    assert len({source.content(sample) for sample in samples}) == 9
    assert data_digest(source, samples) == data_digest(source, source.samples())


@pytest.mark.parametrize("form", FORMS)
def test_threads_get_their_own_pictures(form: str, python_source: Open) -> None:
    source = python_source(FORMS[form])
    samples = list(source.samples()) * 5
    with ThreadPoolExecutor(4) as pool:
        assert [int(pixels[0, 0, 0]) for pixels in pool.map(source.read, samples)] == [int(one.id) for one in samples]


@pytest.mark.parametrize("form", ["generator", "sequence"])
def test_a_limit_works_on_them(form: str, python_source: Open) -> None:
    source = python_source(FORMS[form], limit=4)
    samples = list(source.samples())
    assert sorted(sample.label for sample in samples) == ["a", "a", "b", "b"]
    assert [int(source.read(sample)[0, 0, 0]) for sample in samples] == [int(sample.id) for sample in samples]


def test_reading_in_order_takes_one_pass_whatever_the_threads(python_source: Open) -> None:
    code = (
        "made = []\n\ndef build():\n    def passing():\n        for number in range(400):\n            made.append(number)\n"
        "            yield item(number)\n    return passing()\n\ndef total():\n    return len(made)\n"
    )
    source = python_source(code)
    samples = list(source.samples())
    total = sys.modules[source.entry.options["factory"].split(":")[0]].total  # type: ignore[attr-defined]
    assert total() == 400
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(source.read, samples, chunksize=1))
    assert total() <= 400 + 400 + 100


def test_a_sequence_may_name_its_own_content(python_source: Open) -> None:
    source = python_source(SEQUENCE + "    digest = 'v3'\n\ncount = 3\ndef build():\n    return Items()\n")
    assert [source.content(sample) for sample in source.samples()] == ["v3:0", "v3:1", "v3:2"]


WRONG = {
    "no factory": ("x = 1\n", "has no build"),
    "number": ("def build():\n    return 3\n", "returned int; it must return a sequence or an iterator of (id, picture, label)"),
    "fails at once": ("def build():\n    raise OSError('no camera')\n", "failed: OSError: no camera (sampled_"),
    "fails later": ("def build():\n    yield item(0)\n    raise ValueError('end of film')\n", "failed after 1 pictures: ValueError: end of film (sampled_"),
    "sequence fails": ("class Items:\n    def __len__(self):\n        return 3\n    def __getitem__(self, n):\n        return [item(0)][n]\n\ndef build():\n    return Items()\n", "failed after 1 pictures: IndexError: list index out of range (sampled_"),
    "pairs": ("def build():\n    return [item(0)[:2]]\n", "item 0 of small is a tuple of 2, not (id, picture, label)"),
    "arrays": ("def build():\n    return [item(0)[1]]\n", "item 0 of small is ndarray"),
    "dict": ("def build():\n    return {'a': 1}\n", "failed after 0 pictures: KeyError: 0"),
    "metadata": ("def build():\n    return [(*item(0)[:3], 'rain')]\n", "the metadata of item 0 of small is str, not a dict"),
    "own items": ("class Own:\n    read = content = None\n    def samples(self):\n        yield 3\n\ndef build():\n    return Own()\n", "item 0 of small is int, not a robustcheck.data.Sample"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_code_that_is_wrong_is_told_in_one_line(name: str, python_source: Open) -> None:
    code, said = WRONG[name]
    with pytest.raises(DataError) as caught:
        list(python_source(code).samples())
    assert str(caught.value).startswith("configs/data.yaml:2:1: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["generator", "list"])
def test_no_picture_is_unreadable_not_the_end(form: str, python_source: Open) -> None:
    items = "[item(0), ('bad', np.zeros((2, 2), float), 'a'), item(2)]"
    source = python_source(f"def build():\n    {'yield from' if form == 'generator' else 'return'} {items}\n")
    samples = list(source.samples())
    assert source.content(samples[1]).startswith("unreadable: ")
    assert source.read(samples[0]).max() == 0
    with pytest.raises(UnreadablePicture, match="dtype float64 is no uint8"):
        source.read(samples[1])
    assert source.read(samples[2]).max() == 2


PASSES = {
    "other pixels": "item(next(clock))[1]",
    "random": "np.random.default_rng().integers(0, 256, (4, 4, 3), dtype=np.uint8)",
}


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_that_gives_other_pictures_is_found(name: str, python_source: Open) -> None:
    head = "import itertools\nclock = itertools.count()\n\n"
    source = python_source(f"{head}def build():\n    for n in range(3):\n        yield str(n), {PASSES[name]}, 'a'\n")
    samples = list(source.samples())
    with pytest.raises(ChangedPicture, match="another picture here than when it was listed"):
        source.read(samples[2])


def test_a_pass_that_ends_early_is_found(python_source: Open) -> None:
    code = "left = [5, 2]\n\ndef build():\n    for number in range(left.pop(0)):\n        yield item(number)\n"
    source = python_source(code)
    samples = list(source.samples())
    with pytest.raises(ChangedPicture, match="a later pass ended after 2 pictures"):
        source.read(samples[4])


@pytest.mark.parametrize("count", [20_000, pytest.param(200_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("form", ["generator", "sequence"])
def test_memory_does_not_grow_with_the_number_of_pictures(form: str, count: int, python_source: Open) -> None:
    code = (
        "def made(number):\n    rng = np.random.default_rng(number)\n"
        "    return str(number), rng.integers(0, 256, (16, 16, 3), dtype=np.uint8), str(number % 10)\n\n"
    )
    if form == "generator":
        code += f"def build():\n    return map(made, range({count}))\n"
    else:
        code += SEQUENCE.replace("item(", "made(") + f"count = {count}\ndef build():\n    return Items()\n"
    source, process = python_source(code), psutil.Process()
    seen, before = 0, 0
    for sample in source.samples():
        assert source.read(sample).shape == (16, 16, 3)
        seen += 1
        if seen == 2000:
            before = process.memory_info().rss
    assert seen == count
    # A digest of each picture is held, with its name; of the pictures, which have 768 bytes each and more, none.
    assert process.memory_info().rss - before < 400 * count


IMAGES: dict[str, tuple[Image.Image, list[int]]] = {
    "RGB": (Image.new("RGB", (1, 1), (1, 2, 3)), [1, 2, 3]),
    "grey": (Image.new("L", (1, 1), 9), [9, 9, 9]),
    "one bit": (Image.new("1", (1, 1), 1), [255, 255, 255]),
    "transparent": (Image.new("RGBA", (1, 1), (1, 2, 3, 0)), [255, 255, 255]),
}


@pytest.mark.parametrize("name", IMAGES)
def test_pillow_images_are_treated_as_files_are(name: str) -> None:
    picture, pixel = IMAGES[name]
    assert as_picture(picture, "p", Decoding()).pixels.tolist() == [[pixel]]


def test_pillow_images_are_turned_upright() -> None:
    picture = Image.new("RGB", (2, 1))
    picture.getexif()[274] = 6
    assert as_picture(picture, "p", Decoding()).pixels.shape == (2, 1, 3)


@pytest.mark.parametrize(
    "picture",
    [np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 3), np.float32), np.zeros((0, 2, 3), np.uint8), "a.png", None,
     Image.new("F", (1, 1)), Image.new("I;16", (1, 1))],
)  # fmt: skip
def test_pictures_that_leave_open_what_is_meant_are_refused(picture: Any) -> None:
    with pytest.raises(UnreadablePicture, match=r"^p: "):
        as_picture(picture, "p", Decoding())
