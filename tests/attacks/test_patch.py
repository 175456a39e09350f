"""Stickers: on models of which the best place and content are known, and on the signs."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
import torch
from victims import Constant, Linear, NaN, Quantised, goal_of, pictures_of, victim_of

from robustcheck.attacks import patch as module
from robustcheck.attacks.attempt import Attempt, attempt
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.losses import margin
from robustcheck.attacks.patch import Patch
from robustcheck.attacks.victim import Victim
from robustcheck.core.errors import ModelError, RobustcheckError

SIDE = 12


def noise(n: int, side: int = SIDE, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).random((n, 3, side, side))).float()


class Affine(torch.nn.Module):
    """Two classes; one product a picture, since a product of matrices rounds differently in batches of another size."""

    def __init__(self, *, bias: float = 500.0, side: int = SIDE) -> None:
        super().__init__()
        weights = np.random.default_rng(3).normal(size=(2, 3 * side * side))
        self.weights, self.bias = torch.from_numpy(weights).float(), torch.tensor([bias, 0.0])

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return (pictures.flatten(1)[:, None] * self.weights).sum(dim=2) + self.bias


class Region(torch.nn.Module):
    """Looks at two by two pixels only, and wants all of them bright."""

    def __init__(self, top: int, left: int, *, least: float = 0.95) -> None:
        super().__init__()
        self.where, self.least = (slice(None), slice(None), slice(top, top + 2), slice(left, left + 2)), least

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        bright = pictures[self.where].flatten(1).mean(dim=1)
        return torch.stack([torch.full_like(bright, self.least), bright], dim=1)


def best_margins(model: Affine, goal: Goal, stencil: torch.Tensor, *, centre: bool = False) -> torch.Tensor:
    """Return the highest margin of any content at any place, or in the centre, by trying every place."""
    own = goal.labels
    weights = (model.weights[1 - own] - model.weights[own]).view_as(goal.pictures).double()
    clean = goal.pictures.double()
    gain = torch.where(weights > 0, weights * (1 - clean), -weights * clean).sum(dim=1)
    high, wide = stencil.shape
    tops, lefts = range(SIDE - high + 1), range(SIDE - wide + 1)
    corners = [((SIDE - high) // 2, (SIDE - wide) // 2)] if centre else itertools.product(tops, lefts)
    gains = [(gain[:, top : top + high, left : left + wide] * stencil).sum(dim=(1, 2)) for top, left in corners]
    return margin(model(goal.pictures), own, None) + torch.stack(gains).amax(dim=0)


@pytest.mark.parametrize("place", ["anywhere", "centre"])
@pytest.mark.parametrize("shape", ["square", "circle"])
def test_of_two_linear_classes_the_best_place_and_content_are_found(shape: str, place: str) -> None:
    model = Affine()
    goal = goal_of(model, noise(6))
    attack = Patch(area=0.12, shape=shape, place=place, eot=0, restarts=1)
    found = attack.perturb(victim_of(model), goal, 0.0)
    expected = best_margins(model, goal, attack.stencil(SIDE, SIDE), centre=place == "centre")
    assert torch.allclose(margin(model(found).double(), goal.labels, None), expected.double(), atol=1e-4)
    assert attack.within(goal.pictures, found).all()


def test_a_sticker_covers_what_the_model_looks_at() -> None:
    for top, left in [(0, 0), (0, 10), (10, 3), (5, 6)]:
        model = Region(top, left)
        goal = goal_of(model, noise(4) * 0.5)
        tried = attempt(Patch(area=0.04, eot=0), victim_of(model), goal, 0.0)
        assert tried.reached.all()
        changed = (tried.pictures != goal.pictures).any(dim=1)
        assert changed[:, top : top + 2, left : left + 2].all()
        assert tried.refused == 0


def test_no_sticker_fools_what_it_cannot_cover() -> None:
    model = Region(0, 0)
    goal = goal_of(model, noise(3) * 0.5)
    assert not attempt(Patch(area=0.1, place="centre"), victim_of(model), goal, 0.0).reached.any()
    # One pixel of four is not enough.
    assert not attempt(Patch(area=0.007), victim_of(model), goal, 0.0).reached.any()


@pytest.mark.parametrize("shape", ["square", "circle"])
@pytest.mark.parametrize("area", [0.0001, 0.01, 0.05, 0.3, 0.9])
def test_a_sticker_is_of_nearly_its_area_and_no_larger(area: float, shape: str) -> None:
    stencil = Patch(area=area, shape=shape).stencil(64, 64)
    covered, asked = int(stencil.sum()), area * 64 * 64
    assert covered <= max(1, asked)
    # A circle cannot leave the picture, so that nine tenths of a square are too much for it.
    assert covered >= (min(asked, np.pi * 32**2) if shape == "circle" else asked) - 4 * np.sqrt(asked) - 1
    assert torch.equal(stencil, stencil.flip(0))
    assert torch.equal(stencil, stencil.T)


def test_a_picture_that_is_smaller_in_one_direction_bounds_the_sticker() -> None:
    assert Patch(area=0.5).stencil(4, 100).shape == (4, 4)


def test_within_tells_a_sticker_from_other_changes() -> None:
    clean = noise(6, 20)
    attack = Patch(area=0.05)  # Four by four pixels.
    changed = clean.clone()
    changed[1, :, 3:7, 16:20] = 0.0
    changed[2, 0, 3:7, 3:8] = 0.0
    changed[3, :, 0, 0] = changed[3, :, 19, 19] = 0.0
    changed[4, 0, 5, 5] = 1.5
    changed[5, 0, 5, 5] = float("nan")
    assert attack.within(clean, changed).tolist() == [True, True, False, False, False, False]


def test_pictures_that_are_wrong_already_cost_one_pass_and_stay() -> None:
    goal = goal_of(Linear(), pictures_of(5))
    wrong = Goal(goal.pictures, (goal.labels + 1) % 4, None, goal.keys)
    victim, attack = victim_of(Linear()), Patch(area=0.1)
    assert torch.equal(attack.perturb(victim, wrong, 0.0), goal.pictures)
    assert victim.forwards == 5
    assert attack.found["eot_success"].isnan().all()


def test_no_pictures_are_no_trouble() -> None:
    goal = goal_of(Linear(), pictures_of(2)).at(torch.tensor([], dtype=torch.int64))
    assert Patch(area=0.1).perturb(victim_of(Linear()), goal, 0.0).shape == (0, 3, 6, 6)


def test_a_fooled_picture_costs_no_more_passes() -> None:
    class Shy(torch.nn.Module):
        """Is fooled by any sticker, except on pictures whose corner is black."""

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            moved = (pictures - 0.5).abs().flatten(1).amax(dim=1) * (pictures[:, 0, 0, 0] > 0)
            return torch.stack([torch.full_like(moved, 0.2), moved], dim=1)

    pictures = torch.full((10, 3, SIDE, SIDE), 0.5)
    pictures[8:] = 0.0
    goal, victim = goal_of(Shy(), pictures), victim_of(Shy())
    assert (goal.labels == 0).all()
    tried = attempt(Patch(area=0.1, place="centre", steps=20, restarts=2, eot=0), victim, goal, 0.0)
    assert tried.reached.tolist() == [True] * 8 + [False] * 2
    # The pictures as they are, one step for those that fall, all steps of both restarts for the two, the pass believed.
    assert victim.forwards == 10 + 8 + 2 * 2 * 21 + 10
    assert victim.backwards == victim.forwards - 10


@pytest.mark.parametrize("eot", [0, 2])
@pytest.mark.parametrize("size", [1, 4, 64])
def test_neither_batch_nor_order_changes_a_bit(size: int, eot: int) -> None:
    model = Affine()
    goal = goal_of(model, noise(7))
    worst = Patch(area=0.03, steps=8, restarts=2, eot=eot).perturb(victim_of(model), goal, 0.0)
    # With so much less bias the stickers of half of the pictures fool it.
    model.bias[0] += margin(model(worst), goal.labels, None).median() - 0.01
    whole, split, alone = (Patch(area=0.03, steps=8, restarts=2, eot=eot) for _ in range(3))
    together = attempt(whole, victim_of(model), goal, 0.0)
    assert 0 < together.reached.sum() < len(goal)
    other = attempt(split, victim_of(model, size=size), goal.at(torch.arange(6, -1, -1)), 0.0)
    assert torch.equal(together.pictures, other.pictures.flip(0))
    one = attempt(alone, victim_of(model), goal.at(torch.tensor([4])), 0.0)
    assert torch.equal(together.pictures[4:5], one.pictures)
    if eot:
        assert torch.equal(whole.found["eot_success"], split.found["eot_success"].flip(0))


@pytest.mark.parametrize("area", [0.12, 0.2])
def test_a_pose_that_moves_nothing_is_the_sticker(area: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sides of four and five pixels: the middle of one lies on a border of pixels, that of the other does not."""
    monkeypatch.setattr(module, "WOBBLE", 0.0)
    attack = Patch(area=area, rotation=0.0, brightness=0.0)
    goal, content = goal_of(Constant(), noise(5)), noise(5, seed=1)
    mask = attack._masks(goal, torch.zeros(5, 1, SIDE, SIDE), 1)
    posed, _pull = attack._pose(goal, content, mask, goal.generators("test"))
    assert torch.allclose(posed, torch.where(mask, content, goal.pictures), atol=1e-5)


