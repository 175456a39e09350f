"""models.yaml and data.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustcheck.core.errors import SuiteError
from robustcheck.core.units import Quantity
from robustcheck.language import load_project

INPUT = "input: {size: 224, resize: 256}"
MODELS = f"net: {{kind: python, factory: 'a:b', classes: 3, {INPUT}}}\n"
DATA = "test: {kind: signs}\n"


def read(root: Path, models: str = MODELS, data: str = DATA):
    (root / "configs").mkdir(exist_ok=True)
    (root / "configs" / "models.yaml").write_text(models, encoding="utf-8")
    (root / "configs" / "data.yaml").write_text(data, encoding="utf-8")
    return load_project(root, root / "configs")


def test_full_model(tmp_path: Path) -> None:
    digest = "AB" * 32
    project = read(
        tmp_path,
        f"""robustcheck: 1
lite:
  kind: exported
  description: A small one.
  classes: [stop, no, 7]
  weights: ../weights/lite.pt2
  sha256: {digest}
  input:
    size: [224, 192]
    resize: [256, 240]
    interpolation: bicubic
    antialias: false
    mean: [0.5, 0.5, 0.5]
    std: [0.5, 0.5, 1]
    channels: bgr
  declared: {{test: 97.8%}}
zoo: {{kind: timm, architecture: resnet18, weights: w.pt, classes: 1000, input: {{size: 224, resize: none}}}}
""",
    )
    lite = project.models["lite"]
    assert lite.classes == ("stop", "no", "7")
    assert lite.weights == tmp_path / "weights" / "lite.pt2"
    assert lite.sha256 == digest.lower()
    assert lite.declared == {"test": Quantity(97.8, "%")}
    shape = lite.preprocessing
    assert (shape.input_size, shape.resize, shape.interpolation) == ((224, 192), (256, 240), "bicubic")
    assert (shape.antialias, shape.mean, shape.std, shape.channels) == (False, (0.5,) * 3, (0.5, 0.5, 1.0), "bgr")
    assert str(lite.where) == "configs/models.yaml:2:1"
    zoo = project.models["zoo"]
    assert (zoo.preprocessing.resize, zoo.options, len(zoo.classes)) == (None, {"architecture": "resnet18"}, 1000)


def test_full_data(tmp_path: Path) -> None:
    project = read(
        tmp_path,
        data="""
