"""Refuses a folder of caches that lies in version control, where anybody who can propose a change could write it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.regular_files import read_regular

FOLDER: Final = ".robustcheck"
SECONDS: Final = 10.0
"""How long git may take."""


def refuse_tracked(root: Path) -> None:
    """Refuse to run where git tracks something in ``.robustcheck``.

    Raises:
        RobustcheckError: It does.
    """
    home = root.resolve()
    repository = next((place for place in (home, *home.parents) if (place / ".git").exists()), None)
    if repository is None:
        return
    tracked = _of_git(home) if shutil.which("git") else None
    if tracked is None:
        tracked = _of_index(repository, home)
    if tracked:
        raise RobustcheckError(
            f"{FOLDER}/ is tracked by git ({tracked}): what a change can write must not be believed; "
            f"run `git rm -r --cached {FOLDER}`, and add {FOLDER}/ to .gitignore"
        )


def _of_git(home: Path) -> str | None:
    """Return a tracked file as git says, empty if there is none; ``None`` if git does not answer."""
    # Variables such as GIT_INDEX_FILE would let it look elsewhere.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = [str(shutil.which("git")), "-C", str(home), "ls-files", "-z", "--cached", "--", f":(icase){FOLDER}"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed call
            command, capture_output=True, timeout=SECONDS, check=False, env=environment
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.split(b"\0")[0].decode("utf-8", "replace") if done.returncode == 0 else None


def _of_index(repository: Path, home: Path) -> str:
    """Return a tracked file as git's own index says, for where git is not there or refuses to look; empty if there is none."""
    inside = home.relative_to(repository).as_posix()
    name = f"{FOLDER}/" if inside == "." else f"{inside}/{FOLDER}/"
    git = repository / ".git"
    try:
        if git.is_file():  # a work tree or a submodule
            git = (repository / read_regular(git).decode().removeprefix("gitdir:").strip()).resolve()
        entries = read_regular(git / "index")
    except (OSError, ValueError):
        return ""
    # An entry's path follows its flags and ends with a zero byte.
    return name if name.encode() in entries else ""
