"""Good suites: what their plan says."""

from __future__ import annotations

import datetime
import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from writing import check, limit, text_of

from robustcheck.core.errors import SuiteError
from robustcheck.core.units import Quantity
from robustcheck.domain.patterns import matches
from robustcheck.language import load_suite


def ids(suite) -> list[str]:
    return [case.id for case in suite.cases[1:]]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("shift: camera.pitch, pitch: 15deg", ["camera.pitch[pitch=15deg]"]),
        ("shift: camera.pitch, pitch: 15deg, id: low", ["low"]),
        ("shift: camera.pitch, pitch: [-15deg, 1.50e1deg], id: low", ["low[pitch=-15deg]", "low[pitch=15deg]"]),
        ("hfov: 70deg, shift: camera.pitch, pitch: [1deg]", ["camera.pitch[pitch=1deg,hfov=70deg]"]),
        ("shift: camera.pitch, pitch: [1deg, 2deg], hfov: 70deg, id: a", ["a[pitch=1deg]", "a[pitch=2deg]"]),
        (
            "shift: camera.shift, dx: [1%, 2%], dy: [3%, 4%], id: a",
            ["a[dx=1%,dy=3%]", "a[dx=1%,dy=4%]", "a[dx=2%,dy=3%]", "a[dx=2%,dy=4%]"],
        ),
        ("shift: camera.shift, dy: [3%, 4%], dx: [1%, 2%], sweep: zip, id: a", ["a[dx=1%,dy=3%]", "a[dx=2%,dy=4%]"]),
        (
            "compose: [{shift: light.exposure, stops: -2ev}, {shift: camera.shift, dx: 15%}]",
            ["light.exposure+camera.shift[stops=-2ev,dx=15%]"],
        ),
        (
            "compose: [{shift: light.exposure, stops: [-2ev, 2ev]}, {shift: camera.shift, dx: 15%}], id: dusk",
            ["dusk[stops=-2ev]", "dusk[stops=2ev]"],
        ),
        (
            "compose: [{shift: camera.shift, dx: 1%}, {shift: camera.pixel_shift, dx: 2px}]",
            ["camera.shift+camera.pixel_shift[camera.shift.dx=1%,camera.pixel_shift.dx=2px]"],
        ),
        (
            "compose: [{shift: camera.yaw, yaw: 1deg}, {shift: camera.yaw, yaw: 2deg}]",
            ["camera.yaw+camera.yaw[camera.yaw#1.yaw=1deg,camera.yaw#2.yaw=2deg]"],
        ),
        ("worst_of: camera.view, yaw: -15deg..15deg", ["worst_of:camera.view[yaw=-15deg..15deg]"]),
        (
            "worst_of: camera.view, yaw: [-5deg..5deg, -15deg..15deg], hfov: 70deg, id: box",
            ["box[yaw=-5deg..5deg]", "box[yaw=-15deg..15deg]"],
        ),
        (
            'find_limit: {shift: camera.yaw, param: yaw, from: 0deg, to: 45deg, until: {accuracy: "< 90%"}}, expect: {limit: ">= 1deg"}',
            ["find_limit:camera.yaw"],
        ),
        (
            'find_limit: {shift: camera.yaw, param: yaw, hfov: [60deg, 90deg], from: 0deg, to: -45deg, until: {accuracy: "< 90%"}}, id: far, expect: {limit: "<= -1deg"}',
            ["far[hfov=60deg]", "far[hfov=90deg]"],
        ),
        (
            "combine: {of: [{shift: camera.yaw, yaw: [1deg, 2deg]}, {shift: camera.zoom, ratio: [1.1, 2]}]}, id: rig",
            ["rig[yaw=1deg,ratio=1.1]", "rig[yaw=1deg,ratio=2]", "rig[yaw=2deg,ratio=1.1]", "rig[yaw=2deg,ratio=2]"],
        ),
        (
            "shift: light.low_light, lux: 3lux, shutter: [1/30 s, 1/50s], id: dim",
            ["dim[shutter=0.0333333333333s]", "dim[shutter=0.02s]"],
        ),
        ("shift: camera.aspect, ratio: ['4:3', 16:9], mode: letterbox, id: tv", ["tv[ratio=4:3]", "tv[ratio=16:9]"]),
    ],
)
def test_case_ids(load, written: str, expected: list[str]) -> None:
    assert ids(load(**check(written))) == expected


