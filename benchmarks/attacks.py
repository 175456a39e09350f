"""Seconds, model calls and robust accuracy of our attacks beside foolbox, torchattacks and pyautoattack, in one run.

Each program gets the same model, pictures in [0, 1], eps and steps, in batches of the same size; what it gives back is judged
by one forward pass of ours. No program is told to freeze weights, to drop fooled pictures or to order memory by channels last:
ours does so by itself, as in the gate. (AutoAttack's program refuses pictures in that order.) Beside ours stands what the
check of the gradients cost after it, in pictures that went forward or back through the model, and its share of the attack's.

Run with ``uv run --group dev python -m benchmarks.attacks [--models signs-robot ...] [--attacks pgd apgd autoattack] [--pictures 48]``.
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[1]
BATCH = 64
STEPS = 40
MODELS = {
    "signs-robot": ("suites/signs/attacks.yaml", 4.0),
    "signs-hardened": ("suites/signs/attacks.yaml", 14.0),
    "efficientnet-lite0": ("suites/imagenet-smoke", 1.0),
}
"""The suite whose pictures each model gets, and eps in grey levels: such that some pictures resist, if any do."""

Attack = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Counted(torch.nn.Module):
    """A model from pictures in [0, 1] to logits that counts the pictures that go through."""

    def __init__(self, module: torch.nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        """Wrap a model that wants its input normalised."""
        super().__init__()
        self.module = module
        self.mean, self.std = (torch.tensor(value).view(1, 3, 1, 1) for value in (mean, std))
        self.calls = 0

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Map (n, 3, h, w) to (n, classes)."""
        self.calls += len(pictures)
        logits: torch.Tensor = self.module((pictures - self.mean) / self.std)
        return logits


@dataclass(frozen=True)
class Subject:
    """A model with the pictures that it is right about.

    Attributes:
        total: Pictures looked at, the wrong ones too.
    """

    name: str
    model: Counted
    pictures: torch.Tensor
    labels: torch.Tensor
    total: int
    eps: float


def subject(name: str, count: int) -> Subject:
    """Load a model of ``configs/`` and its pictures."""
    from robustcheck.data import OpenSources
    from robustcheck.engine.evaluate import Evaluator
    from robustcheck.engine.options import Options
    from robustcheck.language import load_project, load_suite

    path, levels = MODELS[name]
    place = ROOT / path
    file = place if place.suffix else next(iter(sorted(place.glob("*.yaml"))))
    project = load_project(ROOT, ROOT / "configs")
    suite = load_suite(file, project, model=name)
    evaluator = Evaluator(suite, project, Options(ROOT, ROOT / "robustcheck-report", limit=count), OpenSources())
    rows, pixels, _, logits, _ = evaluator.pipeline.inputs(suite.clean, range(len(evaluator.index.samples)))
    labels = torch.from_numpy(evaluator.index.labels[rows].astype("int64"))
    right = torch.from_numpy(logits).argmax(dim=1) == labels
    inputs = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255).contiguous()
    preprocessing = evaluator.predictor.entry.preprocessing
    module: Any = evaluator.predictor
    model = Counted(
        module.module.to(memory_format=torch.contiguous_format), preprocessing.mean, preprocessing.std
    ).eval()
    evaluator.close()
    return Subject(name, model, inputs[right], labels[right], len(labels), levels / 255)


@dataclass
class Check:
    """What the check of the gradients cost after the attacks on every batch.

    Attributes:
        passes: Pictures that went forward or back through the model for it.
        attack: The same for the attacks.
    """

    passes: int = 0
    attack: int = 0

    def __str__(self) -> str:
        """One column."""
        return f"{self.passes} ({self.passes / max(1, self.attack):.1%})"


