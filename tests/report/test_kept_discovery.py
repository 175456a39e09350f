"""What a result says of the files that were collected, in this version and in those before it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_report import case, document, write

from robustcheck.report.terminal import discovered
from robustcheck.runs.load import load_document


def test_a_result_that_does_not_say_so_collected_the_suites_that_it_holds(tmp_path: Path) -> None:
    result = document([case("clean", kind="clean")])
    del result["discovery"]
    write(tmp_path, result)
    assert load_document(tmp_path)["discovery"] == {"suites": ["suites/signs.yaml"], "left_out": []}


@pytest.mark.parametrize(
    ("suites", "left_out", "line"),
    [
        (1, 0, "1 suite collected, nothing left out"),
        (2, 1, "2 suites collected; 1 left out: 0.md (text)"),
        (0, 4, "0 suites collected; 4 left out: 0.md (text), 1.md (text), 2.md (text), 3.md (text)"),
        (3, 9, "3 suites collected; 9 left out: 0.md (text), 1.md (text), 2.md (text), 3.md (text) and 5 more"),
    ],
)
def test_the_line_names_few_and_counts_the_rest(suites: int, left_out: int, line: str) -> None:
    entries = [{"path": f"{number}.md", "reason": "text"} for number in range(left_out)]
    assert discovered({"suites": ["a"] * suites, "left_out": entries}) == line
