"""In what two data sets differ, by how much, and in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from robustcheck.data.profile import QUANTITIES

SMALL: Final = 0.2
"""Effect below which a difference is not told: Cohen's "small" (Statistical Power Analysis, 1988)."""
MEDIUM: Final = 0.5
LARGE: Final = 0.8
CERTAIN: Final = 3.0
"""Standard errors of an effect, sqrt(1/n + 1/m) for d near 0 and for h, that it must exceed: sets of twenty pictures differ
by a small effect for no reason at all."""
MOST: Final = 10.0
"""Effects are cut off here, since those of quantities that do not vary have no bound."""

Kind = Literal["class", "quantity", "share", "metadata"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which the test set is not like the training set.

    Attributes:
        kind: What differs.
        name: The class, the quantity, the share, or ``column=value``.
        test: Mean or share in the test set.
        train: The same of the training set.
        effect: Cohen's d of means (difference over pooled standard deviation) or h of shares (2 asin sqrt p - 2 asin sqrt q),
            at most ``MOST``; its sign is that of test - train.
        size: ``small``, ``medium`` or ``large`` in Cohen's words, ``unseen`` for a class that the training set lacks.
        sentence: All this for a person.
    """

    kind: Kind
    name: str
    test: float
    train: float
    effect: float
    size: Literal["unseen", "large", "medium", "small"]
    sentence: str


def differences(test: Mapping[str, Any], train: Mapping[str, Any]) -> list[Difference]:
    """Rank the differences of two data sets that matter.

    A class of the test set that the training set lacks is always told, before everything else. Of the rest a difference is
    told if its effect is at least ``SMALL`` and more than chance makes of sets of these sizes (``CERTAIN``).

    Args:
        test: Profile of the test set, see ``robustcheck.data.profile.profile``.
        train: Profile of the training set.

    Returns:
        The largest effect first; equal ones by name.
    """
    found = [*_classes(test, train), *_quantities(test, train), *_shares(test, train), *_metadata(test, train)]
    return sorted(found, key=lambda one: (one.size != "unseen", -abs(one.effect), one.kind, one.name))


def _classes(test: Mapping[str, Any], train: Mapping[str, Any]) -> Iterator[Difference]:
    ours, theirs = test["classes"]["counts"], train["classes"]["counts"]
    for name in sorted({*ours, *theirs}):
        if not theirs.get(name):
            share = ours[name] / test["pictures"]
            told = f"the training set has no picture of the class {name}, {ours[name]} pictures of the test set"
            yield Difference("class", name, share, 0.0, _h(share, 0.0), "unseen", told)
        else:
            what = f"pictures of the class {name}"
            yield from _of_counts(
                "class", name, what, ours.get(name, 0), test["pictures"], theirs[name], train["pictures"]
            )


def _quantities(test: Mapping[str, Any], train: Mapping[str, Any]) -> Iterator[Difference]:
    for name in QUANTITIES:
        ours, theirs = test[name], train[name]
        if not (ours and theirs):
            continue
        effect = _d(ours, test["readable"], theirs, train["readable"])
        size = _size(effect, test["readable"], train["readable"])
        if size:
            way = "higher" if effect > 0 else "lower"
            told = f"{name} is {way} in the test set: {ours['mean']:.3g} against {theirs['mean']:.3g} on average"
            yield Difference(
                "quantity", name, ours["mean"], theirs["mean"], effect, size, f"{told} (d = {effect:+.2f})"
            )


def _shares(test: Mapping[str, Any], train: Mapping[str, Any]) -> Iterator[Difference]:
    for name, what in (("grey", "pictures without colour"), ("duplicates", "pictures whose pixels another one has")):
        if test[name] is not None and train[name] is not None:
            yield from _of_shares("share", name, what, test[name], test["readable"], train[name], train["readable"])
    counts = (test["unreadable"]["count"], test["pictures"], train["unreadable"]["count"], train["pictures"])
    yield from _of_counts("share", "unreadable", "pictures that cannot be read", *counts)


def _metadata(test: Mapping[str, Any], train: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare columns that both sets have, value by value, a missing one among them."""
    n, m = test["pictures"], train["pictures"]
    for column in sorted({*test["metadata"]} & {*train["metadata"]}):
        ours, theirs = test["metadata"][column], train["metadata"][column]
        what = f"pictures with a value of {column}"
        yield from _of_shares("metadata", column, what, ours["coverage"] or 0.0, n, theirs["coverage"] or 0.0, m)
        here, there = ours["values"], theirs["values"]
        if here is None or there is None:
            continue
        for value in sorted({*here, *there}):
            what = f"pictures with {column} {value}"
            yield from _of_counts("metadata", f"{column}={value}", what, here.get(value, 0), n, there.get(value, 0), m)


def _of_counts(kind: Kind, name: str, what: str, ours: int, n: int, theirs: int, m: int) -> Iterator[Difference]:
    if n and m:
        yield from _of_shares(kind, name, what, ours / n, n, theirs / m, m)


def _of_shares(kind: Kind, name: str, what: str, ours: float, n: int, theirs: float, m: int) -> Iterator[Difference]:
    effect = _h(ours, theirs)
    size = _size(effect, n, m)
    if size:
        way = "more" if effect > 0 else "fewer"
        told = f"the test set has {way} {what}: {ours:.1%} against {theirs:.1%} (h = {effect:+.2f})"
        yield Difference(kind, name, ours, theirs, effect, size, told)


def _h(ours: float, theirs: float) -> float:
    return 2 * math.asin(math.sqrt(ours)) - 2 * math.asin(math.sqrt(theirs))


def _d(ours: Mapping[str, float], n: int, theirs: Mapping[str, float], m: int) -> float:
    apart = ours["mean"] - theirs["mean"]
    weight = (n - 1) * ours["sd"] ** 2 + (m - 1) * theirs["sd"] ** 2
    pooled = math.sqrt(weight / (n + m - 2)) if n + m > 2 else 0.0
    if abs(apart) >= MOST * pooled:
        return math.copysign(MOST, apart) if apart else 0.0
    return apart / pooled


def _size(effect: float, n: int, m: int) -> Literal["large", "medium", "small"] | None:
    least = max(SMALL, CERTAIN * math.sqrt(1 / n + 1 / m)) if n and m else math.inf
    if abs(effect) < least:
        return None
    return "large" if abs(effect) >= LARGE else "medium" if abs(effect) >= MEDIUM else "small"
