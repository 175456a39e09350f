"""Code in a folder of suites: whatever is there could run beside the gate, so it is refused before anything is loaded."""

from __future__ import annotations

import importlib.machinery
import os
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, Problem
from robustcheck.core.project_settings import SETTINGS_FILES, enclosing_suites
from robustcheck.core.suite_folders import (
    Contents,
    Places,
    Remark,
    display_path,
    is_yaml,
    lies_in_version_control,
    list_other_folder,
    list_suite_folder,
    read_start,
)

NAMED: Final = 20
"""Files of code that a message names; the rest is counted."""
_CODE_SUFFIXES: Final = frozenset(
    {suffix.rpartition(".")[2] for suffix in importlib.machinery.all_suffixes()}
    | {"py", "pyw", "pyc", "pyo", "pyd", "so", "dll", "dylib", "pth", "egg", "egg-link", "pyz", "whl"}
)
_LOADED_BY_NAME: Final = ("conftest.py", "__init__.py")
_HINT: Final = "move it out of the folder of suites, or remove it"


def code_in_suites(places: Places, meant: Callable[[Path], bool]) -> list[Problem]:
    """Return what could run code in the folders of suites that a call looks at, whatever it asks for of them.

    What cannot be looked at, such as a link that leads out of the project, could hold code too.

    Args:
        places: What the call looks at.
        meant: Whether a YAML file among other things is meant as a suite; asked only where code lies near one.
    """
    around = enclosing_suites(places.root)
    if around:
        return _root_among_suites(around, places.root)
    holding = places.around_configs()
    if holding:
        return problems_of([_configs_among_suites(places, folder) for folder in holding], places.root)
    kept = [path for path in places.named if _is_kept_by_git(path, places.root)]
    if kept:
        text = "git keeps this for itself, so it holds no suite, and what lies there is part of no change"
        return problems_of([Remark(path, text, "name a suite elsewhere") for path in kept], places.root)
    there = places.sort()
    tops = there.suite_folders
    remarks = _above(places, meant)
    for top in tops:
        contents = list_suite_folder(top, places.root, tops)
        remarks += [*contents.problems, *code_below(contents)]
    for folder in there.other_folders:
        remarks += code_beside_suites(folder, list_other_folder(folder, tops), places, meant)
    for file in there.files:
        if is_yaml(file) and not places.is_trusted(file.parent):
            remarks += _loaded(_lying_in(file.parent))
    return problems_of(dict.fromkeys(remarks), places.root)


def _root_among_suites(suites: Path, root: Path) -> list[Problem]:
    project = suites.parent
    remarks = code_below(list_suite_folder(suites, project))
    text = f"the root lies in {display_path(suites, project)}, a folder of suites, which would bring their own settings"
    return problems_of(remarks or [Remark(root, text, f"call pytest in {project}")], project)


def _configs_among_suites(places: Places, folder: Path) -> Remark:
    text = f"the configuration lies in {display_path(folder, places.root)}, a folder of suites, which would bring their own models"
    return Remark(
        places.configs, text, "move it out of the folder of suites, and name its place in robustcheck_configs"
    )


def problems_of(remarks: Iterable[Remark], root: Path) -> list[Problem]:
    """Return remarks as problems, a file of code in the first line of its place."""
    return [
        Problem(Location(display_path(remark.path, root)), _code_of(remark), remark.text, remark.hint)
        for remark in remarks
    ]


def _code_of(remark: Remark) -> Code:
    return Code.CODE_BESIDE_SUITES if remark.code else Code.FILE_AMONG_SUITES


def lines_of(problems: Sequence[Problem]) -> str:
    """Return problems as lines, those beyond the first twenty counted."""
    lines = [str(problem) for problem in problems[:NAMED]]
    more = len(problems) - len(lines)
    return "\n".join([*lines, f"and {more} more"] if more else lines)


def code_below(contents: Contents) -> list[Remark]:
    """Return the files of a folder of suites that pytest or Python could run, or that change how pytest runs."""
    return [remark for file in contents.files if (remark := _code(file))]


