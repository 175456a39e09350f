"""A report is signed only if its records and its suite come to what it says: honest ones are, forged ones never."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from signed_run import make_run

from robustcheck.core.errors import AttestationRefused
from robustcheck.provenance.signing.attestation import checked_statement
from robustcheck.provenance.signing.statement import EXTENSION
from robustcheck.provenance.signing.statement_rules import parse_statement

Json = dict[str, Any]


class Report:
    """A report that can be edited, in the project of its run; its files are copied before one of them is."""

    def __init__(self, root: Path, document: Json, spare: Path) -> None:
        self.root, self.document, self.spare = root, document, spare
        self.folder = root / "robustcheck-report"
        self.suite: Json = document["suites"][0]
        self.cases: dict[str, Json] = {
            case["id"]: case for part in ("provenance", "cases", "overall") for case in self.suite[part]
        }

    def sign(self) -> Json:
        """Return the statement that would be signed."""
        found = checked_statement(
            self.document, self.suite, report=self.folder, root=self.root, configs=self.root / "configs"
        )
        return parse_statement(found)

    def file(self, name: str) -> Path:
        """Return the records of a case in a copy of the folder."""
        if self.folder != self.spare:
            shutil.copytree(self.folder, self.spare)
            self.folder = self.spare
        return self.folder / str(self.cases[name]["records"])

    def settle(self) -> None:
        """Make verdicts and counts of the suite and the report agree with those of the cases, as a careful forger does."""
        from collections import Counter

        from robustcheck.domain.verdict import worst

        verdicts = [case["verdict"] for part in ("provenance", "cases", "overall") for case in self.suite[part]]
        self.suite["counts"], self.suite["verdict"] = dict(Counter(verdicts)), worst(verdicts)
        self.document["verdict"] = self.suite["verdict"]
        self.document["complete"] = not self.suite["not_run"]

    def rewrite(self, name: str, change: Callable[[Json], None], *, digest: bool = False) -> None:
        """Change the columns of the records of a case; with digest, in the report as well."""
        path = self.file(name)
        table = pyarrow.parquet.read_table(path)
        columns = {key: table.column(key).to_numpy().copy() for key in table.column_names}
        change(columns)
        made = pyarrow.table(columns).replace_schema_metadata(table.schema.metadata)
        pyarrow.parquet.write_table(made, path, write_page_checksum=True)
        if digest:
            self.cases[name]["records_digest"] = hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Json]]:
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("ran")
        patch.syspath_prepend(root)
        yield root, json.loads(json.dumps(make_run(root)))


@pytest.fixture
def report(ran: tuple[Path, Json], tmp_path: Path) -> Report:
    root, document = ran
    return Report(root, copy.deepcopy(document), tmp_path / "report")


def test_an_honest_report_of_every_kind_of_case_is_signed(report: Report) -> None:
    kinds = {case["kind"] for case in report.cases.values()}
    assert kinds == {
        "clean", "shift", "combine", "worst_of", "find_limit", "attack", "overall", "provenance"
    }  # fmt: skip
    verdicts = {case["verdict"] for case in report.cases.values()}
    assert verdicts == {"pass", "fail", "warn", "waived"}
    assert report.cases["soon"]["stopped"]
    assert report.cases["dusk[stops=-0.2ev]"]["raw"]
    run = report.sign()["predicate"][EXTENSION]
    assert len(run["tests"]) == len(report.cases)
    tests = {test["id"]: test for test in run["tests"]}
    assert tests["night"]["waiver"] == {"reason": "nobody drives at night", "owner": "ada", "expires": "2999-01-01"}
    assert tests["clean"]["records"] == report.cases["clean"]["records_digest"]
    assert run["cached"]["of"] == len(report.suite["cases"])
    assert run["notRecomputed"] == []


def test_the_digests_are_those_of_the_files(report: Report) -> None:
    files = [case for case in report.suite["cases"]] + report.cases["far"]["trace"]
    for case in files:
        assert hashlib.sha256((report.folder / case["records"]).read_bytes()).hexdigest() == case["records_digest"]
    assert len({case["records"] for case in files}) == len(files) - 1  # the limit itself is one of the values tried


def _case(name: str, **changes: Any) -> Callable[[Report], None]:
    return lambda report: report.cases[name].update(changes)


def _passed(name: str, *, line: int = 0, thorough: bool = False) -> Callable[[Report], None]:
    def forge(report: Report) -> None:
        case = report.cases[name]
        case["verdict"], case["problems"] = "pass", []
        if thorough:
            for expectation in case["expectations"]:
                expectation["verdict"] = "pass"
        report.settle()

    return forge


def _metric(name: str, **changes: Any) -> Callable[[Report], None]:
    return lambda report: report.cases[name]["metrics"]["accuracy"].update(changes)


def _observed(report: Report) -> None:
    # All that is said of the accuracy, consistently.
    case = report.cases["dark"]
    better = {"value": 1.0, "low": 0.9, "high": 1.0, "counts": [case["n"]]}
    case["metrics"]["accuracy"].update(better)
    case["expectations"][0].update(observed=1.0, low=0.9, high=1.0, verdict="pass", straddles=False)
    case["verdict"] = "pass"
    report.settle()


def _expect(name: str, text: str) -> Callable[[Report], None]:
    def forge(report: Report) -> None:
        case = report.cases[name]
        case["expectations"][0].update(expect=text, verdict="pass")
        case["verdict"] = "pass"
        report.settle()

    return forge


def _without(name: str) -> Callable[[Report], None]:
    def forge(report: Report) -> None:
        for part in ("provenance", "cases", "overall"):
            report.suite[part] = [case for case in report.suite[part] if case["id"] != name]
        report.settle()

    return forge


def _added(report: Report) -> None:
    report.suite["cases"].append({**report.cases["sure"], "id": "extra", "nodeid": "suites/greys.yaml::extra"})
    report.settle()


def _twice(report: Report) -> None:
    report.suite["cases"].append(report.cases["sure"])
    report.settle()


def _not_run(report: Report) -> None:
    _without("dark")(report)
    report.suite["not_run"] = ["dark"]
    report.settle()
    report.suite["not_run"] = []
    report.document["complete"] = True


def _swapped(report: Report) -> None:
    keys = (
        "records",
        "records_digest",
        "metrics",
        "expectations",
        "verdict",
        "proof",
        "raw",
        "automatic",
        "borderline",
    )
    for key in keys:
        report.cases["dark"][key], report.cases["sure"][key] = report.cases["sure"][key], report.cases["dark"][key]
    report.settle()


def _records_of(name: str, other: str) -> Callable[[Report], None]:
    def forge(report: Report) -> None:
        for key in ("records", "records_digest"):
            report.cases[name][key] = report.cases[other][key]

    return forge


def _right(columns: Json) -> None:
    columns["predicted"] = columns["label"].copy()
    columns["rank"] = np.zeros_like(columns["rank"])


def _rank_alone(columns: Json) -> None:
    columns["rank"] = np.zeros_like(columns["rank"])


def _fewer_rows(columns: Json) -> None:
    keep = np.flatnonzero(columns["rank"] == 0)
    for key in columns:
        columns[key] = columns[key][keep]


def _all_ambiguous(columns: Json) -> None:
    # What the model has wrong shall count for nothing.
    columns["ambiguous"] = columns["ambiguous"] | (columns["rank"] != 0)


def _waived(report: Report) -> None:
    case = report.cases["dark"]
    case["waiver"], case["verdict"] = "approved by nobody", "waived"
    case["expectations"][0]["verdict"] = "waived"
    report.settle()


def _warned(report: Report) -> None:
    case = report.cases["dark"]
    case["severity"], case["verdict"] = "warn", "warn"
    case["expectations"][0]["verdict"] = "warn"
    report.settle()


def _no_lines(report: Report) -> None:
    report.cases["dark"].update(expectations=[], verdict="pass")
    report.settle()


def _suite(**changes: Any) -> Callable[[Report], None]:
    return lambda report: report.suite.update(changes)


def _part(part: str, **changes: Any) -> Callable[[Report], None]:
    return lambda report: report.suite[part].update(changes)


def _options(**changes: Any) -> Callable[[Report], None]:
    return lambda report: report.document["options"].update(changes)


def _input(role: str, **changes: Any) -> Callable[[Report], None]:
    def forge(report: Report) -> None:
        next(item for item in report.suite["inputs"] if item["role"] == role).update(changes)

    return forge


def _limited(report: Report) -> None:
    """Say the same of a limit in all places that can be edited without the records."""
    report.document["options"]["limit"] = report.suite["data"]["limit"] = 24


def _no_input(role: str) -> Callable[[Report], None]:
    def forge(report: Report) -> None:
        report.suite["inputs"] = [item for item in report.suite["inputs"] if item["role"] != role]

    return forge


def _file(name: str, change: Callable[[Path], Any]) -> Callable[[Report], None]:
    return lambda report: change(report.file(name))


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _linked(path: Path) -> None:
    path.rename(path.with_suffix(".kept"))
    path.symlink_to(Path("/etc/hostname"))


def _limit(report: Report) -> None:
    case = report.cases["far"]
    case["metrics"]["limit"].update(value=-2.0, low=-2.5, high=-2.0)
    case["expectations"][0].update(observed=-2.0, low=-2.5, high=-2.0)


def _held(report: Report) -> None:
    for probe in report.cases["far"]["trace"]:
        probe["holds"] = True


def _demanded(report: Report) -> None:
    report.cases["provenance[training.parameters]"].update(verdict="pass", problems=[], notes=[])
    report.settle()


def _aggregate(report: Report) -> None:
    case = report.cases["overall[mean_accuracy over dusk*]"]
    case["metrics"]["mean_accuracy"]["value"] = case["expectations"][0]["observed"] = 1.0


def _sanity(report: Report) -> None:
    report.cases["near[eps=0.01]"]["attack"]["eps"] = "0.5"


def _curve(report: Report) -> None:
    report.cases["least"]["attack"]["curve"][-1]["robust_accuracy"] = 1.0


FORGED: dict[str, tuple[Callable[[Report], Any], str]] = {
    "the word of a case": (_case("dark", verdict="pass"), "dark is pass in the report; .* come to fail"),
    "the word of a case, its line and all sums": (_passed("dark"), "dark is pass in the report; .* come to fail"),
    "the words of all its lines": (_passed("dark", thorough=True), "dark is pass in the report; .* come to fail"),
    "a warning": (_passed("strict", thorough=True), "strict is pass in the report; .* come to warn"),
    "a waiver hidden": (_passed("night", thorough=True), "night is pass in the report; .* come to waived"),
    "the suite's word": (_suite(verdict="pass"), "the suite's verdict is pass"),
    "the report's word": (lambda r: r.document.update(verdict="pass"), "the report's verdict is pass"),
    "the counts": (_suite(counts={"pass": 20}), "counts are"),
    "complete": (lambda r: r.document.update(complete=False), "complete is False"),
    "a number": (_metric("sure", value=0.999), r"sure: metrics\.accuracy\.value is 0\.999"),
    "a number in its ninth digit": (_metric("sure", value=0.9615384), r"metrics\.accuracy\.value"),
    "the end of an interval": (_metric("sure", low=0.97), r"metrics\.accuracy\.low"),
    "how many pictures": (_metric("sure", n=10_000), r"metrics\.accuracy\.n is 10000"),
    "how many were right": (_metric("sure", counts=[26]), r"metrics\.accuracy\.counts"),
    "n of a case": (_case("sure", n=9_999), "sure: n is 9999"),
    "everything said of a number": (_observed, "dark is pass in the report; .* come to fail"),
    "a metric more": (
        lambda r: r.cases["sure"]["metrics"].update(mine=r.cases["sure"]["metrics"]["drop"]),
        "mine is in",
    ),
    "a metric less": (lambda r: r.cases["sure"]["metrics"].pop("drop"), r"metrics\.drop is not in the report"),
    "the text of a threshold": (_expect("dark", ">= 1%"), r"expectations\[0\]\.expect"),
    "no threshold": (_no_lines, "dark is pass in the report"),
    "how it was decided": (lambda r: r.cases["sure"]["expectations"][0].update(rule="point"), r"\.rule is point"),
    "what gates": (lambda r: r.cases["sure"]["expectations"][0].update(gate_low=0.99), "gate_low"),
    "a case left out": (_without("dark"), "1 tests of the suite are not in the report: dark"),
    "a case added": (_added, "1 tests are in the report and not in the suite: extra"),
    "a case twice": (_twice, "1 tests stand in the report twice"),
    "what was not run": (_not_run, "1 tests of the suite are not in the report: dark"),
    "an overall line left out": (_without("overall[mean_accuracy over dusk*]"), "not in the report: overall"),
    "something demanded left out": (_without("provenance[training.seed]"), "not in the report: provenance"),
    "the results of two cases": (_swapped, "the records of dark are of another case"),
    "the records of another case": (_records_of("dark", "sure"), "the records of dark are of another case"),
    "the records of an attack as those of the clean case": (
        _records_of("clean", "near[eps=0.01]"),
        "the records of clean are of another case",
    ),
    "the records of another value as those of the limit": (
        lambda r: r.cases["far"].update(
            {key: r.cases["far"]["trace"][-1][key] for key in ("records", "records_digest")}
        ),
        "far: records",
    ),
    "a bit of the records": (_file("sure", _flip), "is not the file that the run wrote"),
    "no records": (_file("sure", Path.unlink), "there is no records/"),
    "a link in place of the records": (_file("sure", _linked), "lies outside the report's folder"),
    "records that are named elsewhere": (_case("sure", records="../../../etc/passwd"), "outside the report's folder"),
    "no digest of the records": (_case("sure", records_digest=""), "has no digest"),
    "no name of the records": (_case("sure", records="", records_digest=""), "the report has no records of sure"),
    "records in which all is right": (lambda r: r.rewrite("dark", _right), "is not the file that the run wrote"),
    "the same under a new digest": (lambda r: r.rewrite("dark", _right, digest=True), "come to pass"),
    "a rank alone": (lambda r: r.rewrite("dark", _rank_alone, digest=True), "contradict themselves"),
    "rows left out": (lambda r: r.rewrite("dark", _fewer_rows, digest=True), "damaged"),
    "pictures made ambiguous": (lambda r: r.rewrite("clean", _all_ambiguous, digest=True), "clean: "),
    "a waiver that nobody wrote": (_waived, "dark: waiver is approved by nobody"),
    "the reason of a waiver": (_case("night", waiver="safe"), "night: waiver is safe"),
    "a lower severity": (_warned, "dark: severity is warn"),
    "another tier of a case": (_case("dark", tier="thorough"), "dark: tier is thorough"),
    "another kind": (_case("dark", kind="clean"), "dark: kind is clean"),
    "other parameters": (_case("dark", params={"stops": "-0.1ev"}), r"dark: params\.stops"),
    "the digest of a case": (_case("dark", digest="0" * 16), "dark: digest is"),
    "a problem beside a pass": (
        _case("sure", problems=["the attack cannot be believed"]),
        "although it names a problem",
    ),
    "a limit of pictures hidden": (_options(limit=7), "the data has the limit None, and the options have 7"),
    "a limit of pictures invented": (_part("data", limit=5), "the data has the limit 5, and the options have None"),
    "another tier": (_options(tier="smoke"), "are in the report and not in the suite"),
    "no tier": (_options(tier="all"), "the tier is all"),
    "the digest of the data": (_part("data", digest="a" * 64), "are of another data"),
    "the digest of the model": (_part("model", digest="a" * 64), "are of another model"),
    "the definition of the model": (_part("model", definition="a" * 64), "the definition of the model is"),
    "how much data": (_part("data", size=1000), "the data has size 1000"),
    "how many classes": (_part("data", classes=9), "the data has classes 9"),
    "the names of the classes": (_part("data", names=["bright", "middle", "dark"]), "the list of classes is"),
    "the digest of the suite": (_suite(digest="b" * 64), "the digest of the suite is"),
    "the seed": (_suite(seed=4), "the digest of the suite is"),
    "the suite's path": (_suite(path="suites/other.yaml"), "is not here as it was run"),
    "a suite out of the project": (_suite(path="../greys.yaml"), "lies outside the project"),
    "other weights": (_input("weights", digest="c" * 64), "the weights models/tiny.safetensors that were run"),
    "another configuration": (_input("configuration", digest="c" * 64), "was changed"),
    "no baseline": (_no_input("baseline"), "lies here, and did not when the suite was run"),
    "no overlay": (_no_input("overlay"), "lies here, and did not when the suite was run"),
    "no code": (_no_input("code"), "were made by other code than the result names: tiny.py"),
    "other code": (_input("code", digest="c" * 64), "was changed"),
    "a limit of which only the records know": (_limited, "are of another limit than the result: None"),
    "a break point": (_limit, r"far: metrics\.limit\.value"),
    "what held on the way": (_held, r"far: trace\[\d\]\.holds"),
    "records of a value on the way": (
        lambda r: r.cases["far"]["trace"][-1].update(records_digest="d" * 64),
        "is not the file that the run wrote",
    ),
    "a thing demanded": (_demanded, "training.parameters. is pass in the report; .* come to waived"),
    "the mean of several cases": (_aggregate, r"overall\[mean_accuracy over dusk\*\]: "),
    "the size of an attack": (_sanity, r"attack\.eps"),
    "the curve of an attack": (_curve, r"attack\.curve\[\d+\]\.robust_accuracy"),
    "an early stop": (_case("soon", stopped=""), "soon: stopped"),
    "uncorrected numbers": (lambda r: r.cases["sure"]["raw"]["accuracy"].update(value=0.5), r"raw\.accuracy\.value"),
    "a promised confidence": (_case("sure", automatic={}), "sure: automatic"),
    "unreadable pictures": (_case("sure", unreadable=5), "sure: unreadable"),
    "proof of change": (lambda r: r.cases["sure"]["proof"].update(pixels="e" * 64), r"proof\.pixels"),
    "looked at anew": (
        lambda r: [case.update(cached=False) for case in r.suite["cases"]],
        "says that it was looked at anew, with 27 pictures through the model; its records took",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_report_is_not_signed(report: Report, name: str) -> None:
    forge, says = FORGED[name]
    forge(report)
    with pytest.raises(AttestationRefused, match=says):
        report.sign()


@pytest.mark.parametrize("facts", [b"[" * 200_000, b"[]", b"{}", b"null", b"\xff"])
@pytest.mark.parametrize("case", ["clean", "night"])
def test_records_with_other_facts_than_a_run_writes_are_damaged(report: Report, case: str, facts: bytes) -> None:
    path = report.file(case)
    table = pyarrow.parquet.read_table(path).replace_schema_metadata({b"robustcheck": facts})
    pyarrow.parquet.write_table(table, path, write_page_checksum=True)
    report.cases[case]["records_digest"] = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(AttestationRefused, match="is damaged"):
        report.sign()


def test_a_report_may_only_be_worse_than_its_records(report: Report) -> None:
    report.cases["sure"].update(verdict="unreliable", problems=["nobody believes it"])
    report.settle()
    (found,) = (test for test in report.sign()["predicate"][EXTENSION]["tests"] if test["id"] == "sure")
    assert found["verdict"] == "unreliable"


def test_a_case_that_ended_without_a_number_says_so(report: Report) -> None:
    case = report.cases["worst"]
    empty = dict.fromkeys(("records", "records_digest", "stopped"), "")
    case.update(verdict="error", problems=["a crash"], n=0, metrics={}, expectations=[], **empty)
    report.settle()
    assert report.sign()["predicate"]["result"] == "FAILED"


def test_a_suite_that_changed_since_the_run_is_not_signed(report: Report, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(report.root, project)
    text = (project / "suites/greys.yaml").read_text()
    (project / "suites/greys.yaml").write_text(text.replace('accuracy: ">= 90%"', 'accuracy: ">= 1%"'))
    report.root = project
    with pytest.raises(AttestationRefused, match="the digest of the suite is"):
        report.sign()


def test_an_expired_waiver_excuses_nothing_when_it_is_signed(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime

    class Later(datetime.date):
        @classmethod
        def today(cls) -> Later:
            return cls(3000, 1, 1)

    monkeypatch.setattr("robustcheck.language.suites.datetime.date", Later)
    with pytest.raises(AttestationRefused, match="night: waiver is nobody drives at night"):
        report.sign()
