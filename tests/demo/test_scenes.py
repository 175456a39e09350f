"""The demo's pictures: the same everywhere, whatever the order, and whole or not there."""

import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from robustcheck.core.errors import DataError
from robustcheck.demo import drawn_signs, scenes
from robustcheck.demo.faces import CLASSES, face
from robustcheck.demo.renderer import generator, render

PICTURES = "from robustcheck.demo import scenes; import hashlib; s = scenes.load('test', 15, 3); "


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(drawn_signs.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "signs"


def digest(images):
    return hashlib.sha256(np.ascontiguousarray(images)).hexdigest()


def test_class_names_are_stable():
    assert CLASSES == (
        "stop",
        "yield",
        "turn_left",
        "turn_right",
        "straight_ahead",
        "roundabout",
        "no_entry",
        "speed_30",
        "speed_50",
        "speed_80",
        "no_overtaking",
        "priority_road",
        "pedestrian_crossing",
        "road_works",
    )


def test_a_set_is_described_as_promised(own_cache):
    loaded = scenes.load("test", 15)
    assert loaded.names == CLASSES
    assert loaded.images.shape == (15, 160, 160, 3)
    assert loaded.images.dtype == np.uint8
    assert isinstance(loaded.images, np.memmap)
    assert not loaded.images.flags.writeable
    assert loaded.labels == (*CLASSES, "stop")
    assert loaded.ids[0] == "test/stop/00000"
    assert loaded.ids[-1] == "test/stop/00001"
    assert len(set(loaded.ids)) == 15
    allowed = {
        "distance": {"near", "middle", "far"},
        "time": {"day", "dusk"},
        "background": {"street", "field", "town"},
    }
    for metadata in loaded.metadata:
        assert metadata.keys() == allowed.keys()
        assert all(metadata[key] in allowed[key] for key in allowed)


def test_pictures_do_not_depend_on_size_or_order(own_cache):
    many, few = scenes.load("test", 30, 5), scenes.load("test", 16, 5)
    assert np.array_equal(many.images[:16], few.images)
    assert many.metadata[:16] == few.metadata
    for index in (15, 3, 0):
        label, number = many.labels[index], int(many.ids[index].rsplit("/", 1)[1])
        alone = render(label, generator(5, "test", label, number))
        assert np.array_equal(alone.pixels, many.images[index])
        assert alone.metadata == many.metadata[index]


def test_two_processes_draw_the_same_pixels(own_cache, tmp_path):
    here = digest(scenes.load("test", 15, 3).images)
    environment = {**os.environ, drawn_signs.VARIABLE: str(tmp_path / "other"), "PYTHONHASHSEED": "7"}
    there = subprocess.run(
        [sys.executable, "-c", PICTURES + "print(hashlib.sha256(s.images.tobytes()).hexdigest())"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here


def test_splits_and_seeds_share_no_picture(own_cache):
    sets = [scenes.load(split, 28) for split in scenes.SPLITS] + [scenes.load("test", 28, 1)]
    pictures = [digest(image) for loaded in sets for image in loaded.images]
    assert len(set(pictures)) == 4 * 28


def test_left_and_right_are_mirror_twins():
    left, right = face("turn_left"), face("turn_right")
    for one, other in zip(left, right, strict=True):
        assert one.colour == other.colour
        assert np.array_equal(one.points * [-1, 1], other.points)
    assert not all(np.array_equal(one.points, other.points) for one, other in zip(left, right, strict=True))


@pytest.mark.parametrize("name", CLASSES)
def test_faces_stay_within_their_sign(name):
    for shape in face(name):
        assert np.isfinite(shape.points).all()
        assert np.abs(shape.points).max() < 1.25


def test_the_sign_is_in_the_middle_and_its_surroundings_are_real():
    scene = render("no_entry", generator(0, "test", "no_entry", 0)).pixels.astype(int)
    bar, rim = scene[80, 80], scene[:20].reshape(-1, 3)
    assert bar.min() > 100
    assert np.ptp(bar) < 60
    assert len(np.unique(rim, axis=0)) > 50


@pytest.mark.parametrize("damage", ["truncate", "flip", "notes", "missing notes"])
def test_a_torn_cache_is_drawn_again(own_cache, damage):
    whole = scenes.load("test", 14).images.copy()
    (pixels,), (notes,) = own_cache.glob("*.npy"), own_cache.glob("*.json")
    stored = pixels.read_bytes()
    if damage == "truncate":
        pixels.write_bytes(stored[:5000])
    elif damage == "flip":
        pixels.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    elif damage == "notes":
        notes.write_text(notes.read_text("utf-8")[:40], "utf-8")
    else:
        notes.unlink()
    assert np.array_equal(scenes.load("test", 14).images, whole)
    assert pixels.read_bytes() == stored
    assert json.loads(notes.read_text("utf-8"))["sha256"] == hashlib.sha256(stored).hexdigest()


def test_an_intact_cache_is_not_drawn_again(own_cache, monkeypatch):
    scenes.load("test", 14)
    monkeypatch.setattr(scenes, "render", lambda *_: pytest.fail("drawn although cached"))
    scenes.load("test", 14)


def test_an_interrupted_write_leaves_nothing(own_cache, monkeypatch):
    def interrupted(file, array, **_):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(drawn_signs.np, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scenes.load("test", 14)
    assert list(own_cache.iterdir()) == []


def test_processes_that_draw_at_once_agree(own_cache):
    command = [sys.executable, "-c", PICTURES + "print(hashlib.sha256(s.images.tobytes()).hexdigest())"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {process.communicate(timeout=60)[0].strip() for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert answers == {digest(scenes.load("test", 15, 3).images)}
    assert sorted(path.suffix for path in own_cache.iterdir()) == [".json", ".npy"]


def test_a_new_renderer_does_not_read_old_pictures(own_cache, monkeypatch):
    scenes.load("test", 14)
    monkeypatch.setattr(scenes, "version", lambda: "0" * 64)
    scenes.load("test", 14)
    assert len(list(own_cache.glob("*.npy"))) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tset", 14, 0), "the signs have no split tset; did you mean test?"),
        (("test", 0, 0), "the signs cannot give 0 pictures; ask for 1 to 100000"),
        (("test", 14, -1), "the signs cannot be drawn with seed -1; use 0 or more"),
    ],
)
def test_wrong_requests_are_refused(arguments, message):
    with pytest.raises(DataError) as raised:
        scenes.load(*arguments)
    assert str(raised.value) == message


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(drawn_signs.VARIABLE, str(tmp_path / "file"))
    with pytest.raises(DataError, match=f"cannot be stored in .*file.*set {drawn_signs.VARIABLE}"):
        scenes.load("test", 1)


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x/cache"}, "/x/cache/robustcheck"),
        ("linux", {"HOME": "/home/ada"}, "/home/ada/.cache/robustcheck"),
        ("darwin", {"HOME": "/Users/ada"}, "/Users/ada/Library/Caches/robustcheck"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/robustcheck"),
        ("linux", {"ROBUSTCHECK_CACHE": "/mine", "XDG_CACHE_HOME": "/x/cache"}, "/mine"),
    ],
)
def test_the_cache_lies_where_the_platform_keeps_caches(monkeypatch, platform, variables, expected):
    for name in ("ROBUSTCHECK_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(drawn_signs.sys, "platform", platform)
    assert drawn_signs.folder().as_posix() == expected


def test_drawing_needs_neither_torch_nor_cv2(tmp_path):
    code = "import sys; from robustcheck.demo import scenes; scenes.load('test', 1); print(sorted({'torch', 'cv2', 'scipy'} & set(sys.modules)))"
    environment = {**os.environ, drawn_signs.VARIABLE: str(tmp_path)}
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
