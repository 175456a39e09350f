"""``robustcheck preview``: the pixels of a run, told as they are, and nothing left out in silence."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_project import MODELS, SUITE

from robustcheck.core import registry
from robustcheck.data.source import Sample
from robustcheck.domain.case import Case
from robustcheck.domain.suite import Suite
from robustcheck.engine.evaluate import Evaluator
from robustcheck.engine.kinds.case_kind import Drawing, kind_of_case
from robustcheck.engine.options import Options
from robustcheck.engine.tools.preview import Preview, choose
from robustcheck.language import load_project, load_suite

Call = Callable[..., Any]

RANGES = """
robustcheck: 1
title: Everything that is random, moves or is searched
owner: tests
model: brightness
data: greys
seed: 11
expect: {accuracy: ">= 1%"}
checks:
  - {shift: light.shadow, depth: -2ev, coverage: 30%}
  - {shift: camera.yaw, yaw: 8deg, allow_synthetic_border: true}
  - id: both
    compose:
      - {shift: light.shadow, depth: -1ev, coverage: 20%}
      - {shift: camera.roll, roll: 5deg}
  - id: rig
    combine:
      of:
        - {shift: camera.zoom, ratio: [1, 1.1]}
        - {shift: light.low_light, lux: [30lux, 3lux]}
  - id: limit
    find_limit: {shift: light.low_light, param: lux, from: 100lux, to: 1lux, until: {accuracy: "< 1%"}}
    expect: {limit: "<= 50lux"}