def code_beside_suites(top: Path, contents: Contents, places: Places, meant: Callable[[Path], bool]) -> list[Remark]:
    """Return what pytest would load beside or below a suite, in a folder that holds other things too.

    Where there are no tests, a ``conftest.py`` anywhere in the folder can only be about the suites.
    """
    code = _loaded(contents.files)
    if not code:
        return []
    tests = any(_is_test(file.name.lower()) for file in contents.files)
    near = {folder for remark in code for folder in remark.path.parents}
    candidates = [file for file in contents.files if is_yaml(file) and not places.is_trusted(file.parent)]
    holders = {file.parent for file in candidates if (file.parent in near or not tests) and meant(file)}
    if holders and not tests and not places.is_trusted(top):
        holders.add(top)
    return [remark for remark in code if not holders.isdisjoint(remark.path.parents)]


def _above(places: Places, meant: Callable[[Path], bool]) -> list[Remark]:
    """Return the ``conftest.py`` files that pytest would load from folders above suites that only the command line names.

    Those of the project are trusted: at its root, and in a folder with tests. Above a folder that the setting names, the
    project says itself where its suites begin.
    """
    remarks: list[Remark] = []
    for path in places.named:
        if any(path.is_relative_to(folder) for folder in places.configured):
            continue
        above: list[Remark] = []
        for folder in path.parents:
            if places.is_project(folder):
                break
            code = [remark for remark in _loaded(_lying_in(folder)) if _is_run_above(remark.path)]
            if code and any(_is_test(file.name.lower()) for file in list_other_folder(folder, ()).files):
                break
            above += code
        if above and _holds_suites(path, places.root, meant):
            remarks += above
    return remarks


def _lying_in(folder: Path) -> list[Path]:
    """Return what lies in a folder; of one that may not be listed, what pytest would find there by its name."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return [folder / name for name in (*_LOADED_BY_NAME, *sorted(SETTINGS_FILES)) if (folder / name).is_file()]


def _is_run_above(file: Path) -> bool:
    """Whether pytest runs a file for what lies in folders below; that of a package with modules is the project's."""
    if file.name.lower() != "__init__.py":
        return file.name.lower() == "conftest.py"
    return all(other.name.lower() in _LOADED_BY_NAME for other in file.parent.glob("*.py"))


def _holds_suites(path: Path, root: Path, meant: Callable[[Path], bool]) -> bool:
    if not path.is_dir():
        return is_yaml(path)
    return any(is_yaml(file) and meant(file) for file in list_suite_folder(path, root).files)


def _is_kept_by_git(path: Path, root: Path) -> bool:
    real = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    return lies_in_version_control(path, root) or lies_in_version_control(*real)


def _loaded(files: Iterable[Path]) -> list[Remark]:
    remarks = []
    for file in files:
        name = file.name.lower()
        if name in _LOADED_BY_NAME or _is_test(name):
            remarks.append(beside_suites(file))
        elif name in SETTINGS_FILES:
            remarks.append(_settings(file))
    return remarks


def beside_suites(file: Path) -> Remark:
    """Return what is said of code beside a suite."""
    return Remark(file, "this is code beside suites, and pytest would load it", _HINT, code=True)


def _is_test(name: str) -> bool:
    return fnmatch(name, "test_*.py") or fnmatch(name, "*_test.py")


def _code(file: Path) -> Remark | None:
    name = file.name.lower()
    if name.rpartition(".")[2] in _CODE_SUFFIXES and "." in name:
        return Remark(file, "this is code, and suites cannot run code", _HINT, code=True)
    if name in SETTINGS_FILES:
        return _settings(file)
    if fnmatch(name, "test*.txt") and b">>>" in (read_start(file) or b""):
        return Remark(file, "this text holds Python that pytest would run (a doctest)", _HINT, code=True)
    return None


def _settings(file: Path) -> Remark:
    text = "these are settings of pytest, which name code to run and say where the project begins"
    return Remark(file, text, _HINT, code=True)
