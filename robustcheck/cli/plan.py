"""Say in seconds what a suite will cost and what its gates can see.

One batch is timed, and passes are counted from the suite: for attacks and searches as many as they make at most. With
``--exact`` every case is run on a few pictures first, which takes as long as that takes.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

from robustcheck.cli.cases import load_named
from robustcheck.cli.output import OK, PROBLEMS, columns, complain, one_of, say, say_filled
from robustcheck.domain.tier import TIERS

if TYPE_CHECKING:
    from robustcheck.engine.tools.cost_plan import Cost

NAME = "plan"
HELP = "say what a suite will cost and what its gates can see"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("suite", type=Path, help="a suite file")
    parser.add_argument("--model", metavar="NAME", help="a model instead of the suite's own")
    parser.add_argument(
        "--tier", type=one_of(TIERS), default="standard", metavar="TIER", help="smoke, standard (default) or thorough"
    )
    parser.add_argument("--limit", type=_count, metavar="N", help="number of pictures, sampled by class")
    parser.add_argument("--device", default="auto", metavar="D", help="where the model runs: auto, cpu, cuda or mps")
    parser.add_argument("--exact", action="store_true", help="run every case on 16 to 64 pictures instead of counting")
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print a line a case and a line a gate, and what they come to."""
    suite, project = load_named(arguments.suite, model=arguments.model, seed=None)
    from robustcheck.engine.options import Options
    from robustcheck.engine.tools.cost_plan import CALIBRATED, calibrated, estimated

    options = Options(
        root=project.root, report=project.root, tier=arguments.tier, limit=arguments.limit, device=arguments.device
    )
    costs, basis = (
        (calibrated(suite, project, options), CALIBRATED) if arguments.exact else estimated(suite, project, options)
    )
    if arguments.json:
        say(json.dumps([dataclasses.asdict(cost) for cost in costs], indent=2, ensure_ascii=False))
    else:
        _table(costs)
        say_filled(basis)
    lines = [f"{cost.id}: {cost.problem}" for cost in costs if cost.problem]
    lines += [f"{cost.id}: {gate.undecidable}" for cost in costs for gate in cost.gates if gate.undecidable]
    for line in lines:
        complain(line)
    return PROBLEMS if lines else OK


def _table(costs: tuple[Cost, ...]) -> None:
    rows = [(cost.id, str(cost.pictures), *(f"{_most(cost)}{number}" for number in _numbers(cost))) for cost in costs]
    columns(rows, head=("CASE", "PICTURES", "FORWARD", "BACKWARD", "TIME"))
    say()
    gates = [
        (cost.id, gate.text, gate.rule, str(gate.n or ""), (gate.undecidable and "cannot pass") or gate.sees)
        for cost in costs
        for gate in cost.gates
    ]
    columns(gates, head=("CASE", "GATE", "DECIDED", "OF", "SEES, FOUR TIMES OF FIVE"))
    say()
    forwards, backwards, seconds = (
        sum(getattr(cost, name) for cost in costs) for name in ("forwards", "backwards", "seconds")
    )
    about = "at most" if any(cost.at_most for cost in costs) else "about"
    say(f"{len(costs)} cases, {about} {forwards:,} forward and {backwards:,} backward passes, {_time(seconds)}")


def _most(cost: Cost) -> str:
    return "<= " if cost.at_most else ""


def _numbers(cost: Cost) -> tuple[str, str, str]:
    return f"{cost.forwards:,}", f"{cost.backwards:,}", _time(cost.seconds)


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of pictures; write 1 or more")
    return int(text)
