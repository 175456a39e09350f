"""Small clean pictures of some samples, beside the records, for a person to look at."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from robustcheck.core import progress
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.files import atomic
from robustcheck.data import Source
from robustcheck.domain.config import Preprocessing


def keep_thumbnails(
    path: Path,
    ids: Collection[str],
    source: Source,
    preprocessing: Preprocessing,
) -> int:
    """Write the clean inputs of samples into a file of ids and WebP pictures, and return how many there are.

    What cannot be read is left out: whoever shows the pictures says that there is none.

    Args:
        path: The file, Parquet with the columns ``id`` and ``picture``.
        ids: Of the samples.
        source: The data set, as the run looked at it; what is another picture by now is left out.
        preprocessing: The model's own, which frames the pictures.
    """
    import numpy as np
    import pyarrow
    import pyarrow.parquet

    from robustcheck.images import render
    from robustcheck.images.thumbnails import thumbnail

    found: dict[str, bytes] = {}
    chosen = (sample for sample in source.samples() if sample.id in ids)
    for sample in progress.counted(chosen, "pictures of the report", unit="pictures", total=len(ids)):
        try:
            shown = render(
                source.read(sample),
                [],
                preprocessing=preprocessing,
                border="source",
                fill="reflect",
                rng_for=lambda _: np.random.default_rng(0),
            )
        except RobustcheckError:
            continue
        found[sample.id] = thumbnail(shown.pixels)
    table = pyarrow.table({"id": list(found), "picture": pyarrow.array(list(found.values()), pyarrow.binary())})
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        pyarrow.parquet.write_table(table, temporary, compression="zstd", write_page_checksum=True)
    return len(found)
