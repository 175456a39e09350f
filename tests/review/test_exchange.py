"""The queue goes out to Label Studio and to a table, and decisions come back; what does not fit the data is refused whole."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import robustcheck
from robustcheck.data.labels.overlay import read

Call = Callable[..., Any]
AT = "2026-11-20T09:30:00Z"


@pytest.fixture
def run(project: Call, robustcheck_command: Call, tmp_path: Path) -> Call:
    """Return the command in a project with a run, one of whose folders has a name that is a formula."""
    suite = project(each=5)
    suite.write_text(
        suite.read_text().replace("-0.2ev, 0.2ev", "-0.2ev, -1.5ev, 0.2ev").replace('">= 95%"', '">= 50%"')
    )
    (tmp_path / "pictures/bright").rename(tmp_path / "pictures/=bright")
    data = tmp_path / "configs/data.yaml"
    data.write_text(data.read_text() + '  labels: {"=bright": bright}\n')
    robustcheck.run_suite("suites/greys.yaml", root=tmp_path)
    return robustcheck_command


def tasks_of(run: Call, tmp_path: Path) -> Any:
    done = run("review", "export", "robustcheck-report", "--label-studio", "out/tasks.json", "--prefix", "/data/")
    assert (done.code, done.err) == (0, "")
    return json.loads((tmp_path / "out/tasks.json").read_text())


def annotated(task: Any, choice: str, **parts: Any) -> Any:
    result = [{"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": [choice]}}]
    told = {"completed_by": 1, "created_at": AT, "was_cancelled": False, "result": result, **parts}
    return {**task, "annotations": [told]}


def bring(run: Call, tmp_path: Path, tasks: Any, *more: str) -> Any:
    (tmp_path / "back.json").write_text(json.dumps(tasks))
    return run("review", "import", "back.json", "--suite", "suites/greys.yaml", *(more or ("--reviewer", "Ada")))


HOLDS = """
import json, sys
from label_studio_sdk.label_interface import LabelInterface

choices = "".join(f'<Choice value="{name}"/>' for name in ("dark", "middle", "bright"))
interface = LabelInterface(
    f'<View><Image name="image" value="$image"/><Choices name="label" toName="image">{choices}</Choices></View>'
)
interface.validate()
tasks = json.load(open(sys.argv[1], encoding="utf-8"))
for task in tasks:
    # The library holds predictions by themselves only.
    assert interface.validate_task({key: part for key, part in task.items() if key != "predictions"}), task
    for prediction in task["predictions"]:
        problems = interface.validate_prediction(prediction, return_errors=True)
        assert not problems, problems
