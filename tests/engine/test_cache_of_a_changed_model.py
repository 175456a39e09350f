"""A second run never answers for a model, a shift or data that changed since the first: it gives the new number."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from small_project import write_pictures

import robustcheck

MODEL = """
import torch
{head}

class Brightness(torch.nn.Module{base}):
    {body}
    def __init__(self) -> None:
        super().__init__()
        self.centres = torch.nn.Parameter(torch.tensor([0.2, 0.5, 0.8]))
        {made}

    def forward(self, x):
        {first}
        mean = x.mean(dim=(1, 2, 3)) + ({lean})
        return -40.0 * (mean[:, None] - self.centres[None, :]) ** 2


def build():
    model = Brightness().eval()
    {built}
    return model
"""

MODELS = """
gated:
  kind: python
  factory: gated:build
  classes: [dark, middle, bright]
  input: {size: 16, resize: 20, mean: [0, 0, 0], std: [1, 1, 1]}
"""

DATA = """
greys: {kind: imagefolder, path: ../pictures}
"""

SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: gated
data: greys
expect: {accuracy: ">= 1%"}
checks:
  - {shift: light.exposure, stops: 0.2ev}
  - {attack: fgsm, eps: 1/255}
  - {worst_of: camera.shift, dx: -5%..5%, budget: 4}
"""


