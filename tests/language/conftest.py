from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from robustcheck.domain.config import Project
from robustcheck.domain.suite import Suite
from robustcheck.language import load_suite

from writing import make_project, text_of  # isort: skip

settings.register_profile("language", deadline=None)


@pytest.fixture
def signs(tmp_path: Path) -> Project:
    return make_project(tmp_path)


@pytest.fixture
def load(signs: Project) -> Callable[..., Suite]:
    """Return a function that writes a suite of the given text or parts and reads it."""

    def load_text(
        text: str | bytes | None = None, *, name: str = "suites/a.yaml", options: Any = None, **parts: Any
    ) -> Suite:
        content = text_of(**parts) if text is None else text
        path = signs.root / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_suite(path, signs, **{"environment": {}, **(options or {})})

    return load_text
