"""Names of classes and groups match whatever Unicode form they are written in, and stand once."""

from __future__ import annotations

import itertools
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustcheck.core.class_names import class_name, normal, repeated, text_of
from robustcheck.core.errors import SuiteError
from robustcheck.data.labels.overlay import Decision
from robustcheck.engine.sample_index import build_index
from robustcheck.language import load_project, load_suite

FORMS = ("NFC", "NFD")
NAME = "rosé"
MODEL = "net: {kind: python, factory: 'a:b', input: {size: 8, resize: 8}, classes: %s}\n"
SUITE = """
robustcheck: 1
title: t
owner: o
model: net
data: set
expect: {accuracy: ">= 1%"}
checks:
  - shift: light.exposure
    stops: 1ev
    expect: {class_accuracy: {NAME: ">= 1%"}, confusion: {NAME: {blue: "<= 9%"}, blue: {NAME: "<= 9%"}}, group_accuracy: {NAME: {NAME: ">= 1%"}}}
  - attack: pgd
    norm: linf
    eps: 1/255
    targeted: {NAME: blue, blue: NAME}
    expect: {attack_success: "<= 9%"}
"""


def project_of(
    root: Path, classes: str, *, data: str = "set: {kind: imagefolder, path: ../set}\n", listed: bytes = b""
) -> Any:
    configs = root / "configs"
    configs.mkdir(exist_ok=True)
    (configs / "models.yaml").write_text(MODEL % classes, encoding="utf-8")
    (configs / "data.yaml").write_text(data, encoding="utf-8")
    (configs / "classes.txt").write_bytes(listed)
    return load_project(root, configs)


def problems(root: Path, classes: str, **parts: Any) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        project_of(root, classes, **parts)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(("model", "suite"), list(itertools.product(FORMS, FORMS)))
def test_a_suite_names_classes_in_any_form(model: Any, suite: Any, tmp_path: Path) -> None:
    project = project_of(tmp_path, f"[{unicodedata.normalize(model, NAME)}, blue]")
    (tmp_path / "s.yaml").write_text(SUITE.replace("NAME", unicodedata.normalize(suite, NAME)), encoding="utf-8")
    loaded = load_suite(tmp_path / "s.yaml", project)
    named = {word for case in loaded.cases for line in case.expectations for word in line.argument}
    assert named == {NAME, "blue"}
    (attacked,) = (case.how for case in loaded.cases if case.kind == "attack")
    assert attacked.targeted == {NAME: "blue", "blue": NAME}


@pytest.mark.parametrize(
    "content",
    [
        "rosé\nblue\n".encode(),
        unicodedata.normalize("NFD", "rosé\nblue").encode(),
        "\ufeffrosé\r\nblue\r\n".encode(),
        "rosé  \n\n  blue\t\n\n".encode(),
        "rosé\u00a0\n\u200bblue\n\ufeff".encode(),
        "rosé\rblue\r".encode(),
    ],
)
def test_a_list_of_classes_in_any_form(content: bytes, tmp_path: Path) -> None:
    assert project_of(tmp_path, "classes.txt", listed=content).models["net"].classes == (NAME, "blue")


@pytest.mark.parametrize(("key", "value"), list(itertools.product(FORMS, FORMS)))
def test_labels_in_any_form(key: Any, value: Any, tmp_path: Path) -> None:
    labels = f"{{{unicodedata.normalize(key, 'été')}: {unicodedata.normalize(value, NAME)}}}"
    project = project_of(
        tmp_path, f"[{NAME}, blue]", data=f"set: {{kind: imagefolder, path: ../set, labels: {labels}}}\n"
    )
    assert project.data["set"].labels == {"été": NAME}


@pytest.mark.parametrize(("folder", "form"), list(itertools.product(FORMS, FORMS)))
def test_folders_in_any_form(folder: Any, form: Any, tmp_path: Path) -> None:
    from robustcheck.data import open_source

    place = tmp_path / "set" / unicodedata.normalize(folder, NAME)
    place.mkdir(parents=True)
    (place / "0.png").write_bytes(b"x")
    project = project_of(tmp_path, f"[blue, {unicodedata.normalize(form, NAME)}]")
    index = build_index(open_source(project.data["set"], seed=0), project.models["net"].classes)
    assert index.labels.tolist() == [1]


@pytest.mark.parametrize("form", FORMS)
def test_an_overlay_in_any_form(form: Any) -> None:
    said = unicodedata.normalize(form, NAME)
    decision = Decision("0" * 64, "a.png", said, f" {said}", "me", "2026-01-01T00:00:00Z", "", "import", "", blind=True)
    assert (decision.original, decision.label) == (NAME, NAME)


