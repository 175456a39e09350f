"""Models that do not look, and data that cannot tell: what a green would gate nothing of is unreliable, an error, or said."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_project import DATA, MODELS, write_pictures

import robustcheck
from robustcheck.core.errors import SuiteError
from robustcheck.engine.gates.cautions import INDEPENDENCE
from robustcheck.engine.gates.constant_answers import constant_answers, unmoved_answers
from robustcheck.metrics.records import Records, score

ODD = '''
"""Models that answer without looking, each in its own way."""

import torch


class Odd(torch.nn.Module):
    def __init__(self, how):
        super().__init__()
        self.how, self.known = how, {}
        self.centres = torch.nn.Parameter(torch.tensor([0.2, 0.5, 0.8]))
        self.head = torch.nn.Linear(16, 3)

    def honest(self, x):
        return -40 * (x.mean(dim=(1, 2, 3))[:, None] - self.centres[None, :]) ** 2

    def forward(self, x):
        logits = self.honest(x)
        if self.how == "zeros":
            return 0 * logits
        if self.how == "bias":
            return self.head(torch.zeros(len(x), 16))
        if self.how == "rounding":
            return self.head(torch.linspace(0, 1, 16).expand(len(x), 16)) + 1e-7 * x.mean(dim=(1, 2, 3))[:, None]
        if self.how == "vote":
            return torch.nn.functional.one_hot(logits.argmax(1), 3) * 10.0 - 5.0
        if self.how == "coarse":  # the class alone, which a small change of the light does not change
            return (logits / 4).round()
        if self.how == "tied":
            return torch.where(logits >= logits.amax(1, keepdim=True) - 3.0, 5.0, -5.0)
        if self.how == "nearly":
            return 1e-3 * logits
        return logits


def build(how):
    torch.manual_seed(0)
    return Odd(how).eval()
'''

CACHED = '''
"""A model that keeps its answers by the coarse look of a picture, as a cache with too short a key would."""

import torch

from tiny import Brightness


class Cached(Brightness):
    def __init__(self):
        super().__init__()
        self.answers = {}

    def forward(self, x):
        logits = super().forward(x)
        keys = [round(float(value) * 3) for value in x.mean(dim=(1, 2, 3))]
        return torch.stack([self.answers.setdefault(key, row) for key, row in zip(keys, logits)])


def build():
    return Cached().eval()
'''

SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
checks:
  - id: dusk
    shift: light.exposure
    stops: -0.1ev
    {more}
    expect: {{accuracy: ">= 1%"}}
"""


def models(how: str) -> str:
    return MODELS.replace("tiny:build", "odd:build") + f"  arguments: {{how: {how}}}\n"


@pytest.fixture
def run(project: Callable[..., Path], tmp_path: Path) -> Callable[..., Any]:
    def call(suite: str, **options: Any) -> Any:
        path = tmp_path / "suites" / "greys.yaml"
        if path.exists():
            path.write_text(textwrap.dedent(suite))
        else:
            parts = {name: options.pop(name) for name in ("models", "data", "each") if name in options}
            project(suite=suite, **parts)
            (tmp_path / "odd.py").write_text(ODD)
            (tmp_path / "cached.py").write_text(CACHED)
        return robustcheck.run_suite("suites/greys.yaml", root=tmp_path, **options)

    return call


def problems(result: Any, case: str) -> str:
    return "; ".join(result[case].problems)


@pytest.mark.parametrize("how", ["zeros", "bias", "rounding"])
@pytest.mark.parametrize("options", [{}, {"batch_size": 5}], ids=["any batch", "small batches"])
def test_a_model_that_gives_all_pictures_the_same_logits_is_unreliable(
    run: Callable[..., Any], how: str, options: dict[str, Any]
) -> None:
    found = run(SUITE.format(more="tier: smoke"), models=models(how), **options)
    assert (found["clean"].verdict, found["dusk"].verdict) == ("unreliable", "unreliable")
    assert "the model gives the same logits for all 24 clean pictures" in problems(found, "clean")
    assert "the model gives the same logits" in problems(found, "dusk")


@pytest.mark.parametrize("how", ["honest", "nearly"])
def test_a_model_that_looks_is_not_doubted(run: Callable[..., Any], how: str) -> None:
    found = run(SUITE.format(more="tier: smoke"), models=models(how))
    assert (found["clean"].verdict, found["dusk"].verdict) == ("pass", "pass")
    assert not [note for note in found["dusk"].notes if "bit for bit" in note]


