"""What an attack finds is no matter of the last bits of the logits, which differ from processor to processor.

A sum in another order rounds as another processor does. So each model here adds its pixels in several orders, and every
attack that looks for the least change must find one with each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eagerpy
import numpy as np
import pytest
import torch
from victims import SIDE, VALUES, Linear, goal_of, least_changes, pictures_of, victim_of

from robustcheck.attacks.attempt import attempt
from robustcheck.attacks.fab import FABTargeted
from robustcheck.attacks.foolbox_attacks import L1FMN
from robustcheck.attacks.foolbox_bridge import FoolboxAttack
from robustcheck.attacks.goal import Goal

pytestmark = pytest.mark.usefixtures("one_thread")

ORDERS = 4
"""Of the sums; for ``cw``, which takes ten times as long as the others and steps onto no boundary, half as many."""

RADIUS = {"linf": 0.1, "l2": 1.0, "l1": 4.0}
SHARES = [1e-2, 3e-4, 3e-5, 3e-6]
"""Distances from a boundary, as shares of the spread of the logits."""

LEAST = pytest.mark.parametrize(
    ("name", "norm"),
    [
        ("fmn", "linf"),
        ("fmn", "l2"),
        ("fmn", "l1"),
        ("ddn", "l2"),
        ("deepfool", "linf"),
        ("deepfool", "l2"),
        ("cw", "l2"),
        ("fab", "linf"),
        ("fab", "l2"),
    ],
)


class Reordered(Linear):
    """The linear model with its sums in an order of their own."""

    def __init__(self, order: int, classes: int = 4) -> None:
        super().__init__(scale=0.5, classes=classes)
        self.order = torch.from_numpy(np.random.default_rng(order).permutation(VALUES))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.flatten(1)[:, self.order] @ self.weights[:, self.order].T + self.bias


class Bent(Reordered):
    """One hidden layer, so that the logits are linear in pieces, as a network's are."""

    def __init__(self, order: int) -> None:
        super().__init__(order, classes=24)
        self.last = torch.from_numpy(np.random.default_rng(9).normal(size=(24, 4))).float()

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return (super().forward(pictures) - 0.1).relu() @ self.last


class HalfPrecision(Reordered):
    """Logits with eight bits, of which many are equal."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return super().forward(pictures).bfloat16().float()


def orders_of(name: str) -> range:
    return range(ORDERS // 2 if name == "cw" else ORDERS)


def attack_of(name: str, norm: str) -> Any:
    if name == "fab":
        return FABTargeted(norm=norm, steps=20, n_targets=3)
    return FoolboxAttack(name=name, norm=norm, steps=20)


def run(name: str, model: torch.nn.Module, goal: Goal, norm: str, *, minimal: bool, size: int = 64) -> torch.Tensor:
    """Return the norms of what an attack found, after its every picture was seen to reach the goal."""
    tried = attempt(attack_of(name, norm), victim_of(model, size=size), goal, RADIUS[norm], minimal=minimal)
    missed = [key for key, reached in zip(goal.keys, tried.reached.tolist(), strict=True) if not reached]
    assert not missed, f"{name} within {norm} found nothing for {missed}"
    assert not tried.refused
    return tried.norms


def test_the_orders_round_differently() -> None:
    """Otherwise this file shows nothing."""
    pictures = pictures_of(64)
    with torch.no_grad():
        logits = [Reordered(order)(pictures) for order in range(ORDERS)]
    assert any(not torch.equal(logits[0], other) for other in logits[1:])
    assert all(torch.allclose(logits[0], other, atol=1e-4) for other in logits[1:])


@LEAST
@pytest.mark.parametrize("targeted", [False, True], ids=["untargeted", "targeted"])
@pytest.mark.parametrize("kind", [Reordered, Bent, HalfPrecision], ids=lambda kind: kind.__name__)
def test_a_change_is_found_in_any_order_of_sums(
    name: str, norm: str, kind: Callable[[int], torch.nn.Module], targeted: bool
) -> None:
    if targeted and name in ("deepfool", "fab"):
        pytest.skip("cannot be targeted")
    for order in orders_of(name):
        model = kind(order)
        goal = goal_of(model, pictures_of(10))
        if targeted:
            goal = Goal(goal.pictures, goal.labels, (goal.labels + 1) % 4, goal.keys)
        run(name, model, goal, norm, minimal=True)
        if not targeted:
            run(name, model, goal, norm, minimal=False, size=5)


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_fmn_itself_crosses_the_boundary(norm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Foolbox's stays on it, and the last bit said whether anything was found; no step of ours is to hide that."""
    monkeypatch.setattr(FoolboxAttack, "_polish", lambda *_: None)
    for order in range(ORDERS):
        model = Reordered(order)
        run("fmn", model, goal_of(model, pictures_of(10)), norm, minimal=True)


