"""Look whether a model is configured as it was trained: try the usual variants of its preprocessing on a few pictures."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TypeVar

from robustcheck.cli.output import OK, PROBLEMS, WrongCall, say, say_wrapped
from robustcheck.core.errors import DataError, ModelError, did_you_mean

NAME = "doctor"
HELP = "find out why a model's clean accuracy is not what was declared"
DEFAULT_PICTURES = 64
Entry = TypeVar("Entry")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("model", metavar="MODEL", help="an entry of models.yaml")
    parser.add_argument("data", metavar="DATA", help="an entry of data.yaml")
    parser.add_argument(
        "--pictures",
        type=_count,
        default=DEFAULT_PICTURES,
        metavar="N",
        help=f"how many to try, sampled by class (default: {DEFAULT_PICTURES})",
    )
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:1 or mps")


def run(arguments: argparse.Namespace) -> int:
    """Print what was found, advice first."""
    from robustcheck.core.project_settings import find_settings
    from robustcheck.language import load_project

    settings = find_settings()
    project = load_project(settings.root, settings.configs)
    model = _named(arguments.model, "model", project.models)
    data = _named(arguments.data, "data set", project.data)
    from robustcheck.data import open_source
    from robustcheck.engine.tools.doctor import diagnose

    try:
        source = open_source(data, seed=0, decoding=model.preprocessing.decoding)
        diagnosis = diagnose(model, source, pictures=arguments.pictures, device=arguments.device)
    except (ModelError, DataError) as error:
        say(str(error))
        return PROBLEMS
    for line in diagnosis.lines():
        say_wrapped(line)
    if diagnosis.best:
        from robustcheck.cli.prescription import prescribed

        for line in prescribed(model, diagnosis.best.variant, settings.configs / "models.yaml"):
            say_wrapped(line)
    declared = model.declared.get(data.name)
    own = diagnosis.own.accuracy if diagnosis.own else None
    missed = declared is not None and own is not None and not own.low <= declared.value <= own.high
    if missed:
        say_wrapped(f"doctor: the declared {declared} on {data.name} is not reproduced")
    return OK if diagnosis.healthy and not missed else PROBLEMS


def _named(name: str, noun: str, known: Mapping[str, Entry]) -> Entry:
    if name not in known:
        raise WrongCall(f"there is no {noun} {name}; {did_you_mean(name, known)}")
    return known[name]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of pictures; at least 1 is needed")
    return int(text)
