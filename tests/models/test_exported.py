"""Programs of torch.export: any number of pictures, whatever number they were exported for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.export import Dim

from robustcheck.core.errors import ModelError
from robustcheck.domain.config import ModelEntry
from robustcheck.models import open_model

Entry = Callable[..., ModelEntry]
Pixels = NDArray[np.uint8]


def network(norm: bool = False, drop: float = 0.0) -> torch.nn.Module:
    torch.manual_seed(2)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3),
        torch.nn.BatchNorm2d(4) if norm else torch.nn.ReLU(),
        torch.nn.Dropout(drop),
        torch.nn.Flatten(),
        torch.nn.Linear(144, 3),
    )


def save(path: Path, module: torch.nn.Module, batch: int = 4, dim: Any = None, *, side: int = 8) -> Path:
    shapes = ({0: dim},) if dim is not None else None
    program = torch.export.export(module, (torch.zeros(batch, 3, side, side),), dynamic_shapes=shapes)
    torch.export.save(program, path)
    return path


BATCHES = {
    "any": (4, Dim("batch")),
    "at most 5": (4, Dim("batch", max=5)),
    "from 3 to 4": (4, Dim("batch", min=3, max=4)),
    "always 4": (4, None),
    "always 1": (1, None),
    "always 40": (40, None),
}


@pytest.mark.parametrize("name", BATCHES)
def test_any_number_of_pictures_is_fed(name: str, model_entry: Entry, tmp_path: Path) -> None:
    batch, dim = BATCHES[name]
    path = save(tmp_path / "net.pt2", network().eval(), batch, dim)
    model = open_model(model_entry("exported", weights=path), device="cpu")
    shown = np.random.default_rng(4).integers(0, 256, (11, 8, 8, 3), dtype=np.uint8)
    expected = network().eval()(torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 255).detach().numpy()
    for n in (11, 1, 4):
        np.testing.assert_allclose(model.logits(shown[:n]), expected[:n], atol=1e-5)


TRAINING = {
    "batch norm": ({"norm": True}, "when other pictures are beside it"),
    "dropout": ({"drop": 0.5}, "the second time: it is random"),
}


@pytest.mark.parametrize("name", TRAINING)
@pytest.mark.parametrize("dim", [None, Dim("batch")], ids=["always 4", "any"])
def test_programs_traced_in_training_mode_are_found(
    name: str, dim: Any, model_entry: Entry, tmp_path: Path, pictures: Pixels
) -> None:
    layers, said = TRAINING[name]
    path = save(tmp_path / "net.pt2", network(**layers).train(), dim=dim)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=said):
        open_model(model_entry("exported", weights=path), device="cpu").logits(pictures)


def test_the_digest_follows_the_file(model_entry: Entry, tmp_path: Path) -> None:
    path = save(tmp_path / "net.pt2", network().eval())
    entry = model_entry("exported", weights=path)
    first = open_model(entry, device="cpu").digest
    assert open_model(entry, device="cpu").digest == first
    changed = network().eval()
    with torch.no_grad():
        next(changed.parameters()).add_(1e-3)
    save(path, changed)
    assert open_model(entry, device="cpu").digest != first


def test_a_declared_digest_is_held(model_entry: Entry, tmp_path: Path) -> None:
    path = save(tmp_path / "net.pt2", network().eval())
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    open_model(model_entry("exported", weights=path, sha256=sha256), device="cpu")
    with pytest.raises(ModelError, match=f"{sha256}, not {'f' * 64} as declared"):
        open_model(model_entry("exported", weights=path, sha256="f" * 64), device="cpu")


def two_inputs() -> Any:
    class Two(torch.nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3)) + y

    return torch.export.export(Two(), (torch.zeros(2, 3, 8, 8), torch.zeros(2, 3)))


def test_files_that_cannot_be_used_are_named(model_entry: Entry, tmp_path: Path) -> None:
    noise = tmp_path / "noise.pt2"
    noise.write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"noise\.pt2 cannot be loaded as a program of torch\.export"):
        open_model(model_entry("exported", weights=noise), device="cpu")
    with pytest.raises(ModelError, match=r"absent\.pt2 cannot be read: No such file"):
        open_model(model_entry("exported", weights=tmp_path / "absent.pt2"), device="cpu")
    with pytest.raises(ModelError, match="needs `weights`"):
        open_model(model_entry("exported"), device="cpu")
    torch.export.save(two_inputs(), tmp_path / "two.pt2")
    with pytest.raises(ModelError, match="takes 2 inputs; it must take one"):
        open_model(model_entry("exported", weights=tmp_path / "two.pt2"), device="cpu")
    path = save(tmp_path / "net.pt2", network().eval())
    with pytest.raises(ModelError, match=r"for pictures of 8x8, but input\.size is 16x16; write input\.size: \[8, 8\]"):
        open_model(model_entry("exported", size=16, weights=path), device="cpu")
