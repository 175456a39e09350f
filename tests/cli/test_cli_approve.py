"""``robustcheck approve``: who looked at what, in a file that people review; and when it no longer holds."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_project import SUITE

from robustcheck.core.errors import SuiteError
from robustcheck.domain.approvals import Approval, approvals_path, case_digest, missing_approvals
from robustcheck.domain.suite import Suite
from robustcheck.language import find_suites, load_project, load_suite
from robustcheck.language.approvals import approvals_of, load_approvals, text_of
from robustcheck.language.loader import load_bytes
from robustcheck.language.nodes import plain_value

Call = Callable[..., Any]
TODAY = datetime.date.today().isoformat()
REQUIRED = SUITE.replace("owner: tests", "owner: tests\napproved: required")
FILE = Path("suites/greys.approvals.yaml")


def loaded(root: Path) -> Suite:
    return load_suite(root / "suites" / "greys.yaml", load_project(root, root / "configs"))


def missing(root: Path) -> list[str]:
    found = missing_approvals(loaded(root), load_approvals(approvals_path(root / "suites" / "greys.yaml"), str(FILE)))
    return [one.case.id for one in found]


def approve(call: Call, *arguments: str, reviewer: str = "Ada") -> Any:
    return call("approve", "suites/greys.yaml", "--reviewer", reviewer, *arguments)


def test_the_file_is_sorted_and_says_who_when_and_what(
    robustcheck_command: Call, project: Call, tmp_path: Path
) -> None:
    project()
    done = approve(robustcheck_command, "--case", "noisy", "--case", "camera.shift", "--note", "all: fine # really")
    assert (done.code, done.err) == (0, "")
    assert done.lines == [
        "approved: noisy",
        "approved: moved[dx=2%]",
        "approved: moved[dx=5%]",
        f"{FILE}: 3 recorded, 0 already valid, 0 void and replaced",
    ]
    digests = {case.id: case_digest(case, "greys") for case in loaded(tmp_path).cases}
    expected = "".join(
        f'  "{name}":\n    reviewer: "Ada"\n    date: {TODAY}\n    note: "all: fine # really"\n'
        f'    digest: "{digests[name]}"\n'
        for name in ("moved[dx=2%]", "moved[dx=5%]", "noisy")
    )
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert text.partition("version: 1\napprovals:\n")[2] == expected
    assert all(line.startswith("#") for line in text.partition("version")[0].splitlines())


def test_a_second_approval_of_the_same_changes_nothing(robustcheck_command: Call, project: Call) -> None:
    project()
    approve(robustcheck_command, "--case", "noisy")
    before = FILE.read_bytes(), FILE.stat().st_mtime_ns
    done = approve(robustcheck_command, "--case", "noisy", reviewer="Bob")
    assert done.lines == [f"{FILE}: 0 recorded, 1 already valid, 0 void and replaced"]
    assert (FILE.read_bytes(), FILE.stat().st_mtime_ns) == before


def test_all_cases_but_the_clean_one_are_approved_by_default(
    robustcheck_command: Call, project: Call, tmp_path: Path
) -> None:
    project(suite=REQUIRED)
    assert len(missing(tmp_path)) == 5
    assert approve(robustcheck_command).lines[-1].startswith(f"{FILE}: 5 recorded,")
    assert missing(tmp_path) == []


VOIDING = {
    "a parameter": ("depth: -1ev", "depth: -2ev"),
    "the fill": ("depth: -1ev", "depth: -1ev\n    fill: black"),
    "the border": ("depth: -1ev", "depth: -1ev\n    border: view"),
    "the data set": ("data: greys", "data: more"),
}
HARMLESS = {
    "a threshold": (">= 60%", ">= 70%"),
    "an expectation of its own": ("tags: [night]", "expect: {drop: '<= 90pp'}"),
    "the reason": ("tags: [night]", "why: because"),
    "a parameter of another": ("dx: [2%, 5%]", "dx: [2%, 6%]"),
    "the title": ("title: Greys", "title: Other greys"),
}


@pytest.mark.parametrize(
    ("change", "void"),
    [*((change, True) for change in VOIDING.values()), *((change, False) for change in HARMLESS.values())],
    ids=[*VOIDING, *HARMLESS],
)
def test_what_voids_an_approval(
    robustcheck_command: Call, project: Call, tmp_path: Path, change: tuple[str, str], void: bool
) -> None:
    from small_project import DATA

    path = project(suite=REQUIRED, data=DATA + DATA.replace("greys:", "more:"))
    approve(robustcheck_command)
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change), encoding="utf-8")
    assert ("noisy" in missing(tmp_path)) is void


def test_a_void_approval_is_replaced_and_told(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    path = project(suite=REQUIRED)
    approve(robustcheck_command)
    path.write_text(REQUIRED.lstrip().replace("-1ev", "-2ev").replace("dx: [2%, 5%]", "dx: [2%, 6%]"), encoding="utf-8")
    done = approve(robustcheck_command, "--case", "moved", reviewer="Bob")
    assert done.lines[0] == "approved: moved[dx=6%]"
    assert f"moved[dx=5%], approved by Ada on {TODAY}, is no case of suites/greys.yaml; remove it by hand" in done.out
    assert f"noisy, approved by Ada on {TODAY} for other parameters, must be looked at again" in done.out
    assert done.lines[-1] == f"{FILE}: 1 recorded, 1 already valid, 0 void and replaced"
    assert 'moved[dx=5%]"' in FILE.read_text(encoding="utf-8")
    done = approve(robustcheck_command, "--case", "noisy", reviewer="Bob")
    assert f"replaced: noisy was approved by Ada on {TODAY} for other parameters" in done.lines
    assert done.lines[-1] == f"{FILE}: 1 recorded, 0 already valid, 1 void and replaced"
    assert missing(tmp_path) == []


def test_what_is_missing_says_where_and_what_to_run(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    path = project(suite=REQUIRED)
    found = missing_approvals(loaded(tmp_path), {})[3]
    assert str(found.problem) == (
        "suites/greys.yaml:19:5: RC802 nobody has approved the pictures of moved[dx=2%]; "
        "run `robustcheck preview suites/greys.yaml --case 'moved[dx=2%]'`, and if the labels still hold, "
        "`robustcheck approve suites/greys.yaml --case 'moved[dx=2%]' --reviewer NAME`"
    )
    approve(robustcheck_command)
    path.write_text(REQUIRED.lstrip().replace("-1ev", "-2ev"), encoding="utf-8")
    (found,) = missing_approvals(loaded(tmp_path), load_approvals(FILE, str(FILE)))
    assert f": RC802 noisy was approved by Ada on {TODAY} for other parameters; run `robustcheck preview" in str(
        found.problem
    )


def test_nothing_is_missing_where_nothing_is_demanded(project: Call, tmp_path: Path) -> None:
    project()
    assert missing(tmp_path) == []


def test_a_single_check_can_demand_it_or_be_let_off(project: Call, tmp_path: Path) -> None:
    project(suite=SUITE.replace("id: noisy", "id: noisy\n    approved: required"))
    assert missing(tmp_path) == ["noisy"]
    path = tmp_path / "suites" / "greys.yaml"
    path.write_text(REQUIRED.lstrip().replace("id: noisy", "id: noisy\n    approved: optional"), encoding="utf-8")
    assert "noisy" not in missing(tmp_path)
    assert len(missing(tmp_path)) == 4


def test_approvals_lie_beside_the_suite_that_is_run(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    path = project(suite=REQUIRED)
    approve(robustcheck_command)
    other = path.with_name("other.yaml")
    other.write_text("extends: greys.yaml\nrobustcheck: 1\n", encoding="utf-8")
    suite = load_suite(other, load_project(tmp_path, tmp_path / "configs"))
    assert len(missing_approvals(suite, load_approvals(approvals_path(other), "x"))) == 5
    done = robustcheck_command("approve", str(other), "--reviewer", "Ada")
    assert done.code == 0
    assert path.with_name("other.approvals.yaml").is_file()


def test_it_does_not_matter_where_the_command_is_called(
    robustcheck_command: Call, project: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(suite=REQUIRED)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "suites")
    done = robustcheck_command("approve", "greys.yaml", "--reviewer", "Ada")
    assert done.lines[-1].startswith(f"{FILE}: 5 recorded,")
    assert missing(tmp_path) == []
    assert missing_approvals(loaded(tmp_path), approvals_of(loaded(tmp_path), tmp_path)) == []


def test_a_file_of_approvals_is_no_suite(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    path = project(suite=REQUIRED)
    approve(robustcheck_command)
    assert find_suites([tmp_path]) == [path]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("--case", "nosy"), "there is no case nosy in suites/greys.yaml; did you mean noisy?"),
        (("--case", "noisy", "--case", "moved[dx=3%]"), "there is no case moved[dx=3%]"),
        (("--case", "clean"), "the clean case is the pictures as they are"),
        (("--note", "two\nlines"), "is not one line of text"),
        (("--reviewer", " "), "is not one line of text"),
    ],
)
def test_wrong_calls_record_nothing(robustcheck_command: Call, project: Call, call: tuple[str, ...], told: str) -> None:
    project()
    done = approve(robustcheck_command, *call)
    assert done.code == 2
    assert told in done.err
    assert not FILE.exists()


def test_a_reviewer_must_be_named(robustcheck_command: Call, project: Call) -> None:
    project()
    done = robustcheck_command("approve", "suites/greys.yaml")
    assert done.code == 2
    assert "--reviewer" in done.err


GOOD = 'version: 1\napprovals:\n  "a":\n    reviewer: "x"\n    date: 2026-01-31\n    digest: "' + 64 * "0" + '"\n'


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("", "f:1:1: RC108 the file is empty"),
        ("version: 2\napprovals: {}\n", "f:1:10: RC205 version must be between 1 and 1, not 2"),
        ("approvals: {}\n", "f:1:1: RC106 a file of approvals needs version"),
        ("version: 1\napprovals: []\n", "f:2:12: RC107 approvals must be a mapping from ids of cases, not a list"),
        (GOOD.replace("2026-01-31", "2026-02-31"), "f:5:11: RC201 date: there is no day 2026-02-31"),
        (GOOD.replace("reviewer", "reviewr"), "f:4:5: RC105 reviewr is no key of an approval; did you mean reviewer?"),
        (GOOD.replace("0000", "00"), "f:6:13: RC201 digest must be 64 hexadecimal digits"),
        (GOOD.replace("    reviewer", "    digest: x\n    reviewer"), "f:7:5: RC104 the key digest is written twice"),
        (GOOD + GOOD.partition("approvals:\n")[2], "f:7:3: RC104 the key a is written twice, first in line 3"),
        ("- a\n", "f:1:1: RC107 a file of approvals must be a mapping, not a list"),
    ],
)
def test_a_wrong_file_is_told_with_its_place(tmp_path: Path, wrong: str, told: str) -> None:
    (tmp_path / "f").write_text(wrong, encoding="utf-8")
    with pytest.raises(SuiteError) as error:
        load_approvals(tmp_path / "f", "f")
    assert any(str(problem).startswith(told) for problem in error.value.problems), error.value


def test_a_wrong_file_is_left_alone(robustcheck_command: Call, project: Call) -> None:
    project()
    FILE.write_text("version: 1\n", encoding="utf-8")
    done = approve(robustcheck_command)
    assert done.code == 4
    assert f"{FILE}:1:1: RC106 a file of approvals needs approvals" in done.err
    assert FILE.read_text(encoding="utf-8") == "version: 1\n"


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@given(st.dictionaries(TEXT, st.tuples(TEXT, st.dates(), st.just("") | TEXT), max_size=4))
def test_whatever_is_written_is_read_again(entries: dict[str, tuple[str, datetime.date, str]]) -> None:
    approvals = {case: Approval(case, 64 * "a", *rest) for case, rest in entries.items()}
    read = plain_value(load_bytes(text_of(approvals).encode(), "f"))["approvals"]
    assert {case: (one["reviewer"], one["date"], one.get("note", "")) for case, one in read.items()} == {
        case: (reviewer, date.isoformat(), note) for case, (reviewer, date, note) in entries.items()
    }


def test_one_approval_more_is_only_lines_more() -> None:
    one = Approval("b", 64 * "a", "Ada", datetime.date(2026, 1, 31))
    two = dataclasses.replace(one, case="a")
    before, after = (text_of(approvals).splitlines() for approvals in ({"b": one}, {"b": one, "a": two}))
    assert [line for line in after if line not in before] == ['  "a":']
    assert len(after) - len(before) == 4