def test_defaults(load) -> None:
    suite = load()
    clean, case = suite.cases
    assert (clean.id, clean.kind, clean.tier, clean.steps) == ("clean", "clean", "smoke", ())
    assert list(map(str, clean.expectations)) == ["accuracy >= 85%"]
    assert (case.tier, case.severity, case.border, case.fill) == ("standard", "error", "source", "reflect")
    assert not case.allow_synthetic_border
    assert case.steps[0].params == {"pitch": Quantity(15, "deg")}
    assert [threshold.text for threshold in case.expectations] == [">= 85%"]
    assert (suite.seed, suite.declared, suite.max_unreadable, suite.notes) == (0, None, Quantity(0), ())
    assert str(case.where) == "suites/a.yaml:7:10"


def test_zip_holds_single_values(load) -> None:
    suite = load(**check("shift: camera.view, yaw: [1deg, 2deg], dx: [1%, 2%], roll: 3deg, sweep: zip, id: a"))
    assert [case.steps[0].params["roll"] for case in suite.cases[1:]] == [Quantity(3, "deg")] * 2
    assert ids(suite) == ["a[yaw=1deg,dx=1%]", "a[yaw=2deg,dx=2%]"]


def test_what_is_wrong_together_is_refused_only_where_it_meets(load) -> None:
    written = "shift: camera.height, plane: ground, above_ground: [1m, 3m], rise: [-0.5m, -2m], sweep: zip"
    assert len(load(**check(written)).cases) == 3
    with pytest.raises(SuiteError, match=r"a camera 1m above the ground ends on or below it with rise: -2m"):
        load(**check(written.replace("sweep: zip", "sweep: grid")))


def test_sweep_that_explodes(load) -> None:
    values = "[" + ", ".join(f"{value}%" for value in range(1, 41)) + "]"
    with pytest.raises(SuiteError, match=r"1,600 cases, more than 1000"):
        load(**check(f"shift: camera.shift, dx: {values}, dy: {values}"))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ('{drop: "<= 5pp"}', {"accuracy": ">= 85%", "class_accuracy[stop]": ">= 95%", "drop": "<= 5pp"}),
        ('{accuracy: "> 1%"}', {"accuracy": "> 1%", "class_accuracy[stop]": ">= 95%"}),
        ("{accuracy: null}", {"class_accuracy[stop]": ">= 95%"}),
        ("{class_accuracy: {stop: null}}", {"accuracy": ">= 85%"}),
        ("{class_accuracy: ~}", {"accuracy": ">= 85%"}),
        (
            '{class_accuracy: {yield: ">= 9%"}}',
            {"accuracy": ">= 85%", "class_accuracy[stop]": ">= 95%", "class_accuracy[yield]": ">= 9%"},
        ),
    ],
)
def test_expectations_merge(load, own: str, expected: dict[str, str]) -> None:
    suite = load(
        expect='{accuracy: ">= 85%", class_accuracy: {stop: ">= 95%"}}',
        **check(f"shift: camera.pitch, pitch: 1deg, expect: {own}"),
    )
    assert {threshold.name: threshold.text for threshold in suite.cases[1].expectations} == expected