print(len(tasks))
"""


@pytest.mark.long
@pytest.mark.parametrize("command", ["review", "residuals"])
def test_what_goes_out_is_what_label_studio_takes(run: Call, tmp_path: Path, command: str) -> None:
    """Its own library says so, in a process of its own, since it warns of itself.

    Run it with ``uv run --group dev --group formats pytest -m long tests/review/test_exchange.py``.
    """
    tasks = tasks_of(run, tmp_path)
    if command == "residuals":
        assert run("residuals", "robustcheck-report", "--label-studio", "out/tasks.json").code == 0
        tasks = json.loads((tmp_path / "out/tasks.json").read_text())
    call = [sys.executable, "-W", "ignore", "-c", HOLDS, "out/tasks.json"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (f"{len(tasks)}\n", 0), done.stderr
    assert tasks


def test_what_goes_out_to_label_studio_comes_back_once(run: Call, tmp_path: Path) -> None:
    tasks = tasks_of(run, tmp_path)
    assert tasks[0]["data"].keys() >= {"image", "list", "suite", "id", "label", "case", "sha256", "model_digest"}
    assert tasks[0]["data"]["image"].startswith("/data/")
    assert tasks[0]["predictions"][0]["result"][0]["value"]["choices"]
    back = [
        annotated(tasks[0], "dark"),
        annotated(tasks[1], "ambiguous"),
        annotated(tasks[2], "dark", was_cancelled=True),
    ]
    assert bring(run, tmp_path, back).out == "reviews.jsonl: 2 decisions added, 0 were there already\n"
    assert bring(run, tmp_path, back).out == "reviews.jsonl: 0 decisions added, 2 were there already\n"
    found = read(tmp_path / "reviews.jsonl")
    assert [(one.label, one.reviewer, one.task, one.at) for one in found] == [
        ("dark", "Ada", "import", AT),
        ("ambiguous", "Ada", "import", AT),
    ]
    assert len(found[0].model_digest) == 64


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"created_at": "2026-11-20T09:30:00"}, "without a zone"),
        ({"created_at": "2999-01-01T00:00:00Z"}, "in the future"),
        ({"created_at": None}, "created_at is missing"),
        ({"result": []}, "0 choices"),
        ({"choice": "drak"}, "did you mean dark?"),
        ({"choice": "withdrawn"}, "withdrawn is no class"),
        ({"data": {"id": "nowhere.png"}}, "no picture 'nowhere.png'"),
        ({"data": {"sha256": "0" * 64}}, "of this content"),
        ({"data": {"label": "middle", "id": "dark/00.png"}}, ""),
        ({"completed_by": ""}, ""),
    ],
)
def test_one_decision_that_does_not_fit_refuses_all(
    run: Call, tmp_path: Path, parts: dict[str, Any], said: str
) -> None:
    tasks = tasks_of(run, tmp_path)
    good, bad = annotated(tasks[0], "dark"), annotated(tasks[1], parts.pop("choice", "dark"))
    bad["data"] = {**bad["data"], **parts.pop("data", {})}
    bad["annotations"][0].update(parts)
    done = bring(run, tmp_path, [good, bad])
    assert done.code == 4
    assert "back.json" in done.err
    assert said in done.err
    assert not (tmp_path / "reviews.jsonl").exists()


def test_a_label_that_changed_since_is_refused_with_its_place(run: Call, tmp_path: Path) -> None:
    tasks = tasks_of(run, tmp_path)
    task = next(task for task in tasks if task["data"]["label"] != "dark")
    task["data"]["label"] = "dark"
    done = bring(run, tmp_path, [annotated(task, "dark")])
    assert "back.json: task 1, annotation 1: the label was dark when this was decided" in done.err


def test_users_of_label_studio_need_names(run: Call, tmp_path: Path) -> None:
    tasks = tasks_of(run, tmp_path)
    back = [
        annotated(tasks[0], "dark", completed_by=3),
        annotated(tasks[1], "dark", completed_by={"id": 4, "email": "b@x"}),
    ]
    assert "--reviewer 3=NAME" in bring(run, tmp_path, back).err
    assert bring(run, tmp_path, back, "--reviewer", "3=Ada").code == 0
    assert [one.reviewer for one in read(tmp_path / "reviews.jsonl")] == ["Ada", "b@x"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '[{"data": 1}]', '[{"a": 1, "a": 2}]', "[NaN]", '[{"data": {}, "annotations": [3]}]']
)
def test_what_is_no_export_of_label_studio_is_refused(run: Call, tmp_path: Path, text: str) -> None:
    (tmp_path / "back.json").write_text(text)
    done = run("review", "import", "back.json", "--data", "greys", "--reviewer", "Ada")
    assert (done.code, "back.json: " in done.err) == (4, True)


def table(run: Call, tmp_path: Path) -> list[dict[str, str]]:
    assert run("review", "export", "robustcheck-report", "--csv", "out/queue.csv").code == 0
    return list(csv.DictReader((tmp_path / "out/queue.csv").read_text().splitlines()))


def bring_table(run: Call, tmp_path: Path, rows: list[dict[str, str]]) -> Any:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "back.csv").write_bytes(b"\xef\xbb\xbf" + stream.getvalue().encode())
    return run("review", "import", "back.csv", "--suite", "suites/greys.yaml")


def test_a_table_comes_back_although_names_are_formulas(run: Call, tmp_path: Path) -> None:
    rows = table(run, tmp_path)
    formula = next(row for row in rows if row["original"] == "bright")
    assert formula["id"].startswith("'=bright/")
    formula |= {"label": "dark", "reviewer": "Ada", "at": AT, "reason": "two\nlines, and a comma"}
    assert bring_table(run, tmp_path, rows).out == "reviews.jsonl: 1 decisions added, 0 were there already\n"
    (found,) = read(tmp_path / "reviews.jsonl")
    assert (found.id[:8], found.label, found.reason) == ("=bright/", "dark", "two\nlines, and a comma")
    assert "0 decisions added" in bring_table(run, tmp_path, rows).out


def test_a_wrong_line_of_a_table_is_named(run: Call, tmp_path: Path) -> None:
    rows = table(run, tmp_path)
    for row in rows[:2]:
        row |= {"label": "dark", "reviewer": "Ada", "at": AT, "reason": "two\nlines"}
    rows[1]["at"] = "2026-11-20 09:30"
    done = bring_table(run, tmp_path, rows)
    # The first decision fills two lines.
    assert "back.csv:4: " in done.err
    assert "without a zone" in done.err
    assert "nothing was imported" in done.err
    rows[1] |= {"at": AT, "reviewer": ""}
    assert "reviewer is empty" in bring_table(run, tmp_path, rows).err
    (tmp_path / "back.csv").write_text("sha256,id\n1,2\n")
    assert "column original" in run("review", "import", "back.csv", "--data", "greys").err


def test_the_plain_call_serves_and_wrong_calls_say_so(run: Call, tmp_path: Path) -> None:
    for call, code, said in [
        (("review", "robustcheck-report"), 2, "--reviewer"),
        (("review", "robustcheck-report", "--reviewer", " "), 4, "is no name"),
        (("review", "robustcheck-report", "--reviewer", "A", "--host", "0.0.0.0"), 4, "every address"),
        (("review", "robustcheck-report", "--reviewer", "A", "--host", "192.0.2.1"), 4, "--allow-remote"),
        (("review", "robustcheck-report", "--reviewer", "A", "--suite", "suites/grey.yaml"), 4, "did you mean"),
        (("review", "nowhere", "--reviewer", "A"), 4, "nowhere"),
        (("review", "export", "robustcheck-report"), 2, "--label-studio or --csv"),
        (("review", "import", "nowhere.json", "--data", "greys"), 4, "nowhere.json"),
        (("review", "import", "x.json", "--data", "grays"), 4, "did you mean greys?"),
        (("review", "export", "robustcheck-report", "--csv", "x", "--audit-fraction", "110%"), 2, "no share"),
    ]:
        done = run(*call)
        assert (done.code, said in done.err + done.out) == (code, True), (call, done)
