"""Attacks of foolbox behind our interface: exact least changes, traps, and nothing of the outside touched."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from victims import SIDE, Constant, Linear, NaN, Quantised, Random, Softmax, goal_of, least_changes, pictures_of

from robustcheck.attacks.balls import norms_of
from robustcheck.attacks.foolbox_bridge import REFUSED, ROWS, FoolboxAttack, Row, VictimModel, Witness
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.keyed import keyed
from robustcheck.attacks.victim import Victim
from robustcheck.core import registry
from robustcheck.core.errors import CaseError, ModelError, RobustcheckError

pytestmark = pytest.mark.usefixtures("one_thread")

FEW = {"boundary": 25, "hopskipjump": 2, "cw": 8, "salt_and_pepper": 30, "noise": 20, "contrast": 10, "blur": 10}
RADIUS = {"linf": 0.1, "l2": 1.0, "l1": 4.0, "l0": 12}

EVERY = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}-{row.norm}")
MODES = pytest.mark.parametrize("minimal", [True, False], ids=["minimal", "within"])


class ByRow(Linear):
    """The same to the last bit in any batch, in double precision."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        each = [(one.flatten().double() * self.weights.double()).sum(dim=1) for one in pictures]
        return torch.stack(each) + self.bias.double()


class NoGradient(Linear):
    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return super().forward(pictures.detach()).detach()


class Raises(Linear):
    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        raise ValueError("the model's own")


def attack_of(row: Row, **others: Any) -> FoolboxAttack:
    return FoolboxAttack(**{"name": row.name, "norm": row.norm, "steps": FEW.get(row.name, 20)} | others)


def run(row: Row, model: Callable[[torch.Tensor], torch.Tensor], goal: Goal, *, minimal: bool, **others: Any) -> Any:
    if minimal and not row.minimal:
        pytest.skip("works within a ball only")
    attack, victim = attack_of(row, **others), Victim(model, size=3)
    return attack.minimal(victim, goal) if minimal else attack.perturb(victim, goal, RADIUS[row.norm])


def confirm(row: Row, model: torch.nn.Module, goal: Goal, found: torch.Tensor, *, minimal: bool) -> torch.Tensor:
    """Hold a result against the box, the ball and a fresh forward pass; return what was reached."""
    assert found.shape == goal.pictures.shape
    assert found.dtype == goal.pictures.dtype
    assert torch.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 1
    with torch.no_grad():
        reached = goal.fooled(model(found))
    changed = (found != goal.pictures).flatten(1).any(dim=1)
    if minimal:
        assert (reached | ~changed).all(), "a picture that reaches nothing must be the clean one"
    else:
        assert (norms_of(found - goal.pictures, row.norm) <= RADIUS[row.norm] * (1 + 1e-5)).all()
    return reached


# --- exact least changes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "norm", "steps"),
    [
        ("fmn", "linf", 100),
        ("fmn", "l2", 100),
        ("fmn", "l1", 1000),
        ("ddn", "l2", 300),
        ("deepfool", "linf", 50),
        ("deepfool", "l2", 50),
        ("cw", "l2", 200),
    ],
)
@pytest.mark.parametrize("classes", [2, 4])
def test_least_changes_of_a_linear_model(name: str, norm: str, steps: int, classes: int) -> None:
    model = Linear(classes=classes, scale=0.5)
    goal = close(model, norm)
    found = FoolboxAttack(name=name, norm=norm, steps=steps).minimal(Victim(model), goal)
    exact = least_changes(model, goal, norm)
    ratio = norms_of(found - goal.pictures, norm).double() / exact
    assert goal.fooled(model(found)).all()
    assert ratio.min() > 0.9999
    assert ratio.max() < 1.01


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_hopskipjump_comes_near_without_gradients(norm: str) -> None:
    model = Linear(classes=4, scale=0.5)
    goal = close(model, norm).at(torch.arange(2))
    victim = Victim(NoGradient(classes=4, scale=0.5))
    found = FoolboxAttack(name="hopskipjump", norm=norm, steps=20).minimal(victim, goal)
    ratio = norms_of(found - goal.pictures, norm).double() / least_changes(model, goal, norm)
    assert goal.fooled(model(found)).all()
    assert ratio.max() < 1.5
    assert victim.backwards == 0


