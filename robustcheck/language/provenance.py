"""What a suite demands to know of a model's training and data: the keys below ``provenance`` and what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from robustcheck.core.class_names import class_name
from robustcheck.core.error_codes import Code
from robustcheck.domain.config import Project
from robustcheck.domain.requirements import Card, Leak, Provenance, Requirement, Training
from robustcheck.language.nodes import Node, shown
from robustcheck.language.value_types import (
    INVALID,
    Amount,
    Choice,
    Field,
    Known,
    ListOf,
    Reading,
    Record,
    Text,
    Values,
    Whole,
)

FACTS: Final = ("git_commit", "clean_tree", "seed", "frameworks", "parameters", "data_digest", "signature")
"""What may be demanded of a training record, beside that it is there and is of this model."""
ACTIONS: Final = ("review", "fail")
DISTANCE: Final = 4


class ProjectPath:
    """The kind of a path inside the project, from its root."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the text."""
        text = Text().read(name, node, reading)
        if text is INVALID:
            return INVALID
        path = PurePosixPath(text)
        if path.is_absolute() or ".." in path.parts or "\\" in text or ":" in text:
            what = f"{name} leaves the project: {shown(text)}"
            return reading.add(node.where, Code.OUTSIDE_PROJECT, what, "write a path from the project's root, with /")
        return text

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return Text().schema()


MAX_AGE: Final = Field(Amount(("d",), 0), "How old it may be, such as 365d.")
TRAINING: Final = Record(
    "training",
    {
        "record": Field(
            ProjectPath(),
            "The training record (SLSA provenance v1), plain or signed; {model} stands for the model's name.",
            required=True,
        ),
        "require": Field(ListOf(Choice(FACTS), 1), "What it must say, beside that it is of this model."),
        "trusted_keys": Field(ListOf(ProjectPath(), 1), "Public keys (PEM), one of which must have signed it."),
        "max_age": MAX_AGE,
    },
)
DATASET: Final = Record(
    "dataset",
    {
        "card": Field(
            ProjectPath(),
            "The Croissant description of the data that gates; {data} stands for its name.",
            required=True,
        ),
        "licenses": Field(ListOf(Text(), 1), "Licences that are allowed, as SPDX ids."),
        "class_counts": Field(
            Record("class_counts", {"min": Field(Whole(1), "Pictures that each class must have.", required=True)}),
            "How many pictures a class must have; the card must say what is there.",
        ),
        "max_age": MAX_AGE,
    },
)


def _leak(project: Project | None) -> Record:
    data: Any = Known("data set", lambda: project.data, "configs/data.yaml") if project else Text()
    near = {
        "distance": Field(Whole(0, 16), "Bits of 64 by which perceptual hashes differ at most.", default=DISTANCE),
        "action": Field(Choice(ACTIONS), "review warns and lists them, fail fails.", default="review"),
    }
    return Record(
        "leak",
        {
            "train": Field(data, "The training set: an entry of configs/data.yaml.", required=True),
            "exact_max": Field(Whole(0), "Test pictures that may be in it.", default=0),
            "group_by": Field(Text(), "A metadata column, such as a track's id, of which no value may be in both."),
            "near": Field(Record("near", near), "Near duplicates, which a person should look at."),
        },
    )


def provenance_record(project: Project | None) -> Record:
    """Return the spec of ``provenance``; without a project any name of a data set is accepted."""
    return Record(
        "provenance",
        {
            "training": Field(TRAINING, "Where the model comes from."),
            "dataset": Field(DATASET, "Where the pictures come from."),
            "leak": Field(_leak(project), "What the model may have seen already."),
        },
    )


def provenance_of(values: Values | None, reading: Reading) -> Provenance | None:
    """Return what a suite demands, or ``None`` where it demands nothing; problems are reported."""
    if values is None:
        return None
    if not values.node.entries:
        reading.add(
            values.node.where,
            Code.PROVENANCE,
            "provenance demands nothing",
            "name training, dataset or leak, or remove it",
        )
    parts = {name: values.get(name) for name in ("training", "dataset", "leak")}
    training, dataset, leak = parts["training"], parts["dataset"], parts["leak"]
    found = Provenance(training and _training(training, reading), dataset and _card(dataset), leak and _leaks(leak), ())
    return Provenance(found.training, found.dataset, found.leak, tuple(_requirements(found, parts)))


