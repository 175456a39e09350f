"""Every kind of model, built without a download, behind its preprocessing."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from robustcheck.core.errors import ModelError
from robustcheck.domain.config import ModelEntry
from robustcheck.models import Predictor, open_model

Open = Callable[..., Predictor]
Write = Callable[[str], str]
Entry = Callable[..., ModelEntry]
Pixels = NDArray[np.uint8]

LINEAR = """
def build(seed=0, scale=1.0):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Flatten(), nn.Linear(192, 3))
    net.scale = scale
    return net.eval()
"""
SEEING = """
class Seeing(nn.Module):
    def forward(self, x):
        return x.mean((2, 3)) * 1.0

def build():
    return Seeing().eval()
"""


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_logits_see_what_the_entry_says(channels: str, python_model: Open, pictures: Pixels) -> None:
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.25, 0.125)
    model = python_model(SEEING, input={"mean": mean, "std": std, "channels": channels})
    colours = pictures.astype(np.float64).mean((1, 2)) / 255
    expected = (colours[:, :: 1 if channels == "rgb" else -1] - mean) / std
    np.testing.assert_allclose(model.logits(pictures), expected, atol=1e-5)


def test_forward_is_the_same_function_and_differentiable(python_model: Open, pictures: Pixels) -> None:
    model = python_model(LINEAR, input={"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5), "channels": "bgr"})
    box = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(255).requires_grad_()
    logits = model.forward(box)
    np.testing.assert_allclose(logits.detach().numpy(), model.logits(pictures), atol=1e-5)
    logits.sum().backward()
    assert box.grad is not None
    assert box.grad.abs().min() > 0


def test_other_preprocessing_shares_the_network_but_not_the_digest(python_model: Open, pictures: Pixels) -> None:
    model = python_model(SEEING)
    other = model.with_preprocessing(dataclasses.replace(model.entry.preprocessing, channels="bgr"))
    np.testing.assert_allclose(other.logits(pictures), model.logits(pictures)[:, ::-1], atol=1e-6)
    assert other.digest != model.digest
    assert other.with_preprocessing(model.entry.preprocessing).digest == model.digest


def test_what_torch_was_set_to_is_put_back(python_model: Open, pictures: Pixels) -> None:
    backends = torch.backends
    model = python_model(LINEAR)
    before = backends.cudnn.benchmark, backends.cudnn.deterministic, backends.cuda.matmul.allow_tf32
    backends.cudnn.benchmark, backends.cudnn.deterministic, backends.cuda.matmul.allow_tf32 = True, False, True
    try:
        model.logits(pictures)
        after = backends.cudnn.benchmark, backends.cudnn.deterministic, backends.cuda.matmul.allow_tf32
        assert after == (True, False, True)
    finally:
        backends.cudnn.benchmark, backends.cudnn.deterministic, backends.cuda.matmul.allow_tf32 = before


@pytest.mark.skipif(not hasattr(torch.backends.cuda.matmul, "fp32_precision"), reason="torch has no newer switches")
def test_models_that_use_torchs_newer_switches_work_too(python_model: Open, pictures: Pixels) -> None:
    matmul: Any = torch.backends.cuda.matmul
    model, before = python_model(LINEAR), matmul.fp32_precision
    matmul.fp32_precision = "tf32"
    try:
        assert model.logits(pictures).shape == (6, 3)
        assert matmul.fp32_precision == "tf32"
    finally:
        matmul.fp32_precision = before


FACTORIES = {
    "no colon": ("tiny", "", "tiny is no import path; write package.module:function"),
    "no module": ("absent_module:build", "", "there is no module absent_module"),
    "no function": ("{}:bild", "def build(): pass", "has no bild; did you mean build?"),
    "no callable": ("{}:build", "build = 3", "is int, not a function"),
    "raises": ("{}:build", "def build():\n    return 1 / 0", "failed: ZeroDivisionError: division by zero (written_"),
    "exits": ("{}:build", "import sys\n\ndef build():\n    sys.exit('no licence')", "failed: SystemExit: no licence (written_"),
    "breaks": ("{}:build", "def build(:\n    pass", "SyntaxError: "),
    "needs": ("{}:build", "import absent_package", "needs absent_package, which is not installed"),
    "no module returned": ("{}:build", "def build():\n    return 3", "returned int, not a torch.nn.Module"),
    "argument": ("{}:build", "def build():\n    pass", "TypeError: build() got an unexpected keyword argument 'depth'"),
}  # fmt: skip


@pytest.mark.parametrize("name", FACTORIES)
def test_a_factory_that_fails_is_told_in_one_line(name: str, model_entry: Entry, write_module: Write) -> None:
    path, code, said = FACTORIES[name]
    options: dict[str, Any] = {"factory": path.format(write_module(code))}
    if name == "argument":
        options["arguments"] = {"depth": 3}
    with pytest.raises(ModelError) as caught:
        open_model(model_entry(options=options), device="cpu")
    text = str(caught.value)
    assert text.startswith("configs/models.yaml:3:1: ")
    assert said in text
    assert "\n" not in text


def test_the_users_own_line_is_told_not_torchs(model_entry: Entry, write_module: Write) -> None:
    name = write_module("from torch import nn\n\ndef build():\n    return nn.Linear(-1, 3)\n")
    with pytest.raises(ModelError, match=rf"\({name}\.py:4\)$"):
        open_model(model_entry(options={"factory": f"{name}:build"}), device="cpu")


@pytest.mark.parametrize(("device", "said"), [("gpu", "there is no device gpu"), ("cuda:99", "no device cuda:99"), ("meta", "no device meta")])  # fmt: skip
def test_a_device_that_is_not_there(device: str, said: str, model_entry: Entry) -> None:
    with pytest.raises(ModelError, match=said):
        open_model(model_entry(), device=device)


def test_torchvision(model_entry: Entry, tmp_path: Path) -> None:
    import torchvision

    torch.save(torchvision.models.squeezenet1_1(num_classes=7).state_dict(), tmp_path / "w.pt")
    entry = model_entry("torchvision", 7, 32, options={"architecture": "squeezenet1_1"}, weights=tmp_path / "w.pt")
    model = open_model(entry, device="cpu")
    shown = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    assert model.logits(shown).shape == (2, 7)
    with pytest.raises(ModelError, match="torchvision has no classifier resnet19; known: resnet18, "):
        open_model(dataclasses.replace(entry, options={"architecture": "resnet19"}), device="cpu")


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "mobilenetv3_small_050.lamb_in1k"])
def test_timm(name: str, model_entry: Entry, tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    torch.save(timm.create_model(name.partition(".")[0], num_classes=4).state_dict(), tmp_path / "w.pt")
    entry = model_entry("timm", 4, 32, options={"architecture": name}, weights=tmp_path / "w.pt")
    model = open_model(entry, device="cpu")
    assert model.logits(np.zeros((1, 32, 32, 3), np.uint8)).shape == (1, 4)


def test_timm_that_is_not_known_or_not_installed(model_entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("timm")
    entry = model_entry("timm", options={"architecture": "mobilnetv3_small_050"})
    with pytest.raises(ModelError, match="timm has no model mobilnetv3_small_050; did you mean mobilenetv3_small_050"):
        open_model(entry, device="cpu")
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ModelError, match=r"needs timm: python -m pip install timm"):
        open_model(entry, device="cpu")


BASE = {"seed": 1}
OTHERS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "weights": (LINEAR, {"seed": 2}, {}),
    "argument that is no parameter": (LINEAR, {"seed": 1, "scale": 2.0}, {}),
    "source": (LINEAR + "# x\n", BASE, {}),
    "mean": (LINEAR, BASE, {"input": {"mean": (0.5, 0.5, 0.5)}}),
    "classes": (LINEAR, BASE, {"classes": ("a", "c", "b")}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_model_has_another_digest(name: str, python_model: Open) -> None:
    code, arguments, parts = OTHERS[name]
    base = python_model(LINEAR, BASE, classes=("a", "b", "c"))
    assert base.digest != python_model(code, arguments, **{"classes": ("a", "b", "c"), **parts}).digest


COUNTING = """
class Scaled(nn.Module):
    def __init__(self, how):
        super().__init__()
        self.how = how

    def forward(self, x):
        return x.mean((2, 3)) * self.how

    def extra_repr(self):
        return str(lambda: 0)

