"""Signs the result of a run: one envelope a suite, beside the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from robustcheck.engine.store import atomic
from robustcheck.errors import RobustcheckError
from robustcheck.evidence.envelope import seal
from robustcheck.evidence.statement import statement_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FOLDER: Final = "attestations"
ENDING: Final = ".intoto.json"


def file_name(suite: str) -> str:
    """Return the name of a suite's attestation: its path with ``--`` for ``/``, so that no two are alike in a folder."""
    return suite.removesuffix(".yaml").removesuffix(".yml").replace("/", "--") + ENDING


def attest_suite(document: Mapping[str, Any], suite: Mapping[str, Any], key: Ed25519PrivateKey, folder: Path) -> Path:
    """Sign what a run found of one suite, be it good or bad, and return the file.

    Args:
        document: The result file.
        suite: One of its ``suites``.
        key: Signs.
        folder: Where the envelope is written, whole or not at all.

    Raises:
        RobustcheckError: There is no file that the attestation could be about, or the envelope cannot be written.
    """
    return write_beside(folder / file_name(suite["path"]), seal(statement_of(document, suite), key).to_bytes())


def write_beside(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, and its folder if need be.

    Raises:
        RobustcheckError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise RobustcheckError(f"{path}: the attestation cannot be written: {error.strerror}") from None
    return path
