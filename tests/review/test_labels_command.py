"""``robustcheck labels``: what a run would refuse, several overlays as one, and what an overlay says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reviewed import decision

from robustcheck.core.checksums import sha256_of
from robustcheck.data.labels.overlay import Decision, append, read
from robustcheck.review.agreement import audit, kappa, pairs

Call = Callable[..., Any]


@pytest.fixture
def dark(project: Call, tmp_path: Path) -> Callable[..., Decision]:
    """Return a function that decides about a picture of the small project that is labelled dark."""
    project(each=3)

    def decide(label: str = "dark", number: int = 0, **parts: Any) -> Decision:
        name = f"dark/{number:02}.png"
        facts = {"sha256": sha256_of(tmp_path / "pictures" / name), "original": "dark", "id": name, **parts}
        return replace(decision(name, label), **facts)

    return decide


def check(command: Call, *lines: Decision | str) -> Any:
    text = "".join(line if isinstance(line, str) else json.dumps(line.to_json()) + "\n" for line in lines)
    Path("reviews.jsonl").write_text(text)
    return command("labels", "check", "reviews.jsonl", "--suite", "suites/greys.yaml")


def test_a_good_overlay_is_counted(dark: Call, robustcheck_command: Call) -> None:
    done = check(robustcheck_command, dark(), dark("bright", 1), dark("ambiguous", 2))
    assert done.code == 0
    assert "3 decisions of 1 reviewers: 1 labels changed, 1 ambiguous, 1 confirmed" in done.out


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"original": "bright"}, "whose label in the data set has changed"),
        ({"sha256": "0" * 64}, "not in the data set"),
        ({"id": "dark/99.png", "sha256": "1" * 64}, "not in the data set"),
        ({"label": "drak"}, "did you mean dark?"),
        ({"at": "2026-11-20T09:30:00"}, "without a zone"),
        ({"at": "2999-11-20T09:30:00+01:00"}, "reviews.jsonl:2: decided in the future"),
        ({"task": "whim"}, "reviews.jsonl:2: "),
        ({"label": "bright", "reviewer": "Ben"}, "Ada: dark, Ben: bright"),
    ],
)
def test_every_refusal_is_told(dark: Call, robustcheck_command: Call, parts: dict[str, Any], said: str) -> None:
    done = check(robustcheck_command, dark(), replace(dark(), **parts))
    assert (done.code, done.err) == (1, "")
    assert said in done.out


def test_what_the_suite_says_of_its_overlay_holds_here_too(dark: Call, robustcheck_command: Call) -> None:
    suite = Path("suites/greys.yaml")
    suite.write_text(suite.read_text() + "labels: {overlay: reviews.jsonl, max_changed: 10%}\n")
    done = check(robustcheck_command, dark("bright"))
    assert (done.code, done.out) == (
        1,
        "reviews.jsonl: 1 of 9 labels are changed or ambiguous, 11.11%, and max_changed allows 0.1 of all: look at the data, or "
        "allow more\n",
    )
    data = Path("configs/data.yaml")
    data.write_text(data.read_text() + "  limit: 6\n")
    decisions = [dark("dark", number) for number in range(3)]
    assert check(robustcheck_command, *decisions).code == 0


def test_torn_and_damaged_lines_are_told(dark: Call, robustcheck_command: Call) -> None:
    assert "reviews.jsonl:2: the last line has no end" in check(robustcheck_command, dark(), '{"sha').out
    assert "reviews.jsonl:1: " in check(robustcheck_command, "[]\n", dark()).out
    assert robustcheck_command("labels", "check", "nowhere", "--data", "greys").code == 4
    assert check(robustcheck_command).code == 0
    assert robustcheck_command("labels", "check", "reviews.jsonl", "--data", "greys").code == 0


def test_merging_orders_lines_by_time_and_names_conflicts(robustcheck_command: Call, tmp_path: Path) -> None:
    one = [decision("a", "stop", at="2026-11-20T12:00:00+02:00"), decision("b", "stop", at="2026-11-20T13:00:00Z")]
    two = [
        one[0],
        decision("a", "yield", "Ben", at="2026-11-20T11:00:00Z"),
        decision("c", "stop", at="2026-11-20T09:00:00Z"),
    ]
    append(tmp_path / "one.jsonl", one)
    append(tmp_path / "two.jsonl", two)
    done = robustcheck_command("labels", "merge", "one.jsonl", "two.jsonl", "-o", "all.jsonl")
    assert (done.code, done.err) == (0, "")
    assert [(found.id, found.reviewer) for found in read(tmp_path / "all.jsonl")] == [
        ("c", "Ada"),
        ("a", "Ada"),
        ("a", "Ben"),
        ("b", "Ada"),
    ]
    assert "all.jsonl written: 4 decisions, 1 stood twice" in done.out
    assert "Ada: stop, Ben: yield" in done.out
    assert robustcheck_command("labels", "merge", "one.jsonl", "all.jsonl", "-o", "two.jsonl").code == 2
    again = (tmp_path / "all.jsonl").read_bytes()
    assert robustcheck_command("labels", "merge", "one.jsonl", "all.jsonl", "-o", "all.jsonl").code == 0
    assert (tmp_path / "all.jsonl").read_bytes() == again
    assert robustcheck_command("labels", "merge", "one.jsonl", "-o", "x").code == 2


def test_kappa_is_cohens() -> None:
    # Cohen's own kind of table: both yes 20, both no 15, 5 and 10 apart; p_o = .7, p_e = .5, kappa = .4.
    table = [("y", "y")] * 20 + [("n", "n")] * 15 + [("y", "n")] * 5 + [("n", "y")] * 10
    assert kappa(table) == pytest.approx(0.4)
    assert kappa([("y", "y")] * 3) is None
    assert kappa([("y", "n"), ("n", "y")]) == -1.0
    from sklearn.metrics import cohen_kappa_score

    three = [("a", "b"), ("b", "b"), ("c", "c"), ("a", "a"), ("c", "a"), ("b", "c")]
    first, second = zip(*three, strict=True)
    assert kappa(three) == pytest.approx(cohen_kappa_score(first, second))


def test_agreement_counts_the_last_word_of_each_and_no_adjudication() -> None:
    said = [
        decision("a", "yield"),
        decision("a", "stop"),
        decision("a", "stop", "Ben"),
        decision("b", "stop"),
        decision("b", "withdrawn"),
        decision("b", "stop", "Ben"),
        decision("c", "stop"),
        decision("c", "yield", "Ben"),
        decision("c", "yield", "Cid", task="adjudication"),
    ]
    (pair,) = pairs(said)
    assert (pair.names, pair.n, pair.agreed) == (("Ada", "Ben"), 2, 1)


def test_the_audit_has_an_exact_interval() -> None:
    said = [decision(f"p{number}", "yield" if number < 2 else "stop") for number in range(20)]
    said += [decision("x", "yield", task="fragile"), decision("q", "ambiguous")]
    said += [decision("r", "stop"), decision("r", "yield", "Ben"), decision("s", "stop"), decision("s", "withdrawn")]
    found = audit(said)
    assert found.changed is not None
    assert (found.changed.counts, found.changed.n, found.ambiguous, found.conflicts) == ((2,), 21, 1, 1)
    from scipy.stats import binomtest

    low, high = binomtest(2, 21).proportion_ci(method="exact")
    assert (found.changed.low, found.changed.high) == pytest.approx((low, high))


def test_stats_are_told(robustcheck_command: Call, tmp_path: Path) -> None:
    append(
        tmp_path / "r.jsonl",
        [
            decision("a", "yield", blind=True),
            decision("b", "stop"),
            decision("b", "stop", "Ben"),
            decision("c", "stop", "Ben", task="fragile"),
        ],
    )
    done = robustcheck_command("labels", "stats", "r.jsonl")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "4 decisions about 3 pictures: 1 labels changed, 0 ambiguous, 2 confirmed, 0 seen differently"
    assert lines[2].split() == ["Ada", "2", "1", "1", "0", "1"]
    assert "Ada and Ben agree on 1 of 1 pictures, 100.0%; kappa not defined, all labels alike" in lines
    assert lines[-1].startswith("audit: 1 of 2 labels were changed, 50.0% (95% interval 1.3% to 98.7%)")
    (tmp_path / "empty.jsonl").write_text("")
    assert "not known" in robustcheck_command("labels", "stats", "empty.jsonl").out
