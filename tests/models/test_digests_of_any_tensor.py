"""Every model has a digest: the same each time, another for other values, and one that never comes again where there is no telling."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from robustcheck.core.errors import ModelError
from robustcheck.models.identity import digest_of_module

Make = Callable[[float], Any]


class Net(torch.nn.Module):
    """Holds something, as a buffer or as an attribute."""

    def __init__(self, held: Any, how: str) -> None:
        super().__init__()
        if how == "attribute":
            self.held = held
        else:
            self.register_buffer("held", held, persistent=how == "buffer")


class Scaled(torch.Tensor):
    """A subclass with a setting of its own, which never lets itself be copied."""

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "contiguous" in str(function):
            raise TypeError("not of this kind")
        return super().__torch_function__(function, types, args, kwargs or {})  # type: ignore[no-untyped-call]


def scaled(values: torch.Tensor, scale: float) -> torch.Tensor:
    tensor = values.as_subclass(Scaled)
    tensor.scale = scale  # type: ignore[attr-defined]
    return tensor


def eye(v: float) -> torch.Tensor:
    return torch.eye(4) * v


def quietly(make: Make) -> Make:
    """Torch warns that some of these are new, and of others that they are old."""

    def made(v: float) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make(v)

    return made


def uncoalesced(v: float) -> torch.Tensor:
    return torch.sparse_coo_tensor(torch.tensor([[0, 0, 1]]), torch.tensor([v, v, 1.0]), (3,), check_invariants=True)


def channels(v: float) -> torch.Tensor:
    return torch.quantize_per_channel(
        torch.eye(4), torch.full((4,), v), torch.zeros(4, dtype=torch.long), 0, torch.qint8
    )


TENSORS: dict[str, Make] = {
    "plain": eye,
    "sparse": lambda v: eye(v).to_sparse(),
    "sparse, not merged": uncoalesced,
    "sparse, whose indices differ": lambda v: torch.diag(torch.ones(3), int(v)).to_sparse(),
    "sparse and empty": lambda v: torch.zeros(int(v), 2).to_sparse(),
    "csr": lambda v: eye(v).to_sparse_csr(),
    "csc": lambda v: eye(v).to_sparse_csc(),
    "bsr": lambda v: eye(v).to_sparse_bsr((2, 2)),
    "bsc": lambda v: eye(v).to_sparse_bsc((2, 2)),
    "mkldnn": lambda v: eye(v).to_mkldnn(),
    "conjugated": lambda v: torch.tensor([v + 2j]).conj(),
    "negated": lambda v: torch.tensor([1 + v * 1j]).conj().imag,
    "sparse and conjugated": lambda v: torch.tensor([v + 2j]).to_sparse().conj(),
    "quantized": lambda v: torch.quantize_per_tensor(eye(v), 0.1, 0, torch.qint8),
    "quantized with another scale": lambda v: torch.quantize_per_tensor(torch.zeros(4), v, 0, torch.quint8),
    "quantized with another zero": lambda v: torch.quantize_per_tensor(torch.zeros(4), 1.0, int(v), torch.qint32),
    "quantized by channel": channels,
    "quantized by channel, zeros between": lambda v: torch.quantize_per_channel(
        torch.eye(4), torch.full((4,), v), torch.zeros(4), 0, torch.quint8
    ),
    "nested": lambda v: torch.nested.nested_tensor([eye(v), torch.eye(2)]),
    "jagged": lambda v: torch.nested.nested_tensor([eye(v), torch.ones(2, 4)], layout=torch.jagged),
    "meta": lambda v: torch.empty(int(v), device="meta"),
    "float8": lambda v: eye(v).to(torch.float8_e4m3fn),
    "float8, not contiguous": lambda v: (torch.ones(2, 3) * torch.tensor([1.0, v, 1.0])).to(torch.float8_e5m2).t(),
    "bfloat16": lambda v: eye(v).bfloat16(),
    "bool": lambda v: torch.tensor([v > 1, True]),
    "complex": lambda v: torch.tensor([1 + v * 1j]),
    "half complex": lambda v: torch.tensor([1 + v * 1j]).to(torch.complex32),
    "uint16": lambda v: torch.tensor([int(v)], dtype=torch.uint16),
    "zero-size": lambda v: torch.empty(0, int(v)),
    "no dimension": lambda v: torch.tensor(v),
    "not contiguous": lambda v: (torch.arange(6.0).view(2, 3) * v).t()[::2],
    "expanded": lambda v: torch.tensor([v]).expand(3),
    "a gradient": lambda v: torch.tensor([v], requires_grad=True),
    "not a leaf": lambda v: torch.tensor([v], requires_grad=True) * 2,
    "a subclass": lambda v: scaled(eye(v), 1.0),
    "a setting of a subclass": lambda v: scaled(torch.eye(2), v),
    "in inference mode": torch.inference_mode()(lambda v: torch.tensor([v])),
}


def digest(held: Any, model_entry: Any, how: str = "attribute") -> tuple[str, tuple[str, ...]]:
    return digest_of_module(model_entry(), Net(held, how), "")


@pytest.mark.parametrize("how", ["buffer", "buffer that is not kept", "attribute", "in a list", "in a dictionary"])
@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_of_any_kind(name: str, how: str, model_entry: Any) -> None:
    make = quietly(TENSORS[name])

    def of(v: float) -> str:
        held = make(v)
        inside = {"in a list": [1, held], "in a dictionary": {"a": held}}.get(how, held)
        text, notes = digest(inside, model_entry, "attribute" if how.startswith("in a") else how)
        assert not notes, notes
        return text

    assert of(1.0) == of(1.0)
    assert of(1.0) != of(2.0)


def test_the_values_of_a_conjugated_tensor_count(model_entry: Any) -> None:
    lazy = torch.tensor([1 + 2j]).conj()
    assert digest(lazy, model_entry) == digest(torch.tensor([1 - 2j]), model_entry)


def holds_itself(v: float) -> list[Any]:
    held: list[Any] = [v]
    held.append(held)
    return held


def mapping_holds_itself(v: float) -> dict[str, Any]:
    held: dict[str, Any] = {"v": v, "t": torch.tensor(v)}
    held["self"] = [held, held]
    return held


def doubled(v: float) -> list[Any]:
    held: list[Any] = [v]
    for _ in range(60):
        held = [held, held]
    return held


def thousands(v: float) -> list[Any]:
    held: list[Any] = [torch.tensor(v)]
    for _ in range(8):
        held = [held] * 1000
    return held


def nested(v: float, depth: int) -> list[Any]:
    held: list[Any] = [v]
    for _ in range(depth):
        held = [held]
    return held


def masked(v: float) -> NDArray[Any]:
    return np.ma.MaskedArray([1.0, 2.0], mask=[v > 1, False])


VALUES: dict[str, Make] = {
    "a list that holds itself": holds_itself,
    "a dictionary that holds itself": mapping_holds_itself,
    "a list doubled sixty times": doubled,
    "a list a thousand times, eight deep": thousands,
    "lists fifty deep": lambda v: nested(v, 50),
    "a tensor fifty deep": lambda v: [nested(v, 50), torch.tensor(v)],
    "a number beside a tensor": lambda v: [v, torch.ones(1)],
    "a number of ten thousand digits": lambda v: 10**10_000 + int(v),
    "the same in a list": lambda v: [10**10_000 + int(v), 1],
    "a masked array": masked,
    "NaN and infinity": lambda v: [float("nan"), float("inf") * v, v],
}


@pytest.mark.parametrize("name", VALUES)
def test_an_attribute_of_any_shape(name: str, model_entry: Any) -> None:
    first, again, other = (digest(VALUES[name](v), model_entry) for v in (1.0, 1.0, 2.0))
    assert first == again
    assert first[0] != other[0]
    assert first[1] == ()


class Raises(torch.nn.Module):
    """Its state cannot be asked for."""

    def get_extra_state(self) -> Any:
        raise RuntimeError("no\nstate")


class Unprintable(torch.nn.Module):
    """Its description cannot be made."""

    def extra_repr(self) -> str:
        return str(1 / 0)


def fake() -> torch.Tensor:
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        return torch.ones(2)


UNKNOWN: dict[str, Callable[[], torch.nn.Module]] = {
    "lists a thousand deep": lambda: Net([nested(1.0, 5000), torch.ones(1)], "attribute"),
    "not yet a parameter": lambda: torch.nn.LazyLinear(3),
    "not yet a buffer": lambda: Net(torch.nn.UninitializedBuffer(), "attribute"),
    "a tensor without values": lambda: Net(fake(), "attribute"),
    "a masked tensor": lambda: Net(torch.masked.masked_tensor(torch.eye(2), torch.eye(2) > 0), "attribute"),
    "a state that raises": Raises,
    "a description that raises": Unprintable,
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_told_never_has_the_same_digest_again(name: str, model_entry: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = UNKNOWN[name]()
        (first, notes), (second, _) = (digest_of_module(model_entry(), module, "") for _ in range(2))
    assert first != second
    assert len(first) == 64
    assert len(notes) == 1
    assert "\n" not in notes[0]
    assert notes[0].startswith("the model small cannot be told from others, so nothing of it is kept for later runs (")


OPENED = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {made}

    def forward(self, x):
        return x.mean((2, 3)) * 10.0

def build():
    return Net().eval()
"""
MADE = {
    "sparse": "self.register_buffer('held', torch.eye(3).to_sparse())",
    "csr": "self.register_buffer('held', torch.eye(3).to_sparse_csr())",
    "conjugated": "self.held = torch.tensor([1 + 2j]).conj()",
    "quantized": "self.register_buffer('held', torch.quantize_per_tensor(torch.eye(3), 0.1, 0, torch.qint8))",
    "nested": "self.register_buffer('held', torch.nested.nested_tensor([torch.eye(3), torch.eye(2)]))",
    "float8": "self.register_buffer('held', torch.eye(3).to(torch.float8_e4m3fn))",
    "holds itself": "self.held = [1]; self.held.append(self.held)",
    "lazy": "self.held = nn.UninitializedBuffer()",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MADE)
def test_such_a_model_predicts(name: str, python_model: Any, pictures: NDArray[np.uint8]) -> None:
    model = python_model(OPENED.format(made=MADE[name]))
    assert model.logits(pictures).shape == (6, 3)
    assert len(model.notes) == (name == "lazy")


def test_a_model_without_data_is_told_in_one_line(python_model: Any) -> None:
    made = "self.register_buffer('held', torch.empty(3, device='meta'))"
    with pytest.raises(
        ModelError, match=r"^configs/models.yaml:3:1: the model small cannot be moved to cpu: .*meta"
    ) as caught:
        python_model(OPENED.format(made=made))
    assert "\n" not in str(caught.value)
