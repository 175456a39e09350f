"""A reviewer at work: what is asked, decided, skipped and taken back, and what a restart finds."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from reviewed import decision, session

from robustcheck.core.errors import DataError, RobustcheckError
from robustcheck.data.labels.overlay import append, read
from robustcheck.review.ledger import Ledger
from robustcheck.review.session import Refused, check_reviewer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.jsonl"


def item(work: Any) -> Any:
    return work.state()["item"]


def test_a_decision_is_a_line_with_all_that_was_known(path: Path) -> None:
    work = session(path)
    work.decide(0, "yield", " it is one ")
    (line,) = path.read_text().splitlines()
    found = json.loads(line)
    assert found.pop("at").endswith("+00:00")
    assert found == {
        "sha256": work.ground.contents["p0"],
        "id": "p0",
        "original": "stop",
        "label": "yield",
        "reviewer": "Ada",
        "reason": "it is one",
        "task": "edge_cases",
        "model_digest": "1" * 64,
        "blind": False,
    }
    assert (item(work)["place"], work.state()["done"]) == (1, 1)


def test_a_restart_goes_on_where_it_was(path: Path) -> None:
    work = session(path)
    work.confirm(0, "")
    work.decide(1, "ambiguous", "")
    again = session(path)
    assert (item(again)["place"], again.state()["done"], again.state()["reasons"]) == (2, 2, [["edge_cases", 2, 4]])


def test_nothing_is_decided_twice(path: Path) -> None:
    work = session(path)
    work.confirm(0, "")
    with pytest.raises(Refused, match="decided already"):
        work.confirm(0, "")
    assert len(path.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("place", "label", "reason"),
    [(9, "stop", ""), (-1, "stop", ""), (0, "withdrawn", ""), (0, "x", ""), (0, "stop", "x" * 2001)],
)
def test_what_is_no_decision_is_refused(path: Path, place: int, label: str, reason: str) -> None:
    with pytest.raises(Refused):
        session(path).decide(place, label, reason)
    assert not path.exists()


def test_undo_takes_back_one_after_the_other_and_asks_again(path: Path) -> None:
    work = session(path)
    for place in range(3):
        work.decide(place, "yield", "")
    work.undo()
    assert item(work)["place"] == 2
    work.undo()
    assert item(work)["place"] == 1
    assert [one.label for one in read(path)] == ["yield"] * 3 + ["withdrawn"] * 2
    work.confirm(1, "")
    work.confirm(2, "")
    assert item(work)["place"] == 3
    # A restart knows what may still be taken back.
    again = session(path)
    again.undo()
    assert item(again)["place"] == 2
    for _ in range(2):
        again.undo()
    assert not again.state()["undoable"]
    with pytest.raises(Refused, match="no decision"):
        again.undo()


def test_what_is_skipped_comes_last_and_comes_back(path: Path) -> None:
    work = session(path, 3)
    work.skip(0)
    assert item(work)["place"] == 1
    work.confirm(1, "")
    work.confirm(2, "")
    assert (item(work)["place"], item(work)["skipped"], work.state()["skipped"]) == (0, True, 1)
    work.confirm(0, "")
    assert (item(work), work.state()["skipped"]) == (None, 0)


def test_one_reviewer_is_enough_unless_the_suite_asks_for_more(path: Path) -> None:
    session(path, reviewer="Ben").confirm(0, "")
    assert item(session(path))["place"] == 1
    two = session(path, reviewers_min=2)
    assert item(two)["place"] == 0
    two.confirm(0, "")
    assert item(session(path, reviewers_min=2, reviewer="Cid"))["place"] == 1


def test_names_that_differ_in_case_are_one_reviewer(path: Path) -> None:
    session(path, reviewers_min=2).confirm(0, "")
    assert item(session(path, reviewers_min=2, reviewer=" ADA "))["place"] == 1


def test_decisions_of_others_are_seen_at_once(path: Path) -> None:
    work, other = session(path), session(path, reviewer="Ben")
    assert item(work)["place"] == item(other)["place"] == 0
    other.confirm(0, "")
    assert item(work)["place"] == 1


def test_an_adjudicator_is_asked_about_conflicts_only(path: Path) -> None:
    append(path, [decision("p1", "stop", "Ben"), decision("p1", "yield", "Cid"), decision("p2", "stop", "Ben")])
    assert item(session(path, reviewers_min=2))["place"] == 0
    work = session(path, adjudicate=True)
    assert item(work) | {"id": "p1", "task": "adjudication", "said": [["Ben", "stop"], ["Cid", "yield"]]} == item(work)
    work.decide(0, "yield", "")
    assert item(work) is None
    work.undo()
    assert item(work)["id"] == "p1"
    work.confirm(0, "")
    assert [one.task for one in read(path)][-1] == "adjudication"
    assert session(path, adjudicate=True).state()["all"] == 0


def test_a_blind_state_tells_nothing_of_label_prediction_name_or_reason(path: Path) -> None:
    work = session(path, 8, blind=True)
    assert item(work).keys() == {"place", "perturbed", "skipped"}
    assert "reasons" not in work.state()
    assert [one.id for one in work.queue] != sorted(one.id for one in work.queue)
    with pytest.raises(Refused, match="hidden"):
        work.confirm(0, "")
    work.decide(0, "stop", "")
    assert read(path)[0].blind


def test_a_torn_line_is_cut_and_the_rest_kept(path: Path) -> None:
    session(path).confirm(0, "")
    with path.open("ab") as file:
        file.write(b'{"sha256": "12')
    ledger = Ledger(path)
    assert ledger.cut == b'{"sha256": "12'
    assert len(ledger.decisions()) == 1
    assert item(session(path))["place"] == 1


def test_a_damaged_line_is_named_by_its_place(path: Path) -> None:
    work = session(path)
    work.confirm(0, "")
    with path.open("ab") as file:
        file.write(b"nonsense\n")
    with pytest.raises(DataError, match=r"reviews\.jsonl:2: "):
        work.state()


def test_an_overlay_that_was_replaced_is_read_anew(path: Path) -> None:
    work = session(path)
    for place in range(3):
        work.confirm(place, "")
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert work.state()["done"] == 1


@pytest.mark.parametrize("name", ["", " \n ", "a\x00b", "\x1b[31m", "Ambiguous"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(RobustcheckError, match="--reviewer"):
        check_reviewer(name)


def _decide_all(path: Path, reviewer: str, count: int) -> None:
    work = session(path, count, reviewer=reviewer, reviewers_min=2)
    for place in range(count):
        work.decide(place, "yield", "reason " * 100)


def test_two_reviewers_at_once_tear_no_line_and_lose_none(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_decide_all, args=(path, name, 60)) for name in ("Ada", "Ben")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    found = read(path)
    assert len(found) == 120
    assert len({(one.id, one.reviewer) for one in found}) == 120
