"""Beside the model: a changed shift, metric, data set or break point is seen, and what a stale cache answered is asked again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_project import make_project
from test_cache_of_a_changed_model import NewProcesses, edit, numbers

import robustcheck
from robustcheck.core import registry
from robustcheck.engine.cache import cache_keys as keys
from robustcheck.engine.cache.probe import other_logits
from robustcheck.engine.cache.project_code import imported_files
from robustcheck.engine.cache.reference_batch import MOST
from robustcheck.engine.options import Options
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.language import load_project, load_suite

PLAIN = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
expect: {accuracy: ">= 1%"}
checks:
"""
EXTENSION = """
import pathlib
import numpy as np
import aside
from robustcheck import shift
from robustcheck.core.units import Percent


@shift("own.veil")
def veil(image, *, share: Percent):
    \"\"\"Veils.\"\"\"
    lift = float((pathlib.Path(__file__).parent / "lift.txt").read_text()) if share > 0.5 else aside.LIFT
    return np.clip(image + np.float32(lift), 0, 255).astype(np.uint8)
"""


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewProcesses]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    found = NewProcesses(tmp_path)
    yield found
    found.forget()


def write(root: Path, checks: str, **parts: Any) -> None:
    make_project(root, suite=PLAIN + checks, each=4, **parts)


LIMIT = """
  - find_limit: {shift: light.exposure, param: stops, from: 0ev, to: 3ev, resolution: 0.25ev, until: {accuracy: "< 50%"}}
    expect: {limit: ">= 0.1ev"}
"""
EARLY = """
  - {shift: light.exposure, stops: 0.1ev, decide: anytime, expect: {accuracy: ">= 10%"}}
"""
LEAN = """

_build = build


def build():
    import pathlib
    model = _build()
    path = pathlib.Path(__file__).parent / "lean.txt"
    model.register_forward_pre_hook(lambda module, inputs: (inputs[0] + float(path.read_text()),))
    return model
"""


@pytest.mark.parametrize(
    ("checks", "suite"),
    [(LIMIT, ""), (EARLY, ""), ("  - {attack: pgd, eps: 1/255, steps: 3}\n  - {attack: deepfool, eps: 4/255}\n", "")],
    ids=["break point", "early stop", "attacks"],
)
def test_a_file_read_in_forward_is_seen_by_every_kind_of_case(
    checks: str, suite: str, tmp_path: Path, processes: NewProcesses
) -> None:
    write(tmp_path, checks)
    (tmp_path / "tiny.py").write_text((tmp_path / "tiny.py").read_text() + LEAN)
    (tmp_path / "lean.txt").write_text("0.0")
    first = processes.run()
    assert {case.verdict for case in first.cases} == {"pass"}
    again = processes.run(batch_size=16)
    assert all(case.cached and 0 < case.forwards <= MOST and not case.backwards for case in again.cases)
    assert numbers(first) == numbers(again)
    (tmp_path / "lean.txt").write_text("0.3")
    second = processes.run()
    assert not any(case.cached for case in second.cases)
    assert numbers(second) == numbers(processes.run(cache=False)) != numbers(first)


def test_what_a_stale_cache_answered_earlier_is_asked_again(tmp_path: Path, processes: NewProcesses) -> None:
    """The clean case and the first check are as they were; the last one shows that something changed."""
    write(tmp_path, "  - {shift: light.exposure, stops: 0.1ev}\n  - {shift: own.veil, share: 60%}\n")
    (tmp_path / "own.py").write_text(EXTENSION)
    (tmp_path / "aside.py").write_text("LIFT = 1.0\n")
    (tmp_path / "lift.txt").write_text("1.0")
    with registered(tmp_path):
        suite = load_suite(tmp_path / "suites/greys.yaml", load_project(tmp_path, tmp_path / "configs"))
        first = [answer(tmp_path, case.id) for case in suite.cases]
        (tmp_path / "lift.txt").write_text("120.0")
        run = opened(tmp_path)
        clean, dusk, veil = suite.cases
        assert run.case(clean).cached
        assert run.case(dusk).cached
        assert run.revised() == {}
        found = run.case(veil)
        assert not found.cached
        assert found.metrics["accuracy"].value < first[2].metrics["accuracy"].value
        revised = run.revised()
        assert list(revised) == [clean.id, dusk.id]
        assert not any(result.cached for result in revised.values())
        assert run.case(clean) is revised[clean.id]
        assert any("pictures of own.veil" in note for note in run.identity()["notes"])
        run.close()


def opened(root: Path) -> SuiteRun:
    project = load_project(root, root / "configs")
    suite = load_suite(root / "suites/greys.yaml", project)
    return SuiteRun(suite, project, Options(root, root / "report", device="cpu"))