def test_metrics_with_arguments(load) -> None:
    suite = load(
        clean="""
  expect:
    top_k_accuracy: {2: ">= 90%"}
    group_accuracy: {weather: {rain: ">= 80%", sun: ">= 90%"}, place: ">= 70%"}
    confusion: {stop: {turn_left: "<= 1%"}}"""
    )
    arguments = [(threshold.metric, threshold.argument) for threshold in suite.clean.expectations]
    assert arguments == [
        ("accuracy", ()),
        ("top_k_accuracy", ("2",)),
        ("group_accuracy", ("weather", "rain")),
        ("group_accuracy", ("weather", "sun")),
        ("group_accuracy", ("place",)),
        ("confusion", ("stop", "turn_left")),
    ]


def test_overall_covers_a_check_without_expectations(load) -> None:
    suite = load(expect=None, overall='[{metric: worst_accuracy, over: "*", expect: ">= 8%", severity: warn}]')
    assert suite.overall[0].cases == ("camera.pitch[pitch=15deg]",)
    assert suite.overall[0].id == "overall[worst_accuracy over *]"
    assert (suite.overall[0].aggregate, suite.overall[0].threshold.metric) == ("worst", "accuracy")
    assert (suite.overall[0].severity, suite.overall[0].tier) == ("warn", "standard")


def test_overall_runs_when_all_its_cases_do(load) -> None:
    checks = "[{shift: camera.yaw, yaw: 1deg, tier: smoke}, {shift: camera.roll, roll: 1deg, tier: thorough}]"
    line = '{metric: mean_accuracy, over: "camera.*", expect: ">= 8%"}'
    assert load(checks=checks, overall=f"[{line}]").overall[0].tier == "thorough"


def test_waivers(load) -> None:
    waiver = '[{case: "camera.pitch[*]", reason: out of the ODD, owner: safety, expires: 2027-03-01}]'
    live = load(waivers=waiver, options={"today": datetime.date(2027, 3, 1)})
    assert live.cases[1].waiver == live.waivers[0]
    assert live.clean.waiver is None
    assert live.notes == ()
    expired = load(waivers=waiver, options={"today": datetime.date(2027, 3, 2)})
    assert expired.cases[1].waiver is None
    assert "suites/a.yaml:8:11: the waiver of safety for camera.pitch[*] expired on 2027-03-01" in expired.notes[0]


def test_threshold_in_the_wrong_direction_is_noted(load) -> None:
    assert (
        'accuracy "<= 85%" is easier for a worse model; was >= meant?' in load(expect='{accuracy: "<= 85%"}').notes[0]
    )


def test_declared(load) -> None:
    clean = "{declared: 97.8%}"
    assert load(clean=clean).declared.tolerance == Quantity(0.5, "pp")
    assert load(clean="{declared: 97.8%, tolerance: 1pp}").declared.tolerance == Quantity(1, "pp")
    assert load(clean=clean, options={"model": "net"}).declared is not None
    assert load(clean=clean, options={"model": "other"}).declared is None
    assert load(clean=clean, options={"data": "more"}).declared is None


def test_overrides(load) -> None:
    suite = load(options={"model": "other", "data": "more", "seed": 5})
    assert (suite.model, suite.data, suite.seed) == ("other", "more", 5)
    with pytest.raises(
        SuiteError, match="there is no model nett, which was chosen instead of the suite's own; did you"
    ):
        load(options={"model": "nett"})
    with pytest.raises(SuiteError, match="the model other has no class stop"):
        load(expect='{class_accuracy: {stop: ">= 9%"}}', options={"model": "other"})


def test_variables(load) -> None:
    suite = load(
        title='"a ${ROBUSTCHECK_VAR_X} $$5 $"',
        seed="${ROBUSTCHECK_VAR_SEED}",
        options={"environment": {"ROBUSTCHECK_VAR_X": "b: [c", "ROBUSTCHECK_VAR_SEED": "12"}},
    )
    assert (suite.title, suite.seed) == ("a b: [c $5 $", 12)


