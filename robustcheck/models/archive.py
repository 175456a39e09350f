"""Zip archives from outside, read so that what was checked is what is used."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from robustcheck.core.errors import ModelError

MOST_MEMBERS: Final = 100_000
_ENCRYPTED: Final = 0x1


class Archive:
    """The members of a zip archive, none of them packed, each once.

    Attributes:
        names: Without the folder that all of them lie in, if there is one.
    """

    def __init__(self, source: Path | BinaryIO) -> None:
        """Read the directory of the archive.

        Raises:
            ModelError: It is no archive, or one whose members could be read in two ways or would grow when unpacked.
        """
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
            raise ModelError("it is no archive of torch.export.save") from None
        members = self._zip.infolist()
        if len(members) > MOST_MEMBERS:
            raise ModelError(f"it has {len(members)} members, more than {MOST_MEMBERS}")
        written: set[str] = set()
        for member in members:
            _check(member)
            if member.filename in written:
                raise ModelError(f"its member {member.filename!a} stands in it twice")
            written.add(member.filename)
        tops = {name.partition("/")[0] for name in written}
        root = f"{tops.pop()}/" if len(tops) == 1 and all("/" in name for name in written) else ""
        self._members = {member.filename.removeprefix(root): member for member in members}
        self.names = frozenset(self._members)

    def size(self, name: str) -> int:
        """Return the length of a member in bytes."""
        return self._members[name].file_size

    def read(self, name: str) -> bytes:
        """Return the bytes of a member.

        Raises:
            ModelError: There is none, it is damaged, or its own header says other than the directory.
        """
        try:
            return self._zip.read(self._members[name])
        except KeyError:
            raise ModelError(f"it has no member {name}") from None
        except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError):
            raise ModelError(
                f"its member {name} is damaged, or says of itself other than the archive's directory"
            ) from None


def _check(member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = PurePosixPath(name).parts
    if not name.isprintable() or name.startswith("/") or "\\" in name or ".." in parts or ":" in name:
        raise ModelError(f"its member {name[:80]!a} leads out of the archive")
    if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
        raise ModelError(f"its member {name} is packed, as torch.export.save never does; save the program again")
    if member.flag_bits & _ENCRYPTED:
        raise ModelError(f"its member {name} is encrypted")
