"""Where a project begins and where its suites lie: the same answers as pytest's, without pytest."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.regular_files import open_regular, read_regular

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
_KINDS: Final[Mapping[type, str]] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


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
        section = _settings_in(folder)
        if section is not None:
            return _settings(folder, section)
    marked = (folder for name in ("pyproject.toml", "setup.py") for folder in upwards if (folder / name).is_file())
    root = next(marked, here if start.is_relative_to(here) else start)
    return _settings(root, _Section(root, {}))


def check_settings(path: Path) -> None:
    """Check what one settings file of pytest says about robustcheck, under whatever name ``pytest -c`` was given it.

    Raises:
        RobustcheckError: It cannot be read, or a value is none that the setting can have.
    """
    sections = [section for name, section in _INI_FILES if name == path.name]
    for section in sections or (("pytest", "tool.pytest") if path.suffix == ".toml" else ("pytest", "tool:pytest")):
        values = _values_of(path, section)
        if values is not None:
            _settings(path.parent, _Section(path, values))


def enclosing_suites(root: Path) -> Path | None:
    """Return the folder of suites of another project that a root lies in, if there is one.

    A file with settings of pytest inside a folder of suites makes that folder the root: the suites would then bring
    their own settings and their own ``configs``, which may name code.

    Args:
        root: The root that pytest chose, absolute.
    """
    for folder in root.parents:
        try:
            section = _settings_in(folder)
            if section is None and not (folder / CONFIGS).is_dir():
                continue
            settings = _settings(folder, section or _Section(folder, {}))
        except RobustcheckError:
            continue  # of no project that pytest could run
        for suites in settings.suites:
            if suites != folder and root.is_relative_to(suites):
                return suites
    return None


@dataclass(frozen=True, slots=True)
class _Section:
    """What a settings file says in the section of pytest."""

    path: Path
    values: Mapping[str, Any]

    def texts(self, name: str, *, several: bool = False) -> list[str]:
        """Return the words of a setting: one unless there may be several, none where it is not set."""
        value = self.values.get(name)
        if value is None:
            return []
        if isinstance(value, str):
            try:
                words = shlex.split(value) if several else [value]
            except ValueError as error:
                raise self._wrong(name, f"cannot be split into paths: {error}") from None
        elif several and isinstance(value, list) and all(isinstance(word, str) for word in value):
            words = value
        else:
            needed = "a text or a list of texts" if several else "a text"
            raise self._wrong(name, f"must be {needed}, not {_KINDS.get(type(value), 'a ' + type(value).__name__)}")
        if any("\0" in word for word in words):
            raise self._wrong(name, "holds a NUL, which no path can hold")
        return [word for word in words if word]

    def _wrong(self, name: str, what: str) -> RobustcheckError:
        line, column = self._place(name)
        return RobustcheckError(f"{self.path}:{line}:{column}: {name} {what}; correct the setting")

    def _place(self, name: str) -> tuple[int, int]:
        """Return line and column of a setting; of the file's beginning where it stands in another form than usual."""
        written = re.compile(rf"""\s*["']?(?={name}\b)""")
        lines = read_regular(self.path).decode(errors="replace").splitlines()
        places = ((line, match.end() + 1) for line, text in enumerate(lines, 1) if (match := written.match(text)))
        return next(places, (1, 1))


def _settings(root: Path, section: _Section) -> Settings:
    suites = section.texts("robustcheck_suites", several=True) or SUITES
    configs = (*section.texts("robustcheck_configs"), CONFIGS)[0]
    size = str(section.values.get("robustcheck_cache_size") or "")
    return Settings(root, tuple(root / folder for folder in suites), root / configs, size)


def _settings_in(folder: Path) -> _Section | None:
    for name, section in _INI_FILES:
        path = folder / name
        if not path.is_file():
            continue
        values = _values_of(path, section)
        if values is not None:
            return _Section(path, values)
        if name in _ALONE:
            return _Section(path, {})
    return None


def _values_of(path: Path, section: str) -> Mapping[str, Any] | None:
    """Return what a file says in a section, ``None`` where it has none."""
    try:
        return _toml(path, section) if path.suffix == ".toml" else _ini(path, section)
    except (OSError, ValueError, configparser.Error, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise RobustcheckError(f"{path}:{getattr(error, 'lineno', 1)}:1: the file cannot be read: {reason}") from None


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
