from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kept_reports import IDS, case, suite, write_report, write_reports
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from robustcheck.runs.comparison import Comparison, compare, newcombe
from robustcheck.runs.load import load_run
from robustcheck.stats.intervals import paired_difference, proportion

Call = Callable[..., Any]
ALL, NONE = "1" * 10, "0" * 10


def compared(tmp_path: Path, a: list[Any], b: list[Any], **other: Any) -> Comparison:
    return compare(
        load_run(write_report(tmp_path / "a", *a)), load_run(write_report(tmp_path / "b", *b, model="robot", **other))
    )


def test_the_table_is_worst_first_and_names_what_flipped(robustcheck_command: Call, tmp_path: Path) -> None:
    write_report(
        tmp_path / "a", case("clean", ALL), case("noisy", ALL), case("moved[dx=2%]", "0000000001"), case("old", ALL)
    )
    write_report(
        tmp_path / "b",
        case("clean", ALL),
        case("noisy", NONE),
        case("moved[dx=2%]", "0000000010"),
        case("new", ALL),
        model="robot",
    )
    done = robustcheck_command("compare", "a", "b")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "A: web (web000000000) in a, 2026-11-23T10:00:00+00:00\n"
        "B: robot (robot0000000) in b, 2026-11-23T10:00:00+00:00\n"
        "\n"
        "CASE          N   A       B       A - B [95%]            LOST  GAINED  P\n"
        "noisy         10  100.0%  0.0%    100.0pp [44.5, 100.0]  10    0       0.003  WORSE\n"
        "clean         10  100.0%  100.0%  0.0pp [-27.8, 27.8]    0     0       1.000\n"
        "moved[dx=2%]  10  10.0%   10.0%   0.0pp [-34.2, 34.2]    1     1       1.000\n"
        "\n"
        "noisy: lost test/00, test/01, test/02, test/03, test/04 and 5 more\n"
        "moved[dx=2%]: lost test/09; gained test/08\n"
        "only in A: old\n"
        "only in B: new\n"
        "B is worse in 1 and better in 0 of 3 paired cases (exact McNemar, Holm, 5% over all)\n"
    )


def test_an_alarm_ends_with_1_only_when_asked(robustcheck_command: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "a", case("noisy", ALL))
    write_report(tmp_path / "b", case("noisy", NONE))
    assert robustcheck_command("compare", "a", "b").code == 0
    assert robustcheck_command("compare", "a", "b", "--fail-on-regression").code == 1
    done = robustcheck_command("compare", "b", "a", "--fail-on-regression")
    assert done.code == 0, "B is better"
    assert "B is worse in 0 and better in 1 of 1 paired cases" in done.out
    assert done.lines[4].endswith("better")


def test_a_model_compared_with_itself_shows_nothing(robustcheck_command: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "a", case("clean", ALL), case("noisy", "1010101010"))
    done = robustcheck_command("compare", "a", "a", "--fail-on-regression")
    assert done.code == 0
    assert done.lines[-1] == (
        "no significant difference: both runs have the same pictures right in all of 2 paired cases "
        "(exact McNemar, Holm, 5% over all)"
    )
    assert "WORSE" not in done.out
    assert "lost" not in done.out


def test_few_flips_are_no_alarm(robustcheck_command: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "a", case("noisy", ALL))
    write_report(tmp_path / "b", case("noisy", "0000111111"))
    done = robustcheck_command("compare", "a", "b")
    assert done.lines[-1].startswith("no significant difference in any of 1 paired cases")


