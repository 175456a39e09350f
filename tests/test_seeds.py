"""Keyed streams: the same numbers for the same parts, other ones for others, in every process."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from robustcheck.core.seeds import mark, seed_of, stream


def test_the_key_is_the_hash_of_the_parts() -> None:
    """Records, samples and orders of earlier versions rest on this."""
    text = b"7\x00a/b.png\x00camera.roll\x000"
    assert mark(7, "a/b.png", "camera.roll", 0) == hashlib.blake2b(text, digest_size=16).digest()
    assert seed_of(7, "a") == int.from_bytes(hashlib.blake2b(b"7\x00a", digest_size=8).digest()) >> 1
    key = np.frombuffer(mark(7, "a"), dtype=np.uint64)
    expected = np.random.Generator(np.random.Philox(key=key)).random(4)
    assert stream(7, "a").random(4).tolist() == expected.tolist()


def test_another_process_draws_the_same() -> None:
    code = "from robustcheck.core.seeds import stream; print(stream(1, 'ü', 2).integers(10**9))"
    made = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}
    assert made == {f"{stream(1, 'ü', 2).integers(10**9)}\n".encode()}


@given(st.lists(st.text(st.characters(exclude_characters="\x00"), max_size=5), min_size=2, max_size=4, unique=True))
def test_other_parts_have_other_streams(parts: list[str]) -> None:
    assert mark(*parts) != mark(*reversed(parts))
    assert mark(*parts) == mark(*parts)
    assert 0 <= seed_of(*parts) < 2**63


def test_a_name_that_is_no_text_has_a_stream() -> None:
    """What systems call files need be no UTF-8, and Python holds it as lone surrogates."""
    assert len(mark(0, "a\udcff")) == 16
