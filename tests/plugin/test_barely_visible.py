"""A shift that changes next to nothing is named wherever a run is read."""

from __future__ import annotations

import html
from typing import Any

from small_project import SUITE

HEAD = SUITE.partition("checks:")[0] + "checks:\n"
NOTE = "barely visible: changes "


def test_the_run_names_it_in_the_terminal_the_result_file_and_the_page(gate: Any) -> None:
    checks = (
        "  - {id: faint, shift: light.exposure, stops: 0.02ev}\n  - {id: plain, shift: light.exposure, stops: 0.5ev}\n"
    )
    gate.write(suite=HEAD + checks)
    done = gate.run()
    assert done.ret == 0
    [line] = [line for line in done.outlines if NOTE in line]
    assert line.startswith("NOTE faint: barely visible: changes ")
    assert " grey levels on average (" in line
    by_name = {case["id"]: case for case in gate.report()["suites"][0]["cases"]}
    [note] = [note for note in by_name["faint"]["notes"] if note.startswith(NOTE)]
    assert 0 < by_name["faint"]["proof"]["mean_change"] < 2 <= by_name["plain"]["proof"]["mean_change"]
    assert f"({by_name['faint']['proof']['max_change']} at most)" in note
    assert not [note for name in ("clean", "plain") for note in by_name[name]["notes"] if NOTE in note]
    assert html.unescape((gate.root / "robustcheck-report/index.html").read_text()).count(note) >= 1


def test_an_attack_within_a_level_is_not_called_so(gate: Any) -> None:
    gate.write(suite=HEAD + "  - {attack: pgd, eps: 1/255, expect: {robust_accuracy: '>= 1%'}}\n")
    done = gate.run()
    case = gate.report()["suites"][0]["cases"][1]
    assert 0 < case["proof"]["mean_change"] < 2
    assert NOTE not in done.stdout.str() + " ".join(case["notes"])


def test_what_changes_nothing_is_an_error_and_not_barely_visible(gate: Any) -> None:
    gate.write(suite=HEAD + "  - {shift: light.exposure, stops: 0ev}\n")
    done = gate.run()
    assert done.ret == 1
    assert "changed no pixel of any picture" in done.stdout.str()
    assert NOTE not in done.stdout.str()


def test_of_many_some_are_named_and_the_rest_are_counted(gate: Any) -> None:
    values = ", ".join(f"{number / 1000}ev" for number in range(20, 27))
    gate.write(suite=HEAD + f"  - {{shift: light.exposure, stops: [{values}]}}\n")
    lines = [line for line in gate.run().outlines if "barely visible" in line]
    assert len(lines) == 5
    assert lines[-1] == "NOTE 3 more cases are barely visible; the result file names them"


def test_a_break_point_is_judged_by_how_far_the_search_went(gate: Any) -> None:
    """The model breaks at once, so the limit itself is next to nothing; what broke it is not."""
    checks = (
        "  - {id: far, find_limit: {shift: light.exposure, param: stops, from: 0ev, to: 2ev, resolution: 1ev, "
        "until: {accuracy: '< 99%'}}, expect: {limit: '>= 0ev'}}\n"
    )
    gate.write(suite=HEAD + checks)
    gate.run()
    case = next(case for case in gate.report()["suites"][0]["cases"] if case["id"] == "far")
    assert case["proof"]["mean_change"] > 2
    assert not [note for note in case["notes"] if NOTE in note]
