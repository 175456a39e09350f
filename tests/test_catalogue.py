"""docs/shifts.md and its pictures are those of the shifts as they are."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from robustcheck.core import registry

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def catalogue() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue", DOCS / "catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_fresh(catalogue: ModuleType) -> None:
    written = (DOCS / "shifts.md").read_text(encoding="utf-8")
    assert written == catalogue.page(), "run `uv run python docs/catalogue.py`"


def test_every_shift_has_a_picture_and_none_is_left_over() -> None:
    pictures = {path.name for path in (DOCS / "shifts").iterdir()}
    assert pictures == {f"{shift.name}.jpg" for shift in registry.shifts}
    assert sum(path.stat().st_size for path in (DOCS / "shifts").iterdir()) < 1_500_000


@pytest.mark.parametrize("name", ["camera.yaw", "light.temperature", "occlude.patch", "imagenet_c.fog"])
def test_a_picture_shows_what_the_shift_does_today(catalogue: ModuleType, name: str) -> None:
    """JPEG and other versions of libraries differ a little; another shift or another order of values differs a lot."""
    drawn = np.asarray(catalogue.strip(registry.shifts[name])).astype(int)
    kept = np.asarray(Image.open(DOCS / "shifts" / f"{name}.jpg")).astype(int)
    assert drawn.shape == kept.shape
    assert np.abs(drawn - kept).mean() < 4