def answer(root: Path, name: str) -> Any:
    run = opened(root)
    found = run.case(next(case for case in run.suite.cases if case.id == name))
    run.close()
    return found


class registered:  # noqa: N801 - reads as a statement
    """Has the shift of the project registered, as its distribution's entry point would."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __enter__(self) -> None:
        import importlib

        importlib.invalidate_caches()
        importlib.import_module("own")

    def __exit__(self, *_: object) -> None:
        registry.shifts._entries.pop("own.veil", None)


def test_a_helper_of_ones_own_shift_is_part_of_the_key(tmp_path: Path, processes: NewProcesses) -> None:
    write(tmp_path, "  - {shift: own.veil, share: 10%}\n")
    (tmp_path / "own.py").write_text(EXTENSION)
    (tmp_path / "aside.py").write_text("LIFT = 1.0\n")
    (tmp_path / "lift.txt").write_text("1.0")
    found = []
    for lift in ("1.0", "1.0", "90.0"):
        processes.forget()
        (tmp_path / "aside.py").write_text(f"LIFT = {lift}\n")
        with registered(tmp_path):
            found.append(processes.run.__func__(Kept(tmp_path)))  # type: ignore[attr-defined]
    assert [case.cached for run in found for case in run.cases] == [False, False, True, True, False, False]
    assert numbers(found[1]) == numbers(found[0]) != numbers(found[2])


class Kept(NewProcesses):
    """Runs the suite with the modules that are there."""

    def forget(self) -> None:
        """Let go of nothing."""


SOURCE = """
import aside
import numpy as np


class Greys:
    digest = "said by whoever wrote it"

    def __len__(self):
        return 12

    def __getitem__(self, place):
        centre = (51, 128, 204)[place % 3]
        picture = np.full((24, 20, 3), centre, np.uint8)
        return f"{place}", np.clip(picture + np.float32(aside.LIFT), 0, 255).astype(np.uint8), ("dark", "middle", "bright")[place % 3]


def greys():
    return Greys()
"""


@pytest.mark.parametrize(
    "lift", ["60.0", "__import__('pathlib').Path(__file__).with_name('lift.txt').read_text().count('x') * 60.0"]
)
def test_a_helper_of_ones_own_data_set_is_seen(lift: str, tmp_path: Path, processes: NewProcesses) -> None:
    """Even where the data set's own digest says that nothing changed."""
    write(
        tmp_path, "  - {shift: light.exposure, stops: 0.1ev}\n", data="\ngreys: {kind: python, factory: 'own:greys'}\n"
    )
    (tmp_path / "own.py").write_text(SOURCE)
    (tmp_path / "lift.txt").write_text("")
    (tmp_path / "aside.py").write_text("LIFT = 0.0\n" if lift == "60.0" else f"LIFT = {lift}\n")
    first = processes.run()
    (tmp_path / "lift.txt").write_text("x")
    (tmp_path / "aside.py").write_text(f"LIFT = {lift}\n")
    second = processes.run()
    assert not any(case.cached for case in second.cases)
    assert numbers(second)["clean"] < numbers(first)["clean"] == 1


