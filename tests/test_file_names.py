"""Files that are named after suites and cases: the usual names stay readable, and no two are alike."""

from __future__ import annotations

import itertools
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustcheck.core.file_names import attestation_name, records_path

USUAL = {
    "suites/greys.yaml": "suites--greys.intoto.json",
    "greys.yaml": "greys.intoto.json",
    "suites/a-b.yaml": "suites--a-b.intoto.json",
    "suites/a/b.v2.yaml": "suites--a--b.v2.intoto.json",
    "suites/Nacht_1.yaml": "suites--Nacht_1.intoto.json",
}
ALIKE = [
    "suites/a--b.yaml", "suites/a/b.yaml", "suites/a-b.yaml", "suites--a--b.yaml", "suites/a/b.yml", "suites/a/b.YAML",
    "suites/a/b.yaml.yaml", "suites/a/b.yml.yaml", "suites/a/-b.yaml", "suites/a-/b.yaml", "suites/a---b.yaml",
    "suites/a--/b.yaml", "suites/a.b.yaml", "suites/a_b.yaml", "suites/.a/b.yaml", "suites/a/b@0123456789abcdef.yaml",
    f"suites/{'x' * 300}/a.yaml", f"suites/{'x' * 300}/b.yaml",
]  # fmt: skip
CASES = ["a", "A", "a/b", "a_b", "a b", "x" * 80, "x" * 80 + "y", "x" * 80 + "z", "\U00020000" * 90, "\U00020000" * 91]


@pytest.mark.parametrize("suite", USUAL)
def test_usual_suites_keep_the_usual_name(suite: str) -> None:
    assert attestation_name(suite) == USUAL[suite]


def test_no_two_suites_share_an_attestation() -> None:
    names = [attestation_name(suite) for suite in ALIKE]
    # Somebody could name a suite after the digest of another.
    after = "suites/a/b" + attestation_name("suites/a--b.yaml").removeprefix("suites--a--b").removesuffix(
        ".intoto.json"
    )
    names.append(attestation_name(f"{after}.yaml"))
    assert len(set(names)) == len(names)
    assert all(len(name.encode()) <= 255 and "/" not in name for name in names)


@given(st.lists(st.text("ab-./@", min_size=1, max_size=8).map(lambda name: f"{name}.yaml"), min_size=2, unique=True))
def test_any_two_paths_have_two_attestations(suites: list[str]) -> None:
    assert len({attestation_name(suite) for suite in suites}) == len(suites)


def test_no_two_cases_share_records() -> None:
    paths = [records_path(suite, case, case, "0" * 64) for suite, case in itertools.product(ALIKE, CASES)]
    assert len(set(paths)) == len(paths)
    assert all(len(part.encode()) <= 255 for path in paths for part in path.parts)
    assert all(path.parts[0] == "records" and len(path.parts) == 3 for path in paths)


def test_values_of_a_break_point_and_models_have_records_of_their_own() -> None:
    looks = [("far@1ev", "0"), ("far@2ev", "0"), ("far@1ev", "1")]
    assert len({records_path("suites/a.yaml", "far", value, key) for value, key in looks}) == 3


def test_records_have_the_same_name_in_every_process() -> None:
    path = records_path("suites/night/rain.yaml", "dusk[stops=-1ev]", "dusk[stops=-1ev]", "0" * 64)
    assert path == PurePath("records/suites-night-rain/dusk_stops=-1ev_-93ec8dca6fce.parquet")
