"""Inputs are regular files: checked where they are opened, so that nothing can wait or read without end.

A named pipe waits for a writer, ``/dev/zero`` never ends, a terminal asks the user, and opening a device can act on it. Every
input goes through here; what is refused is an ``OSError`` whose ``strerror`` says why, so that whoever reads the file names it
as it names any file that cannot be read.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import sys
from pathlib import Path
from typing import Final, Literal

_ALWAYS: Final = sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOINHERIT", "O_NOCTTY", "O_NONBLOCK")
)
"""What Windows or Unix lacks of these is left out. ``O_NONBLOCK`` changes nothing for a regular file."""

_KINDS: Final = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)
_PIECE: Final = 1 << 20


class NotRegularFile(OSError):
    """A path leads to what is no regular file; ``strerror`` says to what.

    It is never a ``FileNotFoundError``: a link that leads nowhere is a mistake, not the absence of a file.
    """


class TooLarge(OSError):
    """A file has more bytes than its reader takes."""


def check_regular(path: str | os.PathLike[str]) -> None:
    """Raise unless a path leads to a regular file, for libraries that open a path themselves.

    Raises:
        NotRegularFile: It is a folder, a named pipe, a socket, a device, or a link that leads to one, nowhere or in a circle.
        OSError: There is nothing, or it cannot be reached.
    """
    try:
        _check_mode(os.stat(path).st_mode, path)
    except ValueError as error:  # a NUL in the name, or a character that no file name can hold
        raise NotRegularFile(errno.EINVAL, f"no file can have this name ({error})", os.fspath(path)) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise NotRegularFile(errno.ELOOP, "its links lead in a circle", os.fspath(path)) from None
        if error.errno == errno.ENOENT and os.path.islink(path):
            raise NotRegularFile(errno.ENOENT, "it is a link that leads to no file", os.fspath(path)) from None
        raise


def open_regular(path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open a regular file to read it; what it is gets checked before opening, and again of what was opened.

    Raises:
        NotRegularFile: It is anything but a regular file.
        OSError: It cannot be opened.
    """
    check_regular(path)
    return open(path, "rb", opener=_opener)


def open_to_change(path: str | os.PathLike[str], mode: Literal["rb+", "ab"]) -> io.FileIO:
    """Open a regular file to write to it, unbuffered; see ``open_regular``.

    Args:
        path: The file.
        mode: ``rb+`` reads and writes, ``ab`` adds to a file and makes it if there is none.

    Raises:
        NotRegularFile: It is anything but a regular file.
        OSError: It cannot be opened.
    """
    try:
        check_regular(path)
    except FileNotFoundError:
        if mode != "ab":
            raise
    return open(path, mode, buffering=0, opener=_opener)


def read_regular(path: str | os.PathLike[str], limit: int | None = None) -> bytes:
    """Return the bytes of a regular file.

    Args:
        path: The file.
        limit: Most bytes that are taken; any number by default.

    Raises:
        NotRegularFile: It is anything but a regular file.
        TooLarge: It has more bytes than ``limit``, or than fit into memory.
        OSError: It cannot be read.
    """
    most = sys.maxsize - 1 if limit is None else limit
    name = os.fspath(path)
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            content = file.read(size + 1) if size <= most else b""
            while size < len(content) <= most and (piece := file.read(_PIECE)):
                content += piece  # it grows while it is read, or lies in /proc, where no file has a size
        except MemoryError:
            raise TooLarge(errno.EFBIG, f"its {size:,} bytes do not fit into memory", name) from None
    if size > most or len(content) > most:
        raise TooLarge(errno.EFBIG, f"it has more than {most:,} bytes", name)
    return content


def read_with_digest(path: str | os.PathLike[str], limit: int | None = None) -> tuple[bytes, str]:
    """Return the bytes of a regular file and their sha256 in hexadecimal, of one and the same read; see ``read_regular``."""
    content = read_regular(path, limit)
    return content, hashlib.sha256(content).hexdigest()


def sha256_of_regular(path: str | os.PathLike[str]) -> str:
    """Return the sha256 of a regular file's bytes, in hexadecimal; the file is never held in memory.

    Raises:
        NotRegularFile: It is anything but a regular file.
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def text_of_regular(
    path: str | os.PathLike[str], *, encoding: str = "utf-8", newline: str | None = None
) -> io.TextIOWrapper:
    """Open a regular file as text, for readers that take it line by line; see ``open_regular``."""
    return io.TextIOWrapper(open_regular(path), encoding=encoding, newline=newline)


def is_regular(path: Path) -> bool:
    """Whether a path leads to a regular file; what cannot be reached, or named at all, is none."""
    try:
        check_regular(path)
    except OSError:
        return False
    return True


def _opener(path: str, flags: int) -> int:
    handle = os.open(path, flags | _ALWAYS, 0o666)
    try:
        _check_mode(os.fstat(handle).st_mode, path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _check_mode(mode: int, path: str | os.PathLike[str]) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((noun for test, noun in _KINDS if test(mode)), "something else")
    via = "a link to " if os.path.islink(path) else ""
    code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
    raise NotRegularFile(code, f"it is {via}{kind}, not a regular file", os.fspath(path))
