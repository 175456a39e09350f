"""Programs saved by ``torch.export``: a graph and its weights, without the code that made them."""

from __future__ import annotations

from typing import Any

import torch

from robustcheck.errors import ModelError
from robustcheck.language.entries import ModelEntry
from robustcheck.models.module import ModulePredictor
from robustcheck.models.weights import verify


class ExportedPredictor(ModulePredictor):
    """A ``.pt2`` program. One that was exported for a fixed number of pictures is fed padded parts."""

    def __init__(self, entry: ModelEntry, device: str) -> None:
        """Load the program.

        Raises:
            ModelError: The file is missing, not the declared one, or no exported program.
        """
        if entry.weights is None:
            raise ModelError(f"{entry.where}: the model {entry.name} needs `weights`, the path of its .pt2 file")
        content = verify(entry)
        try:
            program = torch.export.load(entry.weights)
            module = program.module()
        except Exception as error:
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(
                f"{entry.where}: {entry.weights.name} cannot be loaded as a program of torch.export: {text}"
            ) from error
        self._fixed = _fixed_batch(program)
        super().__init__(entry, module, device, content=content)

    def _run(self, normalised: torch.Tensor) -> Any:
        size = self._fixed
        if size is None or len(normalised) == size:
            return self.module(normalised)
        parts = []
        for part in torch.split(normalised, size):
            padding = part[-1:].expand(size - len(part), *part.shape[1:])
            output = self.module(torch.cat([part, padding]))
            if not isinstance(output, torch.Tensor) or output.ndim < 1:
                return output
            parts.append(output[: len(part)])
        return torch.cat(parts)


def _fixed_batch(program: Any) -> int | None:
    """Return the number of pictures a program was exported for; ``None`` when it takes any."""
    names = set(program.graph_signature.user_inputs)
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in names:
            shape = node.meta["val"].shape
            return int(shape[0]) if len(shape) == 4 and isinstance(shape[0], int) else None
    return None
