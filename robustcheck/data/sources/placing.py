"""Which picture a row of a table means: by where its path leads, never by how it is spelled."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from robustcheck.core.class_names import normal

Inode = tuple[int, int]


class Places:
    """Where the paths of a table lead, seen from the folder that they begin from.

    Attributes:
        elsewhere: Ids that are absolute paths, since they lie outside the folder: on another machine they are others.
    """

    def __init__(self, folder: Path) -> None:
        """Start from a folder."""
        self._folder = os.path.abspath(folder)
        self._below: dict[str, str | None] = {self._folder: ""}
        self.elsewhere: list[str] = []

    def find(self, written: str) -> tuple[str, Path]:
        """Return the id of a picture and its file.

        The id is the path from the folder, with forward slashes and composed Unicode, without ``.``, ``//`` and ``x/..``, whether it
        was written relative or absolute. A path to another place of the same disk begins with ``..`` if it was written so, and is
        absolute if it was written so.

        Args:
            written: Path as a table has it, with slashes of either kind.
        """
        text = written.replace("\\", "/")
        spelled = os.path.join(self._folder, text)
        whole = _one_slash(os.path.normpath(spelled))
        if ".." in text.split("/") and _leads_elsewhere(spelled, whole):
            whole = spelled  # a link comes before the "..", which therefore leads on from where the link does
        foreign = text[1:3] == ":/" and not os.path.isabs(text)  # of Windows, and this is none
        name = None if foreign else self._from_folder(whole)
        if name is None and not foreign and not os.path.isabs(text):
            name = os.path.relpath(whole, self._folder) if whole != spelled else text
        if name is None:
            name = PurePath(text if foreign else whole).as_posix()
            self.elsewhere.append(normal(name))
        return normal(name.replace(os.sep, "/")), Path(whole)

    def _from_folder(self, whole: str) -> str | None:
        """Return a path from the folder, or ``None`` if it lies outside."""
        place, name = os.path.split(whole)
        passed: list[str] = []
        while place not in self._below and not self._is_folder(place):
            passed.append(place)
            place, before = os.path.split(place)[0], place
            if place == before:
                break
        if place not in self._below:
            self._below[place] = "" if self._is_folder(place) else None
        above = self._below[place]
        for one in reversed(passed):
            above = None if above is None else os.path.join(above, os.path.basename(one))
            self._below[one] = above
        return None if above is None or not name else os.path.join(above, name)

    def _is_folder(self, place: str) -> bool:
        try:
            return os.path.samefile(place, self._folder)
        except (OSError, ValueError):
            return False


def inode_of(path: Path) -> Inode | None:
    """Return what makes two paths one file: links of either kind and spellings that the disk takes for one; ``None`` if unknown."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if found.st_ino else None


def _leads_elsewhere(one: str, other: str) -> bool:
    try:
        return not os.path.samefile(one, other)
    except (OSError, ValueError):
        return os.path.exists(one) and not os.path.exists(other)


def _one_slash(path: str) -> str:
    """Return a path with one slash at its beginning, where POSIX keeps two."""
    return path[1:] if os.name == "posix" and path.startswith("//") else path