folder: {kind: imagefolder, path: ../pictures, limit: 50, labels: {0: stop, halt: stop}}
table: {kind: manifest, path: ../a/list.csv, label_column: sign}
other: {kind: manifest, path: ../a/list.csv, folder: ../b}
code: {kind: python, factory: "a.b:c", arguments: {n: 3, deep: [1, {a: no}]}}
fool: {kind: foolbox-samples, dataset: imagenet}
signs: {kind: signs, split: train, size: 100, seed: 3}
""",
    )
    data = project.data
    assert (data["folder"].path, data["folder"].limit) == (tmp_path / "pictures", 50)
    assert data["folder"].labels == {"0": "stop", "halt": "stop"}
    assert data["table"].options == {"path_column": "path", "label_column": "sign", "folder": tmp_path / "a"}
    assert data["other"].options["folder"] == tmp_path / "b"
    assert data["code"].options == {"factory": "a.b:c", "arguments": {"n": 3, "deep": [1, {"a": "no"}]}}
    assert data["fool"].options == {"dataset": "imagenet"}
    assert data["signs"].options == {"split": "train", "size": 100, "seed": 3}


def test_class_file(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("stop\n\nyield \n")
    models = MODELS.replace("classes: 3", "classes: ../names.txt")
    assert read(tmp_path, models).models["net"].classes == ("stop", "yield")


@pytest.mark.parametrize(
    ("marked", "says"),
    [
        ("‸[]\n", "the file must be a mapping"),
        ("‸{}\n", "there is no model in the file"),
        ("net: ‸5\n", "the model net must be a mapping"),
        ("net: ‸{classes: 3}\n", "the model net needs kind"),
        ("net: {kind: ‸torch}\n", "kind cannot be torch; did you mean torchvision?"),
        (MODELS.replace("{kind: p", "‸{kind: p").replace("factory: 'a:b', ", ""), "needs factory"),
        (MODELS.replace("'a:b'", "‸'a.b'"), "an import path such as package.module:function"),
        (MODELS.replace("{kind: p", "‸{kind: p").replace(", " + INPUT, ""), "needs input"),
        (MODELS.replace("{size: 224", "‸{size: 224").replace(", resize: 256", ""), "input needs resize"),
        (MODELS.replace("224", "‸0"), "size must be between 1 and 8192"),
        (MODELS.replace("224", "‸[1, 2, 3]"), "one number or [height, width]"),
        (MODELS.replace("256", "256, mean: ‸[1, 2]"), "mean must be three numbers, or one with channels: gray"),
        (MODELS.replace("256", "256, mean: ‸[123, 116, 103]"), "divide numbers of the 0..255 scale by 255"),
        (MODELS.replace("256", "256, std: ‸[0, 1, 1]"), "above 0 and at most 1, or 255 with scale: 255"),
        (MODELS.replace("256", "256, scale: ‸256"), "scale must be 1 or 255"),
        (MODELS.replace("256", "256, scale: ‸true"), "scale must be 1 or 255"),
        (MODELS.replace("256", "256, exif: ‸ignored"), "exif cannot be ignored; did you mean ignore?"),
        (MODELS.replace("256", "256, alpha: ‸whit"), "alpha cannot be whit; did you mean white?"),
        (MODELS.replace("256", "256, channels: ‸grey"), "channels cannot be grey; did you mean gray?"),
        (MODELS.replace("256", "256, interpolation: ‸cubic"), "did you mean bicubic?"),
        (MODELS.replace("256", "256, channels: ‸rbg"), "channels cannot be rbg; did you mean"),
        (MODELS.replace("classes: 3", "classes: ‸1"), "classes must be between 2 and"),
        (MODELS.replace("classes: 3", "classes: ‸[a]"), "at least two classes"),
        (MODELS.replace("classes: 3", "classes: [a, ‸a]"), "the class a stands twice"),
        (MODELS.replace("classes: 3", "classes: ‸none.txt"), "there is no file none.txt"),
        (MODELS.replace("classes: 3", "classes: ‸/etc/hostname"), "classes leaves the project"),
        (MODELS.replace("classes: 3", "classes: 3, ‸sha256: " + "0" * 64), "there are none"),
        (MODELS.replace("classes: 3", "classes: 3, weights: w, sha256: ‸abc"), "64 hexadecimal digits"),
        (MODELS.replace("classes: 3", "classes: 3, declared: {test: ‸0.97}"), "needs a unit"),
        (MODELS.replace("classes: 3", "classes: 3, declared: {‸tset: 97%}"), "did you mean test?"),
        (MODELS.replace("classes: 3", "classes: 3, ‸architecture: x"), "is no key of the python model net"),
        (MODELS.replace("classes: 3", "classes: 3, arguments: {‸a b: 1}"), "no name of a keyword argument"),
    ],
)
def test_malformed_models(tmp_path: Path, marked: str, says: str) -> None:
    before, _, after = marked.partition("‸")
    place = f"configs/models.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: "
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, before + after)
    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(place)
    assert says in lines[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("a: {kind: imagefolder}\n", "configs/data.yaml:1:4: RC106 the imagefolder data set a needs path"),
        ("a: {kind: folder, path: x}\n", "did you mean imagefolder?"),
        ("a: {kind: signs, limit: 0}\n", "1:25: RC205 limit must be at least 1"),
        ("a: {kind: signs, split: tset}\n", "did you mean test?"),
        ("a: {kind: foolbox-samples, dataset: cifar}\n", "did you mean cifar10?"),
        ("a: {kind: signs, labels: {a: [b]}}\n", "1:30: RC201 labels of a must be a class name, not a list"),
        ("a: {kind: signs}\na: {kind: signs}\n", "2:1: RC104 the key a is written twice"),
        ("robustcheck: 2\na: {kind: signs}\n", "1:14: RC111 robustcheck must be 1"),
    ],
)
def test_malformed_data(tmp_path: Path, data: str, says: str) -> None:
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, data=data)
    assert says in str(caught.value)


def test_missing_folder_and_files(tmp_path: Path) -> None:
    with pytest.raises(
        SuiteError,
        match=r"configs:1:1: RC601 there is no such folder with models.yaml and data.yaml; run `robustcheck init`",
    ):
        load_project(tmp_path, tmp_path / "configs")
    (tmp_path / "configs").mkdir()
    with pytest.raises(SuiteError) as caught:
        load_project(tmp_path, tmp_path / "configs")
    assert [problem.where.file for problem in caught.value.problems] == ["configs/data.yaml", "configs/models.yaml"]
