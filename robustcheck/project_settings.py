"""Where a project begins and where its suites lie: the same answers as pytest's, without pytest."""

from __future__ import annotations

import configparser
import os
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.errors import RobustcheckError
from robustcheck.regular_files import open_regular, read_regular

SUITES: Final = ("suites",)
CONFIGS: Final = "configs"
_INI_FILES: Final = (
    ("pytest.toml", "pytest"),
    (".pytest.toml", "pytest"),
    ("pytest.ini", "pytest"),
    (".pytest.ini", "pytest"),
    ("pyproject.toml", "tool.pytest"),
    ("tox.ini", "pytest"),
    ("setup.cfg", "tool:pytest"),
)
SETTINGS_FILES: Final = frozenset(name for name, _ in _INI_FILES)
"""Files in which pytest looks for its settings, and which thereby can make their folder the root."""
_ALONE: Final = frozenset({"pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"})
"""Files that make their folder the root, whether they hold a setting or not."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project's pytest settings say about robustcheck.

    Attributes:
        root: The project's root.
        suites: Folders or files of suites.
        configs: The folder of ``models.yaml`` and ``data.yaml``.
        cache_size: What cached records may take, as written; empty for the default.
    """

    root: Path
    suites: tuple[Path, ...]
    configs: Path
    cache_size: str = ""


def find_settings(paths: Sequence[Path] = (), *, here: Path | None = None) -> Settings:
    """Find the root of the project that paths belong to, and read its settings.

    As pytest does: the nearest folder upwards with pytest settings, else with ``pyproject.toml`` or
    ``setup.py``, else the working directory.

    Args:
        paths: What was named on the command line, if anything.
        here: The folder in which pytest would be called; the working directory by default.

    Raises:
        RobustcheckError: The settings cannot be read.
    """
    here = (here or Path.cwd()).absolute()
    resolved = [path.absolute() for path in paths]
    start = Path(os.path.commonpath(resolved)) if resolved else here
    start = start if start.is_dir() else start.parent
    upwards = (start, *start.parents)
    for folder in upwards:
        found = _settings_in(folder)
        if found is not None:
            return _settings(folder, found)
    marked = (folder for name in ("pyproject.toml", "setup.py") for folder in upwards if (folder / name).is_file())
    root = next(marked, here if start.is_relative_to(here) else start)
    return _settings(root, {})


def enclosing_suites(root: Path) -> Path | None:
    """Return the folder of suites of another project that a root lies in, if there is one.

    A file with settings of pytest inside a folder of suites makes that folder the root: the suites would then bring
    their own settings and their own ``configs``, which may name code.

    Args:
        root: The root that pytest chose, absolute.
    """
    for folder in root.parents:
        try:
            found = _settings_in(folder)
        except RobustcheckError:
            continue  # of no project that pytest could run
        if found is None and not (folder / CONFIGS).is_dir():
            continue
        for suites in _settings(folder, found or {}).suites:
            if suites != folder and root.is_relative_to(suites):
                return suites
    return None


def _settings(root: Path, found: Mapping[str, Any]) -> Settings:
    suites = found.get("robustcheck_suites") or SUITES
    if isinstance(suites, str):
        suites = shlex.split(suites)
    configs = found.get("robustcheck_configs") or CONFIGS
    size = str(found.get("robustcheck_cache_size") or "")
    return Settings(root, tuple(root / str(folder) for folder in suites), root / str(configs), size)


def _settings_in(folder: Path) -> Mapping[str, Any] | None:
    for name, section in _INI_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            found = _toml(path, section) if name.endswith(".toml") else _ini(path, section)
        except (OSError, ValueError, configparser.Error) as error:
            raise RobustcheckError(f"{path}:1:1: the file cannot be read: {error}") from None
        if found is not None:
            return found
        if name in _ALONE:
            return {}
    return None


def _toml(path: Path, section: str) -> Mapping[str, Any] | None:
    with open_regular(path) as stream:
        table: Any = tomllib.load(stream)
    for name in section.split("."):
        table = table.get(name)
        if not isinstance(table, Mapping):
            return None
    older = table.get("ini_options")
    return older if isinstance(older, Mapping) else table


def _ini(path: Path, section: str) -> Mapping[str, Any] | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(read_regular(path).decode(), str(path))
    return parser[section] if parser.has_section(section) else None
