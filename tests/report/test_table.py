"""The table of a run as it is seen at 80 and 120 columns: passing, failing, attacked, searched, waived, not gated, void."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from robustcheck.domain.estimate import Estimate
from robustcheck.domain.result import CaseResult, Expectation
from robustcheck.report.document import document
from robustcheck.report.terminal import table, wrapped


def line(
    metric: str, expect: str, numbers: tuple[float, float, float], verdict: str, unit: str = "%", **more: Any
) -> Expectation:
    return Expectation(metric, expect, *numbers, more.pop("n", 560), unit, verdict, **more)  # type: ignore[arg-type]


def case(name: str, kind: str, verdict: str, *lines: Expectation, seconds: float = 4.0, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "nodeid": f"suites/signs.yaml::{name}",
        "file": "suites/signs.yaml",
        "line": 12,
        "perturbation": "" if kind == "clean" else "camera.pitch",
        "params": {},
        "severity": "error",
        "tier": "standard",
        "tags": (),
        "why": "",
        "n": 560,
        "of": 560,
        "forwards": 560,
        "metrics": {"accuracy": Estimate(0.9929, 0.982, 0.997, 560)},
    }
    return CaseResult(
        id=name, kind=kind, verdict=verdict, expectations=lines, seconds=seconds, **{**values, **more}
    ).to_json()


FAILING = line("accuracy", ">= 95%", (0.366, 0.327, 0.407), "fail")
FACTS = {"name": "pgd", "norm": "linf", "eps": "4/255", "targeted": "", "curve": [], "bound": "an upper bound"}
SANITY = [{"name": "eps 0", "held": True, "detail": ""}]
METRICS = {
    "robust_accuracy": Estimate(0.25, 0.2, 0.3, 560),
    "attack_success": Estimate(0.7, 0.6, 0.8, 400),
    "model_calls": Estimate(21.4, 20, 22, 560),
}
CASES = {
    "passing": case("clean", "clean", "pass", line("accuracy", ">= 95%", (0.9929, 0.982, 0.997), "pass"), line("declared accuracy", "99.3% ± 0.5pp", (0.9929, 0.982, 0.997), "pass"), seconds=11.8),
    "failing": case("lower[pitch=-10deg]", "shift", "fail", FAILING, line("drop", "<= 4pp", (0.627, 0.586, 0.666), "fail", "pp")),
    "long": case("off-centre-at-dusk-in-the-rain[stops=-2.5ev,dx=12%,rate=25mm/h]", "compose", "fail", FAILING, line("class_accuracy[pedestrian_crossing]", ">= 95%", (0.95, 0.89, 0.98), "pass", straddles=True, n=40), seconds=312.4),
    "attacked": case("pgd[eps=4/255]", "attack", "fail", line("robust_accuracy", ">= 60%", (0.25, 0.2, 0.3), "fail"), metrics=METRICS, attack={**FACTS, "sanity": SANITY}, seconds=71.0),
    "searched": case("how-dark", "find_limit", "pass", line("limit", "<= -2ev", (-2.5, -3, -2.5), "pass", "ev"), metrics={"limit": Estimate(-2.5, -3, -2.5, 560, "holds to -2.5ev")}, trace=({"value": "-3ev"}, {"value": "-2ev"})),
    "stopped": case("yaw[yaw=5deg]", "shift", "pass", line("accuracy", ">= 90%", (0.98, 0.96, 0.99), "pass", n=312), n=312, stopped="certain after 312 pictures", cached=True),
    "waived": case("dusk", "shift", "waived", line("accuracy", ">= 95%", (0.298, 0.262, 0.337), "waived"), waiver="nobody drives at night"),
    "not gated": case("clean", "clean", "pass"),
    "by overall": case("imagenet_c.snow[severity=3]", "shift", "pass"),
    "unreliable": case("square[eps=8/255]", "attack", "unreliable", line("robust_accuracy", ">= 60%", (0.8, 0.76, 0.83), "pass"), problems=("the attack cannot be believed: loss rises: the margin moved towards the goal for 1 of 16 pictures that resisted",), metrics=METRICS, attack={**FACTS, "sanity": SANITY}),
    "error": case("flash", "shift", "error", n=0, metrics={}, problems=("light.flash: the picture test/stop/00001.png is unreadable",)),
    "stale": case("dawn", "shift", "fail", line("accuracy", ">= 95%", (0.97, 0.96, 0.98), "pass"), notes=("the waiver of ada is stale: the case holds without it; remove it",)),
    "demanded": case("provenance[training]", "provenance", "pass", why="where the weights come from", n=0, metrics={}),
}  # fmt: skip
IDENTITY = {
    "path": "suites/signs.yaml",
    "title": "Signs",
    "owner": "us",
    "digest": "ab" * 32,
    "seed": 7,
    "inputs": [],
    "profile": None,
    "notes": [],
    "model": {"name": "signs", "kind": "python", "digest": "cd" * 32, "device": "cpu", "notes": []},
    "data": {"name": "test", "digest": "ef" * 32, "size": 560, "classes": 14, "limit": None, "notes": []},
}


def seen(*names: str, width: int | None) -> list[str]:
    suites = [{"identity": IDENTITY, "results": tuple(CASES[name] for name in names), "not_run": ()}]
    made = document(suites, environment={}, started=datetime.datetime.now(datetime.UTC), seconds=1.5, options={})
    (suite,) = made["suites"]
    return [text for text, _ in wrapped(table(suite, width), width)][1:]


WIDE = """
verdict     case                       metric                      observed [95%]             n  bound           seconds
pass        provenance[training]       where the weights come from
pass        clean                      accuracy                    99.3% [98.2, 99.7]       560  >= 95%             11.8
pass                                   declared accuracy           99.3% [98.2, 99.7]       560  99.3% ± 0.5pp
fail        lower[pitch=-10deg]        accuracy                    36.6% [32.7, 40.7]       560  >= 95%              4.0
fail                                   drop                        62.7pp [58.6, 66.6]      560  <= 4pp
fail        off-centre-at-dusk-in-     accuracy                    36.6% [32.7, 40.7]       560  >= 95%            312.4
            the-rain[stops=-2.5ev,dx=
            12%,rate=25mm/h]
