"""Small models whose answers are known, good and bad, and an attack by its name."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch

from robustcheck.attacks.goal import Goal
from robustcheck.attacks.victim import Victim
from robustcheck.core import registry
from robustcheck.core.units import Quantity

SIDE, CLASSES = 6, 4
VALUES = 3 * SIDE * SIDE

CHEAP: dict[str, dict[str, Any]] = {
    "fgsm": {},
    "pgd": {"steps": 6},
    "bim": {"steps": 6},
    "mi_fgsm": {"steps": 6},
    "apgd": {"steps": 12},
    "apgd_t": {"steps": 12, "targets": 3},
    "square": {"queries": 40},
    "fab": {"steps": 8, "targets": 3},
    "autoattack": {},
    "cascade": {"tier": "smoke"},
    "fmn": {"steps": 15},
    "ddn": {"steps": 15},
    "deepfool": {"steps": 10},
    "cw": {"steps": 20},
    "boundary": {"steps": 20},
    "hopskipjump": {"steps": 1},
    "spatial": {"views": 10},
    "patch": {"area": 0.2, "steps": 5, "restarts": 1, "eot": 1},
    "noise": {"repeats": 5},
    "contrast": {"steps": 8},
    "blur": {"steps": 8},
    "salt_and_pepper": {"steps": 10},
}
"""Every registered attack, with parameters that keep it quick."""


def build(name: str, *, eps: float = 0.1, **others: Any) -> Any:
    """Return an attack by its registered name."""
    definition = registry.attacks[name]
    arguments = {**CHEAP[name], **others}
    if "eps" in definition.parameters:
        arguments["eps"] = Quantity(eps)
    return definition.function(**arguments)


class Linear(torch.nn.Module):
    """Logits that are linear in the pixels, so that every least change is known."""

    def __init__(self, seed: int = 0, scale: float = 1.0, classes: int = CLASSES) -> None:
        super().__init__()
        weights = torch.from_numpy(np.random.default_rng(seed).normal(size=(classes, VALUES))).float()
        self.weights = torch.nn.Parameter(weights * scale)
        self.bias = torch.nn.Parameter(-(weights * scale).sum(dim=1) / 2)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.flatten(1) @ self.weights.T + self.bias


class NaN(Linear):
    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        moved = ((pictures - 0.5).abs() > 0.2005) | (pictures != pictures.round(decimals=3))
        moved = moved.flatten(1).any(dim=1)
        return torch.where(moved[:, None], torch.full((), float("nan")), super().forward(pictures))


class Constant(Linear):
    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.arange(CLASSES, 0, -1.0).expand(len(pictures), -1) + 0.0 * pictures.sum()


class Softmax(Linear):
    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return super().forward(pictures * 1.0).mul(50).softmax(dim=1)


class Random(Linear):
    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        logits = super().forward(pictures)
        return logits + torch.randn_like(logits)


class Quantised(Linear):
    """Sees eight grey levels, so that its gradient is zero everywhere."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return super().forward((pictures * 7).round() / 7)


def pictures_of(n: int, seed: int = 1) -> torch.Tensor:
    """Return pictures away from the ends of the box, of values with three decimals."""
    drawn = np.random.default_rng(seed).uniform(0.3, 0.7, (n, 3, SIDE, SIDE)).round(3)
    return torch.from_numpy(drawn).float()


def goal_of(model: torch.nn.Module, pictures: torch.Tensor, *, seed: int = 0) -> Goal:
    """Return the goal of turning the pictures away from what a model takes them for."""
    with torch.no_grad():
        labels = model(pictures).argmax(dim=1)
    return Goal(pictures, labels, None, tuple(f"picture-{number}" for number in range(len(pictures))), seed)


def victim_of(model: torch.nn.Module, *, size: int = 64, gradients: bool = True) -> Victim:
    """Return the model under attack."""
    return Victim(model, size=size, gradients=gradients)


def least_changes(model: Linear, goal: Goal, norm: str) -> torch.Tensor:
    """Return the exact least change of each picture: the nearest of the hyperplanes, by the dual norm."""
    dual = {"linf": 1, "l2": 2, "l1": float("inf")}[norm]
    with torch.no_grad():
        logits, weights = model(goal.pictures).double(), model.weights.double()
        best = torch.full((len(goal),), float("inf"), dtype=torch.float64)
        for row, other in itertools.product(range(len(goal)), range(len(weights))):
            own = int(goal.labels[row])
            if other != own:
                gap = logits[row, own] - logits[row, other]
                best[row] = min(best[row], gap / torch.linalg.vector_norm(weights[own] - weights[other], dual))
    return best


def signs(name: str, count: int) -> tuple[torch.nn.Module, Goal]:
    """Return a network of the demo, from pictures in [0, 1], and those of its first pictures that it reads."""
    from robustcheck.demo import scenes
    from robustcheck.demo.framing import view
    from robustcheck.demo.network import build

    module = build(14, name)

    class Wrapped(torch.nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = module((pictures - 0.5) / 0.5)
            return logits

    model = Wrapped().eval()
    data = scenes.load("test", 560, 0)
    pictures = torch.from_numpy(np.stack([view(image) for image in data.images[:count]])).permute(0, 3, 1, 2)
    pictures = (pictures.float() / 255).contiguous()
    labels = torch.tensor([data.names.index(label) for label in data.labels[:count]])
    with torch.no_grad():
        right = model(pictures).argmax(dim=1) == labels
    keys = tuple(np.array(data.ids[:count])[right.numpy()])
    return model, Goal(pictures[right], labels[right], None, keys)
