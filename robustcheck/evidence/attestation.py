"""Signs the result of a run: one envelope a suite, beside the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from robustcheck.engine.store import write_whole
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
    return write_whole(
        folder / file_name(suite["path"]), seal(statement_of(document, suite), key).to_bytes(), "attestation"
    )
