"""A picture of a table is known by the file that its path leads to, never by how the path is spelled."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path, PureWindowsPath

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustcheck.core.errors import DataError
from robustcheck.data import data_digest, open_source
from robustcheck.data.sources.placing import Places
from robustcheck.domain.config import DataEntry

Entry = Callable[..., DataEntry]
Draw = Callable[..., Path]
ROOT = "ROOT"

SPELLINGS = {
    "a dot": "./red/0.png",
    "two slashes": "red//0.png",
    "up and down": "red/../red/0.png",
    "up from a folder that is not there": "x/../red/0.png",
    "dots within": "red/././0.png",
    "a backslash": "red\\0.png",
    "a dot and a backslash": ".\\red\\0.png",
    "out and in": "../set/red/0.png",
    "absolute": f"{ROOT}/red/0.png",
    "absolute with two slashes": f"/{ROOT}/red/0.png",
    "absolute with dots": f"{ROOT}/blue/../red/./0.png",
    "absolute with backslashes": f"{ROOT}\\red\\0.png",
    "spaces around": "  red/0.png ",
}


def manifest(folder: Path, *rows: str, name: str = "list.csv") -> Path:
    path = folder / name
    lines = (row.replace(ROOT, str(folder)) for row in ("path,label", *rows))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def ids(entry: DataEntry) -> list[str]:
    return [sample.id for sample in open_source(entry, seed=0).samples()]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_picture_named_twice_is_refused_with_both_lines(
    spelling: str, data_entry: Entry, draw: Draw, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    draw(folder / "red" / "0.png")
    (folder / "blue").mkdir()
    path = manifest(folder, "red/0.png,red", "other.png,red", f"{SPELLINGS[spelling]},red")
    with pytest.raises(DataError, match=r"list\.csv:4: the picture red/0\.png is named twice, in line 2 and line 4"):
        ids(data_entry("manifest", path))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_two_labels_of_one_picture_have_words_of_their_own(
    spelling: str, data_entry: Entry, draw: Draw, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    draw(folder / "red" / "0.png")
    (folder / "blue").mkdir()
    path = manifest(folder, "red/0.png,red", f"{SPELLINGS[spelling]},blue")
    with pytest.raises(DataError) as caught:
        ids(data_entry("manifest", path))
    assert "red/0.png is labelled red in line 2 and blue in line 3" in str(caught.value)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_id_is_the_path_from_the_folder(spelling: str, data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    draw(folder / "red" / "0.png", 9)
    (folder / "blue").mkdir()
    source = open_source(data_entry("manifest", manifest(folder, f"{SPELLINGS[spelling]},red")), seed=0)
    (sample,) = source.samples()
    assert sample.id == "red/0.png"
    assert source.read(sample).max() == 9
    assert source.notes == ()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["hard link", "symbolic link", "link to the folder", "other case"])
def test_links_and_disks_that_see_no_case_lead_to_one_file(
    kind: str, data_entry: Entry, draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "set"
    original = draw(folder / "red" / "0.png")
    second = {"link to the folder": "rosso/0.png", "other case": "RED/0.png"}.get(kind, "red/1.png")
    if kind == "hard link":
        os.link(original, folder / second)
    elif kind == "symbolic link":
        (folder / second).symlink_to(original)
    elif kind == "link to the folder":
        (folder / "rosso").symlink_to(folder / "red", target_is_directory=True)
    else:
        real = os.stat
        monkeypatch.setattr(
            "robustcheck.data.sources.placing.os.stat",
            lambda path, **rest: real(str(path).replace("RED", "red"), **rest),
        )
    with pytest.raises(DataError) as caught:
        ids(data_entry("manifest", manifest(folder, "red/0.png,red", f"{second},blue")))
    assert f"list.csv:3: the picture {second} is named twice, in line 2 and line 3" in str(caught.value)
    assert f"as red/0.png and as {second}, which are one file" in str(caught.value)
    assert f"{second} is labelled red in line 2 and blue in line 3" in str(caught.value)


def test_parquet_names_rows(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    draw(tmp_path / "a.png")
    pq.write_table(pa.table({"path": ["a.png", "b.png", "./a.png"], "label": ["x", "x", "y"]}), tmp_path / "l.parquet")
    with pytest.raises(DataError, match=r"l\.parquet:row 3: the picture a\.png is named twice, in row 1 and row 3"):
        ids(data_entry("manifest", tmp_path / "l.parquet"))


def test_labels_that_mean_one_class_do_not_contradict(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    draw(tmp_path / "a.png")
    entry = data_entry("manifest", manifest(tmp_path, "a.png,kitten", "./a.png,cat"), labels={"kitten": "cat"})
    with pytest.raises(DataError) as caught:
        ids(entry)
    assert "named twice" in str(caught.value)
    assert "labelled" not in str(caught.value)


def test_all_that_is_named_twice_is_told_at_once(data_entry: Entry, tmp_path: Path) -> None:
    rows = [f"{n}.png,x" for n in range(8)] + [f"./{n}.png,x" for n in range(8)]
    with pytest.raises(DataError) as caught:
        ids(data_entry("manifest", manifest(tmp_path, *rows)))
    assert [f"list.csv:{n}: " in str(caught.value) for n in range(10, 18)] == [True] * 5 + [False] * 3
    assert "; and 3 more; " in str(caught.value)


def test_a_link_before_dots_leads_on_from_where_it_leads(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    draw(folder / "0.png", 1)
    draw(tmp_path / "far" / "0.png", 2)
    (tmp_path / "far" / "deep").mkdir()
    (folder / "way").symlink_to(tmp_path / "far" / "deep", target_is_directory=True)
    source = open_source(data_entry("manifest", manifest(folder, "0.png,x", "way/../0.png,x")), seed=0)
    assert [(sample.id, source.read(sample).max()) for sample in source.samples()] == [
        ("0.png", 1),
        ("way/../0.png", 2),
    ]


def test_two_machines_give_the_same_ids_and_digest(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    found = []
    for home in ("ada/data", "srv/mnt/very/deep/pictures"):
        folder = tmp_path / home
        for number in range(3):
            draw(folder / "red" / f"{number}.png", number)
        path = manifest(folder.parent, *(f"{folder}/red/{number}.png,red" for number in range(3)))
        source = open_source(data_entry("manifest", path, options={"folder": folder}), seed=0)
        samples = list(source.samples())
        found.append(([sample.id for sample in samples], data_digest(source, samples)))
        assert source.notes == ()  # type: ignore[attr-defined]
    assert found[0] == found[1]
    assert found[0][0] == ["red/0.png", "red/1.png", "red/2.png"]


def test_a_folder_that_a_link_leads_to_is_the_same_folder(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    draw(tmp_path / "real" / "red" / "0.png")
    (tmp_path / "mount").symlink_to(tmp_path / "real", target_is_directory=True)
    path = manifest(tmp_path, f"{tmp_path}/mount/red/0.png,red")
    assert ids(data_entry("manifest", path, options={"folder": tmp_path / "real"})) == ["red/0.png"]


@pytest.mark.parametrize(
    "written", ["/elsewhere/red/0.png", "C:\\data\\red\\0.png", "d:/red/0.png", "\\\\host\\share\\0.png"]
)
def test_paths_of_one_machine_are_told(written: str, data_entry: Entry, tmp_path: Path) -> None:
    source = open_source(data_entry("manifest", manifest(tmp_path, f"{written},red", "a.png,red")), seed=0)
    first = next(iter(list(source.samples())))
    (note,) = source.notes  # type: ignore[attr-defined]
    assert note.startswith("1 picture of small named by paths of one machine")
    assert f"such as {first.id}:" in note
    assert "folder: (configs/data.yaml:2:1)" in note
    assert str(tmp_path) not in first.id


def test_relative_paths_out_of_the_folder_are_no_machines(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    draw(tmp_path / "pictures" / "0.png")
    (tmp_path / "lists").mkdir()
    source = open_source(data_entry("manifest", manifest(tmp_path / "lists", "../pictures/0.png,red")), seed=0)
    assert [sample.id for sample in source.samples()] == ["../pictures/0.png"]
    assert source.notes == ()  # type: ignore[attr-defined]


def test_unicode_forms_of_a_name_are_one_name(data_entry: Entry, draw: Draw, tmp_path: Path) -> None:
    draw(tmp_path / "rosé" / "0.png")
    rows = [f"{unicodedata.normalize(form, 'rosé/0.png')},x" for form in ("NFC", "NFD")]
    with pytest.raises(DataError, match=r"the picture rosé/0\.png is named twice, in line 2 and line 3"):
        ids(data_entry("manifest", manifest(tmp_path, *rows)))


PARTS = st.lists(st.sampled_from(["a", "b", ".", "", "..", "c.png"]), min_size=1, max_size=8)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=PARTS)
def test_a_path_and_its_normal_form_have_one_id(parts: list[str], tmp_path: Path) -> None:
    places = Places(tmp_path)
    text = "/".join(("a", *parts, "0.png"))
    name, file = places.find(text)
    assert places.find(os.path.normpath(text)) == (name, file)
    assert places.find(str(PureWindowsPath(os.path.normpath(text)))) == (name, file)
    assert os.path.normpath(tmp_path / name) == str(file)
    assert places.elsewhere == []


def test_a_path_of_thousands_of_folders_ends_nothing(tmp_path: Path) -> None:
    name, _ = Places(tmp_path).find("/" + "a/" * 20_000 + "0.png")
    assert name.endswith("/a/0.png")