def build():
    return Scaled(float(__import__("os").environ.get("SCALE", 1))).eval()
"""


def test_plain_settings_of_a_module_are_part_of_its_digest(
    model_entry: Entry, write_module: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = write_module("import torch\nfrom torch import nn\n" + COUNTING)
    entry = model_entry(options={"factory": f"{name}:build"})
    base = open_model(entry, device="cpu").digest
    assert open_model(entry, device="cpu").digest == base
    monkeypatch.setenv("SCALE", "2")
    assert open_model(entry, device="cpu").digest != base


def test_the_digest_is_the_same_in_another_process_and_folder(
    model_entry: Entry, write_module: Write, tmp_path: Path
) -> None:
    name = write_module("import torch\nfrom torch import nn\n" + COUNTING)
    entry = model_entry(options={"factory": f"{name}:build"})
    here = open_model(entry, device="cpu").digest
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    text = (tmp_path / f"{name}.py").read_text(encoding="utf-8")
    (elsewhere / f"{name}.py").write_bytes(text.replace("\n", "\r\n").encode())
    script = (
        "from pathlib import Path; from robustcheck.core.errors import Location; from robustcheck.models import open_model\n"
        "from robustcheck.domain.config import ModelEntry, Preprocessing\n"
        f"entry = ModelEntry('small', 'python', ('0', '1', '2'), Preprocessing((8, 8), 8), None, None, {{}}, {entry.options!r},"
        f" Location('elsewhere.yaml'), Path({str(elsewhere)!r}))\n"
        "print(open_model(entry, device='cpu').digest)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.strip() == here


def test_a_digest_is_64_hexadecimal_digits(python_model: Open) -> None:
    assert len(bytes.fromhex(python_model(LINEAR).digest)) == hashlib.sha256().digest_size
