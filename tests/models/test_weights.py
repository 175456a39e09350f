"""Weights files: held against their digest, loaded without running code, fitted by name."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from robustcheck.core.errors import ModelError
from robustcheck.models import Predictor

Open = Callable[..., Predictor]
CODE = """
def build():
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.BatchNorm1d(192), nn.Linear(192, 3)).eval()
"""


def trained() -> torch.nn.Module:
    torch.manual_seed(7)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.BatchNorm1d(192), torch.nn.Linear(192, 3)).eval()


def saved(path: Path, content: Any) -> Path:
    if path.suffix == ".safetensors":
        save_file(content, path)
    else:
        torch.save(content, path)
    return path


@pytest.mark.parametrize("form", ["safetensors", "state dict", "state_dict", "model", "old"])
def test_weights_are_loaded(form: str, python_model: Open, tmp_path: Path, pictures: NDArray[np.uint8]) -> None:
    state: Any = dict(trained().state_dict())
    if form == "old":
        del state["1.num_batches_tracked"]
    content = {form: state} if form in ("state_dict", "model") else state
    path = saved(tmp_path / ("w.safetensors" if form == "safetensors" else "w.pt"), content)
    model = python_model(CODE, weights=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest().upper())
    expected = trained()(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255)
    np.testing.assert_allclose(model.logits(pictures), expected.detach().numpy(), atol=1e-5)


class Evil:
    def __reduce__(self) -> Any:
        return (print, ("run",))


def wrong(path: Path, name: str) -> Path:
    state = dict(trained().state_dict())
    if name == "missing and surplus":
        state["2.wight"] = state.pop("2.weight")
    if name == "prefix":
        state = {f"module.{key}": value for key, value in state.items()}
    if name == "shape":
        state["2.weight"] = torch.zeros(4, 192)
    if name == "whole model":
        return saved(path, trained())
    if name == "code":
        return saved(path, {"2.weight": Evil()})
    if name == "no dict":
        return saved(path, [1, 2])
    if name == "noise":
        path.write_bytes(b"not weights at all" * 40)
        return path
    if name == "absent":
        return path
    return saved(path, state)


WRONG = {
    "missing and surplus": "lack 1 parameters, such as 2.weight and have 1 that the model lacks, such as 2.wight (did you mean 2.weight?)",
    "prefix": "all 7 keys of w.pt begin with module.: write weights_prefix: module.",
    "shape": "2.weight has the shape (4, 192), the model wants (3, 192)",
    "whole model": "holds more than tensors and would run code when loaded; save `model.state_dict()`, or use safetensors",
    "code": "holds more than tensors and would run code when loaded",
    "no dict": "holds a list, not a state dict of tensors",
    "noise": "w.pt ",
    "absent": "cannot be read: No such file or directory",
}


@pytest.mark.parametrize("name", WRONG)
def test_weights_that_do_not_fit_are_named(
    name: str, python_model: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = wrong(tmp_path / "w.pt", name)
    with pytest.raises(ModelError) as caught:
        python_model(CODE, weights=path)
    assert str(caught.value).startswith("configs/models.yaml:3:1: ")
    assert WRONG[name] in str(caught.value)
    assert "run\n" not in capsys.readouterr().out


def test_safetensors_that_are_cut_off(python_model: Open, tmp_path: Path) -> None:
    path = saved(tmp_path / "w.safetensors", dict(trained().state_dict()))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelError, match=r"the weights w\.safetensors cannot be loaded"):
        python_model(CODE, weights=path)


def test_a_file_that_was_swapped_is_refused_before_it_is_read(python_model: Open, tmp_path: Path) -> None:
    path = wrong(tmp_path / "w.pt", "noise")
    found, declared = hashlib.sha256(path.read_bytes()).hexdigest(), "0" * 64
    with pytest.raises(ModelError) as caught:
        python_model(CODE, weights=path, sha256=declared)
    for part in ("w.pt", found, declared, "fetch that one, or correct sha256 after reviewing this one"):
        assert part in str(caught.value)


def shards(folder: Path) -> Path:
    """Save the weights as two files of a folder."""
    state = dict(trained().state_dict())
    folder.mkdir()
    saved(folder / "model-00001-of-00002.safetensors", {name: state[name] for name in state if name.startswith("1.")})
    saved(folder / "model-00002-of-00002.safetensors", {name: state[name] for name in state if name.startswith("2.")})
    return folder


def test_a_folder_of_shards_is_loaded_and_held_against_its_digest(
    python_model: Open, tmp_path: Path, pictures: NDArray[np.uint8]
) -> None:
    folder = shards(tmp_path / "model")
    listing = subprocess.run(
        "find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum | cut -f1 -d' '",
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    model = python_model(CODE, weights=folder, sha256=listing.stdout.strip())
    expected = trained()(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255)
    np.testing.assert_allclose(model.logits(pictures), expected.detach().numpy(), atol=1e-5)
    (folder / "model-00002-of-00002.safetensors").rename(folder / "model-00003-of-00003.safetensors")
    with pytest.raises(ModelError, match="as declared"):
        python_model(CODE, weights=folder, sha256=listing.stdout.strip())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda folder: shutil.copy(folder / "model-00002-of-00002.safetensors", folder / "z.safetensors"),
            "has 2.bias again",
        ),
        (lambda folder: [path.rename(path.with_suffix(".bin")) for path in folder.iterdir()], "no .safetensors file"),
        (lambda folder: [path.unlink() for path in folder.iterdir()], "there is no file in this folder"),
        (lambda folder: (folder / "out").symlink_to(folder.parent), "leads out of model"),
    ],
    ids=["twice", "none", "empty", "link out"],
)
def test_a_folder_that_is_no_set_of_shards_is_refused(
    change: Callable[[Path], Any], says: str, python_model: Open, tmp_path: Path
) -> None:
    folder = shards(tmp_path / "model")
    change(folder)
    with pytest.raises(ModelError, match=re.escape(says)):
        python_model(CODE, weights=folder)
