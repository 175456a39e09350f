"""The command line: finds the subcommand, and turns every mistake into a line and an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import TextIO

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
from robustcheck.errors import RobustcheckError, place_of

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
    # Python has no stream at all where the caller closed it.
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        # A name in a suite may hold what the terminal's encoding lacks.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()  # whoever read our output has left
        return PROBLEMS
    except OSError as error:
        _silence()
        complain(f"the output cannot be written: {error.strerror}")
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _stands() -> bool:
    """Whether the working directory is there."""
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def _silence() -> None:
    """Send what is still to be written nowhere, or the interpreter would complain once more when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
    except BrokenPipeError:
        raise
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        complain(
            f"{where}{error.strerror or error}" if _stands() else "the working directory is gone; enter another one"
        )
        return UNUSABLE
    except (MemoryError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else "too large for the memory of this machine"
        complain(f"something that was read is {what}{place_of(error)}")
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
