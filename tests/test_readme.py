"""Every fenced block of the README and of ``docs/`` is run, read or compared; a block that no test knows fails."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from robustcheck.core.error_codes import Code, pages
from robustcheck.core.errors import Location, Problem
from robustcheck.domain.suite import Suite
from robustcheck.language import listed_variables, load_project, load_suite
from robustcheck.provenance.training_record import load_record

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))
STARTER = ROOT / "robustcheck" / "cli" / "starter"


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, what its fence says, and its text."""

    document: str
    line: int
    fence: str
    text: str


def blocks_of(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    found = re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [
        Block(path.relative_to(ROOT).as_posix(), text.count("\n", 0, match.start()) + 1, match[1], match[2])
        for match in found
    ]


BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path)]


def block(document: str, fence: str) -> str:
    found = [block.text for block in BLOCKS if (block.document, block.fence) == (document, fence)]
    assert len(found) == 1, f"{document} has {len(found)} blocks ```{fence}"
    return found[0]


def python(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run Python in a folder and return what it wrote, if it ended well."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# What each kind of block must do, by its fence ------------------------------------------------------------


def is_a_suite(block: Block, folder: Path) -> None:
    path = folder / "suite.yaml"
    path.write_text(block.text, encoding="utf-8")
    assert load_suite(path, load_project(folder, ROOT / "configs")).cases


def written_suite(folder: Path, *, checks: str = "", part: str = "") -> Suite:
    text = "robustcheck: 1\ntitle: t\nowner: o\nmodel: signs-robot\ndata: signs-test\nexpect: {accuracy: '>= 50%'}\n"
    checks = checks or "- {shift: camera.yaw, yaw: 10deg}\n"
    if part.startswith("checks:"):
        checks, _, part = textwrap.dedent(part.removeprefix("checks:\n")).partition("overall:")
        part = f"overall:{part}"
    (folder / "suite.yaml").write_text(f"{text}checks:\n{textwrap.indent(checks, '  ')}{part}", encoding="utf-8")
    return load_suite(folder / "suite.yaml", load_project(folder, ROOT / "configs"))


def are_checks(block: Block, folder: Path) -> None:
    suite = written_suite(folder, checks=block.text)
    assert not suite.notes
    for line in block.text.splitlines():
        # A comment such as "# camera.roll[roll=-5deg], ..." or "# 2 cases" says what becomes of the check.
        for name in re.findall(r"[\w.-]+\[[^\]]+\]", line.partition("#")[2]):
            assert name in {case.id for case in suite.cases}
        if count := re.search(r"\b(\d+) cases", line.partition("#")[2]):
            assert int(count[1]) in {sum(case.check == other.check for case in suite.cases) for other in suite.cases}


def is_part_of_a_suite(block: Block, folder: Path) -> None:
    assert written_suite(folder, part=block.text)


def are_entries(block: Block, folder: Path) -> None:
    configs = folder / "configs"
    configs.mkdir()
    (configs / "classes.txt").write_text("stop\nyield\n", encoding="utf-8")
    other = {"yaml models": "yaml data", "yaml data": "yaml models"}[block.fence]
    beside = next(found.text for found in BLOCKS if (found.document, found.fence) == (block.document, other))
    for fence, text in ((block.fence, block.text), (other, beside)):
        (configs / f"{fence.split()[1]}.yaml").write_text(text, encoding="utf-8")
    project = load_project(folder, configs)
    assert len(project.models) + len(project.data) == sum(
        len(re.findall(r"^[\w-]+:$", text, re.MULTILINE)) for text in (block.text, beside)
    )


def are_variables(block: Block, folder: Path) -> None:
    (folder / "variables.yaml").write_text(block.text, encoding="utf-8")
    assert sorted(listed_variables(folder, folder)) == re.findall(r"\b[A-Z_]{3,}\b", block.text)[::-1]


def is_a_model_with_its_files(block: Block, folder: Path) -> None:
    for name, text in {"configs/classes.txt": "stop\nyield\n", "tables/a.json": "{}"}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "configs" / "models.yaml").write_text(block.text, encoding="utf-8")
    (folder / "configs" / "data.yaml").write_text("drawn: {kind: signs}\n", encoding="utf-8")
    (entry,) = load_project(folder, folder / "configs").models.values()
    assert [path.name for path in entry.depends] == ["classes.txt", "a.json"]


