"""``robustcheck init --model --data``: entries that fit a model and pictures of one's own, and what is said where none can."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from small_project import MODEL

from robustcheck import run_suite
from robustcheck.cli import init
from robustcheck.core.stock_suite import Line, entry_text, listed, scalar
from robustcheck.language import json_schema, load_project
from robustcheck.language.loader import load_bytes
from robustcheck.language.nodes import plain_value

Call = Callable[..., Any]
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1).filter(
    lambda text: text.strip()
)
CLASSES = ("bright", "dark", "middle")
NETWORKS = f"""{MODEL}

def probabilities():
    return torch.nn.Sequential(Brightness(), torch.nn.Softmax(1)).eval()


class OneLogit(torch.nn.Module):
    def forward(self, x):
        return x.mean(dim=(1, 2, 3)) - 0.5


def one_logit():
    return OneLogit().eval()


class Gray(Brightness):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(1, 1, 1)

    def forward(self, x):
        return super().forward(self.first(x))


def gray():
    return Gray().eval()


def sized(num_classes, width=4):
    parts = torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, num_classes)
    return torch.nn.Sequential(*parts).eval()


def wrapped(n_classes: int = 2):
    return sized(n_classes)


def asks(path, mode):
    raise AssertionError
"""


def pictures(root: Path, *names: str, each: int = 2) -> None:
    """Write a folder of classes whose pictures grow lighter from class to class."""
    for place, name in enumerate(names):
        folder = root / "photos" / name
        folder.mkdir(parents=True)
        for number in range(each):
            level = 40 + 170 * place // max(1, len(names) - 1) + number
            noise = np.random.default_rng(number).normal(level, 20, (30, 40, 3))
            Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).save(folder / f"{number}.png")


@pytest.fixture
def start(robustcheck_command: Call, tmp_path: Path) -> Call:
    """Return a function that starts a project with a model of ``nets.py`` on pictures of three classes."""
    (tmp_path / "nets.py").write_text(NETWORKS, encoding="utf-8")

    def call(model: str, *options: str, classes: tuple[str, ...] = CLASSES) -> Any:
        if not (tmp_path / "photos").exists():
            pictures(tmp_path, *classes)
        return robustcheck_command("init", "--model", model, "--data", "photos", *options)

    return call


def entry(root: Path) -> Any:
    (model,) = load_project(root, root / "configs").models.values()
    return model


def test_a_factory_and_a_folder_run_at_once(start: Call, robustcheck_command: Call, tmp_path: Path) -> None:
    done = start("nets:build", "--size", "16")
    assert done.code == 0, done.out + done.err
    assert [line.split()[:2] for line in done.lines[:6]] == [
        ["wrote", "configs/models.yaml"],
        ["wrote", "configs/data.yaml"],
        ["wrote", "suites/nets.yaml"],
        ["wrote", ".github/workflows/robustcheck.yml"],
        ["wrote", "robustcheck.schema.json"],
        ["wrote", ".gitignore"],
    ]
    assert "robustcheck doctor nets photos" in done.out
    assert "are a starting point" in done.out
    assert "its preprocessing is assumed" in done.out
    model = entry(tmp_path)
    assert (model.classes, model.preprocessing.input_size, model.preprocessing.resize) == (CLASSES, (16, 16), 16)
    assert robustcheck_command("validate").lines[-1] == "1 suite, 11 cases: no problem"
    assert {".robustcheck/", "robustcheck-report/", "robustcheck-preview.*", "*.key"} <= {
        *(tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines()
    }
    result = run_suite("suites/nets.yaml", root=tmp_path, tier="smoke")
    assert len(result.cases) == 5
    assert {case.verdict for case in result.cases} <= {"pass", "fail"}


def test_the_schema_knows_the_names_of_the_project(start: Call, robustcheck_command: Call, tmp_path: Path) -> None:
    start("nets:build")
    text = (tmp_path / "robustcheck.schema.json").read_text(encoding="utf-8")
    assert robustcheck_command("schema", "project").out == text
    assert (tmp_path / "suites/nets.yaml").read_text(encoding="utf-8").splitlines()[0] == (
        "# yaml-language-server: $schema=../robustcheck.schema.json"
    )
    validator = jsonschema.Draft7Validator(json_schema(load_project(tmp_path, tmp_path / "configs")))
    suite = yaml.safe_load((tmp_path / "suites/nets.yaml").read_text(encoding="utf-8"))
    assert not list(validator.iter_errors(suite))
    assert not list(validator.iter_errors({**suite, "model": "${MODEL}"}))
    assert list(validator.iter_errors({**suite, "model": "other"}))
    assert list(validator.iter_errors({**suite, "data": "other"}))
    for name, wrong in (("dark", False), ("drak", True)):
        told = list(validator.iter_errors({**suite, "expect": {"class_accuracy": {name: ">= 90%"}}}))
        assert bool(told) == wrong


@pytest.mark.parametrize(
    ("model", "classes", "said"),
    [
        ("nets:probabilities", CLASSES, {"outputs": "probabilities"}),
        ("nets:one_logit", ("dark", "light"), {"outputs": "one_logit"}),
        ("nets:sized", ("a", "b", "c", "d"), {"options": {"factory": "nets:sized", "arguments": {"num_classes": 4}}}),
        ("nets:wrapped", CLASSES, {"options": {"factory": "nets:wrapped", "arguments": {"n_classes": 3}}}),
    ],
)
def test_what_the_model_says_of_itself_is_written(
    start: Call, tmp_path: Path, model: str, classes: tuple[str, ...], said: dict[str, Any]
) -> None:
    done = start(model, "--size", "8", classes=classes)
    assert done.code == 0, done.out + done.err
    assert {key: getattr(entry(tmp_path), key) for key in said} == said


def test_a_network_of_one_channel(start: Call, tmp_path: Path) -> None:
    assert start("nets:gray", "--size", "8").code == 0
    assert (entry(tmp_path).preprocessing.channels, entry(tmp_path).preprocessing.mean) == ("gray", (0.0,))


def test_more_outputs_than_folders_is_told_and_the_names_can_be_given(start: Call, tmp_path: Path) -> None:
    done = start("nets:build", "--size", "8", classes=("dark", "light"))
    assert done.code == 1
    assert "the model cannot be run yet:" in done.out
    assert "3 logits, but its entry lists 2 classes" in done.out
    assert "--classes" in done.out
    (tmp_path / "names.txt").write_text("light\nmiddle\ndark\n", encoding="utf-8")
    done = start("nets:build", "--size", "8", "--classes", "names.txt", "--force")
    assert done.code == 0, done.out
    assert "replaced  configs/models.yaml" in done.out
    assert entry(tmp_path).classes == ("light", "middle", "dark")


def test_names_that_yaml_takes_for_something_else(start: Call, tmp_path: Path) -> None:
    names = ("1", "no", "no entry", "null", "on", 'rosé: "sec" # 2', "Yes", "~", "- a", "[b]", "1.5e3", "0x1F")
    done = start("nets:sized", "--size", "8", classes=names)
    assert done.code == 0, done.out + done.err
    assert entry(tmp_path).classes == tuple(sorted(names))


@given(st.lists(WORDS, min_size=1, max_size=40))
def test_what_is_written_says_the_very_words(words: list[str]) -> None:
    lines = (Line("one", scalar(words[0])), Line("all", listed(words), "comment"), Line("in", (Line("a", "1"),), "c"))
    text = entry_text(words[0], lines)
    assert plain_value(load_bytes(text.encode(), "f")) == {words[0]: {"one": words[0], "all": words, "in": {"a": 1}}}


def test_nothing_is_overwritten_and_what_is_missing_is_added(start: Call, tmp_path: Path) -> None:
    start("nets:build", "--size", "16")
    files = [tmp_path / name for name in ("configs/models.yaml", "configs/data.yaml", "suites/nets.yaml")]
    files[2].write_text(files[2].read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    before = [file.read_bytes() for file in files]
    assert start("nets:build", "--size", "32").code == 0
    assert [file.read_bytes() for file in files] == before
    done = start("nets:sized", "--size", "16")
    assert done.code == 0, done.out
    assert "added  configs/models.yaml" in done.out
    assert [file.read_bytes() for file in files[1:]] == before[1:]
    assert list(load_project(tmp_path, tmp_path / "configs").models) == ["nets", "sized"]
    assert files[0].read_bytes().startswith(before[0])


def test_entries_that_are_there_need_a_suite_alone(start: Call, robustcheck_command: Call, tmp_path: Path) -> None:
    start("nets:build", "--size", "16")
    (tmp_path / "suites/nets.yaml").unlink()
    done = robustcheck_command("init", "--model", "nets", "--data", "photos")
    assert done.code == 0
    assert "wrote  suites/nets.yaml" in done.out
    assert robustcheck_command("validate").code == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--model", "nets:build"], "--model needs --data FOLDER beside it"),
        (["--data", "photos"], "--data needs --model FACTORY|ARCHITECTURE|FILE beside it"),
        (["--size", "8"], "--size say more of a model"),
        (["--model", "nets:build", "--data", "photso"], "the data photso: there is no such folder"),
        (["--model", "nets:build", "--data", "nets.py"], "it is a file; name a folder with one folder a class"),
        (
            ["--model", "nets:build", "--data", "empty"],
            "the data empty: empty/ has no class folder with a picture in it",
        ),
        (["--model", "nets:build", "--data", "parts"], "no training has seen, such as parts/val"),
        (["--model", "nets:biuld", "--data", "photos"], "nets has no biuld; did you mean build?"),
        (["--model", "nest:build", "--data", "photos"], "there is no module nest"),
        (["--model", "nets:asks", "--data", "photos"], "nets:asks needs path, mode, which nobody can guess"),
        (["--model", "w/none.pth", "--data", "photos"], "there is no file w/none.pth; name package.module:function"),
        (["--model", "resnet51", "--data", "photos"], "there is no model resnet51; did you mean resnet50"),
        (["--model", "resnet50", "--data", "photos"], "resnet50 needs weights: without them its network is random"),
        (["--model", "w/best.pth", "--data", "photos"], "as in `--model resnet50 --weights best.pth`"),
        (["--model", "nets:build", "--data", "photos", "--weights", "x"], "--weights x: there is no such file"),
        (["--model", "nets:build", "--data", "photos", "--classes", "x"], "--classes x: the file cannot be read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_started_is_told_and_writes_nothing(
    robustcheck_command: Call, tmp_path: Path, options: list[str], told: str
) -> None:
    (tmp_path / "nets.py").write_text(NETWORKS, encoding="utf-8")
    pictures(tmp_path, *CLASSES)
    for name in ("empty", "w", "parts/train/a", "parts/val/a"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "w" / "best.pth").write_bytes(b"weights")
    done = robustcheck_command("init", *options)
    assert done.code in (2, 4)
    assert told in done.err
    assert not (tmp_path / "configs").exists()
    assert not (tmp_path / "suites").exists()


@pytest.fixture(scope="module")
def squeezenet(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Any]:
    import torch
    import torchvision

    def build(classes: int) -> Any:
        torch.manual_seed(0)
        return torchvision.models.squeezenet1_1(weights=None, num_classes=classes).state_dict()

    return build


def test_a_file_named_after_its_network(start: Call, tmp_path: Path, squeezenet: Callable[[int], Any]) -> None:
    import torch

    (tmp_path / "weights").mkdir()
    # As training with DataParallel saves it.
    state = {f"module.{name}": value for name, value in squeezenet(3).items()}
    torch.save(state, tmp_path / "weights" / "squeezenet1_1-signs.pth")
    for model in ("weights/squeezenet1_1-signs.pth", "squeezenet1_1"):
        done = start(model, "--force")
        assert done.code == 0, done.out + done.err
    model = entry(tmp_path)
    assert model.options == {"architecture": "squeezenet1_1", "weights_prefix": "module."}
    assert model.weights == tmp_path / "weights" / "squeezenet1_1-signs.pth"
    shape = model.preprocessing
    assert (shape.input_size, shape.resize, shape.interpolation) == ((224, 224), 256, "bilinear")
    assert "ASSUMED: that of torchvision's IMAGENET1K_V1" in (tmp_path / "configs/models.yaml").read_text("utf-8")


def test_folders_that_are_some_of_imagenets_classes(
    start: Call, tmp_path: Path, squeezenet: Callable[[int], Any]
) -> None:
    import torch

    torch.save(squeezenet(1000), tmp_path / "squeezenet1_1.pth")
    done = start("squeezenet1_1.pth", classes=("goldfish", "tench"))
    assert done.code == 0, done.out + done.err
    classes = entry(tmp_path).classes
    assert (len(classes), classes[:2], len({*classes})) == (1000, ("tench", "goldfish"), 1000)


def test_an_exported_program_says_its_size(start: Call, tmp_path: Path) -> None:
    import torch

    module = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 3)).eval()
    torch.export.save(torch.export.export(module, (torch.zeros(2, 3, 24, 32),)), tmp_path / "shipped.pt2")
    done = start("shipped.pt2")
    assert done.code == 0, done.out + done.err
    model = entry(tmp_path)
    assert (model.name, model.kind, model.preprocessing.input_size) == ("shipped", "exported", (24, 32))


def read_until(terminal: int, words: str, seconds: float = 120) -> str:
    """Return what a terminal shows, once it shows some words or has ended."""
    shown, end = "", time.monotonic() + seconds
    while words not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65536).decode()
            except OSError:  # the other end is closed
                break
    return shown


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "robustcheck.cli", "init"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        yield process, ours
        process.kill()
    os.close(ours)


def test_on_a_terminal_it_asks(terminal: tuple[subprocess.Popen[bytes], int], tmp_path: Path) -> None:
    process, ours = terminal
    (tmp_path / "nets.py").write_text(NETWORKS, encoding="utf-8")
    pictures(tmp_path, *CLASSES)
    for question, answer in (
        ("model: ", "nets:build"),
        ("data: ", "photso"),
        ("data: ", "photos"),
        ("weights: ", ""),
        ("install: ", "robustcheck"),
        ("install: ", "./vendor/robustcheck"),
    ):
        shown = read_until(ours, question)
        assert question in shown
        if answer == "photos":
            assert "there is no folder photso" in shown
        os.write(ours, f"{answer}\n".encode())
    shown = read_until(ours, "starting point")
    assert process.wait(30) == 0, shown
    assert entry(tmp_path).options["factory"] == "nets:build"
    # A name that anybody could take is asked again.
    assert 'ROBUSTCHECK: "./vendor/robustcheck"' in (tmp_path / init.WORKFLOW).read_text(encoding="utf-8")
