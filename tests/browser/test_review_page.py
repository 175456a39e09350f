"""The review page in a real browser, with the real server behind it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from small_project import MODELS, SUITE, make_project

from robustcheck.data.labels.overlay import read

HOSTILE = "<img src=x onerror=alert(1)>"
CLASSES = ("dark", HOSTILE, "bright")


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with a run, whose second class has a name that a careless page would obey."""
    root = tmp_path_factory.mktemp("reviewed")
    suite = make_project(
        root,
        suite=SUITE.replace("-0.2ev, 0.2ev", "-0.2ev, -1.5ev, 0.2ev").replace('">= 95%"', '">= 50%"'),
        models=MODELS.replace("middle", f"'{HOSTILE}'"),
    )
    (root / "pictures/middle").rename(root / "pictures" / HOSTILE)
    command = [sys.executable, "-m", "pytest", "--robustcheck", "-q", "-p", "no:cacheprovider", str(suite)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (root / "robustcheck-report/robustcheck-report.json").is_file(), done.stdout + done.stderr
    return root


@pytest.fixture
def root(reviewed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(reviewed, tmp_path / "project")


@dataclass
class Server:
    """The command, serving."""

    process: subprocess.Popen[str]
    address: str

    @property
    def origin(self) -> str:
        return self.address.partition("/?")[0]

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> str:
        self.process.send_signal(number)
        out, error = self.process.communicate(timeout=20)
        assert "Traceback" not in error
        return out


@contextmanager
def serving(root: Path, *options: str, reviewer: str = "Ada") -> Iterator[Server]:
    command = [
        sys.executable,
        "-m",
        "robustcheck.cli",
        "review",
        "robustcheck-report",
        "--reviewer",
        reviewer,
        *options,
    ]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stderr
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("open "):
            break
    else:
        raise AssertionError("".join(lines) + process.stderr.read())
    try:
        yield Server(process, lines[-1].split()[1])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


class Watch:
    """What a page asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.bodies: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("response", self._keep)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))
        page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)

    def _keep(self, response: Any) -> None:
        if "image" not in response.headers.get("content-type", "") and response.status == 200:
            self.bodies.append(response.text())


Open = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Open]:
    """Return a function that opens the page of a server in a browser of its own."""
    contexts = []

    def open_page(server: Server, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": 1180, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.watch = Watch(page)  # type: ignore[attr-defined]
        page.goto(server.address)
        expect(page.locator("#count")).not_to_have_text("loading")
        return page

    yield open_page
    for context in contexts:
        context.close()


def press(page: Page, *keys: str) -> None:
    """Press keys the last of which decides something, and wait for the answer."""
    before = told(page)
    for key in keys:
        page.keyboard.press(key)
    # The page forbids evaluated text, which rules out waiting within it.
    deadline = time.monotonic() + 10
    while told(page) == before:
        assert time.monotonic() < deadline, keys
        page.wait_for_timeout(10)


def told(page: Page) -> list[str]:
    return page.locator("#status, #count, #problem").all_inner_texts()


def done(page: Page) -> int:
    return int(page.inner_text("#count").split()[0])


def test_ten_pictures_are_reviewed_with_the_keyboard_alone_although_the_server_is_killed(
    root: Path, opened: Open
) -> None:
    options = ("--limit", "10")
    with serving(root, *options) as server:
        page = opened(server)
        assert "token" not in page.url
        assert page.inner_text("#count") == "0 of 10 decided"
        press(page, "c")
        press(page, "Enter")
        press(page, "a")
        page.keyboard.press("n")
        page.keyboard.type("c u r s Too dark")  # text, not keys that decide
        page.keyboard.press("Escape")
        assert done(page) == 3
        press(page, "r", "3")
        page.keyboard.press("/")
        page.keyboard.type("img")
        press(page, "Enter")
        assert done(page) == 5
        server.kill()
        page.keyboard.press("c")
        expect(page.locator("#problem")).to_contain_text("does not answer")
        expect(page.locator("#count")).to_have_text("5 of 10 decided")
    assert len(read(root / "reviews.jsonl")) == 5
    with serving(root, *options) as server:
        page = opened(server)
        assert done(page) == 5
        for _ in range(5):
            press(page, "c")
        expect(page.get_by_role("heading", name="Everything is decided")).to_be_focused()
        assert "10 of 10 pictures decided" in server.interrupt()
    found = read(root / "reviews.jsonl")
    assert len(found) == len({one.id for one in found}) == 10
    assert [one.label for one in found][2:5] == ["ambiguous", "bright", HOSTILE]
    assert found[3].reason == "c u r s Too dark"
    assert Counter(one.label == one.original for one in found)[True] >= 7


def test_the_browser_may_be_closed_at_any_time(root: Path, opened: Open) -> None:
    with serving(root) as server:
        page = opened(server)
        press(page, "c")
        page.context.close()
        assert done(opened(server)) == 1


def test_two_reviewers_work_at_once_on_one_overlay(root: Path, opened: Open) -> None:
    both = ("--reviewers-min", "2", "--limit", "6")
    with serving(root, *both) as first, serving(root, *both, reviewer="Ben") as second:
        # One browser holds the cookies of both, which know no ports.
        pages = [opened(first)]
        pages.append(pages[0].context.new_page())
        pages[1].goto(second.address)
        pages[1].wait_for_selector("#work:not([hidden])")
        for _ in range(6):
            for page in pages:
                press(page, "c")
    found = read(root / "reviews.jsonl")
    assert Counter((one.id, one.reviewer) for one in found).most_common(1)[0][1] == 1
    assert Counter(one.reviewer for one in found) == {"Ada": 6, "Ben": 6}


def test_undo_asks_again_and_a_held_key_decides_once(root: Path, opened: Open) -> None:
    with serving(root) as server:
        page = opened(server)
        said = page.inner_text("#said")
        press(page, "c")
        assert page.inner_text("#said") != said
        press(page, "u")
        assert page.inner_text("#said") == said
        for _ in range(5):
            page.keyboard.down("c")
        page.keyboard.up("c")
        expect(page.locator("#count")).to_contain_text("1 of")
        press(page, "s")
        expect(page.locator("#count")).to_contain_text("1 of")
        expect(page.locator("#count")).to_contain_text("1 skipped")
    assert [one.label for one in read(root / "reviews.jsonl")][1] == "withdrawn"
    assert len(read(root / "reviews.jsonl")) == 3


def test_a_blind_review_tells_neither_label_nor_prediction(root: Path, opened: Open) -> None:
    with serving(root, "--blind", "--limit", "5") as server:
        page = opened(server)
        press(page, "r", "2")
        page.keyboard.press("Escape")
        press(page, "1")
        press(page, "a")
        page.keyboard.press("c")
        expect(page.locator("#count")).to_contain_text("3 of 5")
        page.keyboard.press("r")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("heading", name="Pictures labelled dark")).to_be_visible()
        watch: Watch = page.watch  # type: ignore[attr-defined]
        bodies = [json.loads(body) for body in watch.bodies if body.startswith("{")]
        assert len(bodies) >= 4
        for body in bodies:
            body.pop("classes", None)
            assert not {"label", "predicted", "id", "task", "case", "confidence"} & {*body, *(body.get("item") or {})}
        dom = page.content()
        assert not any(word in dom for word in (".png", "exposure", "confusions", "Is this"))
        assert not any(word in url for url in watch.requests for word in CLASSES)
        assert "Confirm" not in page.inner_text("#work")
    assert all(one.blind for one in read(root / "reviews.jsonl"))


def test_hostile_names_and_reasons_are_text_and_no_request_leaves(root: Path, opened: Open) -> None:
    with serving(root, reviewer=HOSTILE) as server:
        page = opened(server)
        watch: Watch = page.watch  # type: ignore[attr-defined]
        while HOSTILE not in page.inner_text("#question"):
            press(page, "s")
        assert page.inner_text("#reviewer") == HOSTILE
        assert HOSTILE in page.inner_text("#said")
        page.keyboard.press("n")
        page.keyboard.type(HOSTILE)
        page.keyboard.press("Enter")
        page.keyboard.press("r")
        page.keyboard.type("<img")
        expect(page.get_by_role("option")).to_have_text([HOSTILE])
        press(page, "Enter")
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src='x']").count() == 0
        assert {url.split("/picture")[0].split("/api")[0] for url in watch.requests if "?" in url} == {server.address}
        assert all(url.startswith(f"{server.origin}/") for url in watch.requests)
        assert not watch.complaints
    assert read(root / "reviews.jsonl")[0].reason == HOSTILE


def test_another_site_cannot_decide(root: Path, opened: Open, chromium: Browser) -> None:
    """A page of another origin in the same browser, which has the cookie, posts a form and fetches."""
    with serving(root) as server, serving(root, reviewer="Ben") as other:
        page = opened(server)
        evil = page.context.new_page()
        evil.goto(other.address)
        answers = evil.evaluate(
            """async (origin) => {
                const tries = [
                    fetch(`${origin}/api/confirm`, {method: "POST", mode: "no-cors", credentials: "include", body: '{"place":0}'}),
                    fetch(`${origin}/api/confirm`, {method: "POST", credentials: "include", body: '{"place":0}',
                        headers: {"Content-Type": "application/json", "X-Robustcheck": "1"}}),
                    fetch(`${origin}/api/state`, {credentials: "include"}),
                ];
                return (await Promise.allSettled(tries)).map((one) => one.status === "fulfilled" && one.value.ok);
            }""",
            server.origin,
        )
        assert answers == [False, False, False]
        # Without the page's own policy in the way: a plain form.
        plain = page.context.new_page()
        plain.set_content(
            f"<form method=post enctype=text/plain action='{server.origin}/api/confirm'>"
            '<input name=\'{"place":0,"x":"\' value=\'"}\'></form>'
        )
        with plain.expect_navigation():
            plain.evaluate("document.forms[0].submit()")
        assert "403" in plain.inner_text("body") or "another page" in plain.inner_text("body")
    assert not (root / "reviews.jsonl").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_when_it_is_told_to_even_if_a_shell_put_it_in_the_background(
    root: Path, number: signal.Signals
) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as the processes that it starts inherit it
    try:
        with serving(root, "--limit", "2") as server:
            assert "0 of 2 pictures decided" in server.interrupt(number)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_usable_by_everybody(
    root: Path, opened: Open, axe: Callable[[Page], list[str]], shots: Path, scheme: str
) -> None:
    def look(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=shots / f"review-{name}-{scheme}.png", full_page=True)
        assert not axe(page), name

    with serving(root, "--limit", "2") as server:
        page = opened(server, color_scheme=scheme)
        look(page, "question")
        page.keyboard.press("r")
        look(page, "relabel")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        look(page, "help")
        page.keyboard.press("Escape")
        press(page, "c")
        expect(page.get_by_role("status")).to_contain_text("confirmed")
        press(page, "c")
        look(page, "end")
    with serving(root, "--blind", reviewer="Ben") as server:
        look(opened(server, color_scheme=scheme), "blind")


def test_on_a_phone_the_header_fits_and_the_question_is_in_sight(root: Path, opened: Open, shots: Path) -> None:
    with serving(root, "--limit", "10") as server:
        page = opened(server)
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=shots / "review-phone.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        header = page.locator("header").bounding_box()
        assert header is not None
        assert header["height"] <= 150
        for place in ("#count", "#help-button", "#question", "#pictures figure >> nth=0", "[data-action=confirm]"):
            box = page.locator(place).bounding_box()
            assert box is not None
            assert (box["x"] >= 0, box["x"] + box["width"] <= 390, box["y"] <= 844) == (True, True, True), place
        page.locator("[data-action=relabel]").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
