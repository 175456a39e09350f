"""A real browser, the checker of accessibility, and where screenshots go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = ROOT / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
LANGUAGE_SERVER = ROOT / "tests" / "browser" / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
AXE_RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => found.id + ": " + found.nodes.map(node => node.html).join(" "))"""


def _lacking(what: str) -> None:
    if os.environ.get("ROBUSTCHECK_BROWSER") == "required":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return the browser of the system; what cannot be opened is skipped, and in CI fails."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        _lacking(f"no browser is installed: none of {', '.join(NAMES)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Return a function that gives the serious violations of accessibility on a page, which lets no script of others in."""
    if not AXE.is_file():
        _lacking("axe-core is not installed: npm install --prefix tests/browser")
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> list[str]:
        # Through the debugger, which a content security policy does not bind.
        page.evaluate(source)
        found: list[str] = page.evaluate(AXE_RUN)
        return found

    return check


@pytest.fixture(scope="session")
def language_server() -> list[str]:
    """Return the command of the language server for YAML that editors run."""
    node = shutil.which("node")
    if node is None or not LANGUAGE_SERVER.is_file():
        _lacking("yaml-language-server is not installed: npm install --prefix tests/browser")
    return [str(node), str(LANGUAGE_SERVER), "--stdio"]


@pytest.fixture
def shots() -> Path:
    """Return the folder of the screenshots that CI keeps."""
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
