"""The records beside a result file: columns of one case, as arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.paths import resolved
from robustcheck.core.regular_files import NotRegularFile, open_regular
from robustcheck.core.text import printable

Columns = dict[str, NDArray[Any]]
AMBIGUOUS: Final = "ambiguous"
"""The column that says which pictures count for nothing."""


class MissingColumn(RobustcheckError):
    """The records are of a version that did not have a column yet."""


def read_columns(
    folder: Path, name: str, columns: Sequence[str], also: Callable[[str], bool] = lambda _: False
) -> tuple[Columns, dict[str, Any]]:
    """Return columns of a file in the report's folder, without pictures whose label is ambiguous, and what it says of itself.

    Args:
        folder: The report's.
        name: Path of the file within it, as the result file has it.
        columns: Names of those wanted.
        also: Which others are wanted where they are there, by their names.

    Raises:
        MissingColumn: It has not all of the columns.
        RobustcheckError: There is no such file, it lies elsewhere, or it is damaged.
    """
    if not name:
        raise RobustcheckError("the run kept no records")
    path = folder / name
    if not resolved(path).is_relative_to(resolved(folder)):
        raise RobustcheckError(f"{printable(name)} lies outside the report's folder")
    import pyarrow
    import pyarrow.parquet

    try:
        with open_regular(path) as file:
            known = pyarrow.parquet.read_schema(file).names
        if not set(known).issuperset(columns):
            raise MissingColumn(f"{printable(name)} is damaged: it has no {', '.join(sorted({*columns} - {*known}))}")
        wanted = [*columns, *(other for other in known if other not in columns and (other == AMBIGUOUS or also(other)))]
        with open_regular(path) as file:
            table = pyarrow.parquet.read_table(file, columns=wanted, page_checksum_verification=True)
        about = json.loads((table.schema.metadata or {}).get(b"robustcheck", b"{}"))
        found = {key: table.column(key).to_numpy(zero_copy_only=False) for key in wanted}
    except FileNotFoundError:
        raise RobustcheckError(f"there is no {printable(name)} in the report's folder") from None
    except NotRegularFile as error:
        raise RobustcheckError(f"{printable(name)} cannot be read: {error.strerror}") from None
    except (OSError, KeyError, ValueError, pyarrow.ArrowException) as error:
        raise RobustcheckError(f"{printable(name)} is damaged: {type(error).__name__}") from None
    counts = ~found.pop(AMBIGUOUS, np.zeros(len(found[columns[0]]), bool)).astype(bool)
    return {key: column[counts] for key, column in found.items()}, about