def test_fmn_counts_the_fewest_values() -> None:
    model = Linear(classes=2, scale=0.5)
    goal = close(model, "l2", reach=0.6)
    found = FoolboxAttack(name="fmn", norm="l0", steps=100).minimal(Victim(model), goal)
    with torch.no_grad():
        for place in range(len(goal)):
            own = int(goal.labels[place])
            pull = (model.weights[1 - own] - model.weights[own]).double()
            logits = model(goal.pictures[place : place + 1])[0].double()
            clean = goal.pictures[place].flatten().double()
            gains = (pull * (pull > 0).double() - pull * clean).sort(descending=True).values
            least = int((gains.cumsum(0) < logits[own] - logits[1 - own]).sum()) + 1
            assert least <= int((found[place] != goal.pictures[place]).sum()) <= least + 1


def close(model: Linear, norm: str, *, reach: float = 0.3, count: int = 4) -> Goal:
    """Return pictures whose least change stays within the box, so that the dual norm says how large it is."""
    goal = goal_of(model, pictures_of(200))
    near = (least_changes(model, goal, "l1") < 0.25) if norm == "l1" else (least_changes(model, goal, "l2") < reach)
    return goal.at(near.nonzero()[:count, 0])


# --- traps --------------------------------------------------------------------------------------------------------


@EVERY
@MODES
@pytest.mark.parametrize("kind", [Linear, Constant, Softmax, Quantised], ids=lambda kind: kind.__name__)
def test_a_success_is_one(row: Row, minimal: bool, kind: type[torch.nn.Module]) -> None:
    model = kind()
    # Without it a grey picture ties all classes, and rounding decides what the loss of contrast leads to.
    model.bias.data += torch.tensor([0.0, 0.3, -0.2, 0.1])
    goal = goal_of(model, pictures_of(4))
    reached = confirm(row, model, goal, run(row, model, goal, minimal=minimal), minimal=minimal)
    if kind is Constant:
        assert not reached.any()


@EVERY
@MODES
@pytest.mark.parametrize("kind", [NaN, Random], ids=lambda kind: kind.__name__)
def test_a_broken_model_gets_a_clear_error_or_a_verdict(row: Row, minimal: bool, kind: type[torch.nn.Module]) -> None:
    model = kind()
    goal = goal_of(model, pictures_of(2))
    try:
        found = run(row, model, goal, minimal=minimal)
    except RobustcheckError as error:
        assert kind is Random or "not finite" in str(error)  # noqa: PT017
    else:
        # Specks are of values with three decimals, for which that model has answers.
        assert kind is Random or row.name == "salt_and_pepper"
        assert torch.isfinite(found).all()


@EVERY
@MODES
def test_pictures_that_are_fooled_already_cost_one_pass(row: Row, minimal: bool) -> None:
    model = Linear()
    right = goal_of(model, pictures_of(4))
    wrong = Goal(right.pictures, (right.labels + 1) % 4, None, right.keys)
    calls: list[int] = []
    found = run(row, lambda part: calls.append(len(part)) or model(part), wrong, minimal=minimal)
    assert torch.equal(found, wrong.pictures)
    assert sum(calls) == len(wrong)


@EVERY
@MODES
def test_corners_of_the_box(row: Row, minimal: bool) -> None:
    model = Linear()
    corners = torch.stack([torch.zeros(3, SIDE, SIDE), torch.ones(3, SIDE, SIDE), pictures_of(1)[0].round()])
    goal = goal_of(model, corners)
    confirm(row, model, goal, run(row, model, goal, minimal=minimal), minimal=minimal)


@EVERY
@MODES
def test_single_and_no_pictures(row: Row, minimal: bool) -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(1))
    confirm(row, model, goal, run(row, model, goal, minimal=minimal), minimal=minimal)
    assert len(run(row, model, goal.at(torch.arange(0)), minimal=minimal)) == 0