@dataclass(frozen=True)
class Variant:
    """A model, and what is done to it between two runs.

    Attributes:
        parts: Of the model's text.
        files: Further files of the project.
        change: Text before and after, by file.
        variables: Of the environment, in the second run.
        probed: Whether only a look at the pictures can tell, since no file that the key covers changed.
        configs: Further text of configs/models.yaml.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    change: tuple[str, str, str] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    probed: bool = False
    configs: str = ""


def helper(text: str, **parts: str) -> Variant:
    """Return a model with another module, in which .0 becomes .5."""
    return Variant({"head": "import aside", **parts}, {"aside.py": text}, ("aside.py", "0.0", "0.5"))


def data_file(*, probed: bool = True, **parts: str) -> Variant:
    """Return a model that reads a file which no key covers, though it may cover what became of it."""
    parts = {"head": "import pathlib, numpy", **parts}
    return Variant(parts, {"lean.txt": "0.0"}, ("lean.txt", "0.0", "0.5"), probed=probed)


READ = "float((pathlib.Path(__file__).parent / 'lean.txt').read_text())"

VARIANTS: dict[str, Variant] = {
    "function of another module": helper("def lean():\n    return 0.0\n", lean="aside.lean()"),
    "constant of another module": helper("LEAN = 0.0\n", lean="aside.LEAN"),
    "constant taken over by name": helper("LEAN = 0.0\n", head="from aside import LEAN", lean="LEAN"),
    "base class in another file": helper(
        "class Base:\n    def lean(self):\n        return 0.0\n", base=", aside.Base", lean="self.lean()"
    ),
    "class attribute in another file": helper("class Base:\n    lean = 0.0\n", base=", aside.Base", lean="self.lean"),
    "hook in another file": helper(
        "def hook(module, inputs):\n    return (inputs[0] + 0.0,)\n",
        built="model.register_forward_pre_hook(aside.hook)",
    ),
    "closure from another file": helper(
        "def make(lean=0.0):\n    return lambda x: x + lean\n",
        made="self.move = aside.make()",
        first="x = self.move(x)",
    ),
    "default argument in another file": helper(
        "def move(x, lean=0.0):\n    return x + lean\n", first="x = aside.move(x)"
    ),
    "buffer that is not kept": helper(
        "LEAN = 0.0\n",
        made="self.register_buffer('lean', torch.tensor(aside.LEAN), persistent=False)",
        lean="self.lean",
    ),
    "tensor attribute": helper("LEAN = 0.0\n", made="self.lean = torch.tensor(aside.LEAN)", lean="self.lean"),
    "function replaced by another file": helper(
        "import torch\n\ndef mean(x, dim):\n    return torch.mean(x, dim) + 0.0\n",
        built="Brightness.average = staticmethod(aside.mean)",
        first="x = x + (self.average(x, (1, 2, 3)) - x.mean(dim=(1, 2, 3)))[:, None, None, None]",
    ),
    "module imported while it runs": helper("LEAN = 0.0\n", head="", first="import aside", lean="aside.LEAN"),
    "module in a package": Variant(
        {"head": "from parts.deep import aside"},
        {"parts/__init__.py": "", "parts/deep/__init__.py": "", "parts/deep/aside.py": "LEAN = 0.0\n"},
        ("parts/deep/aside.py", "0.0", "0.5"),
    ),
    "file read in forward": data_file(lean=READ),
    "file read when built": data_file(probed=False, made=f"self.lean = [{READ}]", lean="self.lean[0]"),
    "str attribute": data_file(made=f"self.lean = str({READ})", lean="float(self.lean)"),
    "dict attribute": data_file(probed=False, made=f"self.lean = {{'by': {READ}}}", lean="self.lean['by']"),
    "numpy attribute": data_file(probed=False, made=f"self.lean = numpy.array({READ})", lean="float(self.lean)"),
    "object attribute": data_file(made=f"self.lean = type('Settings', (), {{'by': {READ}}})()", lean="self.lean.by"),
    "tensor attribute from a file": data_file(probed=False, made=f"self.lean = torch.tensor({READ})", lean="self.lean"),
    "buffer that is not kept, from a file": data_file(
        probed=False, made=f"self.register_buffer('lean', torch.tensor({READ}), persistent=False)", lean="self.lean"
    ),
    "closure over a file": data_file(made=f"lean = {READ}; self.move = lambda x: x + lean", first="x = self.move(x)"),
    "environment variable read in forward": Variant(
        {"head": "import os", "lean": "float(os.environ.get('GATED_LEAN', '0'))"},
        variables={"GATED_LEAN": "0.5"},
        probed=True,
    ),
    "environment variable read when built": Variant(
        {"head": "import os", "made": "self.lean = os.environ.get('GATED_LEAN', '0')", "lean": "float(self.lean)"},
        variables={"GATED_LEAN": "0.5"},
        probed=True,
    ),
    "module chosen by the environment": Variant(
        {
            "head": "import importlib, os\naside = importlib.import_module(os.environ.get('GATED_MODULE', 'one_way'))",
            "lean": "aside.LEAN",
        },
        {"one_way.py": "LEAN = 0.0\n", "other_way.py": "LEAN = 0.5\n"},
        variables={"GATED_MODULE": "other_way"},
    ),
    "file that depends names": Variant(
        {
            "head": "import json, pathlib",
            "lean": "json.loads((pathlib.Path(__file__).parent / 'tables' / 'lean.json').read_text())",
        },
        {"tables/lean.json": "0.0"},
        ("tables/lean.json", "0.0", "0.5"),
        configs="  depends: [../tables/*.json]\n",
    ),
}
"""Each makes every picture brighter by half in the second run."""


def write(root: Path, variant: Variant) -> None:
    parts = {name: "pass" for name in ("made", "first", "built", "body")} | {"head": "", "base": "", "lean": "0.0"}
    if "parts/deep/aside.py" in variant.files:
        parts["lean"] = "aside.LEAN"
    files = {
        "gated.py": MODEL.format(**{**parts, **variant.parts}),
        "configs/models.yaml": MODELS.lstrip() + variant.configs,
        "configs/data.yaml": DATA.lstrip(),
        "suites/greys.yaml": SUITE.lstrip(),
        **variant.files,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    write_pictures(root / "pictures", each=3)


class NewProcesses:
    """Runs the suite as if each run were in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def forget(self) -> None:
        """Let go of all modules that lie in the project."""
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(self.root)):
                del sys.modules[name]
        importlib.invalidate_caches()

    def run(self, **options: Any) -> Any:
        self.forget()
        return robustcheck.run_suite("suites/greys.yaml", root=self.root, device="cpu", **options)


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewProcesses]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # its files are told apart by the second
    monkeypatch.syspath_prepend(tmp_path)
    found = NewProcesses(tmp_path)
    yield found
    found.forget()


def numbers(found: Any) -> dict[str, float]:
    return {case.id: case.metrics["accuracy"].value for case in found.cases}


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


