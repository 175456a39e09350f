"""Write down where a model and its data come from: the training record and the data card that a suite may demand."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from robustcheck.cli.output import OK, PROBLEMS, WrongCall, complain, say
from robustcheck.cli.progress import add_verbosity
from robustcheck.core.errors import RobustcheckError, did_you_mean
from robustcheck.core.project_settings import find_settings
from robustcheck.core.regular_files import read_regular

NAME = "provenance"
HELP = "record a training, or draft a data card"
LARGEST = 1_000_000
"""Bytes of parameters."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two forms."""
    forms = parser.add_subparsers(metavar="form", required=True)
    record = forms.add_parser("record", help="run a training and record it (SLSA provenance v1)")
    record.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the record, such as models/signs.slsa.json"
    )
    record.add_argument(
        "--model", type=Path, required=True, action="append", metavar="FILE", help="what the training makes"
    )
    record.add_argument("--seed", type=int, metavar="N", help="of the training")
    record.add_argument("--parameters", type=Path, metavar="FILE", help="JSON or YAML with whatever decides the result")
    record.add_argument(
        "--data", action="append", default=[], metavar="NAME", help="an entry of data.yaml it learns from"
    )
    record.add_argument("--key", type=Path, metavar="FILE", help="private key that signs the record")
    record.add_argument("command", nargs="+", metavar="COMMAND", help="the training, after --")
    record.set_defaults(form=_record)
    card = forms.add_parser("card", help="draft a Croissant data card with the pictures of each class")
    card.add_argument("data", metavar="DATA", help="an entry of data.yaml")
    card.add_argument("--out", type=Path, required=True, metavar="FILE", help="the card, such as data/croissant.json")
    card.add_argument("--license", default="", metavar="ID", help="SPDX id, such as CC-BY-4.0")
    card.add_argument("--creator", default="", metavar="NAME", help="who made the data")
    card.add_argument("--url", default="", metavar="URL", help="where the data can be had")
    card.add_argument("--published", default="", metavar="DAY", help="YYYY-MM-DD")
    card.add_argument("--replace", action="store_true", help="write over a card that is there")
    add_verbosity(card)
    card.set_defaults(form=_card)


def run(arguments: argparse.Namespace) -> int:
    """Do what the form says."""
    code: int = arguments.form(arguments)
    return code


def _record(arguments: argparse.Namespace) -> int:
    from robustcheck.core.text import printable
    from robustcheck.provenance.recording import installed, record_training

    settings, command = find_settings(), arguments.command
    recording = record_training(
        arguments.out,
        seed=arguments.seed,
        parameters=_parameters(arguments.parameters),
        data=arguments.data,
        command=command,
        key=arguments.key,
        root=settings.root,
        configs=settings.configs,
        packages=installed(),
        outputs=arguments.model,
    )
    try:
        with recording:
            _call(command, arguments.out)
    except _Failed as error:
        complain(str(error))
        return PROBLEMS
    for name, digest in _made(arguments.out).items():
        say(f"{command[0]} wrote {printable(name)}: {digest}")
    say(f"{arguments.out} written: {_told(arguments.out)}")
    return OK


class _Failed(RobustcheckError):
    """The training ended badly."""


def _call(command: list[str], out: Path) -> None:
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603 - the user's own command line
    except OSError as error:
        raise RobustcheckError(f"{command[0]}: the command cannot be run: {error.strerror}") from None
    if code:
        raise _Failed(f"{command[0]} ended with code {code}, so {out} was not written")


def _told(out: Path) -> str:
    from robustcheck.provenance.training_record import load_record

    found = load_record(out, root=out.parent)
    commit = found.commit[:12] or "no commit"
    tree = {True: "clean", False: "with uncommitted changes", None: "not a git checkout"}[found.clean]
    seed = "no seed" if found.seed is None else f"seed {found.seed}"
    return f"{commit} ({tree}), {seed}, {len(found.frameworks)} packages, {len(found.data)} data sets"


def _made(out: Path) -> dict[str, str]:
    """Return the digests of what was made, by name, as the record has them."""
    from robustcheck.provenance.training_record import load_record

    return dict(load_record(out, root=out.parent).outputs)


def _parameters(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    import yaml

    try:
        found = yaml.safe_load(read_regular(path, LARGEST).decode())
    except OSError as error:
        raise RobustcheckError(f"{path}: the parameters cannot be read: {error.strerror}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise RobustcheckError(f"{path}: the parameters cannot be read: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise RobustcheckError(f"{path}: the parameters cannot be read: they are nested too deeply") from None
    if not isinstance(found, dict):
        raise RobustcheckError(f"{path}: parameters are names with values; this is something else")
    return found


def _card(arguments: argparse.Namespace) -> int:
    from robustcheck.core.files import write_whole
    from robustcheck.data import alike, open_source
    from robustcheck.language import load_project
    from robustcheck.provenance.card_draft import draft_card, lacking

    settings = find_settings()
    known = load_project(settings.root, settings.configs).data
    if arguments.data not in known:
        raise WrongCall(f"there is no data set {arguments.data}; {did_you_mean(arguments.data, known)}")
    entry, out = known[arguments.data], arguments.out
    if os.path.lexists(out) and not arguments.replace:
        raise RobustcheckError(f"{out}: a card is here already; --replace writes over it")
    source = open_source(entry, seed=0)
    card = draft_card(
        source,
        name=entry.name,
        description=entry.description,
        license=arguments.license,
        creator=arguments.creator,
        url=arguments.url,
        published=arguments.published,
    )
    write_whole(out, json.dumps(card, indent=1, ensure_ascii=False) + "\n", "card")
    counts = [row["classes/count"] for row in card["recordSet"][0]["data"]]
    say(f"{out} written: {len(counts)} classes, {sum(counts)} pictures, the rarest class has {min(counts)}")
    for note in (*getattr(source, "notes", ()), *alike(source, source.samples())):
        say(note)
    if lacking(card):
        say(f"still to be said by a person: {', '.join(lacking(card))}")
    return OK
