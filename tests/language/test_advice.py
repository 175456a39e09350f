"""Advice never changes a value: what is told to be written is what stands there, or no value at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import scipy.constants as si
from hypothesis import given
from hypothesis import strategies as st
from writing import check, make_project, text_of

from robustcheck.core import registry
from robustcheck.core.errors import Location, SuiteError
from robustcheck.core.units import parse_quantity
from robustcheck.language import advice, load_suite
from robustcheck.language.nodes import Scalar, Sequence
from robustcheck.language.threshold_advice import shaped

Told = Callable[[str], list[str]]

IN_SI = {
    "deg": si.degree, "degrees": si.degree, "°": si.degree, "rad": 1.0, "radians": 1.0, "arcmin": si.arcmin, "turns": 2 * si.pi,
    "m": 1.0, "metres": 1.0, "cm": si.centi, "mm": si.milli, "km": si.kilo, "ft": si.foot, "inch": si.inch, "yards": si.yard,
    "s": 1.0, "ms": si.milli, "min": si.minute, "hours": si.hour,
    "%": 0.01, "percent": 0.01, "per cent": 0.01, "‰": 0.001, "ppm": 1e-6,
    "lux": 1.0, "lx": 1.0, "klx": si.kilo, "K": 1.0, "kelvin": 1.0, "ev": 1.0, "stops": 1.0, "px": 1.0, "pixels": 1.0,
}  # fmt: skip
"""What units are in those of the SI, by another hand than ours."""
ALIKE = (
    {"deg", "degrees", "°", "rad", "radians", "arcmin", "turns"},
    {"m", "metres", "cm", "mm", "km", "ft", "inch", "yards"},
    {"s", "ms", "min", "hours"},
    {"%", "percent", "per cent", "‰", "ppm"},
    {"lux", "lx", "klx"},
    {"K", "kelvin"},
    {"ev", "stops"},
    {"px", "pixels"},
)


@given(
    number=st.decimals(-9999, 9999, places=2).filter(bool),
    word=st.sampled_from(sorted(IN_SI)),
    unit=st.sampled_from(["deg", "m", "s", "%", "lux", "K", "ev", "px"]),
    form=st.sampled_from(["{}{}", "{} {}", "“{} {}”", " {}  {} ", "'{}{}'"]),
    comma=st.booleans(),
)
def test_what_is_advised_is_what_was_written(number: object, word: str, unit: str, form: str, comma: bool) -> None:
    text = form.format(str(number).replace(".", ",") if comma else number, word)
    found = advice.spelled(text, [unit])
    alike = any({word, unit} <= words for words in ALIKE)
    assert len(found) == alike, (text, found)
    for spelling in found:
        quantity = parse_quantity(spelling)
        assert quantity is not None
        assert quantity.unit == unit
        assert quantity.number * IN_SI[unit] == pytest.approx(float(str(number)) * IN_SI[word], rel=5e-5)


@given(st.text(max_size=20))
def test_no_text_is_too_odd(text: str) -> None:
    for spelling in advice.spelled(text, ["deg", "%", ""]):
        assert parse_quantity(spelling) is not None
    for spelling in advice.thresholds(text, ["%"], ">="):
        assert parse_quantity(spelling.lstrip("<>= ")) is not None
    assert advice.date_in(text) == "" or re.fullmatch(r"\d{4}-\d\d-\d\d", advice.date_in(text))


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(",."))
def test_groups_of_three_digits_have_two_meanings(first: int, second: int, mark: str) -> None:
    found = advice.number_in(f"{first}{mark}{second:03d}")
    # A point is YAML's own.
    assert found is None if mark == "," else float(found or 0) == pytest.approx(first + second / 1000)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,000,000", 1e6), ("1.000,5", 1000.5), ("1,000.5", 1000.5), ("1 000", 1000), ("10_000", 1e4), ("1'000", 1000), ("0,125", 0.125)],
)  # fmt: skip
def test_numbers_of_one_meaning(text: str, number: float) -> None:
    assert float(advice.number_in(text) or 0) == number


@pytest.fixture
def told(tmp_path: Path) -> Told:
    project = make_project(tmp_path)

    def problems(text: str) -> list[str]:
        (tmp_path / "suites/a.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(SuiteError) as caught:
            load_suite(tmp_path / "suites/a.yaml", project)
        return [str(problem) for problem in caught.value.problems]

    return problems


VALUES = [
    ("0.2rad", "write 11.459deg"),
    ("12°", "write 12deg"),
    ("'12,5deg'", "write 12.5deg"),
    ("12,5deg", "write 12.5deg"),
    ("-12,5deg", "write -12.5deg"),
    ("“12,5°”", "write 12.5deg"),
    ("0,2rad", "write 11.459deg"),
    ("±12deg", "write the list [-12deg, 12deg], or worst_of instead of shift to search -12deg..12deg"),
    ("+/- 12°", "write the list [-12deg, 12deg]"),
    ("12º", "write 12deg"),
    ("[-12deg 12deg]", "write -12deg, 12deg"),
    ("'3deg; 5 degrees'", "write a list in brackets: [3deg, 5deg]"),
    ("'3 and 5 degrees'", "write a list in brackets: [3deg, 5deg]"),
    ("12deg 30arcmin", ""),
    ("−12deg", "write -12deg"),
    ("[12,5deg, 1deg]", "write 12.5deg"),
    ("-12deg, 12deg", "write a list in brackets: [-12deg, 12deg]"),
    ("-12deg to 12deg", "worst_of instead of shift to search -12deg..12deg"),
    ("'-12 to 12 degrees'", "to search -12deg..12deg"),
    ("40cm", ""),
    ("12m", ""),
    ("12k", ""),
    ("12 grad", ""),
    ("'1,000 deg'", ""),
    ("steep", ""),
]


@pytest.mark.parametrize(("written", "says"), VALUES)
def test_values_of_a_parameter(told: Told, written: str, says: str) -> None:
    (problem,) = told(text_of(**check(f"shift: camera.pitch, pitch: {written}")))
    assert says in problem
    if not says:
        assert "write" not in problem


THRESHOLDS = [
    ('">= 99,5%"', ">= 99.5%"),
    ("at least 95%", ">= 95%"),
    ("“>= 95%”", ">= 95%"),
    ("'95 percent or more'", ">= 95%"),
    ("no less than 95%", ">= 95%"),
    ("'not less than 95,5 %'", ">= 95.5%"),
    ("minimum 95%", ">= 95%"),
    ("95%+", ">= 95%"),
    ("'> = 95%'", ">= 95%"),
    ("over 95 per cent", "> 95%"),
    ("'fewer than 95%'", "< 95%"),
    ("mindestens 95 Prozent", ">= 95%"),
    ("95pp", ">= 95%"),
    ("0.95", ">= 95%"),
    (">= 95%", ">= 95%"),
    ("> 95%", "> 95%"),
    ("'!= 95%'", ""),
    ("'<> 95%'", ""),
    ("~95%", ""),
    ("95-100%", ""),
    ("high", ""),
    ("'not 95%'", ""),
    ("'>= 1,000%'", ""),
    ("'>= 95deg'", ""),
]


@pytest.mark.parametrize(("written", "meant"), THRESHOLDS)
def test_values_of_a_threshold(told: Told, written: str, meant: str) -> None:
    (problem,) = told(text_of(expect=f"{{accuracy: {written}}}"))
    assert (f'"{meant}"' if meant else 'write it as ">= N%"') in problem


@pytest.mark.parametrize(
    ("written", "advised"),
    [
        ('"<= 5%"', 'write "<= 5pp"'),
        ("at most 5 points", 'write "<= 5pp"'),
        ("max 5,5 percentage points", 'write "<= 5.5pp"'),
        ('"<= 0.05"', 'write "<= 5pp" or "<= 0.05pp"'),
        ('"= 5pp"', 'write "<= 5pp"'),
        ('"<= 5deg"', 'write it as "<= Npp"'),
    ],
)
def test_values_of_a_difference(told: Told, written: str, advised: str) -> None:
    quoted = written if written[0] == '"' else f'"{written}"'
    (problem,) = told(text_of(clean='{expect: {accuracy: ">= 1%"}}', expect=f"{{drop: {quoted}}}"))
    assert advised in problem


@pytest.mark.parametrize(
    ("written", "advised"),
    [
        ("{confusion: [stop, turn_left, '<= 1%']}", 'write {stop: {turn_left: "<= 1%"}}'),
        ("{confusion: [stop, yield]}", 'write {stop: {yield: "<= N%"}}'),
        ("{class_accuracy: '>= 93%'}", 'write {CLASS: ">= 93%"}'),
        ('{class_accuracy: {stop:">= 93%"}}', 'write stop: ">= 93%"'),
        ("{class_accuracy: {stop: >= 93%}}", 'write it in quotes: ">= 93%"'),
        ("at least 93%", 'write it as {accuracy: ">= 93%"}'),
        ("accuracy >= 93%", 'write it as {accuracy: ">= 93%"}'),
        ("{accuracy >= 93%}", 'write accuracy: ">= 93%"'),
        ("{accuracy: '>= 93%', drop}", "drop has no value"),
    ],
)
def test_forms_keep_what_is_written(told: Told, written: str, advised: str) -> None:
    (problem,) = told(text_of(expect=written))
    assert advised in problem


@pytest.mark.parametrize(
    ("written", "advised"),
    [("2027/3/1", "2027-03-01"), ("1.3.2027", "2027-03-01"), ("March 1, 2027", "2027-03-01"), ("3/1/2027", "YYYY-MM-DD"), ("soon", "YYYY-MM-DD")],
)  # fmt: skip
def test_dates(told: Told, written: str, advised: str) -> None:
    (problem,) = told(text_of(waivers=f'[{{case: "camera.*", reason: r, owner: o, expires: "{written}"}}]'))
    assert problem.endswith(f"write it as {advised}")


def test_a_blank_that_lacks_after_a_colon(told: Told) -> None:
    (problem,) = told(text_of().replace("title: Signs", "title:Signs"))
    assert problem.endswith("write title: Signs, with a blank after the colon")


def test_a_name_with_another_number_is_not_what_was_meant(told: Told) -> None:
    from robustcheck.core.errors import did_you_mean

    assert did_you_mean("speed_60", ["speed_30", "speed_50", "stop"]) == "known: speed_50, speed_30"
    assert did_you_mean("sped_30", ["speed_30", "speed_50", "stop"]) == "did you mean speed_30?"
    assert did_you_mean("cifar", ["cifar10", "mnist"]) == "did you mean cifar10?"


EPS = [
    ("8", "write 8/255"),
    ("1", "write 1/255"),
    ("1.5", "write 1.5/255"),
    ("300", "write a smaller one"),
    ("255/255", "write a smaller one"),
    ("0", "changes no picture"),
    ("0/255", "changes no picture"),
    ("[0, 4/255]", "changes no picture"),
]


@pytest.mark.parametrize(("eps", "says"), EPS)
def test_a_ball_that_bounds_nothing(told: Told, eps: str, says: str) -> None:
    (problem,) = told(text_of(**check(f"attack: pgd, norm: linf, eps: {eps}")))
    assert says in problem


def test_a_ball_in_another_norm(told: Told, tmp_path: Path) -> None:
    (problem,) = told(text_of(**check("attack: pgd, norm: l2, eps: 56")))
    assert "no two are further apart than 55.4256" in problem  # sqrt(3 * 32 * 32)
    (tmp_path / "suites/a.yaml").write_text(text_of(**check("attack: pgd, norm: l2, eps: 8")))
    assert load_suite(tmp_path / "suites/a.yaml", make_project(tmp_path)).cases


@pytest.mark.parametrize(
    ("radius", "says"), [("0/255", "without any attack"), ("0", "without any attack"), ("8", "write 8/255")]
)
def test_accuracy_at_a_radius_that_bounds_nothing(told: Told, radius: str, says: str) -> None:
    (problem,) = told(
        text_of(**check(f"attack: fmn, norm: linf, expect: {{robust_accuracy_at: {{{radius}: '>= 5%'}}}}"))
    )
    assert says in problem


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        (["STOP", "YIELD", "1%"], '{STOP: {YIELD: "<= 1%"}}'),
        (["YIELD", "CLASS", "1%"], '{YIELD: {CLASS: "<= 1%"}}'),
        (["STOP"], '{STOP: {CLASS: "<= N%"}}'),
    ],
)
def test_names_of_classes_in_capitals_stay_where_they_are(words: list[str], shape: str) -> None:
    where = Location("a.yaml", 1, 1)
    node = Sequence(where, tuple(Scalar(where, word, word) for word in words))
    assert shaped(registry.metrics["confusion"], node) == shape


def test_several_targets_are_named(told: Told) -> None:
    (problem,) = told(text_of(**check("attack: pgd, norm: linf, eps: 1/255, targeted: {stop: [yield, turn_left]}")))
    assert problem.endswith("stop has one target, not a list; write a check for each: yield and turn_left")


@pytest.mark.parametrize("text", ["''", "' '", "'[]'", "'()'", "','"])
def test_a_value_that_is_empty_is_a_mistake_with_a_place(told: Told, text: str) -> None:
    (problem,) = told(text_of(**check(f"shift: camera.pitch, pitch: {text}")))
    assert re.match(r"suites/a\.yaml:\d+:\d+: RC\d{3} ", problem)
