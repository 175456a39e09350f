"""The parts of the engine one by one: random streams, memory, batch size, index."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from robustcheck.core.errors import DataError, Location, ModelError
from robustcheck.core.units import Quantity
from robustcheck.data.source import Sample
from robustcheck.domain.case import Case
from robustcheck.domain.how import Clean, Fixed
from robustcheck.domain.steps import Step
from robustcheck.engine.cache.cache_keys import case_key, generator
from robustcheck.engine.pipeline.batching import Forward
from robustcheck.engine.pipeline.image_cache import Memory
from robustcheck.engine.sample_index import build_index


def case(*steps: Step, **changes: Any) -> Case:
    values: dict[str, Any] = {
        "id": "x",
        "check": "x",
        "how": Fixed(steps) if steps else Clean(),
        "swept": {},
        "expectations": (),
        "severity": "error",
        "tier": "standard",
        "tags": (),
        "why": "",
        "border": "source",
        "fill": "reflect",
        "allow_synthetic_border": False,
        "where": Location("s.yaml"),
    }
    return Case(**{**values, **changes})


SHADOW = Step("light.shadow", {"depth": Quantity(-1, "ev"), "coverage": Quantity(20, "%")})


def test_random_streams_depend_on_seed_sample_case_and_step_alone() -> None:
    def draw(seed: int, sample: str, chosen: Case, step: int) -> list[float]:
        return generator(seed, sample, chosen, step).random(3).tolist()

    base = draw(1, "a.png", case(SHADOW), 0)
    assert base == draw(1, "a.png", case(SHADOW, id="renamed", why="other words"), 0)
    deeper = Step("light.shadow", {**SHADOW.params, "depth": Quantity(-2, "ev")})
    others = [
        draw(2, "a.png", case(SHADOW), 0),
        draw(1, "b.png", case(SHADOW), 0),
        draw(1, "a.png", case(SHADOW), 1),
        draw(1, "a.png", case(deeper), 0),
    ]
    assert len({tuple(values) for values in [base, *others]}) == 5


def test_random_streams_are_the_same_on_every_machine() -> None:
    stream = generator(7, "stop/1.png", case(SHADOW), 0)
    assert stream.integers(0, 2**32, 3).tolist() == EXPECTED_STREAM


EXPECTED_STREAM = [3646070262, 3364661091, 3004058370]


def test_case_key_changes_with_everything_that_decides_the_records_and_nothing_else() -> None:
    facts: dict[str, Any] = {"seed": 1, "model": "m", "data": "d", "labels": {}, "device": "cpu"}
    base = case_key(case(SHADOW), **facts)
    assert base == case_key(case(SHADOW, id="y", severity="warn", tags=("a",)), **facts)
    assert base == case_key(case(SHADOW), **{**facts, "device": "cpu:0"})
    changed = [
        case_key(case(SHADOW), **{**facts, name: value})
        for name, value in [("seed", 2), ("model", "n"), ("data", "e"), ("labels", {"a": "b"}), ("device", "cuda:0")]
    ]
    changed += [case_key(case(), **facts), case_key(case(SHADOW, fill="black"), **facts)]
    assert len({base, *changed}) == 8


def test_an_edited_shift_is_run_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from robustcheck.engine.cache import cache_keys as keys

    facts: dict[str, Any] = {"seed": 1, "model": "m", "data": "d", "labels": {}, "device": "cpu"}
    base = case_key(case(SHADOW), **facts)
    monkeypatch.setattr(keys, "_source_digest", lambda file: "edited")
    assert case_key(case(SHADOW), **facts) != base


def test_memory_keeps_what_fits_and_asks_again_for_the_rest() -> None:
    made: list[int] = []

    def ask(memory: Memory, row: int) -> np.ndarray[Any, Any]:
        def make() -> np.ndarray[Any, Any]:
            made.append(row)
            return np.full(100, row, np.uint8)

        return memory.get("decoded", row, make)

    memory = Memory(250)
    for _ in range(2):
        for row in range(4):
            assert ask(memory, row)[0] == row
    assert made == [0, 1, 2, 3, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        ask(memory, 0)[0] = 9


class Fake:
    """A predictor that runs out of memory above a number of pictures."""

    device = "cpu"

    def __init__(self, fits: int) -> None:
        self.fits = fits
        self.sizes: list[int] = []

    def logits(self, pictures: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        self.sizes.append(len(pictures))
        if len(pictures) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return pictures.reshape(len(pictures), -1)[:, :2].astype(np.float32)


def test_batch_size_is_halved_until_it_fits_and_stays_there() -> None:
    fake = Fake(fits=3)
    forward = Forward(fake, 16)  # type: ignore[arg-type]
    pictures = np.arange(10 * 12, dtype=np.uint8).reshape(10, 2, 2, 3)
    np.testing.assert_array_equal(forward(pictures), pictures.reshape(10, -1)[:, :2])
    assert forward.size == 2
    assert fake.sizes == [10, 5, 2, 2, 2, 2, 2]
    assert forward.pictures == 10
    forward(pictures[:2])
    assert fake.sizes[-1] == 2


def test_one_picture_that_does_not_fit_is_said() -> None:
    with pytest.raises(ModelError, match="one picture of 2x2 does not fit into the memory of cpu"):
        Forward(Fake(fits=0), 4)(np.zeros((4, 2, 2, 3), np.uint8))  # type: ignore[arg-type]


def test_other_errors_of_the_model_pass_through() -> None:
    def broken(pictures: object) -> None:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        Forward(SimpleNamespace(device="cpu", logits=broken), 4)(np.zeros((4, 2, 2, 3), np.uint8))  # type: ignore[arg-type]


class Listed:
    """A source with given samples."""

    name = "listed"
    columns = ("weather",)

    def __init__(self, *samples: Sample) -> None:
        self._samples = samples

    def samples(self) -> Iterator[Sample]:
        return iter(self._samples)


def test_index_translates_labels_and_columns() -> None:
    source = Listed(Sample("a", "yield", {"weather": "rain"}), Sample("b", "stop"))
    index = build_index(source, ("stop", "yield"))  # type: ignore[arg-type]
    assert index.labels.tolist() == [1, 0]
    assert index.columns["weather"].tolist() == ["rain", ""]
    assert index.rows(np.array(["b", "a"])).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ((), "has no picture"),
        ((Sample("a", "stop"), Sample("a", "stop")), "1 ids more than once, such as a"),
        ((Sample("a", "stpo"), Sample("b", "stpo")), r"such as stpo \(2 pictures\); did you mean stop\?; rename with"),
    ],
)
def test_index_refuses_what_does_not_fit(samples: tuple[Sample, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        build_index(Listed(*samples), ("stop", "yield"))  # type: ignore[arg-type]