def named_after(found: Provenance, model: str, data: str) -> Provenance:
    """Put the names of the model and the data set for ``{model}`` and ``{data}`` in the paths of record and card."""

    def path(text: str) -> str:
        return text.replace("{model}", model).replace("{data}", data)

    training = found.training and replace(found.training, record=path(found.training.record))
    dataset = found.dataset and replace(found.dataset, card=path(found.dataset.card))
    return replace(found, training=training, dataset=dataset)


def _listed(values: Values, key: str) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(value for value, _ in values.get(key, ())))


def _days(values: Values) -> float | None:
    age = values.get("max_age")
    return None if age is None else float(age.number)


def _training(values: Values, reading: Reading) -> Training:
    require, keys = _listed(values, "require"), _listed(values, "trusted_keys")
    if "signature" in require and values.node.entry("trusted_keys") is None:
        reading.add(
            values.where("require"),
            Code.PROVENANCE,
            "signature needs trusted_keys",
            "name the public keys that may sign",
        )
    if keys and "signature" not in require:
        reading.add(
            values.where("trusted_keys"),
            Code.PROVENANCE,
            "trusted_keys are of no use without signature",
            "add signature to require",
        )
    return Training(values.get("record", ""), require, keys, _days(values))


def _card(values: Values) -> Card:
    counts = values.get("class_counts")
    return Card(
        values.get("card", ""), _listed(values, "licenses"), counts.get("min", 0) if counts else 0, _days(values)
    )


def _leaks(values: Values) -> Leak:
    near = values.get("near")
    return Leak(
        values.get("train", ""),
        values.get("exact_max", 0),
        class_name(values.get("group_by", "")),
        None if near is None else near.get("distance", DISTANCE),
        "review" if near is None else near.get("action", "review"),
    )


def _requirements(found: Provenance, parts: dict[str, Values | None]) -> Iterator[Requirement]:
    for part, rule, key, why in _rules(found):
        values = parts[part]
        assert values is not None  # noqa: S101 - it has rules
        yield Requirement(f"provenance[{part}.{rule}]", part, rule, why, values.where(key))


def _rules(found: Provenance) -> Iterator[tuple[Literal["training", "dataset", "leak"], str, str, str]]:
    """Yield part, rule, the key that asks for it, and what is demanded."""
    if found.training:
        yield "training", "record", "record", "a training record of this very model"
        for name in found.training.require:
            yield "training", name, "require", TOLD[name]
        if found.training.max_age is not None:
            yield "training", "age", "max_age", f"trained within {found.training.max_age:g} days"
    if found.dataset:
        yield "dataset", "card", "card", "a data card that names a licence and a creator"
        if found.dataset.licenses:
            yield "dataset", "license", "licenses", f"one of the licences {', '.join(found.dataset.licenses)}"
        if found.dataset.least:
            yield "dataset", "class_counts", "class_counts", f"at least {found.dataset.least} pictures of each class"
        if found.dataset.max_age is not None:
            yield "dataset", "age", "max_age", f"published within {found.dataset.max_age:g} days"
    if found.leak:
        yield "leak", "exact", "exact_max", f"at most {found.leak.exact_max} pictures of {found.leak.train}"
        if found.leak.group_by:
            yield "leak", "groups", "group_by", f"no {found.leak.group_by} of {found.leak.train}"
        if found.leak.distance is not None:
            yield "leak", "near", "near", f"no near duplicate of {found.leak.train}"


TOLD: Final = {
    "git_commit": "the commit that was trained",
    "clean_tree": "nothing uncommitted when it was trained",
    "seed": "the seed of the training",
    "frameworks": "the versions of the frameworks",
    "parameters": "the parameters of the training",
    "data_digest": "the digest of the training data",
    "signature": "the signature of a trusted key",
}
