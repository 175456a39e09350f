"""List what suites may name: shifts, attacks, metrics, and the models and data sets of the project's configuration."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from robustcheck.cli.output import OK, WrongCall, entries, one_of, say_filled
from robustcheck.core.facts import AttackFacts, MetricFacts
from robustcheck.core.parameter_text import number_shown, unit_shown
from robustcheck.core.registry import Definition, Parameter

if TYPE_CHECKING:
    from robustcheck.domain.config import Project

NAME = "list"
HELP = "list or search shifts, attacks, metrics, models, data sets or errors"
NOUNS = ("shifts", "attacks", "metrics", "models", "data", "errors")
Row = tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("noun", type=one_of(NOUNS), metavar="|".join(NOUNS))
    parser.add_argument("words", nargs="*", metavar="WORD", help="list only what has these words: rain, or dirty lens")


def run(arguments: argparse.Namespace) -> int:
    """Print the entries, a name and what is said of it."""
    words = " ".join(arguments.words)
    if arguments.noun in _ROWS_OF:
        rows = _ROWS_OF[arguments.noun]()
        entries(_with_words(rows, arguments.noun, words) if words else rows)
    else:
        noun = arguments.noun.removesuffix("s")
        found = _searched(noun, words) if words else _all(noun)
        if not words:
            say_filled(_HEADS[noun])
        entries(ROWS[noun](definition) for definition in found)
    return OK


def _all(noun: str) -> Iterable[Definition]:
    from robustcheck.core.word_search import registries

    return registries()[noun]


def _searched(noun: str, words: str) -> list[Definition]:
    """Return what answers words, the closest first.

    Raises:
        WrongCall: Nothing does.
    """
    from robustcheck.core.word_search import Closeness, hint_for, search

    matches = search(words, among=[noun])
    if not matches:
        raise WrongCall(f"no {noun} answers {words}; {hint_for(noun, words)}")
    if matches[0].closeness == Closeness.SOME:
        say_filled(f"no {noun} has all of these words; with some of them:")
    return [match.definition for match in matches]


def _with_words(rows: Sequence[Row], noun: str, words: str) -> list[Row]:
    wanted = words.casefold().split()
    chosen = [row for row in rows if all(word in " ".join(row).casefold() for word in wanted)]
    if not chosen:
        of = "" if noun == "errors" else " of the configuration"
        raise WrongCall(f"none of the {noun}{of} has {words}; `robustcheck list {noun}` names all")
    return chosen


def shift_row(shift: Definition) -> Row:
    """Return a shift's name, what it does and its parameters."""
    return shift.name, shift.summary, _parameters(shift)


def attack_row(attack: Definition) -> Row:
    """Return an attack's name, what it does, its parameters and what it needs."""
    facts: AttackFacts = attack.facts
    needs = "gradients" if facts.gradients else "logits only"
    return attack.name, attack.summary, f"needs {needs}; {_parameters(attack)}"


def metric_row(metric: Definition) -> Row:
    """Return a metric's name, what it measures, its range and which end of it is better."""
    facts: MetricFacts = metric.facts
    argument = f"of {_ARGUMENTS[facts.argument]}; " if facts.argument else ""
    return metric.name, metric.summary, f"{argument}{metric_range(facts)}, {facts.better} is better"


ROWS: Final[dict[str, Callable[[Definition], Row]]] = {
    "shift": shift_row,
    "attack": attack_row,
    "metric": metric_row,
}
"""What is said of one entry, by its noun."""
_ARGUMENTS: Final = {
    "class": "a class",
    "k": "a number of guesses",
    "group": "a metadata column",
    "confusion": "two classes",
    "eps": "a radius",
    "coverage": "a share of the pictures",
}
"""What stands between a metric and its threshold."""
_HEADS: Final = {
    "shift": "Shifts, with their parameters; [those in brackets] may be left out.",
    "attack": "Attacks, with their parameters; [those in brackets] may be left out.",
    "metric": "Metrics, with their range.",
}


def metric_range(facts: MetricFacts) -> str:
    """Return the range of a metric: ``0..100%``, ``0 or more``."""
    if facts.unit == "parameter":
        return "in the unit of the parameter"
    if facts.high == float("inf"):
        return f"{number_shown(facts.low)}{facts.unit} or more"
    return f"{number_shown(facts.low)}..{number_shown(facts.high)}{facts.unit}"


def _parameters(definition: Definition) -> str:
    return " ".join(map(_parameter, definition.parameters.values()))


def _parameter(parameter: Parameter) -> str:
    units = "|".join(unit_shown(unit) for unit in parameter.units if unit)
    if parameter.kind == "choice":
        units = "|".join(parameter.choices)
    shown = f"{parameter.name}:{units}" if units else parameter.name
    return shown if parameter.required else f"[{shown}]"


def _models() -> list[Row]:
    rows: list[Row] = []
    for model in _project().models.values():
        size = "x".join(map(str, model.preprocessing.input_size))
        declared = [f"declared {accuracy} on {data}" for data, accuracy in model.declared.items()]
        facts = "; ".join([f"{model.kind}, {len(model.classes)} classes, input {size}", *declared])
        rows.append((model.name, model.description, facts))
    return rows


def _data() -> list[Row]:
    project = _project()
    rows: list[Row] = []
    for entry in project.data.values():
        inside = entry.path is not None and entry.path.is_relative_to(project.root)
        path = str(entry.path.relative_to(project.root) if inside and entry.path else entry.path or "")
        limit = f"{entry.limit:,} pictures" if entry.limit is not None else ""
        rows.append((entry.name, entry.description, ", ".join(filter(None, (entry.kind, path, limit)))))
    return rows


def _errors() -> list[Row]:
    from robustcheck.core.error_codes import pages

    return [(code.value, page.title) for code, page in pages().items()]


_ROWS_OF: Final[dict[str, Callable[[], list[Row]]]] = {"models": _models, "data": _data, "errors": _errors}


def _project() -> Project:
    from robustcheck.core.project_settings import find_settings
    from robustcheck.language import load_project

    settings = find_settings()
    return load_project(settings.root, settings.configs)
