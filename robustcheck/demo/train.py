"""Train the demo's models: ``python -m robustcheck.demo.train signs-web|signs-robot|signs-hardened --out DIR``.

All see scenes of the same split. ``signs-web`` sees fewer of them, and as photographs are published:
the sign centred and well lit. ``signs-robot`` sees them as a robot's camera does: reframed and in any
light, which takes more scenes and more passes to learn. ``signs-hardened`` sees what ``signs-web`` sees, each picture
changed so that the network of that moment misreads it: adversarial training after Madry et al. (2018).
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import math
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import torch
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from robustcheck.core.checksums import digest_of_set
from robustcheck.demo import scenes
from robustcheck.demo.attacking import harden, robust_accuracy
from robustcheck.demo.faces import CLASSES
from robustcheck.demo.framing import RESIZE, VIEW, reframe, view
from robustcheck.demo.lighting import relight
from robustcheck.demo.network import PRETRAINED, SignNetwork


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained.

    Attributes:
        world: ``web`` or ``robot``.
        size: Number of training scenes.
        epochs: Passes over them.
        seed: Of weights, order and augmentation.
        scene_seed: Of the scenes themselves.
        batch: Pictures a step.
        rate: Highest learning rate of a single cycle.
        decay: Weight decay of AdamW.
        smoothing: Label smoothing.
        eps: Linf radius of adversarial training, in the box [0, 1]; 0 trains on the pictures as they are.
        attack_steps: Gradient steps of each attack.
    """

    world: str
    size: int
    epochs: int
    seed: int = 0
    scene_seed: int = 0
    batch: int = 64
    rate: float = 4e-3
    decay: float = 0.02
    smoothing: float = 0.05
    eps: float = 0.0
    attack_steps: int = 0


ROOT = Path(__file__).parents[2]
"""The checkout whose commit is trained."""

WARM_UP = 6
"""Epochs in which the radius grows, without which the network would learn nothing at first."""

GATE = 4 / 255
"""Radius at which the provenance says how robust a hardened network is."""

RECIPES = {
    "signs-web": Recipe("web", size=980, epochs=10),
    "signs-robot": Recipe("robot", size=2800, epochs=40),
    "signs-hardened": Recipe("web", size=2800, epochs=24, smoothing=0.0, eps=6 / 255, attack_steps=4),
}


def train(recipe: Recipe) -> SignNetwork:
    """Train a network on one thread, so that the same recipe gives the same weights on a machine.

    Args:
        recipe: How.

    Returns:
        The trained network, in evaluation mode.
    """
    threads, exact = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            return _train(recipe)
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(exact)


def _train(recipe: Recipe) -> SignNetwork:
    data = scenes.load("train", recipe.size, recipe.scene_seed)
    targets = torch.tensor([data.names.index(label) for label in data.labels])
    network = SignNetwork(len(data.names)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=recipe.smoothing)
    steps = recipe.epochs * math.ceil(recipe.size / recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=max(steps, 2), pct_start=0.2)
    still = np.stack([view(image) for image in data.images]) if recipe.world == "web" else None
    for epoch in range(recipe.epochs):
        started, total = time.perf_counter(), 0.0
        network.train()
        for chosen in torch.split(torch.randperm(recipe.size), recipe.batch):
            if still is not None:
                pictures = still[chosen.numpy()]
            else:
                pictures = np.stack([_robot_view(data.images[i], recipe, epoch, i) for i in chosen.tolist()])
            inputs = _tensor(pictures)
            if recipe.eps:
                inputs = harden(
                    network, inputs, targets[chosen], recipe.eps * min(1.0, epoch / WARM_UP), recipe.attack_steps
                )
            loss = loss_of(network(inputs), targets[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
        seconds = time.perf_counter() - started
        sys.stderr.write(f"epoch {epoch + 1}/{recipe.epochs}: loss {total / recipe.size:.4f}, {seconds:.1f} s\n")
    return network.eval()


def accuracy(network: torch.nn.Module, data: scenes.SceneSet) -> float:
    """Return the share of scenes whose sign is named rightly, seen without any shift."""
    hits = 0
    for first in range(0, len(data.labels), 256):
        pictures = np.stack([view(image) for image in data.images[first : first + 256]])
        with torch.inference_mode():
            guesses = network(_tensor(pictures)).argmax(dim=1).tolist()
        hits += sum(data.names[guess] == label for guess, label in zip(guesses, data.labels[first:], strict=False))
    return hits / len(data.labels)


def provenance(name: str, recipe: Recipe, stored: bytes, network: torch.nn.Module) -> dict[str, Any]:
    """Return what a person needs to know of the weights and to make them again."""
    return {
        "name": name,
        "sha256": hashlib.sha256(stored).hexdigest(),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "classes": list(CLASSES),
        "input": {"size": VIEW, "resize": RESIZE, "interpolation": "bilinear", "antialias": True, "channels": "rgb"},
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "trained": f"python -m robustcheck.demo.train {name} --out DIR",
        "recipe": _written(recipe),
        "data": {
            "train": {"size": recipe.size, "seed": recipe.scene_seed, "sha256": _digest("train", recipe)},
            "test": {"size": scenes.DEFAULT_SIZE, "seed": recipe.scene_seed, "sha256": _digest("test", recipe)},
        },
        "accuracy": {
            split: accuracy(network, scenes.load(split, scenes.DEFAULT_SIZE, recipe.scene_seed))
            for split in ("validation", "test")
        },
        **_robustness(network, recipe),
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__).split("+")[0],
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "pillow": PIL.__version__,
        },
    }


