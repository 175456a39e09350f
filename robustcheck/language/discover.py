"""Which files are suites, which are none and why: the one answer for pytest and for ``robustcheck validate``."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, Problem, SuiteError
from robustcheck.core.picture_files import SUFFIXES
from robustcheck.core.suite_code import code_in_suites, problems_of
from robustcheck.core.suite_folders import (
    YAML_SUFFIXES,
    Contents,
    Places,
    Remark,
    begins_as_suite,
    display_path,
    is_yaml,
    list_other_folder,
    list_suite_folder,
    read_start,
)
from robustcheck.language.configs import listed_variables
from robustcheck.language.loader import MAX_BYTES, load_file
from robustcheck.language.merge import substitute
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, Scalar
from robustcheck.language.variables import Variables

VERSION_KEY: Final = "robustcheck"
CONFIGURATION: Final = ("models", "data")
"""Stems of the two files of ``configs/``, which may begin with ``robustcheck: 1`` too."""
BESIDE_CONFIGURATION: Final = (*CONFIGURATION, "variables")
"""Stems of all files that may lie there."""
GROUPED: Final = 5
"""Other files of one kind and ending in one folder from which on a pattern and their number stand for them."""
_MEANT: Final = re.compile(rb"(?im)^\W{0,12}robust.?che?c?k")
_STRAY: Final = " .,;:_-'\"`"
_COPIES: Final = (".bak", ".orig", ".rej", ".swp", ".swo", ".tmp", ".old", ".off", ".disabled", "~", "#")
_KINDS: Final[Mapping[str, str]] = {
    ".baseline.json": "an accepted run (baseline)",
    ".jsonl": "lines of JSON, such as reviews of labels",
    ".json": "JSON",
    ".md": "text",
    ".rst": "text",
    ".txt": "text",
    ".csv": "a table",
    ".parquet": "a table",
    **dict.fromkeys(SUFFIXES, "a picture"),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that is looked at no further.

    Attributes:
        path: As the user would type it, relative to the project's root.
        reason: Why.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """Every file below the folders of suites, and every suite that was named.

    Attributes:
        suites: Suites, whole or broken; a broken one tells its mistakes when it is read.
        broken: Those whose mistake is known already, with it.
        problems: What is wrong beside the suites, such as code, or links that lead nowhere.
        left_out: All else, with the reason.
        not_named: What lies in the folders of suites and is no matter of this call, with the reason.
    """

    suites: tuple[Path, ...] = ()
    broken: Mapping[Path, Problem] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    not_named: tuple[LeftOut, ...] = ()


def is_suite(path: Path) -> bool:
    """Whether a file says that it is a suite: ``robustcheck`` begins one of its first lines.

    The file is not parsed, so that a broken suite is found and its error told. The configuration files
    ``models.yaml`` and ``data.yaml``, which may begin with ``robustcheck: 1`` too, are no suites.
    """
    return begins_as_suite(path) and not _is_configuration(path)


def is_meant_as_suite(path: Path) -> bool:
    """Whether a YAML file that lies among other things is meant as a suite, whole or broken, in whatever form it is written."""
    return begins_as_suite(path) or _is_meant(path, _parsed(path, path.name))


def _is_meant(path: Path, tree: Node | None) -> bool:
    if tree is None:
        return _MEANT.search((read_start(path) or b"").replace(b"\0", b"")) is not None
    if not isinstance(tree, MappingNode):
        return False
    keys = {entry.key.text for entry in tree.entries}
    return any(map(_is_near_version_key, keys)) or {"model", "data", "checks"} <= keys


def _parsed(path: Path, name: str) -> Node | None:
    try:
        return load_file(path, name)
    except SuiteError:
        return None  # it tells its mistakes when it is read as a suite


def _is_configuration(path: Path) -> bool:
    suffixes = {path.suffix, ".yaml", ".yml"}
    beside = [path.with_name(name + suffix) for name in CONFIGURATION for suffix in suffixes]
    return path.stem in BESIDE_CONFIGURATION and sum(other.is_file() for other in beside) >= len(CONFIGURATION)


def find_suites(paths: Iterable[Path]) -> list[Path]:
    """Return the suites among files and under folders that hold other things too, sorted within each folder.

    A file that is named itself is returned whether it looks like a suite or not, so that its error is
    told. Folders whose names begin with a dot are not entered, and symbolic links to folders not followed.
    """
    suites: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            suites |= dict.fromkeys(discover(Places(path, path, (), (path,))).suites)
        else:
            suites[path] = None
    return list(suites)


def discover(places: Places) -> Discovery:
    """Say of every file below the folders of suites, and of every suite that was named, what it is.

    Folders of suites hold nothing else: each YAML file there is a suite, a base that one extends, or an error. Of other
    folders, only the YAML files that are meant as suites count.
    """
    return _Discoverer(places).result()


class _Discoverer:
    """One look at all places."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._trees: dict[Path, Node | None] = {}
        self._suites: dict[Path, None] = {}
        self._keyless: dict[Path, MappingNode] = {}
        self._broken: dict[Path, Problem] = {}
        self._problems = code_in_suites(places, self._meant)
        self._left_out: list[Remark] = []
        self._others: list[Path] = []

    def result(self) -> Discovery:
        """Look, and put it all in order."""
        places = self._places
        there = places.sort()
        tops = there.suite_folders
        for top in tops:
            self._suite_folder(list_suite_folder(top, places.root, tops))
        for folder in there.other_folders:
            self._other_folder(list_other_folder(folder, tops))
        for file in places.configured:
            if os.path.lexists(file) and not file.is_dir() and not is_yaml(file):
                text = f"robustcheck_suites names this file as a suite, and its name ends in {file.suffix or 'nothing'}"
                self._wrong(Remark(file, text, "let its name end in .yaml, or take it out of robustcheck_suites"))
        for file in there.files:
            if is_yaml(file) and not self._configures(file):
                self._yaml(file)
            elif file not in places.configured and self._is_suite_by_content(file):
                self._wrong_ending(file)
        self._settle_keyless()
        self._left_out += _grouped(self._others)
        wanted = [path for path in self._suites if places.selected(path)]
        unnamed = [Remark(path, "a suite that this call does not name") for path in self._suites if path not in wanted]
        return Discovery(
            suites=tuple(wanted),
            broken={path: problem for path, problem in self._broken.items() if path in wanted},
            problems=tuple(dict.fromkeys(self._problems)),
            left_out=self._as_typed(remark for remark in self._left_out if places.selected(remark.path)),
            not_named=self._as_typed(
                [*unnamed, *(remark for remark in self._left_out if not places.selected(remark.path))]
            ),
        )

    def _as_typed(self, remarks: Iterable[Remark]) -> tuple[LeftOut, ...]:
        root = self._places.root
        return tuple(dict.fromkeys(LeftOut(display_path(remark.path, root), remark.text) for remark in remarks))

    def _suite_folder(self, contents: Contents) -> None:
        self._left_out += contents.left_out  # its problems are among those of code_in_suites
        for file in contents.files:
            if is_yaml(file):
                self._yaml(file)
            elif file in self._places.configured:
                continue  # the setting names it, which is an error
            elif self._is_suite_by_content(file):
                self._wrong_ending(file)
            elif _is_near_yaml(file):
                text = f"this name ends in {file.name[file.name.rindex('.') :]}, which is nearly .yaml"
                self._wrong(Remark(file, text, "let its name end in .yaml, or move it out of the folder of suites"))
            else:
                self._others.append(file)

    def _other_folder(self, contents: Contents) -> None:
        self._left_out += contents.left_out
        for remark in contents.problems:
            self._wrong(remark)
        for file in filter(is_yaml, contents.files):
            if self._configures(file) or _is_configuration(file):
                self._left_out.append(Remark(file, "the configuration"))
            elif file in self._places.named or self._meant(file):
                self._yaml(file)
            else:
                self._left_out.append(Remark(file, "YAML that is not meant as a suite"))

    def _wrong_ending(self, file: Path) -> None:
        text = f"this is a suite by what it holds, and its name ends in {file.suffix or 'nothing'}"
        self._wrong(Remark(file, text, "let its name end in .yaml, or move it out of the folder of suites"))

    def _wrong(self, remark: Remark) -> None:
        if self._places.selected(remark.path):
            self._problems += problems_of([remark], self._places.root)
        else:
            self._left_out.append(Remark(remark.path, remark.text))

    def _configures(self, file: Path) -> bool:
        return file.parent == self._places.configs and file.stem in BESIDE_CONFIGURATION

    def _yaml(self, file: Path) -> None:
        """Sort a YAML file that ought to be a suite."""
        if self._configures(file):
            self._left_out.append(Remark(file, "the configuration"))
            return
        if begins_as_suite(file):
            self._suites[file] = None
            return
        tree = self._tree(file)
        if not isinstance(tree, MappingNode) or tree.entry(VERSION_KEY):
            self._suites[file] = None
        elif file.stem.endswith(".approvals") and tree.entry("approvals"):
            self._left_out.append(Remark(file, "approvals of a suite"))
        else:
            self._keyless[file] = tree

    def _tree(self, file: Path) -> Node | None:
        if file not in self._trees:
            self._trees[file] = _parsed(file, display_path(file, self._places.root))
        return self._trees[file]

    def _meant(self, file: Path) -> bool:
        return begins_as_suite(file) or _is_meant(file, self._tree(file))

    def _settle_keyless(self) -> None:
        """Say of each file without the version key whether a suite extends it; if none does, it is a broken suite."""
        if not self._keyless:
            return
        extended: dict[Path, Path] = {}
        pending = list(self._suites)
        while pending:
            file = pending.pop(0)
            for base in self._bases(file):
                if base not in extended:
                    extended[base] = file
                    pending.append(base)
        for file, tree in self._keyless.items():
            if file in extended and file not in self._places.named:
                by = display_path(extended[file], self._places.root)
                self._left_out.append(Remark(file, f"a base that {by} extends"))
                continue
            self._suites[file] = None
            if not any(_is_near_version_key(entry.key.text) for entry in tree.entries):
                what = "this file is no suite: robustcheck: 1 is missing"
                hint = "begin with robustcheck: 1, or move it out of the folder of suites"
                self._broken[file] = Problem(Location(display_path(file, self._places.root)), Code.NO_SUITE, what, hint)

    def _bases(self, file: Path) -> list[Path]:
        """Return the files without the version key that a file may extend."""
        tree = self._tree(file)
        entry = tree.entry("extends") if isinstance(tree, MappingNode) else None
        if entry is None or not isinstance(entry.value, Scalar):
            return []
        # A variable may stand for one file only, and one that a suite may not take for none: the suite is broken then.
        refused: list[Problem] = []
        value = substitute(entry.value, self._variables, refused)
        if refused or not isinstance(value, Scalar):
            return []
        written = os.path.realpath(Path(os.path.realpath(file)).parent / value.text)
        return [base for base in self._keyless if base != file and os.path.realpath(base) == written]

    @cached_property
    def _variables(self) -> Variables:
        return Variables(os.environ, listed_variables(self._places.root, self._places.configs))

    def _is_suite_by_content(self, file: Path) -> bool:
        """Whether a file with another ending holds a suite: a copy that somebody put aside does not count."""
        if not file.is_file() or file.name.lower().endswith(_COPIES) or file.stat().st_size > MAX_BYTES:
            return False
        head = read_start(file) or b""
        if VERSION_KEY.encode() not in head or b"\0" in head:
            return False
        tree = self._tree(file)
        entry = tree.entry(VERSION_KEY) if isinstance(tree, MappingNode) else None
        return entry is not None and isinstance(entry.value, Scalar) and entry.value.value == 1


