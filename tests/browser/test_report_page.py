"""The report in a real browser, opened from a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from small_report import case, document, make_report, records, thumbnail, write

from robustcheck.report.html import page as html_page

HOSTILE = "<img src=x onerror=alert(1)>"
SIZES = {"wide": 1280, "narrow": 400}
LIMIT = 20_000_000
"""Bytes that a page of 200 cases with 12 pictures each may have."""
SECONDS = 2.0
"""Within which it opens."""
DECODED = """images => Promise.race([
    Promise.all(images.map(one => one.naturalWidth || new Promise(done => one.addEventListener("load", done)))),
    new Promise((_, failed) => setTimeout(() => failed(new Error("pictures are not shown after 10 s")), 10000)),
])"""


class Opened:
    """A report in a page, and what the page did that it should not."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page, self.requests, self.said = page, [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(file.as_uri())

    def row(self, name: str) -> Any:
        return self.page.locator(f'tbody[data-id="{name}"]')

    def shown(self) -> list[str]:
        found: list[str] = self.page.eval_on_selector_all(
            "tbody[data-place]:not([hidden])", "every => every.map(one => one.dataset.id)"
        )
        return found

    def faultless(self) -> None:
        """Fail where the page asked for anything but itself, or complained."""
        assert [url for url in self.requests if not url.startswith(("file:", "data:"))] == []
        assert sum(url.startswith("file:") for url in self.requests) == 1
        assert self.said == []


def pictures_shown(images: Locator) -> None:
    """Wait until all of them are decoded: one evaluation, since the page's policy forbids the polling of `wait_for_function`."""
    images.evaluate_all(DECODED)


def made(folder: Path, **other: Any) -> Path:
    file = folder / "index.html"
    file.write_text(html_page(make_report(folder, **other), folder), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("report"), why="The camera sits at knee height.")


@pytest.fixture
def opened(chromium: Browser, file: Path) -> Iterator[Opened]:
    with chromium.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light") as page:
        found = Opened(page, file)
        yield found
        found.faultless()


def test_filters_by_text_verdict_and_kind(opened: Opened) -> None:
    page = opened.page
    assert len(opened.shown()) == 6
    page.get_by_label("Find").fill("pitch mounting")
    assert opened.shown() == [f"lower[pitch={one}deg]" for one in (-10, -5, 5, 10)]
    page.get_by_role("button", name="2 fail").or_(page.get_by_role("button", name="3 fail")).click()
    assert opened.shown() == ["lower[pitch=-10deg]", "lower[pitch=10deg]"]
    expect(page.get_by_role("status")).to_have_text("2 of 6 shown")
    page.get_by_label("Find").press("Escape")
    assert len(opened.shown()) == 6
    page.get_by_label("Kind").select_option("attack")
    assert opened.shown() == ["harm"]


def test_sorts_and_says_so(opened: Opened) -> None:
    head = opened.page.locator("th[data-key=accuracy]")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert opened.shown()[:3] == ["lower[pitch=-10deg]", "harm", "lower[pitch=10deg]"]
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert opened.shown()[-1] == "lower[pitch=-10deg]"
    opened.page.locator("th[data-key=severity] button").click()
    assert opened.shown()[:3] == ["lower[pitch=-10deg]", "lower[pitch=10deg]", "harm"]
    assert head.get_attribute("aria-sort") is None


def test_a_row_opens_to_numbers_pictures_and_the_rerun_line(opened: Opened, shots: Path) -> None:
    row = opened.row("harm")
    expect(row.locator(".detail")).to_be_hidden()
    row.get_by_role("button").click()
    for text in ("upper bound", "sanity checks hold", "pytest --robustcheck suites/signs.yaml::harm"):
        expect(row.locator(".more")).to_contain_text(text)
    images = row.locator("figure img")
    assert images.count() == 36
    pictures_shown(opened.page.locator("tbody.open img"))
    assert opened.page.locator("tbody:not(.open) img[src]").count() == 0
    opened.page.screenshot(path=shots / "report-row.png", full_page=True)
    row.get_by_role("button").click()
    expect(row.locator(".detail")).to_be_hidden()