def test_the_last_step_starts_from_the_nearest_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Reordered(0)
    goal = goal_of(model, pictures_of(2))
    beside = beside_a_boundary(model, 1e-3, count=2).pictures
    starts: list[torch.Tensor] = []

    def polished(victim: Any, goal: Goal, start: torch.Tensor, norm: str) -> list[torch.Tensor]:
        starts.append(start)
        return []

    monkeypatch.setattr(L1FMN, "run", lambda *_, **__: eagerpy.astensor(beside))
    monkeypatch.setattr("robustcheck.attacks.foolbox_bridge.polished", polished)
    missed = attack_of("fmn", "l1").minimal(victim_of(model), goal)
    assert torch.equal(missed, goal.pictures)
    assert torch.equal(starts[0], beside)


@LEAST
def test_a_picture_next_to_the_boundary_gets_across(name: str, norm: str) -> None:
    for order, share in enumerate(SHARES):
        model = Reordered(order)
        goal = beside_a_boundary(model, share)
        run(name, model, goal, norm, minimal=True)
        run(name, model, goal, norm, minimal=False, size=5)


@LEAST
def test_the_least_change_is_the_closed_form_in_any_order_of_sums(name: str, norm: str) -> None:
    for order in orders_of(name):
        model = Reordered(order)
        goal = goal_of(model, pictures_of(200))
        # Where no value meets the box, the dual norm says how large the least change is.
        within = least_changes(model, goal, "l1") < 0.25 if norm == "l1" else least_changes(model, goal, "l2") < 0.3
        goal = goal.at(within.nonzero()[:8, 0])
        ratio = run(name, model, goal, norm, minimal=True).double() / least_changes(model, goal, norm)
        assert 0.9999 < ratio.min() <= ratio.max() < 1.01


@pytest.mark.parametrize("targeted", [False, True], ids=["untargeted", "targeted"])
def test_the_least_l1_change_that_meets_the_box_is_the_linear_program_s(targeted: bool) -> None:
    """Each value may move to the end of the box only, so that several have to."""
    model = Reordered(0)
    goal = goal_of(model, pictures_of(6))
    if targeted:
        goal = Goal(goal.pictures, goal.labels, (goal.labels + 1) % 4, goal.keys)
    norms = run("fmn", model, goal, "l1", minimal=True)
    for place in range(len(goal)):
        exact = least_l1(model, goal.at(torch.tensor([place])))
        assert float(norms[place]) > exact * 0.9999
        assert float(norms[place]) < exact * (1.25 if targeted else 1.01)


def least_l1(model: Linear, goal: Goal) -> float:
    """Return the least L1 change of one picture within the box, by linear programs over the two halves of each change."""
    from scipy.optimize import linprog

    clean = goal.pictures.flatten().double().numpy()
    weights, bias = model.weights.detach().double().numpy(), model.bias.detach().double().numpy()
    logits, label = weights @ clean + bias, int(goal.labels[0])
    wanted = [other for other in range(len(bias)) if other != label] if goal.targets is None else [int(goal.targets[0])]
    best = float("inf")
    for target in wanted:
        # To fool the model it is enough to pass the label; a target has to pass every other class.
        rivals = [label] if goal.targets is None else [other for other in range(len(bias)) if other != target]
        rows = np.stack([weights[rival] - weights[target] for rival in rivals])
        gaps = np.array([logits[target] - logits[rival] for rival in rivals])
        box = [*((0, 1 - value) for value in clean), *((0, value) for value in clean)]
        program = linprog(np.ones(2 * VALUES), A_ub=np.hstack([rows, -rows]), b_ub=gaps, bounds=box)
        best = min(best, program.fun if program.success else float("inf"))
    return best


def beside_a_boundary(model: Linear, share: float, count: int = 10) -> Goal:
    """Return pictures moved straight to where the best wrong logit is that share of the spread below the label's."""
    goal = goal_of(model, pictures_of(count))
    with torch.no_grad():
        weights, pictures = model.weights.double(), goal.pictures.double().flatten(1)
        logits = pictures @ weights.T + model.bias.double()
    own = goal.labels
    other = logits.scatter(1, own[:, None], float("-inf")).argmax(dim=1)
    normal = weights[own] - weights[other]
    gaps = (logits.gather(1, own[:, None]) - logits.gather(1, other[:, None]))[:, 0]
    excess = gaps - share * (logits.amax(dim=1) - logits.amin(dim=1))
    moved = pictures - (excess / normal.square().sum(dim=1))[:, None] * normal
    return goal_of(model, moved.float().view(-1, 3, SIDE, SIDE))
