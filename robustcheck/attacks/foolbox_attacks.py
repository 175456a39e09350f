"""Which attacks of foolbox may be used, by what arguments, and which may not and why."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import eagerpy
import torch

from robustcheck.attacks.balls import column, norms_of
from robustcheck.attacks.passes import GRADIENT, Passes
from robustcheck.core.errors import RobustcheckError, did_you_mean

with warnings.catch_warnings():
    # Foolbox imports from a module of SciPy that is to go, which is an error in many a project's tests.
    warnings.simplefilter("ignore", DeprecationWarning)
    from foolbox import attacks as foolbox_attacks
    from foolbox.distances import l2


ACROSS = 5e-4
"""By this share FMN goes beyond the boundary: less than the .001 by which it shrinks the radius at the very end."""


class _AcrossTheBoundary:
    """Foolbox 3.3.4 steps exactly onto the boundary as it looks from a point, and where that is right stays on it.

    The margin is then 0 but for its last bit, which depends on the processor, and so it did whether anything was found.
    """

    def project(self, x: Any, x0: Any, epsilon: Any) -> Any:
        """Return x, shape (n, ...), within a little more than epsilon, shape (n,), of x0."""
        return super().project(x, x0, epsilon * (1 + ACROSS))  # type: ignore[misc]


class LinfFMN(_AcrossTheBoundary, foolbox_attacks.LInfFMNAttack):  # type: ignore[misc]
    """See ``_AcrossTheBoundary``."""


class L1FMN(_AcrossTheBoundary, foolbox_attacks.L1FMNAttack):  # type: ignore[misc]
    """See ``_AcrossTheBoundary``."""


class ProjectedL2FMN(foolbox_attacks.L2FMNAttack):  # type: ignore[misc]
    """Foolbox 3.3.4 divides a norm by itself here, so that its own attack never projects; and see ``_AcrossTheBoundary``."""

    def project(self, x: Any, x0: Any, epsilon: Any) -> Any:
        """Return x, shape (n, ...), within a little more than epsilon, shape (n,), of x0 in L2."""
        change = x.raw - x0.raw
        epsilon = epsilon * (1 + ACROSS)
        shrink = (epsilon.raw / norms_of(change, "l2").clamp_min(1e-12)).clamp_max(1.0)
        return eagerpy.astensor(x0.raw + change * column(shrink, change))


class ProjectedL0FMN(foolbox_attacks.L0FMNAttack):  # type: ignore[misc]
    """Foolbox 3.3.4 raises here as soon as every value may change, and keeps one value too many before."""

    def project(self, x: Any, x0: Any, epsilon: Any) -> Any:
        """Return x, shape (n, ...), with its epsilon largest changes from x0, epsilon of shape (n,)."""
        change = (x.raw - x0.raw).flatten(1)
        rank = change.abs().argsort(dim=1, descending=True, stable=True).argsort(dim=1)
        kept = torch.where(rank < epsilon.raw[:, None], change, torch.zeros_like(change))
        return eagerpy.astensor(x0.raw + kept.view_as(x.raw))


class BoundedLinfNoise(foolbox_attacks.LinfRepeatedAdditiveUniformNoiseAttack):  # type: ignore[misc]
    """Foolbox 3.3.4 scales by the largest value, not the largest magnitude, and so leaves the ball."""

    def get_epsilons(self, x: Any, p: Any, epsilon: float, min_: float, max_: float) -> Any:
        """Return by what to multiply the noise p, shape (n, ...), for it to have the norm epsilon."""
        return eagerpy.astensor(epsilon / column(p.raw.flatten(1).abs().amax(dim=1).clamp_min(1e-12), p.raw))


class BatchedHopSkipJump(foolbox_attacks.HopSkipJumpAttack):  # type: ignore[misc]
    """Foolbox 3.3.4 asks for one picture a call, hundreds of times a step; here it is one call, for one picture."""

    def approximate_gradients(self, is_adversarial: Callable[[Any], Any], x_advs: Any, steps: int, delta: Any) -> Any:
        """Return the direction of the boundary at one picture, shape (1, ...): equations 9 and 16 of Chen et al. (2020)."""
        point = x_advs.raw
        noise = torch.randn if self.constraint == "l2" else lambda *size, **kind: 2 * torch.rand(*size, **kind) - 1
        draws = noise(steps, *point.shape[1:], dtype=point.dtype, device=point.device)
        draws = draws / column(norms_of(draws, "l2").clamp_min(1e-12), draws)
        probes = (point + delta.raw * draws).clamp(0.0, 1.0)
        decisions = torch.where(is_adversarial(eagerpy.astensor(probes)).raw, 1.0, -1.0).to(point)
        mean = decisions.mean()
        weights = decisions if mean.abs() == 1 else decisions - mean
        direction = (column(weights, probes) * (probes - point)).mean(dim=0, keepdim=True)
        return eagerpy.astensor(direction / norms_of(direction, "l2").clamp_min(1e-12))


@dataclass(frozen=True, slots=True)
class Row:
    """An attack of foolbox for one norm.

    Attributes:
        name: Ours.
        norm: ``linf``, ``l2``, ``l1`` or ``l0``.
        build: Makes foolbox's attack from steps and the pictures' longer side in pixels.
        minimal: Whether it looks for the least change, rather than within a ball.
        gradients: Whether it needs them.
        targeted: Whether it can be.
        random: Whether it draws numbers, so that it is run picture by picture.
        starts: Whether it needs a picture to start from that reaches the goal.
        kicked: Whether it leaves a point without gradient by a random step.
        straight: Whether a point between its result and the clean picture is of its kind, too.
    """

    name: str
    norm: str
    build: Callable[[int, int], Any]
    minimal: bool = True
    gradients: bool = True
    targeted: bool = True
    random: bool = False
    starts: bool = False
    kicked: bool = False
    straight: bool = True

    def passes(self, steps: int, classes: int) -> Passes:
        """Return what foolbox needs for one picture, at most."""
        return PASSES[self.name](steps, classes)


CANDIDATES: Final = 10
"""Classes that DeepFool tries."""
SEARCHES: Final = 9
"""Weights that Carlini and Wagner's attack tries."""
FIRST_PROBES, MOST_PROBES = 100, 1000
"""Of one direction of HopSkipJump, which grow with the root of the step."""
ALONG: Final = 60
"""Further passes of a step of HopSkipJump: along its direction, and back to the boundary."""

