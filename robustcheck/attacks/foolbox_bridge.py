"""Attacks of foolbox behind our interface: they look, and our own forward passes say what they found."""

from __future__ import annotations

import warnings
from typing import Any

import eagerpy
import torch

from robustcheck.attacks.balls import column, norms_of, project
from robustcheck.attacks.boundary_step import BEYOND, CLASSES, NORMS, polished
from robustcheck.attacks.foolbox_attacks import REFUSED, ROWS, Row, row_of
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.keyed import keyed
from robustcheck.attacks.losses import CLEAR, margin, spread
from robustcheck.attacks.passes import GRADIENT, Passes
from robustcheck.attacks.victim import Victim
from robustcheck.core.errors import CaseError, ModelError, RobustcheckError

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from foolbox.criteria import Criterion, Misclassification, TargetedMisclassification
    from foolbox.models import Model
    from foolbox.types import Bounds

__all__ = ["REFUSED", "ROWS", "FoolboxAttack", "Row", "VictimModel", "Witness"]

EXCESS = 1e-6
"""By so much may a value leave the box [0, 1], since pictures are float32; it is clipped."""

STARTS = 24
"""Draws of noise to start from; each is used plain, rounded to 0 and 1, and blended with the picture."""

HALVINGS = 10
ROUNDS = 3
"""Halvings of the way to the boundary, and last steps onto it."""


