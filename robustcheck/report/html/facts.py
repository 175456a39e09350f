"""What is known of a run beside its cases, as names and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from robustcheck.report.html.words import duration, readable, share, short

Json = Mapping[str, Any]
Facts = list[tuple[str, str]]
QUANTITIES: Final = ("width", "height", "aspect", "brightness", "contrast", "sharpness", "saturation")
QUANTILES: Final = ("min", "q05", "median", "q95", "max", "mean")
CLASSES: Final = 60
"""Classes whose counts are listed."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the data is like.

    Attributes:
        facts: Name and text.
        quantities: Name, and the numbers of ``QUANTILES`` as text, of the test set.
        classes: Name, pictures in the test set, pictures in the training set (empty where it is not known), the most first.
        left_out: Classes that are not listed.
        differences: Size and sentence, the largest first.
    """

    facts: Facts
    quantities: list[tuple[str, list[str]]]
    classes: list[tuple[str, str, str]]
    left_out: int
    differences: list[tuple[str, str]]


def identity(suite: Json, document: Json) -> Facts:
    """Return who was tested on what, and when."""
    return list(_identity(suite, document))


def _identity(suite: Json, document: Json) -> Iterator[tuple[str, str]]:
    model, data = suite["model"], suite["data"]
    yield "suite", f"{suite['path']} {short(suite.get('digest', ''))}".strip()
    yield "owner", suite.get("owner") or "nobody is named"
    yield "model", " ".join(part for part in (model["name"], short(model.get("digest", ""))) if part)
    size = f", {data['size']} pictures of {data['classes']} classes" if "size" in data else ""
    yield "data", " ".join(part for part in (data["name"], short(data.get("digest", ""))) if part) + size
    if data.get("limit"):
        yield "limit", f"{data['limit']} pictures"
    yield "seed", str(suite["seed"])
    if "device" in model:
        yield "device", model["device"]
    yield "begun", f"{document['started'].replace('T', ' ')}, took {duration(document['seconds'])}"


def environment(document: Json) -> Facts:
    """Return the machine and the versions."""
    found: dict[str, str] = {}
    for name, value in document.get("environment", {}).items():
        for key, text in value.items() if isinstance(value, Mapping) else [(name, value)]:
            found.setdefault(key, str(text))
    return list(found.items())


def options(document: Json) -> Facts:
    """Return the options that decide what was looked at."""
    return [
        (readable(name), "not given" if value is None else str(value))
        for name, value in document.get("options", {}).items()
    ]


def inputs(suite: Json) -> list[tuple[str, str, str]]:
    """Return role, name and digest of the files that a run rests on."""
    return [(one["role"], one["name"], f"{one['algorithm']}:{one['digest']}") for one in suite["inputs"]]


def profile(suite: Json) -> Profile | None:
    """Return what the data is like; ``None`` where that is not known."""
    found = suite["profile"]
    if not found:
        return None
    test, train = found["test"], found.get("train")
    before = train["classes"]["counts"] if train else {}
    names = list(dict.fromkeys([*test["classes"]["counts"], *before]))
    counts = [
        (name, str(test["classes"]["counts"].get(name, 0)), str(before.get(name, 0)) if train else "") for name in names
    ]
    return Profile(
        facts=list(_profile(test, train)),
        quantities=[
            (name, [f"{test[name][end]:.4g}" for end in QUANTILES]) for name in QUANTITIES if test.get(name) is not None
        ],
        classes=counts[:CLASSES],
        left_out=max(0, len(counts) - CLASSES),
        differences=[(one["size"], one["sentence"]) for one in found["differences"]],
    )


def _profile(test: Json, train: Json | None) -> Iterator[tuple[str, str]]:
    yield "pictures", f"{test['readable']} readable of {test['pictures']}"
    if test["unreadable"]["count"]:
        yield "unreadable", f"{test['unreadable']['count']}: {', '.join(test['unreadable']['names'])}"
    if train:
        yield "training set", f"{train['readable']} readable of {train['pictures']} pictures"
    ratio = test["classes"]["min_max_ratio"]
    if ratio is not None:
        yield "smallest class", f"{ratio:.2f} times the largest"
    for name in ("grey", "duplicates"):
        if test[name] is not None:
            yield f"{name} pictures" if name == "grey" else name, share(test[name])
    for name, column in test["metadata"].items():
        covered = "" if column["coverage"] is None else f", given for {share(column['coverage'])}"
        yield f"metadata {name}", f"{column['distinct']} values{covered}"


def leaks(suite: Json) -> tuple[Facts, list[tuple[str, str, str]]] | None:
    """Return how much the test set shares with the training set, and which pictures; ``None`` where it was not asked."""
    found = suite["leaks"]
    if not found:
        return None
    facts = [
        ("the same picture", str(found["exact"]["count"])),
        ("nearly the same picture", str(found["near"]["count"])),
        ("the same group", f"{found['groups']['count']} {', '.join(found['groups']['names'])}".strip()),
    ]
    pairs = [(pair[0], pair[1], "the same") for pair in found["exact"]["pairs"]]
    pairs += [(pair[0], pair[1], f"{pair[2]} bits apart, correlation {pair[3]:.3f}") for pair in found["near"]["pairs"]]
    return facts + [("note", note) for note in found["notes"]], pairs


def people(suite: Json) -> Facts:
    """Return what people corrected, and what is promised of answers that none looks at."""
    return list(_people(suite))


def _people(suite: Json) -> Iterator[tuple[str, str]]:
    labels, review = suite["labels"], suite["review"]
    if labels:
        yield "labels laid over those of the data", f"{labels['overlay']} {short(labels['digest'])}".strip()
        for name in ("decisions", "changed", "ambiguous", "confirmed", "adjudicated", "waiting", "elsewhere"):
            yield name, str(labels[name])
        yield "reviewers", ", ".join(labels["reviewers"]) or "none"
    if review:
        yield "promised risk", f"at most {share(review['max_risk'])}, at {share(review['confidence'])} confidence"
        yield "audited", share(review["audit_fraction"])
        sure = [value for value in review["thresholds"].values() if value is not None]
        yield "cases where some answers need no person", f"{len(sure)} of {len(review['thresholds'])}"
