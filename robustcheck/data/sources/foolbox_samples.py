"""The real photos that foolbox ships: twenty each of ImageNet, CIFAR-10 and CIFAR-100."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

from robustcheck.core.errors import DataError
from robustcheck.data.source import Sample
from robustcheck.data.sources.files import FileSource
from robustcheck.domain.config import DataEntry


class FoolboxSamples(FileSource):
    """Files named ``imagenet_00_243.jpg``: the last number is the label, the file name is the id."""

    def __init__(self, entry: DataEntry) -> None:
        """Find the files without importing foolbox.

        Raises:
            DataError: foolbox is not installed.
        """
        super().__init__(entry.name)
        found = importlib.util.find_spec("foolbox")
        if found is None or found.origin is None:
            raise DataError(f"{entry.where}: the data set {entry.name} needs foolbox, which is not installed")
        self._folder = Path(found.origin).parent / "data"
        self._dataset = str(entry.options["dataset"])
        self._labels = entry.labels

    def samples(self) -> Iterator[Sample]:
        """Iterate in the order of the file names.

        Raises:
            DataError: foolbox has no such pictures.
        """
        pattern = re.compile(rf"{re.escape(self._dataset)}_\d+_(\d+)\.(?:jpg|png)")
        try:
            found = sorted((path.name, path, pattern.fullmatch(path.name)) for path in self._folder.iterdir())
        except OSError as error:
            raise DataError(f"foolbox's folder of pictures cannot be read: {error.strerror}") from None
        matches = [(name, path, match[1]) for name, path, match in found if match]
        if not matches:
            raise DataError(f"the installed foolbox has no pictures of {self._dataset}")
        for name, path, label in matches:
            yield Sample(name, self._labels.get(label, label), {}, path)
