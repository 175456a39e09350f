"""What a model may have seen already: pictures and groups that lie in both the test and the training set."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import progress
from robustcheck.data import Source
from robustcheck.provenance.leaks.fingerprints import Fingerprints, fingerprints_of
from robustcheck.provenance.leaks.near_duplicates import near_pairs
from robustcheck.provenance.leaks.perceptual import ALIKE, correlation

DISTANCE: Final = 4
"""Bits of 64 by which the hashes of near duplicates differ at most."""
MOST_LISTED: Final = 1000
"""Pictures of a kind that a result names; all are counted."""
AT_ONCE: Final = 1 << 14
"""Pairs whose thumbnails are compared at once, which takes some 70 MB."""
_NONE: Final = np.iinfo(np.int64).max


class Pair(NamedTuple):
    """Two pictures with the same pixels, by their sample ids."""

    test: str
    train: str


class Near(NamedTuple):
    """Two pictures that look alike.

    Attributes:
        test: Sample id; within one set, that of the later picture.
        train: Sample id; within one set, that of the earlier picture.
        distance: Bits of 64 in which their hashes differ.
        correlation: Of their thumbnails, ``ALIKE`` to 1.
    """

    test: str
    train: str
    distance: int
    correlation: float


@dataclass(frozen=True, slots=True)
class Within:
    """Duplicates within one set.

    Attributes:
        exact: Groups of ids of pictures with the same pixels, two or more each, in ascending order.
        near: Each picture, other than those, that looks like one with a smaller id, with the nearest of them.
    """

    exact: tuple[tuple[str, ...], ...] = ()
    near: tuple[Near, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaks:
    """What lies on both sides; everything in ascending order of ids, whatever the order of the listing.

    Attributes:
        exact: Each test picture whose decoded pixels are in the training set, with the first that has them;
            ``within_train.exact`` names the others.
        near: Each further test picture that looks like one of the training set, with the nearest.
        groups: Values of the grouping column that both sides have.
        in_groups: Ids of the test pictures of these groups.
        unreadable_test: Ids of test pictures that could not be decoded, of which nothing is known but their groups.
        unreadable_train: The same of the training set.
        flat_test: Ids of test pictures of a single colour, which look like all others of their kind and are therefore
            compared pixel by pixel only.
        flat_train: The same of the training set.
        within_test: Duplicates within the test set.
        within_train: Duplicates within the training set.
        n_test: Pictures of the test set, readable or not.
        n_train: Pictures of the training set.
        notes: What a reader must know of all this, as sentences.
        ungrouped: Those of them that tell how many pictures are in no group.
    """

    exact: tuple[Pair, ...]
    near: tuple[Near, ...]
    groups: tuple[str, ...]
    in_groups: tuple[str, ...] = field(repr=False)
    unreadable_test: tuple[str, ...]
    unreadable_train: tuple[str, ...]
    flat_test: tuple[str, ...]
    flat_train: tuple[str, ...]
    within_test: Within
    within_train: Within
    n_test: int
    n_train: int
    notes: tuple[str, ...]
    ungrouped: tuple[str, ...]


def find_leaks(
    test: Source,
    train: Source,
    *,
    cache: Path,
    distance: int | None = DISTANCE,
    group_by: str = "",
    threads: int | None = None,
) -> Leaks:
    """Look for pictures and groups of a test set in a training set.

    A near duplicate has a pHash within the distance and a thumbnail that correlates: hashes alone pair pictures that have
    nothing to do with each other. Of copies of the demo's scenes, 160 pixels wide, it finds all that were stored as JPEG of
    quality 75 or resized to 90% or half, 94% of those made a fifth brighter, 77% of those moved by 2 pixels, 53% of those
    with 4 pixels cut off each edge, and none that were mirrored; of 20 photographs of 32 pixels it found none that was moved
    by 2 pixels, of 20 of 512 pixels all. Small aligned pictures of the same thing look alike without being copies: 8 of 900
    of scikit-learn's digits do.

    Args:
        test: The test set.
        train: The training set.
        cache: Folder for the file in which fingerprints are remembered, so that a second run decodes nothing.
        distance: Bits of 64; ``None`` does not look for near duplicates.
        group_by: A metadata column, such as a video track's id; empty for none.
        threads: That decode; as many as there are cores by default.

    Raises:
        DataError: A set cannot be listed, is empty, has an id twice, or has no such column.
    """
    ours, theirs = (fingerprints_of(source, cache, group_by=group_by, threads=threads) for source in (test, train))
    groups = ({*ours.values.values()} & {*theirs.values.values()}) - {""}
    exact = _exact(ours, theirs)
    alone = [_ungrouped(side, group_by) for side in (ours, theirs)]
    return Leaks(
        exact=exact,
        near=() if distance is None else _near(ours, theirs, distance, without={pair.test for pair in exact}),
        groups=tuple(sorted(groups)),
        in_groups=tuple(name for name, value in ours.values.items() if value in groups),
        unreadable_test=ours.unreadable,
        unreadable_train=theirs.unreadable,
        flat_test=ours.flat,
        flat_train=theirs.flat,
        within_test=_within(ours, distance),
        within_train=_within(theirs, distance),
        n_test=len(ours.values),
        n_train=len(theirs.values),
        notes=(*_notes(ours, test), *alone[0], *_notes(theirs, train), *alone[1]),
        ungrouped=(*alone[0], *alone[1]),
    )


def listed(leaks: Leaks) -> dict[str, Any]:
    """Return what a person should look at as JSON values: all counted, at most ``MOST_LISTED`` of a kind named."""
    return {
        "exact": {"count": len(leaks.exact), "pairs": [list(pair) for pair in leaks.exact[:MOST_LISTED]]},
        "near": {"count": len(leaks.near), "pairs": [list(pair) for pair in leaks.near[:MOST_LISTED]]},
        "groups": {"count": len(leaks.groups), "names": list(leaks.groups[:MOST_LISTED])},
        "notes": list(leaks.notes),
    }


def _exact(test: Fingerprints, train: Fingerprints) -> tuple[Pair, ...]:
    first: dict[bytes, str] = {}
    for pixels, name in train.digests():
        first.setdefault(pixels, name)
    return tuple(Pair(name, first[pixels]) for pixels, name in test.digests() if pixels in first)


def _within(side: Fingerprints, distance: int | None) -> Within:
    same: defaultdict[bytes, list[str]] = defaultdict(list)
    for pixels, name in side.digests():
        same[pixels].append(name)
    exact = tuple(tuple(names) for names in same.values() if len(names) > 1)
    again = {name for names in exact for name in names[1:]}
    return Within(exact, () if distance is None else _near(side, side, distance, without=again))


def _near(test: Fingerprints, train: Fingerprints, distance: int, *, without: set[str]) -> tuple[Near, ...]:
    """Return each test picture that looks like one of the other set (of the same set: like an earlier one)."""
    fresh = np.fromiter((name not in without for name in test.ids), bool, len(test.ids))
    ours, theirs = np.flatnonzero(fresh & ~test.prints["flat"]), np.flatnonzero(~train.prints["flat"])
    best = np.full(len(test.ids), _NONE, np.int64)
    blocks = near_pairs(test.prints["hash"][ours], train.prints["hash"][theirs], distance)
    for pairs in progress.counted(blocks, f"near duplicates of {test.name} in {train.name}", unit="blocks"):
        for at in range(0, len(pairs[0]), AT_ONCE):
            left, right, bits = (part[at : at + AT_ONCE] for part in pairs)
            one, other = ours[left], theirs[right]
            rank = bits * len(train.ids) + other
            wanted = (rank < best[one]) & ((other < one) if train is test else True)
            one, other, rank = one[wanted], other[wanted], rank[wanted]
            alike = correlation(test.prints["thumb"][one], train.prints["thumb"][other]) >= ALIKE
            np.minimum.at(best, one[alike], rank[alike])
    rows = np.flatnonzero(best < _NONE)
    return tuple(_told(test, train, rows, best[rows]))


def _told(test: Fingerprints, train: Fingerprints, rows: NDArray[np.int64], ranks: NDArray[np.int64]) -> list[Near]:
    bits, others = np.divmod(ranks, max(1, len(train.ids)))
    alike = correlation(test.prints["thumb"][rows], train.prints["thumb"][others])
    return [
        Near(test.ids[row], train.ids[other], int(differing), round(float(value), 4))
        for row, other, differing, value in zip(rows, others, bits, alike, strict=True)
    ]


def _notes(side: Fingerprints, source: Source) -> list[str]:
    notes = [f"{side.name}: {note}" for note in getattr(source, "notes", ())]
    if side.unreadable:
        notes.append(f"{len(side.unreadable)} pictures of {side.name} cannot be read and were compared with nothing")
    if side.flat:
        told = "are of a single colour or nearly, so they were compared pixel by pixel only"
        notes.append(f"{len(side.flat)} pictures of {side.name} {told}")
    return notes


def _ungrouped(side: Fingerprints, group_by: str) -> list[str]:
    alone = sum(not value for value in side.values.values()) if group_by else 0
    return [f"{alone} pictures of {side.name} have no {group_by}, so they are in no group"] if alone else []
