"""The adversary of one case: which pictures are attacked, towards what, and what came of it."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import registry
from robustcheck.core.errors import CaseError, NotFiniteError, RobustcheckError
from robustcheck.domain.case import Case
from robustcheck.domain.how import Attack
from robustcheck.engine.gates.attack_validity import built
from robustcheck.engine.kinds.attack_state import MOST_CHECKED, Attempted, BlockState, Sample
from robustcheck.engine.pipeline.gallery import Input
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.metrics.records import score

if TYPE_CHECKING:
    import torch

    from robustcheck.attacks.goal import Goal
    from robustcheck.attacks.sanity import Finding

Columns = dict[str, NDArray[Any]]
MOST_TARGETS = 64
"""Classes beyond which ``targeted: all`` was not meant."""

CLOSE = 1e-3
"""A best margin nearer to 0 than this, relative to the logits' size, may fall either way with the batch size."""


class Adversary:
    """Attacks pictures of one case.

    Attributes:
        victim: The model with the counts so far.
        refused: Pictures that an attack gave back outside its bounds.
        by: How many pictures each attack of a cascade broke.
        mismatches: Pictures whose class differs between the attack's way to the model and that of the clean case.
    """

    def __init__(self, case: Case, how: Attack, pipeline: Pipeline) -> None:
        """Build the attack.

        Args:
            case: The case.
            how: What it does.
            pipeline: Knows the model, the seed, and when the case began.

        Raises:
            CaseError: The attack refuses its parameters, or cannot be run on this model.
        """
        import torch

        from robustcheck.attacks.victim import Victim

        predictor = pipeline.predictor
        self._case = case
        self._how = how
        self._definition = registry.attacks[how.attack.name]
        self._predictor = predictor
        self._classes = predictor.entry.classes
        self._seed = pipeline.seed
        self.attack = self.build()
        eps = how.attack.params.get("eps")
        unbounded = float("inf") if self._definition.facts.minimal else 0.0
        self.eps: float = eps.value if eps is not None else unbounded
        self._has_eps = "eps" in self._definition.parameters
        self.victim = Victim(
            lambda pictures: predictor.forward(pictures.to(memory_format=torch.channels_last)),
            size=pipeline.forward.size,
            gradients=predictor.entry.gradients,
            seconds=how.seconds,
            began=pipeline.began,
            told=pipeline.advance,
        )
        self.refused = 0
        self.mismatches = 0
        self.by: dict[str, int] = {}
        self.attempted = Attempted()

    def build(self, **changes: Any) -> Any:
        """Return the attack, with other parameters if there are any."""
        try:
            return built(self._how, **changes)
        except RobustcheckError as error:
            raise CaseError(f"{self._case.id}: {error}") from error

    def _takes(self, name: str) -> bool:
        return name in self._definition.parameters

    def columns(
        self,
        pixels: NDArray[np.uint8],
        clean: NDArray[np.uint8],
        labels: NDArray[np.int32],
        ids: Sequence[str],
        plain: NDArray[np.float32],
    ) -> tuple[Columns, Callable[[int], Input], NDArray[np.float32], NDArray[np.float32]]:
        """Attack a block.

        Returns:
            Its columns, what gives the picture at a place with its change, the pictures that the attack left, float32 in
            [0, 1], shape (n, 3, h, w) or (n, 1, h, w) where the model's channel is gray, and their logits, float32, shape
            (n, classes).

        Args:
            pixels: The inputs, shape (n, h, w, 3), with the shifts of the case.
            clean: The inputs without them.
            labels: True classes.
            ids: Names of the samples.
            plain: Logits of ``pixels`` as any other case gets them.
        """
        import torch

        from robustcheck.attacks.goal import Goal

        device = self._predictor.device
        inputs = self._in_box(pixels)
        goal = Goal(inputs, torch.from_numpy(labels.astype(np.int64)).to(device), None, tuple(ids), self._seed)
        before = self.victim.forwards
        try:
            logits = self.victim.logits(inputs)
            found = self._attack(goal, logits)
        except NotFiniteError as error:
            raise _named(error, inputs, ids) from None
        sure = np.abs(np.subtract(*np.sort(plain, axis=1)[:, :-3:-1].T)) > 1e-3 * np.ptp(plain)
        self.mismatches += int(((logits.argmax(dim=1).cpu().numpy() != plain.argmax(axis=1)) & sure).sum())
        calls = (self.victim.forwards - before) / max(1, len(ids))
        pictures, left = found.pictures.cpu().numpy(), found.logits.float().cpu().numpy()
        return self._columns(found, clean, calls), functools.partial(_input_of, found), pictures, left

    def _attack(self, goal: Goal, logits: torch.Tensor) -> BlockState:
        found = BlockState(goal, logits, tuple(getattr(self.attack, "found", ())))
        for targets, attacked in self._targets(goal, logits):
            self._aim(found, targets, attacked)
        return found

    def _targets(self, goal: Goal, logits: torch.Tensor) -> Iterator[tuple[torch.Tensor | None, torch.Tensor]]:
        """Yield targets (n,) or None, each with a mask of the pictures that are attacked towards them."""
        import torch

        aim, labels, count = self._how.targeted, goal.labels, logits.shape[1]
        if aim is None:
            yield None, ~goal.fooled(logits)
        elif aim == "least_likely":
            targets = logits.scatter(1, labels[:, None], float("inf")).argmin(dim=1)
            yield targets, torch.ones_like(labels, dtype=torch.bool)
        elif aim == "random":
            steps = [int(one.integers(1, count)) for one in goal.generators("target")]
            yield (
                (labels + torch.tensor(steps, device=labels.device)) % count,
                torch.ones_like(labels, dtype=torch.bool),
            )
        elif aim == "all":
            if count > MOST_TARGETS:
                raise CaseError(
                    f"{self._case.id}: targeted: all aims at {count - 1} classes a picture; name pairs, or use least_likely"
                )
            for target in range(count):
                yield torch.full_like(labels, target), labels != target
        else:
            assert not isinstance(aim, str)  # noqa: S101 - the language knows no other word
            pairs = {self._classes.index(source): self._classes.index(target) for source, target in aim.items()}
            targets = torch.tensor([pairs.get(label, -1) for label in labels.tolist()], device=labels.device)
            yield targets, targets >= 0

    def _aim(self, found: BlockState, targets: torch.Tensor | None, attacked: torch.Tensor) -> None:
        """Attack the pictures of a mask towards their targets, unless they are there already."""
        import torch

        from robustcheck.attacks.attempt import attempt
        from robustcheck.attacks.goal import Goal

        whole = found.goal
        goal = Goal(whole.pictures, whole.labels, targets, whole.keys, whole.seed)
        there = goal.fooled(found.clean_logits) & attacked
        found.tell(targets, attacked, there, pair=self._how.targeted == "all")
        rows = (attacked & ~there).nonzero()[:, 0]
        if not len(rows):
            return
        part, minimal = goal.at(rows), self._definition.facts.minimal
        if self.eps == 0 and self._has_eps:
            return
        tried = attempt(self.attack, self.victim, part, self.eps, minimal=minimal)
        self.refused += tried.refused
        reached = tried.reached & (tried.norms <= self.eps) if minimal else tried.reached
        found.minimal[rows[tried.reached]] = torch.minimum(
            found.minimal[rows[tried.reached]], tried.norms[tried.reached].double()
        )
        pictures, logits = tried.pictures, tried.logits
        if minimal:
            # What was found beyond eps does not count, and is not what the record is about.
            pictures = torch.where(reached.view(-1, 1, 1, 1), pictures, part.pictures)
            logits = torch.where(reached[:, None], logits, found.clean_logits[rows])
        found.keep(rows, pictures, logits, reached, targets, getattr(self.attack, "found", {}))
        self.attempted.resisted.take(part, pictures, ~reached, MOST_CHECKED)
        self.attempted.broken.take(part, pictures, reached, MOST_CHECKED)
        by = getattr(self.attack, "by", None)
        if by is not None:
            for number, (name, _) in enumerate(self.attack.attacks):
                self.by[name] = self.by.get(name, 0) + int(((by == number) & reached).sum())

    def _in_box(self, pixels: NDArray[np.uint8]) -> torch.Tensor:
        from robustcheck.models.module import in_box

        return in_box(pixels, self._predictor.entry.preprocessing, self._predictor.device)

    def _columns(self, found: BlockState, clean: NDArray[np.uint8], calls: float) -> Columns:

        labels = found.goal.labels.cpu().numpy().astype(np.int32)
        logits = found.logits.cpu().numpy()
        change = (found.pictures - self._in_box(clean)).abs().flatten(1) * 255.0
        columns: Columns = {**score(logits, labels)}
        size = np.ptp(logits, axis=1) + 1e-12
        columns["borderline"] = columns["borderline"] | (found.attempted & (columns["margin"] < CLOSE * size))
        pictures = np.ascontiguousarray(found.pictures.cpu().numpy())
        columns |= {
            "mean_change": change.mean(dim=1).cpu().numpy().astype(np.float32),
            "max_change": change.amax(dim=1).ceil().clamp(0, 255).cpu().numpy().astype(np.uint8),
            "pixels": np.array([hashlib.blake2b(one.tobytes(), digest_size=16).hexdigest() for one in pictures]),
            "attempted": found.attempted,
            "reached": found.reached.cpu().numpy(),
            "target": found.target.cpu().numpy().astype(np.int32),
            "calls": np.full(len(labels), calls, np.float32),
        }
        if self._definition.facts.minimal:
            columns["minimal_norm"] = found.minimal.cpu().numpy().astype(np.float64)
        columns |= found.extra
        for name, reached in found.pairs.items():
            columns[f"reached.{name}"] = reached
        return columns

    def findings(self, attempted: Attempted) -> list[Finding]:
        """Return what the checks of the attack's sanity found, after all blocks, on some of their pictures."""
        import torch

        from robustcheck.attacks.attack_self_test import unit_test
        from robustcheck.attacks.goal import Goal
        from robustcheck.attacks.sanity import FEW, Finding, Subject, findings

        detail = (
            f"{self.mismatches} pictures get another class on the attack's way to the model than on the clean case's"
        )
        told = [Finding("eps 0", not self.mismatches, detail)]
        if self.refused:
            told.append(
                Finding(
                    "bounds",
                    True,
                    f"{self.refused} pictures that the attack gave back broke its bounds; none of them counts",
                )
            )
        samples = [sample for sample in (attempted.resisted, attempted.broken) if sample.count]
        if not samples:
            return [*told, Finding("attacked", True, "no picture was left to attack")]

        def joined(sample: Sample) -> Goal:
            if not sample.count:
                return samples[0].goals[0].at(torch.arange(0))
            goals = sample.goals
            targets = (
                None
                if goals[0].targets is None
                else torch.cat([goal.targets for goal in goals if goal.targets is not None])
            )
            keys = tuple(key for goal in goals for key in goal.keys)
            return Goal(
                torch.cat([goal.pictures for goal in goals]),
                torch.cat([goal.labels for goal in goals]),
                targets,
                keys,
                self._seed,
            )

        resisted, broken = joined(attempted.resisted), joined(attempted.broken)
        misses = torch.cat(attempted.resisted.pictures) if attempted.resisted.count else resisted.pictures
        default = self._definition.parameters["steps"].default if self._takes("steps") else 0
        steps = self._how.attack.params.get("steps", default)
        facts = self._definition.facts
        subject = Subject(
            attack=self.attack,
            build=self.build,
            steps=int(steps),
            eps=self.eps,
            gradients=facts.gradients,
            minimal=facts.minimal,
            resisted=resisted,
            misses=misses,
            broken=broken,
        )
        told += findings(subject, self.victim)
        if self._how.unit_test:
            sample = resisted if len(resisted) else broken
            if not subject.ball:
                told.append(Finding("unit test", False, "attack_unit_test needs an attack within a ball of finite eps"))
            else:
                few = sample.at(torch.arange(min(FEW, len(sample))))
                told.append(unit_test(self.attack, self.victim, few, self.eps, minimal=facts.minimal))
        return told


def _named(error: NotFiniteError, inputs: torch.Tensor, ids: Sequence[str]) -> NotFiniteError:
    """Name the pictures whose changed forms a model cannot bear: an attack looks at any part of a block, so by the nearest."""
    if error.pictures is None:
        return error
    near = {int((inputs - changed).flatten(1).norm(dim=1).argmin()) for changed in error.pictures}
    return NotFiniteError(str(error), sorted(near)).named(ids)


def _input_of(found: BlockState, place: int) -> Input:
    # What is gray to the model is shown in three equal channels.
    picture = found.pictures[place].expand(3, -1, -1).permute(1, 2, 0)
    change = picture - found.goal.pictures[place].expand(3, -1, -1).permute(1, 2, 0)
    return (picture * 255).round().byte().cpu().numpy(), change.cpu().numpy()
