"""What a path may lead to that is no regular file, each made by a function; for tests of everything that opens a file."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    # The address of a socket has 108 bytes at most, and a test's folder may have more.
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(path.parent)
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def _link_to_zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _link_to_terminal(path: Path) -> None:
    path.symlink_to("/dev/tty" if Path("/dev/tty").exists() else "/dev/null")


def _link_to_pipe(path: Path) -> None:
    pipe = path.with_name(f"{path.name}.pipe")
    os.mkfifo(pipe)
    path.symlink_to(pipe.name)


def _link_to_folder(path: Path) -> None:
    folder = path.with_name(f"{path.name}.folder")
    folder.mkdir()
    path.symlink_to(folder.name)


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


HOSTILE: Final[dict[str, tuple[Callable[[Path], None], str]]] = {
    "folder": (_folder, "a directory"),
    "pipe": (_pipe, "a named pipe"),
    "socket": (_socket, "a socket"),
    "link-to-zero": (_link_to_zero, "a link to a character device"),
    "link-to-terminal": (_link_to_terminal, "a link to a character device"),
    "link-to-pipe": (_link_to_pipe, "a link to a named pipe"),
    "link-to-folder": (_link_to_folder, "a link to a directory"),
    "dangling": (_dangling, "a link that leads to no file"),
    "loop": (_loop, "links lead in a circle"),
}
"""How each is made in the place of a file, and what a message must say of it."""


def make_hostile(kind: str, path: Path) -> str:
    """Put what is no regular file in the place of a path, and return what a message must say of it."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    make, reason = HOSTILE[kind]
    make(path)
    return reason
