"""``robustcheck completion``: what the shells offer after the script has been read, tried in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robustcheck.cli import command, listing
from robustcheck.cli.completion import SHELLS, names
from robustcheck.core import registry

Call = Callable[..., Any]
Offered = Callable[..., list[str]]
LACKS = "is not installed"

ASK_BASH = """
source ./script || exit 1
COMP_WORDS=(robustcheck "$@")
COMP_CWORD=$#
_shtab_robustcheck robustcheck
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def script(robustcheck_command: Call, tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes the script of a shell into a file."""

    def write(shell: str) -> Path:
        done = robustcheck_command("completion", shell)
        assert (done.code, done.err) == (0, "")
        path = tmp_path / "script"
        path.write_text(done.out, encoding="utf-8")
        return path

    return write


@pytest.fixture
def bash(script: Callable[[str], Path], tmp_path: Path) -> Offered:
    """Return a function that gives what bash offers for the last of some words."""
    script("bash")

    def offered(*words: str) -> list[str]:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-c", ASK_BASH, "bash", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            # Nothing is started while a line is completed, so nothing needs to be found.
            env={"PATH": "/nowhere"},
            executable=shutil.which("bash"),
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    return offered


def test_bash_offers_commands(bash: Offered) -> None:
    assert bash("") == [module.NAME for module in command.COMMANDS]
    assert bash("va") == ["validate"]
    assert bash("ex") == ["explain", "export"]
    assert bash("cache", "") == ["info", "prune", "clear"]


def test_bash_offers_options(bash: Offered) -> None:
    assert set(bash("plan", "--")) == {
        "--help",
        "--model",
        "--tier",
        "--limit",
        "--device",
        "--exact",
        "--json",
        "--quiet",
        "--verbose",
    }
    assert bash("explain", "--p") == ["--picture"]
    assert bash("baseline", "accept", "--r") == ["--reason"]


def test_bash_offers_names_that_can_be_explained(bash: Offered) -> None:
    every = bash("explain", "")
    assert every == list(names())
    assert {known.name for kind in (registry.shifts, registry.attacks, registry.metrics) for known in kind} <= {*every}
    assert "albumentations.RandomRain" in every
    assert bash("explain", "light.l") == ["light.low_light"]
    assert bash("explain", "weather.") == ["weather.fog", "weather.rain", "weather.snow"]
    assert bash("explain", "weather.rain", "weather.s") == ["weather.snow"]


def test_bash_offers_words_and_files(bash: Offered, tmp_path: Path) -> None:
    assert bash("list", "") == list(listing.NOUNS)
    assert bash("completion", "") == list(SHELLS)
    assert bash("plan", "--tier", "") == ["smoke", "standard", "thorough"]
    assert bash("schema", "m") == ["models"]
    (tmp_path / "suites").mkdir()
    (tmp_path / "suite.yaml").touch()
    assert sorted(bash("plan", "sui")) == ["suite.yaml", "suites"]
    assert bash("init", "sui") == ["suites"]


ZSH = """
autoload -Uz compinit && compinit -u -d ./dump
eval "$(<script)" || exit 1
print -l $_comps[robustcheck]
functions _shtab_robustcheck_commands
"""


@pytest.mark.skipif(not shutil.which("zsh"), reason=f"zsh {LACKS}")
def test_zsh_reads_the_script_and_knows_the_commands(script: Callable[[str], Path], tmp_path: Path) -> None:
    script("zsh")
    subprocess.run(["zsh", "-f", "-n", "script"], cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(["zsh", "-f", "-c", ZSH], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("_shtab_robustcheck\n")
    assert all(f"{module.NAME}:'{module.HELP[:20]}" in done.stdout for module in command.COMMANDS)


def fish(folder: Path, line: str) -> set[str]:
    """Return what fish offers at the end of a line."""
    done = subprocess.run(
        ["fish", "--no-config", "-c", "source script; complete -C $argv[1]", line],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {offered.partition("\t")[0] for offered in done.stdout.splitlines()}


@pytest.mark.skipif(not shutil.which("fish"), reason=f"fish {LACKS}")
def test_fish_offers_commands_options_and_names(script: Callable[[str], Path], tmp_path: Path) -> None:
    script("fish")
    subprocess.run(["fish", "--no-config", "-n", "script"], cwd=tmp_path, check=True, capture_output=True)
    assert fish(tmp_path, "robustcheck ") >= {module.NAME for module in command.COMMANDS}
    assert fish(tmp_path, "robustcheck explain weather.") == {"weather.fog", "weather.rain", "weather.snow"}
    assert "--picture" in fish(tmp_path, "robustcheck explain --p")
    assert fish(tmp_path, "robustcheck list ") >= set(listing.NOUNS)
