"""Gradients that lie are found out, and honest ones are not doubted."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from bent import bent_models, quantisation_aware, straight_through
from torch import nn
from victims import Linear, goal_of, pictures_of, signs

from robustcheck.attacks.attempt import attempt
from robustcheck.attacks.cascade import cascade_of
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.gradient_check import PASSES, ROUGH_PASSES, SHARE, budget_of, gradient_error
from robustcheck.attacks.pgd import PGD
from robustcheck.attacks.sanity import Finding, Subject, findings
from robustcheck.attacks.victim import Victim

EPS = 4 / 255
pytestmark = pytest.mark.usefixtures("one_thread")
Model = Callable[[torch.Tensor], torch.Tensor]


@functools.cache
def robot() -> tuple[nn.Module, Goal]:
    return signs("signs-robot", 28)


@functools.cache
def bent() -> dict[str, Model]:
    return bent_models(robot()[0], signs("signs-web", 1)[0])


def judged(model: Model, goal: Goal, attack: Any = None, eps: float = EPS) -> tuple[int, Iterator[Finding]]:
    """Return how many pictures an attack leaves right, and what is to be doubted of that, which is looked for as it is asked."""
    attack = attack or PGD(steps=10)
    victim = Victim(model, size=32)
    with torch.no_grad():
        goal = goal.at(victim.logits(goal.pictures).argmax(dim=1) == goal.labels)
    tried = attempt(attack, victim, goal, eps)
    left, broken = (~tried.reached).nonzero()[:16, 0], tried.reached.nonzero()[:16, 0]
    subject = Subject(
        attack=attack,
        build=lambda steps: PGD(steps=steps),
        steps=10,
        eps=eps,
        gradients=True,
        minimal=False,
        resisted=goal.at(left),
        misses=tried.pictures[left],
        broken=goal.at(broken),
    )
    return int((~tried.reached).sum()), (one for one in findings(subject, victim) if not one.held)


def named(doubts: Iterator[Finding]) -> bool:
    """Whether one of them is the gradient: it comes before those that need attacks of their own."""
    return any(one.name == "surrogate gradient" for one in doubts)


@functools.cache
def truth() -> int:
    """Return how many pictures of the honest network resist."""
    return judged(*robot())[0]


NAMES = tuple(bent_models(nn.Identity(), nn.Identity()))


def test_there_are_twenty_bent_ones() -> None:
    assert len(set(NAMES)) == 20
    assert truth() <= len(robot()[1]) // 2, "the honest network falls, or robustness would be no lie"


@pytest.mark.parametrize("name", NAMES)
def test_a_bent_gradient_is_not_believed(name: str) -> None:
    left, doubts = judged(bent()[name], robot()[1])
    honestly_broken = left <= truth() + 1
    assert honestly_broken or named(doubts), (left, truth())


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("a corner", "smoke"),
        ("an average of 16", "smoke"),
        ("one channel", "smoke"),
        pytest.param("an average of 16", "standard", marks=pytest.mark.long),
    ],
)
def test_nor_is_a_cascade_that_follows_it(name: str, tier: str) -> None:
    """What the unit test of an attack does not see: the planted adversary lies on the same bent way."""
    goal = robot()[1].at(torch.arange(4 if tier == "standard" else 12))
    left, doubts = judged(bent()[name], goal, cascade_of("linf", tier))
    honest, _ = judged(robot()[0], goal, cascade_of("linf", tier))
    assert left <= honest or named(doubts), (left, honest)


@pytest.mark.parametrize("levels", [1, 2, 3, 5, 7, 11, 15, 20])
def test_a_straight_through_estimator_is_named(levels: int) -> None:
    model = straight_through(robot()[0], levels)
    held, detail = checked(model, robot()[1])
    assert not held
    assert "`backward:`" in detail
    assert "`random:`" in detail


def checked(model: Model, goal: Goal, *, passes: int = PASSES, seed: int = 0) -> tuple[bool, str]:
    """Return what the check says, at points that an attack may have left."""
    with torch.no_grad():
        labels = torch.cat([model(part).argmax(dim=1) for part in goal.pictures.split(16)])
    goal = Goal(goal.pictures, labels, None, goal.keys, seed)
    points = (goal.pictures + goal.uniform(-EPS, EPS, "points")).clamp(0, 1)
    victim = Victim(model, size=16)
    held, detail = gradient_error(goal, points, victim, passes)
    assert victim.forwards + victim.backwards <= max(passes, ROUGH_PASSES)
    return held, detail


class Rectified(nn.Module):
    """Logits with corners everywhere: ReLU6 after every convolution, weights drawn at random."""

    def __init__(self, act: type[nn.Module]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            *(nn.Conv2d(3, 24, 5, 2), act(), nn.Conv2d(24, 32, 3, 2), act(), nn.Conv2d(32, 32, 3), act()),
            *(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 36, 10)),
        )

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layers(pictures * 6 - 3)
        return logits


def demo_at(name: str, change: Callable[[nn.Module], Model]) -> tuple[Model, Goal]:
    from robustcheck.demo.network import build

    _, goal = robot()
    return change(build(14, name).requires_grad_(False).eval()), goal


def large(n: int) -> Goal:
    """Return demo pictures as large as those of ImageNet."""
    goal = robot()[1].at(torch.arange(n))
    pictures = nn.functional.interpolate(goal.pictures, (224, 224), mode="bicubic").clamp(0, 1)
    return Goal(pictures, goal.labels, None, goal.keys)


def efficientnet() -> tuple[Model, Goal]:
    from configs.efficientnet_lite0 import build

    module = build().requires_grad_(False).eval()
    return lambda pictures: module(pictures * 2 - 1), large(6)


def transformer() -> tuple[Model, Goal]:
    import timm

    torch.manual_seed(0)
    module = timm.create_model("vit_tiny_patch16_224", pretrained=False, num_classes=10).requires_grad_(False).eval()
    return lambda pictures: module(pictures * 2 - 1), large(8)


def quantised() -> tuple[Model, Goal]:
    def change(module: nn.Module) -> Model:
        made = quantisation_aware(module, robot()[1].pictures * 2 - 1)
        return lambda pictures: made(pictures * 2 - 1)

    return demo_at("signs-robot", change)


def halved(dtype: torch.dtype) -> tuple[Model, Goal]:
    def change(module: nn.Module) -> Model:
        made = copy.deepcopy(module).to(dtype)
        return lambda pictures: made((pictures * 2 - 1).to(dtype)).float()

    return demo_at("signs-hardened", change)


def drawn(model: nn.Module) -> tuple[Model, Goal]:
    random = np.random.default_rng(4)
    pictures = torch.from_numpy(random.uniform(0, 1, (12, 3, 64, 64))).float()
    pictures = nn.functional.avg_pool2d(pictures, 5, 1, 2)
    model.requires_grad_(False).eval()
    return model, Goal(pictures, torch.zeros(12, dtype=torch.int64), None, tuple(map(str, range(12))))


HONEST: dict[str, Callable[[], tuple[Model, Goal]]] = {
    "signs-robot": robot,
    "signs-web": lambda: signs("signs-web", 28),
    "signs-hardened": lambda: signs("signs-hardened", 28),
    "EfficientNet-Lite0": efficientnet,
    "ReLU6": lambda: drawn(Rectified(nn.ReLU6)),
    "GELU": lambda: drawn(Rectified(nn.GELU)),
    "a vision transformer": transformer,
    "quantisation-aware": quantised,
    "float16": lambda: halved(torch.float16),
    "sure of everything": lambda: demo_at("signs-web", lambda module: lambda x: 200 * module(x * 2 - 1)),
    "hardly sure of anything": lambda: demo_at("signs-web", lambda module: lambda x: module(x * 2 - 1) / 200),
    "clipping its input": lambda: demo_at("signs-web", lambda module: lambda x: module(x.clamp(0.05, 0.95) * 2 - 1)),
    "linear": lambda: (Linear(), goal_of(Linear(), pictures_of(12))),
}


@pytest.fixture(params=HONEST)
def honest(request: pytest.FixtureRequest) -> tuple[Model, Goal]:
    return HONEST[request.param]()


def test_no_honest_gradient_is_doubted(honest: tuple[Model, Goal]) -> None:
    model, goal = honest
    for seed in range(4 if goal.pictures.shape[-1] <= 64 else 1):
        order = torch.from_numpy(np.random.default_rng(seed).permutation(len(goal)))
        held, detail = checked(model, goal.at(order[:16]), seed=seed, passes=256 if seed % 2 else PASSES)
        assert held, detail


def test_an_attack_on_an_honest_network_is_believed() -> None:
    left, doubts = judged(*robot(), eps=2 / 255)
    assert left > 0, "something must resist, or nothing is checked"
    assert not list(doubts)


def test_the_check_costs_little() -> None:
    model, goal = robot()
    victim = Victim(model)
    assert budget_of(victim) == PASSES == 64
    victim.forwards, victim.backwards = 20_000, 15_000
    assert budget_of(victim) == int(SHARE * 35_000) == 700
    victim = Victim(model)
    held, detail = gradient_error(goal, goal.pictures, victim, PASSES)
    assert held
    assert "agree with finite differences" in detail
    assert 0 < victim.forwards + victim.backwards <= PASSES


def test_the_word_does_not_depend_on_the_batch_size() -> None:
    goal = robot()[1]
    for name in ("a corner", "one channel", "scaled"):
        said = {gradient_error(goal, goal.pictures, Victim(bent()[name], size=size), PASSES)[0] for size in (1, 3, 64)}
        assert said == {False}


def test_one_picture_is_enough() -> None:
    model, goal = robot()
    for place in range(4):
        part = goal.at(torch.tensor([place]))
        assert checked(model, part)[0]
        assert not checked(bent()["a corner"], part)[0]


def test_gradients_that_vanish_where_the_outputs_move_are_named() -> None:
    """Zero gradients for a few pictures are below the share at which vanishing gradients are noticed."""
    model = robot()[0]
    held, _ = checked(lambda pictures: model(pictures).detach() + 0 * pictures.sum(), robot()[1])
    assert not held
