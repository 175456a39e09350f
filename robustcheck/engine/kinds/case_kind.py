"""What the engine does for a case, by its kind: one class a kind, in one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from robustcheck.attacks.passes import Passes
from robustcheck.core import progress
from robustcheck.core.units import Quantity
from robustcheck.domain.case import Case
from robustcheck.domain.how import How
from robustcheck.domain.steps import Step
from robustcheck.domain.suite import Suite
from robustcheck.engine.cache.record_files import Stored
from robustcheck.engine.cache.reference_batch import ReferenceCollector
from robustcheck.engine.effort import Effort
from robustcheck.engine.evaluated import Evaluated
from robustcheck.engine.observation import Looked
from robustcheck.engine.pipeline.gallery import Gallery
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.engine.sample_index import Index
from robustcheck.engine.shard import Cost, Shard
from robustcheck.metrics.records import Observation, Records

Observe = Callable[[Case], tuple[Observation, Evaluated]]
"""From a case with fixed pictures to what is known of them."""
RecordsOf = Callable[[Case], Records | None]
"""From another case to its records; ``None`` where a report that is judged again has none."""
Finding = tuple[str, bool, str]
"""Name of a check of a result's worth, whether it held, and what it saw."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One form of a case that can be drawn.

    Attributes:
        name: The id of the case; with the values chosen where the case holds ranges.
        case: What random choices are keyed by, and how borders are filled.
        steps: What is done to the pictures.
    """

    name: str
    case: Case
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What a case says that changed no pixel of any picture: an error by default.

    Attributes:
        problem: Why it shows nothing; empty where that is as it should be.
        note: What a reader must know.
    """

    problem: str = ""
    note: str = ""


class CaseKind:
    """What is done for one case.

    The answers here are those of a case whose every picture is made once and looked at by itself; a kind says what it does otherwise.

    Attributes:
        case: The case.
        by_labels: Whether what is done to a picture depends on its label, as what a search or an attack finds does.
        looks_once: Whether every picture goes through the model once.
        block: Pictures that are worked on at a time; ``None`` where each batch stands for itself.
        attacked: Whether the model sees pictures that are not those of the pipeline.
        pairs_known: Whether it is known beforehand which pictures are about which pair of classes.
    """

    by_labels: ClassVar[bool] = False
    looks_once: ClassVar[bool] = True
    attacked: ClassVar[bool] = False
    block: ClassVar[int | None] = None

    def __init__(self, case: Case) -> None:
        """Bind a case."""
        self.case = case

    @property
    def pairs_known(self) -> bool:
        """Whether it is known beforehand which pictures are about which pair of classes."""
        return True

    # Looking at pictures.

    def look(
        self, pipeline: Pipeline, rows: NDArray[np.int64], gallery: Gallery, reference: ReferenceCollector
    ) -> Shard:
        """Look at some pictures.

        Args:
            pipeline: Makes inputs and asks the model.
            rows: Of the index.
            gallery: Keeps some of them for a person to look at.
            reference: Keeps some of them for a later run to look at.
        """
        raise NotImplementedError

    def finish(self, pipeline: Pipeline, shard: Shard) -> tuple[Sequence[Finding], Sequence[str], Cost]:
        """Return the checks of what all pictures gave, what a reader must know of it, and what the checks took.

        Args:
            pipeline: As in ``look``.
            shard: All pictures together.
        """
        return (), (), Cost()

    def task(self, pipeline: Pipeline, *, may_stop: bool) -> AbstractContextManager[progress.Task]:
        """Return the task of looking at all pictures: what is counted, and how many there are at most."""
        return progress.task(self.case.id, unit="pictures", total=len(pipeline.index.samples), at_most=may_stop)

    def effort(self, index: Index, classes: tuple[str, ...]) -> Effort:
        """Count what looking at all pictures takes.

        Raises:
            RobustcheckError: An attack refuses its parameters.
        """
        return Effort(len(index.samples), Passes(0), self.case.rule.stops)

    # Judging what was seen.

    def observe(self, observe: Observe, beside: Callable[[Observation], Observation]) -> Looked:
        """Return what is judged of the case.

        Args:
            observe: Gives the records of a case, or of one value of it.
            beside: Lays what the accepted run had right beside an observation.
        """
        observation, evaluated = observe(self.case)
        return Looked(beside(observation), (evaluated,), observation.records, (), ())

    def metrics(self, observation: Observation) -> list[str]:
        """Return the metrics that a result of this kind always has, beside those of all kinds."""
        return []

    def unchanged(self, records: Records) -> Unchanged:
        """Return what is to be said where no pixel was changed."""
        return Unchanged(f"{self.case.id} changed no pixel of any picture, so it shows nothing; change its parameters")

    def notes(self) -> list[str]:
        """Return what a reader of any number of this kind must know."""
        return []

    def worth(
        self, suite: Suite, records: Records, stored: Stored, records_of: RecordsOf, *, gradients: bool
    ) -> tuple[list[str], list[str]]:
        """Return why a number is not to be believed, and what has to be said of it.

        Args:
            suite: Whose other cases may say more.
            records: Of the case.
            stored: As they were made.
            records_of: Gives the records of other cases.
            gradients: Whether the model has gradients.
        """
        return [], []

    def facts(self, observation: Observation, stored: Stored) -> dict[str, Any]:
        """Return what the result file says of the attack; nothing of any other kind."""
        return {}

    # Drawing it.

    def drawings(self) -> tuple[Drawing, ...]:
        """Return what to draw of the case: its steps, or where they hold ranges, the ends of those.

        A label must hold in the whole range, and the ends are where it is most in doubt.
        """
        return (Drawing(self.case.id, self.case, self.case.steps),)

    def middle(self) -> tuple[Case, tuple[Step, ...]]:
        """Return a case with fixed steps that takes as long to prepare, and these."""
        return self.case, self.case.steps

    def as_seen(self, values: Mapping[str, float], limit: Quantity | None) -> Drawing | None:
        """Return what the model saw of one picture; ``None`` where that cannot be drawn without the model.

        Args:
            values: What a search chose for the picture, by column of the records without ``found.``.
            limit: Where a break point was found.

        Raises:
            RobustcheckError: The run did not keep what it takes.
        """
        return Drawing(self.case.id, self.case, self.case.steps)

    @property
    def alone(self) -> bool:
        """Whether pictures go through the model one by one."""
        return False


KINDS: dict[type[How], type[CaseKind]] = {}
"""What the engine does, by the class of ``Case.how``."""
_Kind = TypeVar("_Kind", bound=type[CaseKind])


def case_kind(how: type[How]) -> Callable[[_Kind], _Kind]:
    """Register what the engine does for a kind of case."""

    def register(kind: _Kind) -> _Kind:
        KINDS[how] = kind
        return kind

    return register


def kind_of_case(case: Case) -> CaseKind:
    """Return what the engine does for a case.

    Raises:
        KeyError: Its kind was never registered.
    """
    return KINDS[type(case.how)](case)
