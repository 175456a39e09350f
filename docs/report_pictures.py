"""Writes the pictures of docs/report.md: a run of the demo that does not pass, its page in a real browser.

Run with ``uv run --group dev python docs/report_pictures.py``; it needs Playwright and a Chromium.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "report"
SIZE = {"width": 1180, "height": 860}
COLOURS = 160
"""A screenshot has few; PNG with a palette is a third of the size."""
SUITE = """
robustcheck: 1
title: Road signs, delivery robot
owner: vision-safety
model: signs-web
data: signs-test
seed: 7
expect: {accuracy: ">= 85%"}
clean: {expect: {accuracy: ">= 97%"}}
residuals: {top_k: 12}
checks:
  - id: robot-is-lower
    shift: camera.pitch
    pitch: [-10deg, -6deg, -3deg, 3deg, 6deg, 10deg]
    why: The camera sits at knee height and looks up; training photographs were taken at eye height.
    expect: {drop: "<= 10pp"}
  - id: dusk-and-sun
    shift: light.exposure
    stops: [-4ev, -3ev, -2ev, -1ev, 1ev, 2ev]
    why: Deliveries run into dusk; metering on a dark road overexposes the sign.
    expect: {class_accuracy: {stop: ">= 95%"}}
  - {id: dirty-lens, shift: camera.defocus, disk: [2%, 3%, 4%, 6%], why: Fingerprints soften the picture between two services.}
  - {id: harm, attack: pgd, eps: [1/255, 2/255], expect: {robust_accuracy: ">= 90%"}}
  - {id: how-far, attack: fmn, steps: 20, expect: {accuracy: null, robust_accuracy_at: {1/255: ">= 90%"}}}
waivers:
  - case: "dusk-and-sun[stops=-4ev]"
    reason: the robot does not drive at night
    owner: vision-safety
    expires: 2099-12-31
"""


def run(root: Path) -> Path:
    """Run the suite in a project of its own, and return the page."""
    models = (ROOT / "configs/models.yaml").read_text(encoding="utf-8")
    for name, text in {
        "configs/models.yaml": models.replace("../robustcheck", str(ROOT / "robustcheck")).partition(
            "efficientnet-lite0:"
        )[0],
        "configs/data.yaml": "signs-test: {kind: signs, split: test, size: 560, seed: 0}\n",
        "suites/signs.yaml": SUITE,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--robustcheck", "-q", "suites/signs.yaml"]
    subprocess.run(command, cwd=root, check=False, capture_output=True)  # noqa: S603 - ourselves

    from robustcheck.report.html import page
    from robustcheck.runs.load import load_document

    folder = root / "robustcheck-report"
    file = folder / "index.html"
    file.write_text(page(load_document(folder), folder), encoding="utf-8")
    return file


def main() -> None:
    """Run the demo and photograph the page."""
    from playwright.sync_api import Page, sync_playwright

    def photograph(page: Page, name: str) -> None:
        page.wait_for_timeout(300)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        shot.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURES / f"{name}.png", optimize=True)

    def top(page: Page, selector: str) -> None:
        page.eval_on_selector(selector, "one => { one.scrollIntoView(); window.scrollBy(0, -12); }")

    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = run(Path(folder))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))

        def opened(scheme: Any) -> Page:
            page = browser.new_page(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(file.as_uri())
            return page

        page = opened("light")
        photograph(page, "page")
        row = 'tbody[data-id="robot-is-lower[pitch=-6deg]"]'
        page.click(f"{row} .opens")
        top(page, row)
        photograph(page, "row")
        page.click(f"{row} .opens")
        top(page, "[id$=-curves]")
        photograph(page, "curves")
        top(page := opened("dark"), "[id$=-classes]")
        photograph(page, "classes")
        browser.close()


if __name__ == "__main__":
    main()
