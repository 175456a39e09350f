"""Explain a shift, an attack or a metric (what it does, its parameters, lines to paste into a suite), or the code of an error."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from robustcheck.cli.examples import attack_example, metric_example, shift_example
from robustcheck.cli.listing import ROWS, metric_range
from robustcheck.cli.output import OK, WrongCall, entries, escaped, say, say_filled
from robustcheck.core import word_search
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.facts import MetricFacts
from robustcheck.core.parameter_text import default_shown, range_shown, unit_shown
from robustcheck.core.registry import Definition, Parameter
from robustcheck.core.word_search import Closeness, Match

NAME = "explain"
HELP = "explain a shift, an attack or a metric, by its name or by what people call it, or the code of an error"
_CODE: Final = re.compile(r"\s*rc\s*[0-9]+\s*", re.IGNORECASE)
SEVERAL: Final = 12
"""Further things that answer a word and are named."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "name",
        nargs="+",
        metavar="SHIFT|ATTACK|METRIC|CODE",
        help="such as camera.pitch or worst_class_accuracy, words to look for: dusk, dirty lens, or the code of an error: RC203",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="also draw a shift at each value worth sweeping, as PNG or JPEG"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation of what is named, or of what answers the words best; where several do, list them."""
    words = " ".join(arguments.name)
    if _CODE.fullmatch(words):
        _explain_code(words)
        return OK
    shown = escaped(words)
    named = _named(words)
    matches = word_search.search(words)
    closest = [named] if named else word_search.closest(matches)
    if not closest:
        raise WrongCall(f"there is no shift, attack or metric {words}; {word_search.hint_for_any(words)}")
    if len(closest) > 1 or closest[0].closeness == Closeness.SOME:
        _list(shown, matches, arguments.picture)
        return OK
    noun, definition = closest[0].noun, closest[0].definition
    if arguments.picture and noun != "shift":
        raise WrongCall(
            f"{definition.name} is {'an attack' if noun == 'attack' else 'a metric'}; only shifts are drawn"
        )
    {"shift": _explain_shift, "attack": _explain_attack, "metric": _explain_metric}[noun](definition)
    _others(shown, [match for match in matches if match.definition.name != definition.name], named is not None)
    if arguments.picture:
        _draw(definition, arguments.picture)
    return OK


def _named(words: str) -> Match | None:
    for noun, known in word_search.registries().items():
        if words in known:
            return Match(noun, known[words], Closeness.EXACT, 1)
    return None


def _list(words: str, matches: Sequence[Match], picture: Path | None) -> None:
    if picture:
        raise WrongCall(f"several things answer {words}, and one is drawn; name it: {_listed(matches)}")
    some = matches[0].closeness == Closeness.SOME
    say_filled(
        f"Nothing has all the words of {words}. With some of them:" if some else f"Several things answer {words}:"
    )
    say()
    entries((match.name, f"{match.noun}: {ROWS[match.noun](match.definition)[1]}") for match in matches)
    say()
    say_filled("`robustcheck explain NAME` explains one.")


def _others(words: str, others: Sequence[Match], named: bool) -> None:
    """Name what else answers the words; beside something that has this very name only what is called so too."""
    least = Closeness.FORM if named else Closeness.SUMMARY
    further = [match for match in others if match.closeness >= least]
    if further:
        say()
        say_filled(f"also called {words}: {_listed(further)}" if named else f"{words} may also be: {_listed(further)}")


def _listed(matches: Sequence[Match]) -> str:
    names = [f"{match.name} ({match.noun})" for match in matches[:SEVERAL]]
    return ", ".join(names) + (f" and {len(matches) - SEVERAL} more" if len(matches) > SEVERAL else "")


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


def _explain_shift(shift: Definition) -> None:
    _explain(shift, shift_example)


def _explain_attack(attack: Definition) -> None:
    _explain(attack, attack_example)


def _explain(shift: Definition, example: Callable[[Definition], str]) -> None:
    facts = shift.facts
    _head(shift)
    if shift.parameters:
        say("\nparameters:")
        entries(map(_parameter, shift.parameters.values()), indent="  ")
    if facts.sweep:
        say("\nworth sweeping:")
        for name, values in facts.sweep.items():
            say_filled(f"{name}: [{', '.join(values)}]", indent="  ")
    if facts.source:
        _paragraph("source", facts.source)
    if facts.note:
        _paragraph("note", facts.note)
    say("\nexample, an entry of `checks:` in a suite:")
    say(textwrap.indent(example(shift), "  "))


def _parameter(parameter: Parameter) -> tuple[str, str, str]:
    units = " or ".join(unit_shown(unit) or "a plain number" for unit in parameter.units)
    kinds = {"quantity": units or "number", "integer": "whole number", "boolean": "true or false", "text": "text"}
    kinds["any"] = "as in its library"
    kind = kinds.get(parameter.kind) or " or ".join(parameter.choices)
    default = "required" if parameter.required else f"default {default_shown(parameter) or 'none'}"
    return parameter.name, ", ".join(filter(None, (kind, range_shown(parameter), default))), parameter.doc


def _explain_metric(metric: Definition) -> None:
    facts: MetricFacts = metric.facts
    _head(metric)
    say()
    say_filled(f"range: {metric_range(facts)}; {facts.better} is better")
    if facts.kinds:
        where = "on the clean pictures" if facts.kinds == ("clean",) else f"by checks with {' or '.join(facts.kinds)}"
        say_filled(f"measured {where} only")
    if facts.paired:
        say_filled("compares with the clean prediction of the same pictures, so it cannot stand under clean")
    say("\nexample:")
    say(textwrap.indent(metric_example(metric), "  "))


def _explain_code(words: str) -> None:
    """Print the page of an error.

    Raises:
        WrongCall: There is no such code.
    """
    from robustcheck.core.error_codes import code_of, pages

    code = code_of("".join(words.split()))
    if code is None:
        raise WrongCall(f"there is no error {words.strip()}; `robustcheck list errors` names all")
    page = pages()[code]
    say(f"{code.value}: {page.title}")
    say()
    say_filled(page.meaning)
    _paragraph("why it matters", page.why)
    for name, example in (("wrong", page.wrong), ("right", page.right)):
        say(f"\n{name}:")
        say(textwrap.indent(example.strip(), "  "))
    _paragraph("what to do", page.remedy)


def _head(definition: Definition) -> None:
    say(definition.name)
    for number, paragraph in enumerate(definition.doc.split("\n\n")):
        if number:
            say()
        say_filled(" ".join(paragraph.split()))


def _paragraph(name: str, text: str) -> None:
    say()
    say_filled(f"{name}: {text}")
