"""A kind of case from outside: one file, and nothing else knows of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from robustcheck.domain.how import Fixed, How
from robustcheck.domain.steps import Step
from robustcheck.engine.cache.reference_batch import ReferenceCollector
from robustcheck.engine.kinds.case_kind import KINDS, CaseKind, Drawing, case_kind, kind_of_case
from robustcheck.engine.options import Options
from robustcheck.engine.pipeline.gallery import Gallery
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.engine.runner import nothing
from robustcheck.engine.shard import Shard
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.language import load_project, load_suite
from robustcheck.metrics.records import Observation

PACKAGE = Path(__file__).parents[2] / "robustcheck"


@dataclass(frozen=True)
class EveryOther(How):
    """A shift that every other picture gets."""

    steps: tuple[Step, ...]
    kind = "every_other"

    def canonical(self) -> dict[str, Any]:
        return super().canonical() | {"every": 2}


class EveryOtherKind(CaseKind):
    """Looks at half of the pictures as they are, and at the others shifted."""

    block = 4

    def look(
        self, pipeline: Pipeline, rows: NDArray[np.int64], gallery: Gallery, reference: ReferenceCollector
    ) -> Shard:
        plain = kind_of_case(replace(self.case, how=Fixed(())))
        shifted = kind_of_case(replace(self.case, how=Fixed(self.case.steps)))
        first = plain.look(pipeline, rows[rows % 2 == 0], gallery, reference)
        empty = nothing(pipeline, self.case, {}, every=False)
        return first + shifted.look(pipeline, rows[rows % 2 == 1], empty.gallery, empty.reference)

    def metrics(self, observation: Observation) -> list[str]:
        return ["mean_confidence"]

    def notes(self) -> list[str]:
        return ["every other picture was shifted"]

    def drawings(self) -> tuple[Drawing, ...]:
        return (Drawing(f"{self.case.id} of an odd picture", self.case, self.case.steps),)


@pytest.fixture
def registered() -> Iterator[None]:
    case_kind(EveryOther)(EveryOtherKind)
    yield
    del KINDS[EveryOther]


@pytest.mark.usefixtures("registered")
def test_a_kind_from_outside_is_run_judged_and_drawn(project: Any, tmp_path: Path) -> None:
    suite = load_suite(project(), load_project(tmp_path, tmp_path / "configs"))
    case = replace(suite.cases[1], id="half", how=EveryOther(suite.cases[1].steps))
    mixed = replace(suite, cases=(suite.clean, suite.cases[1], case), overall=())
    run = SuiteRun(mixed, load_project(tmp_path, tmp_path / "configs"), Options(tmp_path, tmp_path / "report"))
    try:
        whole, half = run.case(mixed.cases[1]), run.case(case)
    finally:
        run.close()
    assert half.problems == ()
    assert (half.verdict, half.kind, half.n) == ("pass", "every_other", 24)
    assert half.proof is not None
    assert whole.proof is not None
    assert (half.proof.share_changed, whole.proof.share_changed) == (0.5, 1.0)
    assert "every other picture was shifted" in half.notes
    assert half.digest != whole.digest
    assert [drawing.name for drawing in kind_of_case(case).drawings()] == ["half of an odd picture"]


def test_every_kind_of_the_language_is_known_to_the_engine() -> None:
    import robustcheck.engine.kinds  # noqa: F401

    def below(kind: type[How]) -> Iterator[type[How]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    ours = {one for one in below(How) if one.__module__.startswith("robustcheck.")}
    assert ours == {one for one in KINDS if one.__module__.startswith("robustcheck.")}


def test_nothing_but_a_kind_asks_which_kind_a_case_is() -> None:
    """A test of ``case.kind`` against a word, or of the class of ``case.how``, belongs into the file of that kind."""
    allowed = {
        "domain/corruption_errors.py",  # made of single corruptions
        "domain/how.py",
        "engine/gates/attack_validity.py",  # compares attacks with each other
        "engine/gates/black_box.py",
    }
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name in allowed or name.startswith("engine/kinds/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and ast.unparse(node.left) in ("case.kind", "self.case.kind"):
                words = [part for part in node.comparators if isinstance(part, ast.Constant | ast.Name | ast.Tuple)]
                wrong += [f"{name}:{node.lineno}: {ast.unparse(node)}"] if words else []
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "isinstance"
                and ".how" in ast.unparse(node.args[0])
            ):
                wrong.append(f"{name}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong, "\n".join(wrong)
