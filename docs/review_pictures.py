"""Writes the pictures of docs/review.md: a run of the demo with a few wrong labels, reviewed in a real browser.

Run with ``uv run --group dev python docs/review_pictures.py``; it needs Playwright and a Chromium.
"""

from __future__ import annotations

import io
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "review"
SIZE = {"width": 1180, "height": 900}
COLOURS = 128
"""A screenshot has few; PNG with a palette is a third of the size."""
SUITE = """
robustcheck: 1
title: Road signs
owner: vision-safety
model: signs-web
data: signs-mislabelled
clean: {expect: {accuracy: ">= 80%"}}
checks:
  - {id: lower, shift: camera.pitch, pitch: 10deg, expect: {accuracy: ">= 20%"}}
  - {id: dusk, shift: light.exposure, stops: -3ev, expect: {accuracy: ">= 20%"}}
"""
FACTORY = """
from robustcheck.demo.scenes import load


class Scenes:
    digest = ""

    def __init__(self):
        self.data = load("test", 560, 0)

    def __len__(self):
        return 560

    def __getitem__(self, place):
        wrong = {"speed_50": "speed_80", "stop": "yield"} if place % 70 in (0, 8) else {}
        label = self.data.labels[place]
        return self.data.ids[place], self.data.images[place], wrong.get(label, label)
"""


def write_project(root: Path) -> None:
    """Write the demo's configuration with a data set some of whose labels are wrong."""
    models = (ROOT / "configs/models.yaml").read_text(encoding="utf-8")
    for name, text in {
        "scenes_of_signs.py": FACTORY,
        "configs/models.yaml": models.replace("../robustcheck", str(ROOT / "robustcheck")).partition(
            "efficientnet-lite0:"
        )[0],
        "configs/data.yaml": "signs-mislabelled: {kind: python, factory: scenes_of_signs:Scenes}\n"
        "signs-test: {kind: signs, split: test, size: 560, seed: 0}\n",
        "suites/signs.yaml": SUITE,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@contextmanager
def served(root: Path, *options: str) -> Iterator[str]:
    """Serve the review and give its address."""
    command = [sys.executable, "-m", "robustcheck.cli", "review", "robustcheck-report", *options]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    try:
        assert process.stdout  # noqa: S101 - it is a pipe
        yield next(line for line in process.stdout if line.startswith("open ")).split()[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


def main() -> None:
    """Run the demo and photograph the page."""
    from playwright.sync_api import Page, sync_playwright

    def photograph(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        shot.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURES / f"{name}.png", optimize=True)

    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        write_project(root)
        run = [sys.executable, "-m", "pytest", "--robustcheck", "-q", "suites/signs.yaml"]
        subprocess.run(run, cwd=root, check=False, capture_output=True)  # noqa: S603 - ourselves
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        with served(root, "--reviewer", "Ada") as address:
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto(address)
            page.wait_for_selector("#work:not([hidden])")
            photograph(page, "page")
            page.keyboard.press("r")
            page.keyboard.type("st")
            photograph(page, "relabel")
        with served(root, "--reviewer", "Ben", "--blind") as address:
            page = browser.new_page(viewport=SIZE, color_scheme="dark")
            page.goto(address)
            page.wait_for_selector("#work:not([hidden])")
            page.keyboard.press("r")
            page.keyboard.press("ArrowDown")
            photograph(page, "blind")
        browser.close()


if __name__ == "__main__":
    main()