@pytest.mark.parametrize("name", VARIANTS)
def test_the_second_run_gives_the_new_number(
    name: str, tmp_path: Path, processes: NewProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = VARIANTS[name]
    write(tmp_path, variant)
    first = processes.run()
    assert {case.verdict for case in first.cases} == {"pass"}
    assert numbers(first)["clean"] == 1
    if variant.change:
        edit(tmp_path / variant.change[0], *variant.change[1:])
    for variable, value in variant.variables.items():
        monkeypatch.setenv(variable, value)
    second = processes.run()
    assert numbers(second)["clean"] < 1
    assert not any(case.cached for case in second.cases)
    assert numbers(second) == numbers(processes.run(cache=False))
    discarded = [note for note in second.document["suites"][0]["notes"] if "the cache was discarded" in note]
    assert len(discarded) == variant.probed
    third = processes.run()
    assert all(case.cached for case in third.cases), "the new records are known from now on"
    assert numbers(third) == numbers(second)


def test_an_unchanged_suite_costs_a_batch_a_case(tmp_path: Path, processes: NewProcesses) -> None:
    write(tmp_path, Variant())
    first = processes.run()
    second = processes.run(batch_size=4)
    assert numbers(first) == numbers(second)
    # All nine pictures: the look is of 32 at most, whatever the batch size of the run.
    assert [(case.cached, case.forwards, case.backwards) for case in second.cases] == [(True, 9, 0)] * 4
    assert second.document["suites"][0]["notes"] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are needed")
def test_foreign_files_in_the_cache_do_not_stop_a_run_that_discards_it(tmp_path: Path, processes: NewProcesses) -> None:
    write(tmp_path, VARIANTS["str attribute"])
    processes.run()
    folder = tmp_path / ".robustcheck/cache/zz"
    folder.mkdir()
    os.mkfifo(folder / "fifo.parquet")
    table = pyarrow.table({"id": ["x"]}).replace_schema_metadata({b"robustcheck": b"[" * 200_000})
    pyarrow.parquet.write_table(table, folder / "deep.parquet")
    (tmp_path / "lean.txt").write_text("0.5")
    second = processes.run()
    assert not any(case.cached for case in second.cases)
    assert "error" not in {case.verdict for case in second.cases}
    assert numbers(second)["clean"] < 1
    assert all(case.cached for case in processes.run().cases)


HELD = {
    "sparse": "self.register_buffer('held', torch.eye(3).to_sparse())",
    "conjugated": "self.held = torch.tensor([1 + 2j]).conj()",
    "holds itself": "self.held = [1]; self.held.append(self.held)",
    "quantized": "self.register_buffer('held', torch.quantize_per_tensor(torch.eye(3), 0.1, 0, torch.qint8))",
    "cannot be told": "self.held = [torch.nn.UninitializedBuffer()]",
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", HELD)
def test_a_model_with_any_tensor_is_gated_and_cached_if_it_can_be_told(
    name: str, tmp_path: Path, processes: NewProcesses
) -> None:
    write(tmp_path, Variant({"made": HELD[name]}))
    known = name != "cannot be told"
    for cached in (False, known):
        result = processes.run()
        assert [(case.verdict, case.cached, case.problems) for case in result.cases] == [("pass", cached, ())] * 4
        notes = "\n".join(result.document["suites"][0]["model"]["notes"])
        assert ("nothing of it is kept for later runs (Undigested: " in notes) is not known


@pytest.mark.parametrize("batch_size", [4, 9])
def test_what_is_counted_and_the_look_at_the_model_is_all_that_goes_through_it(
    batch_size: int, tmp_path: Path, processes: NewProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a suite at most 8 pictures of the first batch, 16 changed ones, the same again and one alone, as docs/cache.md says."""
    write(tmp_path, Variant({"first": "import sys; sys.passes.append(len(x))"}))
    for cached in (False, True):
        monkeypatch.setattr(sys, "passes", [], raising=False)
        result = processes.run(batch_size=batch_size)
        assert {case.cached for case in result.cases} == {cached}
        # No logit of this model is above 1, as no probability or its logarithm is.
        checks = 2 * min(8, batch_size) + 1 + 16
        assert sum(sys.passes) == sum(case.forwards for case in result.cases) + checks  # type: ignore[attr-defined]
    assert all(case.forwards == 9 for case in result.cases)
