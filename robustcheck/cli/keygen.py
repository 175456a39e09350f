"""Make a pair of ed25519 keys: the private one signs attestations and training records, the public one verifies them."""

from __future__ import annotations

import argparse
from pathlib import Path

from robustcheck.cli.output import OK, say

NAME = "keygen"
HELP = "make a pair of keys to sign and verify with"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument."""
    parser.add_argument("name", type=Path, metavar="NAME", help="keys/ci makes keys/ci.key and keys/ci.pub")


def run(arguments: argparse.Namespace) -> int:
    """Write both files; a password in ROBUSTCHECK_KEY_PASSWORD encrypts the private one."""
    from robustcheck.provenance.signing.signing_keys import make_keys, password

    name = arguments.name
    private, public = name.with_name(f"{name.name}.key"), name.with_name(f"{name.name}.pub")
    secret = password()
    keyid = make_keys(private, public, secret)
    held = "encrypted" if secret else "not encrypted"
    say(f"{private} signs ({held}); keep it out of the repository, and give it to the job that runs the suites")
    say(f"{public} verifies; commit it where deployments are decided")
    say(f"key id {keyid}")
    return OK
