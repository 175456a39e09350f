"""Networks of torchvision and timm are built as their weights need, and entries are held against what is published."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from robustcheck.core.errors import ModelError
from robustcheck.domain.config import ModelEntry
from robustcheck.models import open_model
from robustcheck.models.published import by_digest, timm_weights, torchvision_weights
from robustcheck.models.zoo import AUXILIARY

Entry = Callable[..., ModelEntry]
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
BUILDERS = torchvision.models.list_models(module=torchvision.models)
SIDE = {"googlenet": 64, "inception_v3": 96}


def saved(folder: Path, name: str, **arguments: Any) -> tuple[torch.nn.Module, Path]:
    torch.manual_seed(3)
    more = {"init_weights": False} if name in AUXILIARY else {}
    network = torchvision.models.get_model(name, weights=None, num_classes=3, **more, **arguments).eval()
    torch.save(network.state_dict(), folder / "w.pth")
    return network, folder / "w.pth"


@pytest.mark.parametrize("aux", [True, False])
@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("name", AUXILIARY)
def test_what_the_state_dict_does_not_tell_is_demanded(
    name: str, turned: bool, aux: bool, model_entry: Entry, tmp_path: Path
) -> None:
    network, path = saved(tmp_path, name, transform_input=turned, aux_logits=aux)
    options = {"architecture": name}
    with pytest.raises(ModelError, match=r"^configs/models.yaml:3:1: .*write arguments: \{transform_input: true\}"):
        open_model(model_entry("torchvision", 3, SIDE[name], options=options, weights=path), device="cpu")
    options["arguments"] = {"transform_input": turned}  # type: ignore[assignment]
    entry = model_entry("torchvision", 3, SIDE[name], options=options, weights=path, input=IMAGENET)
    shown = np.random.default_rng(0).integers(0, 256, (2, SIDE[name], SIDE[name], 3), dtype=np.uint8)
    inputs = torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(IMAGENET[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    with torch.no_grad():
        wanted = network((inputs - mean) / std).numpy()
    np.testing.assert_allclose(open_model(entry, device="cpu").logits(shown), wanted, rtol=1e-3, atol=1e-4)


def test_no_other_builder_has_an_argument_that_changes_what_weights_mean() -> None:
    asked = {"transform_input"}
    with_it = set()
    for name in BUILDERS:
        built = typing.get_type_hints(torchvision.models.get_model_builder(name))["return"]
        if asked & inspect.signature(built).parameters.keys():
            with_it.add(name)
    assert with_it == set(AUXILIARY)


def test_the_published_file_is_known_by_its_digest() -> None:
    (inception,) = torchvision_weights("inception_v3")
    assert by_digest([inception], f"0cc3c7bd{'0' * 56}") == inception
    assert by_digest([inception], "0" * 64) is None


@pytest.mark.parametrize("name", BUILDERS)
def test_every_builder_says_what_it_publishes(name: str) -> None:
    for published in torchvision_weights(name):
        assert published.classes == (0 if published.name == "IMAGENET1K_FEATURES" else 1000)
        assert published.size[0] >= 224


@pytest.mark.parametrize("form", ["pth", "safetensors"])
@pytest.mark.parametrize("name", ["mnasnet0_5", "densenet121"])
def test_layouts_of_published_files_are_read(name: str, form: str, model_entry: Entry, tmp_path: Path) -> None:
    _, path = saved(tmp_path, name)
    if name == "densenet121":
        state = torch.load(path, weights_only=True)
        for part in ("norm1", "conv1", "norm2", "conv2"):
            old = {key: key.replace(f".{part}.", f".{part[:-1]}.{part[-1]}.") for key in state if "denselayer" in key}
            state = {old.get(key, key): value for key, value in state.items()}
        assert any(".norm.1." in key for key in state)
        torch.save(state, path)
    if form == "safetensors":
        save_file(dict(torch.load(path, weights_only=True)), tmp_path / "w.safetensors")
        path = tmp_path / "w.safetensors"
    entry = model_entry("torchvision", 3, 64, options={"architecture": name}, weights=path)
    assert open_model(entry, device="cpu").logits(np.zeros((2, 64, 64, 3), np.uint8)).shape == (2, 3)


def test_a_transformer_is_built_for_the_size_of_the_entry(model_entry: Entry, tmp_path: Path) -> None:
    _, path = saved(tmp_path, "vit_b_32", image_size=64)
    entry = model_entry("torchvision", 3, 64, options={"architecture": "vit_b_32"}, weights=path)
    assert open_model(entry, device="cpu").logits(np.zeros((2, 64, 64, 3), np.uint8)).shape == (2, 3)


def test_an_entry_unlike_the_published_weights_is_noted(model_entry: Entry, tmp_path: Path) -> None:
    _, path = saved(tmp_path, "squeezenet1_1")
    options = {"architecture": "squeezenet1_1"}
    (note,) = open_model(model_entry("torchvision", 3, 64, options=options, weights=path), device="cpu").notes  # type: ignore[attr-defined]
    for said in (
        "size [64, 64], theirs [224, 224]",
        "resize 64, theirs 256",
        "mean [0, 0, 0]",
        "3 classes, theirs 1000",
    ):
        assert said in note


def test_an_entry_unlike_timms_configuration_is_noted(model_entry: Entry, tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    name = "mobilenetv3_small_050.lamb_in1k"
    (published,) = timm_weights(name)
    assert (published.size, published.interpolation, published.classes) == ((224, 224), "bicubic", 1000)
    torch.save(timm.create_model("mobilenetv3_small_050", num_classes=4).state_dict(), tmp_path / "w.pt")
    entry = model_entry("timm", 4, 32, options={"architecture": name}, weights=tmp_path / "w.pt")
    (note,) = open_model(entry, device="cpu").notes  # type: ignore[attr-defined]
    assert "interpolation bilinear, theirs bicubic" in note
    assert f"weights {name}" in note


@pytest.mark.parametrize("kind", ["torchvision", "timm"])
def test_a_network_without_weights_is_refused(kind: str, model_entry: Entry) -> None:
    pytest.importorskip("timm")
    with pytest.raises(
        ModelError, match=r"^configs/models.yaml:3:1: .* needs weights: without them its network is random"
    ):
        open_model(model_entry(kind, options={"architecture": "resnet18"}), device="cpu")


@pytest.mark.parametrize("argument", ["weights", "pretrained", "num_classes"])
def test_arguments_that_fetch_or_stand_elsewhere_are_refused(argument: str, model_entry: Entry, tmp_path: Path) -> None:
    _, path = saved(tmp_path, "squeezenet1_1")
    options = {"architecture": "squeezenet1_1", "arguments": {argument: 3}}
    with pytest.raises(ModelError, match=f"may not hold {argument}: "):
        open_model(model_entry("torchvision", 3, 64, options=options, weights=path), device="cpu")