def test_a_pose_is_a_turn_of_the_sticker_about_its_own_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WOBBLE", 0.0)

    class Most:
        def uniform(self, *_: object) -> np.ndarray:
            return np.array([1.0, -1.0, 0.0, 0.0])

    attack = Patch(area=0.12, rotation=90.0, brightness=0.2)
    goal, content = goal_of(Constant(), noise(4)), noise(4, seed=1)
    mask = attack._masks(goal, torch.zeros(4, 1, SIDE, SIDE), 1)
    posed, _pull = attack._pose(goal, content, mask, [Most()] * 4)
    for row in range(4):
        (top, left), (bottom, right) = mask[row, 0].nonzero()[0].tolist(), (mask[row, 0].nonzero()[-1] + 1).tolist()
        expected = goal.pictures[row].clone()
        expected[:, top:bottom, left:right] = 0.8 * torch.rot90(content[row, :, top:bottom, left:right], 1, (1, 2))
        assert torch.allclose(posed[row], expected, atol=1e-5)


def test_a_gradient_of_a_pose_is_one_of_the_content() -> None:
    """The map from content to picture is linear away from saturation, so that the pull is its adjoint."""
    attack = Patch(area=0.2, rotation=25.0)
    goal, content = goal_of(Constant(), noise(3)), noise(3, seed=1) * 0.5
    mask = attack._masks(goal, torch.zeros(3, 1, SIDE, SIDE), 1)
    change, gradient = 0.2 * noise(3, seed=2), noise(3, seed=5) - 0.5
    before, pull = attack._pose(goal, content, mask, goal.generators("test"))
    after, _pull = attack._pose(goal, content + change, mask, goal.generators("test"))
    own = pull(gradient)
    assert torch.allclose(((after - before) * gradient).sum(), (own * change).sum(), rtol=1e-3)
    assert (own[~mask.expand_as(change)] == 0).all()


