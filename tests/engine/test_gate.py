"""How many pictures may be unreadable: what the suite asks for, within what the entry of its data set allows."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.errors import Location
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.domain.config import DataEntry
from robustcheck.engine.gates.clean_gate import _unreadable_problems


@dataclasses.dataclass(frozen=True)
class Asked:
    max_unreadable: Quantity


def problems(suite: str, entry: str, damaged: int, total: int) -> list[str]:
    amounts: list[Any] = [parse_quantity(suite), parse_quantity(entry)]
    data = DataEntry(
        "d", "signs", None, None, {}, {}, Location("configs/data.yaml", 3), Path(), max_unreadable=amounts[1]
    )
    unreadable = [(f"{number}.png", "it is damaged") for number in range(damaged)]
    return _unreadable_problems(Asked(amounts[0]), data, total - damaged, unreadable)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("suite", "entry", "damaged", "total"),
    [
        ("0", "1%", 0, 24),
        ("24", "5%", 1, 24),
        ("3", "12.5%", 3, 24),
        ("50%", "2", 2, 24),
        ("1%", "1%", 1, 100),
        ("1%", "1%", 29, 2900),
        ("100", "1%", 10, 1000),
        ("12.5%", "12.5%", 3, 24),
    ],
)
def test_the_stricter_of_shares_and_numbers_holds(suite: str, entry: str, damaged: int, total: int) -> None:
    assert problems(suite, entry, damaged, total) == []
    assert len(problems(suite, entry, total, total)) == 1


@pytest.mark.parametrize(
    ("suite", "entry", "damaged", "total", "allowed"),
    [
        ("0", "1%", 1, 1000, "0"),
        ("2", "12.5%", 3, 24, "2"),
        ("8%", "3", 2, 24, "8%"),
        ("24", "1%", 1, 24, "1% (configs/data.yaml:3:1; the suite's max_unreadable: 24 holds up to that)"),
        ("24", "5%", 2, 24, "5% (configs/data.yaml:3:1; the suite's max_unreadable: 24 holds up to that)"),
        ("50%", "2", 3, 24, "2 (configs/data.yaml:3:1; the suite's max_unreadable: 50% holds up to that)"),
        ("99%", "0", 1, 24, "0 (configs/data.yaml:3:1; the suite's max_unreadable: 99% holds up to that)"),
    ],
)
def test_more_is_said_with_whoever_allows_less(suite: str, entry: str, damaged: int, total: int, allowed: str) -> None:
    (line,) = problems(suite, entry, damaged, total)
    assert line.startswith(f"{damaged} of {total} pictures are unreadable, allowed are {allowed}: 0.png: it is damaged")
