"""A stand-in for the part of GitHub's API that has to do with the comments of one pull request, on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BOT = "github-actions[bot]"


class GitHub:
    """The comments of one pull request, and what was asked."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, str]] = []
        self.login = ""
        self.refuse: dict[str, int] = {}
        self.redirect = ""
        github = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                github.calls.append((self.command, self.path, self.headers.get("Authorization", "")))
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length)) if length else {}
                code, value = github.reply(self.command, self.path, body)
                self.send_response(code)
                if github.redirect:
                    self.send_header("Location", github.redirect)
                self.end_headers()
                self.wfile.write(value if isinstance(value, bytes) else json.dumps(value).encode())

            do_GET = do_POST = do_PATCH = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, body: str, login: str = BOT) -> dict[str, Any]:
        number = 100 + len(self.comments)
        self.comments.append({"id": number, "body": body, "user": {"login": login}, "html_url": f"https://g/{number}"})
        return self.comments[-1]

    def reply(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if method in self.refuse:
            return self.refuse[method], {"message": "Resource not accessible by integration"}
        if self.redirect:
            return 302, {}
        path, _, query = path.partition("?")
        if path == "/user":
            return (200, {"login": self.login}) if self.login else (403, {})
        if path == "/repos/o/r/issues/7/comments":
            if method == "POST":
                return 201, self.add(body["body"], self.login or BOT)
            asked = dict(part.split("=") for part in query.split("&"))
            size, page = int(asked["per_page"]), int(asked["page"])
            return 200, self.comments[(page - 1) * size : page * size]
        (found,) = [one for one in self.comments if path == f"/repos/o/r/issues/comments/{one['id']}"]
        assert method == "PATCH"
        found["body"] = body["body"]
        return 200, found

    def close(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()