def test_extends(load, signs) -> None:
    (signs.root / "base.yaml").write_text(
        "owner: base\nmodel: net\ndata: pictures\nexpect: {accuracy: '>= 1%', drop: '<= 9pp'}\n"
        "checks: [{shift: camera.yaw, yaw: 1deg}, {shift: camera.roll, roll: 1deg}]\n"
    )
    suite = load("extends: ../base.yaml\nrobustcheck: 1\ntitle: t\nexpect: {accuracy: '>= 2%'}\n")
    assert suite.owner == "base"
    assert {line.name: line.text for line in suite.cases[1].expectations} == {"accuracy": ">= 2%", "drop": "<= 9pp"}
    assert str(suite.cases[2].where) == "base.yaml:5:42"
    replaced = load("extends: ../base.yaml\nrobustcheck: 1\ntitle: t\nchecks: [{shift: camera.yaw, yaw: 2deg}]\n")
    assert ids(replaced) == ["camera.yaw[yaw=2deg]"]


def test_extends_tells_errors_where_they_are(load, signs) -> None:
    (signs.root / "suites" / "base.yaml").write_text("checks: [{shift: camera.yaw, yaw: 1}]\nseed: x\n")
    with pytest.raises(SuiteError) as caught:
        load(
            "extends: base.yaml\nrobustcheck: 1\ntitle: t\nowner: o\nmodel: nett\ndata: pictures\nexpect: {accuracy: '>= 2%'}\n"
        )
    assert [str(problem.where) for problem in caught.value.problems] == [
        "suites/a.yaml:5:8",
        "suites/base.yaml:1:35",
        "suites/base.yaml:2:7",
    ]