class FoolboxAttack:
    """An attack of foolbox.

    Attributes:
        name: Ours, as in ``ROWS``.
        norm: ``linf``, ``l2``, ``l1`` or ``l0``.
        steps: As many as foolbox makes; repeats for ``noise``, widths for ``blur``, halvings for ``contrast``.
        alone: Whether it goes picture by picture, and not by one step of many passes.
        startless: After a run: keys of the pictures for which no start was found, so that they count as resisting.
    """

    def __init__(self, *, name: str, norm: str, steps: int) -> None:
        """Choose the attack.

        Args:
            name: One of ``ROWS``.
            norm: One that the attack has.
            steps: 1 or more.

        Raises:
            RobustcheckError: There is no such attack, or it may not be used.
        """
        self._row = row_of(name, norm)
        self.name = name
        self.norm = norm
        self.steps = steps
        self.alone = self._row.random and name != "hopskipjump"
        self.startless: tuple[str, ...] = ()

    def perturb(self, victim: Victim, goal: Goal, eps: float) -> torch.Tensor:
        """Return a picture for each one of the goal, in [0, 1] and within eps.

        An attack that looks for the least change stops at the first one within eps. Where the goal was not reached
        it is the nearest miss: of what the model was shown within eps, the one with the largest margin.

        Args:
            victim: The model.
            goal: Pictures and what they are to be taken for.
            eps: Radius of the ball, in units of the box [0, 1]; for ``l0`` a number of values.

        Raises:
            ModelError: The model gives logits that are not finite, or no gradients where they are needed.
            CaseError: Foolbox failed, the time is over, or the attack cannot be targeted.
        """
        return self._run(victim, goal, eps)

    def minimal(self, victim: Victim, goal: Goal) -> torch.Tensor:
        """Return the picture with the least change that reaches the goal, or the clean one where none was found.

        Args:
            victim: The model.
            goal: Pictures and what they are to be taken for.

        Raises:
            ModelError: The model gives logits that are not finite, or no gradients where they are needed.
            CaseError: Foolbox failed, the time is over, or the attack cannot be targeted or works within a ball only.
        """
        if not self._row.minimal:
            raise CaseError(f"{self.name} of foolbox looks for no least change; give it a radius eps")
        return self._run(victim, goal, None)

    def passes(self, classes: int) -> Passes:
        """Return the passes of one picture that resists, at most: see ``attacks.passes``."""
        row, tried = self._row, min(CLASSES, classes - 1)
        # The picture itself, what foolbox returns, what of it lies within eps, and once more what is believed.
        own = row.passes(self.steps, classes) + Passes(4 + (4 * STARTS if row.starts else 0))
        halvings = Passes(HALVINGS if row.straight else 0)
        polish = Passes(1) + (GRADIENT + Passes(len(BEYOND))) * tried + halvings
        return own + halvings + (polish * ROUNDS if self._polishes() else Passes(0))

    def _run(self, victim: Victim, goal: Goal, eps: float | None) -> torch.Tensor:
        if goal.targets is not None and not self._row.targeted:
            raise CaseError(f"{self.name} of foolbox cannot be targeted; choose fmn, or attack without targets")
        self.startless = ()
        pictures = goal.pictures.clone()
        if not len(goal):
            return pictures
        logits = victim.logits(goal.pictures)
        left = (~goal.fooled(logits)).nonzero()[:, 0]
        if not len(left):
            return pictures
        # All of foolbox's randomness comes from global streams: a picture alone has one of its own.
        for part in torch.split(left, 1 if self._row.random else victim.size):
            pictures[part] = self._look(victim, goal, logits, part, eps)
        if eps is None:
            # What the model said in another batch is not taken for granted either.
            reached = goal.at(left).fooled(victim.logits(pictures[left]))
            pictures[left[~reached]] = goal.pictures[left[~reached]]
        return pictures

    def _look(
        self, victim: Victim, goal: Goal, logits: torch.Tensor, part: torch.Tensor, eps: float | None
    ) -> torch.Tensor:
        """Return what the attack finds for the part of the goal."""
        here = goal.at(part)
        witness = Witness(here, self.norm, eps)
        arguments: dict[str, Any] = {} if self._row.minimal else {"epsilon": eps}
        if self._row.starts:
            start = _start(victim, goal, logits, part, self.name)
            if start is None:
                self.startless += here.keys
                return here.pictures
            arguments["starting_points"] = eagerpy.astensor(start)
        try:
            final = self._foolbox(VictimModel(victim, witness, here if self._row.kicked else None), here, arguments)
            witness.see(final, victim.logits(witness.sane(final)), black=False)
            self._tighten(victim, witness)
            self._polish(victim, witness)
            if eps is not None and self.norm != "l0":
                nearer = project(witness.sane(final), here.pictures, eps, self.norm)
                witness.see(nearer, victim.logits(nearer))
        except _Reached:
            pass
        return witness.best()

    def _foolbox(self, model: VictimModel, goal: Goal, arguments: dict[str, Any]) -> torch.Tensor:
        attack = self._row.build(self.steps, max(goal.pictures.shape[-2:]))
        criterion: Any
        if self._row.starts:
            criterion = _Fooled(goal)
        elif goal.targets is None:
            criterion = Misclassification(eagerpy.astensor(goal.labels))
        else:
            criterion = TargetedMisclassification(eagerpy.astensor(goal.targets))
        with keyed(goal, self.name), warnings.catch_warnings(), torch.set_grad_enabled(self._row.gradients):
            warnings.filterwarnings("ignore", module=r"(foolbox|eagerpy)\b")
            try:
                found = attack.run(model, eagerpy.astensor(goal.pictures), criterion, **arguments)
            except (_Reached, RobustcheckError):
                raise
            except Exception as error:
                if error is model.failure:
                    raise
                raise CaseError(f"{self.name} of foolbox failed: {type(error).__name__}: {error}") from error
        result: torch.Tensor = found.raw.detach()
        return result.to(goal.pictures)

    def _tighten(self, victim: Victim, witness: Witness) -> None:
        """Look for the boundary between what was found and the clean picture: foolbox oversteps it on purpose."""
        clean = witness.goal.pictures
        if not self._row.straight or not (witness.norms < float("inf")).any():
            return
        far, low = witness.least.clone(), torch.zeros_like(witness.norms)
        high = torch.ones_like(low)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            pictures = clean + column(middle, clean) * (far - clean)
            reached = witness.see(pictures, victim.logits(pictures))
            low, high = torch.where(reached, low, middle), torch.where(reached, middle, high)

    def _polishes(self) -> bool:
        return self._row.gradients and self._row.minimal and self._row.straight and self.norm in NORMS

    def _polish(self, victim: Victim, witness: Witness) -> None:
        """Step onto the boundary from where the attack ended, as long as that gains."""
        if not self._polishes():
            return
        for _ in range(ROUNDS):
            before = witness.norms
            for pictures in polished(victim, witness.goal, witness.nearest(), self.norm):
                witness.see(pictures, victim.logits(pictures))
            if not (witness.norms < before).any():
                return
            self._tighten(victim, witness)


