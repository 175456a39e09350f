"""What a result says of an attack, and whether its number may be believed."""

from __future__ import annotations

import inspect
from typing import Any, Final

from robustcheck.core import registry
from robustcheck.core.units import Quantity
from robustcheck.domain.case import Attacked, Case
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


def always_attacked(case: Case, seen: Observation) -> list[str]:
    """Return the metrics that every result of an attack has."""
    names = ["robust_accuracy", "model_calls"]
    names += ["attack_success"] if seen.records.extra["attempted"].any() else []
    least = seen.records.extra.get("minimal_norm")
    if least is not None:
        tried = least[seen.records.extra["attempted"]]
        names += ["median_norm"] if (tried < float("inf")).mean() > 0.5 else []
    return names


def attack_facts(case: Case, seen: Observation, stored: Stored) -> dict[str, Any]:
    """Return what the result file says of the attack of a case."""
    assert case.attack is not None  # noqa: S101 - the caller has seen it
    norm = norm_of(case.attack)
    curve = []
    if "minimal_norm" in seen.records.extra and case.attack.targeted is None:
        for text in CURVES.get(norm, ()):
            estimate = accuracy_at(seen, _radius(text))
            curve.append({"eps": text, "robust_accuracy": estimate.value, "low": estimate.low, "high": estimate.high})
    targeted = case.attack.targeted
    eps = case.attack.step.params.get("eps")
    return {
        "name": case.attack.step.name,
        "norm": norm,
        "eps": "" if eps is None else str(eps),
        "targeted": dict(targeted) if targeted is not None and not isinstance(targeted, str) else (targeted or ""),
        "bound": UPPER_BOUND,
        "sanity": [{"name": name, "held": held, "detail": detail} for name, held, detail in stored.sanity],
        "curve": curve,
    }


def norm_of(attacked: Attacked) -> str:
    """Return the norm of an attack; an empty text for one without."""
    written = attacked.step.params.get("norm")
    known = registry.attacks[attacked.step.name].parameters.get("norm")
    if known is None:
        # One norm of its own, or none.
        return str(built(attacked).norm)
    return str(written or known.default)


def built(attacked: Attacked, **changes: Any) -> Any:
    """Return an attack of the registry with the parameters that a suite gives it.

    Args:
        attacked: As in the suite.
        changes: Parameters that are to be others.

    Raises:
        RobustcheckError: The attack refuses its parameters.
    """
    definition = registry.attacks[attacked.step.name]
    arguments = definition.bind(attacked.step.params) | changes
    if "tier" in inspect.signature(definition.function).parameters:
        arguments["tier"] = attacked.tier
    if "eps" in definition.parameters and "eps" not in arguments:
        arguments["eps"] = definition.parameters["eps"].default
    return definition.function(**arguments)


def _radius(text: str) -> float:
    number, _, of = text.partition("/")
    return Quantity(float(number), "/255" if of else "").value


def doubts_of(stored: Stored) -> list[str]:
    """Return why the number of an attack is not to be believed; nothing if every check held."""
    return [f"the attack cannot be believed: {name}: {detail}" for name, held, detail in stored.sanity if not held]


def nothing_to_change(case: Case, records: Records) -> bool:
    """Whether an attack rightly changed nothing: its eps is 0, or there was no picture to attack."""
    if case.attack is None:
        return False
    eps = case.attack.step.params.get("eps")
    zero = isinstance(eps, Quantity) and eps.number == 0
    reached, attempted = records.extra["reached"].astype(bool), records.extra["attempted"].astype(bool)
    done = reached | ~attempted
    minimal = "minimal_norm" in records.extra
    return not case.steps and (zero or minimal or bool(done.all()))


def next_smaller(suite: Suite, case: Case) -> Case | None:
    """Return the case of the same check that differs in a smaller eps only, the nearest one."""
    if case.attack is None or "eps" not in case.attack.step.params:
        return None
    mine = case.attack.step.params["eps"].value

    def rest(one: Case) -> Any:
        assert one.attack is not None  # noqa: S101 - only attacks are asked
        others = {key: str(value) for key, value in one.attack.step.params.items() if key != "eps"}
        return one.attack.step.name, others, [str(step) for step in one.steps]

    alike = [
        (one.attack.step.params["eps"].value, one)
        for one in suite.cases
        if one.check == case.check and one.attack and "eps" in one.attack.step.params and rest(one) == rest(case)
    ]
    smaller = [pair for pair in alike if pair[0] < mine]
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
