"""Print a script that completes commands, options and names in a shell.

The script holds all words, so that nothing is started while a line is
completed; print it anew after an update or a new extension.

bash: `eval "$(robustcheck completion bash)"` in ~/.bashrc.
zsh: `robustcheck completion zsh > FOLDER/_robustcheck`, a folder of $fpath.
fish: `robustcheck completion fish > ~/.config/fish/completions/robustcheck.fish`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from robustcheck.cli import explain
from robustcheck.cli.output import OK, OneOf, one_of

NAME = "completion"
HELP = "print a script that completes commands, options and names in bash, zsh or fish"
SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shell", type=one_of(SHELLS), metavar="|".join(SHELLS))


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    parser = arguments.whole
    _tell_what_fits(parser, names=list(names()))
    sys.stdout.write(shtab.complete(parser, shell=arguments.shell))
    return OK


def names() -> Iterator[str]:
    """Give every name that can be explained: those of other libraries come after those of their kind."""
    from robustcheck.core.word_search import registries

    for known in registries().values():
        yield from (definition.name for definition in known)
        for prefix in known.families():
            yield from known.family(prefix)


def _tell_what_fits(parser: argparse.ArgumentParser, *, names: list[str], command: str = "") -> None:
    """Give the arguments of a parser and of its commands what the script offers for them.

    Args:
        parser: As the command has it; its help is changed too.
        names: What can be explained.
        command: The command it is of.
    """
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            action.help = action.metavar if isinstance(action.metavar, str) else None
            for known in action._choices_actions:
                # The script would show the whole text of the help behind a word.
                action.choices[known.dest].description = known.help
            for word, further in action.choices.items():
                _tell_what_fits(further, names=names, command=command or word)
        elif command == explain.NAME and action.dest == "name":
            action.choices = names
        elif isinstance(action.type, OneOf):
            action.choices = action.type.words
        elif action.type is Path:
            _complete(action, "DIRECTORY" if action.metavar == "DIR" else "FILE")


def _complete(action: Any, what: str) -> None:
    import shtab

    action.complete = getattr(shtab, what)