class Witness:
    """What the model was shown, and what of it reached the goal by our own count.

    Attributes:
        goal: Pictures under attack.
        norms: Least norm of a change that reached the goal, shape (n,); infinite where none did.
        least: The pictures with these changes; clean ones where none reached the goal.
    """

    def __init__(self, goal: Goal, norm: str, eps: float | None) -> None:
        """Watch over an attack.

        Args:
            goal: Pictures under attack.
            norm: Of the changes.
            eps: Radius within which the first success counts and ends the attack; ``None`` looks for the least change.
        """
        self.goal = goal
        self.least = goal.pictures.clone()
        self.norms = torch.full((len(goal),), float("inf"), device=goal.pictures.device, dtype=goal.pictures.dtype)
        self._norm = norm
        self._eps = eps
        self._nearest = goal.pictures.clone()
        self._margins = torch.full_like(self.norms, float("-inf"))

    def sane(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the pictures, clean ones in place of those that are not finite."""
        finite = column(pictures.flatten(1).isfinite().all(dim=1), pictures)
        return torch.where(finite, pictures, self.goal.pictures)

    def see(self, pictures: torch.Tensor, logits: torch.Tensor, *, black: bool = True) -> torch.Tensor:
        """Note pictures, shape (n, 3, h, w), and return which reach the goal: shape (n,), bool.

        Args:
            pictures: One for each of the goal, in its order.
            logits: Of these, shape (n, classes).
            black: Whether a black picture counts; where foolbox finds nothing it may return one.

        Raises:
            _Reached: Every picture has a success within eps.
        """
        clean = self.goal.pictures
        pictures = pictures.to(clean)
        inside = pictures.clamp(0.0, 1.0)
        sound = ((inside - pictures).abs() <= EXCESS).flatten(1).all(dim=1)  # never so for what is not finite
        if not black:
            sound &= (inside != 0).flatten(1).any(dim=1)
        norms = norms_of(inside - clean, self._norm)
        margins = margin(logits, self.goal.labels, self.goal.targets).to(clean)
        # An exact tie, which coarse logits give, is no matter of rounding.
        reached = sound & self.goal.fooled(logits) & ((margins > CLEAR * spread(logits)) | (margins == 0))
        eps = float("inf") if self._eps is None else self._eps
        done = self.norms <= eps if self._eps is not None else torch.zeros_like(sound)
        less = reached & (norms < self.norms) & ~done
        self.least = torch.where(column(less, clean), inside, self.least)
        self.norms = torch.where(less, norms, self.norms)
        nearer = sound & (norms <= eps) & (margins > self._margins)
        self._nearest = torch.where(column(nearer, clean), inside, self._nearest)
        self._margins = torch.where(nearer, margins, self._margins)
        if self._eps is not None and (self.norms <= eps).all():
            raise _Reached
        return reached

    def nearest(self) -> torch.Tensor:
        """Return the successes, and elsewhere the nearest miss within eps, which lies before the boundary."""
        return torch.where(column(self.norms < float("inf"), self.least), self.least, self._nearest)

    def best(self) -> torch.Tensor:
        """Return the successes, and elsewhere the nearest miss within eps, or the clean picture if there is no eps."""
        if self._eps is None:
            return self.least
        return torch.where(column(self.norms <= self._eps, self.least), self.least, self._nearest)


class VictimModel(Model):  # type: ignore[misc]
    """A victim as foolbox sees it: calls are counted and witnessed, parameters get no gradients.

    Attributes:
        victim: The model.
        failure: What the model raised, if it did.
    """

    def __init__(self, victim: Victim, witness: Witness, kicked: Goal | None = None) -> None:
        """Wrap a victim.

        Args:
            victim: The model.
            witness: Sees what the model is shown.
            kicked: Pictures that get a keyed random gradient where theirs is zero, rather than foolbox's random one.
        """
        self.victim = victim
        self.failure: Exception | None = None
        self._witness = witness
        self._kicks = None if kicked is None else kicked.generators("foolbox", "kick")

    @property
    def bounds(self) -> Bounds:
        """The box [0, 1]."""
        return Bounds(0, 1)

    def __call__(self, inputs: Any) -> Any:
        """Return logits (n, classes) for pictures (n, 3, h, w), as tensors of eagerpy or of torch."""
        given, restore = eagerpy.astensor_(inputs)
        # A picture that is not finite is the attack's fault, which the model must not be blamed for.
        pictures = self._witness.sane(given.raw)
        try:
            with_gradients = pictures.requires_grad and torch.is_grad_enabled()
            logits = _Through.apply(pictures, self) if with_gradients else self.victim.logits(pictures)
        except Exception as error:
            self.failure = error
            raise
        # Probes around one picture, which only tell a direction, are no attempts.
        if len(logits) == len(self._witness.goal):
            self._witness.see(given.raw.detach(), logits.detach())
        return restore(eagerpy.astensor(logits))

    def gradient_of(self, pictures: torch.Tensor, gradient: torch.Tensor | None) -> torch.Tensor:
        """Return a gradient that is finite, counted, and random where it is zero if that is wanted."""
        gradient = torch.zeros_like(pictures) if gradient is None else gradient
        gradient = torch.where(gradient.isfinite(), gradient, torch.zeros_like(gradient))
        zero = (gradient.flatten(1) == 0).all(dim=1)
        self.victim.backwards += len(gradient)
        self.victim.told(len(gradient))
        self.victim.zero_gradients += int(zero.sum())
        if self._kicks is not None:
            for place in zero.nonzero()[:, 0].tolist():
                noise = self._kicks[place].standard_normal(gradient.shape[1:])
                gradient[place] = torch.from_numpy(noise).to(gradient)
        return gradient


class _Fooled(Criterion):  # type: ignore[misc]
    """The goal for one picture, of which foolbox may show any number of changes at once."""

    def __init__(self, goal: Goal) -> None:
        super().__init__()
        self._goal = goal

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._goal!r})"

    def __call__(self, perturbed: Any, outputs: Any) -> Any:
        return eagerpy.astensor(self._goal.fooled(outputs.raw))


class _Through(torch.autograd.Function):
    """Pass gradients to the pictures alone: foolbox's way would add them to the model's parameters."""

    @staticmethod
    def forward(ctx: Any, pictures: torch.Tensor, model: VictimModel) -> torch.Tensor:
        with torch.enable_grad():
            part = pictures.detach().requires_grad_(True)
            logits = model.victim(part)
        if not logits.requires_grad:
            raise ModelError("the model gives no gradients, so only black-box attacks can say anything about it")
        ctx.graph = part, logits, model
        return logits.detach()

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor, None]:
        part, logits, model = ctx.graph
        ctx.graph = None
        try:
            (gradient,) = torch.autograd.grad(logits, part, upstream, allow_unused=True)
        except Exception as error:
            model.failure = error
            raise
        return model.gradient_of(part, gradient), None


class _Reached(Exception):
    """Every picture has a success within the ball: there is nothing left to do."""


def _start(victim: Victim, goal: Goal, logits: torch.Tensor, part: torch.Tensor, name: str) -> torch.Tensor | None:
    """Return a picture to start from, shape (1, 3, h, w), that reaches the goal of the one picture of the part.

    Noise comes first, so that what else is in the batch matters only where noise leads nowhere; of other pictures
    then the nearest one is taken, in whatever order they come.
    """
    one = goal.at(part)
    noises = torch.cat([one.uniform(0, 1, name, "start", number) for number in range(STARTS)])
    noises = torch.cat([noises, noises.round()])
    shares = torch.linspace(1 / STARTS, 1, STARTS, device=noises.device, dtype=noises.dtype).repeat(2)
    blended = one.pictures + column(shares, noises) * (noises - one.pictures)
    candidates = torch.cat([blended, noises])
    again = goal.at(part.expand(len(candidates)))
    good = again.fooled(victim.logits(candidates))
    if not good.any():
        good = goal.at(part.expand(len(goal))).fooled(logits)
        candidates = goal.pictures
    if not good.any():
        return None
    chosen = candidates[good]
    return chosen[norms_of(chosen - one.pictures, "l2").argmin()][None]
