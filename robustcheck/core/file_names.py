"""Names of files that are made of a suite's path or a case's id: readable, short enough, and no two alike."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

ENDING: Final = ".intoto.json"
MOST_BYTES: Final = 200
"""Of a suite's path in the name of a file: with digest and ending it stays below the 255 that file systems allow."""
_SHORT: Final = 80


def attestation_name(suite: str) -> str:
    """Return the name of a suite's attestation: its path with ``--`` for ``/``.

    Where the path cannot be told from that (``a--b.yaml`` and ``a/b.yaml``, ``a.yml`` and ``a.yaml``), or the name would be
    too long for a file, a digest of the path follows after ``@``.

    Args:
        suite: Its path from the project's root, with forward slashes.
    """
    plain = suite.removesuffix(".yaml").removesuffix(".yml").replace("/", "--")
    if plain.replace("--", "/") + ".yaml" == suite and "@" not in suite and len(_bytes(plain)) <= MOST_BYTES:
        return plain + ENDING
    return f"{_cut(plain, MOST_BYTES)}@{_digest(suite)[:16]}{ENDING}"


def records_path(suite: str, case: str, looked_at: str, key: str) -> Path:
    """Return where the records of a case lie within a report, the same in every process.

    Path and id are cut and joined to be read, so only the digest at the end tells two cases apart.

    Args:
        suite: Path of the suite.
        case: Id of the case.
        looked_at: Id of what was looked at: of one value of a break point, or of the case itself.
        key: Name of the records in the store.
    """
    folder = Path(suite).with_suffix("").as_posix().replace("/", "-").strip(".-")
    name = "".join(char if char.isalnum() or char in "-_.=+," else "_" for char in case)
    digest = _digest("\0".join((suite, case, looked_at, key)))
    return Path("records") / _cut(folder, MOST_BYTES) / f"{_cut(name, _SHORT)}-{digest[:12]}.parquet"


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text that takes no more than some bytes."""
    encoded = _bytes(text)
    return text if len(encoded) <= most else encoded[:most].decode(errors="ignore")


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
