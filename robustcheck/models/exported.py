"""Programs saved by ``torch.export``: a graph and its weights, without the code that made them."""

from __future__ import annotations

import io
import warnings
from typing import Any

import torch

from robustcheck.core.errors import ModelError
from robustcheck.core.imports import told
from robustcheck.domain.config import ModelEntry
from robustcheck.models.module import ModulePredictor
from robustcheck.models.program import load_program
from robustcheck.models.weights import Weights, refuse_stand_ins


class ExportedPredictor(ModulePredictor):
    """A ``.pt2`` program. One that takes only certain numbers of pictures is fed parts, padded where needed."""

    def __init__(self, entry: ModelEntry, device: str, weights: Weights | None) -> None:
        """Load the program.

        Raises:
            ModelError: The file is missing, not the declared one, no exported program, or one for another
                input size.
        """
        if entry.weights is None or weights is None:
            raise ModelError(f"{entry.where}: the model {entry.name} needs `weights`, the path of its .pt2 file")
        refuse_stand_ins(entry, weights)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                program = load_program(io.BytesIO(weights.files[entry.weights]), declared=entry.sha256 is not None)
                module = _on_device(program, device).module()
        except ModelError as error:
            raise ModelError(
                f"{entry.where}: {entry.weights.name} cannot be loaded as a program of torch.export: {error}"
            ) from None
        except Exception as error:
            raise ModelError(
                f"{entry.where}: {entry.weights.name} cannot be loaded as a program of torch.export: "
                f"{told(error, entry.root)}"
            ) from error
        shape = _input_shape(program, entry)
        self._least, self._most = _batch_limits(program, shape[0])
        super().__init__(entry, module, device, content=weights.identity.digest)

    def _identity(self, entry: ModelEntry, content: str) -> tuple[str, tuple[str, ...]]:
        return content, ()  # The file is the whole program; how torch prints it changes with its versions.

    def _run(self, normalised: torch.Tensor) -> Any:
        parts = []
        for part in torch.split(normalised, self._most or len(normalised)):
            missing = self._least - len(part)
            padded = torch.cat([part, part[-1:].expand(missing, *part.shape[1:])]) if missing > 0 else part
            output = self.module(padded)
            if not isinstance(output, torch.Tensor) or output.ndim < 1:
                return output
            parts.append(output[: len(part)])
        return parts[0] if len(parts) == 1 else torch.cat(parts)


def _on_device(program: Any, device: str) -> Any:
    """Return the program with its constants and inner devices moved, which ``module.to`` does not reach."""
    if device == "cpu":
        return program
    from torch.export.passes import move_to_device_pass

    return move_to_device_pass(program, device)


def _input_shape(program: Any, entry: ModelEntry) -> tuple[Any, ...]:
    """Return the shape of the one input, whose numbers may be symbols.

    Raises:
        ModelError: There is not one input of four dimensions, or it has another height and width than the entry.
    """
    names = set(program.graph_signature.user_inputs)
    inputs = [node for node in program.graph.nodes if node.op == "placeholder" and node.name in names]
    shapes = [tuple(getattr(node.meta.get("val"), "shape", ())) for node in inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise ModelError(
            f"{entry.where}: the program of {entry.name} takes {len(names)} inputs; it must take one, pictures of "
            "shape (n, 3, height, width)"
        )
    fixed = [size for size in shapes[0][2:] if isinstance(size, int)]
    if len(fixed) == 2 and tuple(fixed) != entry.preprocessing.input_size:
        height, width = entry.preprocessing.input_size
        raise ModelError(
            f"{entry.where}: the program of {entry.name} was exported for pictures of {fixed[0]}x{fixed[1]}, but "
            f"input.size is {height}x{width}; write input.size: [{fixed[0]}, {fixed[1]}]"
        )
    channels = entry.preprocessing.count
    if isinstance(shapes[0][1], int) and shapes[0][1] != channels:
        hint = {1: "; write input.channels: gray", 3: "; write input.channels: rgb or bgr"}.get(shapes[0][1], "")
        raise ModelError(
            f"{entry.where}: the program of {entry.name} was exported for pictures of {shapes[0][1]} channels, but "
            f"input.channels is {entry.preprocessing.channels}{hint}"
        )
    return shapes[0]


def _batch_limits(program: Any, size: Any) -> tuple[int, int | None]:
    """Return the least and the greatest number of pictures a program takes; ``None`` for no bound."""
    if isinstance(size, int):
        return size, size
    bounds = program.range_constraints.get(size.node.expr)
    if bounds is None:
        return 1, None
    most = int(bounds.upper) if bounds.upper.is_Integer else None
    return max(1, int(bounds.lower)), most
