"""What somebody means by a folder of pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from robustcheck.core.errors import DataError, Location, RobustcheckError, did_you_mean
from robustcheck.domain.config import DataEntry

SPLITS: Final = frozenset(
    {"train", "training", "val", "valid", "validation", "test", "testing", "eval", "dev", "holdout"}
)
"""What people call the parts of a data set, which look like classes."""
SEEN: Final = ("train", "training")


def propose_data(word: str, here: Path, root: Path, taken: Sequence[str]) -> tuple[DataEntry, tuple[str, ...], int]:
    """Return an entry for a folder with one folder a class, its labels in order, and how many pictures there are.

    Args:
        word: The folder as it was named.
        here: What it begins from.
        root: The project's root.
        taken: Entries that it might have been meant for.

    Raises:
        RobustcheckError: There is no such folder, it holds the parts of a data set, or no pictures.
    """
    from robustcheck.data import open_source

    folder = here / word
    if not folder.is_dir():
        what = "it is a file" if folder.exists() else "there is no such folder"
        near = f"; {did_you_mean(word, taken)}" if taken else ""
        raise RobustcheckError(
            f"the data {word}: {what}; name a folder with one folder a class{near} (tables: docs/configs.md, kind: manifest)"
        )
    _refuse_parts(folder, word)
    entry = DataEntry(
        entry_name(_short_name(folder), "data"), "imagefolder", folder, None, {}, {}, Location(f"--data {word}"), root
    )
    try:
        labels = [sample.label for sample in open_source(entry, seed=0).samples()]
    except DataError as error:
        raise RobustcheckError(str(error).replace(f"{entry.where}: ", f"the data {word}: ")) from None
    # In the order of their code points, as torchvision's ImageFolder sorts.
    return entry, tuple(sorted(set(labels))), len(labels)


def _refuse_parts(folder: Path, word: str) -> None:
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if names and all(name.lower() in SPLITS for name in names):
        unseen = [name for name in names if name.lower() not in SEEN]
        held = ", ".join(names)
        raise RobustcheckError(
            f"the data {word} holds {held}, which are parts of a data set and no classes; name one that no training has "
            f"seen, such as {(Path(word) / (unseen or names)[0]).as_posix()}"
        )


def _short_name(folder: Path) -> str:
    whole = folder.resolve()
    return f"{whole.parent.name}-{whole.name}" if whole.name.lower() in SPLITS and whole.parent.name else whole.name


def entry_name(word: str, otherwise: str) -> str:
    """Return a name for an entry, made of a word: letters, digits, ``-``, ``_`` and points."""
    name = re.sub(r"[^\w.-]+", "-", word).strip("-.")
    return otherwise if not name or name == "robustcheck" else name
