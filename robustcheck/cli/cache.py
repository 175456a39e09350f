"""Look at the records that earlier runs left in .robustcheck/cache, and remove some or all of them.

Nothing is lost but time: what is not there is run again. The history of runs stays.
"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

from robustcheck.cli.output import OK, WrongCall, columns, say
from robustcheck.core.errors import RobustcheckError, count_of

NAME = "cache"
HELP = "look at the cache of records, or remove some of it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(metavar="action", required=True, dest="action")
    for name, told in (
        ("info", "say how much there is, and whether it can be believed on this machine"),
        ("prune", "remove what was not used for the longest time until the rest fits"),
        ("clear", "remove all records"),
    ):
        command = commands.add_parser(name, help=told, description=told)
        if name == "prune":
            command.add_argument(
                "--size", metavar="SIZE", help="what may stay, such as 500MB; the project's limit by default"
            )


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked and say what was done."""
    from robustcheck.core.project_settings import find_settings
    from robustcheck.engine.cache.cache_folder import FOLDER, clear, folder_problem, prune, size_text

    settings = find_settings()
    if arguments.action == "info":
        return _info(settings.root, _limit(settings.cache_size))
    if problem := folder_problem(settings.root):
        raise RobustcheckError(problem)
    if arguments.action == "clear":
        removed = clear(settings.root)
    else:
        limit = _limit(settings.cache_size) if arguments.size is None else _asked(arguments.size)
        removed = prune(settings.root, limit, since=float("inf"))
    size = size_text(sum(records.size for records in removed))
    say(f"removed the records of {count_of(len(removed), 'case')}, {size}, from {FOLDER.as_posix()}")
    return OK


def _info(root: Path, limit: int) -> int:
    from robustcheck.core.cache_secret import secret_of
    from robustcheck.engine.cache.cache_folder import FOLDER, cached_records, folder_problem, other_files, size_text

    if problem := folder_problem(root):
        columns([("folder", FOLDER.as_posix()), ("problem", problem)])
        return OK
    every = cached_records(root)
    secret = secret_of(root)
    rows = [
        ("folder", FOLDER.as_posix()),
        ("cases", str(len(every))),
        ("size", f"{size_text(sum(records.size for records in every))} of at most {size_text(limit)}"),
    ]
    if every:
        rows += [("used", f"{_day(every[0].used)} to {_day(every[-1].used)}")]
    unsealed = sum(not records.sealed for records in every)
    if unsealed:
        rows += [("without a seal", f"{unsealed}, which are not believed")]
    if others := other_files(root):
        rows += [("other files", f"{others}, which are neither opened nor removed")]
    rows += [("secret", secret.problem or "can be used")]
    columns(rows)
    return OK


def _limit(written: str) -> int:
    """Return how many bytes the settings of a project allow."""
    from robustcheck.engine.cache.cache_folder import bytes_of
    from robustcheck.engine.options import CACHE_SIZE

    try:
        return bytes_of(written) if written else CACHE_SIZE
    except RobustcheckError as error:
        raise RobustcheckError(f"robustcheck_cache_size {error}") from None


def _asked(size: str) -> int:
    from robustcheck.engine.cache.cache_folder import bytes_of

    try:
        return bytes_of(size)
    except RobustcheckError as error:
        raise WrongCall(f"--size {error}") from None


def _day(seconds: float) -> str:
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):  # a time of a file that no calendar has
        return "an unknown day"
