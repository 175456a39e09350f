"""Print the JSON Schema (draft-07) of suites or of a configuration file, for editors and other tools.

`project` is the schema of suites with this project's own models, data sets and classes as the words that may be written.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from robustcheck.cli.output import OK, one_of

if TYPE_CHECKING:
    from robustcheck.domain.config import Project

NAME = "schema"
HELP = "print a JSON Schema for editors"
WORDS = ("suite", "project", "models", "data", "variables")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "file",
        nargs="?",
        default="suite",
        type=one_of(WORDS),
        metavar="suite|project|models|data|variables",
        help="default: suite",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the schema."""
    from robustcheck.language import data_schema, json_schema, models_schema, variables_schema
    from robustcheck.language.schema import as_text

    if arguments.file == "project":
        sys.stdout.write(as_text(json_schema(_project()), compact=True))
        return OK
    schemas = {"suite": json_schema, "models": models_schema, "data": data_schema, "variables": variables_schema}
    made = schemas[arguments.file]
    sys.stdout.write(as_text(made()))
    return OK


def _project() -> Project:
    from robustcheck.core.project_settings import find_settings
    from robustcheck.language import load_project

    settings = find_settings()
    return load_project(settings.root, settings.configs)
