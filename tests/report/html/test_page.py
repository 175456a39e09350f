"""The page as a text: what it says, what it may load, and that nothing from outside is markup."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from small_report import case, document, make_report, write

from robustcheck.report.github import summary
from robustcheck.report.html import page
from robustcheck.report.html.page import data_block, policy

HOSTILE = "<img src=x onerror=alert(1)>"
SCHEMA = json.loads((Path(__file__).parents[3] / "robustcheck/report/report.schema.json").read_bytes())


class Reader(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def report(tmp_path: Path) -> Reader:
    return Reader(page(make_report(tmp_path), tmp_path))


def test_the_report_of_these_tests_is_as_the_schema_says(tmp_path: Path) -> None:
    jsonschema.validate(make_report(tmp_path), SCHEMA)


def test_the_page_says_what_was_tested(report: Reader) -> None:
    for text in (
        "Road signs",
        "vision-safety",
        "signs-cnn 0123456789ab",
        "signs-test",
        "took 1 min 5 s",
        "lower[pitch=-10deg]",
    ):
        assert text in report.text


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline(report: Reader) -> None:
    for tag, attributes in report.tags:
        assert not {"style", "src", "srcset", "onclick", "onload", "onerror"} & attributes.keys(), tag
        assert attributes.get("href", "#").startswith("#"), attributes
        assert tag not in ("link", "iframe", "object", "embed", "base")
    [security] = [a["content"] for tag, a in report.tags if tag == "meta" and a.get("http-equiv")]
    assert security.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in security


def test_ids_are_unique_and_links_lead_somewhere(report: Reader) -> None:
    ids = [a["id"] for _, a in report.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for tag, a in report.tags if tag == "a"} <= set(ids)


def test_several_suites_share_a_page(tmp_path: Path) -> None:
    found = make_report(tmp_path)
    found["suites"] = [
        found["suites"][0],
        {**found["suites"][0], "title": "Road signs at night", "path": "suites/night.yaml"},
    ]
    read = Reader(page(found, tmp_path))
    ids = [a["id"] for _, a in read.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert "2 suites" in read.text
    assert "Road signs at night" in read.text


def test_a_picture_is_in_the_page_once(tmp_path: Path) -> None:
    text = page(make_report(tmp_path), tmp_path)
    found = json.loads(text.partition('id="pictures">')[2].partition("</script>")[0])
    assert all(value.startswith("data:image/webp;base64,") for value in found.values())
    assert len(set(found.values())) == len(found)
    asked = {a["data-picture"] for tag, a in Reader(text).tags if tag == "img"}
    assert asked == set(found)


def test_hostile_text_is_text(tmp_path: Path) -> None:
    found = make_report(
        tmp_path, names=("stop", HOSTILE, "</script>"), why=HOSTILE, file=HOSTILE, title=HOSTILE, owner=HOSTILE
    )
    found["suites"][0]["cases"][1]["id"] = HOSTILE
    found["suites"][0]["not_run"] = [HOSTILE]
    text = page(found, tmp_path)
    assert "<img src" not in text
    assert all(a.keys() <= {"data-picture", "alt", "width", "height"} for tag, a in Reader(text).tags if tag == "img")
    assert text.count("</script>") == 2


def test_what_was_collected_and_what_was_left_out_is_named(tmp_path: Path) -> None:
    result = make_report(tmp_path)
    result["discovery"]["left_out"] = [{"path": "suites/<b>.md", "reason": "text"}]
    text = page(result, tmp_path)
    assert "<h3>Suites collected</h3>" in text
    assert "<li>suites/&lt;b&gt;.md: text</li>" in text
    assert "suites/&lt;b&gt;.md (text)" in summary(result)


def test_cases_that_were_not_run_are_named(tmp_path: Path) -> None:
    text = Reader(
        page(write(tmp_path, document([case("clean", kind="clean")], not_run=["dusk", "dawn"])), tmp_path)
    ).text
    assert "Not complete" in text
    assert "2 cases of this tier were not run" in text
    assert "dawn" in text


def test_a_result_without_records_has_a_page(tmp_path: Path) -> None:
    text = Reader(page(write(tmp_path, document([case("clean", kind="clean"), case("a")])), tmp_path)).text
    assert "Accuracy of each class" not in text


def test_a_result_of_an_early_version_has_a_page(tmp_path: Path) -> None:
    found = document([case("clean", kind="clean"), case("a[pitch=5deg]", swept={"pitch": "5deg"})])
    for key in ("leaks", "residuals", "labels", "review", "profile", "inputs", "provenance"):
        del found["suites"][0][key]
    for one in found["suites"][0]["cases"]:
        for key in (
            "attack",
            "automatic",
            "raw",
            "trace",
            "swept",
            "digest",
            "backwards",
            "of",
            "stopped",
            "waiver",
            "tags",
        ):
            del one[key]
        for line in one["expectations"]:
            for key in ("rule", "gate_low", "gate_high", "needs", "straddles"):
                del line[key]
    assert "a[pitch=5deg]" in page(found, tmp_path)


def test_an_error_before_anything_was_measured_has_a_page(tmp_path: Path) -> None:
    broken = case("a", verdict="error", metrics={}, expectations=[], problems=["no such file"], proof=None)
    found = document([broken])
    found["suites"][0]["data"] = {"name": "signs-test"}
    found["suites"][0]["model"] = {"name": "signs-cnn"}
    assert "no such file" in page(write(tmp_path, found), tmp_path)


def test_records_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    found = make_report(tmp_path)
    (tmp_path / "records/harm.parquet").write_bytes(b"torn")
    assert "Some records could not be read" in page(found, tmp_path)


def test_json_in_the_page_cannot_end_its_element() -> None:
    assert data_block({"a": "</script><!--&\u2028"}) == '{"a":"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028"}'


def test_the_policy_names_digests() -> None:
    assert policy("", "").count("'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='") == 2
