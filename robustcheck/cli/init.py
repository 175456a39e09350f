"""Write a working start into a new or existing project: configuration, a suite, a CI workflow.

Nothing that exists is overwritten. What is written runs at once on the demo that comes with robustcheck; the comments
in the files say how to point it at a model and data of one's own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path
from typing import Final

from robustcheck.cli.output import OK, PROBLEMS, WrongCall, columns, say
from robustcheck.errors import RobustcheckError, SuiteError
from robustcheck.places import resolved
from robustcheck.regular_files import read_regular

NAME = "init"
HELP = "write a working start: configuration, a suite, a CI workflow"
STARTER: Final = Path(__file__).with_name("starter")
SUITE: Final = "suites/robustness.yaml"
WORKFLOW: Final = ".github/workflows/robustcheck.yml"
FILES: Final = {
    "configs/models.yaml": "models.yaml",
    "configs/data.yaml": "data.yaml",
    SUITE: "suite.yaml",
    WORKFLOW: "workflow.yml",
}
NOT_NAMED: Final = 'ROBUSTCHECK: ""'
"""In the workflow: what it installs this package from, which the user must say."""
IGNORED: Final = ".gitignore"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--install",
        default="",
        metavar="WHAT",
        help="what the CI workflow installs robustcheck from: a path in the repository, or a git reference such as "
        "git+https://host/owner/robustcheck@TAG; the package is on no index yet, so no name is taken on trust",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), metavar="DIR", help="default: the working directory"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write what is missing, say what was kept, and look whether the whole is valid."""
    root: Path = arguments.folder
    source = _checked_source(arguments.install)
    if root.exists() and not root.is_dir():
        raise RobustcheckError(f"{root} is a file; name a folder")
    try:
        done = []
        for name, template in FILES.items():
            text = (STARTER / template).read_text(encoding="utf-8").replace(NOT_NAMED, f"ROBUSTCHECK: {source}", 1)
            done.append((_write(root / name, text), name, ""))
        done.append(_ignore(root / IGNORED))
    except OSError as error:
        raise RobustcheckError(f"{error.filename or root}: it cannot be written: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RobustcheckError(f"{root / IGNORED}: the file is not UTF-8; save it as UTF-8") from None
    columns(done)
    if not arguments.install and done[[*FILES].index(WORKFLOW)][0] == "wrote":
        say(f"\n{WORKFLOW} does not say yet what to install robustcheck from: set ROBUSTCHECK in it")
        say("to a path or a git reference (`robustcheck init --install` writes it)")
    return _advise(root)


def _checked_source(text: str) -> str:
    """Return a path or a git reference as the workflow writes it.

    Raises:
        WrongCall: It is the name of a package, which anybody could take, or has characters that neither of the two has.
    """
    if text and not re.fullmatch(r"[A-Za-z0-9@:/._~+%=&#?,\[\]-]+", text):
        raise WrongCall(f"--install {text!r}: write a path or a git reference, without spaces or quotes")
    if text and "/" not in text and not text.startswith(".") and not text.endswith((".whl", ".tar.gz")):
        raise WrongCall(
            f"--install {text}: that is the name of a package, which is on no index yet, so that anybody could take it; "
            "write a path, such as ./robustcheck, or a git reference, such as git+https://host/owner/robustcheck@TAG"
        )
    return json.dumps(text)


def _write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return "kept"
    return "wrote"


def _ignore(path: Path) -> tuple[str, str, str]:
    wanted = (STARTER / "gitignore").read_text(encoding="utf-8").splitlines()
    present = read_regular(path).decode() if os.path.lexists(path) else ""
    missing = [line for line in wanted if line not in present.splitlines()]
    if not missing:
        return "kept", IGNORED, ""
    gap = "\n" if present and not present.endswith("\n") else ""
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(gap + "\n".join(missing) + "\n")
    return "added" if present else "wrote", IGNORED, f"({', '.join(missing)})"


def _advise(root: Path) -> int:
    """Say what to do next, or what is still wrong because of files that were there before."""
    from robustcheck.language import load_project, load_suite
    from robustcheck.project_settings import find_settings

    there = root.absolute()
    settings = find_settings(here=there)
    if resolved(settings.root) != resolved(there):
        say(f"\npytest takes {settings.root} as the root of this project, for the settings that lie there, and will")
        say(f"look for configs/ and suites/ in it; run `robustcheck init {settings.root}`, or give {root} a pytest.ini")
        return PROBLEMS
    try:
        project = load_project(settings.root, settings.configs)
        load_suite(there / SUITE, project)
    except SuiteError as error:
        say("\nwhat was there and what is new do not fit together yet:")
        say(str(error))
        return PROBLEMS
    say("\nnext:")
    say(f"  {'' if root == Path() else f'cd {root} && '}pytest --robustcheck")
    say("  then name your own model in configs/models.yaml and your own pictures in configs/data.yaml")
    return OK
