"""What a model's entry says that its outputs are, as logits of every class."""

from __future__ import annotations

from typing import Any, Final

import torch

from robustcheck.core.errors import ModelError
from robustcheck.domain.config import ModelEntry
from robustcheck.models.probabilities import SUMS, tolerance_of

LEAST: Final = torch.finfo(torch.float32).tiny
"""Probabilities that were rounded to nothing count as this much: a logarithm must be finite."""
NOTES: Final = {
    "probabilities": "logits are the logarithms of its probabilities, as its entry declares: gradients vanish where it is sure",
    "log_probabilities": "logits are its log-probabilities, as its entry declares",
    "one_logit": "its one output is the logit of the second class, as its entry declares",
}


def as_logits(output: Any, entry: ModelEntry) -> Any:
    """Return what a model gave as logits, differentiably; what has another form than declared is left to ``check_batch``.

    Raises:
        ModelError: The outputs are not what the entry says.
    """
    if not isinstance(output, torch.Tensor) or entry.outputs == "logits":
        return output
    if entry.outputs == "one_logit":
        return _two(output, entry)
    if output.ndim == 2:
        _check(output, entry)
    return output.float().clamp_min(LEAST).log() if entry.outputs == "probabilities" else output


def _two(output: torch.Tensor, entry: ModelEntry) -> torch.Tensor:
    column = output[:, None] if output.ndim == 1 else output
    if column.ndim != 2 or column.shape[1] != 1:
        raise ModelError(
            f"the model {entry.name} returns shape {tuple(output.shape)}, not one logit a picture as outputs: one_logit says "
            f"({entry.where}); leave outputs out if there is one a class"
        )
    return torch.cat([torch.zeros_like(column), column], dim=1)


def _check(output: torch.Tensor, entry: ModelEntry) -> None:
    given = output.detach().double()
    shares = given if entry.outputs == "probabilities" else given.exp()
    finite = torch.isfinite(given).all(dim=1)
    rows = shares[finite] if finite.any() else shares[:0]
    if not len(rows):
        return
    off = float((rows.sum(dim=1) - 1).abs().max())
    if float(rows.min()) < 0 or (off > SUMS and off > tolerance_of(given[finite].float().cpu().numpy())):
        raise ModelError(
            f"the model {entry.name} returns no {entry.outputs.replace('_', '-')}, as outputs: says ({entry.where}): a row sums to "
            f"{1 + off:.3g} or {1 - off:.3g}, or is negative; correct outputs, or the model"
        )