ONE_NAME = {
    "the same": "[rosé, blue, rosé]",
    "another form": "[rosé, blue, rose\u0301]",
    "blanks": "[rosé, blue, 'rosé ']",
    "a hard space": "['traffic light', blue, 'traffic\u00a0light']",
}


@pytest.mark.parametrize("name", ONE_NAME)
def test_two_classes_that_become_one_name_are_an_error(name: str, tmp_path: Path) -> None:
    (line,) = problems(tmp_path, ONE_NAME[name])
    assert line.startswith("configs/models.yaml:1:")
    assert "stands twice in classes (line 1)" in line


def test_all_classes_that_stand_twice_are_told_at_once_with_lines_and_the_cure(tmp_path: Path) -> None:
    names = [f"class {number}" for number in range(1000)]
    names[134] = names[517] = "crane"
    names[638] = names[639] = "maillot"
    names[9] = names[19] = names[29] = "bank"
    found = problems(tmp_path, "classes.txt", listed="\n".join(names).encode())
    assert [line.partition(";")[0] for line in found] == [
        "configs/classes.txt:20:1: RC602 the class bank stands twice in classes.txt (lines 10, 20, 30)",
        "configs/classes.txt:518:1: RC602 the class crane stands twice in classes.txt (lines 135, 518)",
        "configs/classes.txt:640:1: RC602 the class maillot stands twice in classes.txt (lines 639, 640)",
    ]
    assert all(
        "WordNet's ids, and say in labels: of configs/data.yaml how the data calls them" in line for line in found
    )


def test_many_that_stand_twice_are_counted(tmp_path: Path) -> None:
    found = problems(tmp_path, "classes.txt", listed="\n".join([*map(str, range(50))] * 2).encode())
    assert len(found) == 21
    assert "30 more classes stand twice in classes.txt" in found[-1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a\nb\n".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
        ("a\nrosé\n".encode("latin-1"), "line 2 has the byte 0xe9, as in Windows-1252 or Latin-1; save it as UTF-8"),
        ("a\nb\n".encode("utf-16-le") + b"\xff\xd8", "it is UTF-16; save it as UTF-8"),
    ],
)
def test_a_list_that_is_no_utf8_says_what_it_is(content: bytes, says: str, tmp_path: Path) -> None:
    (line,) = problems(tmp_path, "classes.txt", listed=content)
    assert "the class names in classes.txt cannot be read as UTF-8 text" in line
    assert says in line


def test_names_renamed_twice_are_an_error(tmp_path: Path) -> None:
    data = "set: {kind: imagefolder, path: ../set, labels: {rosé: a, 'rose\u0301': b}}\n"
    (line,) = problems(tmp_path, "[a, b]", data=data)
    assert "rosé is renamed twice, here and in line 1" in unicodedata.normalize("NFC", line)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('class_accuracy: {NAME: ">= 1%"}', 'class_accuracy: {NAME: ">= 1%", OTHER: ">= 2%"}'),
        ('NAME: {blue: "<= 9%"}', 'NAME: {blue: "<= 9%"}, OTHER: {blue: "<= 8%"}'),
        ("targeted: {NAME: blue", "targeted: {NAME: blue, OTHER: blue"),
    ],
)
def test_two_thresholds_of_one_name_are_an_error(before: str, after: str, tmp_path: Path) -> None:
    project = project_of(tmp_path, f"[{NAME}, blue]")
    text = SUITE.replace(before, after).replace("OTHER", unicodedata.normalize("NFD", NAME)).replace("NAME", NAME)
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError, match="stands twice"):
        load_suite(tmp_path / "s.yaml", project)


@given(st.text())
def test_names_are_normal_once_and_for_all(text: str) -> None:
    name = class_name(text)
    assert class_name(name) == name == class_name(unicodedata.normalize("NFD", text)) == class_name(f" {text}\t\ufeff")
    assert normal(normal(text)) == normal(text)
    assert text_of(text_of(text)) == text_of(text)


def test_repeated_gives_all_places() -> None:
    assert repeated("abcab") == {"a": [0, 3], "b": [1, 4]}
    assert repeated([]) == {}


@pytest.mark.parametrize("value", [None, float("nan"), "", " ", "NaN", "nan", "<NA>", "NaT"])
def test_what_is_missing_is_an_empty_text(value: object) -> None:
    assert text_of(value) == ""
