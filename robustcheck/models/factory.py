"""Models that a project's own Python code builds."""

from __future__ import annotations

import torch

from robustcheck.errors import ModelError
from robustcheck.imports import FactoryError, call_factory
from robustcheck.language.entries import ModelEntry
from robustcheck.models.weights import load_into, verify


def build(entry: ModelEntry) -> tuple[torch.nn.Module, str]:
    """Call the factory of an entry and load the weights, if the entry names any.

    Returns:
        The module in the mode the factory left it in, and the digest of the weights file.

    Raises:
        ModelError: The factory or the weights fail.
    """
    content = verify(entry)
    try:
        module = call_factory(entry.options["factory"], entry.options.get("arguments") or {}, entry.root)
    except FactoryError as error:
        raise ModelError(f"{entry.where}: the model {entry.name} cannot be built: {error}") from error
    if not isinstance(module, torch.nn.Module):
        raise ModelError(
            f"{entry.where}: {entry.options['factory']} returned {type(module).__name__}, not a torch.nn.Module"
        )
    load_into(module, entry)
    return module, content
