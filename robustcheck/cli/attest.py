"""Sign what a run found, be it good or bad, so that a deployment can tell whether this very model passed.

Every number and verdict is computed again from the records and the suite first; a report that says something else is refused.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from robustcheck.cli.output import OK, PROBLEMS, WrongCall, complain, say
from robustcheck.core.errors import AttestationRefused, did_you_mean
from robustcheck.core.project_settings import Settings, find_settings

NAME = "attest"
HELP = "sign the result of a run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report's folder")
    parser.add_argument("--key", type=Path, metavar="FILE", help="private key, made by robustcheck keygen")
    parser.add_argument(
        "--sigstore", action="store_true", help="let Sigstore sign for this job's identity, too or instead"
    )
    parser.add_argument("--suite", metavar="PATH", help="one suite of the report; all by default")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the attestations (REPORT/attestations)")


def run(arguments: argparse.Namespace) -> int:
    """Write an envelope a suite whose records confirm its result, and say why the others get none."""
    from robustcheck.core.file_names import attestation_name
    from robustcheck.core.files import write_whole
    from robustcheck.core.text import printable
    from robustcheck.provenance.signing.attestation import FOLDER, attest, checked_statement
    from robustcheck.provenance.signing.signing_keys import load_private, password
    from robustcheck.provenance.signing.sigstore_signing import sigstore_bundle
    from robustcheck.report.terminal import every_note
    from robustcheck.runs.load import reading

    if not (arguments.key or arguments.sigstore):
        raise WrongCall("name what signs: --key FILE, made by robustcheck keygen, or --sigstore")
    key = load_private(arguments.key, password()) if arguments.key else None
    folder = arguments.out or arguments.report / FOLDER
    code = OK
    with reading(arguments.report) as document:
        settings = _project_of(document, arguments.report)
        for suite in _chosen(document, arguments.suite):
            try:
                statement = checked_statement(
                    document, suite, report=arguments.report, root=settings.root, configs=settings.configs
                )
            except AttestationRefused as error:
                for reason in error.reasons:
                    complain(f"refused: {reason}")
                code = PROBLEMS
                continue
            for note in every_note(suite):
                say(f"note: {printable(note)}")
            if key:
                say(f"{attest(statement, suite['path'], key, folder)} written: {suite['verdict']}")
            if arguments.sigstore:
                path = folder / f"{attestation_name(suite['path']).removesuffix('.intoto.json')}.sigstore.json"
                say(f"{write_whole(path, sigstore_bundle(statement), 'bundle')} written: {suite['verdict']}")
    return code


def _project_of(document: dict[str, Any], report: Path) -> Settings:
    """Return the project of the working directory if it has the suites of a report, else the one that the report lies in."""
    here = find_settings()
    if all((here.root / suite["path"]).is_file() for suite in document["suites"]):
        return here
    return find_settings([report.resolve().parent])


def _chosen(document: dict[str, Any], path: str | None) -> list[dict[str, Any]]:
    suites = {suite["path"]: suite for suite in document["suites"]}
    if path is None:
        return list(suites.values())
    if path not in suites:
        raise WrongCall(f"the report has no suite {path}; {did_you_mean(path, suites)}")
    return [suites[path]]