pass                                   class_accuracy[pedestrian_  95.0% [89.0, 98.0]        40  >= 95% (close)
                                       crossing]
fail        pgd[eps=4/255]             robust_accuracy             25.0% [20.0, 30.0]       560  >= 60%             71.0
pass        how-dark                   limit                       -2.5ev [-3, -2.5]        560  <= -2ev             4.0
pass        yaw[yaw=5deg]              accuracy                    98.0% [96.0, 99.0]   312/560  >= 90%           cached
waived      dusk                       accuracy                    29.8% [26.2, 33.7]       560  >= 95%              4.0
not gated   imagenet_c.snow[severity=  accuracy                    99.3% [98.2, 99.7]       560  by overall          4.0
            3]
unreliable  square[eps=8/255]          the attack cannot be believed: loss rises: the margin moved towards the goal for
                                       1 of 16 pictures that resisted
unreliable                             robust_accuracy             80.0% [76.0, 83.0]       560  >= 60%
error       flash                      light.flash: the picture test/stop/00001.png is unreadable
fail        dawn                       the waiver of ada is stale: the case holds without it; remove it
pass                                   accuracy                    97.0% [96.0, 98.0]       560  >= 95%
pgd[eps=4/255]: robust accuracy at most 25.0% (an upper bound); breaks 70.0% of 400 pictures attacked; 21 model calls a
  picture; 1 of 1 sanity checks hold
how-dark: holds to -2.5ev (2 values tried)
square[eps=8/255]: robust accuracy at most 25.0% (an upper bound); breaks 70.0% of 400 pictures attacked; 21 model calls
  a picture; 1 of 1 sanity checks hold
