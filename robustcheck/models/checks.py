"""What is wrong with a model is found on its first batch and said in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from robustcheck.core.errors import ModelError, NotFiniteError
from robustcheck.domain.config import ModelEntry
from robustcheck.models.probabilities import kind_of

Predict = Callable[[NDArray[np.uint8]], Any]
PROBES = 8
"""Pictures that the first look takes at most."""

ROWS = 16
"""Further outputs that tell probabilities from logits."""

SAME = 1e-3
"""Logits that differ by more, relative to their spread, are not of the same picture under the same model."""

ONE_LOGIT = (
    "a logit of the second class alone is told by outputs: one_logit in the entry, or made two by "
    "torch.stack([torch.zeros_like(z), z], 1)"
)


def check_batch(output: Any, n: int, entry: ModelEntry) -> NDArray[np.float32]:
    """Return the logits of one batch as an array of shape (n, classes).

    Raises:
        ModelError: The output is no tensor, has another shape, or is not finite.
    """
    classes = len(entry.classes)
    if not isinstance(output, torch.Tensor):
        raise ModelError(
            f"the model {entry.name} returns {_described(output)}; it must return one tensor of logits of shape "
            "(n, classes): wrap it in a module that picks that out"
        )
    if output.ndim == 1 and output.shape[0] == n and classes == 2:
        raise ModelError(f"the model {entry.name} returns shape ({n},) for {n} pictures; {ONE_LOGIT} ({entry.where})")
    if output.ndim != 2 or output.shape[0] != n:
        raise ModelError(
            f"the model {entry.name} returns shape {tuple(output.shape)} for {n} pictures; it must be ({n}, {classes}): "
            "wrap it in a module that pools or reshapes"
        )
    if output.shape[1] != classes:
        raise ModelError(
            f"the model {entry.name} gives {output.shape[1]} logits, but its entry lists {classes} classes "
            f"({entry.where}); {_cure(output.shape[1], classes)}"
        )
    logits: NDArray[np.float32] = output.detach().float().cpu().numpy()
    bad = ~np.isfinite(logits).all(axis=1)
    if bad.any():
        kind = "NaN" if np.isnan(logits).any() else "infinite"
        raise NotFiniteError(
            f"the model {entry.name} gives {kind} logits for {int(bad.sum())} of {n} pictures of a batch; look for "
            "damaged weights, a wrong mean or std, or a precision too low",
            np.flatnonzero(bad).tolist(),
        )
    return logits


def check_first_batch(
    predict: Predict, pictures: NDArray[np.uint8], entry: ModelEntry, module: torch.nn.Module | None
) -> tuple[str, ...]:
    """Look for what would make every later number meaningless.

    Returns:
        Notes for the report.

    Raises:
        ModelError: A part of the model is in training mode, its outputs are probabilities already, are
            random, or depend on the other pictures of the batch; or see ``check_batch``.
    """
    training = [name or "the model itself" for name, part in _parts(module) if part.training and _minds_mode(part)]
    if training:
        raise ModelError(
            f"the model {entry.name} is in training mode ({training[0]}"
            + (f" and {len(training) - 1} more parts" if len(training) > 1 else "")
            + "); have its factory call .eval()"
        )
    some = _different(pictures[:PROBES])
    first = check_batch(predict(some), len(some), entry)
    if entry.outputs == "logits":
        _refuse_probabilities(first, _more_rows(predict, some, first), entry)
    scale = max(float(np.ptp(first)), 1e-2 * float(np.abs(first).max()), 1e-6)
    if float(np.abs(check_batch(predict(some), len(some), entry) - first).max()) > SAME * scale:
        raise ModelError(
            f"the model {entry.name} gives other logits for the same pictures the second time: it is random "
            "(dropout or sampling still on); no gate can rest on it: have its factory call .eval(), or export it after "
            "that"
        )
    alone = check_batch(predict(some[:1]), 1, entry)
    if float(np.abs(alone - first[:1]).max()) > SAME * scale:
        raise ModelError(
            f"the model {entry.name} gives a picture other logits when other pictures are beside it: normalisation "
            "layers still use the batch's own statistics, as in training mode: have its factory call .eval(), or export "
            "it after that"
        )
    return tuple(_notes(first, entry, scale))


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, so that fewer pictures at a time may fit."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    said = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, RuntimeError) and any(words in text for words in said)


def _different(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pictures, with a negative beside them where they do not differ from each other."""
    if (pictures != pictures[0]).any():
        return pictures
    return np.concatenate([pictures, 255 - pictures[:1]])


def _notes(logits: NDArray[np.float32], entry: ModelEntry, scale: float) -> Iterator[str]:
    if float(np.ptp(logits, axis=0).max()) <= 1e-6 * scale:
        yield f"the model {entry.name} gives the same logits for each of the first {len(logits)} pictures"
    elif entry.outputs == "logits" and (logits >= 0).all() and (logits <= 1).all():
        yield (
            f"the outputs of {entry.name} all lie between 0 and 1: if a sigmoid is applied already, return the logits "
            "before it, or confidences are wrong"
        )


def _refuse_probabilities(first: NDArray[np.float32], more: NDArray[np.float32], entry: ModelEntry) -> None:
    kind = kind_of(np.concatenate([first, more]))
    if kind is None:
        return
    key, what = (
        ("probabilities", "probabilities (softmax is applied already)")
        if kind == "probabilities"
        else ("log_probabilities", "log-probabilities (log-softmax is applied already)")
    )
    raise ModelError(
        f"the model {entry.name} returns {what}; return the logits before it, or confidences, losses and attacks "
        f"would be computed from the wrong numbers; where that cannot be, write outputs: {key} in its entry"
    )


def _more_rows(predict: Predict, some: NDArray[np.uint8], first: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return outputs for further pictures where the first look like probabilities, since few rows may agree by chance."""
    rows = [first[:0]]
    if not ((first >= 0).all() or (first <= 1).all()):
        return rows[0]
    for changed in (255 - some, some // 2, some[:, ::-1], 255 - some // 2, some[:, :, ::-1]):
        output = predict(np.ascontiguousarray(changed))
        if isinstance(output, torch.Tensor) and output.shape == first.shape:
            given = output.detach().float().cpu().numpy()
            rows.append(given[np.isfinite(given).all(axis=1)])
        if sum(map(len, rows)) >= ROWS:
            break
    return np.concatenate(rows)


def _cure(given: int, classes: int) -> str:
    if given == 1 and classes == 2:
        return ONE_LOGIT
    return "make `classes` match the model"


def _parts(module: torch.nn.Module | None) -> list[tuple[str, torch.nn.Module]]:
    return [] if module is None else list(module.named_modules())


def _minds_mode(part: torch.nn.Module) -> bool:
    """Whether a part behaves differently in training, as far as its kind tells."""
    nn = torch.nn
    if isinstance(part, nn.modules.dropout._DropoutNd):
        return part.p > 0
    if isinstance(part, nn.modules.batchnorm._NormBase):
        return True
    return type(part).__module__.split(".")[0] != "torch" and not list(part.children())


def _described(output: Any) -> str:
    if isinstance(output, dict):
        return f"a dict with {', '.join(map(str, list(output)[:4]))}"
    if isinstance(output, (tuple, list)):
        return f"a {type(output).__name__} of {len(output)}"
    return f"a {type(output).__name__}"
