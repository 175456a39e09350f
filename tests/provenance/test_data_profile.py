"""A profile is remembered on this machine only, for the set that it was taken of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from small_project import make_project

from robustcheck.data import open_source
from robustcheck.language import load_project
from robustcheck.provenance.profile import profiles


@pytest.mark.parametrize(
    "change", ["edited", "another set's", "of an older version", "without a seal", "another machine's"]
)
def test_a_profile_that_was_not_made_here_is_taken_anew(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, each=2)
    project = load_project(tmp_path, tmp_path / "configs")
    cache = tmp_path / ".robustcheck" / "profiles"

    def taken(limit: int | None = None) -> Any:
        return profiles(open_source(project.data["greys"], seed=0, limit=limit), None, cache)["test"]

    taken(3)
    (other,) = cache.iterdir()
    honest = taken()
    (path,) = (each for each in cache.iterdir() if each != other)
    seal, _, content = path.read_bytes().partition(b"\n")
    forged = json.dumps({**json.loads(content), "pictures": 60}).encode()
    if change == "another machine's":
        monkeypatch.setenv("ROBUSTCHECK_CACHE_SECRET", "the secret of another machine")
    path.write_bytes(
        {
            "edited": seal + b"\n" + forged,
            "another set's": other.read_bytes(),
            "of an older version": forged,
            "without a seal": b"\n" + forged,
            "another machine's": path.read_bytes(),
        }[change]
    )
    assert taken() == honest
    assert json.loads(path.read_bytes().partition(b"\n")[2])["pictures"] == 6
