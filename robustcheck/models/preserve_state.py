"""A module during an attack: its parameters take no gradients, and afterwards all is as it was."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import numpy as np
import torch

from robustcheck.models.tensor_content import tensor_content


@contextlib.contextmanager
def untouched(module: torch.nn.Module | None) -> Iterator[None]:
    """Freeze a module's parameters, and put back whatever an attack may change.

    That is: which parameters take gradients, the gradients themselves, buffers, training modes, and the global random states
    of torch, numpy and Python. Frozen weights also save their share of each backward pass.

    Args:
        module: ``None`` where there is none to look into.
    """
    parameters = [] if module is None else list(module.parameters())
    took = [(parameter, parameter.requires_grad, parameter.grad) for parameter in parameters]
    made = [] if module is None else [buffer for buffer in module.buffers() if not torch.nn.parameter.is_lazy(buffer)]
    buffers = [(buffer, buffer.clone()) for buffer in made]
    modes = [] if module is None else [(part, part.training) for part in module.modules()]
    numpy_state, python_state = np.random.get_state(), random.getstate()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        for parameter, takes, gradient in took:
            parameter.requires_grad_(takes)
            parameter.grad = gradient
        with torch.no_grad():
            for buffer, content in buffers:
                if not _same(buffer, content):
                    buffer.copy_(content)
        for part, training in modes:
            part.training = training
        np.random.set_state(numpy_state)
        random.setstate(python_state)


def _same(buffer: torch.Tensor, content: torch.Tensor) -> bool:
    if buffer.layout is torch.strided and not (buffer.is_quantized or buffer.is_nested):
        return torch.equal(buffer, content)
    # Torch compares no sparse, nested or quantized tensors.
    return list(tensor_content("", buffer)) == list(tensor_content("", content))