def _random(seed: int, cases: int, n: int) -> list[tuple[str, str]]:
    rng = np.random.default_rng(seed)
    return [
        tuple("".join(map(str, (rng.random(n) < share).astype(int))) for share in rng.uniform(0.5, 1, 2))  # type: ignore[misc]
        for _ in range(cases)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_those_of_statsmodels(tmp_path: Path, seed: int) -> None:
    ids = [f"p{number:03}" for number in range(60)]
    runs = _random(seed, 12, 60)
    a, b = ([case(str(n), pair[side], ids=ids) for n, pair in enumerate(runs)] for side in (0, 1))
    found = {one.id: one for one in compared(tmp_path, a, b).cases}
    ps = []
    for n, (before, after) in enumerate(runs):
        lost = sum(x > y for x, y in zip(before, after, strict=True))
        gained = sum(x < y for x, y in zip(before, after, strict=True))
        two_sided = mcnemar([[0, lost], [gained, 0]], exact=True).pvalue
        # Half of the two-sided probability is the one-sided one of the greater side.
        ps.append(two_sided / 2 if lost > gained else None)
        one = found[str(n)]
        if ps[-1] is not None:
            assert one.p == pytest.approx(ps[-1], rel=1e-9)
        assert (len(one.lost), len(one.gained)) == (lost, gained)
        expected = paired_difference(lost, gained, 60)
        assert (one.difference.value, one.difference.low, one.difference.high) == (
            expected.value,
            expected.low,
            expected.high,
        )
    order = [str(n) for n in range(len(runs))]
    adjusted = multipletests([found[name].p for name in order], alpha=0.05, method="holm")
    assert [found[name].p_adjusted for name in order] == pytest.approx(adjusted[1].tolist())
    assert [found[name].alarm for name in order] == adjusted[0].tolist()


def test_holm_counts_all_cases_of_all_suites(tmp_path: Path) -> None:
    """Six losses alone are significant (p = 1/64), among four cases no more."""
    lossy = "0000001111"

    def alarms(others: int) -> int:
        a, b = tmp_path / f"a{others}", tmp_path / f"b{others}"
        for folder, right in ((a, ALL), (b, lossy)):
            more = suite(folder, *(case(str(n), ALL) for n in range(others)), path="suites/b.yaml")
            write_reports(folder, suite(folder, case("noisy", right)), *([more] if others else []))
        return len(compare(load_run(a), load_run(b)).alarms)

    assert [alarms(others) for others in (0, 2, 3)] == [1, 1, 0]


@pytest.mark.parametrize(
    ("a", "b"), [((56, 70), (48, 80)), ((9, 10), (3, 10)), ((10, 10), (0, 20)), ((5, 98), (0, 95))]
)
def test_the_unpaired_interval_is_newcombes(a: tuple[int, int], b: tuple[int, int]) -> None:
    found = newcombe(proportion(*a), proportion(*b))
    low, high = confint_proportions_2indep(*a, *b, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_without_the_same_pictures_the_interval_is_unpaired_and_says_so(
    robustcheck_command: Call, tmp_path: Path
) -> None:
    write_report(tmp_path / "a", case("clean", ALL), case("noisy", ALL))
    write_report(tmp_path / "b", case("clean", ALL), case("noisy", "00", stopped="every expectation is decided at 95%"))
    done = robustcheck_command("compare", "a", "b", "--fail-on-regression")
    assert done.code == 0
    (row,) = (line for line in done.lines if line.startswith("noisy"))
    shown = newcombe(proportion(10, 10), proportion(0, 2))
    assert row.split() == [
        *("noisy", "10/2", "100.0%", "0.0%", "100.0pp"),
        f"[{shown.low * 100:.1f},",
        "100.0]",
        "unpaired",
    ]
    assert "NOTE noisy is not paired: the two runs did not look at the same pictures" in done.lines
    assert "NOTE of cases that stopped early both accuracies are rough: noisy" in done.lines
    assert done.lines[-1].endswith("in all of 1 paired cases (exact McNemar, Holm, 5% over all)")


def test_without_records_nothing_is_paired(robustcheck_command: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "a", case("noisy", ALL))
    write_report(tmp_path / "b", case("noisy", NONE), keep=False)
    done = robustcheck_command("compare", "a", "b")
    assert "NOTE noisy is not paired: B: the run kept no records" in done.lines
    assert done.lines[-1] == (
        "no case has the records of both runs on the same pictures, so nothing can be said about significance"
    )


NOT: dict[str, tuple[dict[str, Any], str]] = {
    "an error": ({"verdict": "error", "problems": ["torn"]}, "not compared: noisy: it ended as error in B"),
    "unreliable": ({"verdict": "unreliable", "problems": ["fill"]}, "not compared: noisy: it ended as unreliable in B"),
    "a break point": ({"kind": "find_limit"}, "not compared: noisy: each model is looked at where it breaks"),
    "other parameters": ({"depth": "-2ev"}, "not compared: noisy: its parameters are others in B"),
}


@pytest.mark.parametrize(("facts", "told"), NOT.values(), ids=NOT)
def test_what_says_nothing_about_each_other_is_not_compared(
    robustcheck_command: Call, tmp_path: Path, facts: dict[str, Any], told: str
) -> None:
    write_report(tmp_path / "a", case("clean", ALL), case("noisy", ALL))
    write_report(tmp_path / "b", case("clean", ALL), case("noisy", NONE, **facts))
    done = robustcheck_command("compare", "a", "b")
    assert done.code == 0
    assert told in done.lines
    assert not [line for line in done.lines if line.startswith("noisy")]


def test_everything_is_in_the_json(robustcheck_command: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "a", case("noisy", ALL), case("gone", ALL), case("torn", ALL))
    write_report(tmp_path / "b", case("noisy", "0" * 8 + "11"), case("new", ALL), case("torn", ALL, verdict="error"))
    done = robustcheck_command("compare", "a", "b", "--json")
    found = json.loads(done.out)
    assert (found["schema"], found["alpha"]) == ("robustcheck/comparison/1", 0.05)
    (one,) = found["cases"]
    assert one["lost"] == list(IDS[:8])
    assert one["gained"] == []
    assert (one["a"]["value"], one["b"]["value"], one["difference"]["value"]) == (1.0, 0.2, 0.8)
    assert (one["p"], one["p_adjusted"], one["alarm"], one["better"]) == (2**-8, 2**-8, True, False)
    assert (found["new"], found["gone"]) == (
        [{"suite": "suites/greys.yaml", "id": "new"}],
        [{"suite": "suites/greys.yaml", "id": "gone"}],
    )
    assert found["not_compared"] == [{"suite": "suites/greys.yaml", "id": "torn", "why": "it ended as error in B"}]
    assert found["a"]["suites"][0]["model"] == "web"


def test_other_data_with_the_same_names_and_labels_is_compared_and_told(
    robustcheck_command: Call, tmp_path: Path
) -> None:
    write_report(tmp_path / "a", case("noisy", ALL))
    write_report(tmp_path / "b", case("noisy", ALL), data="4" * 64)
    done = robustcheck_command("compare", "a", "b")
    assert (
        "NOTE suites/greys.yaml: the data digests differ, though names and labels of all 10 pictures agree: they were "
        "compared, and their contents may be other"
    ) in done.lines


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "other pictures": (
        {"ids": [*IDS[1:], "\x1b[2J"]},
        "suites/greys.yaml: the two runs are of other pictures: 1 only in A (test/00), 1 only in B (\\x1b[2J); run both on "
        "the same data",
    ),
    "other labels": (
        {"labels": [1, *[0] * 9]},
        "suites/greys.yaml: the two runs are of other pictures: 1 with another label (test/00); run both on the same data",
    ),
    "no records": (
        {"keep": False},
        "suites/greys.yaml: the two runs are of other data (greys and greys), and without records nothing says which "
        "pictures they share; run both on the same data",
    ),
}


@pytest.mark.parametrize(("facts", "told"), REFUSED.values(), ids=REFUSED)
def test_other_data_is_refused_with_what_differs(
    robustcheck_command: Call, tmp_path: Path, facts: dict[str, Any], told: str
) -> None:
    keep = facts.pop("keep", True)
    write_report(tmp_path / "a", case("noisy", ALL))
    write_report(tmp_path / "b", case("noisy", ALL, **facts), data="4" * 64, keep=keep)
    done = robustcheck_command("compare", "a", "b")
    assert (done.code, done.out, done.err) == (4, "", f"{told}\n")


def test_other_seeds_are_told(robustcheck_command: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "a", case("noisy", ALL))
    write_report(tmp_path / "b", case("noisy", ALL), seed=8)
    assert robustcheck_command("compare", "a", "b").lines[2] == (
        "NOTE suites/greys.yaml: the seeds differ (7 and 8), so shifts that draw at random drew other pictures"
    )


def test_several_suites_are_compared_in_one_table(robustcheck_command: Call, tmp_path: Path) -> None:
    for name, right in (("a", ALL), ("b", NONE)):
        folder = tmp_path / name
        parts = [suite(folder, case("noisy", ALL)), suite(folder, case("noisy", right), path="suites/b.yaml")]
        parts += [suite(folder, case("noisy", ALL), path=f"suites/only-{name}.yaml")]
        write_reports(folder, *parts)
    done = robustcheck_command("compare", "a", "b")
    assert [line.split()[0] for line in done.lines if "pp [" in line] == [
        "suites/b.yaml::noisy",
        "suites/greys.yaml::noisy",
    ]
    assert done.lines[2:4] == ["NOTE only a has suites/only-a.yaml", "NOTE only b has suites/only-b.yaml"]


def test_runs_of_different_suites_are_refused(robustcheck_command: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "a", case("noisy", ALL))
    write_report(tmp_path / "b", case("noisy", ALL), path="suites/other.yaml")
    done = robustcheck_command("compare", "a", "b")
    assert (done.code, done.err) == (
        4,
        "the two runs share no suite: a has suites/greys.yaml; b has suites/other.yaml\n",
    )


WRONG: dict[str, tuple[bytes | None, str]] = {
    "absent": (
        None,
        "b: there is no result to read: No such file or directory; name the folder of a report\n",
    ),
    "no JSON": (
        b"{",
        "b: this is no result file: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n",
    ),
    "another schema": (
        b'{"schema": "robustcheck/report/9"}',
        "b: this is no result file of robustcheck/report/1: its schema is robustcheck/report/9\n",
    ),
    "no schema": (b"[]", "b: this is no result file of robustcheck/report/1: it has no schema\n"),
    "damaged": (
        b'{"schema": "robustcheck/report/1", "suites": [{"path": "s"}]}',
        "b: this result file is damaged: KeyError: 'model'\n",
    ),
    "a broken baseline": (
        b'{"robustcheck": "baseline/3"}',
        "b: this is a baseline/3, and this robustcheck reads baseline/1 and baseline/2; use the robustcheck that wrote it, or accept a "
        "report anew\n",
    ),
}


@pytest.mark.parametrize(("content", "told"), WRONG.values(), ids=WRONG)
def test_what_is_no_report_is_told(robustcheck_command: Call, tmp_path: Path, content: bytes | None, told: str) -> None:
    write_report(tmp_path / "a", case("noisy", ALL))
    if content is not None:
        (tmp_path / "b").write_bytes(content)
    done = robustcheck_command("compare", "a", "b")
    assert (done.code, done.out, done.err) == (4, "", told)


def test_a_call_without_b_is_wrong(robustcheck_command: Call) -> None:
    assert robustcheck_command("compare", "a").code == 2


def _records(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "b").rglob("*.parquet")
    return path


DAMAGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "removed": (Path.unlink, "there is no records/suites-greys.yaml/0.parquet in the report's folder"),
    "torn": (
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        "records/suites-greys.yaml/0.parquet is damaged: ArrowInvalid",
    ),
    "empty": (lambda path: path.write_bytes(b""), "records/suites-greys.yaml/0.parquet is damaged: ArrowInvalid"),
}


