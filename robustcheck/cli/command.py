"""The command line: finds the subcommand, and turns every mistake into a line and an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final, TextIO

from robustcheck.cli import (
    approve,
    attest,
    baseline,
    cache,
    comment,
    compare,
    completion,
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
    progress,
    provenance,
    report,
    residuals,
    review,
    schema,
    track,
    validate,
    verify,
)
from robustcheck.cli.output import LEAST_WIDTH, PROBLEMS, UNUSABLE, WRONG_CALL, WrongCall, complain, width
from robustcheck.core.absent_libraries import placeholders
from robustcheck.core.errors import RobustcheckError, did_you_mean, near_words, place_of
from robustcheck.core.install_check import OWN, InstallationError, check_installation

GROUPS: Final[Mapping[str, tuple[Any, ...]]] = {
    "write suites": (init, listing, explain, schema, validate),
    "before a run": (doctor, plan, preview, approve),
    "after a run": (report, compare, comment, baseline, history, cache),
    "people who look at pictures": (residuals, review, labels),
    "evidence and release": (provenance, keygen, attest, verify, track, export),
    "this command": (completion,),
}
"""The commands, each a module, under what a user is about to do."""
LONG: Final = (
    doctor,
    plan,
    preview,
    approve,
    validate,
    report,
    compare,
    comment,
    baseline,
    provenance,
    attest,
    verify,
    residuals,
    export,
)
"""Commands that may work for more than two seconds, and then show how far they are."""
COMMANDS: Final = tuple(module for modules in GROUPS.values() for module in modules)
RUN: Final = "`pytest --robustcheck` runs suites; `robustcheck plan` says before what a run costs"
OPTIONS: Final = ("-h", "--help", "--version")
OTHER_WORDS: Final = {
    **dict.fromkeys(("run", "test", "check", "gate", "evaluate", "eval"), RUN),
    "lint": "did you mean validate?",
    "diff": "did you mean compare?",
    "sign": "did you mean attest?",
    **dict.fromkeys(("search", "find"), "did you mean list? `robustcheck list shifts rain` searches"),
    "help": "did you mean --help?",
    "version": "did you mean --version?",
}
"""What other tools call their commands, with what to write here."""
CODES = """\
exit codes:
  0  nothing to complain about
  1  problems were found
  2  the call is wrong: no command, or an unknown command, option or name
  4  nothing could be looked at: no such file, no configuration, or a broken
     installation
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
        words = review.with_word(sys.argv[1:] if argv is None else argv)
        parser = make_parser()
        if not words:
            parser.print_help()
            return WRONG_CALL
        _check_command(words[0])
        chosen = parser.parse_args(words)
        with placeholders(), progress.shown(chosen):
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


def _check_command(word: str) -> None:
    """Refuse what is no command.

    Raises:
        WrongCall: It is none.
    """
    known = [module.NAME for module in COMMANDS]
    if word.startswith("-"):
        # Of an option that it does not know argparse says only that a command lacks.
        if not any(option.startswith(word) for option in OPTIONS):
            raise WrongCall(f"there is no option {word}; {did_you_mean(word, OPTIONS)}")
    elif word not in known:
        near = near_words(word, known)
        hint = OTHER_WORDS.get(word.lower()) or (f"did you mean {near[0]}?" if near else "`robustcheck` names all")
        raise WrongCall(f"there is no command {word}; {hint}")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="robustcheck",
        usage="robustcheck [-h] [--version] COMMAND ...",
        description="Look after robustcheck suites; `pytest --robustcheck` runs them.",
        epilog=f"`robustcheck COMMAND --help` explains one.\n\n{CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and leave")
    # The groups below name the commands; argparse would name them all in one list.
    subparsers = parser.add_subparsers(prog="robustcheck", metavar="COMMAND", required=True, help=argparse.SUPPRESS)
    for title, modules in GROUPS.items():
        parser.add_argument_group(title, description="\n".join(map(_line, modules)))
        for module in modules:
            subparser = subparsers.add_parser(module.NAME, help=module.HELP, description=module.__doc__)
            module.add_arguments(subparser)
            if module in LONG:
                progress.add_verbosity(subparser)
            subparser.set_defaults(run=module.run, called=module.NAME, whole=parser)
    return parser


def _line(module: Any) -> str:
    """Return what the help says of a command, in lines that fit."""
    longest = max(len(known.NAME) for known in COMMANDS)
    lines = textwrap.wrap(module.HELP, max(LEAST_WIDTH, width() - longest - 6))
    return f"{module.NAME:{longest + 2}}" + ("\n" + " " * (longest + 2)).join(lines)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import importlib.metadata

        sys.stdout.write(f"{OWN} {importlib.metadata.version(OWN)}\n")
        parser.exit()
