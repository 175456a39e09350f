"""Entries and pictures of small data sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robustcheck.core.errors import Location
from robustcheck.domain.config import DataEntry


@pytest.fixture
def data_entry(tmp_path: Path) -> Callable[..., DataEntry]:
    def make(kind: Any, path: Path | None = None, **parts: Any) -> DataEntry:
        rest = {"limit": None, "labels": {}, "options": {}, **parts}
        return DataEntry("small", kind, path, where=Location("configs/data.yaml", 2, 1), root=tmp_path, **rest)

    return make


@pytest.fixture
def draw() -> Callable[..., Path]:
    """Return a function that stores a small picture and returns its path."""

    def store(path: Path, level: int = 7) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((3, 4, 3), level, np.uint8)).save(path)
        return path

    return store
