"""Where in a model's entry the advice of the doctor goes, and what to write there, as YAML that ``validate`` accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from robustcheck.core.errors import Location
from robustcheck.domain.config import ModelEntry
from robustcheck.engine.tools.mistakes import Variant, keys_of
from robustcheck.language.loader import load_file
from robustcheck.language.nodes import Mapping, Scalar

MANY = 40
"""Classes beyond which a list is described rather than written out."""


def prescribed(entry: ModelEntry, variant: Variant, path: Path) -> Iterator[str]:
    """Yield what to write, one line for each key, each with its place.

    Args:
        entry: The entry as it is.
        variant: What it should say.
        path: The file of the entry.
    """
    tree = load_file(path, entry.where.file)
    written = tree.get(entry.name) if isinstance(tree, Mapping) else None
    if not isinstance(tree, Mapping) or not isinstance(written, Mapping):
        return
    if variant.classes:
        yield from _of_classes(entry, variant, written)
        return
    shape = written.get("input")
    if not isinstance(shape, Mapping):
        return
    now = dict(keys_of(variant.preprocessing, entry.preprocessing))
    for key, value in keys_of(entry.preprocessing, variant.preprocessing):
        place = shape.entry(key)
        if place:
            yield f"{place.key.where}: write `{key}: {value}` for `{key}: {now[key]}`"
        else:
            yield f"{shape.where}: add `{key}: {value}` to `input` of {entry.name}"
    others = [
        key.text
        for key, value in tree
        if key.text != entry.name and isinstance(value, Mapping) and _same(value.get("input"), shape.where)
    ]
    if others:
        yield f"{shape.where}: this `input` is that of {', '.join(others)} too (an alias)"


def _same(node: object, where: Location) -> bool:
    return isinstance(node, Mapping) and node.where == where


def _of_classes(entry: ModelEntry, variant: Variant, written: Mapping) -> Iterator[str]:
    place = written.entry("classes")
    if place is None:
        return
    where = place.key.where
    from_file = isinstance(place.value, Scalar) and isinstance(place.value.value, str)
    if from_file:
        where = place.value.where
    moved = [
        (index, new, old)
        for index, (new, old) in enumerate(zip(variant.classes, entry.classes, strict=True))
        if new != old
    ]
    if len(variant.classes) <= MANY and not from_file:
        yield f"{where}: write `classes: {json.dumps(list(variant.classes), ensure_ascii=False)}`"
        return
    lines = f"in {place.value.text}, one name a line, " if from_file and isinstance(place.value, Scalar) else ""
    if variant.classes == (*entry.classes[-1:], *entry.classes[:-1]):
        yield f"{where}: {lines}move the last name of `classes` to the front"
    elif variant.classes == (*entry.classes[1:], *entry.classes[:1]):
        yield f"{where}: {lines}move the first name of `classes` to the end"
    else:
        some = ", ".join(f"output {index} is {new}, not {old}" for index, new, old in moved[:5])
        more = f", and {len(moved) - 5} more" if len(moved) > 5 else ""
        yield f"{where}: {lines}order `classes` as the outputs are: {some}{more}"
