"""What a figure of an attack that asks the model for answers alone may claim, and whether the suite has something stronger."""

from __future__ import annotations

from robustcheck.core import registry
from robustcheck.domain.case import Case
from robustcheck.domain.how import Attack
from robustcheck.domain.suite import Suite
from robustcheck.engine.gates.attack_validity import norm_of
from robustcheck.metrics.records import Records


def is_black_box(case: Case, how: Attack) -> bool:
    """Whether a case gates on an attack that could use gradients and does not: it claims something about a norm."""
    definition = registry.attacks[how.attack.name]
    claims = not {"norm", "eps"}.isdisjoint(definition.parameters)
    return bool(case.expectations) and not definition.facts.gradients and claims


def power_of(case: Case, how: Attack, records: Records) -> list[str]:
    """Say what a figure of a black-box attack rests on; nothing of any other attack."""
    if not is_black_box(case, how):
        return []
    calls = float(records.extra["calls"].mean()) if len(records) else 0.0
    return [
        f"{how.attack.name} is a black-box attack: {calls:,.0f} model calls a picture on average; "
        "one that follows gradients, or more calls, may find far more"
    ]


def alone(suite: Suite, case: Case, how: Attack, *, gradients: bool) -> tuple[list[str], list[str]]:
    """Return why a gate on a black-box attack is not to be believed, and what has to be said of it.

    Args:
        suite: The case's.
        case: A case with an attack.
        how: The attack.
        gradients: Whether the model has gradients.
    """
    if not is_black_box(case, how) or any(_covers(other, how) for other in suite.cases):
        return [], []
    what = f"{how.attack.name} is a black-box attack and the only kind that this suite gates on here"
    if not gradients:
        return [], [f"{what}; the model has no gradients, so nothing stronger can be run (gradients: false)"]
    norm, eps = norm_of(how), how.attack.params.get("eps")
    ball = f" and eps of at least {eps}" if eps is not None else ""
    return [
        f"the attack cannot be believed: black box: {what}, though the model has gradients; add a check with an attack that uses "
        f"them, with norm {norm}{ball}, such as {_suggested(norm)}"
    ], []


def _suggested(norm: str) -> str:
    usable = [one.name for one in registry.attacks if one.facts.gradients and norm in _norms(one)]
    preferred = [name for name in ("cascade", "pgd", "fmn") if name in usable]
    return " or ".join(preferred or usable[:2])


def _norms(definition: registry.Definition) -> tuple[str, ...]:
    parameter = definition.parameters.get("norm")
    return tuple(parameter.choices) if parameter else ()


def _covers(case: Case, how: Attack) -> bool:
    """Whether another case gates on an attack with gradients that searches all of what this one searches."""
    other = case.how
    if not isinstance(other, Attack) or not case.expectations:
        return False
    if not registry.attacks[other.attack.name].facts.gradients or norm_of(other) != norm_of(how):
        return False
    same_pictures = [str(step) for step in other.steps] == [str(step) for step in how.steps]
    same_aim = other.targeted is None or other.targeted == how.targeted
    return same_pictures and same_aim and _radius(other) >= _radius(how)


def _radius(how: Attack) -> float:
    eps = how.attack.params.get("eps")
    return float("inf") if eps is None else float(eps.value)
