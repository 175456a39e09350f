"""The secret of this machine, with which everything is sealed that a later run would believe.

What lies under ``.robustcheck`` may have come from anywhere: a pull request, a shared folder, another machine. Only what carries
a digest under this secret was computed here, or by whoever holds the same ``ROBUSTCHECK_CACHE_SECRET``.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VARIABLE: Final = "ROBUSTCHECK_CACHE_SECRET"
SHORTEST: Final = 16
"""Characters that a secret of the environment has at least."""
BYTES: Final = 32
"""Bytes of a secret that is made here, and of a seal."""
PRIVATE: Final = 0o077
"""Rights that nobody but the owner may have."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, or the reason why there is none.

    Attributes:
        key: What seals; ``None`` where nothing can be sealed or believed.
        problem: Why there is none, and what to do, in one line.
    """

    key: bytes | None = None
    problem: str = ""

    def seal(self, purpose: str, *parts: bytes) -> bytes:
        """Return the keyed digest of some bytes, 32 bytes; another purpose or another split of the same bytes has another.

        Raises:
            ValueError: There is no secret.
        """
        if self.key is None:
            raise ValueError(self.problem)
        mac = hmac.new(self.key, digestmod=hashlib.sha256)
        for part in (purpose.encode("utf-8", "surrogatepass"), *parts):
            mac.update(len(part).to_bytes(8, "big"))
            mac.update(part)
        return mac.digest()

    def holds(self, seal: bytes, purpose: str, *parts: bytes) -> bool:
        """Whether a seal is that of these bytes under this secret."""
        return self.key is not None and hmac.compare_digest(seal, self.seal(purpose, *parts))


def project_of(folder: Path) -> Path:
    """Return the project that a folder of caches belongs to: what lies above ``.robustcheck``, or the folder itself."""
    return next((place.parent for place in (folder, *folder.parents) if place.name == ".robustcheck"), folder)


def secret_of(project: Path) -> Secret:
    """Return the secret for a project's caches, which is made when there is none yet.

    ``ROBUSTCHECK_CACHE_SECRET`` comes first, as a CI has it for its trusted branches and a fleet for a shared store. Else it is a
    file that only its owner may read, in the user's folder for states (``XDG_STATE_HOME``), never in the project.
    """
    given = os.environ.get(VARIABLE, "")
    if given:
        if len(given) < SHORTEST:
            return Secret(problem=f"{VARIABLE} has {len(given)} characters, and at least {SHORTEST} are needed")
        return Secret(hashlib.sha256(given.encode("utf-8", "surrogateescape")).digest())
    try:
        home = project.resolve()
        places = list(_places())
        path = next((place for place in places if not place.parent.resolve().is_relative_to(home)), None)
        if path is None:
            shown = places[0] if places else "the home folder"
            return Secret(problem=f"{shown} lies in the project; set XDG_STATE_HOME to a folder outside, or {VARIABLE}")
        return _read(path) or _make(path)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Secret(problem=f"the secret of this machine cannot be kept: {reason}; set {VARIABLE}, or XDG_STATE_HOME")


def _places() -> Iterator[Path]:
    """Yield where the secret may lie: where the user says, or in the home folder by either of its names."""
    name = Path("robustcheck", "cache-secret")
    given = os.environ.get("XDG_STATE_HOME") or (os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None)
    if given and Path(given).is_absolute():
        yield given / name
        return
    with contextlib.suppress(RuntimeError):
        yield Path.home() / ".local" / "state" / name
    with contextlib.suppress(ImportError, KeyError):
        import pwd

        # HOME may name any folder, such as the project.
        yield Path(pwd.getpwuid(os.getuid()).pw_dir, ".local", "state", name)


def _read(path: Path) -> Secret | None:
    """Return the secret of a file, or why it is none; ``None`` where there is no file."""
    try:
        known = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(known.st_mode):
        return Secret(problem=f"{path} is no regular file; remove it, and a new secret is made")
    if os.name == "posix" and known.st_mode & PRIVATE:
        return Secret(
            problem=f"{path} can be read by others (mode {stat.S_IMODE(known.st_mode):04o}); remove it, and a new secret is made"
        )
    if os.name == "posix" and known.st_uid != os.getuid():
        return Secret(problem=f"{path} belongs to another user; remove it, and a new secret is made")
    return _content(path, known.st_mtime_ns, known.st_ino)


@functools.lru_cache(maxsize=8)
def _content(path: Path, _changed: int, _inode: int) -> Secret:
    with path.open("rb") as file:
        content = file.read(BYTES + 1)
    if len(content) != BYTES:
        return Secret(problem=f"{path} is damaged: it has not {BYTES} bytes; remove it, and a new secret is made")
    return Secret(content)


def _make(path: Path) -> Secret:
    """Write a new secret, whole or not at all; where another process was first, its secret counts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".cache-secret.")  # for the owner alone
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return _read(path) or Secret(problem=f"{path} disappeared as soon as it was made; set {VARIABLE}")