def are_commands_of_the_cache(block: Block, folder: Path) -> None:
    for command in block.text.splitlines():
        assert python("-m", "robustcheck.cli", *command.split()[1:], folder=folder)


def is_a_job_that_signs(block: Block, folder: Path) -> None:
    (job,) = yaml.safe_load(block.text).values()
    commands = [step.get("run", "") for step in job["steps"]]
    assert sum("--robustcheck-attest" in command for command in commands) == 1
    assert not [step for step in job["steps"] if "cache" in step.get("uses", "")], "a job that signs restores nothing"
    assert job["if"] == "github.ref == 'refs/heads/main'"
    assert job["environment"], "which alone has the key"


def is_the_starters_workflow(block: Block, folder: Path) -> None:
    assert block.text == (STARTER / "workflow.yml").read_text(encoding="utf-8")


def are_steps_with_our_action(block: Block, folder: Path) -> None:
    (ours,) = [step for step in yaml.safe_load(block.text) if "robustcheck" in step["uses"]]
    place = ours["uses"].split("/", 2)[2].partition("@")[0]
    assert set(ours["with"]) <= set(yaml.safe_load((ROOT / place / "action.yml").read_text("utf-8"))["inputs"])


def is_a_workflow_with_our_action(block: Block, folder: Path) -> None:
    workflow = yaml.safe_load(block.text)
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    (job,) = workflow["jobs"].values()
    are_steps_with_our_action(Block(block.document, block.line, block.fence, yaml.safe_dump(job["steps"])), folder)


def is_run_by_ci(block: Block, folder: Path) -> None:
    """Installing uv inside a test would change the machine, so that CI's own script must run these very commands."""
    steps = [line.strip().removeprefix("step ") for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()]
    for command in block.text.splitlines():
        assert command in steps, f".ci/run does not run: {command}"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def are_settings_of_the_plugin(block: Block, folder: Path) -> None:
    settings = tomllib.loads(block.text)["tool"]["pytest"]["ini_options"]
    (folder / "pyproject.toml").write_text(block.text, encoding="utf-8")
    shown = python("-m", "pytest", "--robustcheck", "--help", folder=folder)
    assert all(f"{name} (" in shown for name in settings)


def is_a_line_of_progress(block: Block, folder: Path) -> None:
    from robustcheck.report.progress.view import View, line

    view = View("camera.yaw[yaw=5deg]", unit="pictures", done=1240, total=5000, seconds=4.0)
    assert block.text == line(view, "7 of 27 cases", 80) + "\n"


def is_covered_by(test: str) -> Callable[[Block, Path], None]:
    def check(block: Block, folder: Path) -> None:
        assert callable(globals()[test])

    return check


def is_run_by_the_walk(block: Block, folder: Path) -> None:
    assert f'block("{block.fence}")' in WALK or block.fence.startswith("yaml release-")


def is_of_a_page_of_errors(block: Block, folder: Path) -> None:
    """Whether it shows what it says is held by tests/language/test_error_codes.py."""
    told = {getattr(page, block.fence.split()[1]).strip() for page in pages().values()}
    assert block.text.strip() in told


def is_a_located_problem(block: Block, folder: Path) -> None:
    location, line, column, rest = block.text.strip().split(":", 3)
    problem = Problem(Location(location, int(line), int(column)), Code.MISSING_UNIT, *rest.split(" ", 2)[2].split("; "))
    assert str(problem) == block.text.strip()


