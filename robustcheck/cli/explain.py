"""Explain a shift, an attack or a metric: what it does, its parameters, and lines to paste into a suite."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from robustcheck.cli.examples import attack_example, metric_example, shift_example
from robustcheck.cli.listing import range_shown, unit_shown
from robustcheck.cli.output import OK, WrongCall, columns, say
from robustcheck.errors import RobustcheckError, did_you_mean
from robustcheck.facts import MetricFacts
from robustcheck.registry import Definition, Parameter

NAME = "explain"
HELP = "explain a shift, an attack or a metric"
WIDTH = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("name", metavar="SHIFT|ATTACK|METRIC", help="such as camera.pitch or worst_class_accuracy")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="also draw a shift at each value worth sweeping, as PNG or JPEG"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation."""
    from robustcheck import registry

    name = arguments.name
    if name in registry.shifts:
        _explain(registry.shifts[name], shift_example)
        if arguments.picture:
            _draw(registry.shifts[name], arguments.picture)
    elif name in registry.attacks:
        _explain(registry.attacks[name], attack_example)
    elif name in registry.metrics:
        _explain_metric(registry.metrics[name])
    else:
        family = list(registry.shifts.family(name))
        known = family or [definition.name for definition in (*registry.shifts, *registry.attacks, *registry.metrics)]
        raise WrongCall(f"there is no shift, attack or metric {name}; {did_you_mean(name, known)}")
    return OK


def _draw(shift: Definition, path: Path) -> None:
    from robustcheck.cli.strip import BESIDE, strip

    if not shift.facts.sweep and shift.name not in BESIDE:
        raise WrongCall(
            f"{shift.name} has no values worth sweeping, so there is nothing to draw; try `robustcheck preview`"
        )
    try:
        strip(shift).save(path)
    except (OSError, ValueError) as error:
        raise RobustcheckError(f"{path} cannot be written: {error}; name a file that ends in .png or .jpg") from error
    say(f"\nwrote {path}")


def _explain(shift: Definition, example: Callable[[Definition], str]) -> None:
    facts = shift.facts
    _head(shift)
    if shift.parameters:
        say("\nparameters:")
        columns([("  " + row[0], *row[1:]) for row in map(_parameter, shift.parameters.values())])
    if facts.sweep:
        say("\nworth sweeping:")
        for name, values in facts.sweep.items():
            say(f"  {name}: [{', '.join(values)}]")
    if facts.source:
        _paragraph("source", facts.source)
    if facts.note:
        _paragraph("note", facts.note)
    say("\nexample, an entry of `checks:` in a suite:")
    say(textwrap.indent(example(shift), "  "))


def _parameter(parameter: Parameter) -> tuple[str, ...]:
    from robustcheck.registry import written_default

    units = " or ".join(unit_shown(unit) for unit in parameter.units)
    kinds = {"quantity": units or "number", "integer": "whole number", "boolean": "true or false", "text": "text"}
    kinds["any"] = "as in its library"
    kind = kinds.get(parameter.kind) or " or ".join(parameter.choices)
    default = "required" if parameter.required else f"default {written_default(parameter) or 'none'}"
    return parameter.name, kind, range_shown(parameter), default, parameter.doc


def _explain_metric(metric: Definition) -> None:
    facts: MetricFacts = metric.facts
    _head(metric)
    say()
    reach = f"{facts.low:g}{facts.unit} to {facts.high:g}{facts.unit}"
    if facts.unit == "parameter":
        reach = "that of the parameter, in its unit"
    say(f"range: {reach}; {facts.better} is better")
    if facts.kinds:
        where = "on the clean pictures" if facts.kinds == ("clean",) else f"by checks with {' or '.join(facts.kinds)}"
        say(f"measured {where} only")
    if facts.paired:
        say("compares with the clean prediction of the same pictures, so it cannot stand under clean")
    say("\nexample:")
    say(textwrap.indent(metric_example(metric), "  "))


def _head(definition: Definition) -> None:
    say(definition.name)
    say("\n".join(_wrapped(definition.doc)))


def _paragraph(name: str, text: str) -> None:
    say(f"\n{name}: {text}")


def _wrapped(prose: str) -> Iterator[str]:
    for number, paragraph in enumerate(prose.split("\n\n")):
        if number:
            yield ""
        yield from textwrap.wrap(" ".join(paragraph.split()), WIDTH)