@pytest.mark.parametrize("how", ["vote", "coarse"])
@pytest.mark.parametrize(
    "more",
    ["tier: smoke", "decide: anytime", "decide: confident"],
)
def test_logits_of_changed_pictures_bit_for_bit_those_of_the_clean_ones_are_unreliable(
    run: Callable[..., Any], how: str, more: str
) -> None:
    text = SUITE.format(more=more)
    first = run(text, models=models(how))
    assert first["clean"].verdict == "pass"
    assert first["dusk"].verdict == "unreliable"
    assert "changed pictures have bit for bit the logits of the clean ones" in problems(first, "dusk")
    again = run(text)
    assert again["dusk"].cached
    other = run(text, batch_size=3, cache=False)
    assert {again["dusk"].problems, other["dusk"].problems} == {first["dusk"].problems}


def test_answers_from_memory_are_unreliable(run: Callable[..., Any]) -> None:
    found = run(SUITE.format(more="tier: smoke"), models=MODELS.replace("tiny:build", "cached:build"))
    assert found["dusk"].verdict == "unreliable"
    assert "of 24 changed pictures have bit for bit" in problems(found, "dusk")


@pytest.mark.parametrize(
    "check",
    [
        "{worst_of: camera.view, yaw: 1deg..2deg, budget: 4, expect: {accuracy: '>= 1%'}, id: x}",
        "{find_limit: {shift: light.exposure, param: stops, from: 0ev, to: -0.1ev, resolution: 0.05ev, until: {accuracy: '< 5%'}}, expect: {limit: '<= 0ev'}, id: x}",
        "{compose: [{shift: light.exposure, stops: -0.1ev}, {shift: camera.pixel_shift, dx: 1px}], expect: {accuracy: '>= 1%'}, id: x}",
    ],
    ids=["worst view", "break point", "composition"],
)  # fmt: skip
def test_every_kind_of_case_is_held_against_the_clean_logits(run: Callable[..., Any], check: str) -> None:
    text = SUITE.format(more="").partition("checks:")[0] + f"checks: [{check}]\n"
    assert run(text, models=models("vote"))["x"].verdict == "unreliable"


@pytest.mark.parametrize(("stops", "tied"), [("0.05ev", False), ("-1.05ev", True), ("-1ev", True), ("-0.95ev", True)])
def test_ties_count_as_wrong_and_are_counted(run: Callable[..., Any], stops: str, tied: bool) -> None:
    found = run(SUITE.format(more="").replace("-0.1ev", stops), models=models("tied"))
    assert found["clean"].metrics["accuracy"].value == 1
    dusk = found["dusk"]
    said = [note for note in dusk.notes if "count as wrong" in note]
    assert bool(said) is tied
    count = int(said[0].split()[0]) if said else 0
    assert dusk.metrics["accuracy"].value <= 1 - count / 24


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_a_tie_at_the_top_is_right_for_nobody_and_below_it_costs_a_rank(classes: int) -> None:
    logits = np.zeros((classes, classes), np.float32)
    columns = score(logits, np.arange(classes, dtype=np.int32))
    assert columns["rank"].tolist() == [classes - 1] * classes
    assert (columns["margin"] == 0).all()
    logits[:, 0] = 1.0
    labels = np.array([0, *[1] * (classes - 1)], np.int32)
    assert score(logits, labels)["rank"].tolist() == [0, *[classes - 1] * (classes - 1)]


def test_digests_of_logits_tell_the_last_bit_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(200, 1000)).astype(np.float32)
    labels = np.zeros(200, np.int32)
    whole = score(logits, labels)["logits"]
    assert len(np.unique(whole)) == 200
    assert np.array_equal(whole[::-1][3:50], score(logits[::-1][3:50], labels[:47])["logits"])
    for place in (0, 1, 500, 999):
        other = logits.copy()
        other[:, place] = np.nextafter(other[:, place], np.float32(np.inf))
        assert (score(other, labels)["logits"] != whole).all()
    negative = torch.zeros(1, 3).neg().numpy()
    assert score(negative, labels[:1])["logits"] == score(np.zeros((1, 3), np.float32), labels[:1])["logits"]


def records(logits: np.ndarray[Any, Any], *, alike: bool = False) -> Records:
    n = len(logits)
    columns: dict[str, Any] = {
        **score(logits.astype(np.float32), np.arange(n, dtype=np.int32) % logits.shape[1]),
        "id": np.array([str(place) for place in range(n)]),
        "label": np.arange(n, dtype=np.int32) % logits.shape[1],
        "mean_change": np.ones(n, np.float32),
        "max_change": np.ones(n, np.uint8),
        "unseen": np.zeros(n, np.float32),
        "pixels": np.array(["00" if alike else str(place) for place in range(n)]),
    }
    return Records.of(columns)


