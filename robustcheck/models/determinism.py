"""Full precision and fixed algorithms while a model predicts, and nothing left changed after it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def steady() -> Iterator[None]:
    """Have cuDNN and cuBLAS compute in full float32 with fixed algorithms, and put back what was set.

    TensorFloat-32 keeps 10 bits of the mantissa: enough to turn a close call, and only on some machines.
    """
    import torch

    cudnn = torch.backends.cudnn
    before = cudnn.benchmark, cudnn.deterministic
    cudnn.benchmark, cudnn.deterministic = False, True
    try:
        with _full_float32():
            yield
    finally:
        cudnn.benchmark, cudnn.deterministic = before


@contextlib.contextmanager
def _full_float32() -> Iterator[None]:
    import torch

    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    try:
        switches: list[tuple[Any, str, Any, Any]] = [
            (cudnn, "allow_tf32", cudnn.allow_tf32, False),
            (matmul, "allow_tf32", matmul.allow_tf32, False),
        ]
    except RuntimeError:
        # The model's own code chose precisions through torch's newer switches; then the older cannot be read.
        newer = (matmul, cudnn.conv, cudnn.rnn)  # type: ignore[attr-defined]
        switches = [(part, "fp32_precision", part.fp32_precision, "ieee") for part in newer]
    for owner, name, _, wanted in switches:
        setattr(owner, name, wanted)
    try:
        yield
    finally:
        for owner, name, found, _ in switches:
            setattr(owner, name, found)
