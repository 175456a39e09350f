"""What goes into a model is what torchvision would give it, and the model comes out as it went in."""

from __future__ import annotations

import importlib
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from robustcheck.core.errors import ModelError
from robustcheck.domain.config import ModelEntry
from robustcheck.models import Predictor, open_model

Open = Callable[..., Predictor]
Entry = Callable[..., ModelEntry]
Pixels = NDArray[np.uint8]

SEEING = """
class Seeing(nn.Module):
    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append(x.detach().clone())
        return x.mean((2, 3)) * torch.tensor([3.0, -2.0, 1.0]) - 1

def build():
    return Seeing().eval()
"""
NORMS: dict[str, dict[str, Any]] = {
    "ImageNet": {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)},
    "half": {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
    "none": {},
    "bytes": {"mean": (0.0, 0.0, 0.0), "std": (1 / 255, 1 / 255, 1 / 255)},
}


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_inputs_are_those_of_torchvision(name: str, channels: str, python_model: Open, pictures: Pixels) -> None:
    from torchvision import transforms

    norm = NORMS[name]
    model: Any = python_model(SEEING, input={**norm, "channels": channels})
    model.logits(pictures)
    pipeline = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize(norm.get("mean", (0.0,) * 3), norm.get("std", (1.0,) * 3))]
    )
    ordered = pictures if channels == "rgb" else pictures[..., ::-1]
    expected = torch.stack([pipeline(Image.fromarray(np.ascontiguousarray(picture))) for picture in ordered])
    torch.testing.assert_close(model.module.seen[-1], expected, atol=1e-6, rtol=1e-6)


LAYOUTS: dict[str, Callable[[Pixels], Pixels]] = {
    "columns first": np.asfortranarray,
    "mirrored": lambda pixels: np.ascontiguousarray(pixels[:, :, ::-1])[:, :, ::-1],
    "part of a larger one": lambda pixels: np.pad(pixels, ((0, 0), (2, 2), (3, 3), (0, 0)))[:, 2:-2, 3:-3],
    "channels apart": lambda pixels: np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1),
    "not to be written": lambda pixels: np.frombuffer(pixels.tobytes(), np.uint8).reshape(pixels.shape).copy(),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layout_in_memory_does_not_matter(name: str, python_model: Open, pictures: Pixels) -> None:
    model = python_model(SEEING)
    laid = LAYOUTS[name](pictures)
    laid.flags.writeable = name != "not to be written" and laid.flags.writeable
    kept = pictures.copy()
    np.testing.assert_array_equal(model.logits(laid), python_model(SEEING).logits(pictures))
    np.testing.assert_array_equal(laid, kept)


CONVOLVING = """
class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.tensor(SCALE))
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.5), nn.Flatten(), nn.Linear(288, 3))

    def forward(self, x):
        return self.body(x) * self.scale

def build():
    torch.manual_seed(0)
    return Scaled().eval()
"""


def code(scale: float = 1.0) -> str:
    return f"SCALE = {scale}\n{CONVOLVING}"


def test_a_model_comes_out_as_it_went_in(python_model: Open, pictures: Pixels) -> None:
    model: Any = python_model(code())
    module = model.module
    before = {name: value.clone() for name, value in module.state_dict().items()}
    needs = [parameter.requires_grad for parameter in module.parameters()]
    random, threads = torch.get_rng_state(), torch.get_num_threads()
    first, second = model.logits(pictures), model.logits(pictures)
    np.testing.assert_array_equal(first, second)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert [parameter.requires_grad for parameter in module.parameters()] == needs
    assert all(parameter.grad is None for parameter in module.parameters())
    assert not any(part.training for part in module.modules())
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.get_num_threads() == threads
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_gradients_after_predictions_are_those_of_the_module(python_model: Open, pictures: Pixels) -> None:
    model: Any = python_model(code(), input=NORMS["ImageNet"])
    model.logits(pictures)
    box = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(NORMS["ImageNet"][key]).view(3, 1, 1) for key in ("mean", "std"))
    ours, theirs = box.clone().requires_grad_(), box.clone().requires_grad_()
    model.forward(ours).square().sum().backward()
    model.module((theirs - mean) / std).square().sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_a_buffer_is_part_of_the_digest_and_the_folder_is_not(
    model_entry: Entry, write_module: Callable[[str], str], tmp_path: Path
) -> None:
    # The same source, so that only the loaded buffer differs.
    name = write_module("import torch\nfrom torch import nn\n" + code())
    entry: dict[str, Any] = {"options": {"factory": f"{name}:build"}}
    state = open_model(model_entry(**entry), device="cpu").module.state_dict()  # type: ignore[attr-defined]
    digests = []
    for number, scale in enumerate((1.0, 2.0, 2.0)):
        path = tmp_path / f"folder{number}" / f"weights{number}.pt"
        path.parent.mkdir()
        torch.save({**state, "scale": torch.tensor(scale)}, path)
        if number == 2:
            shutil.copy(tmp_path / "folder1" / "weights1.pt", path)
        digests.append(open_model(model_entry(**entry, weights=path), device="cpu").digest)
    assert digests[0] != digests[1]
    assert digests[1] == digests[2]


