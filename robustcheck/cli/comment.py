"""Write the verdict, and what changed against the base branch, as one comment on the pull request.

The comment is found again and rewritten by every later run, one without a result included. Without a token that may write, as in
the pull request of a fork, the same text goes into the step summary. The token is taken from GITHUB_TOKEN.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from robustcheck.cli.output import OK, UNUSABLE, WrongCall, complain, say
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.regular_files import open_to_change, read_regular

if TYPE_CHECKING:
    from robustcheck.report.github_api import PullRequest
    from robustcheck.runs.comparison import Comparison

NAME = "comment"
HELP = "tell a pull request the verdict and what changed"
API: Final = "https://api.github.com"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("report", type=Path, metavar="REPORT", help="folder of the report of the pull request's run")
    parser.add_argument("--against", type=Path, metavar="BASE", help="report or baseline of the base branch")
    parser.add_argument(
        "--pull-request", type=int, metavar="N", help="its number; by default that of the event that runs the workflow"
    )
    parser.add_argument("--artifact-url", default="", metavar="URL", help="where the whole report can be had")
    parser.add_argument(
        "--key", default="", metavar="WORD", help="tells the comments of several gates of a repository apart"
    )
    parser.add_argument("--print", action="store_true", help="write the comment to standard output, and nowhere else")


def run(arguments: argparse.Namespace) -> int:
    """Write the comment, or say why it could not be written and where it stands instead."""
    from robustcheck.report.github_api import GitHubError, NotAllowed, put_comment
    from robustcheck.report.pull_request import marker

    if arguments.artifact_url and not re.fullmatch(r"https?://[A-Za-z0-9./_~%?=&#:+-]+", arguments.artifact_url):
        raise WrongCall(f"--artifact-url {arguments.artifact_url!r}: write an address that begins with https://")
    text, code = _text(arguments)
    if arguments.print:
        say(text.rstrip("\n"))
        return code
    where = _where(arguments.pull_request)
    if where is None:
        return _instead(text, "there is no GITHUB_TOKEN, as in the pull request of a fork", code)
    try:
        address, was_there = put_comment(where, text, marker(arguments.key))
    except NotAllowed as error:
        return _instead(text, f"the token may not write comments: {error}", code)
    except GitHubError as error:
        return _instead(text, str(error), UNUSABLE)
    say(f"{'rewrote' if was_there else 'wrote'} {address or 'the comment'}")
    return code


def _text(arguments: argparse.Namespace) -> tuple[str, int]:
    """Return the comment, and the code to end with."""
    from robustcheck.report.pull_request import Run, comment, comment_without_result
    from robustcheck.runs.load import reading

    commit = _commit()
    if arguments.against is not None and not arguments.against.exists():
        raise RobustcheckError(f"{arguments.against}: there is no result to compare with")
    try:
        with reading(arguments.report) as document:
            comparison, why_not = _comparison(arguments.report, arguments.against)
            today = datetime.datetime.now(datetime.UTC).date()
            run = Run(document, comparison, arguments.artifact_url, today, why_not=why_not, commit=commit)
            return comment(run, arguments.key), OK
    except RobustcheckError as error:
        # The verdict of an earlier commit must not stay there as if it were this one's.
        complain(str(error))
        return comment_without_result(str(error), commit, arguments.key), UNUSABLE


def _comparison(report: Path, against: Path | None) -> tuple[Comparison | None, str]:
    """Return what changed, or why that cannot be said: a pull request may well bring other pictures."""
    from robustcheck.runs.comparison import compare
    from robustcheck.runs.load import load_run

    if against is None:
        return None, ""
    after = load_run(report)
    try:
        return compare(load_run(against), after), ""
    except RobustcheckError as error:
        return None, str(error)


def _where(number: int | None) -> PullRequest | None:
    """Return the pull request; ``None`` without a token.

    Raises:
        WrongCall: Nothing says which pull request it is.
    """
    from robustcheck.report.github_api import PullRequest

    repository = os.environ.get("GITHUB_REPOSITORY", "")
    if not re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", repository):
        raise WrongCall("GITHUB_REPOSITORY does not say which repository it is; set it to OWNER/NAME, or use --print")
    number = number if number is not None else _number_of_event()
    token = os.environ.get("GITHUB_TOKEN", "")
    return PullRequest(os.environ.get("GITHUB_API_URL") or API, repository, number, token) if token else None


def _of_event(read: Callable[[Any], Any]) -> Any:
    """Return something of the pull request whose event runs the workflow; ``None`` where there is none."""
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        return read(json.loads(read_regular(Path(path)))["pull_request"])
    except (OSError, ValueError, LookupError, TypeError, RobustcheckError):
        return None


def _commit() -> str:
    # GITHUB_SHA is that of the merge which GitHub makes to try it, and which nobody knows.
    return str(_of_event(lambda request: request["head"]["sha"]) or os.environ.get("GITHUB_SHA", ""))


def _number_of_event() -> int:
    number = _of_event(lambda request: int(request["number"]))
    if number is None:
        raise WrongCall(
            "this is no workflow of a pull request, so nothing says which one is meant; write --pull-request N, or use --print"
        )
    return int(number)


def _instead(text: str, why: str, code: int) -> int:
    """Put the text into the step summary, or on standard output where there is none."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY", "")
    complain(f"no comment was written: {why}; it stands {'in the step summary' if summary else 'below'} instead")
    if not summary:
        say(text.rstrip("\n"))
        return code
    try:
        with open_to_change(Path(summary), "ab") as file:
            file.write(text.encode())
    except OSError as error:
        raise RobustcheckError(f"{summary}: the step summary cannot be written: {error.strerror}") from None
    return code
