"""Who may talk to the page, and what is never told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from reviewed import NAMES, PNG, Plain, session

from robustcheck.core.errors import RobustcheckError
from robustcheck.review.access import Access, check_host
from robustcheck.review.app import create_app

HOST = "127.0.0.1:8477"
OWN = {"Host": HOST, "Origin": f"http://{HOST}", "X-Robustcheck": "1", "Sec-Fetch-Site": "same-origin"}
CONFIRM = {"place": 0, "reason": ""}


class Page:
    """A page with a client that has entered."""

    def __init__(self, path: Path, **task: Any) -> None:
        self.session = session(path, **task)
        self.access = Access("127.0.0.1", 8477)
        self.app = create_app(self.session, Plain(), {"stop": ("p3",)}, self.access)
        self.client = self.app.test_client()
        entered = self.client.get(f"/?token={self.access.token}", headers={"Host": HOST})
        assert (entered.status_code, entered.headers["Location"]) == (303, "/")

    def stranger(self) -> FlaskClient:
        return self.app.test_client()

    def post(self, action: str = "confirm", body: Any = CONFIRM, **headers: str | None) -> Any:
        own = {**OWN, **{name.replace("_", "-"): value for name, value in headers.items()}}
        told = {name: value for name, value in own.items() if value is not None}
        return self.client.post(f"/api/{action}", data=json.dumps(body), content_type="application/json", headers=told)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.jsonl"


@pytest.fixture
def page(path: Path) -> Page:
    return Page(path)


def test_the_token_becomes_a_cookie_that_no_script_reads_and_no_other_site_sends(page: Page) -> None:
    answer = page.stranger().get(f"/?token={page.access.token}", headers={"Host": HOST})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert cookie.startswith("robustcheck-8477=")
    assert page.access.token not in cookie
    assert page.access.token not in repr(page.access)


@pytest.mark.parametrize(
    "address", ["/", "/api/state", "/picture/0/whole", "/example/0/0", "/static/review.js", "/?token=", "/?token=x"]
)
def test_without_token_or_cookie_nothing_is_told(page: Page, address: str) -> None:
    answer = page.stranger().get(address, headers={"Host": HOST})
    assert answer.status_code == 403
    assert "p0" not in answer.text


@pytest.mark.parametrize("token", ["wrong", "\u00fc", ""])
def test_a_wrong_token_or_cookie_is_refused(page: Page, token: str) -> None:
    stranger = page.stranger()
    assert stranger.get("/", query_string={"token": token}, headers={"Host": HOST}).status_code == 403
    stranger.set_cookie(page.access.cookie, token, domain="127.0.0.1")
    assert stranger.get("/api/state", headers={"Host": HOST}).status_code == 403
    # A right cookie is no token, and a token no cookie.
    stranger.set_cookie(page.access.cookie, page.access.token, domain="127.0.0.1")
    assert stranger.get("/api/state", headers={"Host": HOST}).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example:8477", "evil.example", "127.0.0.1", "127.0.0.1:80", "localhost:8477", ""]
)
def test_another_host_is_refused_although_the_token_is_right(page: Page, host: str) -> None:
    assert page.client.get("/api/state", headers={"Host": host}).status_code == 403
    assert page.stranger().get(f"/?token={page.access.token}", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": "http://127.0.0.1:9999", "Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
        {"X_Robustcheck": None},
    ],
)
def test_a_request_of_another_page_decides_nothing(page: Page, path: Path, headers: dict[str, Any]) -> None:
    assert page.post(**headers).status_code == 403
    assert not path.exists()


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
def test_a_form_decides_nothing(page: Page, path: Path, kind: str) -> None:
    answer = page.client.post("/api/confirm", data='{"place":0,"reason":"="}', content_type=kind, headers=OWN)
    assert answer.status_code == 403
    assert not path.exists()


@pytest.mark.parametrize("action", ["confirm", "label", "ambiguous", "skip", "undo"])
@pytest.mark.parametrize("method", ["get", "put", "delete", "options"])
def test_only_a_post_changes_anything(page: Page, path: Path, action: str, method: str) -> None:
    answer = getattr(page.client, method)(f"/api/{action}?place=0", headers=OWN)
    assert answer.status_code in (200, 404, 405)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert not path.exists()


def test_pictures_of_other_sites_pages_are_refused(page: Page) -> None:
    asked = {"Host": HOST, "Sec-Fetch-Site": "cross-site"}
    assert page.client.get("/picture/0/whole", headers=asked).status_code == 403
    assert page.client.get("/picture/0/whole", headers={"Host": HOST}).data == PNG + b"p0"


@pytest.mark.parametrize(
    "address",
    [
        "/picture/99/whole",
        "/picture/-1/whole",
        "/picture/../../etc/passwd",
        "/picture/0/..%2f..%2fetc%2fpasswd",
        "/picture/0/difference",
        "/picture/p0/whole",
        "/example/0/9",
        "/example/9/0",
        "/api/examples/9",
        "/static/../access.py",
        "/static/..%2faccess.py",
        "/static/review.html",
        "/static/%2e%2e/access.py",
    ],
)
def test_there_is_nothing_else_to_read(page: Page, address: str) -> None:
    answer = page.client.get(address, headers={"Host": HOST})
    assert answer.status_code in (404, 409)
    assert len(answer.data) < 200


def test_why_there_is_no_picture_is_told(page: Page) -> None:
    answer = page.client.get("/picture/0/shown", headers={"Host": HOST})
    assert (answer.status_code, answer.text) == (404, "it was not kept\n")


@pytest.mark.parametrize("address", ["/", "/api/state", "/picture/0/whole", "/nowhere"])
def test_every_answer_is_sealed(page: Page, address: str) -> None:
    for client in (page.client, page.stranger()):
        headers = client.get(address, headers={"Host": HOST}).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert not [name for name, _ in headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("confirm", {"place": 0}, 200),
        ("label", {"place": 0, "class": 1}, 200),
        ("label", {"place": 0, "class": -1}, 409),
        ("label", {"place": 0, "class": True}, 409),
        ("label", {"place": 0, "class": "yield"}, 409),
        ("confirm", {"place": "0"}, 409),
        ("confirm", {"place": True}, 409),
        ("confirm", {"place": 0, "reason": 3}, 409),
        ("confirm", [0], 400),
        ("erase", {"place": 0}, 409),
        ("confirm", {"place": 0, "reason": "x" * 70000}, 413),
    ],
)
def test_only_what_the_page_sends_is_understood(page: Page, path: Path, action: str, body: Any, status: int) -> None:
    assert page.post(action, body).status_code == status
    assert path.exists() == (status == 200)


def test_what_cannot_be_written_is_told_and_not_counted(page: Page, path: Path) -> None:
    path.mkdir()
    answer = page.post()
    assert answer.status_code == 500
    assert "reviews.jsonl" in answer.text
    assert "Traceback" not in answer.text


def test_a_reason_may_hold_anything(page: Page, path: Path) -> None:
    reason = '<img src=x onerror=alert(1)>\n\u2028\ud800"\\'
    assert page.post(body={"place": 0, "reason": reason}).status_code == 200
    (line,) = path.read_text().split("\n")[:-1]
    assert json.loads(line)["reason"] == reason


def test_no_answer_of_a_blind_review_tells_label_or_prediction(path: Path) -> None:
    page = Page(path, blind=True)
    told = [page.client.get("/api/state", headers={"Host": HOST}), page.post("label", {"place": 0, "class": 0})]
    told += [page.post("skip", {"place": 1}), page.post("undo", {}), page.post("confirm", {"place": 1})]
    assert [answer.status_code for answer in told] == [200, 200, 200, 200, 409]
    for answer in told:
        found = answer.get_json(silent=True) or {}
        found.pop("classes", None)
        assert not any(
            word in json.dumps(found) + answer.text * (not found) for word in (*NAMES, "edge", "dark", "0.9", "p0")
        )


@pytest.mark.parametrize(
    ("host", "remote", "allowed"),
    [
        ("127.0.0.1", False, True),
        ("localhost", False, True),
        ("::1", False, True),
        ("192.0.2.7", False, False),
        ("192.0.2.7", True, True),
        ("0.0.0.0", True, False),
        ("::", True, False),
        ("example.org", True, False),
    ],
)
def test_only_this_machine_is_served_unless_asked(host: str, remote: bool, allowed: bool) -> None:
    if allowed:
        assert check_host(host, allow_remote=remote)
    else:
        with pytest.raises(RobustcheckError, match="--host"):
            check_host(host, allow_remote=remote)