def test_a_point_of_a_curve_leads_to_its_case_even_if_it_is_filtered_out(opened: Opened) -> None:
    opened.page.get_by_label("Kind").select_option("attack")
    opened.page.locator(".curve a").first.click()
    expect(opened.row("lower[pitch=-10deg]").locator(".detail")).to_be_visible()
    expect(opened.row("lower[pitch=-10deg]").get_by_role("button")).to_be_focused()


def test_all_of_it_works_from_the_keyboard(opened: Opened) -> None:
    page = opened.page

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"Tab does not reach {selector}")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tab_to("input[type=search]")
    page.keyboard.type("harm")
    assert opened.shown() == ["harm"]
    tab_to("div.wide[tabindex]")
    tab_to("th[data-key=id] button")
    page.keyboard.press("Enter")
    expect(page.locator("th[data-key=id]")).to_have_attribute("aria-sort", "ascending")
    tab_to("tbody:not([hidden]) .opens")
    page.keyboard.press("Space")
    expect(opened.row("harm").locator(".detail")).to_be_visible()
    tab_to(".curve a")
    page.keyboard.press("Enter")
    expect(opened.row("lower[pitch=-10deg]").locator(".detail")).to_be_visible()


def test_light_and_dark_follow_the_system_until_the_button(opened: Opened) -> None:
    page = opened.page

    def paper() -> str:
        found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return found

    assert paper() == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert paper() == "rgb(22, 24, 27)"
    page.get_by_role("button", name="Light").click()
    assert paper() == "rgb(255, 255, 255)"
    page.get_by_role("button", name="Dark").click()
    page.emulate_media(color_scheme="light")
    assert paper() == "rgb(22, 24, 27)"


def test_on_paper_everything_is_open_and_loaded(opened: Opened, shots: Path) -> None:
    page = opened.page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".detail:visible").count() == 6
    assert page.locator("img[data-picture]").count() == 0
    assert page.locator("details:not([open])").count() == 0
    expect(page.locator("nav")).to_be_hidden()
    page.screenshot(path=shots / "report-print.png", full_page=True)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.locator(".detail:visible").count() == 0
    assert len(page.pdf()) > 50_000


@pytest.mark.parametrize("width", [1100, 1180, 1280, 1400])
def test_the_table_fits_a_laptop(opened: Opened, width: int) -> None:
    opened.page.set_viewport_size({"width": width, "height": 860})
    beyond = opened.page.evaluate(
        "[...document.querySelectorAll('.wide:has(.results)')].map(one => one.scrollWidth - one.clientWidth)"
    )
    assert beyond
    assert max(beyond) <= 0


def test_on_a_phone_the_verdict_and_what_is_gated_are_in_sight(chromium: Browser, file: Path) -> None:
    with chromium.new_page(viewport={"width": 390, "height": 844}) as page:
        opened = Opened(page, file)
        gated = opened.row("clean").locator(".gated").first
        for place in (page.locator("h1 .badge"), gated):
            expect(place).to_be_visible()
            box = place.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= 390
            assert box["y"] + box["height"] <= 844
        page.get_by_role("button", name="Open all").click()
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        wide = page.evaluate(
            """[...document.querySelectorAll("*")].filter((one) => one.scrollWidth > one.clientWidth + 1
              && ["auto", "scroll"].includes(getComputedStyle(one).overflowX)).map((one) => one.className)"""
        )
        assert wide == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        opened.faultless()


def test_a_picture_of_the_page_that_nobody_scrolls_shows_the_pictures(chromium: Browser, file: Path) -> None:
    with chromium.new_page(viewport={"width": 1280, "height": 400}) as page:
        opened = Opened(page, file)
        pictures_shown(page.locator("ol.strip img"))
        assert page.locator("ol.strip img").count() > 0
        opened.faultless()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_serious_fault_of_accessibility(
    chromium: Browser, file: Path, shots: Path, axe: Callable[[Page], list[str]], size: str, scheme: Any
) -> None:
    with chromium.new_page(viewport={"width": SIZES[size], "height": 900}, color_scheme=scheme) as page:
        opened = Opened(page, file)
        for name in ("lower[pitch=-10deg]", "harm"):
            opened.row(name).get_by_role("button").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.evaluate("document.querySelectorAll('ol.strip').forEach(one => one.scrollIntoView())")
        page.screenshot(path=shots / f"report-{size}-{scheme}.png", full_page=True)
        assert axe(page) == []
        opened.faultless()