def _is_near_version_key(key: str) -> bool:
    return difflib.SequenceMatcher(None, key.lower(), VERSION_KEY).ratio() >= 0.8


def _is_near_yaml(file: Path) -> bool:
    """Whether a name ends in what is one slip away from ``.yaml`` or ``.yml``, or in one of these and a stray mark."""
    if file.name.lower().endswith(_COPIES) or "." not in file.name:
        return False
    name = file.name.lower().rstrip(_STRAY)
    ending = name.rpartition(".")[2]
    slips = (_is_one_slip(ending, meant.removeprefix(".")) for meant in YAML_SUFFIXES)
    # .xml and .eml are one letter away from .yml, and are endings of their own.
    return name.endswith(YAML_SUFFIXES) or ("y" in ending[:2] and any(slips))


def _is_one_slip(text: str, meant: str) -> bool:
    """Whether one letter is missing, too many or another, or two neighbours have changed places."""
    at = next(
        (index for index, (a, b) in enumerate(zip(text, meant, strict=False)) if a != b), min(len(text), len(meant))
    )
    rest, wanted = text[at:], meant[at:]
    swapped = rest[1:2] + rest[:1] + rest[2:]
    return wanted in (rest[1:], swapped) or rest == wanted[1:] or rest[1:] == wanted[1:]


def _grouped(files: Sequence[Path]) -> list[Remark]:
    """Return files that are no suites with what they are; many of a kind and an ending in one folder are a pattern and counted.

    What could be a suite that somebody renamed is named whatever its number.
    """
    groups: dict[tuple[Path, str, str], list[Path]] = {}
    for file in files:
        groups.setdefault((file.parent, _ending(file), _kind(file)), []).append(file)
    remarks = []
    for (folder, ending, kind), members in groups.items():
        if len(members) < GROUPED or not ending or any(map(_had_yaml_name, members)):
            remarks += [Remark(file, kind) for file in members]
        else:
            remarks.append(Remark(folder / f"*{ending}", f"{len(members)} files, each {kind}"))
    return remarks


def _ending(file: Path) -> str:
    return next((ending for ending in _KINDS if file.name.endswith(ending)), file.suffix)


def _had_yaml_name(file: Path) -> bool:
    return any(suffix in file.name.lower() for suffix in YAML_SUFFIXES)


def _kind(file: Path) -> str:
    name = file.name.lower()
    if name.endswith(_COPIES):
        return "a copy that was put aside"
    return next((kind for ending, kind in _KINDS.items() if name.endswith(ending)), "no YAML by its name")