@pytest.mark.parametrize(
    ("logits", "alike", "said"),
    [
        (np.tile([1.0, 2.0, 3.0], (9, 1)), False, True),
        (np.tile([1.0, 2.0, 3.0], (9, 1)) + np.linspace(0, 1e-6, 9)[:, None], False, True),
        (np.tile([0.0, 0.0, 0.0], (9, 1)), False, True),
        (np.tile([1.0, 2.0, 3.0], (9, 1)), True, False),
        (np.tile([1.0, 2.0, 3.0], (9, 1)) * np.linspace(1, 1.001, 9)[:, None], False, False),
        (np.tile(np.eye(3) * 10, (3, 1)), False, False),
        (np.tile([1.0, 2.0, 3.0], (1, 1)), False, False),
    ],
    ids=["same", "last bits", "all tied", "one picture nine times", "nearly", "a class each", "one picture"],
)
def test_the_same_logits_are_told_from_similar_ones(logits: Any, alike: bool, said: bool) -> None:
    assert bool(constant_answers(records(logits, alike=alike))) is said


class Shifted:
    perturbations = ("shift",)


@pytest.mark.parametrize(
    ("same", "unreliable", "noted"), [(0, False, False), (3, False, True), (5, True, False), (9, True, False)]
)
def test_some_unmoved_pictures_are_noted_and_most_are_unreliable(same: int, unreliable: bool, noted: bool) -> None:
    before = np.random.default_rng(0).normal(size=(9, 3))
    after = np.where(np.arange(9)[:, None] < same, before, before + 1e-3)
    doubts, notes = unmoved_answers(Shifted(), records(after), records(before))  # type: ignore[arg-type]
    assert (bool(doubts), bool(notes)) == (unreliable, noted)