@pytest.mark.parametrize(("damage", "told"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_records_are_told(
    robustcheck_command: Call, tmp_path: Path, damage: Callable[[Path], object], told: str
) -> None:
    write_report(tmp_path / "a", case("noisy", ALL))
    write_report(tmp_path / "b", case("noisy", ALL))
    damage(_records(tmp_path))
    done = robustcheck_command("compare", "a", "b")
    assert f"NOTE noisy is not paired: B: {told}" in done.lines


def test_records_outside_the_folder_are_not_read(robustcheck_command: Call, tmp_path: Path) -> None:
    write_report(tmp_path / "a", case("noisy", ALL))
    write_report(tmp_path / "b", case("noisy", ALL, records="../a/records/suites-greys.yaml/0.parquet"))
    done = robustcheck_command("compare", "a", "b")
    assert (
        "NOTE noisy is not paired: B: ../a/records/suites-greys.yaml/0.parquet lies outside the report's folder"
    ) in done.lines


def test_odd_names_do_not_reach_the_terminal_raw(robustcheck_command: Call, tmp_path: Path) -> None:
    odd = ("a\x1b[31m", "b\u202e", "c\n", "d\x07")
    write_report(tmp_path / "a", case("clean\x1b[2J", "1111", ids=odd))
    write_report(tmp_path / "b", case("clean\x1b[2J", "0000", ids=odd), model="x\x1b")
    out = robustcheck_command("compare", "a", "b").out
    assert all(char.isprintable() for char in out.replace("\n", ""))
    assert "clean\\x1b[2J: lost a\\x1b[31m, b\\u202e, c\\n, d\\x07" in out.splitlines()
    found = json.loads(robustcheck_command("compare", "a", "b", "--json").out)
    assert tuple(found["cases"][0]["lost"]) == odd


@pytest.mark.parametrize("sides", list(itertools.product(("report", "baseline"), repeat=2)), ids="-".join)
def test_baselines_stand_in_for_reports(robustcheck_command: Call, tmp_path: Path, sides: tuple[str, str]) -> None:
    for name, right in (("a", ALL), ("b", NONE)):
        write_report(tmp_path / name, case("clean", ALL), case("noisy", right), model=name)
        robustcheck_command("baseline", "accept", name, "--reason", "r", "--out", f"{name}.baseline.json")
    names = [name if side == "report" else f"{name}.baseline.json" for name, side in zip("ab", sides, strict=True)]
    done = robustcheck_command("compare", *names)
    assert done.lines[0].startswith(f"A: a (a00000000000) in {names[0]}, 20")
    assert [line.split()[0] for line in done.lines if "WORSE" in line] == ["noisy"]