def test_the_rate_tells_a_sturdy_sticker_from_a_delicate_one() -> None:
    # A wide bright spot is seen in any pose; bright pixels up to the sticker's rim do not stay where they are.
    rates = []
    for least, area in ((0.7, 0.25), (0.9999, 0.03)):
        model = Region(5, 5, least=least)
        goal = goal_of(model, torch.zeros(6, 3, SIDE, SIDE))
        attack = Patch(area=area, place="centre", steps=30, rotation=40.0, brightness=0.1)
        assert attempt(attack, victim_of(model), goal, 0.0).reached.all()
        rates.append(float(attack.found["eot_success"].mean()))
    assert rates[0] > 0.75  # a sticker is worked on until half of the poses fool the model
    assert rates[1] < 0.2


def test_without_poses_there_is_no_rate() -> None:
    attack = Patch(area=0.1, eot=0)
    attack.perturb(victim_of(Linear()), goal_of(Linear(), pictures_of(2)), 0.0)
    assert not attack.found


def test_where_the_gradient_is_blind_places_are_drawn() -> None:
    """No gradient leads to the sticker of a model that sees grey levels, and yet some of its pictures are fooled."""
    model = Quantised()
    goal = goal_of(model, pictures_of(8))
    victim = victim_of(model)
    tried = attempt(Patch(area=0.3, steps=4, restarts=3, eot=0), victim, goal, 0.0)
    assert victim.zero_gradients == victim.backwards > 0
    assert torch.equal(goal.fooled(model(tried.pictures)), tried.reached)
    places = {tuple(one.nonzero()[0].tolist()) for one in (tried.pictures != goal.pictures).any(dim=1)}
    assert len(places) > 1


