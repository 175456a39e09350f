"""Models that a project's own Python code builds."""

from __future__ import annotations

import hashlib

import torch

from robustcheck.core.errors import ModelError
from robustcheck.core.imports import FactoryError, call_factory, find_factory, source_of
from robustcheck.domain.config import ModelEntry
from robustcheck.models.weights import Weights, load_into


def build(entry: ModelEntry, weights: Weights | None) -> tuple[torch.nn.Module, str, tuple[str, ...]]:
    """Call the factory of an entry and load the weights, if the entry names any.

    Returns:
        The module in the mode the factory left it in, and a digest of the weights file and the factory's
        source file; notes for the report.

    Raises:
        ModelError: The factory or the weights fail.
    """
    content = weights.identity.digest if weights else ""
    path = str(entry.options["factory"])
    try:
        source = hashlib.sha256(source_of(find_factory(path, entry.root))).hexdigest()
        module = call_factory(path, entry.options.get("arguments") or {}, entry.root)
    except FactoryError as error:
        raise ModelError(f"{entry.where}: the model {entry.name} cannot be built: {error}") from error
    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"{entry.where}: {path} returned {type(module).__name__}, not a torch.nn.Module")
    notes = load_into(module, entry, weights)
    return module, f"{content}:{source}", notes
