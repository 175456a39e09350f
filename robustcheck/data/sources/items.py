"""What all sources have in common that Python code feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from robustcheck.core.class_names import class_name, normal
from robustcheck.core.errors import DataError, RobustcheckError
from robustcheck.core.imports import told
from robustcheck.data.source import Sample, metadata_of
from robustcheck.domain.config import DataEntry


class ItemSource:
    """Samples out of tuples.

    Attributes:
        name: The entry's name.
        entry: The entry.
        columns: Names of the metadata columns seen so far.
    """

    def __init__(self, entry: DataEntry) -> None:
        """Keep the entry."""
        self.name = entry.name
        self.entry = entry
        self.columns: tuple[str, ...] = ()

    def guarded(self, items: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """Number items.

        Raises:
            DataError: The user's code that makes them fails; says after how many and where.
        """
        number = -1
        try:
            for number, item in enumerate(items):
                yield number, item
        except RobustcheckError:
            raise
        except Exception as error:
            raise DataError(
                f"{self.entry.where}: the data set {self.name} failed after {number + 1} pictures: "
                f"{told(error, self.entry.root)}"
            ) from error

    def sample(self, number: int, item: Any, handle: Any) -> Sample:
        """Turn ``(id, picture, label)`` or ``(id, picture, label, metadata)`` into a sample.

        Raises:
            DataError: It is something else.
        """
        if not isinstance(item, tuple) or len(item) not in (3, 4):
            what = f"a tuple of {len(item)}" if isinstance(item, tuple) else type(item).__name__
            raise DataError(
                f"{self.entry.where}: item {number} of {self.name} is {what}, not (id, picture, label) or "
                "(id, picture, label, metadata)"
            )
        further = item[3] if len(item) == 4 else {}
        if not isinstance(further, Mapping):
            raise DataError(
                f"{self.entry.where}: the metadata of item {number} of {self.name} is {type(further).__name__}, not a dict"
            )
        metadata = metadata_of(further)
        self.columns = tuple(dict.fromkeys((*self.columns, *metadata)))
        label = class_name(str(item[2]))
        return Sample(normal(str(item[0])), self.entry.labels.get(label, label), metadata, handle)
