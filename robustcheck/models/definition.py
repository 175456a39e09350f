"""What ``configs/models.yaml`` says of a model, as a digest that needs neither the model nor its libraries."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robustcheck.core.paths import resolved
from robustcheck.domain.config import ModelEntry

if TYPE_CHECKING:
    from robustcheck.models.predictor import Predictor


def definition_of(entry: ModelEntry) -> str:
    """Return the sha256 over all of an entry that decides a result, in hexadecimal.

    That is everything but where the entry stands and its description; paths count as they are seen from the project's root, so
    that two checkouts of one project agree.

    Args:
        entry: One model of ``configs/models.yaml``.
    """
    facts = {
        field.name: _plain(getattr(entry, field.name), entry.root)
        for field in dataclasses.fields(entry)
        if field.name not in ("where", "root", "description")
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def facts_of(predictor: Predictor) -> dict[str, Any]:
    """Return what a result says of a model that was opened, as JSON values."""
    return {
        "kind": predictor.entry.kind,
        "digest": predictor.digest,
        "definition": definition_of(predictor.entry),
        "device": predictor.device,
        "notes": list(getattr(predictor, "notes", ())),
    }


def _plain(value: Any, root: Path) -> Any:
    """Return a value as JSON; what has no JSON form as its type and text, which no two values of one type share."""
    if isinstance(value, Path):
        # A link may lead to the root, and the paths of an entry are written without it.
        home = next((home for home in (root, resolved(root)) if value.is_relative_to(home)), None)
        return (value.relative_to(home) if home else value).as_posix()
    if isinstance(value, Mapping):
        return {str(key): _plain(item, root) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, root) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        deciding = [field.name for field in dataclasses.fields(value) if field.compare]
        return {name: _plain(getattr(value, name), root) for name in deciding}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return f"{type(value).__name__}: {value}"
