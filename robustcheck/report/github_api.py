"""Puts one comment on a pull request, and finds it again: the few calls of GitHub's REST API that this takes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.text import printable

ACTIONS_BOT: Final = "github-actions[bot]"
"""Who writes with the token of a workflow, which may not ask who it is."""
PAGE: Final = 100
"""Comments a page, the most that GitHub gives."""
MOST_PAGES: Final = 100
LARGEST: Final = 1 << 24
"""Bytes of an answer that are read."""
SECONDS: Final = 30.0
"""After which a call is given up."""
REFUSED: Final = (401, 403, 404)
"""What GitHub answers to a token that may not: 404 where not even the repository may be seen."""


class GitHubError(RobustcheckError):
    """GitHub cannot be asked, or answers with something else than an answer."""


class NotAllowed(GitHubError):
    """The token may not write a comment, as that of a fork's pull request."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Where a comment goes.

    Attributes:
        api: Address of the API, such as that of ``GITHUB_API_URL``.
        repository: ``owner/name``.
        number: Of the pull request.
        token: Which may write comments. It is sent to ``api`` and nowhere else.
    """

    api: str
    repository: str
    number: int
    token: str

    def __post_init__(self) -> None:
        address = urlsplit(self.api)
        local = address.hostname in ("127.0.0.1", "localhost", "::1")
        if address.scheme != "https" and not (address.scheme == "http" and local):
            raise GitHubError(f"{printable(self.api)}: a token is sent over https alone; write the address of the API")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirection, since the token would go along."""

    def redirect_request(self, *_: Any) -> None:
        return None


def put_comment(where: PullRequest, body: str, marker: str) -> tuple[str, bool]:
    """Write the comment that begins with a marker, in the place of the one that is there.

    Args:
        where: The pull request.
        body: The comment, which begins with the marker.
        marker: Its first line.

    Returns:
        Address of the comment, and whether one was there.

    Raises:
        NotAllowed: The token may not.
        GitHubError: GitHub cannot be reached, or answers otherwise than documented.
    """
    own = _who(where)
    issues = f"/repos/{where.repository}/issues"
    for found in _comments(where, f"{issues}/{where.number}/comments"):
        # Anybody can write a comment with our marker, and would go on to own what stands in it.
        if str(found.get("body", "")).startswith(marker) and found.get("user", {}).get("login") == own:
            answer = _call(where, "PATCH", f"{issues}/comments/{int(found['id'])}", {"body": body})
            return _address(answer), True
    return _address(_call(where, "POST", f"{issues}/{where.number}/comments", {"body": body})), False


def _who(where: PullRequest) -> str:
    try:
        return str(_call(where, "GET", "/user")["login"])
    except NotAllowed:
        return ACTIONS_BOT


def _comments(where: PullRequest, path: str) -> Iterator[Mapping[str, Any]]:
    for page in range(1, MOST_PAGES + 1):
        found = _call(where, "GET", f"{path}?per_page={PAGE}&page={page}")
        if not isinstance(found, list):
            raise GitHubError("GitHub answers with something else than a list of comments")
        yield from (one for one in found if isinstance(one, dict))
        if len(found) < PAGE:
            return


def _address(answer: Any) -> str:
    return printable(str(answer.get("html_url", ""))) if isinstance(answer, dict) else ""


def _call(where: PullRequest, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    # Of an address that was checked when the pull request was named.
    request = urllib.request.Request(  # noqa: S310
        where.api.rstrip("/") + path,
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {where.token}",
            "Content-Type": "application/json",
            "User-Agent": "robustcheck",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS) as answer:
            return json.loads(answer.read(LARGEST))
    except urllib.error.HTTPError as error:
        if error.code in REFUSED:
            raise NotAllowed(f"GitHub answers {error.code} to {method} {path.partition('?')[0]}") from None
        raise GitHubError(f"GitHub answers {error.code} to {method} {path.partition('?')[0]}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise GitHubError(f"{printable(where.api)} cannot be asked: {printable(str(reason))}") from None
