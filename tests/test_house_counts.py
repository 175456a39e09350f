"""The counts of how the package is built, on a small one that was written to be counted."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.house_counts import Count, counts_of, cycle_of, read_modules, table_of

SOURCES = {
    "__init__.py": "from robustcheck.api import run\n",
    "units.py": "from typing import Any\n\ndef unit(text: Any) -> Any:\n    return text\n",
    "api.py": "from robustcheck.engine import run\nimport robustcheck.units\n",
    "engine/__init__.py": "",
    "engine/run.py": """
        from dataclasses import dataclass
        from typing import ClassVar
        from numpy.typing import NDArray
        from robustcheck import units

        @dataclass(frozen=True)
        class Rows:
            names: tuple[str, ...]

        @dataclass
        class Wide:
            CLASS: ClassVar[int] = 1
            first: NDArray[int]
            second: NDArray[int] | None
            third: int

        class One:
            only: NDArray[int]

        Columns = dict[str, int]

        def run(case):
            def inner():
                from ..report import table
                return table
            return case.kind == "attack"
        """,
    "engine/table.py": "def use(record):\n    return record.predicted\n",
    "engine/kinds.py": """
        FIXED = ("shift",)
        def first(case): return case.kind in FIXED
        """,
    "engine/truth.py": "def has(case):\n    return 1 if case.attack else 2\n",
    "engine/none.py": "def has(self):\n    return self.case.limit is not None\n",
    "engine/match.py": "def of(case):\n    match case.kind:\n        case 'combine' | 'shift':\n            return 1\n",
    "engine/other.py": """
        def of(entry, parameter, case, suite):
            if entry.kind == "imagefolder" or parameter.kind in ("quantity", "integer") or suite.attack:
                return case.attack
        """,
    "report/__init__.py": "",
    "report/table.py": """
        from typing import Any, Literal
        Kind = Literal["shift"]
        def shown(case: dict[str, Any]):
            case["told"] = case["n"] + case["rank"] + case[0] + case["kind"]
        """,
    "attacks/pgd.py": "def step(logits, label):\n    return logits\n",
    "demo/network.py": "def forward(x):\n    logits = x\n    return logits\n",
}


@pytest.fixture
def counts(tmp_path: Path) -> Mapping[str, Count]:
    for path, source in SOURCES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(textwrap.dedent(source), encoding="utf-8")
    return counts_of(read_modules(tmp_path))


def test_what_is_counted_by_module_has_names(counts: Mapping[str, Count]) -> None:
    assert counts["modules"].shown == str(len(SOURCES))
    assert counts["classification"] == Count("2", ("engine/table.py", "report/table.py"))
    asked = [f"engine/{name}.py" for name in ("kinds", "match", "none", "run", "truth")]
    assert counts["case kind"] == Count("5", tuple(asked))
    rows = [f"engine/run.py::{name}" for name in ("Rows", "Wide", "Columns")]
    assert sorted(counts["row forms"].members) == sorted(rows)


def test_what_is_counted_in_all(counts: Mapping[str, Count]) -> None:
    lines = sum(len(textwrap.dedent(source).splitlines()) for source in SOURCES.values())
    assert counts["lines"].shown == str(lines)
    assert counts["string subscripts"].shown == "3"
    assert counts["Any per 1,000 lines"].shown == f"{3000 / lines:.1f}"
    assert counts["stems that collide"] == Count("1", ("table",))


def test_the_longest_and_the_widest(counts: Mapping[str, Count]) -> None:
    assert counts["longest function"].shown == "5 (engine/run.py::run)"
    assert counts["widest dataclass"].shown == "3 (engine/run.py::Wide)"


def test_arrows_between_parts(counts: Mapping[str, Count]) -> None:
    assert counts["import arrows"].members == ("api -> core", "api -> engine", "engine -> core", "engine -> report")
    assert counts["cycle"].shown == "none"


@pytest.mark.parametrize(
    ("graph", "ring"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, ()),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ("b", "c", "b")),
        ({"a": {"b", "c"}, "b": {"c"}, "c": set()}, ()),
    ],
)
def test_a_ring_is_named(graph: Mapping[str, set[str]], ring: tuple[str, ...]) -> None:
    assert cycle_of(graph) == ring


def test_two_columns_stand_side_by_side() -> None:
    assert table_of({"before": {"modules": Count("12")}, "tree": {"modules": Count("9")}}).splitlines() == [
        "         before  tree",
        "modules  12      9",
    ]
