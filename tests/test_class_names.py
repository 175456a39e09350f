"""Names of classes in the one form in which they are compared."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustcheck.core.class_names import class_name

PARTS = st.sampled_from(["\ufeff", "\u200b", "\u2060", " ", "\t", "\u00a0", "a", "é", "e\u0301", "stop"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\ufeff stop", "stop"),
        (" \u200b stop \u2060\n", "stop"),
        ("stop  sign", "stop sign"),
        ("cafe\u0301", "café"),
        ("\ufeff", ""),
    ],
)
def test_what_nobody_sees_around_a_name_is_no_part_of_it(text: str, name: str) -> None:
    assert class_name(text) == name


@given(st.one_of(st.text(), st.lists(PARTS).map("".join)))
def test_a_name_stays_what_it_is(text: str) -> None:
    name = class_name(text)
    assert class_name(name) == name == unicodedata.normalize("NFC", name)
    assert name == name.strip()
