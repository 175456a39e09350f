"""The comment on a pull request, as GitHub's own renderer of Markdown shows it."""

from __future__ import annotations

import datetime
import html
import re
from pathlib import Path
from typing import Any

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from small_report import case, document, make_report, records, write

from robustcheck.report.pull_request import LIMIT, Run, age, code, comment, comment_without_result, marker
from robustcheck.runs.comparison import compare
from robustcheck.runs.load import load_document, load_run

TODAY = datetime.date(2026, 3, 4)
HOSTILE = "</code><img src=x onerror=alert(1)> @octocat #12 www.example.org `a` | **b** [c](javascript:d) <!-- -->\n# e"


def rendered(text: str) -> str:
    return str(cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE))


def outside_code(page: str) -> str:
    """Return the text that GitHub looks through for mentions and references."""
    return html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<code>.*?</code>|<!--.*?-->", " ", page, flags=re.S)))


def run_of(folder: Path, *, lost: int = 0, **suite: Any) -> Run:
    before = folder / "before"
    after = folder / "after"
    for place, count in ((before, 0), (after, lost)):
        ids = [f"{suite.get('file', 'a')}/{number:03}" for number in range(30)]
        label = [number % 3 for number in range(30)]
        predicted = [(one + 1) % 3 if number < count else one for number, one in enumerate(label)]
        columns = {"id": ids, "label": label, "predicted": predicted}
        kept = records(place, "dusk", columns)
        write(place, document([case("dusk", right=30 - count, records=kept, verdict="fail" if count > 6 else "pass")]))
    return Run(load_document(after), compare(load_run(before), load_run(after)), "https://e.g/a", TODAY)


def test_what_fails_stands_in_the_table_and_what_holds_is_counted(tmp_path: Path) -> None:
    text = comment(Run(make_report(tmp_path), None, "", TODAY))
    page = rendered(text)
    assert "<h2>robustcheck: fail</h2>" in page
    rows = re.findall(r"<tr>\s*<td>(.*?)</td>\s*<td><code>(.*?)</code></td>", page, re.S)
    assert {(verdict, html.unescape(name)) for verdict, name in rows} >= {("fail", "lower[pitch=-10deg]")}
    assert not [verdict for verdict, _ in rows if verdict == "pass"]
    assert re.search(r"\d+ pass", page)
    assert "There is no run of the base branch to compare with." in page


def test_lost_pictures_are_named_and_the_test_says_whether_it_is_chance(tmp_path: Path) -> None:
    page = rendered(comment(run_of(tmp_path, lost=8)))
    assert "A is the base branch's run, 3 days old; B is this one." in html.unescape(page)
    assert "<strong>Lost in</strong> <code>dusk</code>: <code>a/000</code>, <code>a/001</code>" in html.unescape(page)
    # Eight lost and none gained: 2^-8.
    assert "<td>0.004</td>" in page
    assert "<td><strong>worse</strong></td>" in page
    assert "B is worse in 1 and better in 0 of 1 paired cases" in page
    assert '<a href="https://e.g/a">The whole report, with pictures</a>' in page


def test_nothing_changed_is_said(tmp_path: Path) -> None:
    page = rendered(comment(run_of(tmp_path)))
    assert "no significant difference: both runs have the same pictures right" in page
    assert "Lost in" not in page


def test_runs_that_cannot_be_compared_say_why_and_keep_the_verdict(tmp_path: Path) -> None:
    text = comment(Run(make_report(tmp_path), None, "", TODAY, why_not=f"other pictures: {HOSTILE}", commit="0" * 40))
    page = rendered(text)
    assert "<h2>robustcheck: fail</h2>\n<p>Commit <code>000000000000</code></p>" in page
    assert "Not compared: <code>other pictures: " in html.unescape(page)
    assert "There is no run of the base branch" not in page
    assert "octocat" not in outside_code(page)


def test_a_run_without_a_result_replaces_the_verdict(tmp_path: Path) -> None:
    text = comment_without_result(f"nothing to read {HOSTILE * 500}", "abc", "car")
    assert text.startswith(marker("car") + "\n")
    page = rendered(text)
    assert "<h2>robustcheck: no result</h2>\n<p>Commit <code>abc</code></p>" in page
    assert "octocat" not in outside_code(page)
    assert len(text.encode()) <= LIMIT


def test_names_are_text_and_nobody_is_called(tmp_path: Path) -> None:
    found = make_report(tmp_path, names=("stop", HOSTILE, "c"), title=HOSTILE, file=HOSTILE)
    found["suites"][0]["cases"][1].update(id=HOSTILE, problems=[HOSTILE], verdict="error")
    found["suites"][0]["notes"] = [HOSTILE]
    page = rendered(comment(Run(found, None, "", TODAY), key=HOSTILE))
    assert not re.findall(r"<(?!/?(?:h2|h3|p|table|thead|tbody|tr|th|td|code|strong|ul|li|a)\b|!--)[^>]*>", page)
    assert "<a " not in page
    left = outside_code(page)
    assert "octocat" not in left
    assert "#12" not in left
    assert "@octocat" in html.unescape(page)


@pytest.mark.parametrize("text", [HOSTILE, "plain", "a_b*c", "漢字 é", "\x1b[31m", "&amp;", ""])
def test_code_shows_the_text_as_it_is(text: str) -> None:
    page = rendered(f"x {code(text)} y")
    assert html.unescape(page) == f"<p>x <code>{' '.join(text.split())}</code> y</p>\n"


@pytest.mark.parametrize("count", [70, 3000])
def test_what_does_not_fit_is_counted(tmp_path: Path, count: int) -> None:
    found = make_report(tmp_path)
    many = [case(f"{place} {'long ' * 30}", verdict="fail", right=3) for place in range(count)]
    found["suites"][0]["cases"] = many
    text = comment(Run(found, None, "https://e.g/a", TODAY))
    assert len(text.encode()) <= LIMIT
    shown = text.count("| fail |")
    assert 0 < shown < count
    (left,) = re.findall(r"([\d,]+) more rows are in the report", text)
    assert int(left.replace(",", "")) + shown == count
    assert "The whole report" in text


def test_hundreds_of_suites_end_with_a_word(tmp_path: Path) -> None:
    found = make_report(tmp_path)
    found["suites"] = found["suites"] * 400
    text = comment(Run(found, None, "", TODAY))
    assert len(text.encode()) <= LIMIT
    assert text.endswith("The rest does not fit into a comment: it is in the report.\n")


def test_the_first_line_is_the_marker_and_keys_tell_gates_apart(tmp_path: Path) -> None:
    run = Run(make_report(tmp_path), None, "", TODAY)
    assert comment(run, "car").startswith(marker("car") + "\n")
    assert len({marker(key) for key in ("", "car", "robot", "a-b", "a b")}) == 5
    assert not any(marker(one).startswith(marker(other)) for one in ("", "car") for other in ("ca", "carx"))


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("2026-03-04T23:00:00+00:00", "of today"),
        ("2026-03-03", "1 day old"),
        ("2025-03-04", "365 days old"),
        ("2026-03-05", "dated 2026-03-05, which is in the future"),
        ("once", "of an unknown day"),
    ],
)
def test_the_age_of_the_base_branch_s_run(made: str, told: str) -> None:
    assert age(made, TODAY) == told
