"""A seeded sample that keeps the classes' shares and does not depend on the order of the listing."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable

from robustcheck.core.seeds import mark
from robustcheck.data.source import Sample


def allocate(counts: dict[str, int], limit: int) -> dict[str, int]:
    """Share a number of places among classes by their sizes, by largest remainder.

    Every class gets at least one place while there are as many places as classes.

    Args:
        counts: Pictures a class.
        limit: Places in all, at least 1.
    """
    total = sum(counts.values())
    if limit >= total:
        return dict(counts)
    least = 1 if limit >= len(counts) else 0
    exact = {name: count * limit / total for name, count in counts.items()}
    places = {name: min(counts[name], max(least, int(share))) for name, share in exact.items()}
    by_need = sorted(counts, key=lambda name: (places[name] - exact[name], name))
    while sum(places.values()) < limit:
        name = next(name for name in by_need if places[name] < counts[name])
        places[name] += 1
        by_need.sort(key=lambda name: (places[name] - exact[name], name))
    while sum(places.values()) > limit:
        name = max(
            (name for name in places if places[name] > least), key=lambda name: (places[name] - exact[name], name)
        )
        places[name] -= 1
    return places


def select(samples: Iterable[Sample], limit: int, seed: int) -> frozenset[str]:
    """Return the ids of a class-stratified sample: in each class, the smallest keyed hashes.

    Args:
        samples: Any order; ids and labels are looked at, pictures are not.
        limit: How many, at least 1.
        seed: Another seed gives another sample.
    """
    by_class: dict[str, list[tuple[bytes, str]]] = {}
    for sample in samples:
        by_class.setdefault(sample.label, []).append((_rank(seed, sample.id), sample.id))
    places = allocate(dict(Counter({label: len(ids) for label, ids in by_class.items()})), limit)
    return frozenset(name for label, ranked in by_class.items() for _, name in heapq.nsmallest(places[label], ranked))


def _rank(seed: int, name: str) -> bytes:
    return mark(seed, name)
