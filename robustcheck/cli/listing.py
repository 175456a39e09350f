"""List what suites may name: shifts, attacks, metrics, and the models and data sets of the project's configuration."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from robustcheck.cli.output import OK, columns, one_of
from robustcheck.facts import MetricFacts
from robustcheck.registry import Definition, Parameter

if TYPE_CHECKING:
    from robustcheck.language.entries import Project

NAME = "list"
HELP = "list shifts, attacks, metrics, models or data sets"
NOUNS = ("shifts", "attacks", "metrics", "models", "data")
Row = tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("noun", type=one_of(NOUNS), metavar="|".join(NOUNS))


def run(arguments: argparse.Namespace) -> int:
    """Print one line an entry."""
    head, rows = {"shifts": _shifts, "attacks": _attacks, "metrics": _metrics, "models": _models, "data": _data}[
        arguments.noun
    ]()
    columns(rows, head=head)
    return OK


def _shifts() -> tuple[Row, Iterator[Row]]:
    from robustcheck import registry

    rows = (
        (shift.name, " ".join(_parameter(parameter) for parameter in shift.parameters.values()), shift.summary)
        for shift in registry.shifts
    )
    return ("SHIFT", "PARAMETERS", ""), rows


def _attacks() -> tuple[Row, Iterator[Row]]:
    from robustcheck import registry

    rows = (
        (
            attack.name,
            "gradients" if attack.facts.gradients else "logits only",
            " ".join(_parameter(parameter) for parameter in attack.parameters.values()),
            attack.summary,
        )
        for attack in registry.attacks
    )
    return ("ATTACK", "NEEDS", "PARAMETERS", ""), rows


def _parameter(parameter: Parameter) -> str:
    units = "|".join(unit_shown(unit) for unit in parameter.units if unit)
    if parameter.kind == "choice":
        units = "|".join(parameter.choices)
    shown = f"{parameter.name}:{units}" if units else parameter.name
    return shown if parameter.required else f"[{shown}]"


def unit_shown(symbol: str) -> str:
    """Return how a unit is called in a list; the aspect ratio's is written between its numbers."""
    return "w:h" if symbol == ":" else symbol


def _metrics() -> tuple[Row, Iterator[Row]]:
    from robustcheck import registry

    return ("METRIC", "ARGUMENT", "RANGE", "BETTER", ""), (_metric(definition) for definition in registry.metrics)


def _metric(definition: Definition) -> Row:
    facts: MetricFacts = definition.facts
    return (
        definition.name,
        facts.argument,
        "of the parameter" if facts.unit == "parameter" else f"{facts.low:g}..{facts.high:g}{facts.unit}",
        facts.better,
        definition.summary,
    )


def _models() -> tuple[Row, Iterator[Row]]:
    models = _project().models.values()
    rows = (
        (
            model.name,
            model.kind,
            str(len(model.classes)),
            "x".join(map(str, model.preprocessing.input_size)),
            ", ".join(f"{accuracy} on {data}" for data, accuracy in model.declared.items()),
            model.description,
        )
        for model in models
    )
    return ("MODEL", "KIND", "CLASSES", "INPUT", "DECLARED", ""), rows


def _data() -> tuple[Row, Iterator[Row]]:
    project = _project()
    rows = []
    for entry in project.data.values():
        inside = entry.path is not None and entry.path.is_relative_to(project.root)
        path = str(entry.path.relative_to(project.root) if inside and entry.path else entry.path or "")
        limit = f"{entry.limit} pictures" if entry.limit is not None else ""
        rows.append((entry.name, entry.kind, path, limit, entry.description))
    return ("DATA", "KIND", "PATH", "LIMIT", ""), iter(rows)


def _project() -> Project:
    from robustcheck.language import load_project
    from robustcheck.project_settings import find_settings

    settings = find_settings()
    return load_project(settings.root, settings.configs)


def range_shown(parameter: Parameter) -> str:
    """Return the range of a parameter in its own unit: ``-60deg..60deg``, or nothing."""
    if math.isinf(parameter.low) and math.isinf(parameter.high):
        return ""
    unit = parameter.units[0] if len(parameter.units) == 1 and parameter.units[0] != ":" else ""
    low, high = (f"{number:.12g}{unit}" if math.isfinite(number) else "" for number in (parameter.low, parameter.high))
    return f"{low}..{high}"