WALK = (ROOT / "tests/test_evidence_walk.py").read_text(encoding="utf-8")
CHECKS: dict[str, Callable[[Block, Path], None]] = {
    "bash commands": is_run_by_ci,
    "bash tests": is_run_by_ci,
    "bash lint": is_run_by_ci,
    "bash example": is_covered_by("test_the_example_prints_what_the_readme_shows"),
    "text wrong": is_of_a_page_of_errors,
    "text right": is_of_a_page_of_errors,
    "text located": is_a_located_problem,
    "text failure": is_covered_by("test_the_example_prints_what_the_readme_shows"),
    "text table": is_covered_by("test_the_example_prints_what_the_readme_shows"),
    "bash start": is_covered_by("test_a_model_of_ones_own_goes_the_way_of_the_readme"),
    "text init": is_covered_by("test_a_model_of_ones_own_goes_the_way_of_the_readme"),
    "bash own": is_covered_by("test_a_model_of_ones_own_goes_the_way_of_the_readme"),
    "python model": is_covered_by("test_entries_by_hand_go_the_way_of_the_document"),
    "bash by-hand": is_covered_by("test_entries_by_hand_go_the_way_of_the_document"),
    "python run": is_covered_by("test_the_python_doors_run"),
    "python fixture": is_covered_by("test_the_python_doors_run"),
    "python attack": is_covered_by("test_an_extension_runs"),
    "python shift": is_covered_by("test_an_extension_runs"),
    "python metric": is_covered_by("test_an_extension_runs"),
    "toml entry-points": is_covered_by("test_an_extension_runs"),
    "yaml extended": is_covered_by("test_an_extension_runs"),
    "python source": is_covered_by("test_an_extension_runs"),
    "bash regenerate": is_covered_by("test_what_is_copied_into_the_readme_is_the_copied"),
    "python training": is_covered_by("test_the_recorded_training_runs"),
    **{f"yaml release-{part}": is_run_by_the_walk for part in ("models", "data", "suite")},
    "bash release": is_run_by_the_walk,
    "text refusal": is_run_by_the_walk,
    "text progress": is_a_line_of_progress,
    "yaml suite": is_a_suite,
    "yaml checks": are_checks,
    "yaml part": is_part_of_a_suite,
    "yaml models": are_entries,
    "yaml data": are_entries,
    "yaml variables": are_variables,
    "yaml depends": is_a_model_with_its_files,
    "bash cache": are_commands_of_the_cache,
    "yaml workflow": is_the_starters_workflow,
    "yaml job": is_a_job_that_signs,
    "yaml gate": is_a_workflow_with_our_action,
    "toml settings": are_settings_of_the_plugin,
}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.document}:{block.line}")
def test_every_block_holds(block: Block, tmp_path: Path) -> None:
    assert block.fence in CHECKS, f"{block.document}:{block.line}: no test knows what to do with ```{block.fence}"
    CHECKS[block.fence](block, tmp_path)


