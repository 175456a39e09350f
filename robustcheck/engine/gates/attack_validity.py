"""What a result says of an attack, and whether its number may be believed."""

from __future__ import annotations

import inspect
from typing import Any, Final

from robustcheck.core import registry
from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case
from robustcheck.domain.how import Attack
from robustcheck.domain.suite import Suite
from robustcheck.engine.cache.record_files import Stored
from robustcheck.metrics.attacked import accuracy_at
from robustcheck.metrics.records import Observation, Records

CURVES: Final = {
    "linf": tuple(f"{level}/255" for level in (0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 32)),
    "l2": ("0.05", "0.1", "0.2", "0.3", "0.5", "0.75", "1", "1.5", "2", "3", "5"),
    "l1": ("0.5", "1", "2", "4", "8", "12", "16", "32", "64"),
    "l0": ("1", "2", "5", "10", "20", "50", "100", "200", "500", "1000"),
}
"""Radii of the curve of accuracy over eps."""

UPPER_BOUND: Final = "the accuracy is an upper bound on robust accuracy: a better attack may find more"


def always_attacked(seen: Observation) -> list[str]:
    """Return the metrics that every result of an attack has."""
    names = ["robust_accuracy", "model_calls"]
    names += ["attack_success"] if seen.records.extra["attempted"].any() else []
    least = seen.records.extra.get("minimal_norm")
    if least is not None:
        tried = least[seen.records.extra["attempted"]]
        names += ["median_norm"] if (tried < float("inf")).mean() > 0.5 else []
    return names


def attack_facts(how: Attack, seen: Observation, stored: Stored) -> dict[str, Any]:
    """Return what the result file says of the attack of a case."""
    norm = norm_of(how)
    curve = []
    if "minimal_norm" in seen.records.extra and how.targeted is None:
        for text in CURVES.get(norm, ()):
            estimate = accuracy_at(seen, _radius(text))
            curve.append({"eps": text, "robust_accuracy": estimate.value, "low": estimate.low, "high": estimate.high})
    targeted = how.targeted
    eps = how.attack.params.get("eps")
    return {
        "name": how.attack.name,
        "norm": norm,
        "eps": "" if eps is None else str(eps),
        "targeted": dict(targeted) if targeted is not None and not isinstance(targeted, str) else (targeted or ""),
        "bound": UPPER_BOUND,
        "sanity": [{"name": name, "held": held, "detail": detail} for name, held, detail in stored.sanity],
        "curve": curve,
    }


def norm_of(how: Attack) -> str:
    """Return the norm of an attack; an empty text for one without."""
    written = how.attack.params.get("norm")
    known = registry.attacks[how.attack.name].parameters.get("norm")
    if known is None:
        # One norm of its own, or none.
        return str(built(how).norm)
    return str(written or known.default)


def built(how: Attack, **changes: Any) -> Any:
    """Return an attack of the registry with the parameters that a suite gives it.

    Args:
        how: As in the suite.
        changes: Parameters that are to be others.

    Raises:
        RobustcheckError: The attack refuses its parameters.
    """
    definition = registry.attacks[how.attack.name]
    arguments = definition.bind(how.attack.params) | changes
    if "tier" in inspect.signature(definition.function).parameters:
        arguments["tier"] = how.tier
    if "eps" in definition.parameters and "eps" not in arguments:
        arguments["eps"] = definition.parameters["eps"].default
    return definition.function(**arguments)


def _radius(text: str) -> float:
    number, _, of = text.partition("/")
    return Quantity(float(number), "/255" if of else "").value


def doubts_of(stored: Stored) -> list[str]:
    """Return why the number of an attack is not to be believed; nothing if every check held."""
    return [f"the attack cannot be believed: {name}: {detail}" for name, held, detail in stored.sanity if not held]


def nothing_to_change(how: Attack, records: Records) -> bool:
    """Whether an attack rightly changed nothing: its eps is 0, or there was no picture to attack."""
    eps = how.attack.params.get("eps")
    zero = isinstance(eps, Quantity) and eps.number == 0
    reached, attempted = records.extra["reached"].astype(bool), records.extra["attempted"].astype(bool)
    done = reached | ~attempted
    minimal = "minimal_norm" in records.extra
    return not how.steps and (zero or minimal or bool(done.all()))


def next_smaller(suite: Suite, case: Case) -> Case | None:
    """Return the case of the same check that differs in a smaller eps only, the nearest one."""

    def parts(other: Case) -> tuple[float, Any] | None:
        """Return the eps of an attack, and all that is said of it beside."""
        how = other.how
        if not isinstance(how, Attack) or "eps" not in how.attack.params:
            return None
        others = {key: str(value) for key, value in how.attack.params.items() if key != "eps"}
        return how.attack.params["eps"].value, (how.attack.name, others, [str(step) for step in how.steps])

    mine = parts(case)
    if mine is None:
        return None
    smaller = [
        (theirs[0], other)
        for other in suite.cases
        if other.check == case.check and (theirs := parts(other)) and theirs[1] == mine[1] and theirs[0] < mine[0]
    ]
    return max(smaller, key=lambda pair: pair[0])[1] if smaller else None


def risen(smaller: Case, before: Records, after: Records) -> list[str]:
    """Say that fewer pictures are broken at a greater eps, by more than chance allows."""
    if "minimal_norm" in after.extra:
        return []
    first, second = (records.extra["reached"].astype(bool) for records in (before, after))
    lost, won = int((first & ~second).sum()), int((~first & second).sum())
    if lost - won <= max(1, len(after) // 50):
        return []
    return [
        f"the attack cannot be believed: eps: {lost} pictures that break in {smaller.id} do not break here, and {won} the "
        "other way round: accuracy rises with eps"
    ]
