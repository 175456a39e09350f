"""Say whether this very model passed, by an attestation and a public key: exit code 0 only then."""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

from robustcheck.cli.output import OK, PROBLEMS, WrongCall, complain, one_of, say
from robustcheck.core.errors import AttestationRefused
from robustcheck.core.project_settings import find_settings
from robustcheck.domain.tier import TIERS

NAME = "verify"
HELP = "say whether this very model passed, before it is deployed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="the file or folder that is about to be deployed")
    parser.add_argument("--attestation", type=Path, required=True, metavar="FILE", help="made by robustcheck attest")
    parser.add_argument(
        "--key",
        type=Path,
        required=True,
        action="append",
        metavar="FILE",
        help="public key that is trusted; again for more",
    )
    parser.add_argument(
        "--suite", type=Path, metavar="FILE", help="the suite it must have passed, with its files as they are here"
    )
    parser.add_argument("--with-data", action="store_true", help="with --suite: read the data set again, too")
    parser.add_argument(
        "--require",
        action="append",
        default=[],
        metavar="ID",
        help="a case that must have passed, without a warning or waiver",
    )
    parser.add_argument("--max-age", type=_age, metavar="DAYS", help="how old the run may be, such as 90d")
    parser.add_argument(
        "--tier", type=one_of(TIERS), default="standard", metavar="TIER", help="at least this was run (standard)"
    )
    parser.add_argument("--no-warnings", action="store_true", help="refuse a warning or a waiver, too")
    parser.add_argument(
        "--allow-waived", action="store_true", help="accept a run in which nothing passed that was not waived"
    )
    parser.add_argument(
        "--allow-cached",
        action="store_true",
        help="accept cases that were not looked at anew, but answered from a cache",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what was verified, or every reason for which it is refused."""
    from robustcheck.core.text import named, printable
    from robustcheck.provenance.signing.verification import verify_attestation

    if arguments.with_data and not arguments.suite:
        raise WrongCall("--with-data reads the data of a suite; name it with --suite")
    settings = find_settings([arguments.suite]) if arguments.suite else None
    try:
        found = verify_attestation(
            arguments.model,
            attestation=arguments.attestation,
            keys=arguments.key,
            suite=arguments.suite.absolute() if arguments.suite else None,
            require=arguments.require,
            max_age=arguments.max_age,
            tier=arguments.tier,
            warnings=not arguments.no_warnings,
            allow_waived=arguments.allow_waived,
            allow_cached=arguments.allow_cached,
            with_data=arguments.with_data,
            root=settings.root if settings else None,
            configs=settings.configs if settings else "configs",
        )
    except AttestationRefused as error:
        for reason in error.reasons:
            complain(f"refused: {reason}")
        return PROBLEMS
    say(f"{arguments.model} passed {printable(found.suite)}: {found.tests} tests, {found.result.lower()}")
    say(f"  digest {found.digest}")
    say(f"  suite  {found.suite_digest}{'' if arguments.suite else ' (not held against a suite here)'}")
    say(f"  data   {found.data_digest} ({printable(found.data)})")
    say(f"  ended  {found.ended.isoformat(timespec='seconds')}, signed by {found.keyid[:16] or 'a trusted key'}")
    waived = {waiver.id for waiver in found.waived}
    for name in found.warned:
        if name not in waived:
            say(f"  warned {printable(name)}")
    for waiver in found.waived:
        excuse = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
        say(f"  waived {printable(waiver.id)}: {printable(excuse)}")
    for note in found.notes:
        say(f"  note   {note}")
    if found.cached:
        say(f"  cached {found.cached} cases were not looked at anew")
    if found.not_recomputed:
        say(f"  not computed again when it was signed: {named(found.not_recomputed)}")
    return OK


def _age(text: str) -> datetime.timedelta:
    number = text.removesuffix("d")
    if not number.isdecimal() or number == text or len(number) > 6:
        raise argparse.ArgumentTypeError(f"{text} is no number of days, such as 90d")
    return datetime.timedelta(days=int(number))
