"""How a run ends: with the page's path, a link where the terminal knows links, and opened where that is asked for."""

from __future__ import annotations

import re
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from robustcheck.pytest_plugin.page_link import knows_links, page_line


@pytest.mark.parametrize(
    ("environment", "knows"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "dumb", "TERM_PROGRAM": "vscode"}, False),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"VTE_VERSION": "7601"}, True),
        ({"VTE_VERSION": "4205"}, False),
        ({"VTE_VERSION": "x"}, False),
        ({"WT_SESSION": "1"}, True),
    ],
)
def test_terminals_that_show_links(environment: dict[str, str], knows: bool) -> None:
    assert knows_links(environment) is knows


def test_a_link_leads_to_the_page_and_is_written_to_terminals_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "a report" / "index.html"
    monkeypatch.setenv("TERM", "xterm-kitty")
    assert page_line(page, tmp_path, terminal=False) == "robustcheck: page: a report/index.html"
    line = page_line(page, tmp_path, terminal=True)
    match = re.fullmatch(r"robustcheck: page: \x1b]8;;(.*?)\x1b\\(.*?)\x1b]8;;\x1b\\", line)
    assert match
    assert match.groups() == (page.as_uri(), "a report/index.html")
    assert page_line(page, tmp_path / "other", terminal=False).endswith(str(page))


def test_a_run_ends_with_the_page_and_opens_it_when_asked(gate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(opened.append(address)))
    gate.write()
    done = gate.run("--robustcheck-open")
    lines = done.stdout.str().splitlines()
    (place,) = [
        number for number, line in enumerate(lines) if line == "robustcheck: page: robustcheck-report/index.html"
    ]
    assert lines[place + 1] == "NOTE the page cannot be opened: there is no browser here"
    assert opened == [(gate.root / "robustcheck-report/index.html").as_uri()]
    opened.clear()
    gate.run()
    assert opened == []
