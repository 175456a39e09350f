"""What an entry says of its outputs: logits are made of them, and what cannot be is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from robustcheck.core.errors import ModelError
from robustcheck.engine.pipeline.batching import Forward
from robustcheck.models import Predictor

Open = Callable[..., Predictor]
Pixels = NDArray[np.uint8]
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(192, {classes}))

    def forward(self, x):
        z = self.body(x) * 3
        return {returned}

def build():
    return Net().eval()
"""


def code(returned: str, classes: int = 3) -> str:
    return NET.format(returned=returned, classes=classes)


@pytest.mark.parametrize("returned", ["z", "z[:, 0]"], ids=["a column", "a row"])
def test_one_logit_is_that_of_the_second_class(returned: str, python_model: Open, pictures: Pixels) -> None:
    model = python_model(code(returned, 1), classes=2, outputs="one_logit")
    logits = model.logits(pictures)
    twin = python_model(code("torch.cat([z * 0, z], 1)", 1), classes=2)
    np.testing.assert_array_equal(logits, twin.logits(pictures))
    assert model.digest != twin.digest
    inputs = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(255).requires_grad_(True)
    model.forward(inputs)[:, 1].sum().backward()
    assert inputs.grad is not None
    assert bool((inputs.grad != 0).any())


@pytest.mark.parametrize("returned", ["z", "z[:, 0]"], ids=["a column", "a row"])
def test_one_logit_that_is_not_declared_is_told_the_key(returned: str, python_model: Open, pictures: Pixels) -> None:
    with pytest.raises(ModelError, match=r"outputs: one_logit in the entry, or made two by torch\.stack"):
        python_model(code(returned, 1), classes=2).logits(pictures)


@pytest.mark.parametrize(
    ("outputs", "returned"),
    [
        ("probabilities", "z.softmax(1)"),
        ("probabilities", "z.bfloat16().softmax(1)"),
        ("probabilities", "(z.softmax(1) * 255).round() / 255"),
        ("log_probabilities", "z.log_softmax(1)"),
    ],
)
def test_declared_probabilities_become_logits(
    outputs: str, returned: str, python_model: Open, pictures: Pixels
) -> None:
    plain = python_model(code("z")).logits(pictures)
    with pytest.raises(ModelError, match=f"write outputs: {outputs} in its entry"):
        python_model(code(returned)).logits(pictures)
    model = python_model(code(returned), outputs=outputs)
    logits = model.logits(pictures)
    shares = [np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True) for rows in (logits, plain)]
    np.testing.assert_allclose(*shares, atol=0.01)
    assert any("as its entry declares" in note for note in getattr(model, "notes", ()))


@pytest.mark.parametrize("outputs", ["probabilities", "log_probabilities", "one_logit"])
def test_what_is_not_as_declared_is_refused(outputs: str, python_model: Open, pictures: Pixels) -> None:
    with pytest.raises(ModelError, match="outputs: "):
        python_model(code("z"), outputs=outputs).logits(pictures)


NAN = """
class Net(nn.Module):
    def forward(self, x):
        z = torch.stack([x.mean((1, 2, 3)), x.amax((1, 2, 3)) * 3, x.amin((1, 2, 3)) - 1], 1)
        return torch.where(x.mean((1, 2, 3))[:, None] > 0.99, torch.{what}, z)

def build():
    return Net().eval()
"""


@pytest.mark.parametrize("what", ["nan", "inf"])
@pytest.mark.parametrize("size", [2, 3, 6])
def test_pictures_whose_outputs_are_no_numbers_are_named(
    what: str, size: int, python_model: Open, pictures: Pixels
) -> None:
    pictures[[4, 5]] = 255
    forward = Forward(python_model(NAN.format(what=what)), size)
    with pytest.raises(ModelError) as caught:
        forward(pictures, [f"p{row}.png" for row in range(6)])
    assert str(caught.value).endswith(": p4.png, p5.png")
    assert f"for 2 of {size} pictures" in str(caught.value)
