"""Signs the result at the end of a session, where ``--robustcheck-attest`` asks for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.errors import AttestationRefused, RobustcheckError
from robustcheck.pytest_plugin.options import chosen


class Signing:
    """A key that was asked for, what it signed, and what it could not sign."""

    def __init__(self, key: Any) -> None:
        """Sign nothing yet."""
        self._key = key
        self.written: list[Path] = []
        self.refused: list[str] = []

    @classmethod
    def asked_for(cls, config: pytest.Config) -> Signing | None:
        """Read the key, so that a run of an hour does not end without one.

        Raises:
            pytest.UsageError: There is none that can be used.
        """
        name = chosen(config, "attest")
        if name is None or config.option.collectonly:
            return None
        from robustcheck.provenance.signing.signing_keys import load_private, password

        try:
            return cls(load_private(config.rootpath / name, password()))
        except RobustcheckError as error:
            raise pytest.UsageError(f"--robustcheck-attest: {error}") from None

    def sign(self, result: Mapping[str, Any], report: Path, root: Path, configs: Path) -> None:
        """Write an envelope a suite beside the report; what cannot be signed is kept in ``refused``.

        What is signed is the result in memory, which nobody else can have edited, held against the records on the disk.

        Args:
            result: What this session gathered.
            report: The report's folder.
            root: The project's.
            configs: That of ``models.yaml`` and ``data.yaml``.
        """
        from robustcheck.provenance.signing.attestation import FOLDER, attest, checked_statement

        document = json.loads(json.dumps(result))  # as the file has it: lists, not tuples
        for suite in document["suites"]:
            try:
                statement = checked_statement(document, suite, report=report, root=root, configs=configs, own=True)
                self.written.append(attest(statement, suite["path"], self._key, report / FOLDER))
            except AttestationRefused as error:
                self.refused += error.reasons
            except RobustcheckError as error:
                self.refused.append(str(error))

    def told(self, root: Path) -> Iterator[tuple[str, str]]:
        """Yield lines for the terminal, each with the verdict whose colour it has."""
        for path in self.written:
            yield f"robustcheck: signed: {path.relative_to(root) if path.is_relative_to(root) else path}", "pass"
        for text in self.refused:
            yield f"robustcheck: NOT SIGNED: {text}", "error"
