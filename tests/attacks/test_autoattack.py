"""APGD, Square and FAB beside the program that published them."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
import torch
from pyautoattack import AutoAttack
from pyautoattack.autopgd_base import APGDAttack, APGDAttack_targeted
from pyautoattack.square import SquareAttack
from victims import Linear, goal_of, least_changes, pictures_of, signs, victim_of

from robustcheck.attacks.apgd import APGD, checkpoints
from robustcheck.attacks.attempt import attempt
from robustcheck.attacks.balls import norms_of
from robustcheck.attacks.cascade import autoattack_of
from robustcheck.attacks.fab import FABTargeted, onto_plane
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import dlr
from robustcheck.attacks.ranks import ranked
from robustcheck.attacks.square import Square, bump, share
from robustcheck.attacks.track import Track
from robustcheck.attacks.victim import Victim
from robustcheck.models.preserve_state import untouched

QUIET = logging.getLogger("test-auto-attack")
QUIET.setLevel(logging.CRITICAL)
NORMS = {"linf": "Linf", "l2": "L2"}


class Smooth(torch.nn.Module):
    """A small network without corners, in double precision."""

    def __init__(self, classes: int = 6) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(3)
        self.first = torch.randn(8, 3, 3, 3, generator=random, dtype=torch.float64) * 0.5
        self.second = torch.randn(classes, 8 * 16, generator=random, dtype=torch.float64) * 0.3

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        hidden = torch.nn.functional.conv2d(pictures.double(), self.first).tanh()
        return torch.nn.functional.adaptive_avg_pool2d(hidden, 4).flatten(1) @ self.second.T * 4


def double_goal(n: int = 4) -> Goal:
    model = Smooth()
    pictures = torch.from_numpy(np.random.default_rng(5).uniform(0, 1, (n, 3, 12, 12)))
    labels = model(pictures).argmax(dim=1)
    return Goal(pictures, labels, None, tuple(map(str, range(n))))


def reference(kind: type, **others: Any) -> Any:
    return kind(Smooth(), seed=0, device="cpu", logger=QUIET, **others)


def test_the_losses_are_those_of_the_reference() -> None:
    logits = torch.randn(40, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = torch.arange(40) % 7
    theirs = reference(APGDAttack, eps=0.1)
    assert torch.allclose(dlr(logits, labels, None), theirs.dlr_loss(logits, labels), atol=1e-6, rtol=0)
    targets = (labels + 2) % 7
    towards = reference(APGDAttack_targeted, eps=0.1)
    towards.y_target = targets
    ours = dlr(logits, labels, targets)
    assert torch.allclose(ours, towards.dlr_loss_targeted(logits, labels), atol=1e-6, rtol=0)


@pytest.mark.parametrize("steps", [5, 20, 100, 500])
def test_the_checkpoints_are_those_of_the_reference(steps: int) -> None:
    theirs = reference(APGDAttack, eps=0.1, n_iter=steps)
    place, stretch, expected = 0, theirs.n_iter_2, []
    while place + stretch <= steps:
        place += stretch
        expected.append(place)
        stretch = max(stretch - theirs.size_decr, theirs.n_iter_min)
    assert checkpoints(steps) == tuple(expected)


def test_the_schedule_of_squares_is_that_of_the_reference() -> None:
    theirs = SquareAttack(Smooth(), eps=0.1, seed=0, device="cpu", resc_schedule=False)
    for query in (*range(0, 1200, 7), 1999, 2000, 2001, 4001, 6001, 8001, 9999):
        assert share(query) == pytest.approx(theirs.p_selection(query), abs=1e-6)


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 7, 12, 21, 58])
def test_a_bump_is_that_of_the_reference(side: int) -> None:
    theirs = SquareAttack(Smooth(), norm="L2", eps=1.0, seed=0, device="cpu").eta(side)
    assert min((bump(side) - theirs).abs().max(), (bump(side).T - theirs).abs().max()) <= 1e-6


class Wide(torch.nn.Module):
    """A network that takes many queries."""

    def __init__(self) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(5)
        self.first = torch.randn(12, 3, 5, 5, generator=random) * 0.2
        self.second = torch.randn(4, 12 * 9, generator=random) * 0.5

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        hidden = torch.nn.functional.conv2d(pictures - 0.5, self.first, stride=2).relu()
        return torch.nn.functional.adaptive_avg_pool2d(hidden, 3).flatten(1) @ self.second.T


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.02), ("l2", 0.5)])
def test_square_breaks_as_many_as_the_reference_with_as_many_queries(norm: str, eps: float) -> None:
    """Both draw at random, so that numbers of pictures are compared: of two hundred, and by the queries they take."""
    model = Wide()
    pictures = torch.from_numpy(np.random.default_rng(4).uniform(0, 1, (200, 3, 16, 16))).float()
    labels = model(pictures).argmax(dim=1)
    broken = []
    for queries in (10, 40, 150):
        theirs = SquareAttack(model, norm=NORMS[norm], eps=eps, n_queries=queries, seed=0, device="cpu")
        theirs.rescale_schedule = False
        found = theirs.perturb(pictures.clone(), labels.clone())
        goal = Goal(pictures, labels, None, tuple(map(str, range(200))))
        ours = attempt(Square(norm=norm, queries=queries), Victim(model, size=200), goal, eps).reached
        broken.append((int(ours.sum()), int((model(found).argmax(dim=1) != labels).sum())))
    assert all(abs(mine - other) <= 8 for mine, other in broken)
    assert 10 < broken[0][0] < broken[1][0] < broken[2][0] < 190


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("loss", ["ce", "dlr", "dlr-targeted"])
def test_a_climb_takes_the_same_way_as_the_reference(norm: str, loss: str) -> None:
    goal, eps = double_goal(), 0.05 if norm == "linf" else 0.6
    noise = torch.from_numpy(np.random.default_rng(8).uniform(-1, 1, goal.pictures.shape)) * eps
    start = (goal.pictures + (noise if norm == "linf" else noise / 12)).clamp(0, 1)
    kind = APGDAttack_targeted if loss == "dlr-targeted" else APGDAttack
    others = {} if loss == "dlr-targeted" else {"loss": loss}
    theirs = reference(kind, eps=eps, norm=NORMS[norm], n_iter=100, **others)
    theirs.init_hyperparam(goal.pictures)
    aim = goal
    if loss == "dlr-targeted":
        theirs.y_target = (goal.labels + 1) % 6
        aim = Goal(goal.pictures, goal.labels, theirs.y_target, goal.keys)
    torch.set_default_dtype(torch.float64)  # the reference keeps losses and step lengths in it
    try:
        expected = theirs.attack_single_run(goal.pictures, goal.labels, x_init=start)[0]
    finally:
        torch.set_default_dtype(torch.float32)
    ours = APGD(norm=norm, steps=100, loss=loss.partition("-")[0])
    best = ours.climb(Victim(Smooth()), aim, eps, 0, Track(goal, keep_fooled=True), start)
    assert (best - expected).abs().max() <= 1e-10


def test_the_likeliest_wrong_classes_come_first() -> None:
    logits = torch.tensor([[3.0, 1.0, 2.0, 0.0], [0.0, 5.0, 1.0, 2.0]])
    assert ranked(logits, torch.tensor([0, 3])).tolist() == [[2, 1, 3], [1, 2, 0]]


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_fab_finds_the_least_change_of_a_linear_model(norm: str) -> None:
    model = Linear(scale=0.2)
    goal = goal_of(model, pictures_of(16))
    found = FABTargeted(norm=norm, steps=30, n_targets=3).minimal(victim_of(model), goal)
    ratio = norms_of(found - goal.pictures, norm).double() / least_changes(model, goal, norm)
    assert ratio.max() < 1.01
    assert ratio.min() > 0.9999
    assert goal.fooled(model(found)).all()


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
@pytest.mark.parametrize("share", [0.3, 0.9, -0.6, 2.0])
def test_a_change_onto_a_plane_is_the_least_within_the_box(norm: str, share: float) -> None:
    from scipy.optimize import linprog, minimize

    random = np.random.default_rng(2)
    picture, weights = random.uniform(0, 1, 5), random.normal(size=5)
    room = np.where(np.sign(share) * weights > 0, 1 - picture, picture)
    rise = share * float((np.abs(weights) * room).sum())
    change = onto_plane(torch.tensor(picture)[None], torch.tensor(weights)[None], torch.tensor([rise]), norm)[0].numpy()
    assert ((picture + change >= -1e-9) & (picture + change <= 1 + 1e-9)).all()
    if share > 1:
        assert np.allclose(np.abs(change), room)
        return
    assert weights @ change == pytest.approx(rise, abs=1e-6)
    fits = {"type": "eq", "fun": lambda x: weights @ x[:5] - rise}
    if norm == "l2":
        box = [*zip(-picture, 1 - picture, strict=True)]
        best = minimize(lambda x: (x[:5] ** 2).sum(), np.zeros(5), bounds=box, constraints=fits).fun ** 0.5
        assert np.linalg.norm(change) == pytest.approx(best, rel=1e-3)
    elif norm == "l1":
        halves = [*((0, 1 - value) for value in picture), *((0, value) for value in picture)]
        best = linprog(np.ones(10), A_eq=[[*weights, *-weights]], b_eq=[rise], bounds=halves).fun
        assert np.abs(change).sum() == pytest.approx(best, rel=1e-6)
    else:
        radius = np.abs(change).max()
        reach = (np.abs(weights) * np.minimum(room, radius * 0.999)).sum()
        assert reach < abs(rise)


def standard_set(name: str, levels: float, count: int) -> tuple[int, int]:
    """Return how many pictures resist the standard set, in ours and in theirs."""
    model, goal = signs(name, count)
    eps = levels / 255
    with untouched(model):
        ours = attempt(autoattack_of("linf"), Victim(model), goal, eps).reached
    program = AutoAttack(model, norm="Linf", eps=eps, seed=0, version="standard", device="cpu")
    found, _ = program.run_standard_evaluation(goal.pictures, goal.labels, batch_size=64)
    with torch.no_grad():
        theirs = model(found).argmax(dim=1) != goal.labels
    return int((~ours).sum()), int((~theirs).sum())


def test_the_standard_set_leaves_as_many_as_the_reference() -> None:
    # Wide enough that a few resist: each of them costs both programs every step and every query.
    ours, theirs = standard_set("signs-robot", 4.0, 24)
    assert abs(ours - theirs) <= 1


@pytest.mark.long
@pytest.mark.parametrize(("name", "levels"), [("signs-robot", 2.0), ("signs-web", 3.0), ("signs-hardened", 14.0)])
def test_the_standard_set_leaves_as_many_as_the_reference_on_more(name: str, levels: float) -> None:
    ours, theirs = standard_set(name, levels, 48)
    assert abs(ours - theirs) <= 1
