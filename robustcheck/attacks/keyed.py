"""Global random streams that belong to one sample for a while, for programs that draw from nowhere else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from robustcheck.attacks.goal import Goal
from robustcheck.core.seeds import seed_of


@contextmanager
def keyed(goal: Goal, attack: str) -> Iterator[None]:
    """Seed the global random streams of torch, numpy and Python by sample; afterwards they are as they were.

    Args:
        goal: Whose seed and keys count, and whose device's stream is seeded besides the CPU's.
        attack: What the numbers are for.
    """
    seed = seed_of(goal.seed, *goal.keys, attack)
    device = goal.pictures.device
    own = device.type == "cuda"
    numpy_state, python_state = np.random.get_state(), random.getstate()
    with torch.random.fork_rng(devices=[device] if own else [], device_type="cuda"):
        try:
            # torch.manual_seed would seed every device of the machine, of which the others would not be restored.
            torch.default_generator.manual_seed(seed)
            if own:
                with torch.cuda.device(device):
                    torch.cuda.manual_seed(seed)
            np.random.seed(seed % 2**32)
            random.seed(seed)
            yield
        finally:
            np.random.set_state(numpy_state)
            random.setstate(python_state)