WAIVED dusk: accuracy 29.8% [26.2, 33.7] of 560 pictures, expected >= 95% (waived: nobody drives at night)
"""
NARROW = """
verdict     metric            observed [95%]             n  bound        seconds
provenance[training]
pass        where the weights come from
clean                                                                       11.8
pass        accuracy          99.3% [98.2, 99.7]       560  >= 95%
pass        declared          99.3% [98.2, 99.7]       560  99.3% ±
            accuracy                                        0.5pp
lower[pitch=-10deg]                                                          4.0
fail        accuracy          36.6% [32.7, 40.7]       560  >= 95%
fail        drop              62.7pp [58.6, 66.6]      560  <= 4pp
off-centre-at-dusk-in-the-rain[stops=-2.5ev,dx=12%,rate=25mm/h]            312.4
fail        accuracy          36.6% [32.7, 40.7]       560  >= 95%
pass        class_accuracy[   95.0% [89.0, 98.0]        40  >= 95%
            pedestrian_                                     (close)
            crossing]
pgd[eps=4/255]                                                              71.0
fail        robust_accuracy   25.0% [20.0, 30.0]       560  >= 60%
how-dark                                                                     4.0
pass        limit             -2.5ev [-3, -2.5]        560  <= -2ev
yaw[yaw=5deg]                                                             cached
pass        accuracy          98.0% [96.0, 99.0]   312/560  >= 90%
dusk                                                                         4.0
waived      accuracy          29.8% [26.2, 33.7]       560  >= 95%
imagenet_c.snow[severity=3]                                                  4.0
not gated   accuracy          99.3% [98.2, 99.7]       560  by overall
square[eps=8/255]                                                            4.0
unreliable  the attack cannot be believed: loss rises: the margin moved towards
            the goal for 1 of 16 pictures that resisted
unreliable  robust_accuracy   80.0% [76.0, 83.0]       560  >= 60%
flash                                                                        4.0
error       light.flash: the picture test/stop/00001.png is unreadable
dawn                                                                         4.0
fail        the waiver of ada is stale: the case holds without it; remove it
pass        accuracy          97.0% [96.0, 98.0]       560  >= 95%
pgd[eps=4/255]: robust accuracy at most 25.0% (an upper bound); breaks 70.0% of
  400 pictures attacked; 21 model calls a picture; 1 of 1 sanity checks hold
how-dark: holds to -2.5ev (2 values tried)
square[eps=8/255]: robust accuracy at most 25.0% (an upper bound); breaks 70.0%
  of 400 pictures attacked; 21 model calls a picture; 1 of 1 sanity checks hold
WAIVED dusk: accuracy 29.8% [26.2, 33.7] of 560 pictures, expected >= 95%
  (waived: nobody drives at night)
"""


@pytest.mark.parametrize(("width", "shown"), [(80, NARROW), (120, WIDE)], ids=["80", "120"])
def test_what_a_person_sees(width: int, shown: str) -> None:
    lines = seen(*(name for name in CASES if name != "not gated"), width=width)
    assert max(map(len, lines)) <= width
    assert "\n".join(lines) == shown.strip("\n")


def test_what_demands_nothing_is_said_not_to_be_gated() -> None:
    assert [" ".join(line.split()) for line in seen("not gated", width=80)] == [
        "verdict case metric observed [95%] n bound seconds",
        "not gated clean accuracy 99.3% [98.2, 99.7] 560 4.0",
    ]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_line_fits_and_says_its_verdict_first(name: str, width: int) -> None:
    lines = seen(name, width=width)
    assert max(map(len, lines)) <= width
    verdict = (
        "not gated"
        if not CASES[name]["expectations"] and CASES[name]["verdict"] == "pass" and name != "demanded"
        else CASES[name]["verdict"]
    )
    assert any(line.startswith(verdict) for line in lines)
