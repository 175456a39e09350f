"""JSON that two readers could take for two things is refused, with the reason."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_project import MODELS, make_project

from robustcheck.core import strict_json
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.strict_json import NotStrict, parse, parse_object, read_evidence
from robustcheck.engine.gates import baseline_file
from robustcheck.language.configs import load_project
from robustcheck.provenance.signing.statement_rules import BadStatement, parse_statement

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


KEYS = 150_000


def _classes(folder: Path, names: list[str]) -> None:
    """Read a file of class names that a model's entry names."""
    make_project(folder, models=MODELS.replace("[dark, middle, bright]", "classes.txt"))
    (folder / "configs/classes.txt").write_text("\n".join(names))
    load_project(folder, folder / "configs")


@pytest.mark.parametrize(
    "read",
    [
        lambda folder, text, names: parse(text),
        lambda folder, text, names: parse(b"[" + text + b"]"),
        lambda folder, text, names: parse_attestation(text),
        lambda folder, text, names: parse_baseline(folder, text),
        lambda folder, text, names: _classes(folder, names),
    ],
    ids=["strict JSON", "within", "attestation", "baseline", "class names"],
)
@pytest.mark.parametrize("repeated", ["first", "last", "none"])
def test_a_repeated_name_among_many_is_found_at_once(read: Any, repeated: str, tmp_path: Path) -> None:
    names = [f"k{number:x}" for number in range(KEYS)]
    again = {"first": names[:1], "last": names[-1:], "none": []}[repeated]
    text = b"{" + ",".join(f'"{name}":1' for name in [*names, *again]).encode() + b"}"
    began = time.process_time()
    with contextlib.suppress(RobustcheckError):
        read(tmp_path, text, [*names, *again])
    assert time.process_time() - began < 5


def parse_attestation(text: bytes) -> None:
    with contextlib.suppress(BadStatement):
        parse_statement(text)


def parse_baseline(folder: Path, text: bytes) -> None:
    (folder / "a.json").write_bytes(text)
    baseline_file.load_baseline(folder / "a.json")


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
