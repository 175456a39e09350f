"""Views of a picture: against rotations, shifts and resampling of others, and every view tried by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import ndimage
from victims import Constant, Linear, NaN, Quantised, goal_of, pictures_of, victim_of

from robustcheck.attacks.attempt import attempt
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import margin
from robustcheck.attacks.spatial import Spatial, turned
from robustcheck.core.errors import ModelError, RobustcheckError


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).random(shape)).float()


def still(n: int) -> np.ndarray:
    return np.zeros((n, 2))


def held(n: int = 6, side: int = 9) -> tuple[torch.nn.Module, Goal]:
    """Return a model of a strong bias, which no view fools, and its goal."""
    weights = torch.from_numpy(np.random.default_rng(3).normal(size=(2, 3 * side * side))).float()
    bias = torch.tensor([500.0, 0.0])
    model = _Affine(weights, bias)
    return model, goal_of(model, noise(n, 3, side, side))


class _Affine(torch.nn.Module):
    def __init__(self, weights: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        self.weights, self.bias = weights, bias

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        # One product a picture: a product of matrices rounds differently in batches of another size.
        return (pictures.flatten(1)[:, None] * self.weights).sum(dim=2) + self.bias


@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize("quarters", [-2, -1, 0, 1, 2])
def test_a_quarter_turn_is_that_of_torch(quarters: int, side: int) -> None:
    pictures = noise(2, 3, side, side)
    ours = turned(pictures, np.full(2, 90.0 * quarters), still(2), "zeros")
    assert torch.allclose(ours, torch.rot90(pictures, quarters, (2, 3)), atol=1e-5)


def test_a_shift_is_a_roll_but_for_the_edges() -> None:
    pictures = noise(2, 3, 8, 10)
    ours = turned(pictures, np.zeros(2), np.tile([3 / 10, -2 / 8], (2, 1)), "zeros")
    assert torch.allclose(ours[:, :, :-2, 3:], torch.roll(pictures, (-2, 3), (2, 3))[:, :, :-2, 3:], atol=1e-5)
    assert ours[:, :, -2:].abs().max() < 1e-5
    assert ours[:, :, :, :3].abs().max() < 1e-5


def test_the_edges_are_a_reflection() -> None:
    pictures = noise(1, 3, 6, 7)
    ours = turned(pictures, np.zeros(1), np.array([[2 / 7, 1 / 6]]), "reflection")
    mirrored = np.pad(pictures.numpy(), ((0, 0), (0, 0), (1, 0), (2, 0)), mode="symmetric")[:, :, :6, :7]
    assert np.allclose(ours.numpy(), mirrored, atol=1e-5)


@pytest.mark.parametrize("angle", [-41.0, 17.0])
def test_any_view_is_that_of_scipy(angle: float) -> None:
    height, width, right, down = 11, 14, 1.3, -0.7
    picture = noise(1, 3, height, width)
    about = np.array([0.1, -0.05])
    ours = turned(picture, np.array([angle]), np.array([[right / width, down / height]]), "zeros", about[None])
    # In rows and columns, y downwards: a turn that looks counter-clockwise takes the result back by this matrix.
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    matrix = np.array([[cosine, sine], [-sine, cosine]])
    point = np.array([(height - 1) / 2 + about[1] * height, (width - 1) / 2 + about[0] * width])
    offset = point - matrix @ (point + np.array([down, right]))
    for channel in range(3):
        theirs = ndimage.affine_transform(
            picture[0, channel].numpy().astype(float), matrix, offset, order=1, mode="grid-constant"
        )
        assert np.allclose(ours[0, channel].numpy(), theirs, atol=1e-4)


def test_where_no_view_is_worse_the_clean_picture_comes_back_to_the_bit() -> None:
    goal = goal_of(Constant(), pictures_of(4))
    clean = goal.pictures.clone()

    class Jealous(torch.nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            away = torch.stack([(clean - one).flatten(1).abs().sum(dim=1).min() for one in pictures])
            return torch.stack([1 + away, torch.zeros_like(away)], dim=1)

    goal = goal_of(Jealous(), goal.pictures)
    attack = Spatial(views=12)
    assert torch.equal(attack.perturb(victim_of(Jealous()), goal, 0.0), clean)
    assert all((value == 0).all() for value in attack.found.values())


def test_what_was_found_makes_the_picture_again() -> None:
    model, goal = held()
    attack = Spatial(views=30, padding="zeros")
    worst = attack.perturb(victim_of(model), goal, 0.0)
    shifts = torch.stack([attack.found["right"], attack.found["down"]], dim=1).numpy()
    assert torch.equal(worst, turned(goal.pictures, attack.found["angle"].numpy(), shifts, "zeros"))
    assert attack.found["angle"].abs().max() <= 30
    assert np.abs(shifts).max() <= 0.1
    assert len(set(attack.found["angle"].tolist())) > 1


def test_the_worst_corner_is_found() -> None:
    model, goal = held()
    worst = torch.full((len(goal),), float("-inf"))
    for angle, right, down in [(0, 0, 0), *itertools.product((-20, 20), (-0.2, 0.2), (-0.2, 0.2))]:
        seen = turned(goal.pictures, np.full(len(goal), angle), np.tile([right, down], (len(goal), 1)))
        worst = torch.maximum(worst, margin(model(seen), goal.labels, None))
    victim = victim_of(model)
    found = Spatial(rotation=20, translation=0.2, views=8).perturb(victim, goal, 0.0)
    assert torch.allclose(margin(model(found), goal.labels, None), worst, atol=1e-4)
    assert victim.forwards == 9 * len(goal)


def test_a_view_that_is_planted_is_found() -> None:
    clean = noise(1, 3, 8, 8)
    aim = torch.rot90(clean, 1, (2, 3))

    class Planted(torch.nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            near = (pictures - aim).flatten(1).abs().amax(dim=1) < 1e-4
            return torch.stack([torch.full((len(pictures),), 0.5), near.float()], dim=1)

    goal = Goal(clean, torch.tensor([0]), None, ("one",))
    attack = Spatial(rotation=90, translation=0.0, views=8)
    assert attempt(attack, victim_of(Planted()), goal, 0.0).reached.all()
    assert attack.found["angle"].tolist() == [90.0]
    assert not attempt(Spatial(rotation=80, views=50), victim_of(Planted()), goal, 0.0).reached.any()


@pytest.mark.parametrize("size", [1, 4, 64])
def test_neither_batch_nor_order_changes_a_bit(size: int) -> None:
    model, goal = held(9)
    worst = Spatial(views=25).perturb(victim_of(model), goal, 0.0)
    # With so much less bias the worst views of half of the pictures fool it.
    model.bias[0] += margin(model(worst), goal.labels, None).median() - 0.01
    whole, split = Spatial(views=25), Spatial(views=25)
    together = attempt(whole, victim_of(model), goal, 0.0)
    assert 0 < together.reached.sum() < len(goal)
    other = attempt(split, victim_of(model, size=size), goal.at(torch.arange(8, -1, -1)), 0.0)
    assert torch.equal(together.pictures, other.pictures.flip(0))
    assert all(torch.equal(whole.found[name], split.found[name].flip(0)) for name in whole.found)
    alone = [attempt(Spatial(views=25), victim_of(model), goal.at(torch.tensor([row])), 0.0) for row in range(9)]
    assert torch.equal(together.pictures, torch.cat([one.pictures for one in alone]))


def test_a_fooled_picture_costs_no_more_views() -> None:
    class Lone(torch.nn.Module):
        """Takes a picture for 0 while the pixel in its corner shines."""

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return torch.stack([pictures[:, 0, 0, 0], torch.full((len(pictures),), 0.5)], dim=1)

    pictures = torch.zeros(10, 3, 8, 8)
    pictures[:, :, 0, 0] = 1.0
    pictures[7:] = 1.0
    goal, victim = goal_of(Lone(), pictures), victim_of(Lone(), gradients=False)
    tried = attempt(Spatial(views=40), victim, goal, 0.0)
    assert tried.reached.tolist() == [True] * 7 + [False] * 3
    # The picture as it is, one view for the lone pixels, all for the white ones, and the pass that is believed.
    assert victim.forwards == 10 + 10 + 3 * 39 + 10
    assert victim.backwards == 0


def test_pictures_that_are_wrong_already_cost_one_pass_and_stay() -> None:
    goal = goal_of(Linear(), pictures_of(5))
    wrong = Goal(goal.pictures, (goal.labels + 1) % 4, None, goal.keys)
    victim = victim_of(Linear())
    assert torch.equal(Spatial().perturb(victim, wrong, 0.0), goal.pictures)
    assert victim.forwards == 5


def test_with_targets_only_these_count() -> None:
    model = Linear()
    goal = goal_of(model, pictures_of(8))
    aimed = Goal(goal.pictures, goal.labels, (goal.labels + 1) % 4, goal.keys)
    tried = attempt(Spatial(views=60), victim_of(model), aimed, 0.0)
    assert 0 < tried.reached.sum() < 8
    assert torch.equal(tried.logits.argmax(dim=1) == aimed.targets, tried.reached)


@pytest.mark.parametrize("kind", [Constant, Quantised], ids=lambda kind: kind.__name__)
def test_a_model_without_gradients_is_no_harder(kind: type[torch.nn.Module]) -> None:
    goal = goal_of(kind(), pictures_of(6))
    tried = attempt(Spatial(views=20), victim_of(kind()), goal, 0.0)
    assert torch.equal(goal.fooled(kind()(tried.pictures)), tried.reached)
    assert bool(tried.reached.any()) == (kind is Quantised)


def test_logits_that_are_not_finite_are_an_error() -> None:
    with pytest.raises(ModelError, match="not finite"):
        Spatial(views=5).perturb(victim_of(NaN()), goal_of(NaN(), pictures_of(2)), 0.0)


def test_what_cannot_be_tried_is_refused() -> None:
    with pytest.raises(RobustcheckError, match="use reflection or zeros"):
        Spatial(padding="border")
