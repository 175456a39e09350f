"""The ``robustcheck`` command: one file a subcommand, each thin over what pytest uses too."""

from robustcheck.cli.command import main

__all__ = ["main"]
