"""JSON that two readers could take for two things is refused, with the reason."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustcheck import strict_json
from robustcheck.errors import RobustcheckError
from robustcheck.strict_json import NotStrict, parse, parse_object, read_evidence

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES)
def test_what_json_writes_is_read_as_it_was(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xff", "not UTF-8 at byte 0"),
        (b"", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a": 1, "a": 2}', "the key 'a' stands in one object twice"),
        (b'[{"b": {"a": 1, "\\u0061": 1}}]', "the key 'a' stands in one object twice"),
        (b"NaN", "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b"1e999", "the number 1e999 is too large"),
        (b"-1e999", "the number -1e999 is too large"),
        (b"1" * 5000, "is too large"),
        (b"[" * 10**6, "nested too deeply"),
        (b'{"a":' * 10**5, "nested too deeply"),
    ],
)
def test_what_is_not_strict_says_why(text: bytes, says: str) -> None:
    with pytest.raises(NotStrict, match=says):
        parse(text)


@given(text=st.binary(max_size=60))
def test_no_bytes_end_in_a_traceback(text: bytes) -> None:
    with contextlib.suppress(NotStrict):
        parse(text)


@pytest.mark.parametrize("text", [b"[]", b"1", b"null", b'"{}"'])
def test_an_object_is_needed_where_one_is(text: bytes) -> None:
    with pytest.raises(NotStrict, match="no JSON object"):
        parse_object(text)


def test_a_file_is_read_if_it_can_be_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"{}")
    assert read_evidence(path, "card") == b"{}"
    monkeypatch.setattr(strict_json, "MOST_BYTES", 1)
    for wrong, says in (
        (path, "2 bytes are too many for card"),
        (tmp_path / "gone", "there is no card here"),
        (tmp_path, "card"),
        (tmp_path / "a\0b", "this card cannot be read"),
    ):
        with pytest.raises(RobustcheckError, match=says):
            read_evidence(wrong, "card")