def _written(recipe: Recipe) -> dict[str, Any]:
    """Return the fields of a recipe; those of the attack only where there is one, as weights without it say none."""
    fields = asdict(recipe)
    return fields if recipe.eps else {key: fields[key] for key in fields if key not in ("eps", "attack_steps")}


def _robustness(network: torch.nn.Module, recipe: Recipe) -> dict[str, Any]:
    if not recipe.eps:
        return {}
    data = scenes.load("test", scenes.DEFAULT_SIZE, recipe.scene_seed)
    inputs = _tensor(np.stack([view(image) for image in data.images]))
    targets = torch.tensor([data.names.index(label) for label in data.labels])
    found = robust_accuracy(network, inputs, targets, GATE)
    return {"robust_accuracy": {"linf": "4/255", "attack": "20 steps of PGD", "at_most": found}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train one of the demo's models and write its weights with their provenance and the record of the training."""
    from robustcheck import record_training

    parser = argparse.ArgumentParser(prog="python -m robustcheck.demo.train", description="Train a model of the demo.")
    parser.add_argument("name", choices=PRETRAINED)
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights and their provenance")
    parser.add_argument("--epochs", type=int, help="passes over the training scenes")
    parser.add_argument("--size", type=int, help="number of training scenes")
    parser.add_argument("--seed", type=int, help="of weights, order and augmentation")
    parser.add_argument("--key", type=Path, help="private key that signs the record of the training")
    chosen = parser.parse_args(arguments)
    changes = {key: getattr(chosen, key) for key in ("epochs", "size", "seed") if getattr(chosen, key) is not None}
    recipe = Recipe(**{**asdict(RECIPES[chosen.name]), **changes})
    weights, record = chosen.out / f"{chosen.name}.safetensors", chosen.out / f"{chosen.name}.slsa.json"
    data = {"signs-train": _samples_digest(recipe)}
    told = ["python", "-m", "robustcheck.demo.train", *(arguments if arguments is not None else sys.argv[1:])]
    with record_training(
        record, seed=recipe.seed, parameters=_written(recipe), data=data, command=told, key=chosen.key, root=ROOT
    ) as recording:
        _make(chosen.name, recipe, weights)
        recording.output(weights)
    return 0


def _make(name: str, recipe: Recipe, weights: Path) -> None:
    from safetensors.torch import save

    network = train(recipe)
    stored = save({key: value.contiguous() for key, value in network.state_dict().items()})
    # The network with its memory laid out as a loaded one's: what the accuracy is said of.
    loaded = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    weights.parent.mkdir(parents=True, exist_ok=True)
    facts = json.dumps(provenance(name, recipe, stored, loaded), indent=2)
    _replace(weights, stored)
    _replace(weights.with_suffix(".json"), f"{facts}\n".encode())


def _digest(split: str, recipe: Recipe) -> str:
    """Return the digest of the pixels of a set, so that anyone can tell whether theirs are the same."""
    size = recipe.size if split == "train" else scenes.DEFAULT_SIZE
    return hashlib.sha256(scenes.load(split, size, recipe.scene_seed).images.tobytes()).hexdigest()


def _samples_digest(recipe: Recipe) -> str:
    """Return the digest of the training set as a gate knows it."""
    data = scenes.load("train", recipe.size, recipe.scene_seed)
    contents = (hashlib.sha256(image.tobytes()).hexdigest() for image in data.images)
    return digest_of_set(zip(data.ids, contents, data.labels, strict=True))


def _robot_view(scene: NDArray[np.uint8], recipe: Recipe, epoch: int, index: int) -> NDArray[np.uint8]:
    """Return one training view; its randomness depends on epoch and scene, not on the order of the batch."""
    rng = Generator(PCG64([recipe.seed, epoch, index]))
    return relight(view(reframe(scene, rng)), rng)


def _tensor(pictures: NDArray[np.uint8]) -> torch.Tensor:
    scaled = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255.0
    return (scaled - 0.5) / 0.5


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(path)


if __name__ == "__main__":
    raise SystemExit(main())
