"""What a later run compares itself with before it believes the records of a case: one batch of pictures with their logits."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 32
"""Pictures that are kept at most: those of a batch on the CPU."""
MOST_BYTES: Final = 8 << 20
"""Bytes of attacked pictures that are kept at most, unless a single one has more."""


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceBatch:
    """Some pictures of a case as they were when its records were made, k of them.

    Attributes:
        ids: Sample ids, str, shape (k,).
        inputs: Digest of each one's input, before any attack, as in the column ``pixels`` of records, str, shape (k,).
        logits: Of what the model saw at last: the input, the worst view or the attacked picture; float32, shape (k, classes).
        pictures: The attacked pictures, float32 in [0, 1], RGB or gray, shape (k, 3 or 1, h, w); ``None`` without an attack.
        points: The parameters that a search found, each a share of its span, float64, shape (k, parameters); ``None`` without one.
    """

    ids: NDArray[np.str_]
    inputs: NDArray[np.str_]
    logits: NDArray[np.float32]
    pictures: NDArray[np.float32] | None = None
    points: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.ids)

    def to_bytes(self) -> bytes:
        """Return it as the bytes of an ``.npz`` archive."""
        buffer = io.BytesIO()
        columns = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        np.savez_compressed(buffer, **{name: column for name, column in columns.items() if column is not None})
        return buffer.getvalue()

    @classmethod
    def of_bytes(cls, content: bytes) -> ReferenceBatch:
        """Return what ``to_bytes`` wrote.

        Raises:
            ValueError: It did not.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as columns:
                return cls(**{name: columns[name] for name in columns.files})
        except (OSError, EOFError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise ValueError(f"this is no reference batch: {error}") from error


def most_kept(input_size: tuple[int, int], *, attacked: bool) -> int:
    """Return how many pictures of a case are kept at most: fewer of large attacked ones, of which every value counts."""
    if not attacked:
        return MOST
    height, width = input_size
    return max(1, min(MOST, MOST_BYTES // (3 * height * width * 4)))


class ReferenceCollector:
    """Chooses the pictures of a case that are kept, while they pass."""

    def __init__(self, ids: Sequence[str], most: int, wanted: NDArray[np.int64] | None = None) -> None:
        """Bind it to the samples.

        Args:
            ids: Of all samples, in the order of the index.
            most: Pictures that are kept at most.
            wanted: Rows of the index that are kept where they can be read; the first that pass by default.
        """
        self._ids = ids
        self._most = most
        self._wanted = None if wanted is None else frozenset(wanted.tolist())
        self._parts: list[dict[str, NDArray[Any]]] = []
        self._count = 0

    def __add__(self, other: ReferenceCollector) -> ReferenceCollector:
        """Return the pictures that both together would have kept, this one's first."""
        joined = ReferenceCollector(self._ids, self._most)
        joined._wanted = self._wanted
        for part in (*self._parts, *other._parts):
            room = self._most - joined._count
            if room > 0:
                kept = {name: column[:room] for name, column in part.items()}
                joined._parts.append(kept)
                joined._count += len(kept["ids"])
        return joined

    @classmethod
    def spread(cls, ids: Sequence[str], most: int) -> ReferenceCollector:
        """Keep pictures from the whole of the data set, which may be sorted by class."""
        return cls(ids, most, np.unique(np.linspace(0, len(ids) - 1, min(most, len(ids))).round().astype(np.int64)))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the names of all samples, which whoever adds collectors of other processes knows by itself."""
        return self.__dict__ | {"_ids": ()}

    def offer(
        self,
        rows: NDArray[np.int64],
        inputs: NDArray[np.str_],
        logits: NDArray[np.float32],
        pictures: NDArray[np.float32] | None = None,
        points: NDArray[np.float64] | None = None,
    ) -> None:
        """Keep those of some pictures that are wanted; all arrays are in the order of ``rows``."""
        wanted = [place for place, row in enumerate(rows.tolist()) if self._wanted is None or row in self._wanted]
        chosen = wanted[: self._most - self._count]
        if not chosen:
            return
        self._count += len(chosen)
        columns = {"inputs": inputs, "logits": logits, "pictures": pictures, "points": points}
        part = {name: column[chosen].copy() for name, column in columns.items() if column is not None}
        self._parts.append({"ids": np.array([self._ids[row] for row in rows[chosen]]), **part})

    def batch(self) -> ReferenceBatch | None:
        """Return what was kept; ``None`` if nothing passed."""
        if not self._parts:
            return None
        names = self._parts[0]
        return ReferenceBatch(**{name: np.concatenate([part[name] for part in self._parts]) for name in names})