def test_an_editable_installation_counts_as_a_file_of_the_project(
    tmp_path: Path, processes: NewProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, elsewhere = tmp_path / "project", tmp_path / "venv" / "src" / "lib"
    monkeypatch.syspath_prepend(root)
    write(root, "  - {shift: light.exposure, stops: 0.1ev}\n")
    elsewhere.mkdir(parents=True)
    (elsewhere / "aside.py").write_text("LEAN = 0.0\n")
    monkeypatch.syspath_prepend(elsewhere)
    edit(root / "tiny.py", "import torch", "import torch, aside")
    edit(root / "tiny.py", "+ self.lean", "+ aside.LEAN")
    for lean, cached in (("0.0", False), ("0.0", True), ("0.5", False)):
        (elsewhere / "aside.py").write_text(f"LEAN = {lean}\n")
        processes.forget()
        found = robustcheck.run_suite("suites/greys.yaml", root=root, device="cpu")
        assert {case.cached for case in found.cases} == {cached}
        listed = {one["name"] for one in found.document["suites"][0]["inputs"] if one["role"] == "code"}
        assert "tiny.py" in listed
        assert not any("aside" in name for name in listed)
    assert numbers(found)["clean"] < 1


def test_a_file_that_was_changed_after_it_was_imported_is_an_error(tmp_path: Path, processes: NewProcesses) -> None:
    write(tmp_path, "  - {shift: light.exposure, stops: 0.1ev}\n")
    assert processes.run().verdict == "pass"
    edit(tmp_path / "tiny.py", "0.5, 0.8", "0.5, 0.81")
    found = robustcheck.run_suite("suites/greys.yaml", root=tmp_path, device="cpu")
    assert {case.verdict for case in found.cases} == {"error"}
    assert "tiny.py was changed after it was imported" in found.cases[0].problems[0]


def test_installed_code_is_told_apart_by_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from robustcheck.engine.cache import distributions

    site = tmp_path / "lib" / "site-packages"
    (site / "thing-1.0.dist-info").mkdir(parents=True)
    (site / "thing").mkdir()
    (site / "thing" / "__init__.py").write_text("")
    (site / "loose_one.py").write_text("A = 1\n")
    before = distributions.installed()
    monkeypatch.syspath_prepend(site)
    found = {before}
    for record in ("thing/__init__.py,sha256=a,0\n", "thing/__init__.py,sha256=b,0\n"):
        (site / "thing-1.0.dist-info" / "RECORD").write_text(record)
        (site / "thing-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        distributions._installed.cache_clear()
        found.add(distributions.installed())
    assert len(found) == 3
    import importlib

    for name in ("thing", "loose_one"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.import_module(name)
    names = [Path(one.name).name for one in imported_files(tmp_path / "project")]
    assert "loose_one.py" in names, "no distribution lists it"
    assert not [one for one in imported_files(tmp_path / "project") if "/thing/" in one.name]
    for name in ("thing", "loose_one"):
        sys.modules.pop(name, None)


def test_only_what_cannot_decide_is_left_out_of_the_key_of_our_own_code() -> None:
    """Nothing that counts imports what does not; all else that the package holds counts."""
    import ast

    root = Path(keys.__file__).parents[2]
    deciding = keys.deciding_files()
    names = {path.relative_to(root).as_posix() for path in deciding}
    assert {
        "core/registry.py",
        "core/facts.py",
        "core/units.py",
        "domain/config.py",
        "shifts/albumentations_2_0_8.json",
    } <= names
    assert {"engine/cache/probe.py", "demo/network.py", "metrics/records.py", "models/identity.py"} <= names
    assert not {
        name
        for name in names
        if name.startswith(("cli/", "report/", "review/", "pytest_plugin/", "provenance/", "runs/", "session/"))
    }
    left_out = {f"robustcheck.{name.removesuffix('.py').replace('/', '.')}" for name in keys.NOT_DECIDING}
    # The door, which only hands on; a script; and the gate, which asks for advice once all records are there.
    allowed = {("__init__.py", f"robustcheck.{name}") for name in ("api", "provenance")}
    allowed |= {
        ("demo/train.py", "robustcheck.provenance"),
        ("engine/gates/clean_gate.py", "robustcheck.engine.tools"),
    }
    for path in deciding:
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                wrong = next((name for name in left_out if module == name or module.startswith(f"{name}.")), None)
                name = path.relative_to(root).as_posix()
                assert wrong is None or (name, wrong) in allowed, f"{name} imports {module}"


@pytest.mark.parametrize(
    ("change", "other"),
    [
        (lambda logits: logits, 0),
        (lambda logits: logits + 1e-6 * np.ptp(logits), 0),
        (lambda logits: logits + 0.9e-4 * np.ptp(logits), 0),
        (lambda logits: logits + 2e-4 * np.ptp(logits), 3),
        (lambda logits: logits[:, [1, 0, 2]], 2),
        (lambda logits: np.full_like(logits, np.nan), 3),
        (lambda logits: logits + np.array([[0], [1], [0]], np.float32), 1),
    ],
)
def test_which_logits_are_others(change: Callable[[Any], Any], other: int) -> None:
    logits = np.array([[0, 5, 10], [9, 2, 3], [4, 4 - 1e-6, 0]], np.float32)
    assert int(other_logits(logits, change(logits).astype(np.float32)).sum()) == other


@pytest.mark.parametrize("masked", [1, 3, 900])
@pytest.mark.parametrize("mask", [-1e4, -65504.0, -1e9, -3e38])
def test_a_masked_class_makes_no_difference_small(mask: float, masked: int) -> None:
    logits = np.array([[0, 5, 10], [9, 2, 3], [4, 1, 0]], np.float32)
    column = np.full((3, masked), mask, np.float32)
    kept = np.concatenate([logits, column], axis=1)
    assert other_logits(kept, np.concatenate([logits[:, ::-1], column], axis=1)).sum() == 3
    assert other_logits(kept, np.concatenate([logits + np.float32(0.02), column], axis=1)).sum() == 3
    assert (
        other_logits(kept, np.concatenate([logits + np.float32(1e-5), column * np.float32(1 - 1e-6)], axis=1)).sum()
        == 0
    )
    revealed = kept.copy()
    revealed[0, -1] = 11
    assert other_logits(kept, revealed).tolist() == [True, False, False]