def test_extends_may_not_leave_through_a_link(load, signs, tmp_path_factory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "base.yaml"
    outside.write_text("owner: o\n")
    (signs.root / "suites" / "link.yaml").symlink_to(outside)
    with pytest.raises(SuiteError, match=r"suites/a.yaml:1:10: RC112 extends leaves the project: link.yaml"):
        load("extends: link.yaml\nrobustcheck: 1\n")


SECRETS = {
    "a text": "DB_PASSWORD=hunter2\nAPI=hunter2\n",
    "a number": "48151623\n",
    "a boolean": "true\n",
    "a list": "[hunter2]\n",
    "nothing": "null\n",
}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("name", ["base.yaml", "base.yml", "base.YAML"])
def test_a_base_that_is_no_mapping_is_named_by_its_kind_alone(load, signs, kind: str, name: str) -> None:
    (signs.root / name).write_text(SECRETS[kind])
    with pytest.raises(SuiteError) as caught:
        load(f"extends: ../{name}\n" + text_of())
    assert str(caught.value) == f"{name}:1:1: RC107 a suite is a mapping, this is {kind}; begin with robustcheck: 1"


@pytest.mark.parametrize(
    "name", [".env", "secrets.txt", "key", "base.yaml.bak", "base.yaml~", "yaml", ".yaml", "base.json"]
)
@pytest.mark.parametrize("linked", [False, True])
def test_only_yaml_files_are_extended(load, signs, name: str, linked: bool) -> None:
    (signs.root / name).write_text("hunter2: hunter2\n" + ("" if name == ".env" else "title: hunter2\n"))
    if linked:
        (signs.root / "base.yaml").symlink_to(signs.root / name)
    named = "base.yaml" if linked else name
    with pytest.raises(SuiteError) as caught:
        load(f"extends: ../{named}\n" + text_of())
    says = f"../{named} is no YAML file by its name; extends names a .yaml or .yml file"
    assert str(caught.value) == f"suites/a.yaml:1:10: RC112 {says}"


def test_a_suite_that_is_a_link_to_secrets_repeats_none(load, signs) -> None:
    (signs.root / ".env").write_text(SECRETS["a text"])
    (signs.root / "suites" / "link.yaml").symlink_to(signs.root / ".env")
    with pytest.raises(
        SuiteError, match=r"^suites/link.yaml:1:1: RC107 a suite is a mapping, this is a text; begin with"
    ) as caught:
        load_suite(signs.root / "suites" / "link.yaml", signs, environment={})
    assert "hunter2" not in str(caught.value)


def test_extends_in_a_circle_of_two(load, signs) -> None:
    (signs.root / "suites" / "b.yaml").write_text("extends: a.yaml\n")
    with pytest.raises(
        SuiteError, match=r"suites/b.yaml:1:10: RC112 extends goes in a circle: suites/a.yaml -> suites/b.yaml"
    ):
        load("extends: b.yaml\nrobustcheck: 1\n")


def test_digest_follows_the_meaning(load, signs) -> None:
    plain = load()
    text = (signs.root / "suites" / "a.yaml").read_text()
    same = load("# a comment\n" + "\n".join(reversed(text.splitlines())) + "\n", name="suites/b.yaml")
    assert same.digest == plain.digest
    assert len(plain.digest) == 64
    others = [
        load(title="Other"),
        load(seed="1"),
        load(options={"seed": 2}),
        load(options={"model": "other"}),
        load(**check("shift: camera.pitch, pitch: 14deg")),
    ]
    assert len({plain.digest, *(suite.digest for suite in others)}) == 6
    assert load(options={"model": "net", "seed": 0}).digest == plain.digest


def test_nothing_heavy_is_imported(signs) -> None:
    (signs.root / "suites" / "a.yaml").write_text(text_of())
    code = (
        "import sys; from pathlib import Path; from robustcheck.language import *\n"
        "root = Path(sys.argv[1]); load_suite(root / 'suites/a.yaml', load_project(root, root / 'configs')); json_schema()\n"
        "print([name for name in ('torch', 'cv2', 'foolbox', 'albumentations', 'scipy', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(signs.root)], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_parameter_may_not_take_a_word_of_the_language() -> None:
    from robustcheck.core.errors import RobustcheckError
    from robustcheck.core.registry import RESERVED, Registry
    from robustcheck.language.checks.attack import KEYS as ATTACK_KEYS
    from robustcheck.language.checks.check import KEYS
    from robustcheck.language.checks.kinds import READERS

    searching = {"search", "budget", "param", "to", "until", "resolution"}
    assert {*KEYS, *ATTACK_KEYS, *READERS, *searching} - {"severity"} == RESERVED

    def bad(image, *, fill: float):
        """Fill."""

    with pytest.raises(
        RobustcheckError, match=r"the parameter fill of the shift x.bad is a word of the suite language"
    ):
        Registry("shift").add("x.bad", bad, None)


def test_paths_are_as_typed(load, signs) -> None:
    assert load(name="suites/deep.yaml").path == "suites/deep.yaml"
    assert Path(signs.root).is_absolute()


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("camera.*", "camera.yaw[yaw=1deg]", True),
        ("camera.*", "light.gamma", False),
        ("a[x=?deg]", "a[x=1deg]", True),
        ("a[x=?deg]", "a[x=10deg]", False),
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("*b*d", "abcbcd", True),
        ("*" * 300 + "z", "a" * 300, False),
        ("*a" * 100 + "z", "a" * 300, False),
        ("a.c", "abc", False),
    ],
)
def test_patterns(pattern: str, name: str, expected: bool) -> None:
    assert matches(pattern, name) is expected


SIX = """
    - {shift: camera.yaw, yaw: [-5deg, 0deg, 5deg]}
    - {shift: camera.zoom, ratio: [0.9, 1, 1.1]}
    - {shift: light.exposure, stops: [-2ev, 0ev, 2ev]}
    - {shift: light.temperature, kelvin: [3200K, 6504K, 9000K]}
    - {shift: camera.defocus, disk: [0%, 1%, 3%]}
    - {shift: light.glare, veil: [0%, 10%, 40%]}
"""