"""


def loaded(suite: Path) -> tuple[Suite, Any]:
    root = suite.parents[1]
    project = load_project(root, root / "configs")
    return load_suite(suite, project), project


def digest(pixels: Any) -> str:
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).hexdigest()


@pytest.fixture
def worse() -> Iterator[Callable[[Callable[..., Any]], str]]:
    """Return a function that registers a shift for the length of a test and gives its name."""
    known = dict(registry.shifts._entries)

    def add(function: Callable[..., Any]) -> str:
        registry.shift("test.worse")(function)
        return "test.worse"

    yield add
    registry.shifts._entries = known


def drawings_of(case: Case) -> tuple[Drawing, ...]:
    return kind_of_case(case).drawings()


def test_the_pixels_are_those_of_a_run(project: Call, tmp_path: Path) -> None:
    suite, entries = loaded(project(suite=RANGES))
    preview = Preview(suite, entries, samples=5, predict=False)
    run = Evaluator(suite, entries, Options(root=tmp_path, report=tmp_path / "report", batch_size=7, workers=3))
    views = [view for case in suite.cases for view in drawings_of(case)]
    try:
        for view in views:
            records = run.evaluate(view.case).stored.records
            expected = dict(zip(records.id.tolist(), records.pixels.tolist(), strict=True))
            shown = preview.row(view)
            assert [digest(one.pixels) for one in shown] == [expected[sample.id] for sample in preview.samples], view
            unseen = dict(zip(records.id.tolist(), records.unseen.tolist(), strict=True))
            assert [one.unseen for one in shown] == [unseen[sample.id] for sample in preview.samples]
    finally:
        run.close()
        preview.close()
    names = [view.name for view in views]
    assert len(set(names)) == len(names)
    assert names[-2:] == ["limit at 100lux", "limit at 1lux"]
    assert len(views) == 1 + 3 + 4 + 2


def test_the_corner_of_a_searched_box_has_the_pixels_of_the_search(project: Call, tmp_path: Path) -> None:
    """The darkest view is the worst of a bright picture, so the search ends in a corner that is drawn here."""
    text = RANGES.split("checks:")[0] + (
        "checks:\n  - {worst_of: light.exposure, stops: -3ev..0ev, budget: 5, search: grid}\n"
    )
    suite, entries = loaded(project(suite=text))
    case = suite.cases[1]
    first, last = drawings_of(case)
    assert (first.name, last.name) == (f"{case.id} at stops=-3ev", f"{case.id} at stops=0ev")
    preview = Preview(suite, entries, samples=24, predict=False)
    run = Evaluator(suite, entries, Options(root=tmp_path, report=tmp_path / "report"))
    try:
        records = run.evaluate(case).stored.records
        ended = dict(zip(records.id.tolist(), records.extra["found.stops[ev]"].tolist(), strict=True))
        expected = dict(zip(records.id.tolist(), records.pixels.tolist(), strict=True))
        shown = dict(zip([sample.id for sample in preview.samples], preview.row(first), strict=True))
    finally:
        run.close()
        preview.close()
    there = [name for name, stops in ended.items() if stops == -3]
    assert there
    assert all(digest(shown[name].pixels) == expected[name] for name in there)


@pytest.mark.parametrize(("ranges", "rows"), [(1, 2), (2, 4), (3, 8), (4, 2)])
def test_a_box_is_drawn_at_its_corners(project: Call, ranges: int, rows: int) -> None:
    spans = ["yaw: -5deg..5deg", "zoom: 0.9..1.1", "roll: -5deg..5deg", "dx: -2%..2%"][:ranges]
    check = f"  - {{worst_of: camera.view, {', '.join(spans)}, budget: 9}}\n"
    suite, _ = loaded(project(suite=RANGES.split("checks:")[0] + "checks:\n" + check))
    views = drawings_of(suite.cases[1])
    assert len({str(view.steps[0]) for view in views}) == len({view.name for view in views}) == len(views) == rows
    assert not [view for view in views if ".." in str(view.steps[0])]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 12, 40])
def test_pictures_are_spread_evenly_over_classes(count: int) -> None:
    sizes = {"many": 30, "some": 5, "few": 1}
    samples = [Sample(f"{label}/{number}", label) for label, size in sizes.items() for number in range(size)]
    rows = choose(samples, count, seed=3)
    assert rows == sorted(set(rows))
    assert len(rows) == min(count, 36)
    found = Counter(samples[row].label for row in rows)
    assert all(found[one] >= min(sizes[one], found[two] - 1) for one in sizes for two in sizes), (
        "a class has more while another could have given one"
    )
    assert choose(samples[::-1], count, seed=3) == [35 - row for row in reversed(rows)]


def test_another_seed_chooses_other_pictures() -> None:
    samples = [Sample(f"{label}/{number}", label) for label in "abc" for number in range(50)]
    assert choose(samples, 9, seed=1) != choose(samples, 9, seed=2)


def test_both_files_are_written_by_default_and_are_the_same_each_time(robustcheck_command: Call, project: Call) -> None:
    suite = project()
    done = robustcheck_command("preview", str(suite))
    assert (done.code, done.err) == (0, "")
    assert done.lines == ["wrote robustcheck-preview.png", "wrote robustcheck-preview.html"]
    before = [Path(name).read_bytes() for name in ("robustcheck-preview.png", "robustcheck-preview.html")]
    robustcheck_command("preview", str(suite))
    assert [Path(name).read_bytes() for name in ("robustcheck-preview.png", "robustcheck-preview.html")] == before


@pytest.mark.parametrize("name", ["sheet.png", "sheet.HTML"])
def test_one_file_can_be_chosen(robustcheck_command: Call, project: Call, tmp_path: Path, name: str) -> None:
    suite = project()
    assert robustcheck_command("preview", str(suite), "--out", name).lines == [f"wrote {name}"]
    assert (tmp_path / name).is_file()
    assert not list(tmp_path.glob("robustcheck-preview*"))


def page(call: Call, suite: Path, *arguments: str) -> str:
    done = call("preview", str(suite), "--out", "sheet.html", *arguments)
    assert done.code == 0, done.err
    return Path("sheet.html").read_text(encoding="utf-8")


def test_captions_hold_values_and_shares(robustcheck_command: Call, project: Call) -> None:
    text = page(robustcheck_command, project(), "--case", "moved")
    assert text.count('scope="row"') == 3
    for line in ("moved[dx=5%]", "camera.shift(dx=5%", "mean change ", "unseen ", "the original as the model sees it"):
        assert line in text
    assert "✓" not in text.split("</style>")[1]


def test_predictions_are_marked_by_more_than_colour(robustcheck_command: Call, project: Call) -> None:
    dark = SUITE.replace("[-0.2ev, 0.2ev]", "[-3ev]")
    text = page(robustcheck_command, project(suite=dark), "--case", "light.exposure*", "--model", "--samples", "3")
    assert text.count('class="right">✓ ') == 4
    assert text.count('class="wrong">✗ dark ') == 2
    assert "predicted dark" in text


def test_another_model_can_be_named(robustcheck_command: Call, project: Call) -> None:
    twice = MODELS + MODELS.replace("brightness:", "other:").replace("size: 16", "size: 8")
    text = page(robustcheck_command, project(models=twice), "--model", "other")
    assert "model other," in text
    assert "8x8 pixels" in text


def test_no_model_is_built_unless_asked(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    suite = project(models=MODELS.replace("tiny:build", "costly:build"))
    (tmp_path / "costly.py").write_text("raise RuntimeError('built')\n", encoding="utf-8")
    assert robustcheck_command("preview", str(suite), "--out", "a.png").code == 0
    done = robustcheck_command("preview", str(suite), "--out", "b.png", "--model")
    assert done.code == 4
    assert "built" in done.err
    assert not (tmp_path / "b.png").exists()


def test_no_library_of_models_is_loaded_unless_asked(project: Call, tmp_path: Path) -> None:
    project()
    code = (
        "import sys; from robustcheck.cli import main; code = main(sys.argv[1:]); "
        "print(*sorted({'torch', 'timm', 'torchvision', 'pyarrow'} & set(sys.modules))); sys.exit(code)"
    )
    for arguments, loaded in (
        (["preview"], ""),
        (["approve", "--reviewer", "Ada"], ""),
        (["preview", "--model"], "torch"),
    ):
        call = [sys.executable, "-c", code, arguments[0], "suites/greys.yaml", *arguments[1:]]
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert loaded in done.stdout.splitlines()[-1].split() or done.stdout.splitlines()[-1] == loaded


def test_a_cut_is_told_and_can_be_lifted(robustcheck_command: Call, project: Call) -> None:
    many = SUITE.replace("[-0.2ev, 0.2ev]", str([f"{number / 100}ev" for number in range(1, 51)]).replace("'", ""))
    suite = project(suite=many)
    told = "32 of 53 rows are drawn; choose with --case ID, or all with --case '*'"
    done = robustcheck_command("preview", str(suite), "--out", "sheet.html", "--samples", "1")
    assert (done.code, done.lines[-1]) == (0, f"note: {told}")
    text = Path("sheet.html").read_text(encoding="utf-8")
    assert text.count('scope="row"') == 33
    assert "32 of 53 rows are drawn" in text
    assert page(robustcheck_command, suite, "--case", "*", "--samples", "1").count('scope="row"') == 54
    done = robustcheck_command("preview", str(suite), "--samples", "400")
    assert done.code == 2
    assert "more than 1200 pictures" in done.err


def test_an_unreadable_picture_is_told(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    suite = project(each=1)
    (tmp_path / "pictures" / "dark" / "00.png").write_bytes(b"no picture")
    done = robustcheck_command("preview", str(suite), "--model")
    assert done.code == 1
    assert done.lines == ["wrote robustcheck-preview.png", "wrote robustcheck-preview.html"]
    assert done.err.count("dark/00.png (dark): unreadable: ") == 6
    assert "6 of 18 pictures could not be drawn" in done.err
    text = (tmp_path / "robustcheck-preview.html").read_text(encoding="utf-8")
    assert text.count('class="problem"') == 6
    assert text.count("<img") == 12
    assert text.count("1 of 3 pictures could not be drawn") == 6


def test_a_shift_that_fails_on_one_picture_is_told_and_takes_no_other_with_it(
    robustcheck_command: Call, project: Call, worse: Call
) -> None:
    def fails_in_the_dark(image: Any, *, by: int) -> Any:
        """Fail where it is dark.

        Args:
            by: What is added.
        """
        if image.mean() < 90:
            raise ZeroDivisionError("no <light>")
        return image + np.uint8(by)

    name = worse(fails_in_the_dark)
    suite = project(suite=SUITE.split("checks:")[0] + f"checks:\n  - {{shift: {name}, by: 3}}\n", each=2)
    done = robustcheck_command("preview", str(suite))
    assert done.code == 1
    assert done.err.count("ZeroDivisionError: no <light>") == 2
    text = Path("robustcheck-preview.html").read_text(encoding="utf-8")
    assert text.count("no &lt;light&gt;") == 2
    assert text.count("<img") == 10
    assert text.count('class="problem"') == 2


def test_what_does_nothing_and_what_shows_mostly_fill_is_noted(robustcheck_command: Call, project: Call) -> None:
    checks = "checks:\n  - {shift: light.exposure, stops: 0ev}\n  - {shift: camera.shift, dx: 40%}\n"
    text = page(robustcheck_command, project(suite=SUITE.split("checks:")[0] + checks))
    assert text.count("changes no pixel of these pictures") == 1
    assert text.count("more than 15% without a real pixel (fill: reflect) does not gate") == 1


def test_what_is_barely_visible_is_noted_in_the_sheet_and_in_the_terminal(
    robustcheck_command: Call, project: Call
) -> None:
    suite = project(suite=SUITE.split("checks:")[0] + "checks:\n  - {shift: light.exposure, stops: [0.02ev, 1ev]}\n")
    done = robustcheck_command("preview", str(suite), "--out", "sheet.html")
    assert done.code == 0
    wrote, note = done.lines
    assert wrote == "wrote sheet.html"
    assert note.startswith("note: light.exposure[stops=0.02ev]: barely visible: changes ")
    text = Path("sheet.html").read_text(encoding="utf-8")
    assert text.count("barely visible: changes ") == 1
    assert note.partition(": barely ")[2] in text


def test_of_many_rows_that_are_barely_visible_some_are_told_and_the_rest_are_counted(
    robustcheck_command: Call, project: Call
) -> None:
    values = ", ".join(f"{number / 1000}ev" for number in range(10, 33))
    suite = project(suite=SUITE.split("checks:")[0] + f"checks:\n  - {{shift: light.exposure, stops: [{values}]}}\n")
    done = robustcheck_command("preview", str(suite), "--out", "sheet.png", "--samples", "3")
    assert len([line for line in done.lines if line.startswith("note: light.")]) == 20
    assert done.lines[-1] == "note: 3 more rows are barely visible"


def test_the_seed_can_be_chosen(robustcheck_command: Call, project: Call) -> None:
    suite = project()
    assert "seed 5<" in page(robustcheck_command, suite, "--seed", "5")
    assert page(robustcheck_command, suite, "--seed", "5") != page(robustcheck_command, suite, "--seed", "6")


@pytest.mark.parametrize(
    ("call", "code", "told"),
    [
        (("suites/greys.yaml", "--case", "nosy"), 2, "there is no case nosy in suites/greys.yaml; did you mean noisy?"),
        (("suites/greys.yaml", "--case", "noisy", "--case", "camera.yaw*"), 2, "there is no case camera.yaw*"),
        (("suites/greys.yaml", "--case", "clean"), 2, "the clean case is the pictures as they are"),
        (("suites/greys.yaml", "--model", "brigthness"), 2, "there is no model brigthness; did you mean brightness?"),
        (("suites/greys.yaml", "--samples", "0"), 2, "0 is no number of pictures"),
        (("suites/greys.yaml", "--out", "sheet.jpg"), 2, "sheet.jpg ends neither in .png nor in .html"),
        (("suites/greys.yaml", "--out", "no/sheet.png"), 4, "no/sheet.png: the file cannot be written: No such file"),
        (("suites/gray.yaml",), 4, "suites/gray.yaml: there is no such file"),
        (("suites",), 4, "suites: it is a directory, not a regular file; name the file of one suite"),
        (("suites/greys.yaml", "--seed", "-1"), 4, "the seed -1 is not between"),
    ],
)
def test_wrong_calls(robustcheck_command: Call, project: Call, call: tuple[str, ...], code: int, told: str) -> None:
    project()
    done = robustcheck_command("preview", *call)
    assert done.code == code
    assert told in done.err


def test_the_png_shows_the_pixels_themselves(robustcheck_command: Call, project: Call, tmp_path: Path) -> None:
    """Each 16x16 input stands in the sheet, enlarged ten times and otherwise untouched."""
    path = project()
    robustcheck_command("preview", str(path), "--case", "noisy", "--samples", "3", "--out", "sheet.png")
    suite, entries = loaded(path)
    preview = Preview(suite, entries, samples=3, predict=False)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    for case in (suite.clean, next(case for case in suite.cases if case.id == "noisy")):
        for one in preview.row(drawings_of(case)[0]):
            assert one.pixels is not None
            large = one.pixels.repeat(10, axis=0).repeat(10, axis=1)
            corners = np.argwhere((sheet == large[0, 0]).all(axis=2))
            assert any(np.array_equal(sheet[y : y + 160, x : x + 160], large) for y, x in corners)
    preview.close()
