"""Which state dict of a checkpoint is meant, what its keys begin with, and what a file is that is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from robustcheck.core.errors import ModelError
from robustcheck.models import Predictor

Open = Callable[..., Predictor]
State = dict[str, torch.Tensor]
CODE = """
def build():
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.BatchNorm1d(192), nn.Linear(192, 3)).eval()
"""


def network(seed: int, classes: int = 3) -> torch.nn.Module:
    torch.manual_seed(seed)
    layers = torch.nn.Flatten(), torch.nn.BatchNorm1d(192), torch.nn.Linear(192, classes)
    return torch.nn.Sequential(*layers).eval()


def state(seed: int = 7, classes: int = 3, prefix: str = "") -> State:
    return {f"{prefix}{key}": value for key, value in network(seed, classes).state_dict().items()}


def adam() -> dict[str, Any]:
    trained = network(3)
    optimizer = torch.optim.Adam(trained.parameters())
    trained(torch.rand(2, 3, 8, 8)).sum().backward()
    optimizer.step()
    return dict(optimizer.state_dict())


def expected(seed: int, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    inputs = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    return network(seed)(inputs).detach().numpy()  # type: ignore[no-any-return]


def keep(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


SEVERAL: dict[str, tuple[Callable[[], Any], str, int]] = {
    "model and model_ema": (lambda: {"model": state(7), "model_ema": state(8)}, "model_ema", 8),
    "state_dict and ema": (lambda: {"state_dict": state(7), "ema": state(9), "epoch": 3}, "ema", 9),
    "nested": (lambda: {"nets": {"a": state(7), "b": {"state": state(8)}}}, "nets.b.state", 8),
    "under other prefixes": (lambda: {"model": state(7), "ema": state(8, prefix="module.")}, "model", 7),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_that_fit_are_refused_until_one_is_named(
    name: str, python_model: Open, tmp_path: Path, pictures: NDArray[np.uint8]
) -> None:
    make, key, seed = SEVERAL[name]
    path = keep(tmp_path / "w.pt", make())
    with pytest.raises(
        ModelError, match=r"holds 2 sets of weights that fit the model: .*such as weights_key: "
    ) as caught:
        python_model(CODE, weights=path)
    assert key in str(caught.value)
    model = open_with(python_model, path, weights_key=key)
    np.testing.assert_allclose(model.logits(pictures), expected(seed, pictures), atol=1e-5)


def open_with(python_model: Open, path: Path, **more: str) -> Predictor:
    from robustcheck.models import open_model

    entry = python_model(CODE, weights=None).entry
    import dataclasses

    return open_model(dataclasses.replace(entry, weights=path, options={**entry.options, **more}), device="cpu")


ONE: dict[str, tuple[Callable[[], Any], bool]] = {
    "ema alone": (lambda: {"ema": state()}, True),
    "with an optimizer": (lambda: {"state_dict": state(), "optimizer": adam()}, True),
    "nested": (lambda: {"checkpoint": {"net": state()}, "step": 4}, True),
    "another network beside it": (lambda: {"student": state(), "teacher": {"x.weight": torch.zeros(2)}}, True),
    "as ever": (lambda: {"state_dict": state(), "epoch": 3}, False),
}


@pytest.mark.parametrize("name", ONE)
def test_the_only_one_that_fits_is_taken_and_said(
    name: str, python_model: Open, tmp_path: Path, pictures: NDArray[np.uint8]
) -> None:
    make, said = ONE[name]
    model = python_model(CODE, weights=keep(tmp_path / "w.pt", make()))
    notes = getattr(model, "notes", ())
    assert any("the only dictionary in it whose tensors fit" in note for note in notes) is said
    np.testing.assert_allclose(model.logits(pictures), expected(7, pictures), atol=1e-5)


def test_a_key_that_is_not_there(python_model: Open, tmp_path: Path) -> None:
    path = keep(tmp_path / "w.pt", {"model": state(7), "model_ema": state(8)})
    with pytest.raises(ModelError, match=r"weights_key: model_em; did you mean model_ema\?"):
        open_with(python_model, path, weights_key="model_em")


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "module._orig_mod.", "model.module.net."])
def test_a_common_prefix_is_named_and_taken_off(
    prefix: str, python_model: Open, tmp_path: Path, pictures: NDArray[np.uint8]
) -> None:
    path = keep(tmp_path / "w.pt", state(prefix=prefix))
    with pytest.raises(ModelError) as caught:
        python_model(CODE, weights=path)
    assert str(caught.value).endswith(f"all 7 keys of w.pt begin with {prefix}: write weights_prefix: {prefix}")
    model = open_with(python_model, path, weights_prefix=prefix)
    np.testing.assert_allclose(model.logits(pictures), expected(7, pictures), atol=1e-5)


def test_a_prefix_that_not_all_keys_have(python_model: Open, tmp_path: Path) -> None:
    path = keep(tmp_path / "w.pt", {**state(prefix="module."), "extra": torch.zeros(1)})
    with pytest.raises(ModelError, match=r"but 1 of 8 keys of w\.pt do not begin with it, such as extra"):
        open_with(python_model, path, weights_prefix="module.")


def test_weights_of_another_number_of_classes_say_so(python_model: Open, tmp_path: Path) -> None:
    path = keep(tmp_path / "w.pt", state(classes=10))
    with pytest.raises(ModelError, match="they are of 10 classes, and the entry lists 3; make `classes` match"):
        python_model(CODE, weights=path)


def test_weights_of_another_architecture_say_so(python_model: Open, tmp_path: Path) -> None:
    path = keep(tmp_path / "w.pt", {"conv.weight": torch.zeros(2, 2)})
    with pytest.raises(ModelError, match="0 of its 7 names agree: they are of another architecture"):
        python_model(CODE, weights=path)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
NO_WEIGHTS = {
    "pointer": (LFS, "a Git LFS pointer, not the file itself: run git lfs pull"),
    "page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "an HTML page, perhaps a login or error page"),
    "empty": (b"", "an empty file: download it again"),
    "zeros": (b"\0" * 900, "a file of zeros"),
    "bucket": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML error of a storage server"),
    "json": (b'{"error": "not found"}', "JSON, perhaps an error of a server"),
    "gzip": (b"\x1f\x8b\x08" + b"\1" * 90, "a gzip file: unpack it"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + b"\1" * 90, "an HDF5 file"),
}


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("name", NO_WEIGHTS)
def test_what_stands_in_for_weights_is_named(name: str, suffix: str, python_model: Open, tmp_path: Path) -> None:
    content, said = NO_WEIGHTS[name]
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        python_model(CODE, weights=path)
    assert said in str(caught.value)
    assert str(caught.value).startswith("configs/models.yaml:3:1: ")
    assert "pickle protocol" not in str(caught.value)