def test_no_block_is_written_in_a_way_that_is_not_seen() -> None:
    for path in DOCUMENTS:
        fences = re.findall(r"^\s*(?:```|~~~)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks_of(path)), path.name


def test_the_documents_stand_in_order() -> None:
    wanted = ["bash start", "text init", "bash own", "yaml suite", "bash example", "text table"]
    wanted += ["bash commands", "bash tests"]
    assert [block.fence for block in BLOCKS if block.document == "README.md"] == wanted


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", [*DOCUMENTS, *sorted(STARTER.iterdir())], ids=lambda path: path.name)
def test_nobody_is_told_to_install_by_a_name_that_anybody_could_take(path: Path) -> None:
    assert not re.search(r"(install|add)\s+(-\S+\s+)*['\"]?(pytest-)?robustcheck\b", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


@pytest.mark.parametrize("path", [*DOCUMENTS, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_the_tests_that_a_document_names_are_there(path: Path) -> None:
    for name in re.findall(r"`(tests/[^`\s]+)`", path.read_text(encoding="utf-8")):
        file, _, test = name.partition("::")
        assert (ROOT / file).exists(), name
        assert not test or f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), name


def test_each_claim_of_the_page_on_security_names_its_test() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    claims = [
        claim
        for part in re.split(r"^## ", text, flags=re.MULTILINE)
        if "cannot do" in part.splitlines()[0]
        for claim in re.split(r"^- ", part, flags=re.MULTILINE)[1:]
    ]
    assert len(claims) >= 10
    for claim in claims:
        assert "`tests/" in claim, claim


# Blocks that belong together ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def regenerate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("regenerate", ROOT / "docs" / "regenerate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(table: str) -> list[tuple[str, ...]]:
    """Return verdict, case, metric and bound of each line; the numbers between depend on versions and machines."""
    head, *body = [line for line in table.splitlines() if not line.startswith(("model ", "NOTE "))][:-1]
    case, metric, observed, n, bound, seconds = (
        head.index(name) for name in ("case", "metric", "observed", "  n  ", "bound", "seconds")
    )
    assert case < metric < observed < n
    parts = (slice(0, case), slice(case, metric), slice(metric, observed), slice(bound, seconds))
    return [tuple(line[part].strip() for part in parts) for line in body]


def test_the_example_prints_what_the_readme_shows(regenerate: ModuleType, tmp_path: Path) -> None:
    command = block("README.md", "bash example").split()
    assert command == ["uv", "run", "pytest", "--robustcheck", *regenerate.EXAMPLE]
    done = regenerate.run_example(tmp_path / "report")
    assert done.returncode == 1, done.stdout + done.stderr
    shown, printed = block("README.md", "text table"), regenerate.table_of(done.stdout)
    assert rows(shown) == rows(printed)
    assert len(rows(shown)) == 10
    assert {row[0] for row in rows(shown)} == {"pass", "fail"}
    shown, printed = block("docs/verdicts.md", "text failure"), regenerate.failure_of(done.stdout)
    assert without_numbers(shown) == without_numbers(printed)


def test_what_is_copied_into_the_readme_is_the_copied() -> None:
    assert block("README.md", "yaml suite") == (ROOT / "docs" / "example.yaml").read_text(encoding="utf-8")


def test_the_example_passes_on_the_model_that_it_names(tmp_path: Path) -> None:
    few = ("--robustcheck-limit", "140", "--robustcheck-report", str(tmp_path), "-p", "no:cacheprovider")
    python("-m", "pytest", "--robustcheck", "docs/example.yaml", *few, folder=ROOT)
    assert json.loads((tmp_path / "robustcheck-report.json").read_text(encoding="utf-8"))["verdict"] == "pass"


def write_pictures(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(2):
            picture = Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).resize((300, 280))
            picture.save(folder / name / f"{number}.png")


def write_weights(path: Path) -> None:
    """Save what the document's factory builds, before any training."""
    import torch
    from safetensors.torch import save_file

    # Some weights have three of the four pictures right, which is no proof against the declared accuracy.
    torch.manual_seed(0)
    names: dict[str, Any] = {}
    exec(block("docs/first-model.md", "python model"), names)
    path.parent.mkdir()
    save_file(names["build"](2).state_dict(), path)


def command(*arguments: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done.returncode, done.stdout + done.stderr


def without_numbers(text: str) -> str:
    return re.sub(r"\d+(\.\d+)?", "0", text)


def test_a_model_of_ones_own_goes_the_way_of_the_readme(regenerate: ModuleType, tmp_path: Path) -> None:
    (start,) = block("README.md", "bash start").splitlines()
    assert start.split() == ["robustcheck", "init", *regenerate.INIT]
    begun = regenerate.run_init(tmp_path)
    assert begun.returncode == 0, begun.stderr
    assert without_numbers(begun.stdout) == without_numbers(block("README.md", "text init"))
    doctor, plan, gate = block("README.md", "bash own").splitlines()
    assert f"next:\n  {doctor} " in begun.stdout
    assert f"  {plan} " in begun.stdout
    assert f"  {gate} " in begun.stdout
    code, told = command(*doctor.replace("robustcheck", "robustcheck.cli", 1).split(), folder=tmp_path)
    # Untrained weights are drawn anew by each process: they may have all pictures right, or none.
    assert code in (0, 1)
    assert "doctor: as configured" in told
    # The weights are untrained, so the gate does not pass, with a verdict and nothing else wrong.
    code, told = command(*gate.split(), "--robustcheck-tier", "smoke", folder=tmp_path)
    assert code == 1
    assert "clean: fail" in told


def test_entries_by_hand_go_the_way_of_the_document(tmp_path: Path) -> None:
    assert block("docs/first-model.md", "bash by-hand").splitlines() == [
        "robustcheck validate", "robustcheck doctor my-model my-data", "pytest --robustcheck",
    ]  # fmt: skip
    assert command("robustcheck.cli", "init", folder=tmp_path)[0] == 0
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "model.py").write_text(block("docs/first-model.md", "python model"), encoding="utf-8")
    for name in ("models", "data"):
        text = block("docs/first-model.md", f"yaml {name}")
        (tmp_path / "configs" / f"{name}.yaml").write_text(text, encoding="utf-8")
    suite = tmp_path / "suites" / "robustness.yaml"
    text = suite.read_text(encoding="utf-8").replace("signs-robot ", "my-model ").replace("signs-test ", "my-data ")
    suite.write_text(text, encoding="utf-8")
    write_pictures(tmp_path / "data" / "test")
    write_weights(tmp_path / "weights" / "my-model.safetensors")
    assert command("robustcheck.cli", "validate", folder=tmp_path) == (0, "1 suite, 8 cases: no problem\n")
    code, told = command("robustcheck.cli", "doctor", "my-model", "my-data", folder=tmp_path)
    assert code == 1
    assert "the declared 91.2% on my-data is not reproduced" in told
    # Untrained weights do not reproduce what they declare, and the gate says so instead of passing.
    code, told = command("pytest", "--robustcheck", folder=tmp_path)
    assert code == 1
    assert "not the declared 91.2%" in told


def test_the_python_doors_run(tmp_path: Path) -> None:
    assert command("robustcheck.cli", "init", folder=tmp_path)[0] == 0
    assert python("-c", block("docs/verdicts.md", "python run"), folder=tmp_path).startswith("pass ")
    (tmp_path / "test_model.py").write_text(block("docs/verdicts.md", "python fixture"), encoding="utf-8")
    python("-m", "pytest", "-q", "test_model.py", folder=tmp_path)


EXTENDED_SUITE = """
robustcheck: 1
title: Extended
owner: tests
model: brightness
data: scenes
clean: {expect: {accuracy: ">= 99%"}}
checks:
"""
EXTENDED_CONFIGS = {
    "models": "brightness:\n  kind: python\n  factory: tiny:build\n  classes: [dark, middle, bright]\n"
    "  input: {size: 16, resize: 20}\n",
    "data": "scenes:\n  kind: python\n  factory: my_package.data:scenes\n  arguments: {count: 8}\n",
}


def test_an_extension_runs(tmp_path: Path) -> None:
    from small_project import MODEL

    site, project = tmp_path / "site", tmp_path / "project"
    fences = {"shifts": "shift", "attacks": "attack", "metrics": "metric", "data": "source"}
    for module, fence in fences.items():
        path = site / "my_package" / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block("docs/extending.md", f"python {fence}"), encoding="utf-8")
    points = tomllib.loads(block("docs/extending.md", "toml entry-points"))["project"]["entry-points"]
    facts = site / "my_package-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n", encoding="utf-8")
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in entries.items()) for group, entries in points.items()]
    (facts / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    for name, text in {
        "tiny.py": MODEL,
        "suites/extended.yaml": EXTENDED_SUITE + block("docs/extending.md", "yaml extended"),
        **{f"configs/{name}.yaml": text for name, text in EXTENDED_CONFIGS.items()},
    }.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    environment = {"PYTHONPATH": str(site)}
    assert "5 cases" in python("-m", "robustcheck.cli", "validate", folder=project, environment=environment)
    told = python("-m", "robustcheck.cli", "explain", "sensor.dead_rows", folder=project, environment=environment)
    assert "Some rows of the sensor are dead." in told
    for words in ("black lines", "Broken sensors"):
        assert told == python("-m", "robustcheck.cli", "explain", words, folder=project, environment=environment)
    python("-m", "pytest", "--robustcheck", folder=project, environment=environment)
    result = json.loads((project / "robustcheck-report" / "robustcheck-report.json").read_text(encoding="utf-8"))
    cases = {case["id"]: case for case in result["suites"][0]["cases"]}
    assert cases["sensor.dead_rows[share=5%]"]["metrics"]["confident_mistakes"]["n"] == 8
    assert cases["exposure[eps=8/255]"]["verdict"] == "pass"
    assert all(check["held"] for check in cases["exposure[eps=8/255]"]["attack"]["sanity"])


def test_the_recorded_training_runs(tmp_path: Path) -> None:
    data = "signs-train: {kind: signs, split: train, size: 28, seed: 0, description: Few signs.}\n"
    models = next(found.text for found in BLOCKS if found.fence == "yaml release-models")
    for name, text in (("configs/data.yaml", data), ("configs/models.yaml", models)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    python("-m", "robustcheck.cli", "keygen", "keys/train", folder=tmp_path)
    (tmp_path / "models").mkdir()
    code, training = block("docs/evidence.md", "python training"), "...  # train, and write the weights"
    assert training in code
    python("-c", code.replace(training, 'open("models/signs.safetensors", "wb").write(b"weights")'), folder=tmp_path)
    record = load_record(tmp_path / "models/signs.slsa.json", root=tmp_path, trusted_keys=[tmp_path / "keys/train.pub"])
    assert (record.seed, record.parameters, record.signed) == (7, {"epochs": 10, "rate": 4e-3}, True)
    assert list(record.data) == ["signs-train"]
