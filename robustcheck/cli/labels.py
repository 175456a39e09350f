"""Check a label overlay against its data, merge several into one, or say what is in one."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from robustcheck.cli.output import OK, PROBLEMS, WrongCall, columns, say

if TYPE_CHECKING:
    from robustcheck.data.labels.overlay import Decision

NAME = "labels"
HELP = "check, merge and count what people said of labels"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the three ways."""
    from robustcheck.cli.review import add_data

    parsers = parser.add_subparsers(metavar="way", required=True)
    check = parsers.add_parser("check", help="say everything for which a run would refuse the overlay")
    check.add_argument("overlay", type=Path, metavar="OVERLAY", help="the file that robustcheck review writes")
    add_data(check)
    check.set_defaults(way=_check)
    merge = parsers.add_parser("merge", help="put the lines of several overlays together, in the order of their times")
    merge.add_argument("overlays", type=Path, nargs="+", metavar="OVERLAY", help="at least two files")
    merge.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="the file to write")
    merge.set_defaults(way=_merge)
    stats = parsers.add_parser("stats", help="count decisions, agreement and what the audit found")
    stats.add_argument("overlay", type=Path, metavar="OVERLAY", help="the file that robustcheck review writes")
    stats.set_defaults(way=_stats)


def run(arguments: argparse.Namespace) -> int:
    """Do what the way says."""
    code: int = arguments.way(arguments)
    return code


def _check(arguments: argparse.Namespace) -> int:
    from robustcheck.cli.review import ground_of
    from robustcheck.core.errors import DataError
    from robustcheck.core.regular_files import is_regular
    from robustcheck.data.labels.apply_overlay import lay_over
    from robustcheck.data.labels.overlay import read
    from robustcheck.review.importing import in_future

    ground, asked = ground_of(arguments)
    shown = str(arguments.overlay)
    if not is_regular(arguments.overlay):
        read(arguments.overlay)
    try:
        decisions = read(arguments.overlay)
    except DataError as error:
        say(str(error))
        return PROBLEMS
    problems = [
        f"{shown}:{number}: decided in the future, at {one.at}"
        for number, one in enumerate(decisions, start=1)
        if in_future(one)
    ]
    try:
        found = lay_over(
            decisions,
            ground.samples,
            ground.classes,
            ground.content,
            shown=shown,
            reviewers_min=asked.reviewers_min if asked else 1,
            max_changed=asked.max_changed if asked else 1.0,
            part=ground.part,
        ).to_json()
    except DataError as error:
        problems += str(error).splitlines()
    if problems:
        say("\n".join(problems))
        return PROBLEMS
    say(
        f"{shown}: {found['decisions']} decisions of {len(found['reviewers'])} reviewers: {found['changed']} labels changed, "
        f"{found['ambiguous']} ambiguous, {found['confirmed']} confirmed, {found['waiting']} wait for another reviewer; no problem"
    )
    return OK


def _merge(arguments: argparse.Namespace) -> int:
    from robustcheck.core.files import write_whole
    from robustcheck.core.paths import resolved
    from robustcheck.data.labels.consensus import settle
    from robustcheck.data.labels.overlay import lines_of, read

    paths: Sequence[Path] = arguments.overlays
    if len(paths) < 2:
        raise WrongCall("one overlay needs no merging; name at least two")
    out = arguments.out
    if out.exists() and resolved(out) not in map(resolved, paths):
        raise WrongCall(f"{out} exists and is none of the overlays; name another file, or merge it too")
    every = [one for path in paths for one in read(path)]
    merged = sorted(dict.fromkeys(every), key=lambda one: one.when)
    write_whole(out, lines_of(merged), "label overlay")
    say(f"{out} written: {len(merged)} decisions, {len(every) - len(merged)} stood twice")
    _name_conflicts(settle(merged).conflicts)
    return OK


def _name_conflicts(conflicts: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
    from robustcheck.core.text import printable

    if conflicts:
        say(f"{len(conflicts)} pictures are seen differently; robustcheck review --adjudicate asks about them:")
        columns(
            (f"  {printable(name)}", printable(", ".join(f"{who}: {label}" for who, label in said.items())))
            for (_, name), said in conflicts.items()
        )


def _stats(arguments: argparse.Namespace) -> int:
    from robustcheck.core.text import printable
    from robustcheck.data.labels.consensus import settle
    from robustcheck.data.labels.overlay import read
    from robustcheck.review.agreement import pairs, reviewers

    decisions = read(arguments.overlay)
    settled = settle(decisions)
    outcomes = settled.outcomes.values()
    ambiguous = sum(one.ambiguous for one in outcomes)
    changed = sum(one.changed for one in outcomes) - ambiguous
    say(
        f"{len(decisions)} decisions about {len(outcomes) + len(settled.conflicts)} pictures: {changed} labels changed, {ambiguous} "
        f"ambiguous, {len(outcomes) - changed - ambiguous} confirmed, {len(settled.conflicts)} seen differently"
    )
    columns(
        [
            (
                printable(one.name),
                str(one.decided),
                str(one.confirmed),
                str(one.changed),
                str(one.ambiguous),
                str(one.blind),
            )
            for one in reviewers(decisions)
        ],
        head=("reviewer", "pictures", "confirmed", "changed", "ambiguous", "blind"),
    )
    for pair in pairs(decisions):
        first, second = map(printable, pair.names)
        told = "not defined, all labels alike" if pair.kappa is None else f"{pair.kappa:.3f}"
        say(
            f"{first} and {second} agree on {pair.agreed} of {pair.n} pictures, {pair.agreed / pair.n:.1%}; kappa {told}"
        )
    _say_audit(decisions)
    _name_conflicts(settled.conflicts)
    return OK


def _say_audit(decisions: Sequence[Decision]) -> None:
    from robustcheck.review.agreement import audit

    found = audit(decisions)
    if found.changed is None:
        say(
            "audit: no picture that nothing else asked about has been decided, so the error of the other labels is not known"
        )
        return
    share = found.changed
    say(
        f"audit: {share.counts[0]} of {share.n} labels were changed, {share.value:.1%} (95% interval {share.low:.1%} to "
        f"{share.high:.1%}); {found.ambiguous} ambiguous, {found.conflicts} seen differently and not counted"
    )
