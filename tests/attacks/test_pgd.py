"""PGD and its kin, on linear models whose least changes are known exactly."""

from __future__ import annotations

import pytest
import torch
from victims import Linear, build, goal_of, least_changes, pictures_of, victim_of

from robustcheck.attacks.attempt import attempt
from robustcheck.attacks.balls import norms_of, project, project_l1, steepest
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.pgd import PGD
from robustcheck.core.errors import RobustcheckError


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("name", ["fgsm", "pgd", "bim", "mi_fgsm"])
def test_nothing_falls_below_the_margin(name: str, norm: str) -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(24))
    for row, radius in enumerate(least_changes(model, goal, norm).tolist()):
        one = goal.at(torch.tensor([row]))
        assert not attempt(build(name, norm=norm), victim_of(model), one, 0.99 * radius).reached[0]


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("loss", ["margin", "ce", "dlr"])
def test_above_the_margin_of_two_classes_everything_falls(loss: str, norm: str) -> None:
    """Between two classes the way is straight; with more, a climb may end at the wrong one, which restarts are for."""
    how = {"norm": norm, "loss": loss}
    model = Linear(classes=2, scale=0.1)
    goal = goal_of(model, pictures_of(24))
    for row, radius in enumerate(least_changes(model, goal, norm).tolist()):
        one = goal.at(torch.tensor([row]))
        assert attempt(build("pgd", **how), victim_of(model), one, 1.01 * radius).reached[0]
        assert not attempt(build("pgd", **how), victim_of(model), one, 0.99 * radius).reached[0]


def test_within_the_l1_ball_nothing_falls_below_the_margin() -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(8))
    least = least_changes(model, goal, "l1")
    for row in range(len(goal)):
        one, radius = goal.at(torch.tensor([row])), float(least[row])
        assert not attempt(build("pgd", norm="l1"), victim_of(model), one, 0.99 * radius).reached[0]
        assert attempt(build("pgd", norm="l1", steps=100), victim_of(model), one, 3 * radius).reached[0]


def test_a_fooled_picture_costs_no_more_passes() -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(16))
    victim = victim_of(model)
    PGD(steps=40).perturb(victim, goal, 1.0)
    assert victim.forwards < 4 * len(goal)
    assert victim.backwards < 4 * len(goal)


def test_restarts_are_tried_on_what_resists_only() -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(10))
    least = least_changes(model, goal, "linf")
    eps = float(least.sort().values[4]) * 1.001
    victim = victim_of(model)
    tried = attempt(PGD(steps=30, restarts=3), victim, goal, eps)
    assert tried.reached.tolist() == (least <= eps).tolist()
    assert victim.forwards <= len(goal) + 3 * 31 * int((~tried.reached).sum()) + 31 * 5


def test_a_miss_is_nearer_than_the_picture() -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(6))
    eps = 0.5 * float(least_changes(model, goal, "linf").min())
    tried = attempt(PGD(), victim_of(model), goal, eps)
    with torch.no_grad():
        before = model(goal.pictures).gather(1, goal.labels[:, None])[:, 0]
        after = model(tried.pictures).gather(1, goal.labels[:, None])[:, 0]
    assert not tried.reached.any()
    assert (after < before).all()


def test_steps_that_cannot_cross_the_ball_are_refused() -> None:
    with pytest.raises(RobustcheckError, match="cannot cross the ball"):
        PGD(travel=1.5)


def test_as_an_attack_of_foolbox() -> None:
    import foolbox

    model = Linear().eval()
    goal = goal_of(model, pictures_of(6))
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    raw, clipped, success = PGD(steps=10)(wrapped, goal.pictures, goal.labels, epsilons=[0.0001, 0.5])
    assert success[0].sum() <= success[1].sum()
    assert success[1].all()
    assert (clipped[1] - goal.pictures).abs().max() <= 0.5 + 1e-6
    ours = PGD(steps=10).perturb(victim_of(model), Goal(goal.pictures, goal.labels, None, tuple("012345")), 0.5)
    assert torch.equal(raw[1], ours)


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_a_projection_is_in_the_ball_and_the_box_and_leaves_what_is(norm: str) -> None:
    clean = pictures_of(5)
    moved = clean + torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    eps = {"linf": 0.1, "l2": 1.0, "l1": 3.0}[norm]
    inside = project(moved, clean, eps, norm)
    assert (norms_of(inside - clean, norm) <= eps * 1.00001).all()
    assert inside.min() >= 0
    assert inside.max() <= 1
    assert torch.allclose(project(inside, clean, eps, norm), inside, atol=1e-6)


def test_the_l1_projection_is_the_nearest_point() -> None:
    from scipy.optimize import minimize

    change = torch.tensor([[0.9, -0.4, 0.2, 0.05]])
    found = minimize(
        lambda x: ((x[:4] - x[4:] - change[0].numpy()) ** 2).sum(),
        [0.1] * 8,
        bounds=[(0, None)] * 8,
        constraints={"type": "ineq", "fun": lambda x: 1.0 - x.sum()},
    )
    assert torch.allclose(project_l1(change, 1.0)[0], torch.tensor(found.x[:4] - found.x[4:]).float(), atol=1e-3)


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_the_steepest_step_has_length_one_and_climbs(norm: str) -> None:
    gradient = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    step = steepest(gradient, norm)
    assert torch.allclose(norms_of(step, norm), torch.ones(3), atol=1e-5)
    assert ((step * gradient).flatten(1).sum(dim=1) > 0).all()
