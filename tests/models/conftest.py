"""Entries and factories of small models."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robustcheck.core.errors import Location
from robustcheck.domain.config import ModelEntry, Preprocessing
from robustcheck.models import Predictor, open_model

COUNT = itertools.count()


@pytest.fixture
def model_entry(tmp_path: Path) -> Callable[..., ModelEntry]:
    def make(kind: Any = "python", classes: int | tuple[str, ...] = 3, size: int = 8, **parts: Any) -> ModelEntry:
        names = tuple(map(str, range(classes))) if isinstance(classes, int) else classes
        shape = Preprocessing(input_size=(size, size), resize=size, **parts.pop("input", {}))
        rest = {"weights": None, "sha256": None, "declared": {}, "options": {}, **parts}
        where = Location("configs/models.yaml", 3, 1)
        return ModelEntry("small", kind, names, shape, where=where, root=tmp_path, **rest)

    return make


@pytest.fixture
def write_module(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that writes a module into the project's root and returns its name."""

    def write(code: str) -> str:
        name = f"written_{next(COUNT)}"
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(code), encoding="utf-8")
        return name

    return write


@pytest.fixture
def python_model(
    model_entry: Callable[..., ModelEntry], write_module: Callable[[str], str]
) -> Callable[..., Predictor]:
    """Return a function that opens a model whose factory ``build`` stands in the given code."""

    def opened(code: str, arguments: dict[str, Any] | None = None, **parts: Any) -> Predictor:
        head = "import torch\nfrom torch import nn\n"
        module = write_module(head + textwrap.dedent(code))
        options = {"factory": f"{module}:build", **({"arguments": arguments} if arguments else {})}
        return open_model(model_entry(options=options, **parts), device="cpu")

    return opened


@pytest.fixture
def pictures() -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
