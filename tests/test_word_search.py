"""Shifts, attacks and metrics are found by what people call them, and a wrong name leads to the right one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustcheck.core import registry, word_search
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.facts import AttackFacts, MetricFacts, ShiftFacts
from robustcheck.core.registry import Registry
from robustcheck.core.word_search import Closeness, closest, hint_for, kind_told, listed, search

EVERYTHING = [(noun, entry) for noun, known in word_search.registries().items() for entry in known]
SYNONYMS = [(noun, entry.name, words) for noun, entry in EVERYTHING for words in entry.facts.synonyms]
Answer = Callable[..., dict[str, Closeness]]


def height(frame: Any) -> Any:
    """The camera is mounted at another height."""


def drops(frame: Any) -> Any:
    """Water lies on the lens."""


def wide(frame: Any) -> Any:
    """The lens sees more."""


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Return a function that searches three shifts of somebody else."""
    shifts, others = Registry("shift"), Registry("attack")
    shifts.add("mount.height", height, ShiftFacts(True, synonyms=("knee height", "lower", "low sun")))
    shifts.add("lens.drops", drops, ShiftFacts(True, synonyms=("dirty lens", "rain on the lens")))
    shifts.add("lens.wide", wide, ShiftFacts(True))
    monkeypatch.setattr(word_search, "registries", lambda: {"shift": shifts, "attack": others, "metric": others})

    def answer(words: str) -> dict[str, Closeness]:
        return {match.name: match.closeness for match in search(words, among=["shift"])}

    return answer


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("knee height", {"mount.height": Closeness.EXACT}),
        ("Knee-Height", {"mount.height": Closeness.EXACT}),
        ("kneeheight", {"mount.height": Closeness.EXACT}),
        ("at the height of a knee", {"mount.height": Closeness.FORM}),
        ("knees", {"mount.height": Closeness.SYNONYMS}),
        ("height", {"mount.height": Closeness.EXACT}),
        ("mount height", {"mount.height": Closeness.EXACT}),
        ("mounted", {"mount.height": Closeness.SYNONYMS}),
        ("camera height", {"mount.height": Closeness.SUMMARY}),
        ("dirty lenses", {"lens.drops": Closeness.FORM}),
        ("LENS, DIRTY!", {"lens.drops": Closeness.FORM}),
        ("drop", {"lens.drops": Closeness.FORM}),
        ("lens", {"lens.drops": Closeness.SYNONYMS, "lens.wide": Closeness.SYNONYMS}),
        ("lens.wide", {"lens.wide": Closeness.EXACT}),
        ("dirty knee", {"lens.drops": Closeness.SOME, "mount.height": Closeness.SOME}),
        ("lens of a microscope", {}),  # things of one family are many
        ("dirty microscope", {"lens.drops": Closeness.SOME}),
        ("lens.microscope", {}),
        ("rain 50", {}),
        ("microscope", {}),
        ("the", {}),
        ("", {}),
        ("?!", {}),
    ],
)
def test_words_find(own: Answer, words: str, found: dict[str, Closeness]) -> None:
    assert own(words) == found


def test_the_closest_comes_first_then_the_name(own: Answer) -> None:
    matches = search("lower low sun lens", among=["shift"])
    assert [match.name for match in matches] == ["mount.height"]
    assert [match.name for match in search("lens")] == ["lens.drops", "lens.wide"]
    assert closest(search("drops")) == search("drops")
    assert closest(()) == ()


def test_a_synonym_finds_its_owner() -> None:
    assert len(SYNONYMS) > 300
    for noun, name, words in SYNONYMS:
        for spelling in (words, words.upper(), words.replace(" ", "-"), f"  {words} "):
            assert (noun, name) in [(match.noun, match.name) for match in closest(search(spelling))], spelling


def test_everything_has_synonyms_that_add_something() -> None:
    for _, entry in EVERYTHING:
        words = entry.facts.synonyms
        assert len({word.casefold() for word in words}) == len(words), entry.name
        assert not {word.casefold() for word in words} & {entry.name, entry.name.partition(".")[2]}, entry.name
        # The names of two twins of ImageNet-C say all.
        assert words or entry.name in ("imagenet_c.defocus_blur", "imagenet_c.jpeg_compression"), entry.name


@pytest.mark.parametrize(
    "words",
    [
        *(
            "foggy",
            "fogs",
            "snowing",
            "rainy",
            "blurred",
            "blurry",
            "tilted",
            "noisy",
            "dirty lens",
            "darkness",
            "shaking",
        ),
        *("compressed", "occluded", "cropped", "zoomed", "stickers", "rotated", "lenses"),
    ],
)
def test_common_endings_make_no_difference(words: str) -> None:
    assert search(words)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=60))
