"""What a suite demands to know of a model's training and data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from robustcheck.core.errors import Location
from robustcheck.domain.waiver import Waiver

Action = Literal["review", "fail"]


@dataclass(frozen=True, slots=True)
class Training:
    """What is demanded of the training.

    Attributes:
        record: Path of the record from the project's root; ``{model}`` in the suite is the model's name here.
        require: Of ``FACTS``.
        trusted_keys: Paths of public keys, one of which must have signed the record if ``signature`` is demanded.
        max_age: Days since the training ended, at most.
    """

    record: str
    require: tuple[str, ...]
    trusted_keys: tuple[str, ...]
    max_age: float | None


@dataclass(frozen=True, slots=True)
class Card:
    """What is demanded of the description of the data that gates.

    Attributes:
        card: Path of the Croissant file from the project's root; ``{data}`` in the suite is the data set's name here.
        licenses: Those allowed, as SPDX ids; empty allows any that is named.
        least: Pictures that each class must have.
        max_age: Days since it was published, at most.
    """

    card: str
    licenses: tuple[str, ...]
    least: int
    max_age: float | None


@dataclass(frozen=True, slots=True)
class Leak:
    """What may be in both the training and the test set.

    Attributes:
        train: The training set, an entry of ``configs/data.yaml``.
        exact_max: Test pictures that may be in it, decoded pixel by decoded pixel.
        group_by: A metadata column of which no value may be in both; empty for none.
        distance: Bits by which hashes of near duplicates differ at most; ``None`` does not look for them.
        action: What becomes of near duplicates.
    """

    train: str
    exact_max: int
    group_by: str
    distance: int | None
    action: Action


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing demanded: a pytest item of its own.

    Attributes:
        id: ``provenance[training.seed]``.
        part: ``training``, ``dataset`` or ``leak``.
        rule: ``seed``.
        why: What is demanded, in words.
        where: Its place in the suite.
        waiver: The waiver that names it, unless expired.
    """

    id: str
    part: Literal["training", "dataset", "leak"]
    rule: str
    why: str
    where: Location
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """All that a suite demands to know."""

    training: Training | None
    dataset: Card | None
    leak: Leak | None
    requirements: tuple[Requirement, ...]
