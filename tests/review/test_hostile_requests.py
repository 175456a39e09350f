"""What the page is sent, and what a file from elsewhere says: read, or refused with the reason; never a defect of ours."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reviewed import Plain, ground, session, sha

from robustcheck.core.errors import DataError
from robustcheck.data.labels.overlay import Decision
from robustcheck.review.access import Access
from robustcheck.review.app import create_app
from robustcheck.review.importing import read_brought
from robustcheck.review.label_studio import decisions_of

HOST = "127.0.0.1:8477"
OWN = {"Host": HOST, "Origin": f"http://{HOST}", "X-Robustcheck": "1", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    access = Access("127.0.0.1", 8477)
    app = create_app(session(tmp_path / "reviews.jsonl"), Plain(), {}, access)
    made = app.test_client()
    made.get(f"/?token={access.token}", headers={"Host": HOST})
    return made


BODIES: dict[str, tuple[bytes, int]] = {
    "deep lists": (b"[" * 60_000, 400),
    "deep lists that end": (b"[" * 20_000 + b"]" * 20_000, 400),
    "deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    "deep within": (b'{"place":0,"reason":' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400),
    "nothing": (b"", 400),
    "blanks": (b"  \n", 400),
    "cut off": (b'{"place":0,', 400),
    "a list": (b"[]", 400),
    "a number": (b"1", 400),
    "a text": (b'"x"', 400),
    "null": (b"null", 400),
    "not a number": (b'{"place":NaN,"reason":""}', 400),
    "infinity": (b'{"place":0,"reason":-Infinity}', 400),
    "an endless number": (b'{"place":' + b"9" * 5000 + b',"reason":""}', 400),
    "a huge float": (b'{"place":1e999,"reason":""}', 400),
    "a key twice": (b'{"place":0,"place":1,"reason":""}', 400),
    "not UTF-8": (b'{"place":0,"reason":"\xff"}', 400),
    "UTF-16": ('{"place":0,"reason":""}'.encode("utf-16"), 400),
    "garbage": (bytes(range(256)), 400),
    "too large": (b'{"place":0,"reason":"' + b"x" * (1 << 16) + b'"}', 413),
    "no place": (b"{}", 409),
    "place as text": (b'{"place":"0","reason":""}', 409),
    "place as truth": (b'{"place":true,"reason":""}', 409),
    "place below": (b'{"place":-1,"reason":""}', 409),
    "place beyond": (b'{"place":99999999999999999999,"reason":""}', 409),
    "reason as list": (b'{"place":0,"reason":[]}', 409),
}


@pytest.mark.parametrize("action", ["confirm", "undo", "label", "skip", "ambiguous", "nothing"])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_request_is_refused_with_the_reason(
    client: FlaskClient, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, action: str
) -> None:
    body, status = BODIES[name]
    answer = client.post(f"/api/{action}", data=body, content_type="application/json", headers=OWN)
    assert answer.status_code == status
    assert len(answer.text.splitlines()) == 1
    assert "Error" not in answer.text
    assert "Traceback" not in "".join(capfd.readouterr())
    assert not (tmp_path / "reviews.jsonl").exists()


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "", "application/"]
)
def test_another_content_type_is_refused(client: FlaskClient, kind: str) -> None:
    assert client.post("/api/confirm", data=b'{"place":0}', content_type=kind, headers=OWN).status_code == 403


EXPORT = [
    {
        "id": 1,
        "data": {"sha256": sha("p0"), "id": "p0", "label": "stop", "model_digest": "1" * 64},
        "annotations": [
            {
                "completed_by": {"id": 3, "email": "ada@example.org"},
                "created_at": "2026-11-20T09:30:00Z",
                "was_cancelled": False,
                "result": [
                    {"from_name": "label", "type": "choices", "value": {"choices": ["yield"]}},
                    {"from_name": "why", "type": "textarea", "value": {"text": ["dark"]}},
                ],
            }
        ],
    }
]
"""What Label Studio exports, with a text beside the choice."""


def places_of(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a JSON value but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(*before, key), *places_of(inner, (*before, key))]]


PLACES = places_of(EXPORT)
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 10**19, "", "x", "\x00", "\u202e", "2026-13-40", [], {}, [None], [[]], {"text": None}, {"choices": None},
    {"choices": "yield"}, {"choices": [None]}, {"choices": [["yield"]]}, {"choices": {"a": 1}}, {"id": []}, {"email": 3},
]  # fmt: skip


def changed(place: tuple[Any, ...], value: Any, *, remove: bool = False) -> Any:
    """Return the export with one value replaced or taken out."""
    made = copy.deepcopy(EXPORT)
    inner: Any = made
    for key in place[:-1]:
        inner = inner[key]
    if remove:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return made


def read(export: Any) -> list[tuple[str, Decision]] | str:
    """Return the decisions of an export, or the one line that it is refused with."""
    try:
        return list(decisions_of(json.dumps(export).encode(), "in.json", ()))
    except DataError as error:
        return str(error)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_an_export_with_an_odd_or_missing_field_is_read_or_refused(place: tuple[Any, ...]) -> None:
    results = [read(changed(place, None, remove=True)), *(read(changed(place, value)) for value in ODD)]
    for result in results:
        if isinstance(result, str):
            assert result.startswith("in.json: ")
            assert "\n" not in result


@pytest.mark.parametrize(
    "value",
    [{"text": ["dark"]}, {"text": None}, {}, None, "yield", ["yield"], 3, {"choices": None}, {"choices": "yield"}],
)
def test_an_annotation_whose_choice_has_no_text_is_refused(value: Any) -> None:
    result = read(changed((0, "annotations", 0, "result", 0, "value"), value))
    assert isinstance(result, str)
    assert result.startswith("in.json: task 1, annotation 1: ")


def test_a_text_beside_the_choice_changes_nothing() -> None:
    for value in ({"text": None}, {}, None, [], "dark"):
        result = read(changed((0, "annotations", 0, "result", 1, "value"), value))
        assert not isinstance(result, str)
        assert [decision.label for _, decision in result] == ["yield"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "data", "result", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(place=st.sampled_from(PLACES), value=JSON)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_anywhere_in_an_import_is_read_or_refused(tmp_path: Path, place: tuple[Any, ...], value: Any) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps(changed(place, value)))
    refused = ""
    try:
        read_brought(path, ground({"p0": "stop"}), ())
    except DataError as error:
        refused = str(error)
    assert not refused or "in.json" in refused


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"\xff\xfe", b"[" * 100_000, b"NaN", b'[{"a":1,"a":2}]', b"{}", b"[1]", b"\x80" * 99]
)
@pytest.mark.parametrize("name", ["in.json", "in.csv", "in"])
def test_a_file_that_is_no_export_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=name):
        read_brought(tmp_path / name, ground({"p0": "stop"}), ("Ada",))
