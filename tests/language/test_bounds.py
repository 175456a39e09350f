"""A suite cannot loosen what ``configs/`` declare."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from writing import MODELS, make_project, text_of

from robustcheck.core.errors import SuiteError
from robustcheck.core.units import Quantity
from robustcheck.domain.suite import Suite, declared_of
from robustcheck.language import load_project, load_suite

Load = Callable[..., Suite]
PINNED = "digest: " + "a" * 64


def read(
    root: Path, *, entry: str = "", declared: str = "", options: dict[str, str] | None = None, **parts: str
) -> Suite:
    """Read a suite in a project whose entries say something more."""
    make_project(root)
    rest = f", {entry}" if entry else ""
    data = f"pictures: {{kind: imagefolder, path: pictures{rest}}}\nmore: {{kind: signs}}\n"
    (root / "configs" / "data.yaml").write_text(data)
    if declared:
        models = MODELS.replace("input: {size: 32", f"declared: {{pictures: {declared}}}, input: {{size: 32")
        (root / "configs" / "models.yaml").write_text(models)
    suite = root / "suites" / "a.yaml"
    suite.write_text(text_of(**parts))
    return load_suite(suite, load_project(root, root / "configs"), environment={}, **(options or {}))  # type: ignore[arg-type]


LABELS = "{overlay: r.jsonl, max_changed: %s}"
ALLOWED: dict[str, tuple[str, dict[str, str]]] = {
    # What the entry of the data says, and what the suite asks for.
    "nothing asked": ("", {}),
    "the default": ("", {"max_unreadable": "1%"}),
    "none at all": ("max_unreadable: 0", {"max_unreadable": "0"}),
    "less": ("max_unreadable: 5%", {"max_unreadable": "2%"}),
    "as much": ("max_unreadable: 5%", {"max_unreadable": "5%"}),
    "a number": ("max_unreadable: 7", {"max_unreadable": "7"}),
    "a number against a share": ("max_unreadable: 1%", {"max_unreadable": "7"}),
    "a share against a number": ("max_unreadable: 7", {"max_unreadable": "50%"}),
    "labels without a digest": ("", {"labels": LABELS % "100%"}),
    "labels with a digest": (PINNED, {"labels": LABELS % "2%"}),
    "labels, allowed beside the digest": (f"{PINNED}, max_changed: 20%", {"labels": LABELS % "20%"}),
}
REFUSED: dict[str, tuple[str, dict[str, str], str]] = {
    "more than the default": (
        "",
        {"max_unreadable": "1.5%"},
        "7:1: max_unreadable is 1.5%, more than the 1% that configs/data.yaml:1:1 allows of pictures; ask for at most 1%, or have "
        "max_unreadable: 1.5% allowed there",
    ),
    "nearly all": (
        "",
        {"max_unreadable": "99%"},
        "7:1: max_unreadable is 99%, more than the 1% that configs/data.yaml:1:1 allows of pictures; ask for at most 1%, or have "
        "max_unreadable: 99% allowed there",
    ),
    "a larger number": (
        "max_unreadable: 3",
        {"max_unreadable": "4"},
        "7:1: max_unreadable is 4, more than the 3 that configs/data.yaml:1:1 allows of pictures; ask for at most 3, or have "
        "max_unreadable: 4 allowed there",
    ),
    "any where none may be": (
        "max_unreadable: 0%",
        {"max_unreadable": "1%"},
        "7:1: max_unreadable is 1%, more than the 0% that configs/data.yaml:1:1 allows of pictures; ask for at most 0%, or have "
        "max_unreadable: 1% allowed there",
    ),
    "labels that a digest declares": (
        PINNED,
        {"labels": LABELS % "3%"},
        "7:28: max_changed is 3%, more than the 2% that configs/data.yaml:1:1 allows of pictures; ask for at most 2%, or have "
        "max_changed: 3% allowed there",
    ),
    "more labels than allowed": (
        "max_changed: 1%",
        {"labels": "{overlay: r.jsonl}"},
        "7:9: max_changed is 2%, more than the 1% that configs/data.yaml:1:1 allows of pictures; ask for at most 1%, or have "
        "max_changed: 2% allowed there",
    ),
    "a wide tolerance": (
        "",
        {"clean": "{declared: 97%, tolerance: 5.1pp}"},
        "7:35: tolerance must be between 0pp and 5pp, not 5.1pp",
    ),
    "a tolerance of all": (
        "",
        {"clean": "{declared: 97%, tolerance: 100pp}"},
        "7:35: tolerance must be between 0pp and 5pp, not 100pp",
    ),
}


def at_the_end(parts: dict[str, str]) -> dict[str, str]:
    """Return the parts in the order in which they are written: those of the table in the sixth line."""
    return {"checks": "[{shift: camera.pitch, pitch: 15deg, expect: {accuracy: '>= 85%'}}]", "expect": None, **parts}  # type: ignore[dict-item]


@pytest.mark.parametrize("case", ALLOWED)
def test_what_a_suite_may_ask_for(case: str, tmp_path: Path) -> None:
    entry, parts = ALLOWED[case]
    assert read(tmp_path, entry=entry, **parts).data == "pictures"


@pytest.mark.parametrize("case", REFUSED)
def test_what_it_may_not(case: str, tmp_path: Path) -> None:
    entry, parts, says = REFUSED[case]
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, entry=entry, **at_the_end(parts))
    (problem,) = caught.value.problems
    assert f"{problem.where}: {problem.message}" == f"suites/a.yaml:{says}"


def test_a_base_brings_no_more(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "base.yaml").write_text("max_unreadable: 50%\n")
    suite = tmp_path / "suites" / "a.yaml"
    suite.write_text("extends: ../base.yaml\n" + text_of())
    with pytest.raises(SuiteError, match=r"^base\.yaml:1:1: RC606 max_unreadable is 50%, more than the 1%"):
        load_suite(suite, load_project(tmp_path, tmp_path / "configs"))


def test_the_data_that_are_chosen_decide(tmp_path: Path) -> None:
    parts = {"entry": "max_unreadable: 30%", "max_unreadable": "30%"}
    read(tmp_path, **parts)
    with pytest.raises(SuiteError, match=r"more than the 1% that configs/data\.yaml:2:1 allows of more"):
        read(tmp_path, options={"data": "more"}, **parts)


def declared(suite: Suite, root: Path) -> list[tuple[str, str]]:
    project = load_project(root, root / "configs")
    claims = declared_of(suite.declared, project.models[suite.model], suite.data)
    return [(str(claim.accuracy), str(claim.tolerance)) for claim in claims]


@pytest.mark.parametrize(
    ("entry", "clean", "holds"),
    [
        ("", "", []),
        ("97%", "", [("97%", "0.5pp")]),
        ("", "{declared: 96%, tolerance: 5pp}", [("96%", "5pp")]),
        ("97%", "{declared: 97%, tolerance: 5pp}", [("97%", "0.5pp")]),
        ("97%", "{declared: 97%, tolerance: 0.2pp}", [("97%", "0.2pp")]),
        ("97%", "{declared: 96%, tolerance: 5pp}", [("97%", "0.5pp"), ("96%", "5pp")]),
        ("97%", "{declared: 97.8%}", [("97%", "0.5pp"), ("97.8%", "0.5pp")]),
    ],
)
def test_both_declared_accuracies_hold(entry: str, clean: str, holds: list[tuple[str, str]], tmp_path: Path) -> None:
    suite = read(tmp_path, declared=entry, **({"clean": clean} if clean else {}))
    assert declared(suite, tmp_path) == holds


def test_what_a_suite_declares_is_of_its_own_model_and_data(tmp_path: Path) -> None:
    parts = {"declared": "97%", "clean": "{declared: 97.8%}"}
    assert declared(read(tmp_path, options={"data": "more"}, **parts), tmp_path) == []
    assert len(declared(read(tmp_path, options={"data": "pictures"}, **parts), tmp_path)) == 2


def test_two_that_exclude_each_other_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, declared="97%", **at_the_end({"clean": "{declared: 50%, tolerance: 5pp}"}))
    assert str(caught.value) == (
        "suites/a.yaml:7:9: RC606 declared is 50% within 5pp, and the model's entry declares 97% within 0.5pp (configs/models.yaml:2:1): "
        "both must be reproduced, and no accuracy reproduces both; correct the one that is wrong"
    )


def test_entries_say_how_much(tmp_path: Path) -> None:
    make_project(tmp_path)
    entry = load_project(tmp_path, tmp_path / "configs").data["pictures"]
    assert (entry.max_unreadable, entry.max_changed) == (Quantity(1, "%"), None)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("max_unreadable: 100%", "max_unreadable must be below 100%"),
        ("max_unreadable: -1", "max_unreadable must be at least 0"),
        (
            "max_unreadable: 1.5",
            "max_unreadable is a number of pictures or a share; write a whole number, or one with %",
        ),
        ("max_unreadable: many", "max_unreadable must be a number with the unit % (share, in percent)"),
        ("max_changed: 2", "max_changed needs a unit"),
        ("max_changed: 101%", "max_changed must be between 0% and 100%"),
    ],
)
def test_malformed_entries(entry: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, entry=entry)
    assert says in str(caught.value)
    assert str(caught.value).startswith("configs/data.yaml:1:")