@EVERY
def test_targets(row: Row) -> None:
    model = Linear(scale=0.3)
    clean = goal_of(model, pictures_of(3))
    goal = Goal(clean.pictures, clean.labels, (clean.labels + 1) % 4, clean.keys)
    if not row.targeted:
        with pytest.raises(CaseError, match="cannot be targeted"):
            run(row, model, goal, minimal=row.minimal)
        return
    reached = confirm(row, model, goal, run(row, model, goal, minimal=row.minimal), minimal=row.minimal)
    if row.name in {"fmn", "ddn", "cw"} and row.norm != "l0":
        assert reached.all()


@EVERY
def test_a_model_without_gradients(row: Row) -> None:
    model = NoGradient()
    goal = goal_of(model, pictures_of(2))
    if row.gradients:
        with pytest.raises(ModelError, match="gives no gradients"):
            run(row, model, goal, minimal=row.minimal)
    else:
        confirm(row, model, goal, run(row, model, goal, minimal=row.minimal), minimal=row.minimal)


def test_pictures_without_a_start_resist() -> None:
    model = Constant()
    attack = FoolboxAttack(name="boundary", norm="l2", steps=5)
    goal = goal_of(model, pictures_of(2))
    assert torch.equal(attack.minimal(Victim(model), goal), goal.pictures)
    assert attack.startless == goal.keys


def test_another_picture_is_a_start_where_noise_is_none() -> None:
    def bright(pictures: torch.Tensor) -> torch.Tensor:
        light = pictures.flatten(1).mean(dim=1)
        return torch.stack([0.9 - light, light - 0.9], dim=1)

    pictures = torch.cat([pictures_of(1), torch.full((1, 3, SIDE, SIDE), 0.99)])
    goal = Goal(pictures, torch.tensor([0, 1]), None, ("dark", "light"))
    attack = FoolboxAttack(name="hopskipjump", norm="l2", steps=1)
    found = attack.minimal(Victim(bright), goal)
    assert goal.fooled(bright(found)).all()
    assert not attack.startless


def test_an_error_of_the_model_is_the_model_s() -> None:
    goal = Goal(pictures_of(1), torch.tensor([0]), None, ("one",))
    with pytest.raises(ValueError, match="the model's own"):
        FoolboxAttack(name="fmn", norm="l2", steps=3).minimal(Victim(Raises()), goal)