def test_any_text_can_be_searched_and_nothing_is_advised_that_does_not_exist(text: str) -> None:
    known = {entry.name for _, entry in EVERYTHING}
    assert all(match.name in known for match in search(text))
    for noun in ("shift", "attack", "metric"):
        hint = hint_for(noun, text)
        assert hint
        assert len(hint) < 320
        assert "albumentations" not in hint or len(text) > 2


@pytest.mark.parametrize("name", ["rain", "Rain", "fog", "night", "drizzle", "qqqq", "a", "camera", "weather", "shift"])
def test_no_list_of_another_library_is_proposed(name: str) -> None:
    assert "albumentations" not in hint_for("shift", name)


@pytest.mark.parametrize(
    ("noun", "name", "told", "hint"),
    [
        ("shift", "patch", "patch is an attack: write attack: patch", "among the shifts there is occlude.patch"),
        ("shift", "noise", "noise is an attack: write attack: noise", "among the shifts there is sensor.noise"),
        ("shift", "drop", "drop is a metric: write it under expect", "among the shifts there is lens.drops"),
        (
            "attack",
            "camera.pitch",
            "camera.pitch is a shift: write shift: camera.pitch",
            "`robustcheck list attacks` names all",
        ),
        ("metric", "pgd", "pgd is an attack: write attack: pgd in a check", "`robustcheck list metrics` names all"),
        ("shift", "albumentations.GausNoise", "", "did you mean albumentations.GaussNoise?"),
        ("shift", "GausNoise", "", "did you mean albumentations.GaussNoise?"),
        ("shift", "Blur", "", "did you mean camera.defocus, camera.motion_blur or albumentations.Blur?"),
        ("shift", "albumentations.Qqqq", "", "`robustcheck list shifts` names all"),
        ("shift", "camera.ptich", "", "did you mean camera.pitch?"),
        ("shift", "motion.blur", "", "did you mean camera.motion_blur or imagenet_c.motion_blur?"),
        ("shift", "crop.tightly", "", "known: crop.box, crop.center, crop.corner"),
        ("shift", "imagenet_c.qqqq", "", "`robustcheck list shifts imagenet_c` names what there is"),
        ("shift", "drizle", "", "did you mean drizzle, which is weather.rain?"),
        ("attack", "dusk", "", "among the shifts there is light.low_light"),
        ("metric", "top_3_accuracy", "", "did you mean top_k_accuracy?"),
    ],
)
def test_a_wrong_name_is_told_as_here(noun: str, name: str, told: str, hint: str) -> None:
    assert (kind_told(noun, name), hint_for(noun, name)) == (told, hint)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a"], "a"),
        (["a", "b"], "a or b"),
        (["a", "b", "c", "d"], "a, b, c or d"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c, d or 2 more shifts"),
    ],
)
def test_names_are_listed(names: list[str], text: str) -> None:
    assert listed(names, "or", "shift") == text


def test_a_name_of_another_number_is_not_what_was_meant() -> None:
    for name in ("imagenet_c.fog2", "fog 2", "apgd_3"):
        for noun in ("shift", "attack"):
            assert not re.search(r"did you mean", hint_for(noun, name)), name


@pytest.mark.parametrize("words", ["dusk", ("dusk", ""), (3,), [b"dusk"]])
def test_synonyms_that_are_no_texts_are_refused(words: Any) -> None:
    with pytest.raises(RobustcheckError, match=r'synonyms of the shift a\.b are no tuple of texts; write \("dusk",\)'):
        Registry("shift").add("a.b", height, ShiftFacts(False, synonyms=words))


def test_the_decorators_keep_synonyms(monkeypatch: pytest.MonkeyPatch) -> None:
    for noun in ("shift", "attack", "metric"):
        monkeypatch.setattr(registry, f"{noun}s", Registry(noun))
    registry.shift("a.b", synonyms=("one",))(height)
    registry.attack("c", synonyms=("two",))(height)
    registry.metric("d", better="higher", synonyms=("three",))(height)
    kept = [next(iter(getattr(registry, f"{noun}s")._entries.values())).facts for noun in ("shift", "attack", "metric")]
    assert [facts.synonyms for facts in kept] == [("one",), ("two",), ("three",)]
    assert [type(facts) for facts in kept] == [ShiftFacts, AttackFacts, MetricFacts]
