"""The numbers of the page: curves, axes, heat map, confusions, what changed; exact small cases."""

from __future__ import annotations

import numpy as np
import pytest
from small_report import CLASSES, case, document, estimate, expected, records

from robustcheck.report.html.answers import Answers, answers, counted
from robustcheck.report.html.changes import changes
from robustcheck.report.html.classes import Cell, cell, heat_map
from robustcheck.report.html.confusions import Confusion, appeared, confusions, of_suite
from robustcheck.report.html.curves import bound, curves
from robustcheck.report.html.drawing import draw
from robustcheck.report.html.gallery import Gallery
from robustcheck.report.html.plot import axis, path, tick
from robustcheck.report.html.rows import rows
from robustcheck.report.html.words import breakable, filled, kind_of
from robustcheck.report.pictures import StripPicture

CLEAN = counted("clean", np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 1, 1, 2, 1]))
DARK = counted("dark", np.array([0, 0, 1, 1, 2, 2]), np.array([1, 1, 1, 0, 1, 1]))


@pytest.mark.parametrize(
    ("numbers", "low", "high", "ticks"),
    [
        ((0.81, 0.99), 0.8, 1.0, (0.8, 0.85, 0.9, 0.95, 1.0)),
        ((0.0, 1.0), 0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        ((-0.5, 0.5), -0.6, 0.6, (-0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6)),
        ((3.0, 3.0), 2.7, 3.3, None),
    ],
)
def test_an_axis_has_round_ends(numbers, low, high, ticks) -> None:
    found = axis(numbers, 0, 100, most=6)
    assert (round(found.low, 9), round(found.high, 9)) == (low, high)
    assert ticks is None or found.ticks == ticks


def test_an_axis_places_numbers_and_goes_up_the_page() -> None:
    down = axis((0.0, 1.0), 200, 0, most=5)
    assert [down.place(number) for number in (0, 0.25, 1, 2)] == [200, 150, 0, 0]


def test_an_axis_that_is_not_rounded_ends_at_its_numbers() -> None:
    found = axis((-10, 10), 0, 100, rounded=False)
    assert (found.low, found.high, found.place(0)) == (-10, 10, 50)


def test_numbers_of_a_drawing_are_written_short() -> None:
    assert path([(1.0, 2.5), (3.25, 4.0)]) == "1,2.5 3.25,4"
    assert [tick(0.25, "%"), tick(-0.05, "pp"), tick(1.5, "")] == ["25%", "-5pp", "1.5"]


@pytest.mark.parametrize(
    ("text", "number"),
    [(">= 95%", 0.95), ("<= 4pp", 0.04), ("< 12deg", 12.0), ("100% ± 0.5pp", None), (">= much", None)],
)
def test_a_threshold_is_read_as_metrics_are_stored(text, number) -> None:
    assert bound(text) == (number and pytest.approx(number))


def swept(*angles: str, **other) -> list:
    return [case(f"lower[pitch={one}]", right=30 - abs(int(one[:-3])), swept={"pitch": one}, **other) for one in angles]


def suite(cases, **other):
    return filled(document(cases, **other)["suites"][0])


def test_a_sweep_is_a_curve_in_the_order_of_its_parameter() -> None:
    [[curve]] = curves(suite([case("clean", kind="clean"), *swept("10deg", "-10deg", "5deg")]))
    assert (curve.check, curve.metric, curve.parameter, curve.x_unit, curve.clean) == (
        "lower",
        "accuracy",
        "pitch",
        "deg",
        1.0,
    )
    assert [(point.x, round(point.value, 3), point.bound) for point in curve.points] == [
        (-10, 0.667, 0.8),
        (5, 0.833, 0.8),
        (10, 0.667, 0.8),
    ]


def test_one_value_words_and_a_covering_array_are_no_curve() -> None:
    assert curves(suite(swept("10deg"))) == []
    assert curves(suite([case("a[mode=x]", swept={"mode": "x"}), case("a[mode=y]", swept={"mode": "y"})])) == []
    array = {
        "check": "lower",
        "strength": 2,
        "factors": {},
        "cases": [],
        "covered": 0,
        "total": 1,
        "suspects": [],
        "tuples": [],
    }
    assert curves(suite(swept("5deg", "10deg"), combinations=[array])) == []


def test_two_swept_parameters_are_a_curve_for_each_value_of_the_second() -> None:
    cases = [
        case(f"a[x={x},mode={mode}]", swept={"x": x, "mode": mode})
        for mode in ("day", "night")
        for x in ("1%", "2%", "3%")
    ]
    assert [curve.check for group in curves(suite(cases)) for curve in group] == ["a, mode=day", "a, mode=night"]


def test_each_expected_metric_of_a_sweep_is_a_curve() -> None:
    cases = swept("-5deg", "5deg")
    for one in cases:
        one["expectations"].append(expected("drop", "<= 4pp", estimate(1, 30), "pass", "pp"))
    [[first, second]] = curves(suite(cases))
    assert (first.metric, second.metric, second.unit, second.points[0].bound) == ("accuracy", "drop", "pp", 0.04)


def test_the_accepted_run_stands_beside_the_accuracy() -> None:
    cases = swept("-5deg", "5deg")
    for one in cases:
        one["metrics"]["regression"] = {**estimate(1, 30, "1 lost, 0 gained"), "value": 0.1}
    [[curve]] = curves(suite(cases))
    assert [round(point.accepted or 0, 6) for point in curve.points] == [0.933333, 0.933333]
    [first, _] = changes(suite(cases))
    assert (first.before, first.now, first.detail) == ("93.3%", "83.3%", "1 lost, 0 gained")


def test_a_search_is_a_curve_of_what_it_looked_at() -> None:
    probes = [
        {"value": value, "holds": right > 20, "metrics": {"accuracy": estimate(right, 30)}}
        for value, right in (("0deg", 30), ("40deg", 10), ("20deg", 25))
    ]
    limit = {**estimate(1, 1, "holds at 20deg, breaks at 40deg"), "value": 20.0}
    one = case("turn", kind="find_limit", trace=probes, metrics={"limit": limit})
    [[curve]] = curves(suite([one]))
    assert [(point.x, point.verdict) for point in curve.points] == [(0, "pass"), (20, "pass"), (40, "fail")]
    assert (curve.limit, curve.note) == (20.0, "holds at 20deg, breaks at 40deg")


def test_an_attack_without_a_radius_is_a_curve_on_a_logarithmic_scale() -> None:
    radii = [("0.25/255", 1.0), ("4/255", 0.5), ("32/255", 0.0)]
    attack = {
        "name": "fmn",
        "norm": "linf",
        "eps": "",
        "targeted": "",
        "bound": "an upper bound",
        "sanity": [],
        "curve": [{"eps": eps, "robust_accuracy": value, "low": value, "high": value} for eps, value in radii],
    }
    one = case("far", kind="attack", attack=attack, metrics={})
    one["expectations"] = [expected("robust_accuracy_at[4/255]", ">= 90%", estimate(15, 30), "fail")]
    [[curve]] = curves(suite([one]))
    assert [(point.at, point.bound, point.verdict) for point in curve.points] == [
        ("0.25/255", None, ""),
        ("4/255", 0.9, "fail"),
        ("32/255", None, ""),
    ]
    first, middle, last = (dot.x for dot in draw(curve).dots)
    assert (middle - first) / (last - first) == pytest.approx(4 / 7, abs=0.01)


def test_a_drawing_has_band_line_threshold_and_words() -> None:
    [[curve]] = curves(suite([case("clean", kind="clean"), *swept("-10deg", "0deg", "10deg")]))
    found = draw(curve)
    assert [dot.x for dot in found.dots] == [66, 229, 392]
    assert len(found.line.split()) == 3
    assert len(found.band.split()) == 6
    [(start, end, height, text, level)] = found.bounds
    assert (start, end, text, level) == (58, 400, ">= 80%", "fail")
    assert found.dots[0].top <= found.dots[0].y <= found.dots[0].bottom
    assert found.clean is not None
    assert found.clean < height
    assert found.sentence.startswith("3 values of pitch from -10deg to 10deg. Least 66.7%")


def test_values_without_room_have_no_label() -> None:
    cases = [case(f"a[x={x}%]", swept={"x": f"{x}%"}) for x in (0, 1, 2, 50, 99, 100)]
    [[curve]] = curves(suite(cases))
    assert [tick.text for tick in draw(curve).across] == ["0%", "50%", "100%"]


def test_an_attack_that_goes_on_until_it_breaks_says_nothing_of_classes(tmp_path) -> None:
    path = records(tmp_path, "far", {"id": ["a"], "label": [0], "predicted": [1]})
    attack = {"norm": "linf", "eps": "", "curve": [{"eps": "1/255"}]}
    found = suite(
        [case("far", records=path, attack=attack), case("near", records=path, attack={**attack, "eps": "1/255"})]
    )
    known, problems = answers(found, tmp_path)
    assert ([one.case for one in known], problems) == (["near"], [])


def test_answers_are_counted_by_pair() -> None:
    assert CLEAN.counts == {(0, 0): 2, (1, 1): 2, (2, 1): 1, (2, 2): 1}
    assert (CLEAN.of_class()[2], CLEAN.right(2)) == (2, 1)


def test_the_heat_map_has_a_row_a_case_and_a_column_a_class() -> None:
    found = heat_map([CLEAN, DARK], CLASSES)
    assert found is not None
    assert found.classes == CLASSES
    assert [[one.text for one in cells] for _, cells in found.rows] == [["100", "100", "50"], ["0", "50", "0"]]
    assert heat_map([], CLASSES) is None


def test_of_many_classes_the_worst_are_shown() -> None:
    found = heat_map([CLEAN, DARK], CLASSES, most=2)
    assert found is not None
    assert (found.classes, found.left_out) == (("stop", "turn_left"), 1)


@pytest.mark.parametrize(
    ("right", "n", "shown"),
    [
        (199, 200, Cell("99", 9, 199, 200)),
        (0, 4, Cell("0", 0, 0, 4)),
        (4, 4, Cell("100", 10, 4, 4)),
        (0, 0, Cell("–", -1, 0, 0)),
    ],
)
def test_a_cell_is_rounded_down(right, n, shown) -> None:
    assert cell(right, n) == shown


def test_confusions_are_those_that_the_shift_brought() -> None:
    assert appeared(DARK, CLEAN, CLASSES) == [
        Confusion("stop", "yield", 2, 0, 2, "dark"),
        Confusion("yield", "stop", 1, 0, 2, "dark"),
        Confusion("turn_left", "yield", 2, 1, 2, "dark"),
    ]
    assert appeared(CLEAN, CLEAN, CLASSES) == []
    assert confusions([DARK], CLASSES) == {}


def test_a_pair_is_told_once_in_the_case_where_it_rises_most() -> None:
    mild = Answers("mild", {(0, 1): 1, (0, 0): 1})
    [first, *_] = of_suite(confusions([CLEAN, mild, DARK], CLASSES))
    assert first == Confusion("stop", "yield", 2, 0, 2, "dark", cases=2)


def strip_picture(content: bytes) -> StripPicture:
    return StripPicture("a", "stop", "yield", 0.9, 2.0, "stop", 0.8, content, b"", b"")


def test_a_picture_is_on_the_page_once() -> None:
    gallery = Gallery()
    [[first], [second]] = gallery.strips([[strip_picture(b"same")], [strip_picture(b"same")]])
    assert first.shown == second.shown
    assert (first.clean, len(gallery.pictures)) == ("", 1)
    assert (first.right, first.was_right) == (False, True)


def test_every_case_has_its_first_pictures_before_any_has_its_last() -> None:
    strips = [[strip_picture(bytes([case, place]) * 30) for place in range(4)] for case in range(3)]
    one = len("data:image/webp;base64,") + 80
    assert [len(strip) for strip in Gallery(7 * one).strips(strips)] == [3, 2, 2]


def test_an_id_may_break_at_its_brackets_and_is_escaped() -> None:
    assert breakable("a[x=1,y=<b>]") == "a<wbr>[x=1,<wbr>y=&lt;b&gt;]"


def test_a_case_of_several_steps_is_called_by_its_kind() -> None:
    assert kind_of(case("a", kind="compose", perturbation="light.exposure+camera.shift")) == "compose"
    assert [kind_of(case("a")), kind_of(case("clean", kind="clean"))] == ["camera.pitch", "clean"]


def test_what_was_demanded_comes_after_the_cases() -> None:
    demanded = case("provenance[training.seed]", kind="provenance", metrics={}, expectations=[])
    found = rows(suite([case("clean", kind="clean")], provenance=[demanded]), "s0", pictures={}, confusions={})
    assert [(row.anchor, row.case["id"], [line.bound for line in row.gated]) for row in found] == [
        ("s0-0", "clean", [">= 80%"]),
        ("s0-1", "provenance[training.seed]", [""]),
    ]
    assert found[0].spark is not None
    assert (found[0].spark.value, found[0].spark.bound) == (132.0, 4.0)
