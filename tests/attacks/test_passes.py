"""What an attack says beforehand of its passes, held against what it makes where every picture resists, and elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from robustcheck.attacks.attempt import attempt
from robustcheck.attacks.goal import Goal
from robustcheck.attacks.passes import Passes, passes_of
from robustcheck.attacks.victim import Victim
from robustcheck.core import registry
from robustcheck.core.units import Quantity

CLASSES, EPS, N = 4, 0.01, 3
SMALL = {"steps": 6, "queries": 30, "views": 12, "repeats": 9, "restarts": 2, "targets": 2, "area": 0.05}
OF_FOOLBOX = {"blur", "boundary", "contrast", "cw", "ddn", "deepfool", "fmn", "hopskipjump", "noise", "salt_and_pepper"}
"""These may need less: what is found ends their searches early."""
LONG = {"cascade", "hopskipjump"}
"""One norm of these is enough; `autoattack` is a cascade of attacks that are each here."""


def made(name: str, norm: str | None) -> Any:
    definition = registry.attacks[name]
    arguments: dict[str, Any] = {key: value for key, value in SMALL.items() if key in definition.parameters}
    arguments |= {"eps": Quantity(EPS)} if "eps" in definition.parameters else {}
    arguments |= {"norm": norm} if norm else {}
    return definition.function(**arguments)


def counted(attack: Any, lead: float, *, minimal: bool, norm: str | None) -> tuple[int, int]:
    """Return the passes forward and back of pictures whose class leads by so much."""
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(CLASSES, 3 * 8 * 8, generator=generator) * 0.02
    pictures = torch.rand(N, 3, 8, 8, generator=generator)
    first = torch.tensor([lead, 0.0, 0.0, 0.0])
    told: list[int] = []
    victim = Victim(lambda part: part.flatten(1) @ weights.T + first, size=64, told=told.append)
    goal = Goal(pictures, torch.zeros(N, dtype=torch.int64), None, ("a", "b", "c"), 0)
    attempt(attack, victim, goal, 1.0 if norm == "l0" else EPS, minimal=minimal)
    assert sum(told) == victim.forwards + victim.backwards, "progress counts every pass"
    return victim.forwards, victim.backwards


CALLS = [
    (definition.name, norm)
    for definition in registry.attacks
    for norm in ((definition.parameters["norm"].choices if "norm" in definition.parameters else None) or (None,))
    if definition.name != "autoattack" and not (definition.name in LONG and norm == "l2")
]


@pytest.mark.parametrize(("name", "norm"), CALLS)
def test_an_attack_makes_no_more_passes_than_it_says(name: str, norm: str | None) -> None:
    attack = made(name, norm)
    said = passes_of(attack, CLASSES)
    assert said is not None
    most = (said.forwards + 1) * N, said.backwards * N  # our own look at what was found is not the attack's
    minimal = registry.attacks[name].facts.minimal
    resisted = counted(attack, 3.0, minimal=minimal, norm=norm)
    if name in OF_FOOLBOX or name == "fab":
        assert resisted[0] <= most[0]
        assert resisted[1] <= most[1]
    else:
        assert resisted == most
    forwards, backwards = counted(attack, 0.3, minimal=minimal, norm=norm)
    assert forwards <= most[0]
    assert backwards <= most[1]


def test_an_attack_that_does_not_say_is_not_guessed() -> None:
    assert passes_of(object(), CLASSES) is None


class Silent:
    """An attack of somebody's own that has no such method."""


class Counter:
    passes = 10


class Raises:
    def passes(self, classes: int) -> Passes:
        raise ZeroDivisionError(classes)


class Number:
    def passes(self, classes: int) -> int:
        return classes


@pytest.mark.parametrize("attack", [Silent(), Counter(), Raises(), Number()], ids=lambda attack: type(attack).__name__)
def test_an_attack_that_does_not_say_fails_by_nothing(attack: object) -> None:
    assert passes_of(attack, CLASSES) is None
