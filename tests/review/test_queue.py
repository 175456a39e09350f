"""Whom the review asks about, and in which order."""

from __future__ import annotations

import math

import pytest
from reviewed import report, seen

from robustcheck.review.queue import Asked, build_queue, named_pairs

ATTACKED = {"id": "attack", "attack": {"targeted": {"stop": "yield"}}}


def test_each_picture_stands_once_under_its_first_reason_and_in_the_order_of_reasons() -> None:
    rows = {
        "clean": seen(
            "clean", [("a", 0, 0, 0.9), ("b", 0, 0, 0.9), ("c", 1, 1, 0.9), ("d", 2, 0, 0.8), ("e", 2, 2, 0.9)]
        ),
        "dark": seen("dark", [("a", 0, 1, 0.6), ("b", 0, 2, 0.3), ("c", 1, 0, 0.7), ("d", 2, 0, 0.8)]),
        "attack": seen("attack", [("a", 0, 1, 0.7), ("b", 0, 1, 0.95)]),
    }
    residuals = {
        "label_suspects": {"pictures": [{"id": "d", "predicted": "stop", "confidence": 0.8}]},
        "edge_cases": {"pictures": [{"id": "a", "case": "dark", "predicted": "yield", "confidence": 0.6}]},
        "fragile": {"pictures": [{"id": "c", "predicted": "yield", "confidence": 0.9, "broken": 2, "of": 3}]},
    }
    told = report(
        {"id": "clean"}, {"id": "dark"}, ATTACKED, review={"thresholds": {"dark": 0.75, "gone": 0.9, "clean": None}}
    )
    queue = build_queue(told, rows, residuals, audit_fraction=0.1)
    assert [(one.id, one.task, one.case) for one in queue] == [
        ("b", "confusion", "attack"),  # the surest mistake first
        ("a", "confusion", "attack"),
        ("c", "low_confidence", "dark"),
        ("d", "label_suspects", "clean"),
        ("e", "audit", "clean"),
    ]
    assert queue[1] == Asked("a", "confusion", "attack", "yield", 0.7)


def test_any_case_may_confuse_a_pair_that_the_suite_names() -> None:
    told = report({"id": "dark", "expectations": [{"metric": "confusion[yield, speed]"}, {"metric": "accuracy"}]})
    queue = build_queue(told, {"dark": seen("dark", [("a", 1, 2, 0.5), ("b", 2, 1, 0.5)])}, None, audit_fraction=0.1)
    assert [(one.id, one.task) for one in queue] == [("a", "confusion")]


@pytest.mark.parametrize(
    ("metric", "pairs"),
    [
        ("confusion[a, b, c]", {("a, b", "c")}),
        ("targeted_success[c, a, b]", {("c", "a, b")}),
        ("confusion[c, d]", set()),
        ("class_accuracy[c]", set()),
    ],
)
def test_names_with_commas_are_told_apart(metric: str, pairs: set[tuple[str, str]]) -> None:
    told = report({"id": "x", "expectations": [{"metric": metric}]}, names=("a, b", "c"))
    assert named_pairs(told) == pairs


@pytest.mark.parametrize("count", [1, 9, 10, 11, 95])
@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.25, 1.0])
def test_the_audit_is_at_least_its_share_of_the_agreed_pictures(count: int, fraction: float) -> None:
    rows = seen("clean", [(f"p{number}", 0, 0, 0.9) for number in range(count)] + [("wrong", 0, 1, 0.4)])
    queue = build_queue(report({"id": "clean"}), {"clean": rows}, None, audit_fraction=fraction)
    assert {one.task for one in queue} <= {"audit"}
    assert len(queue) == math.ceil(count * fraction)
    assert "wrong" not in {one.id for one in queue}


def test_the_audit_is_random_and_the_same_every_time() -> None:
    ids = [f"p{number:03}" for number in range(200)]
    told = report({"id": "clean"})

    def audited(order: list[str], seed: int) -> list[str]:
        rows = {"clean": seen("clean", [(name, 0, 0, 0.9) for name in order])}
        return [one.id for one in build_queue({**told, "seed": seed}, rows, None, audit_fraction=0.2)]

    first = audited(ids, 7)
    assert audited(ids[::-1], 7) == first
    assert audited(ids, 8) != first
    # Its order is random too, so that a review that ends early has still seen a random part.
    assert first != sorted(first)
    halves = [sum(name < "p100" for name in audited(ids, seed)) for seed in range(200)]
    assert 18 < sum(halves) / len(halves) < 22


def test_a_limit_keeps_the_audits_share() -> None:
    rows = seen("clean", [(f"p{number:02}", 0, 0, 0.9) for number in range(60)])
    suspects = [{"id": f"p{number:02}", "predicted": "yield", "confidence": 0.9} for number in range(20)]
    residuals = {"label_suspects": {"pictures": suspects}, "edge_cases": {"pictures": []}, "fragile": {"pictures": []}}
    queue = build_queue(report({"id": "clean"}), {"clean": rows}, residuals, audit_fraction=0.1, limit=10)
    assert [one.task for one in queue] == ["label_suspects"] * 9 + ["audit"]
    few = build_queue(report({"id": "clean"}), {"clean": rows}, residuals, audit_fraction=0.1, limit=22)
    assert [one.task for one in few].count("audit") == 3
    assert len(few) == 22