@pytest.mark.parametrize(
    ("levels", "moved", "unreliable"), [(1, 1e-3, True), (2, 1e-3, True), (255, 1e-3, True), (255, 0.5, False)]
)
def test_rounded_probabilities_are_judged_by_pictures_that_have_answers_of_their_own(
    levels: int, moved: float, unreliable: bool
) -> None:
    strength = np.concatenate([np.full(20, 50.0), np.linspace(0.5, 2.5, 5)])
    logits = np.eye(3)[np.arange(25) % 3] * strength[:, None]

    def rounded(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        shares = np.exp(values) / np.exp(values).sum(1, keepdims=True)
        return (shares * levels).round() / levels

    before, after = rounded(logits), rounded(logits + moved * np.array([0.0, 0.3, 1.0]))
    assert (before == after).all(1).sum() >= 20, "saturated answers stay as they are"
    doubts, notes = unmoved_answers(Shifted(), records(after), records(before))  # type: ignore[arg-type]
    assert (bool(doubts), bool(notes)) == (unreliable, not unreliable)


MANIFEST = """
greys: {kind: manifest, path: ../list.csv, folder: ../pictures}
"""


def listed(root: Path, weather: Callable[[int], str]) -> None:
    names = sorted(path.relative_to(root / "pictures").as_posix() for path in (root / "pictures").rglob("*.png"))
    lines = [f"{name},{name.partition('/')[0]},{weather(place)}" for place, name in enumerate(names)]
    (root / "list.csv").write_text("path,label,weather\n" + "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("weather", "expect", "verdict", "told"),
    [
        (lambda place: "", '{weather: ">= 1%"}', "error", "the metadata column weather is empty for every picture (24)"),
        (lambda place: " ", '{weather: ">= 1%"}', "error", "the metadata column weather is empty for every picture (24)"),
        (lambda place: "", '{weather: {rain: ">= 1%"}}', "error", "the metadata column weather is empty"),
        (lambda place: "rain" if place else "", '{weather: ">= 1%"}', "pass", "1 of 24 pictures have no weather; they are a group of their own, (missing)"),
        (lambda place: "rain" if place % 2 else " ", '{weather: {rain: ">= 1%"}}', "pass", "12 of 24 pictures have no weather; they are not looked at"),
        (lambda place: "rain", '{weather: ">= 1%"}', "pass", ""),
    ],
)  # fmt: skip
def test_missing_values_of_a_group_are_counted_and_a_column_of_none_is_an_error(
    run: Callable[..., Any], tmp_path: Path, weather: Callable[[int], str], expect: str, verdict: str, told: str
) -> None:
    text = SUITE.format(more="tier: smoke").replace('{accuracy: ">= 1%"}', f"{{group_accuracy: {expect}}}")
    write_pictures(tmp_path / "pictures")
    listed(tmp_path, weather)
    (tmp_path / "suites").mkdir()
    dusk = _manifest(run, tmp_path, text)["dusk"]
    assert dusk.verdict == verdict
    said = [*dusk.problems, *(note for note in dusk.notes if "weather" in note)]
    assert told in said[0] if told else not said


def _manifest(run: Callable[..., Any], root: Path, text: str) -> Any:
    (root / "suites" / "greys.yaml").write_text(textwrap.dedent(text))
    (root / "configs").mkdir(exist_ok=True)
    (root / "configs/models.yaml").write_text(textwrap.dedent(models("honest")).lstrip())
    (root / "configs/data.yaml").write_text(MANIFEST.lstrip())
    (root / "odd.py").write_text(ODD)
    return run(text)


@pytest.mark.parametrize(("coverage", "verdict"), [("1%", "error"), ("4%", "error"), ("4.2%", "pass"), ("50%", "pass")])
def test_a_coverage_of_less_than_one_picture_is_an_error(run: Callable[..., Any], coverage: str, verdict: str) -> None:
    line = f'{{selective_accuracy: {{coverage: {coverage}, accuracy: ">= 1%"}}}}'
    found = run(SUITE.format(more="").replace('{accuracy: ">= 1%"}', line))["dusk"]
    assert found.verdict == verdict
    assert ("less than one picture" in "; ".join(found.problems)) is (verdict == "error")


def notes(result: Any) -> list[str]:
    return list(result.document["suites"][0]["notes"])


@pytest.mark.parametrize("keep", ["dark", "middle", "bright"])
def test_pictures_of_one_class_are_said_to_gate_nothing(run: Callable[..., Any], tmp_path: Path, keep: str) -> None:
    write_pictures(tmp_path / "one")
    for name in {"dark", "middle", "bright"} - {keep}:
        for path in (tmp_path / "one" / name).iterdir():
            path.unlink()
        (tmp_path / "one" / name).rmdir()
    found = run(SUITE.format(more=""), data=DATA.replace("../pictures", "../one"))
    assert [note for note in notes(found) if note.startswith(f"every picture is of the class {keep}")]


@pytest.mark.parametrize(
    ("limit", "each", "told"),
    [
        (8, 8, "only 8 pictures looked at (--robustcheck-limit 8): this shows"),
        (2, 8, "only 2 pictures looked at (--robustcheck-limit 2), of 2 classes only one ("),
        (4, 8, "only 4 pictures looked at (--robustcheck-limit 4), of 2 classes only one ("),
        (30, 12, ""),
        (None, 8, ""),
    ],
)
def test_a_small_sample_is_said_loudly(run: Callable[..., Any], limit: int | None, each: int, told: str) -> None:
    found = run(SUITE.format(more="decide: confident"), limit=limit, each=each)
    few = [note for note in notes(found) if note.startswith("only ")]
    assert len(few) == bool(told)
    if told:
        assert few[0].startswith(told)
        assert few[0].endswith("; confident speaks of pictures like these alone")


@pytest.mark.parametrize("decide", ["confident", "anytime", "point"])
def test_independence_is_assumed_and_said(run: Callable[..., Any], decide: str) -> None:
    found = run(SUITE.format(more=f"decide: {decide}"))
    said = decide != "point"
    assert bool([note for note in found["dusk"].notes if INDEPENDENCE in note]) is said
    assert bool([note for note in notes(found) if note == f"decide: {decide}: {INDEPENDENCE}"]) is said


@pytest.mark.parametrize(
    "line",
    [
        'accuracy: ">= 100%"',
        'flip_rate: "<= 0%"',
        'worst_class_accuracy: ">= 100%"',
        'confusion: {dark: {bright: "<= 0%"}}',
    ],
)
def test_what_no_number_of_pictures_shows_is_refused_under_confident(run: Callable[..., Any], line: str) -> None:
    text = SUITE.format(more="decide: confident").replace('{accuracy: ">= 1%"}', f"{{{line}}}")
    with pytest.raises(SuiteError, match="with any number of pictures"):
        run(text.replace("checks:", 'clean: {expect: {accuracy: ">= 1%"}}\nchecks:'))
