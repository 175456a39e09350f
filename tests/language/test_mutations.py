"""Whatever is done to a good suite: a Suite comes out, or problems that lie inside the file."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from writing import make_project

from robustcheck.core.errors import SuiteError
from robustcheck.domain.suite import Suite
from robustcheck.language import load_suite

GOOD = """\
robustcheck: 1
title: "Road signs, $$"
owner: vision-safety
model: net
data: pictures
seed: 7
expect: &all
  accuracy: ">= 85%"
clean:
  declared: 97.8%
  tolerance: 0.5pp
  expect:
    class_accuracy: {stop: ">= 95%"}
checks:
  - id: robot-is-lower
    shift: camera.pitch
    pitch: [-15deg, 10deg]
    why: The camera sits at knee height.
    expect: {drop: "<= 5pp"}
  - compose:
      - {shift: light.exposure, stops: [-2ev, 1ev]}
      - {shift: camera.shift, dx: 15%}
    expect: *all
    tags: [night]
overall:
  - {metric: mean_accuracy, over: "camera.*", expect: ">= 88%"}
waivers:
  - {case: "robot-is-lower[pitch=-15deg]", reason: "${ROBUSTCHECK_VAR_WHY}", owner: me, expires: 2027-03-01}
"""
TOKENS = re.findall(r"\s+|[\w.${}%-]+|[^\w\s]", GOOD)
GARBAGE = st.sampled_from(
    ["", "[", "]", "{", "}", ":", "- ", "? ", "*all", "&a ", "!!int ", "!x ", "|", ">", '"', "'", "#", "\t", "\n", "\r",
     "\x85", "\u2028", "\x00", "\x1b", "\ufeff", "\U0001f6d1", "---\n", "...\n", "%YAML 1.2\n", "<<: ", "null", "~", "true",
     "9" * 5000, "1e999", ".nan", "-.inf", "${", "${A}", "extends: a.yaml\n", "extends: .\n", "extends: \"\\0\"\n", "0x1F",
     "attack: pgd\n", "pitch", "15", "15deg", "-", "null: null", "robustcheck: 1\n", "[[[[", "::", "/"]
) | st.text(max_size=6)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    tokens = list(TOKENS)
    for _ in range(draw(st.integers(1, 4))):
        at, other = draw(st.integers(0, len(tokens) - 1)), draw(st.integers(0, len(tokens) - 1))
        deed = draw(st.sampled_from(["delete", "double", "replace", "insert", "copy", "line", "cut"]))
        if deed == "delete":
            tokens[at] = ""
        elif deed == "double":
            tokens[at] *= 2
        elif deed == "replace":
            tokens[at] = draw(GARBAGE)
        elif deed == "insert":
            tokens[at] += draw(GARBAGE)
        elif deed == "copy":
            tokens[at] = tokens[other]
        elif deed == "line":
            tokens[at] += "\n" + " " * draw(st.integers(0, 6)) + draw(GARBAGE) + "\n"
        else:
            del tokens[min(at, other) : max(at, other)]
            tokens = tokens or [""]
    content = "".join(tokens).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=4)) + content[at:]
    return content


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    return make_project(tmp_path_factory.mktemp("mutations"))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(content=mutated())
def test_mutated_suite(folder, content: bytes) -> None:
    path = folder.root / "suites" / "a.yaml"
    path.write_bytes(content)
    problems = problems_of(path, folder)
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", content.decode("utf-8", "replace").removeprefix("\ufeff"))
    for problem in problems:
        assert problem.where.file == "suites/a.yaml"
        assert 1 <= problem.where.line <= len(lines)
        assert 1 <= problem.where.column <= len(lines[problem.where.line - 1]) + 1
        assert problem.what
        assert "\n" not in str(problem)


def problems_of(path, folder):
    """Return a suite's problems; none for a good one."""
    try:
        suite = load_suite(path, folder, environment={"ROBUSTCHECK_VAR_WHY": "night"})
    except SuiteError as error:
        found = error.problems
    else:
        assert isinstance(suite, Suite)
        return ()
    assert found
    return found


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_garbage(folder, content: bytes) -> None:
    path = folder.root / "suites" / "b.yaml"
    path.write_bytes(content)
    with pytest.raises(SuiteError):
        load_suite(path, folder, environment={})


def test_the_good_one_is_good(folder) -> None:
    path = folder.root / "suites" / "c.yaml"
    path.write_text(GOOD)
    assert len(load_suite(path, folder, environment={"ROBUSTCHECK_VAR_WHY": "night"}).cases) == 5
