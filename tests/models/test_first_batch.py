"""What is wrong with a model is found on its first batch."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from robustcheck.core.errors import ModelError
from robustcheck.models import Predictor

Open = Callable[..., Predictor]
Pixels = NDArray[np.uint8]

WRAPPED = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.{layer}, nn.Flatten(), nn.Linear(144, 3))

    def forward(self, x):
        logits = self.body(x)
        return {returned}

def build():
    return Net(){mode}
"""


def code(returned: str = "logits", layer: str = "ReLU()", mode: str = ".eval()") -> str:
    return WRAPPED.format(returned=returned, layer=layer, mode=mode)


WRONG = {
    "tuple": (code("(logits, logits)"), "returns a tuple of 2; it must return one tensor of logits"),
    "list": (code("[logits]"), "returns a list of 1"),
    "dict": (code("{'logits': logits, 'aux': x}"), "returns a dict with logits, aux"),
    "none": (code("None"), "returns a NoneType"),
    "maps": (code("logits[:, :, None, None]"), "returns shape (6, 3, 1, 1) for 6 pictures; it must be (6, 3)"),
    "flat": (code("logits.flatten()"), "returns shape (18,) for 6 pictures"),
    "one row": (code("logits.mean(0, keepdim=True)"), "returns shape (1, 3) for 6 pictures"),
    "too many": (code("torch.cat([logits, logits], 1)"), "gives 6 logits, but its entry lists 3 classes (configs/models.yaml:3:1)"),
    "too few": (code("logits[:, :1]"), "gives 1 logits, but its entry lists 3 classes"),
    "nan": (code("logits.log().where(x.mean((1, 2, 3), keepdim=True)[:, :, 0, 0] * 0 == 1, torch.nan)"), "gives NaN logits for 6 of 6 pictures"),
    "inf": (code("logits / 0"), "gives infinite logits for 6 of 6 pictures"),
    "softmax": (code("logits.softmax(1)"), "returns probabilities (softmax is applied already); return the logits before it"),
    "half softmax": (code("logits.half().softmax(1)"), "returns probabilities"),
    "log-softmax": (code("logits.log_softmax(1)"), "returns log-probabilities (log-softmax is applied already)"),
    "batch norm trains": (code(layer="BatchNorm2d(4)", mode=""), "is in training mode (body.1); have its factory call .eval()"),
    "dropout trains": (code(layer="Dropout()", mode=""), "is in training mode (body.1); have its factory call .eval()"),
    "always drops": (code("nn.functional.dropout(logits, 0.5)"), "gives other logits for the same pictures the second time"),
    "looks around": (code("logits - logits.mean(0)"), "gives a picture other logits when other pictures are beside it"),
    "wrong sum": (code("logits @ torch.ones(4, 4)"), "failed on a float32 batch of shape (6, 3, 8, 8): RuntimeError: "),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_model_that_is_no_classifier_is_named(name: str, python_model: Open, pictures: Pixels) -> None:
    source, said = WRONG[name]
    model = python_model(source)
    with pytest.raises(ModelError) as caught:
        model.logits(pictures)
    text = str(caught.value)
    assert text.startswith("the model small ")
    assert said in text
    assert "\n" not in text


def test_an_error_of_the_users_code_says_where(python_model: Open, pictures: Pixels) -> None:
    with pytest.raises(ModelError, match=r"\(written_\d+\.py:12\)$"):
        python_model(code("logits @ torch.ones(4, 4)")).logits(pictures)


STUBBORN = """
class Stubborn(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.line = nn.Linear(192, 3)

    def train(self, mode=True):
        return super().train(True)

    def forward(self, x):
        return self.line(nn.functional.dropout(x.flatten(1), 0.3, self.training))

def build():
    return Stubborn().eval()
"""


def test_a_model_that_stays_in_training_mode_is_found_by_what_it_does(python_model: Open, pictures: Pixels) -> None:
    with pytest.raises(ModelError, match="the second time: it is random"):
        python_model(STUBBORN).logits(pictures)


@pytest.mark.parametrize(
    "shown",
    [np.zeros((1, 8, 8, 3), np.uint8), np.full((5, 8, 8, 3), 90, np.uint8)],
    ids=["one picture", "the same picture five times"],
)
def test_looking_around_is_found_whatever_the_first_batch(shown: Pixels, python_model: Open) -> None:
    with pytest.raises(ModelError, match="when other pictures are beside it"):
        python_model(code("logits - logits.mean(0)")).logits(shown)


NAN_LATER = """
class Later(nn.Module):
    def forward(self, x):
        logits = torch.stack([x.mean((1, 2, 3)), x.amax((1, 2, 3)) * 3, x.amin((1, 2, 3)) - 1], 1)
        return torch.where(x.mean((1, 2, 3))[:, None] > 0.99, torch.nan, logits)

def build():
    return Later().eval()
"""


def test_nan_is_looked_for_in_every_batch(python_model: Open, pictures: Pixels) -> None:
    model = python_model(NAN_LATER)
    model.logits(pictures)
    pictures[[1, 4]] = 255
    with pytest.raises(ModelError, match="gives NaN logits for 2 of 6 pictures"):
        model.logits(pictures)


def test_constant_outputs_are_noted_not_refused(python_model: Open, pictures: Pixels) -> None:
    model = python_model(code("logits * 0 + torch.tensor([1.0, 2.0, -3.0])"))
    model.logits(pictures)
    assert model.notes == ("the model small gives the same logits for each of the first 6 pictures",)


def test_outputs_like_a_sigmoids_are_noted(python_model: Open, pictures: Pixels) -> None:
    model = python_model(code("logits.sigmoid()"))
    model.logits(pictures)
    assert re.fullmatch("the outputs of small all lie between 0 and 1: if a sigmoid .*", *model.notes)


def test_a_good_model_has_no_notes_and_its_first_look_changes_nothing(python_model: Open, pictures: Pixels) -> None:
    model = python_model(code())
    first = model.logits(pictures)
    assert model.notes == ()
    assert first.dtype == np.float32
    assert first.shape == (6, 3)
    np.testing.assert_array_equal(first, model.logits(pictures))


def test_memory_that_runs_out_is_left_to_the_caller(python_model: Open, pictures: Pixels) -> None:
    model = python_model(
        """
        class Greedy(nn.Module):
            def forward(self, x):
                if len(x) > 4:
                    raise torch.OutOfMemoryError("out of memory")
                return x.mean((2, 3)) * torch.tensor([3.0, -1.0, 2.0]) - 1

        def build():
            return Greedy().eval()
        """
    )
    with pytest.raises(RuntimeError, match="out of memory"):
        model.logits(pictures)
    assert model.logits(pictures[:4]).shape == (4, 3)