def ours(kind: str, case: Subject, check: Check) -> Attack:
    """Return an attack of ours, which adds to what the check of the gradients costs."""
    from robustcheck.attacks.apgd import APGD
    from robustcheck.attacks.attempt import attempt
    from robustcheck.attacks.cascade import autoattack_of
    from robustcheck.attacks.goal import Goal
    from robustcheck.attacks.gradient_check import budget_of, gradient_error
    from robustcheck.attacks.pgd import PGD
    from robustcheck.attacks.victim import Victim
    from robustcheck.models.preserve_state import untouched

    attack = {"pgd": PGD(steps=STEPS, loss="ce"), "apgd": APGD(steps=100), "autoattack": autoattack_of("linf")}[kind]

    def forward(pictures: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = case.model(pictures.to(memory_format=torch.channels_last))
        return logits

    def run(pictures: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        case.model.to(memory_format=torch.channels_last)
        with untouched(case.model):
            goal = Goal(pictures, labels, None, tuple(map(str, range(len(labels)))))
            victim = Victim(forward, size=BATCH)
            tried = attempt(attack, victim, goal, case.eps)
            found, resists = tried.pictures, ~tried.reached
            check.attack += (spent := victim.forwards + victim.backwards)
            if resists.any():
                gradient_error(goal.at(resists), found[resists], victim, budget_of(victim))
            check.passes += victim.forwards + victim.backwards - spent
        case.model.to(memory_format=torch.contiguous_format)
        return found.contiguous()

    return run


def theirs(kind: str, case: Subject) -> Iterator[tuple[str, Attack]]:
    """Yield the same attack of other programs."""
    if kind == "pgd":
        import foolbox
        import torchattacks

        wrapped = foolbox.PyTorchModel(case.model, bounds=(0, 1), device="cpu")
        climb = foolbox.attacks.LinfPGD(steps=STEPS, rel_stepsize=2.5 / STEPS)
        yield "foolbox", lambda pictures, labels: climb(wrapped, pictures, labels, epsilons=case.eps)[1]
        yield "torchattacks", torchattacks.PGD(case.model, eps=case.eps, alpha=2.5 * case.eps / STEPS, steps=STEPS)
    elif kind == "apgd":
        import torchattacks

        yield "torchattacks", torchattacks.APGD(case.model, eps=case.eps, steps=100, n_restarts=1, loss="ce")
        yield "pyautoattack", _auto(case, ["apgd-ce"])
    else:
        yield "pyautoattack", _auto(case, None)


def _auto(case: Subject, attacks: list[str] | None) -> Attack:
    from pyautoattack import AutoAttack

    quiet = logging.getLogger("auto-attack")
    quiet.setLevel(logging.CRITICAL)
    version = "custom" if attacks else "standard"
    program = AutoAttack(case.model, norm="Linf", eps=case.eps, seed=0, version=version, attacks=attacks, device="cpu")
    program.apgd.n_restarts = 1
    return lambda pictures, labels: program.run_standard_evaluation(pictures, labels, batch_size=BATCH)[0]


def measure(attack: Attack, case: Subject) -> tuple[float, float, torch.Tensor]:
    """Return seconds, model calls a picture, and which pictures were fooled."""
    case.model.calls = 0
    began = time.perf_counter()
    parts = zip(torch.split(case.pictures, BATCH), torch.split(case.labels, BATCH), strict=True)
    found = torch.cat([attack(pictures.clone(), labels.clone()).detach() for pictures, labels in parts])
    seconds, calls = time.perf_counter() - began, case.model.calls / len(case.labels)
    with torch.no_grad():
        fooled = case.model(found.clamp(0, 1)).argmax(dim=1) != case.labels
    near = (found - case.pictures).abs().flatten(1).amax(dim=1) <= case.eps * 1.0001 + 1e-6
    return seconds, calls, fooled & near


def main() -> None:
    """Print a line a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument(
        "--attacks", nargs="+", choices=("pgd", "apgd", "autoattack"), default=("pgd", "apgd", "autoattack")
    )
    parser.add_argument("--pictures", type=int, default=48)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'model':20} {'attack':11} {'program':13} {'seconds':>8} {'ratio':>6} {'calls':>7} {'robust':>7} of  check")
    for name in arguments.models:
        case = subject(name, arguments.pictures)
        for kind in arguments.attacks:
            # What is slow once, such as the first pass of a new shape, is nobody's.
            case.model(case.pictures[:BATCH])
            base, check = None, Check()
            for program, attack in (("robustcheck", ours(kind, case, check)), *theirs(kind, case)):
                seconds, calls, fooled = measure(attack, case)
                base = base or seconds
                robust = int((~fooled).sum())
                line = f"{name:20} {kind:11} {program:13} {seconds:8.1f} {seconds / base:6.2f} {calls:7.0f} {robust:7} {case.total}"
                print(line if program != "robustcheck" else f"{line}  {check}", flush=True)


if __name__ == "__main__":
    main()
