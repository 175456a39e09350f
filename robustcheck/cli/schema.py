"""Print the JSON Schema (draft-07) of suites or of a configuration file, for editors and other tools."""

from __future__ import annotations

import argparse
import sys

from robustcheck.cli.output import OK, one_of

NAME = "schema"
HELP = "print a JSON Schema for editors"
WORDS = ("suite", "models", "data", "variables")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "file",
        nargs="?",
        default="suite",
        type=one_of(WORDS),
        metavar="suite|models|data|variables",
        help="default: suite",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the schema."""
    from robustcheck.language import data_schema, json_schema, models_schema, variables_schema
    from robustcheck.language.schema import as_text

    schemas = {"suite": json_schema, "models": models_schema, "data": data_schema, "variables": variables_schema}
    made = schemas[arguments.file]
    sys.stdout.write(as_text(made()))
    return OK
