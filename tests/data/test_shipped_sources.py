"""Pictures that come with the installation: foolbox's samples and the demo's signs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robustcheck.core.errors import DataError
from robustcheck.data import open_source
from robustcheck.domain.config import DataEntry

Entry = Callable[..., DataEntry]


@pytest.mark.parametrize(("dataset", "side"), [("imagenet", 0), ("cifar10", 32), ("cifar100", 32)])
def test_foolboxs_samples(dataset: str, side: int, data_entry: Entry) -> None:
    source = open_source(data_entry("foolbox-samples", options={"dataset": dataset}), seed=0)
    samples = list(source.samples())
    assert len(samples) == 20
    assert all(sample.id.startswith(f"{dataset}_") for sample in samples)
    assert all(sample.id.rsplit(".")[0].rsplit("_")[-1] == sample.label for sample in samples)
    pixels = source.read(samples[0])
    assert pixels.dtype == np.uint8
    assert not side or pixels.shape == (side, side, 3)
    assert len({source.content(sample) for sample in samples}) == 20


def test_foolboxs_samples_without_such_pictures_or_foolbox(data_entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="has no pictures of fashion"):
        list(open_source(data_entry("foolbox-samples", options={"dataset": "fashion"}), seed=0).samples())
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match="needs foolbox, which is not installed"):
        open_source(data_entry("foolbox-samples", options={"dataset": "imagenet"}), seed=0)


SCRIPT = """
import sys
from pathlib import Path
from robustcheck.data import open_source
from robustcheck.core.errors import Location
from robustcheck.domain.config import DataEntry
entry = DataEntry("f", "foolbox-samples", None, 5, {}, {"dataset": "imagenet"}, Location("x"), Path(sys.argv[1]))
source = open_source(entry, seed=0)
print(len([source.content(sample) for sample in source.samples()]))
print(sorted({"foolbox", "torch", "cv2", "albumentations"} & set(sys.modules)))
"""


def test_listing_and_hashing_load_nothing_heavy(tmp_path: Path) -> None:
    call = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    ran = subprocess.run(call, capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.split("\n")[:2] == ["5", "[]"]


def test_signs(data_entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from robustcheck.demo.drawn_signs import VARIABLE

    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    options = {"split": "test", "size": 28, "seed": 0}
    source = open_source(data_entry("signs", options=options, labels={"stop": "halt"}), seed=0)
    samples = list(source.samples())
    assert len(samples) == 28
    assert {"halt", "yield"} <= {sample.label for sample in samples}
    assert source.read(samples[3]).shape == (160, 160, 3)
    assert set(samples[0].metadata) == set(source.columns)
    assert len({source.content(sample) for sample in samples}) == 28
