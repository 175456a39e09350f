"""Every option by itself, on the command line and in the ini, and how it meets pytest's own."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from small_project import DATA, MODELS, SUITE

from robustcheck.cli import main

SHARP = MODELS + MODELS.replace("brightness:", "blunt:", 1).replace(
    "tiny:build", "tiny:build\n  arguments: {sharpness: 1.0}"
)


def test_without_the_flag_the_plugin_is_inert(gate: Any) -> None:
    gate.write()
    gate.pytester.makepyfile(test_mine="def test_it(): pass")
    gate.run(flag=False).assert_outcomes(passed=1)
    assert not (gate.root / "robustcheck-report").exists()


def test_a_suite_named_without_the_flag_is_told_what_is_missing(gate: Any) -> None:
    gate.write()
    result = gate.run("suites/greys.yaml", flag=False)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*suites/greys.yaml is a robustcheck suite: add --robustcheck to run it"])


def test_with_the_flag_and_no_path_only_suites_are_collected(gate: Any) -> None:
    gate.write()
    gate.pytester.makepyfile(test_mine="def test_it(): pass")
    gate.pytester.makeini("[pytest]\ntestpaths = .")
    gate.run().assert_outcomes(passed=7)
    gate.run(".").assert_outcomes(passed=8)


def test_configured_folders(gate: Any) -> None:
    suite = gate.write()
    (gate.root / "gates").mkdir()
    suite.rename(gate.root / "gates" / "greys.yml")
    (gate.root / "configs").rename(gate.root / "settings")
    gate.pytester.makeini("[pytest]\nrobustcheck_suites = gates\nrobustcheck_configs = settings")
    gate.run().assert_outcomes(passed=7)


def test_no_suite_folder_is_said(gate: Any) -> None:
    result = gate.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*there is no suites in *robustcheck init*"])


def test_model_option_and_its_ini_twin(gate: Any) -> None:
    gate.write(models=SHARP)
    gate.run("--robustcheck-model", "blunt")
    assert gate.report()["suites"][0]["model"]["name"] == "blunt"
    gate.pytester.makeini("[pytest]\nrobustcheck_model = blunt")
    gate.run()
    assert gate.report()["suites"][0]["model"]["name"] == "blunt"
    gate.run("--robustcheck-model", "brightness")
    assert gate.report()["suites"][0]["model"]["name"] == "brightness"


def test_rerun_line_repeats_the_options_that_matter(gate: Any) -> None:
    gate.write(models=SHARP, suite=SUITE.replace("stops: [-0.2ev", "stops: [-3ev"))
    result = gate.run("--robustcheck-model", "blunt", "--robustcheck-limit", "12")
    result.stdout.fnmatch_lines(["  rerun: * --robustcheck-model blunt --robustcheck-limit 12"])


def test_data_option(gate: Any) -> None:
    gate.write(data=DATA + DATA.replace("greys:", "others:", 1))
    gate.run("--robustcheck-data", "others")
    assert gate.report()["suites"][0]["data"]["name"] == "others"


def test_unknown_model_is_a_located_error_and_nothing_is_run(gate: Any) -> None:
    gate.write()
    result = gate.run("--robustcheck-model", "brightnes")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*did you mean brightness?*"])
    assert not (gate.root / "robustcheck-report").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "stops: [",
            "stop: [",
            "suites/greys.yaml:12:5: RC305 light.exposure has no parameter stop; did you mean stops?",
        ),
        (
            '">= 95%"',
            '">= 195%"',
            "suites/greys.yaml:9:22: RC403 *195%* cannot be reached; accuracy lies between 0% and 100%",
        ),
        ("checks:", "checks: [", "suites/greys.yaml:*"),
    ],
)
def test_malformed_suite_is_located_and_nothing_is_run(gate: Any, old: str, new: str, message: str) -> None:
    gate.write(suite=SUITE.replace(old, new, 1))
    result = gate.run()
    assert result.ret == 2
    result.stdout.fnmatch_lines([message])
    assert "Traceback" not in result.stdout.str()
    assert not (gate.root / "robustcheck-report").exists()
    assert not (gate.root / ".robustcheck").exists()


def test_limit_takes_a_sample_of_every_class(gate: Any) -> None:
    gate.write()
    gate.run("--robustcheck-limit", "6")
    suite = gate.report()["suites"][0]
    assert (suite["data"]["size"], suite["data"]["classes"], suite["data"]["limit"]) == (6, 3, 6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--robustcheck-limit", "0"], "*robustcheck-limit 0: a whole number of at least 1 is needed"),
        (["--robustcheck-batch-size", "many"], "*robustcheck-batch-size many: a whole number of at least 1 is needed"),
        (["--robustcheck-seed", "1.5"], "*robustcheck-seed 1.5: a whole number is needed"),
        (["--robustcheck-tier", "fast"], "*robustcheck-tier fast: it is smoke, standard or thorough"),
    ],
)
def test_wrong_options_end_the_call(gate: Any, arguments: list[str], message: str) -> None:
    gate.write()
    result = gate.run(*arguments)
    assert result.ret == 4
    result.stderr.fnmatch_lines([message])


def test_unknown_device_is_an_error_of_every_case_without_a_trace(gate: Any) -> None:
    gate.write()
    result = gate.run("--robustcheck-device", "abacus")
    assert result.ret == 1
    assert "abacus" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_seed_option_changes_random_shifts_and_is_recorded(gate: Any) -> None:
    gate.write()
    gate.run()
    first = gate.report()["suites"][0]
    gate.run("--robustcheck-seed", "9")
    second = gate.report()["suites"][0]
    pixels = [{case["id"]: case["proof"]["pixels"] for case in suite["cases"]} for suite in (first, second)]
    assert second["seed"] == 9
    assert pixels[0]["noisy"] != pixels[1]["noisy"]
    assert pixels[0]["moved[dx=2%]"] == pixels[1]["moved[dx=2%]"]


def test_report_option(gate: Any) -> None:
    gate.write()
    gate.run("--robustcheck-report", "out/gate")
    assert (gate.root / "out" / "gate" / "robustcheck-report.json").is_file()
    assert not (gate.root / "robustcheck-report").exists()


def test_tiers(gate: Any) -> None:
    text = SUITE.replace("- id: noisy", "- id: noisy\n    tier: smoke").replace(
        "- id: moved", "- id: moved\n    tier: thorough"
    )
    gate.write(suite=text)
    gate.run("--robustcheck-tier", "smoke")
    assert list(gate.verdicts())[:2] == ["clean", "noisy"]
    assert not any(name.startswith(("moved", "light.exposure")) for name in gate.verdicts())
    gate.run()
    assert "moved[dx=2%]" not in gate.verdicts()
    gate.run("--robustcheck-tier", "thorough")
    assert "moved[dx=2%]" in gate.verdicts()


def test_a_tier_without_checks_is_an_error(gate: Any) -> None:
    gate.write(suite=SUITE.split("overall:")[0])
    result = gate.run("--robustcheck-tier", "smoke")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*no check is in the tier smoke*"])


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (["-k", "night"], 1),
        (["-k", "camera.shift"], 2),
        (["-k", "moved and not night"], 2),
        (["-m", "robustcheck(kind='shift')"], 5),
        (["-m", "robustcheck(kind='clean')"], 1),
        (["suites/greys.yaml::noisy"], 1),
    ],
)
def test_selection(gate: Any, arguments: list[str], passed: int) -> None:
    gate.write()
    result = gate.run(*arguments)
    assert result.parseoutcomes()["passed"] == passed
    assert gate.report()["complete"] is False


def test_what_was_not_selected_is_named(gate: Any) -> None:
    gate.write()
    result = gate.run("-k", "noisy")
    result.stdout.fnmatch_lines(["NOTE 6 cases of this tier were not run: clean, *and 3 more"])
    assert len(gate.report()["suites"][0]["not_run"]) == 6


def test_a_filter_that_leaves_no_case_fails_even_beside_passing_tests(gate: Any) -> None:
    gate.write()
    gate.pytester.makepyfile(test_mine="def test_it(): pass")
    assert gate.run("-k", "nothing_is_called_so").ret == 5
    result = gate.run(".", "-k", "test_it")
    assert result.ret == 5
    result.stdout.fnmatch_lines(["no case of any suite was run, so nothing was gated"])


def test_collect_only_runs_nothing(gate: Any) -> None:
    gate.write()
    result = gate.run("--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["suites/greys.yaml::light.exposure[[]stops=-0.2ev]"])
    assert not (gate.root / "robustcheck-report").exists()
    assert not (gate.root / ".robustcheck").exists()


def test_first_failure_stops_the_run_and_last_failed_picks_it_up(gate: Any) -> None:
    gate.write(suite=SUITE.replace("stops: [-0.2ev, 0.2ev]", "stops: [-3ev, -4ev]"))
    gate.run("-x").assert_outcomes(passed=1, failed=1)
    assert gate.report()["complete"] is False
    gate.run("--lf").assert_outcomes(failed=1)


def test_junit_carries_verdict_and_metrics(gate: Any) -> None:
    gate.write()
    gate.run("--junitxml", "junit.xml")
    cases = ET.parse(gate.root / "junit.xml").findall(".//testcase")
    assert len(cases) == 7
    properties = {entry.get("name"): entry.get("value") for entry in cases[1].iter("property")}
    assert properties["robustcheck_verdict"] == "pass"
    assert float(properties["robustcheck_accuracy"] or "nan") >= 0.6


def test_two_workers_give_the_same_report_and_a_suite_stays_on_one(gate: Any) -> None:
    gate.write()
    (gate.root / "suites" / "second.yaml").write_text(
        (gate.root / "suites" / "greys.yaml").read_text().replace("title: Greys", "title: Second")
    )
    result = gate.run("-n", "2", "-v")
    result.assert_outcomes(passed=14)
    parallel = gate.report()
    gate.run("--robustcheck-no-cache")
    alone = gate.report()
    assert len(parallel["suites"]) == 2
    for one, two in zip(parallel["suites"], alone["suites"], strict=True):
        assert [case["proof"] for case in one["cases"]] == [case["proof"] for case in two["cases"]]
        assert [case["metrics"] for case in one["cases"]] == [case["metrics"] for case in two["cases"]]
        assert [case["id"] for case in one["cases"]] == [case["id"] for case in two["cases"]]
    workers: dict[str, set[str]] = {}
    for line in result.outlines:
        if "PASSED" in line and line.startswith("[gw"):
            workers.setdefault(line.split("::")[0].split()[-1], set()).add(line.split("]")[0])
    assert [len(names) for names in workers.values()] == [1, 1]


WRONG_SETTINGS = {
    "an open quote": ("pytest.ini", '[pytest]\nrobustcheck_suites = "unclosed\n', "2:1: robustcheck_suites cannot be split"),
    "an open quote, tox": ("tox.ini", "[x]\n[pytest]\nrobustcheck_suites = a 'b\n", "3:1: robustcheck_suites cannot be split"),
    "an open quote, setup": ("setup.cfg", "[tool:pytest]\nrobustcheck_suites: 'b\n", "2:1: robustcheck_suites cannot be"),
    "a number": ("pyproject.toml", "[tool.pytest.ini_options]\nrobustcheck_suites = 5\n", "2:1: robustcheck_suites must be"),
    "numbers": ("pyproject.toml", "[tool.pytest.ini_options]\n robustcheck_suites = [5]\n", "2:2: robustcheck_suites must be"),
    "a boolean": ("pytest.toml", "[pytest]\nrobustcheck_suites = true\n", "2:1: robustcheck_suites must be a text or a list"),
    "a table": ("pyproject.toml", "[tool.pytest.ini_options.robustcheck_suites]\na = 1\n", "1:1: robustcheck_suites must be"),
    "a quoted key": ("pyproject.toml", '[tool.pytest.ini_options]\n"robustcheck_suites" = 5\n', "2:2: robustcheck_suites must"),
    "a NUL": ("pyproject.toml", '[tool.pytest.ini_options]\nrobustcheck_suites = "a\\u0000"\n', "2:1: robustcheck_suites holds"),
    "configs, a list": ("pyproject.toml", '[tool.pytest.ini_options]\nrobustcheck_configs = ["a"]\n', "2:1: robustcheck_configs"),
    "configs, a number": ("pyproject.toml", "[tool.pytest.ini_options]\nrobustcheck_configs = 5\n", "2:1: robustcheck_configs must"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG_SETTINGS)
def test_a_wrong_setting_is_one_located_line(
    gate: Any, what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, text, says = WRONG_SETTINGS[what]
    gate.write()
    (gate.root / name).write_text(text)
    monkeypatch.chdir(gate.root)
    assert main(["validate"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{gate.root / name}:{says}" in line
    result = gate.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {gate.root / name}:{says}*"])
    assert not any("Traceback" in line for line in (*result.errlines, *result.outlines))


@pytest.mark.parametrize("name", ["pytest.ini", "pyproject.toml"])
def test_a_broken_settings_file_is_one_line_with_its_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("robustcheck_suites = suites\n" if name == "pytest.ini" else "a = " + "[" * 100_000)
    monkeypatch.chdir(tmp_path)
    assert main(["validate"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{name}:1:1: the file cannot be read: " in line


def test_a_wrong_override_is_one_line(gate: Any) -> None:
    gate.write()
    result = gate.run("-o", 'robustcheck_suites="open')
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: No closing quotation"])
    assert "Traceback" not in result.stderr.str()


@pytest.mark.parametrize("arguments", [(), ("-n", "2", "--robustcheck-split")], ids=["one process", "workers"])
def test_a_broken_suite_gives_the_same_exit_code_however_many_work(arguments: tuple[str, ...], gate: Any) -> None:
    gate.write()
    (gate.root / "suites" / "greys.yaml").unlink()
    (gate.root / "suites" / "broken.yaml").write_text("robustcheck: 1\ntitle: Broken\n")
    result = gate.run(*arguments)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "broken.yaml:1:1: " in result.stdout.str()