def test_a_constant_model_is_never_fooled() -> None:
    tried = attempt(Patch(area=0.3, steps=5), victim_of(Constant()), goal_of(Constant(), pictures_of(3)), 0.0)
    assert not tried.reached.any()
    assert tried.refused == 0


def test_logits_that_are_not_finite_are_an_error() -> None:
    with pytest.raises(ModelError, match="not finite"):
        Patch(area=0.3).perturb(victim_of(NaN()), goal_of(NaN(), pictures_of(2)), 0.0)


@pytest.mark.parametrize(
    "how", [{"area": 0.0}, {"steps": 0}, {"restarts": 0}, {"eot": -1}, {"shape": "star"}, {"place": "sky"}]
)
def test_what_is_no_sticker_is_refused(how: dict[str, object]) -> None:
    with pytest.raises(RobustcheckError, match="sticker"):
        Patch(**{"area": 0.1, **how})


@functools.cache
def stop_signs() -> tuple[Victim, Goal]:
    """Return signs-robot, and ten stop signs that it knows and is to take for turn_left."""
    from robustcheck.demo import framing, network, scenes

    data = scenes.load("test", 14 * 12)
    rows = [row for row, label in enumerate(data.labels) if label == "stop"]
    views = np.stack([framing.view(data.images[row]) for row in rows])
    pictures = torch.from_numpy(views).permute(0, 3, 1, 2).float() / 255
    model = network.build(14, "signs-robot").requires_grad_(False)
    victim = Victim(lambda part: model((part - 0.5) / 0.5))
    right = (victim.logits(pictures).argmax(dim=1) == data.names.index("stop")).nonzero()[:10, 0]
    labels = torch.full((len(rows),), data.names.index("stop"))
    targets = torch.full((len(rows),), data.names.index("turn_left"))
    return victim, Goal(pictures, labels, targets, tuple(data.ids[row] for row in rows)).at(right)


def stuck(**how: object) -> tuple[Patch, Goal, Attempt]:
    victim, goal = stop_signs()
    attack = Patch(**{"area": 0.05, **how})
    return attack, goal, attempt(attack, victim, goal, 0.0)


@pytest.mark.parametrize("shape", ["square", "circle"])
def test_a_sticker_turns_a_stop_sign_into_a_turn(shape: str) -> None:
    _attack, goal, tried = stuck(shape=shape, eot=0)
    assert tried.reached.sum() >= 9
    assert (tried.logits.argmax(dim=1)[tried.reached] == goal.targets[0]).all()
    changed = (tried.pictures != goal.pictures).any(dim=1).flatten(1).float().mean(dim=1)
    assert (changed <= 0.05).all()
    assert tried.refused == 0


def test_poses_make_a_sticker_sturdier() -> None:
    seen, _goal, tried = stuck(eot=4, steps=30, restarts=1)
    assert tried.reached.sum() >= 8
    victim, goal = stop_signs()
    plain = Patch(area=0.05, eot=0, steps=30, restarts=1)
    found = plain.perturb(victim, goal, 0.0)
    # Both stand at the same place, the first that is tried, and so the sticker of one rates the other.
    promise = module._promise(goal.pictures, victim.gradient(goal.pictures, module.loss_of("margin", goal))[2])
    rate = plain._rate(victim, goal, found, plain._masks(goal, promise, 0))
    assert seen.found["eot_success"].mean() > rate.mean() + 0.05
