"""The command line: finds the subcommand, and turns every mistake into a line and an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from robustcheck.clash import OWN, InstallationError, check_installation
from robustcheck.cli import (
    approve,
    attest,
    baseline,
    cache,
    compare,
    doctor,
    explain,
    export,
    history,
    init,
    keygen,
    labels,
    listing,
    plan,
    preview,
    provenance,
    report,
    residuals,
    review,
    schema,
    track,
    validate,
    verify,
)
from robustcheck.cli.output import PROBLEMS, UNUSABLE, WRONG_CALL, WrongCall, complain
from robustcheck.errors import RobustcheckError

COMMANDS = (
    init,
    validate,
    listing,
    explain,
    schema,
    doctor,
    plan,
    preview,
    approve,
    baseline,
    compare,
    history,
    cache,
    report,
    residuals,
    review,
    labels,
    provenance,
    keygen,
    attest,
    verify,
    track,
    export,
)
CODES = """\
exit codes:
  0  nothing to complain about
  1  problems were found
  2  the call is wrong: an unknown command, option or name
  4  nothing could be looked at: no such file, no configuration, a broken installation
"""
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: What stands after ``robustcheck``; the process's own by default.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        # A name in a suite may hold what the terminal's encoding lacks.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has left; the interpreter would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROBLEMS
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _run(argv: Sequence[str] | None) -> int:
    try:
        check_installation()
        chosen = _parser().parse_args(review.with_word(sys.argv[1:] if argv is None else argv))
        code: int = chosen.run(chosen)
    except SystemExit as error:
        # argparse leaves this way, after --help as well as after a mistake.
        return error.code if isinstance(error.code, int) else WRONG_CALL
    except WrongCall as error:
        complain(str(error))
        return WRONG_CALL
    except InstallationError as error:
        complain(str(error))
        return UNUSABLE
    except RobustcheckError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="robustcheck",
        description="Look after robustcheck suites; `pytest --robustcheck` runs them.",
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and leave")
    subparsers = parser.add_subparsers(metavar="command", required=True)
    for module in COMMANDS:
        subparser = subparsers.add_parser(module.NAME, help=module.HELP, description=module.__doc__)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import importlib.metadata

        sys.stdout.write(f"{OWN} {importlib.metadata.version(OWN)}\n")
        parser.exit()