PASSES: Final[Mapping[str, Callable[[int, int], Passes]]] = MappingProxyType(
    {
        "fmn": lambda steps, classes: GRADIENT * steps,
        "ddn": lambda steps, classes: GRADIENT * steps,
        "deepfool": lambda steps, classes: Passes(1) + GRADIENT * (steps * (min(CANDIDATES, classes) - 1)),
        "cw": lambda steps, classes: GRADIENT * (SEARCHES * steps),
        # Every tenth step looks at a second point.
        "boundary": lambda steps, classes: Passes(1 + steps + -(-steps // 10)),
        "hopskipjump": lambda steps, classes: Passes(
            ALONG + sum(min(int(FIRST_PROBES * (step + 1) ** 0.5), MOST_PROBES) + ALONG for step in range(steps))
        ),
        "noise": lambda steps, classes: Passes(steps),
        "contrast": lambda steps, classes: Passes(steps + 2),
        "blur": lambda steps, classes: Passes(steps + 1),
        "salt_and_pepper": lambda steps, classes: Passes(steps + 1),
    }
)
"""Passes of foolbox 3.3.4 by attack, from its steps and the model's classes."""


def _fmn(kind: Callable[..., Any]) -> Callable[[int, int], Any]:
    return lambda steps, side: kind(steps=steps, max_stepsize=1.0, gamma=0.05)


def _deepfool(kind: Callable[..., Any]) -> Callable[[int, int], Any]:
    return lambda steps, side: kind(steps=steps, candidates=CANDIDATES, overshoot=0.02, loss="logits")


def _ddn(steps: int, side: int) -> Any:
    return foolbox_attacks.DDNAttack(init_epsilon=1.0, steps=steps, gamma=0.05)


def _cw(steps: int, side: int) -> Any:
    # To abort early, foolbox looks at the loss of the whole batch: one picture would stop another.
    return foolbox_attacks.L2CarliniWagnerAttack(
        binary_search_steps=SEARCHES, steps=steps, stepsize=1e-2, confidence=0, initial_const=1e-3, abort_early=False
    )


def _boundary(steps: int, side: int) -> Any:
    return foolbox_attacks.BoundaryAttack(
        steps=steps, spherical_step=1e-2, source_step=1e-2, step_adaptation=1.5, tensorboard=False
    )


def _hopskipjump(norm: str) -> Callable[[int, int], Any]:
    return lambda steps, side: BatchedHopSkipJump(
        steps=steps,
        initial_gradient_eval_steps=FIRST_PROBES,
        max_gradient_eval_steps=MOST_PROBES,
        constraint=norm,
        tensorboard=False,
    )


def _noise(kind: Callable[..., Any]) -> Callable[[int, int], Any]:
    return lambda steps, side: kind(repeats=steps, check_trivial=False)


def _contrast(steps: int, side: int) -> Any:
    return foolbox_attacks.BinarySearchContrastReductionAttack(distance=l2, binary_search_steps=steps, target=0.5)


def _blur(steps: int, side: int) -> Any:
    return foolbox_attacks.GaussianBlurAttack(distance=l2, steps=steps, channel_axis=1, max_sigma=side / 4)


def _salt_and_pepper(steps: int, side: int) -> Any:
    return foolbox_attacks.SaltAndPepperNoiseAttack(steps=steps, across_channels=True, channel_axis=1)


ROWS: Final = (
    Row("fmn", "linf", _fmn(LinfFMN)),
    Row("fmn", "l2", _fmn(ProjectedL2FMN)),
    Row("fmn", "l1", _fmn(L1FMN)),
    Row("fmn", "l0", _fmn(ProjectedL0FMN), straight=False),
    Row("ddn", "l2", _ddn, kicked=True),
    Row("deepfool", "linf", _deepfool(foolbox_attacks.LinfDeepFoolAttack), targeted=False),
    Row("deepfool", "l2", _deepfool(foolbox_attacks.L2DeepFoolAttack), targeted=False),
    Row("cw", "l2", _cw),
    Row("boundary", "l2", _boundary, gradients=False, random=True, starts=True),
    Row("hopskipjump", "linf", _hopskipjump("linf"), gradients=False, random=True, starts=True),
    Row("hopskipjump", "l2", _hopskipjump("l2"), gradients=False, random=True, starts=True),
    Row("noise", "linf", _noise(BoundedLinfNoise), minimal=False, gradients=False, random=True),
    Row(
        "noise",
        "l2",
        _noise(foolbox_attacks.L2RepeatedAdditiveGaussianNoiseAttack),
        minimal=False,
        gradients=False,
        random=True,
    ),
    Row("contrast", "l2", _contrast, gradients=False),
    Row("blur", "l2", _blur, gradients=False, straight=False),
    Row("salt_and_pepper", "l2", _salt_and_pepper, gradients=False, random=True, straight=False),
    Row("salt_and_pepper", "l0", _salt_and_pepper, gradients=False, random=True, straight=False),
)

REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "newtonfool": "it counts pictures that are not numbers as successes; use deepfool",
        "pointwise": "it raises within foolbox 3.3.4; use fmn with norm l0",
        "l1_pgd": "it rescales a step to the ball instead of projecting it, and so misses what it should find; use pgd "
        "with norm l1",
        "ead": "it returns black pictures where it fails; use fmn with norm l1",
        "gen_attack": "it can only be targeted; use square",
        "spatial": "foolbox's ignores the size that it is given; use the spatial attack of robustcheck",
        "clipping_aware_noise": "it divides by zero for a radius of 0; use noise",
    }
)
"""Attacks of foolbox that may not be used: the reason and what to use instead."""


def row_of(name: str, norm: str) -> Row:
    """Return the row of an attack.

    Raises:
        RobustcheckError: There is none, or the attack may not be used.
    """
    if name in REFUSED:
        raise RobustcheckError(f"{name} of foolbox is not used here: {REFUSED[name]}")
    norms = {row.norm: row for row in ROWS if row.name == name}
    if not norms:
        raise RobustcheckError(
            f"no attack {name} of foolbox is used here; {did_you_mean(name, [r.name for r in ROWS])}"
        )
    if norm not in norms:
        raise RobustcheckError(f"{name} of foolbox has no norm {norm}; choose {' or '.join(norms)}")
    return norms[norm]
