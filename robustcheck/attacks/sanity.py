"""Whether an attack's number may be believed: cheap checks on a few pictures, after Carlini et al. (2019)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from robustcheck.attacks.attempt import Attempt, attempt
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.gradient_check import budget_of, gradient_error
from robustcheck.attacks.losses import margin
from robustcheck.attacks.victim import Victim

PROBES = 16
"""Pictures that a check looks at."""

FEW = 8
"""Pictures that a check looks at which takes many model calls each."""

QUERIES = 60
ALLOWED = 2
"""Of 16 pictures, so many may behave otherwise by chance."""

ZERO_SHARE = 0.1
SAME = 1e-4
"""Logits of the same pictures may differ by so much, relative to their spread."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: Of the check.
        held: Whether it held.
        detail: With the numbers.
    """

    name: str
    held: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Subject:
    """An attack that was run, with some of the pictures that it was run on.

    Attributes:
        attack: It.
        build: Makes it anew with other parameters.
        steps: Its number of steps; 0 if it has none.
        eps: Radius.
        gradients: Whether it uses gradients.
        minimal: Whether it looks for the least change.
        resisted: Pictures that it could not break, the first of them.
        misses: What it left of these.
        broken: Pictures that it broke, the first of them.
    """

    attack: Any
    build: Callable[..., Any]
    steps: int
    eps: float
    gradients: bool
    minimal: bool
    resisted: Goal
    misses: torch.Tensor
    broken: Goal

    @property
    def ball(self) -> bool:
        """Whether it works within a ball of finite radius above 0."""
        return bool(self.attack.norm) and not hasattr(self.attack, "within") and 0 < self.eps < float("inf")


def findings(subject: Subject, victim: Victim) -> Iterator[Finding]:
    """Run every check that applies to an attack.

    Args:
        subject: The attack after its run.
        victim: The model, with the counts of that run.
    """
    if subject.gradients:
        yield _gradients(victim)
        yield from _agreement(subject, victim)
    sample = subject.resisted if len(subject.resisted) else subject.broken
    if not len(sample):
        return
    yield from _outputs(sample.at(torch.arange(min(FEW, len(sample)))), victim)
    if subject.ball and getattr(subject.attack, "steps", 2) > 1:
        # One step may land anywhere in so wide a ball.
        yield _huge(subject, victim, sample.at(torch.arange(min(FEW, len(sample)))))
    if subject.ball and len(subject.broken):
        yield _monotone(subject, victim)
    if len(subject.resisted) and subject.eps > 0:
        if not subject.minimal:
            yield _rises(subject, victim)
        if subject.ball:
            yield from _others(subject, victim)


def _gradients(victim: Victim) -> Finding:
    share = victim.zero_gradients / max(1, victim.backwards)
    detail = f"{share:.0%} of {victim.backwards} gradients are zero everywhere"
    held = share <= ZERO_SHARE
    return Finding(
        "gradients", held, detail if held else f"{detail}: the model hides them; use square, which needs none"
    )


def _agreement(subject: Subject, victim: Victim) -> Iterator[Finding]:
    """Hold gradients against finite differences, where what they did not find counts."""
    goal, points = (subject.resisted, subject.misses) if len(subject.resisted) else (subject.broken, None)
    if not len(goal) or (points is None and not subject.minimal):
        return
    held, detail = gradient_error(goal, goal.pictures if points is None else points, victim, budget_of(victim))
    yield Finding("surrogate gradient", held, detail)


def _outputs(goal: Goal, victim: Victim) -> Iterator[Finding]:
    first, second = victim.logits(goal.pictures), victim.logits(goal.pictures)
    spread = float((first.amax() - first.amin()).clamp_min(1e-6))
    apart = float((first - second).abs().amax()) / spread
    text = "gives the same logits twice" if apart <= SAME else "is random: it gives other logits the second time"
    yield Finding("deterministic", apart <= SAME, f"the model {text}")
    total = first.double().sum(dim=1)
    softmax = bool((first >= 0).all()) and bool(((total - 1).abs() < 1e-3).all())
    text = "probabilities: its gradients vanish where it is sure; return the logits before the softmax"
    yield Finding("logits", not softmax, f"the outputs are {text if softmax else 'no probabilities'}")


def huge(norm: str, values: int) -> float:
    """Return a radius within which the picture can become grey, and so anything."""
    radii: dict[str, float] = {"linf": 0.5, "l2": 0.5 * values**0.5, "l1": 0.5 * values, "l0": float(values)}
    return radii[norm]


def _huge(subject: Subject, victim: Victim, goal: Goal) -> Finding:
    logits = victim.logits(goal.pictures)
    radius = huge(subject.attack.norm, goal.pictures[0].numel())
    tried = _run(subject, subject.attack, victim, goal, radius)
    done, n = int(tried.reached.sum()), len(goal)
    detail = f"{done} of {n} broken at eps {radius:g}"
    if done < n and torch.equal(victim.logits(1 - goal.pictures), logits):
        return Finding("huge eps", False, f"{detail}: the model gives every picture the same logits")
    held = done == n
    return Finding(
        "huge eps", held, detail if held else f"{detail}, where nothing can resist: the attack does not work here"
    )


def _monotone(subject: Subject, victim: Victim) -> Finding:
    goal = subject.broken
    tried = _run(subject, subject.attack, victim, goal, 2 * subject.eps)
    lost, n = len(goal) - int(tried.reached.sum()), len(goal)
    held = lost <= _allowed(n)
    detail = f"{n - lost} of {n} broken pictures break at twice the eps too"
    return Finding("monotone", held, detail if held else f"{detail}: accuracy rises with eps")


def _rises(subject: Subject, victim: Victim) -> Finding:
    goal = subject.resisted
    before, after = (victim.logits(pictures) for pictures in (goal.pictures, subject.misses))
    gain = margin(after, goal.labels, goal.targets) - margin(before, goal.labels, goal.targets)
    risen = int((gain > 0).sum())
    held = risen >= len(goal) - _allowed(len(goal))
    detail = f"the margin moved towards the goal for {risen} of {len(goal)} pictures that resisted"
    return Finding("loss rises", held, detail if held else f"{detail}: the attack does not get anywhere")


def _others(subject: Subject, victim: Victim) -> Iterator[Finding]:
    """Try what should find no more than the attack did."""
    goal, norm, n = subject.resisted, subject.attack.norm, len(subject.resisted)
    if norm in ("linf", "l2") and subject.gradients:
        from robustcheck.attacks.pgd import PGD
        from robustcheck.attacks.square import Square

        step = PGD(norm=norm, steps=1, loss="ce", travel=1.0, random_start=False)
        more = int(attempt(step, victim, goal, subject.eps).reached.sum())
        yield _beaten("weaker attack", more, n, "one step of fgsm breaks", _allowed(n))
        few = goal.at(torch.arange(min(FEW, n)))
        more = int(attempt(Square(norm=norm, queries=QUERIES), victim, few, subject.eps).reached.sum())
        yield _beaten("black box", more, len(few), f"{QUERIES} queries of square break", 1)
    if subject.steps and not subject.minimal and subject.steps > 1:
        longer = subject.build(steps=2 * subject.steps)
        more = int(attempt(longer, victim, goal, subject.eps).reached.sum())
        yield _beaten("steps", more, n, f"{2 * subject.steps} steps break", max(1, round(n * 0.2)))


def _beaten(name: str, more: int, n: int, what: str, allowed: int) -> Finding:
    detail = f"{what} {more} of {n} pictures that resisted"
    return Finding(
        name, more <= allowed, detail if more <= allowed else f"{detail}: the attack is too weak to be believed"
    )


def _run(subject: Subject, attack: Any, victim: Victim, goal: Goal, eps: float) -> Attempt:
    if subject.minimal:
        tried = attempt(attack, victim, goal, eps, minimal=True)
        within = tried.reached & (tried.norms <= eps)
        return Attempt(tried.pictures, tried.logits, within, tried.norms, tried.refused)
    return attempt(attack, victim, goal, eps)


def _allowed(n: int) -> int:
    """Return how many of n pictures may behave otherwise by chance."""
    return max(1, n * ALLOWED // PROBES) if n > 1 else 0
