"""What a process loads that does not look at a picture, and what happens beside the other distribution."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_project import SUITE, make_project

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "cv2", "foolbox", "albumentations"}


def loaded_by(*arguments: str, folder: Path) -> set[str]:
    """Run Python with an import log and return the top-level names of all it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    names = re.findall(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)", done.stderr, re.MULTILINE)
    assert names, done.stderr
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return {name.split(".")[0] for name in names}


def test_the_log_shows_what_is_loaded(tmp_path: Path) -> None:
    assert "cv2" in loaded_by("-c", "import cv2", folder=tmp_path)


def test_a_session_without_the_flag_loads_nothing_of_weight(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n", encoding="utf-8")
    loaded = loaded_by("-m", "pytest", "--collect-only", "-p", "no:cacheprovider", folder=tmp_path)
    assert "robustcheck" in loaded
    assert not loaded & (HEAVY | {"numpy", "yaml", "scipy", "pyarrow", "PIL"})


@pytest.mark.parametrize(
    "call",
    [
        ("-c", "import robustcheck"),
        ("-c", "import robustcheck.cli"),
        ("-m", "robustcheck.cli", "validate"),
        ("-m", "robustcheck.cli", "list", "shifts"),
        ("-m", "robustcheck.cli", "list", "models"),
        ("-m", "robustcheck.cli", "explain", "light.shadow"),
        ("-m", "robustcheck.cli", "explain", "dusk"),
        ("-m", "robustcheck.cli", "list", "attacks", "sticker"),
        ("-m", "robustcheck.cli", "completion", "bash"),
        ("-m", "robustcheck.cli", "schema"),
        ("-m", "robustcheck.cli", "verify", "--help"),
        ("-c", "from robustcheck import record_training, verify_attestation"),
        ("-m", "pytest", "--collect-only", "--robustcheck", "-q", "suites/signs"),
    ],
    ids=" ".join,
)
def test_what_looks_at_no_picture_loads_no_model_and_no_opencv(call: tuple[str, ...]) -> None:
    assert not loaded_by(*call, folder=ROOT) & HEAVY


def test_a_suite_whose_pictures_are_counted_loads_none_of_it(tmp_path: Path) -> None:
    suite = SUITE.replace("title: Greys\n", "title: Greys\ndecide: confident\n").replace(">= 95%", ">= 85%")
    make_project(tmp_path, suite=suite)
    assert not loaded_by("-m", "robustcheck.cli", "validate", folder=tmp_path) & HEAVY


def test_a_start_on_the_demo_loads_none_of_it(tmp_path: Path) -> None:
    assert not loaded_by("-m", "robustcheck.cli", "init", folder=tmp_path) & HEAVY


OTHER_INIT = '''
"""As the other distribution's: brings its own names, and none of ours."""
__version__ = "1.1.0"
'''


@pytest.fixture
def beside(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which the other distribution was installed over ours."""
    site = tmp_path / "site"
    package = site / "robustcheck"
    package.mkdir(parents=True)
    for path in (ROOT / "robustcheck").iterdir():
        if path.name not in ("__init__.py", "__pycache__"):
            (package / path.name).symlink_to(path)
    (package / "__init__.py").write_text(OTHER_INIT, encoding="utf-8")
    facts = site / "robustcheck-1.1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: robustcheck\nVersion: 1.1.0\n", encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(site)}


def run(*arguments: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


REPAIR = ("pip uninstall --yes robustcheck", "pip install --force-reinstall --no-deps PATH-OR-GIT-REFERENCE")


def test_the_command_says_that_the_other_distribution_overwrote_us(beside: dict[str, str], tmp_path: Path) -> None:
    done = run("-m", "robustcheck.cli", "validate", environment=beside, folder=tmp_path)
    assert done.returncode == 4
    assert not done.stdout
    assert "robustcheck 1.1.0 is installed beside pytest-robustcheck" in done.stderr
    assert all(line in done.stderr for line in REPAIR)
    assert "Traceback" not in done.stderr


def test_pytest_says_that_the_other_distribution_overwrote_us(beside: dict[str, str], tmp_path: Path) -> None:
    done = run("-m", "pytest", "--robustcheck", environment=beside, folder=tmp_path)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "robustcheck 1.1.0 is installed beside pytest-robustcheck" in done.stderr
    assert all(line in done.stderr for line in REPAIR)
    assert "Traceback" not in done.stderr


def test_a_session_without_the_flag_is_left_alone(beside: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n", encoding="utf-8")
    done = run("-m", "pytest", "-q", "test_one.py", environment=beside, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ours_installed_last_is_refused_too(beside: dict[str, str], tmp_path: Path) -> None:
    init = tmp_path / "site" / "robustcheck" / "__init__.py"
    init.write_bytes((ROOT / "robustcheck" / "__init__.py").read_bytes())
    done = run("-m", "robustcheck.cli", "validate", environment=beside, folder=tmp_path)
    assert done.returncode == 4
    assert "overwrite each other" in done.stderr


def test_what_uninstalling_the_other_leaves_is_refused(beside: dict[str, str], tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "robustcheck-1.1.0.dist-info" / "METADATA").unlink()
    (site / "robustcheck-1.1.0.dist-info").rmdir()
    (site / "robustcheck" / "__init__.py").write_text("", encoding="utf-8")
    done = run("-m", "pytest", "--robustcheck", environment=beside, folder=tmp_path)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "was installed beside" in done.stderr