@EVERY
def test_an_error_of_foolbox_is_a_case_error(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise IndexError("deep within")

    model = Linear()
    monkeypatch.setattr(type(row.build(3, SIDE)), "run", broken)
    with pytest.raises(CaseError, match=f"{row.name} of foolbox failed: IndexError: deep within"):
        run(row, model, goal_of(model, pictures_of(2)), minimal=row.minimal)


@pytest.mark.parametrize("lie", ["black", "nan", "outside", "clean"])
def test_what_foolbox_says_is_not_believed(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lying(self: Any, model: Any, inputs: Any, criterion: Any, **_: Any) -> Any:
        return {"black": inputs * 0, "nan": inputs * float("nan"), "outside": inputs + 2, "clean": inputs}[lie]

    model = Linear()
    # A black picture is taken for another class by chance, and is no finding all the same.
    goal = goal_of(model, pictures_of(20))
    row = next(row for row in ROWS if (row.name, row.norm) == ("fmn", "l0"))  # which ends with no step of our own
    monkeypatch.setattr(type(row.build(3, SIDE)), "run", lying)
    assert goal.fooled(model(torch.zeros_like(goal.pictures))).any()
    assert torch.equal(run(row, model, goal, minimal=True), goal.pictures)


def test_the_time_limit_ends_it() -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(2))
    victim = Victim(model, seconds=0.3)
    with pytest.raises(CaseError, match="time limit"):
        FoolboxAttack(name="boundary", norm="l2", steps=10**6).minimal(victim, goal)


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused_attacks_say_why(name: str) -> None:
    with pytest.raises(RobustcheckError, match=r"is not used here: .*; use"):
        FoolboxAttack(name=name, norm="l2", steps=3)


def test_unknown_names_and_norms() -> None:
    with pytest.raises(RobustcheckError, match="did you mean deepfool"):
        FoolboxAttack(name="deepfol", norm="l2", steps=3)
    with pytest.raises(RobustcheckError, match="choose l2"):
        FoolboxAttack(name="ddn", norm="linf", steps=3)
    model = Linear()
    attack, goal = FoolboxAttack(name="noise", norm="l2", steps=3), goal_of(model, pictures_of(1))
    with pytest.raises(CaseError, match="looks for no least change"):
        attack.minimal(Victim(model), goal)


def test_rows_are_what_the_registry_says() -> None:
    for row in ROWS:
        facts = registry.attacks[row.name].facts
        assert (facts.minimal, facts.gradients, facts.targeted) == (row.minimal, row.gradients, row.targeted), row.name
    assert not {row.name for row in ROWS} & set(REFUSED)


# --- keyed, and nothing touched -----------------------------------------------------------------------------------


@EVERY
@MODES
@pytest.mark.parametrize("kind", [ByRow, Quantised], ids=lambda kind: kind.__name__)
def test_batch_and_order_change_nothing(row: Row, minimal: bool, kind: type[Linear]) -> None:
    class Model(ByRow):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return super().forward((pictures * 7).round() / 7 if kind is Quantised else pictures)

    model = Model()
    goal = goal_of(model, pictures_of(4))
    together = run(row, model, goal, minimal=minimal)
    torch.rand(7), np.random.rand(7), random.random()
    backwards = run(row, model, goal.at(torch.arange(3, -1, -1)), minimal=minimal).flip(0)
    alone = torch.cat([run(row, model, goal.at(torch.tensor([place])), minimal=minimal) for place in range(4)])
    # Sums of another batch may round so that the last of ten halvings falls the other way.
    assert torch.allclose(together, backwards, atol=1e-4)
    assert torch.allclose(together, alone, atol=1e-4)


@EVERY
@pytest.mark.parametrize("kind", [Linear, NaN], ids=lambda kind: kind.__name__)
def test_random_states_and_the_model_are_untouched(row: Row, kind: type[Linear]) -> None:
    model = kind().train()
    goal = goal_of(model, pictures_of(3))
    model.weights.grad = torch.full_like(model.weights, 3.0)
    clean = goal.pictures.clone()
    parameters = {name: value.detach().clone() for name, value in model.named_parameters()}
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    try:
        run(row, model, goal, minimal=row.minimal)
    except ModelError:
        assert kind is NaN
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]
    assert random.getstate() == before[2]
    assert torch.equal(goal.pictures, clean)
    assert all(torch.equal(value, parameters[name]) for name, value in model.named_parameters())
    assert model.training
    assert all(value.requires_grad for value in model.parameters())
    assert torch.equal(model.weights.grad, torch.full_like(model.weights, 3.0))
    assert model.bias.grad is None


def test_streams_are_the_sample_s() -> None:
    goal = goal_of(Linear(), pictures_of(2))

    def draw(one: Goal, attack: str) -> tuple[float, float, float]:
        with keyed(one, attack):
            return float(torch.rand(())), float(np.random.rand()), random.random()

    first, second = goal.at(torch.tensor([0])), goal.at(torch.tensor([1]))
    assert draw(first, "noise") == draw(first, "noise")
    assert len({draw(first, "noise"), draw(second, "noise"), draw(first, "boundary")}) == 3


def test_zero_gradients_are_counted() -> None:
    model = Quantised()
    victim = Victim(model)
    FoolboxAttack(name="ddn", norm="l2", steps=5).minimal(victim, goal_of(model, pictures_of(3)))
    # Three pictures, five steps of foolbox, and our last step towards three classes.
    assert victim.zero_gradients == victim.backwards == 3 * (5 + 3)


def test_a_picture_that_is_no_number_is_not_the_model_s_fault() -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(2))
    seen = Witness(goal, "l2", None)
    logits = VictimModel(Victim(model), seen)(goal.pictures * float("nan"))
    assert torch.isfinite(logits).all()
    assert torch.isinf(seen.norms).all()


def test_importing_gives_no_warning() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import robustcheck.attacks.foolbox_bridge"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
