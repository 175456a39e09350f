"""``robustcheck validate --data``: what only the pictures themselves can say of a suite, before any model is asked."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_project import DATA, MODELS, SUITE

Call = Callable[..., Any]
HEAD = SUITE.partition("checks:")[0] + "checks:\n"


def test_what_can_be_seen_is_no_note(robustcheck_command: Call, project: Call) -> None:
    project()
    done = robustcheck_command("validate", "--data")
    assert (done.code, done.lines) == (0, ["1 suite, 7 cases: no problem"])


def test_a_shift_that_is_barely_visible_is_noted_at_its_line(robustcheck_command: Call, project: Call) -> None:
    project(suite=HEAD + "  - {shift: light.exposure, stops: [0.02ev, 1ev]}\n")
    done = robustcheck_command("validate", "--data")
    assert done.code == 0
    [note, count] = done.lines
    assert re.match(
        r"note: suites/greys.yaml:11:5: light.exposure\[stops=0.02ev\]: barely visible: changes \d\.\d grey levels",
        note,
    )
    assert count == "1 suite, 3 cases: no problem"
    assert robustcheck_command("validate").lines == [count]


def test_what_changes_nothing_and_what_shows_mostly_fill_is_noted(robustcheck_command: Call, project: Call) -> None:
    checks = "  - {shift: light.exposure, stops: 0ev}\n  - {shift: camera.shift, dx: 40%}\n"
    project(suite=HEAD + checks)
    first, second, _ = robustcheck_command("validate", "--data").lines
    assert first.endswith("light.exposure[stops=0ev]: changes no pixel of these pictures")
    assert second.endswith("more than 15% without a real pixel (fill: reflect) does not gate")


def test_of_a_range_only_its_strongest_end_counts(robustcheck_command: Call, project: Call) -> None:
    limit = "shift: light.exposure, param: stops, from: 0ev, until: {accuracy: '< 50%'}"
    checks = (
        "  - {worst_of: light.exposure, stops: 0.01ev..1ev, budget: 4}\n"
        "  - {worst_of: light.exposure, id: weak, stops: 0.01ev..0.02ev, budget: 4}\n"
        f"  - {{id: long, find_limit: {{{limit}, to: 2ev}}, expect: {{limit: '>= 0.1ev'}}}}\n"
    )
    project(suite=HEAD + checks)
    [note, _] = robustcheck_command("validate", "--data").lines
    assert "weak at stops=0.02ev: barely visible: " in note


def test_attacks_are_not_drawn(robustcheck_command: Call, project: Call) -> None:
    project(suite=HEAD + "  - {attack: pgd, eps: 1/255, expect: {robust_accuracy: '>= 1%'}}\n")
    done = robustcheck_command("validate", "--data")
    assert (done.code, done.lines) == (0, ["1 suite, 2 cases: no problem"])


def test_a_picture_that_cannot_be_read_is_noted_once(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    project(each=1)
    (tmp_path / "pictures" / "dark" / "00.png").write_bytes(b"no picture")
    done = robustcheck_command("validate", "--data")
    assert done.code == 0
    assert [line for line in done.lines if "dark/00.png of greys: unreadable: " in line] == done.lines[:1]
    assert len(done.lines) == 2


def test_pictures_that_are_not_there_are_a_problem_at_their_entry(robustcheck_command: Call, project: Call) -> None:
    project(data=DATA.replace("../pictures", "../picture"))
    done = robustcheck_command("validate", "--data")
    assert done.code == 1
    first, count = done.lines
    assert first.startswith("configs/data.yaml:1:1: ")
    assert first.count("configs/data.yaml") == 1
    assert count.endswith("1 problem in 1 file")


FACTORY = """
import numpy as np

def pictures(count=3):
    for number in range(count):
        yield f"picture-{number}", np.full((24, 24, 3), 40 + 60 * number, np.uint8), ("dark", "middle", "bright")[number]
"""


def test_code_of_the_project_runs_only_if_the_data_is_asked_for(
    robustcheck_command: Call, project: Call, tmp_path: Path
) -> None:
    project(
        data="greys: {kind: python, factory: 'ours:pictures'}\n",
        suite=HEAD + "  - {shift: light.exposure, stops: 1ev}\n",
    )
    (tmp_path / "ours.py").write_text(f"open('ran', 'w').close()\n{FACTORY}", encoding="utf-8")
    assert robustcheck_command("validate").code == 0
    assert not (tmp_path / "ran").exists()
    assert robustcheck_command("validate", "--data").lines == ["1 suite, 2 cases: no problem"]
    assert (tmp_path / "ran").exists()


def test_no_model_is_built(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    project(models=MODELS.replace("tiny:build", "costly:build"))
    (tmp_path / "costly.py").write_text("raise RuntimeError('built')\n", encoding="utf-8")
    assert robustcheck_command("validate", "--data").code == 0


def test_a_configuration_that_cannot_be_read_leaves_cases_undrawn_and_says_so(
    robustcheck_command: Call, project: Call
) -> None:
    project(models=MODELS.replace("kind: python", "kind: pyhton"))
    done = robustcheck_command("validate", "--data")
    assert done.code == 1
    assert "note: suites/greys.yaml: not checked: the pictures, since the configuration is wrong" in done.lines


@pytest.mark.parametrize(("option", "loads"), [((), False), (("--data",), True)])
def test_pictures_are_opened_only_if_asked_for(
    project: Call, tmp_path: Path, option: tuple[str, ...], loads: bool
) -> None:
    project()
    code = (
        "import sys; from robustcheck.cli import main; code = main(sys.argv[1:]); "
        "print(*sorted({'torch', 'cv2', 'PIL', 'numpy'} & set(sys.modules))); sys.exit(code)"
    )
    call = [sys.executable, "-c", code, "validate", *option]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert ("cv2" in loaded) is loads
    assert "torch" not in loaded