@pytest.mark.parametrize(("strength", "most"), [(2, 18), (3, 60)])
def test_combine_covers_every_combination_of_levels(load, strength: int, most: int) -> None:
    suite = load(checks=f"\n- id: rig\n  combine:\n   strength: {strength}\n   of:{SIX}")
    (array,) = suite.combinations
    assert array.cases == tuple(ids(suite))
    assert (len(array.factors), {len(levels) for levels in array.factors.values()}) == (6, {3})
    assert len(array.cases) <= most
    for names in itertools.combinations(array.factors, strength):
        met = {tuple(case.swept[name] for name in names) for case in suite.cases[1:]}
        assert met == set(itertools.product(*(array.factors[name] for name in names)))


def test_worst_of_keeps_its_box(load) -> None:
    (case,) = load(**check("worst_of: camera.view, zoom: 0.8..1.25, yaw: -15deg..15deg, hfov: 70deg, budget: 9")).cases[
        1:
    ]
    assert (case.kind, case.how.method, case.how.budget) == ("worst_of", "coarse-to-fine", 9)
    assert {name: str(span) for (_, name), span in case.how.spans.items()} == {
        "zoom": "0.8..1.25",
        "yaw": "-15deg..15deg",
    }
    span = case.how.spans[0, "yaw"]
    assert [str(span.at(share)) for share in (0, 0.5, 0.75, 1)] == ["-15deg", "0deg", "7.5deg", "15deg"]
    assert case.canonical()["search"] == ["coarse-to-fine", 9]


def test_whole_parameters_are_searched_in_whole_steps(load) -> None:
    from robustcheck.domain.steps import Span

    span = Span(Quantity(1), Quantity(5), whole=True)
    assert [span.at(share) for share in (0, 0.3, 0.5, 0.9, 1)] == [1, 2, 3, 5, 5]
    (case,) = load(**limit("shift: sensor.bit_depth, param: bits, from: 8, to: 1", 'expect: {limit: "<= 3"}')).cases[1:]
    assert (case.how.resolution, case.how.spans[0, "bits"].whole) == (Quantity(1), True)


def test_a_break_point_has_no_other_expectation_and_no_part_in_overall(load) -> None:
    both = limit()["checks"].removesuffix("]") + ", {shift: camera.yaw, yaw: 5deg}]"
    suite = load(checks=both, overall='[{metric: mean_accuracy, over: "camera.*", expect: ">= 1%"}]')
    broken, plain = suite.cases[1:]
    assert [line.text for line in broken.expectations] == [">= 12deg"]
    assert [line.metric for line in plain.expectations] == ["accuracy"]
    assert suite.overall[0].cases == (plain.id,)


def test_corruption_errors_need_all_severities(load) -> None:
    five = "{shift: imagenet_c.fog, severity: [1, 2, 3, 4, 5]}"
    overall = '[{metric: mce, over: "imagenet_c.*", expect: "<= 80%"}]'
    suite = load(checks=f"[{five}]", overall=overall)
    assert (suite.overall[0].id, suite.overall[0].reference) == ("overall[mce over imagenet_c.*]", "alexnet")
    with pytest.raises(SuiteError, match=r"all five severities, and imagenet_c\.fog lacks 2, 4"):
        load(checks="[{shift: imagenet_c.fog, severity: [1, 3, 5]}]", overall=overall)
    twice = "{shift: imagenet_c.fog, severity: 1, post_jpeg: 85, id: again}"
    with pytest.raises(SuiteError, match="one too many"):
        load(checks=f"[{five}, {twice}]", overall=overall)
    with pytest.raises(SuiteError, match="mean_accuracy has no reference"):
        load(checks=f"[{five}]", overall='[{metric: mean_accuracy, over: "*", expect: ">= 1%", reference: alexnet}]')
    for wrong in ("alexnett", "../r.json", "/r.json"):
        with pytest.raises(SuiteError, match=r"no published errors; did you mean alexnet|leaves the project"):
            load(checks=f"[{five}]", overall=overall.replace("}", f", reference: {wrong}}}"))