def test_hostile_names_are_text(chromium: Browser, tmp_path: Path) -> None:
    found = make_report(
        tmp_path,
        names=("stop", HOSTILE, "</script><script>alert(2)</script>"),
        why=HOSTILE,
        file=HOSTILE,
        title=HOSTILE,
    )
    attacked = found["suites"][0]["cases"][1]
    attacked.update(id=HOSTILE, nodeid=HOSTILE, check=HOSTILE, problems=[HOSTILE], notes=['" onmouseover="alert(3)'])
    file = tmp_path / "index.html"
    file.write_text(html_page(found, tmp_path), encoding="utf-8")
    with chromium.new_page() as page:
        opened = Opened(page, file)
        page.get_by_role("button", name="Open all").click()
        page.get_by_label("Find").fill(HOSTILE)
        assert opened.shown()[0] == HOSTILE
        expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
        expect(page.locator(".class span").nth(1)).to_have_text(HOSTILE)
        assert page.locator("img[onerror], [onmouseover]").count() == 0
        assert page.locator("script").count() == 2
        opened.faultless()


def test_without_scripts_everything_but_the_pictures_is_there(chromium: Browser, file: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.locator("tbody[data-id=harm] .detail")).to_be_visible()
    expect(page.locator("form")).to_be_hidden()
    context.close()


def test_the_policy_forbids_what_is_not_ours(chromium: Browser, file: Path) -> None:
    with chromium.new_page() as page:
        opened = Opened(page, file)
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('img'), {src: 'https://example.invalid/x.png'}))"
        )
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
        )
        assert page.evaluate("window.ran") is None
        assert len(opened.said) == 2
        assert all("Content Security Policy" in text for text in opened.said)


def photograph(seed: int) -> bytes:
    """Return a small picture that weighs as much as one of a photograph does."""
    random = np.random.default_rng(seed)
    rough = random.normal(0, 40, (12, 12, 3)).repeat(8, 0).repeat(8, 1) + random.normal(128, 14, (96, 96, 3))
    return thumbnail(np.clip(rough, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of 200 cases with 12 pictures each, no two alike."""
    folder = tmp_path_factory.mktemp("large")
    ids = [f"photographs/{place:05}.jpeg" for place in range(60)]
    label = [place % 3 for place in range(60)]
    clean = [photograph(place) for place in range(60)]
    cases = [
        case(
            "clean",
            kind="clean",
            n=60,
            right=60,
            records=records(folder, "clean", {"id": ids, "label": label, "predicted": label}),
        )
    ]
    for number in range(200):
        kept = range(number % 48, number % 48 + 12)
        shown = [photograph(1000 + 12 * number + place) if place in kept else None for place in range(60)]
        columns = {
            "id": ids,
            "label": label,
            "predicted": [(one + (place in kept)) % 3 for place, one in enumerate(label)],
            "picture.shown": shown,
            "picture.clean": [clean[place] if place in kept else None for place in range(60)],
        }
        name = f"check-{number // 5}[pitch={number % 5}deg]"
        cases.append(
            case(
                name, n=60, right=48, swept={"pitch": f"{number % 5}deg"}, records=records(folder, str(number), columns)
            )
        )
    file = folder / "index.html"
    file.write_text(html_page(write(folder, document(cases)), folder), encoding="utf-8")
    return file


def test_two_hundred_cases_stay_light(chromium: Browser, large: Path) -> None:
    assert 8_000_000 < large.stat().st_size < LIMIT
    with chromium.new_page(viewport={"width": 1280, "height": 900}) as page:
        opened = Opened(page, large)
        assert len(opened.shown()) == 201
        row = opened.row("check-39[pitch=4deg]")
        row.get_by_role("button").click()
        pictures_shown(page.locator("tbody.open img"))
        assert row.locator("figure").count() == 12
        opened.faultless()


@pytest.mark.long
def test_two_hundred_cases_open_at_once(chromium: Browser, large: Path) -> None:
    """Seconds, so only where nothing else runs."""
    taken = []
    for _ in range(3):
        with chromium.new_page(viewport={"width": 1280, "height": 900}) as page:
            start = time.perf_counter()
            Opened(page, large)
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
            taken.append(time.perf_counter() - start)
    assert min(taken) < SECONDS
