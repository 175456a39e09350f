"""Every attack on models that lead attacks astray: a verdict or a clear error, and never a success that is none."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from victims import CHEAP, Constant, Linear, NaN, Quantised, Random, Softmax, build, goal_of, pictures_of, victim_of

from robustcheck.attacks.attempt import Attempt, attempt
from robustcheck.attacks.balls import norms_of
from robustcheck.attacks.goal import Goal
from robustcheck.core import registry
from robustcheck.core.errors import RobustcheckError
from robustcheck.models.preserve_state import untouched

EPS = 0.1
NAMES = sorted(CHEAP)
SLOW = {"autoattack"}
EVERY = pytest.mark.parametrize("name", NAMES)


def run(name: str, model: torch.nn.Module, goal: Goal, *, eps: float = EPS, size: int = 64) -> Attempt:
    minimal = registry.attacks[name].facts.minimal
    with untouched(model):
        return attempt(build(name, eps=eps), victim_of(model, size=size), goal, eps, minimal=minimal)


def confirm(name: str, model: torch.nn.Module, goal: Goal, tried: Attempt) -> None:
    """Hold what an attack is said to have done against a fresh forward pass and the bounds."""
    pictures = tried.pictures
    assert pictures.shape == goal.pictures.shape
    assert torch.isfinite(pictures).all()
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    with torch.no_grad():
        assert torch.equal(goal.fooled(model(pictures)) & tried.reached, tried.reached)
    attack = build(name, eps=EPS)
    if attack.norm and not hasattr(attack, "within"):
        assert torch.allclose(norms_of(pictures - goal.pictures, attack.norm), tried.norms)
        if not registry.attacks[name].facts.minimal:
            assert (tried.norms <= EPS * 1.0001).all()


def test_the_table_has_every_attack() -> None:
    ours = {known.name for known in registry.attacks if known.function.__module__.startswith("robustcheck.")}
    assert set(CHEAP) == ours


@EVERY
@pytest.mark.parametrize("kind", [Linear, Softmax, Quantised], ids=lambda kind: kind.__name__)
def test_a_success_is_one(name: str, kind: type[torch.nn.Module]) -> None:
    model = kind()
    goal = goal_of(model, pictures_of(5))
    confirm(name, model, goal, run(name, model, goal))


@EVERY
def test_a_constant_model_is_never_fooled(name: str) -> None:
    model = Constant()
    goal = goal_of(model, pictures_of(5))
    tried = run(name, model, goal)
    confirm(name, model, goal, tried)
    assert not tried.reached.any()


@EVERY
def test_logits_that_are_not_finite_are_an_error_or_no_success(name: str) -> None:
    model = NaN()
    goal = goal_of(model, pictures_of(3))
    told = ""
    try:
        assert not run(name, model, goal).reached.any()
    except RobustcheckError as error:
        told = str(error)
    assert not told or "not finite" in told or name in told


@EVERY
def test_a_random_model_gives_no_success_that_its_own_pass_does_not_show(name: str) -> None:
    model = Random()
    goal = goal_of(Linear(), pictures_of(4))
    try:
        tried = run(name, model, goal)
    except RobustcheckError as error:
        # Foolbox's decision-based attacks notice a start that is an adversarial no longer.
        told = str(error)
    else:
        told = ""
        assert torch.equal(goal.fooled(tried.logits), tried.reached)
    assert not told or name in told


@EVERY
def test_a_single_picture_at_the_corners_of_the_box(name: str) -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(1).gt(0.5).float())
    confirm(name, model, goal, run(name, model, goal))


@EVERY
def test_a_picture_that_is_wrong_already_stays_so(name: str) -> None:
    model = Linear()
    right = goal_of(model, pictures_of(3))
    wrong = Goal(right.pictures, (right.labels + 1) % 4, None, right.keys)
    assert run(name, model, wrong).reached.all()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SLOW])
def test_a_picture_gets_the_same_alone_and_in_any_order(name: str) -> None:
    model = Linear()
    # Without it a grey picture ties all classes, and rounding decides what the loss of contrast leads to.
    model.bias.data += torch.tensor([0.0, 0.3, -0.2, 0.1])
    goal = goal_of(model, pictures_of(5))
    together = run(name, model, goal)
    backwards = run(name, model, goal.at(torch.arange(4, -1, -1)))
    assert torch.equal(together.reached, backwards.reached.flip(0))
    alone = [bool(run(name, model, goal.at(torch.tensor([row])), size=1).reached[0]) for row in range(5)]
    assert alone == together.reached.tolist()


@EVERY
def test_nothing_global_and_nothing_of_the_model_is_changed(name: str) -> None:
    model = Linear()
    model.train()
    model.register_buffer("seen", torch.zeros(1))
    model.weights.grad = torch.ones_like(model.weights)
    goal = goal_of(model, pictures_of(2))
    before = [torch.clone(value) for value in (*model.state_dict().values(), model.weights.grad, goal.pictures)]
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    run(name, model, goal)
    after = [*model.state_dict().values(), model.weights.grad, goal.pictures]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1:] == (np.random.get_state()[1].tolist(), random.getstate())
    assert model.training
    assert model.weights.requires_grad
    assert model.bias.grad is None


@pytest.mark.parametrize("name", [known for known in NAMES if registry.attacks[known].facts.targeted])
def test_a_targeted_success_is_the_target(name: str) -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(4))
    aimed = Goal(goal.pictures, goal.labels, (goal.labels + 1) % 4, goal.keys)
    tried = run(name, model, aimed, eps=0.4)
    with torch.no_grad():
        assert torch.equal(model(tried.pictures).argmax(dim=1) == aimed.targets, tried.reached)


@pytest.mark.parametrize("name", [known for known in NAMES if not registry.attacks[known].facts.gradients])
def test_a_black_box_attack_takes_no_gradient(name: str) -> None:
    model = Linear()
    victim = victim_of(model, gradients=False)
    attempt(build(name), victim, goal_of(model, pictures_of(2)), EPS, minimal=registry.attacks[name].facts.minimal)
    assert victim.backwards == 0
