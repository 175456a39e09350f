"""Models: one file a kind, all as a ``Predictor``."""

from __future__ import annotations

from robustcheck.language.entries import ModelEntry
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

    where = choose_device(device)
    if entry.kind == "exported":
        from robustcheck.models.exported import ExportedPredictor

        return ExportedPredictor(entry, where)
    if entry.kind == "python":
        from robustcheck.models.factory import build

        module, content = build(entry)
    else:
        from robustcheck.models import zoo

        module, content = (zoo.build_timm if entry.kind == "timm" else zoo.build_torchvision)(entry)
    return ModulePredictor(entry, module, where, content=content)
