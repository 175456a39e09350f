"""Signs the result of a run: one envelope a suite, beside the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from robustcheck.core.errors import AttestationRefused
from robustcheck.core.file_names import attestation_name
from robustcheck.core.files import write_whole
from robustcheck.provenance.signing.envelope import seal
from robustcheck.provenance.signing.statement import statement_of, waivers_of
from robustcheck.provenance.signing.statement_rules import BadStatement, parse_statement

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FOLDER: Final = "attestations"


def checked_statement(
    document: Mapping[str, Any],
    suite: Mapping[str, Any],
    *,
    report: Path,
    root: Path,
    configs: Path,
    own: bool = False,
) -> bytes:
    """Return the statement about a suite, once its records, the suite and the files of the run confirm the result.

    Args:
        document: The result file.
        suite: One of its ``suites``.
        report: The report's folder, where the records lie.
        root: The project's folder.
        configs: Folder of ``models.yaml`` and ``data.yaml``.
        own: Whether this very process gathered the result, so that nothing of it was read from a file.

    Raises:
        AttestationRefused: With everything in which the result differs from what it rests on.
        RobustcheckError: There is no file that the attestation could be about.
    """
    from robustcheck.provenance.signing.recomputation import recomputed

    statement_of(document, suite)  # says first what no records could mend
    known = recomputed(document, suite, report=report, root=root, configs=configs, own=own)
    statement = statement_of(document, suite, waivers=waivers_of(known.suite), not_recomputed=known.not_recomputed)
    try:
        parse_statement(statement)
    except BadStatement as error:
        # What verify would refuse is not signed.
        raise AttestationRefused([f"{suite['path']}: {error}"]) from None
    return statement


def attest(statement: bytes, suite: str, key: Ed25519PrivateKey, folder: Path) -> Path:
    """Sign a statement about a suite, be the result good or bad, and return the file.

    Args:
        statement: From ``checked_statement``.
        suite: The suite's path.
        key: Signs.
        folder: Where the envelope is written, whole or not at all.

    Raises:
        RobustcheckError: The envelope cannot be written.
    """
    return write_whole(folder / attestation_name(suite), seal(statement, key).to_bytes(), "attestation")
