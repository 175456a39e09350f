"""``robustcheck comment`` against a stand-in for GitHub's API on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from github_stand_in import BOT, GitHub
from small_report import case, document, make_report, records, write

from robustcheck.report.pull_request import marker

Call = Callable[..., Any]


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    stand_in = GitHub()
    event = tmp_path / "event.json"
    event.write_text('{"pull_request": {"number": 7, "head": {"sha": "feedbeef0000111122223333"}}}', encoding="utf-8")
    for name, value in {
        "GITHUB_API_URL": stand_in.url,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_TOKEN": "secret-token",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    make_report(tmp_path / "after")
    yield stand_in
    stand_in.close()


def test_the_first_time_writes_and_the_next_rewrites(github: GitHub, robustcheck_command: Call) -> None:
    github.add("a person's comment", "ada")
    done = robustcheck_command("comment", "after")
    assert (done.code, done.out, done.err) == (0, "wrote https://g/101\n", "")
    assert github.comments[1]["body"].startswith(marker("") + "\n## robustcheck: fail\n")
    assert "\nCommit <code>feedbeef0000</code>\n" in github.comments[1]["body"]
    github.comments[1]["body"] = f"{marker('')}\nan earlier verdict"
    done = robustcheck_command("comment", "after")
    assert (done.code, done.out) == (0, "rewrote https://g/101\n")
    assert len(github.comments) == 2
    assert github.comments[0]["body"] == "a person's comment"
    assert "## robustcheck: fail" in github.comments[1]["body"]
    assert {token for *_, token in github.calls} == {"Bearer secret-token"}


def test_it_is_found_on_a_later_page(github: GitHub, robustcheck_command: Call) -> None:
    for number in range(250):
        github.add(f"comment {number}", "ada")
    github.add(f"{marker('')}\nold")
    assert robustcheck_command("comment", "after").out == "rewrote https://g/350\n"
    assert len(github.comments) == 251


def test_a_comment_of_somebody_else_with_our_marker_is_left_alone(github: GitHub, robustcheck_command: Call) -> None:
    github.add(f"{marker('')}\nmine", "mallory")
    assert robustcheck_command("comment", "after").out == "wrote https://g/101\n"
    assert github.comments[0]["body"].endswith("mine")


def test_the_token_of_a_person_rewrites_that_person_s(github: GitHub, robustcheck_command: Call) -> None:
    github.login = "ada"
    github.add(f"{marker('')}\nof the bot", BOT)
    github.add(f"{marker('')}\nof ada", "ada")
    assert robustcheck_command("comment", "after").out == "rewrote https://g/101\n"
    assert github.comments[0]["body"].endswith("of the bot")


def test_two_gates_have_a_comment_each(github: GitHub, robustcheck_command: Call) -> None:
    for key in ("car", "robot", "car"):
        robustcheck_command("comment", "after", "--key", key)
    assert [one["body"].split("\n")[0] for one in github.comments] == [marker("car"), marker("robot")]


def test_the_base_branch_s_run_is_compared(github: GitHub, robustcheck_command: Call, tmp_path: Path) -> None:
    for name, wrong in (("base", 0), ("now", 8)):
        label = [place % 3 for place in range(30)]
        predicted = [(one + 1) % 3 if place < wrong else one for place, one in enumerate(label)]
        columns = {"id": [f"a/{place}" for place in range(30)], "label": label, "predicted": predicted}
        kept = records(tmp_path / name, "dusk", columns)
        write(tmp_path / name, document([case("dusk", right=30 - wrong, records=kept)]))
    assert robustcheck_command("comment", "now", "--against", "base").code == 0
    assert "**worse**" in github.comments[0]["body"]


def test_a_pull_request_that_cannot_be_compared_gets_its_verdict(
    github: GitHub, robustcheck_command: Call, tmp_path: Path
) -> None:
    for name, path in (("base", "suites/others.yaml"), ("now", "suites/signs.yaml")):
        write(tmp_path / name, document([case("dusk")], path=path))
    done = robustcheck_command("comment", "now", "--against", "base")
    assert done.code == 0
    body = github.comments[0]["body"]
    assert "## robustcheck: fail" in body
    assert "Not compared: <code>the two runs share no suite" in body


def test_a_run_without_a_result_replaces_an_earlier_verdict(github: GitHub, robustcheck_command: Call) -> None:
    robustcheck_command("comment", "after")
    done = robustcheck_command("comment", "nowhere")
    assert done.code == 4
    assert "there is no result to read" in done.err
    (only,) = github.comments
    assert "## robustcheck: no result\n" in only["body"]
    assert "## robustcheck: fail" not in only["body"]


@pytest.mark.parametrize(("method", "code"), [("POST", 403), ("POST", 404), ("GET", 401)], ids=lambda value: str(value))
def test_a_token_that_may_not_leads_to_the_step_summary(
    github: GitHub, robustcheck_command: Call, tmp_path: Path, method: str, code: int
) -> None:
    github.refuse = {method: code}
    done = robustcheck_command("comment", "after")
    assert done.code == 0
    assert f"the token may not write comments: GitHub answers {code}" in done.err
    assert "it stands in the step summary instead" in done.err
    assert "## robustcheck: fail" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_a_fork_without_a_token_gets_the_step_summary(
    github: GitHub, robustcheck_command: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    done = robustcheck_command("comment", "after")
    assert (done.code, github.calls) == (0, [])
    assert "as in the pull request of a fork" in done.err
    assert "## robustcheck: fail" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    done = robustcheck_command("comment", "after")
    assert "it stands below instead" in done.err
    assert "## robustcheck: fail" in done.out


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_fails_is_told_and_nothing_is_lost(
    github: GitHub, robustcheck_command: Call, tmp_path: Path, method: str
) -> None:
    github.refuse = {method: 502}
    done = robustcheck_command("comment", "after")
    assert done.code == 4
    assert "GitHub answers 502" in done.err
    assert "## robustcheck: fail" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_the_token_follows_no_redirection(github: GitHub, robustcheck_command: Call) -> None:
    other = GitHub()
    github.redirect = f"{other.url}/user"
    assert robustcheck_command("comment", "after").code == 4
    assert other.calls == []
    other.close()


def test_an_address_without_encryption_gets_no_token(
    github: GitHub, robustcheck_command: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://api.example.org")
    done = robustcheck_command("comment", "after")
    assert done.code == 4
    assert "a token is sent over https alone" in done.err


@pytest.mark.parametrize(
    ("environment", "arguments", "told"),
    [
        ({"GITHUB_EVENT_PATH": ""}, (), "write --pull-request N"),
        ({"GITHUB_REPOSITORY": "o/r/../x"}, (), "set it to OWNER/NAME"),
        ({}, ("--artifact-url", 'javascript:alert(1)"'), "write an address that begins with https://"),
        ({}, ("--against", "nowhere"), "nowhere: there is no result to compare with"),
    ],
)
def test_a_wrong_call_is_told(
    github: GitHub,
    robustcheck_command: Call,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    arguments: tuple[str, ...],
    told: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = robustcheck_command("comment", "after", *arguments)
    assert done.code in (2, 4)
    assert told in done.err
    assert github.comments == []


def test_it_can_be_looked_at_first(github: GitHub, robustcheck_command: Call) -> None:
    done = robustcheck_command("comment", "after", "--print", "--artifact-url", "https://e.g/a")
    assert done.code == 0
    assert done.lines[0] == marker("")
    assert '<a href="https://e.g/a">' in done.out
    assert github.calls == []
