"""Every code is used, has a page whose example shows it, and is in the docs."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from writing import DATA, MODELS, PARTS, make_project, text_of

from robustcheck.core.error_codes import AREAS, Code, Page, code_of, pages
from robustcheck.core.errors import SuiteError
from robustcheck.language import load_project, load_suite

ROOT = Path(__file__).parents[2]
SHOWN = [page for page in pages().values() if page.place]


def _codes(root: Path, page: Page, text: str) -> Iterator[str]:
    try:
        project = make_project(root)
        if page.place == "suite":
            own = set(re.findall(r"(?m)^(\w+):", text))
            parts = text_of(**dict.fromkeys(own & PARTS.keys()))
            (root / "suites/a.yaml").write_text(parts + text, encoding="utf-8")
            load_suite(root / "suites/a.yaml", project, environment={})
        else:
            files = {"models": MODELS, "data": DATA, page.place: text}
            for name, content in files.items():
                (root / "configs" / f"{name}.yaml").write_text(content, encoding="utf-8")
            load_project(root, root / "configs")
    except SuiteError as error:
        yield from (problem.code.value for problem in error.problems)


@pytest.mark.parametrize("page", SHOWN, ids=[page.code.name for page in SHOWN])
def test_an_example_shows_its_mistake_and_how_it_is_mended(tmp_path: Path, page: Page) -> None:
    assert set(_codes(tmp_path, page, page.wrong)) == {page.code.value}
    assert list(_codes(tmp_path, page, page.right)) == []


def test_codes_are_numbered_within_their_area() -> None:
    assert len({code.value for code in Code}) == len(Code)
    assert [code.value for code in Code] == sorted(code.value for code in Code)
    assert {code.value[:3] for code in Code} == set(AREAS)
    assert 30 <= len(Code) <= 60


def test_every_code_is_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "robustcheck").rglob("*.py"))
    assert set(re.findall(r"\bCode\.([A-Z_]+)\b", source)) >= {code.name for code in Code}


def test_pages_are_whole_and_no_two_say_the_same() -> None:
    for page in pages().values():
        texts = (page.title, page.meaning, page.why, page.wrong, page.right, page.remedy)
        assert all(text.strip() for text in texts), page.code
        assert page.wrong != page.right, page.code
    for part in ("title", "meaning"):
        assert len({getattr(page, part) for page in pages().values()}) == len(Code)


def test_codes_are_found_in_any_case() -> None:
    assert code_of("rc203") is Code.MISSING_UNIT
    assert code_of("RC999") is None


def test_the_page_of_the_docs_is_fresh() -> None:
    spec = importlib.util.spec_from_file_location("errors_page", ROOT / "docs" / "errors.py")
    assert spec is not None and spec.loader is not None  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == module.page(), (
        "run `uv run python docs/errors.py`"
    )