def test_weights_that_would_run_code_do_not_run_it(python_model: Open, tmp_path: Path) -> None:
    trace = tmp_path / "ran"

    class Hostile:
        def __reduce__(self) -> Any:
            return exec, (f"open({str(trace)!r}, 'w').close()",)

    for number, write in enumerate((lambda value, path: path.write_bytes(pickle.dumps(value, 2)), torch.save)):
        path = tmp_path / f"hostile{number}.pt"
        write({"body.4.bias": Hostile()}, path)
        with pytest.raises(
            ModelError, match=rf"hostile{number}\.pt holds more than tensors and would run code when loaded"
        ):
            python_model(code(), weights=path)
        assert not trace.exists()
    torch.load(path, weights_only=False)
    assert trace.exists(), "the file was harmless, so that the test showed nothing"


def test_a_pickle_protocol_that_cannot_be_checked_is_named(python_model: Open, tmp_path: Path) -> None:
    state = python_model(code()).module.state_dict()  # type: ignore[attr-defined]
    torch.save(dict(state), tmp_path / "new.pt", pickle_protocol=4)
    with pytest.raises(ModelError, match=r"new\.pt was saved in a pickle protocol that torch\.load cannot check; save"):
        python_model(code(), weights=tmp_path / "new.pt")


@pytest.mark.parametrize("kind", ["torchvision", "timm"])
def test_weights_for_another_number_of_classes_are_named(kind: str, model_entry: Entry, tmp_path: Path) -> None:
    options = {"architecture": "squeezenet1_1"}
    if kind == "timm":
        pytest.importorskip("timm")
        options = {"architecture": "test_resnet"}
    name = options["architecture"]
    library = importlib.import_module("timm" if kind == "timm" else "torchvision.models")
    make = library.create_model if kind == "timm" else library.get_model
    torch.save(make(name, num_classes=5).state_dict(), tmp_path / "five.pt")
    opened = open_model(model_entry(kind, 5, 32, options=options, weights=tmp_path / "five.pt"), device="cpu")
    assert opened.logits(np.zeros((1, 32, 32, 3), np.uint8)).shape == (1, 5)
    with pytest.raises(
        ModelError, match=r"five\.pt do not fit the model: .* has the shape \(5, .*, the model wants \(3, "
    ):
        open_model(model_entry(kind, 3, 32, options=options, weights=tmp_path / "five.pt"), device="cpu")


HARMLESS = {
    "positive": "logits.relu() + 1",
    "between 0 and 1 in part": "logits.sigmoid() * torch.tensor([1.0, 1.0, 5.0])",
    "negative": "-logits.square() - 1",
    "large": "logits * 1e6",
    "tiny": "logits * 1e-6",
    "far from nothing": "logits + 1e4",
    "one that wins always": "logits * 1e-2 + torch.tensor([50.0, 0.0, 0.0])",
    "sums to one": "logits - logits.mean(1, keepdim=True) + 1 / 3",
    "one that is never": "torch.cat([logits[:, :2], torch.full_like(logits[:, :1], -1e4)], 1)",
}
PLAIN = """
class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 1), nn.Dropout(0.5), nn.Linear(1, 3)
        )

    def forward(self, x):
        logits = self.body(x) * 4
        return {returned}

def build():
    return Plain().eval()
"""


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("count", [1, 2, 6, 40])
def test_no_false_alarm(name: str, count: int, python_model: Open) -> None:
    """A bottleneck of one number, and outputs that only look wrong."""
    shown = np.random.default_rng(8).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    model: Any = python_model(PLAIN.format(returned=HARMLESS[name]))
    assert model.logits(shown).shape == (count, 3)
    assert model.notes == ()


def test_infinite_logits_of_a_later_batch_are_counted(python_model: Open, pictures: Pixels) -> None:
    returned = "logits / (x.mean((1, 2, 3))[:, None] < 0.99)"
    model = python_model(PLAIN.format(returned=returned))
    model.logits(pictures)
    pictures[[0, 2, 3]] = 255
    with pytest.raises(ModelError, match="gives infinite logits for 3 of 6 pictures"):
        model.logits(pictures)
