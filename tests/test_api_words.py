"""Unknown words of the Python door are answered in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from robustcheck.api import RunResult, run_suite
from robustcheck.core.errors import RobustcheckError
from robustcheck.domain.result import error_result


@pytest.mark.parametrize("tier", ["fast", "Smoke", ""])
def test_an_unknown_tier(tier: Any, tmp_path: Path) -> None:
    with pytest.raises(RobustcheckError, match=r"it is one of smoke, standard, thorough$") as caught:
        run_suite("suite.yaml", root=tmp_path, tier=tier)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("word", "hint"), [("claen", "did you mean clean?"), ("nope", "known: clean, light"), ("", "known: ")]
)
def test_an_unknown_case(word: str, hint: str) -> None:
    result = RunResult("pass", tuple(error_result("s.yaml", name, "clean", ()) for name in ("clean", "light")), {})
    with pytest.raises(RobustcheckError) as caught:
        result[word]
    assert isinstance(caught.value, KeyError)
    assert str(caught.value).startswith(f"there is no case {word} in this tier; {hint}")
    assert result["clean"].id == "clean"
