"""Models: one file a kind, all as a ``Predictor``."""

from __future__ import annotations

from robustcheck.domain.config import ModelEntry
from robustcheck.models.predictor import Predictor

__all__ = ["Predictor", "open_model"]


def open_model(entry: ModelEntry, *, device: str = "auto") -> Predictor:
    """Build a model of ``configs/models.yaml`` on its device.

    Args:
        entry: What the file says.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Raises:
        ModelError: It cannot be built as its entry says; names the entry's place and what to do.
    """
    from robustcheck.models.module import ModulePredictor, choose_device
    from robustcheck.models.weights import read_weights

    where, weights = choose_device(device), read_weights(entry)
    if entry.kind == "exported":
        from robustcheck.models.exported import ExportedPredictor

        predictor: ModulePredictor = ExportedPredictor(entry, where, weights)
        notes: tuple[str, ...] = ()
    elif entry.kind == "python":
        from robustcheck.models.factory import build

        module, content, notes = build(entry, weights)
        predictor = ModulePredictor(entry, module, where, content=content)
    else:
        from robustcheck.models import zoo

        module, notes = (zoo.build_timm if entry.kind == "timm" else zoo.build_torchvision)(entry, weights)
        content = weights.identity.digest if weights else ""
        predictor = ModulePredictor(entry, module, where, content=content)
    predictor.notes += notes
    predictor.weights = weights.identity if weights else None
    return predictor
