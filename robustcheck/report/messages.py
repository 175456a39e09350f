"""The sentences about one case, made from its result alone."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from robustcheck.core.text import written

Json = Mapping[str, Any]


def interval(estimate: Json, unit: str) -> str:
    """Return ``71.2% [67.5, 74.6]``."""
    low, high = (written(estimate[end], unit).removesuffix(unit) for end in ("low", "high"))
    value = estimate["observed"] if "observed" in estimate else estimate["value"]
    return f"{written(value, unit)} [{low}, {high}]"


def demanded(line: Json) -> str:
    """Return the bound of an expectation, and that it only warns if it does."""
    return f"{line['expect']}{' (warns)' if line.get('level') == 'warn' else ''}"


def is_close(line: Json) -> bool:
    """Whether a threshold was decided by the number alone although the bound lies within its interval."""
    return bool(line["straddles"] and line["rule"] == "point")


def expectation(line: Json) -> str:
    """Return one expectation with what was observed.

    ``accuracy 71.2% [67.5, 74.6] of 600 pictures, expected >= 80%``. Under ``confident`` the ends at its confidence follow.
    """
    if line["observed"] is None:
        return f"{line['metric']} {demanded(line)} was held against nothing: {line['detail']}"
    detail = f" ({line['detail']})" if line["detail"] else ""
    close = "; the bound lies within the interval" if is_close(line) else ""
    close += f"; {line['possible']}" if line.get("possible") else ""
    if line["gate_low"] is not None:
        low, high = (written(line[end], line["unit"]) for end in ("gate_low", "gate_high"))
        close = f", {line['rule']}: between {low} and {high}"
        if line["verdict"] == "inconclusive":
            more = (
                f"about {line['needs']} pictures would decide it"
                if line["needs"]
                else "no number of pictures at this rate would prove it"
            )
            close += f", which decides nothing; {more}"
    return (
        f"{line['metric']}{detail} {interval(line, line['unit'])} of {line['n']} pictures, "
        f"expected {demanded(line)}{close}"
    )


def search(case: Json) -> str:
    """Return what a search found, for cases that are one; else nothing."""
    metrics = case["metrics"]
    if case["kind"] == "find_limit" and "limit" in metrics:
        return f"{case['id']}: {metrics['limit']['detail']} ({len(case['trace'])} values tried)"
    if case["kind"] == "worst_of" and "mean_view_accuracy" in metrics:
        mean, worst = (written(metrics[name]["value"], "%") for name in ("mean_view_accuracy", "accuracy"))
        broken = written(metrics["broken_rate"]["value"], "%")
        return f"{case['id']}: mean view {mean}, worst view {worst}; some view breaks {broken} of the pictures"
    if case["attack"] and case["n"]:
        return attack(case)
    return ""


def attack(case: Json) -> str:
    """Return what an attack found, what that is a bound of, and how many checks of its sanity held."""
    metrics, facts = case["metrics"], case["attack"]
    if facts["curve"] and not facts["eps"]:
        # Without a radius everything falls to some change: what says something is where.
        steep = [point for point in facts["curve"] if 0 < point["robust_accuracy"] < 1] or facts["curve"][-1:]
        shown = steep[:: -(-len(steep) // 3)]
        points = [f"{written(point['robust_accuracy'], '%')} at {point['eps']}" for point in shown]
        texts = [f"{case['id']}: robust accuracy at most {', '.join(points)} (upper bounds)"]
    else:
        robust = written(metrics["robust_accuracy"]["value"], "%")
        texts = [f"{case['id']}: robust accuracy at most {robust} (an upper bound)"]
    if "attack_success" in metrics:
        success = metrics["attack_success"]
        noun = "reached its target for" if facts["targeted"] else "breaks"
        texts.append(f"{noun} {written(success['value'], '%')} of {success['n']} pictures attacked")
    if "median_norm" in metrics:
        median = metrics["median_norm"]["value"]
        texts.append(
            f"median least change {median * 255:.3g}/255"
            if facts["norm"] == "linf"
            else f"median least change {median:.3g}"
        )
    texts.append(f"{metrics['model_calls']['value']:.0f} model calls a picture")
    held = sum(check["held"] for check in facts["sanity"])
    texts.append(f"{held} of {len(facts['sanity'])} sanity checks hold")
    return "; ".join(texts)


def rerun(case: Json, arguments: str = "") -> str:
    """Return the command that runs just this case again."""
    return f"pytest --robustcheck {shlex.quote(case['nodeid'])}" + (f" {arguments}" if arguments else "")


def failure(case: Json, arguments: str = "") -> str:
    """Return all that a person needs who sees a case fail: place, reason, numbers, rerun line."""
    lines = [f"{case['file']}:{case['line']}: {case['id']}: {case['verdict']}"]
    lines += [f"  {problem}" for problem in case["problems"]]
    lines += [f"  {expectation(line)}" for line in case["expectations"] if line["verdict"] != "pass"]
    lines += [f"  note: {note}" for note in case["notes"]]
    if case["why"]:
        lines.append(f"  why: {case['why']}")
    lines.append(f"  rerun: {rerun(case, arguments)}")
    return "\n".join(lines)
