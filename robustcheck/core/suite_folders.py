"""What lies in the folders of suites, before any of it is read as a suite.

With ``--robustcheck`` this runs before pytest imports the first ``conftest.py``, so only the standard library is used, and what uses no more.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from robustcheck.core.regular_files import check_regular, open_regular

YAML_SUFFIXES: Final = (".yaml", ".yml")
VERSION_CONTROL: Final = ".git"
"""Git refuses to commit what lies in a folder of this name, so no change that is proposed can put a suite there."""
_HEAD: Final = 65_536
_VERSION_KEY: Final = re.compile(
    rb"""(?:\A(?:\xef\xbb\xbf)?|[\r\n])["']?robustcheck["']?(?:[ \t]*:|[ \t]*\r?\n|[ \t]*\Z)"""
)
_NOT_ENTERED: Final = frozenset({"build", "dist", "node_modules", "venv", "CVS", "_darcs", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about a path: what is wrong with it, or why it is left out.

    Attributes:
        path: The file or folder, absolute.
        text: What is wrong, or the reason.
        hint: What to do about it; often empty.
        code: Whether it could run code.
    """

    path: Path
    text: str
    hint: str = ""
    code: bool = False


@dataclass(slots=True)
class Contents:
    """What lies below a folder.

    Attributes:
        files: Regular files, those of a folder before those of its folders, sorted by name.
        problems: What cannot be looked at.
        left_out: What need not be looked at.
    """

    files: list[Path] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Places:
    """What a call looks at, all paths absolute.

    Attributes:
        root: The project's root.
        configs: The folder of ``models.yaml`` and ``data.yaml``.
        configured: The folders (or files) of suites that the setting ``robustcheck_suites`` names.
        named: Files and folders that the command line names; none stands for all that are configured.
    """

    root: Path
    configs: Path
    configured: tuple[Path, ...]
    named: tuple[Path, ...] = ()

    def is_project(self, folder: Path) -> bool:
        """Whether a folder holds the project itself, whose code is trusted, and so is no mere folder of suites."""
        return self.root.is_relative_to(folder) or self.configs.is_relative_to(folder)

    def is_trusted(self, folder: Path) -> bool:
        """Whether code may lie beside a suite in a folder: where the project begins, and where its configuration lies.

        A folder below the root is not trusted for a ``configs`` that it holds.
        """
        if folder.is_relative_to(self.root) and folder != self.root:
            return folder == self.configs
        return self.is_project(folder)

    def around_configs(self) -> tuple[Path, ...]:
        """Return the folders of suites that the setting names and that hold the configuration but not the root."""
        return tuple(
            folder
            for folder in self.configured
            if self.configs.is_relative_to(folder) and not self.root.is_relative_to(folder)
        )

    def selected(self, path: Path) -> bool:
        """Whether the call asks for a path that lies in a folder of suites."""
        return not self.named or any(path.is_relative_to(named) for named in self.named)

    def sort(self) -> Sorted:
        """Tell folders that hold nothing but suites from all else that is looked at."""
        there = [path for path in (*self.configured, *self.named) if os.path.lexists(path)]
        suites = [
            path for path in self.configured if path in there and not path.is_file() and not self.is_project(path)
        ]
        for path in self.named:
            known = _below(path, suites) or not path.is_dir() or self.is_project(path)
            if not known and not _holds_python(path, self.root):
                suites.append(path)
        rest = [path for path in there if not _below(path, suites)]
        return Sorted(
            suite_folders=_outermost(suites),
            other_folders=_outermost(path for path in rest if path.is_dir()),
            files=tuple(dict.fromkeys(path for path in rest if not path.is_dir())),
        )


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a call looks at, by what may lie there.

    Attributes:
        suite_folders: Folders that hold nothing but suites, none inside another: those that the setting names, and those
            that the command line names and that hold no Python.
        other_folders: Folders that hold suites among other things.
        files: Files that are named and lie in no folder of suites.
    """

    suite_folders: tuple[Path, ...]
    other_folders: tuple[Path, ...]
    files: tuple[Path, ...]


def is_yaml(path: Path) -> bool:
    """Whether a file is YAML by its name, in capital letters or not."""
    return path.suffix.lower() in YAML_SUFFIXES


def begins_as_suite(path: Path) -> bool:
    """Whether ``robustcheck`` begins one of the first lines of a YAML file; the file is not parsed."""
    if not is_yaml(path):
        return False
    head = read_start(path, _HEAD)
    return head is not None and _VERSION_KEY.search(head) is not None


def read_start(path: Path, size: int = -1) -> bytes | None:
    """Return the first bytes of a regular file, or all; ``None`` where there is no such file or it cannot be read."""
    try:
        with open_regular(path) as stream:
            return stream.read(size)
    except OSError:
        return None


def display_path(path: Path, root: Path) -> str:
    """Return a path relative to a root that it lies in, with forward slashes, printable on one line."""
    text = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    return "".join(char if char.isprintable() else "?" for char in text)


def list_suite_folder(top: Path, root: Path, tops: Iterable[Path] = ()) -> Contents:
    """List everything below a folder of suites, hidden or not, linked folders of the project included.

    Args:
        top: The folder, or a single file.
        root: The project's root, which no link may leave.
        tops: All folders of suites that are listed; what links to these is listed once.
    """
    return _Listing(top, root, [top, *tops]).contents


class _Listing:
    """One walk through a folder of suites."""

    def __init__(self, top: Path, root: Path, tops: Sequence[Path]) -> None:
        self.contents = Contents()
        self._named_root = root
        self._root = Path(os.path.realpath(root))
        self._tops = [Path(os.path.realpath(path)) for path in tops]
        # A setting may name a folder of suites elsewhere; a link may not lead there by itself.
        self._home = (
            self._root,
            *(real for path, real in zip(tops, self._tops, strict=True) if not path.is_relative_to(root)),
        )
        self._followed: dict[Path, Path] = {}
        if top.is_relative_to(root) and not self._tops[0].is_relative_to(self._root):
            self._problem(top, "this link leads out of the project", "copy what it leads to into the project")
        elif top.is_dir():
            pending = [top]
            while pending:
                pending += reversed(self._folder(pending.pop()))
        else:
            self.contents.files.append(top)

    def _problem(self, path: Path, text: str, hint: str = "") -> None:
        self.contents.problems.append(Remark(path, text, hint))

    def _folder(self, folder: Path) -> list[Path]:
        """List one folder and return the folders in it that are to be listed too."""
        try:
            with os.scandir(folder) as entries:
                paths = [Path(entry.path) for entry in sorted(entries, key=lambda entry: entry.name)]
        except OSError as error:
            self._problem(folder, f"this folder cannot be read: {error.strerror}", "make it readable, or remove it")
            return []
        return [path for path in paths if self._entered(path)]

    def _entered(self, path: Path) -> bool:
        if not path.name.isprintable() or "::" in path.name:
            # Neither a report nor a node id could name it.
            self._problem(path, "this name holds :: or what cannot be printed", "rename it")
            return False
        try:
            mode = path.stat().st_mode
        except OSError as error:
            if path.name.startswith(".#"):
                self.contents.left_out.append(Remark(path, "the lock of an editor"))
            else:
                self._problem(path, f"this file cannot be reached: {_why(path, error)}", "mend it, or remove it")
            return False
        if path.is_symlink() and not _below(Path(os.path.realpath(path)), self._home):
            self._problem(path, "this link leads out of the project", "copy what it leads to into the project")
        elif stat.S_ISDIR(mode):
            return self._followed_folder(path)
        elif stat.S_ISREG(mode):
            self.contents.files.append(path)
        else:
            self._problem(path, f"this cannot be read as a suite: {_why(path)}", "remove it")
        return False

    def _followed_folder(self, path: Path) -> bool:
        if path.name == VERSION_CONTROL:
            self.contents.left_out.append(Remark(path, "what git keeps for itself"))
            return False
        if not path.is_symlink():
            return True
        target = Path(os.path.realpath(path))
        if lies_in_version_control(target, self._root):
            shown = display_path(target, self._root)
            self.contents.left_out.append(Remark(path, f"a link to {shown}, which git keeps for itself"))
            return False
        if Path(os.path.realpath(path.parent)).is_relative_to(target):
            self._problem(path, "this link leads to a folder that it lies in itself", "remove it")
        elif target in self._followed or any(target.is_relative_to(top) for top in self._tops):
            known = self._followed.get(target)
            name = f"the name {display_path(known, self._named_root)}" if known else "that name"
            shown = display_path(target, self._root)
            self.contents.left_out.append(Remark(path, f"a link to {shown}, which is looked at under {name}"))
        else:
            self._followed[target] = path
            return True
        return False


def lies_in_version_control(path: Path, root: Path) -> bool:
    """Whether a path lies, as it is written, in a folder that git keeps for itself, or is one."""
    return VERSION_CONTROL in (path.relative_to(root) if path.is_relative_to(root) else path).parts


def _why(path: Path, error: OSError | None = None) -> str:
    """Return why a path is no file to read."""
    try:
        check_regular(path)
    except OSError as found:
        error = found
    return (error and error.strerror) or "it was there a moment ago"


def list_other_folder(top: Path, apart: Iterable[Path]) -> Contents:
    """List a folder that holds suites among other things, without the folders that pytest does not enter either.

    Args:
        top: The folder.
        apart: Folders of suites, which are listed by themselves.
    """
    contents, apart = Contents(), set(apart)

    def failed(error: OSError) -> None:
        contents.problems.append(Remark(Path(error.filename), f"this folder cannot be read: {error.strerror}"))

    for folder, folders, files in os.walk(top, onerror=failed):
        entered = []
        for name in sorted(folders):
            path = Path(folder, name)
            reason = _reason_not_to_enter(path)
            if reason and name not in (VERSION_CONTROL, "__pycache__"):
                contents.left_out.append(Remark(path, reason, "name it to look in it"))
            elif not reason and path not in apart:
                entered.append(name)
        folders[:] = entered
        contents.files += [Path(folder, name) for name in sorted(files)]
    return contents


def _reason_not_to_enter(folder: Path) -> str:
    if folder.is_symlink():
        return "a linked folder"
    if (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir():
        return "a virtual environment"
    if folder.name.startswith(".") or folder.name in _NOT_ENTERED or folder.name.endswith(".egg"):
        return "a folder that pytest does not enter"
    return ""


def _holds_python(folder: Path, root: Path) -> bool:
    return any(path.suffix.lower() == ".py" for path in list_suite_folder(folder, root).files)


def _below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the paths that lie in no other of them, each once, in their order."""
    known = list(dict.fromkeys(paths))
    return tuple(path for path in known if not any(path != other and path.is_relative_to(other) for other in known))


def absolute_paths(arguments: Iterable[str], folder: Path) -> Iterator[Path]:
    """Yield what arguments of pytest name that is there: files, folders, and the files of node ids.

    Args:
        arguments: As they stand on the command line.
        folder: The working directory.
    """
    for argument in arguments:
        for text in (argument, argument.split("::", 1)[0], argument.split("[", 1)[0]):
            path = Path(os.path.abspath(folder / text))
            if text and os.path.lexists(path):
                yield path
                break
