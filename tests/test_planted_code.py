"""No input file runs code: code is planted in each format, and each is read as a run reads it."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import sqlite3
import sys
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image, PngImagePlugin
from planting import Planted, call, members_of, pickled, write_members

from robustcheck.core.errors import Location, RobustcheckError
from robustcheck.data import open_source
from robustcheck.data.digest_cache import Remembered
from robustcheck.data.labels.overlay import read as read_overlay
from robustcheck.domain.config import DataEntry, ModelEntry, Preprocessing, Project
from robustcheck.engine.cache.record_files import Store
from robustcheck.engine.gates.baseline_file import load_baseline as read_baseline
from robustcheck.engine.reference_errors import reference_errors
from robustcheck.images.decoding import decode
from robustcheck.language import load_project, load_suite
from robustcheck.language.approvals import load_approvals
from robustcheck.models import open_model
from robustcheck.provenance.data_card import load_card
from robustcheck.provenance.signing.envelope import parse_envelope
from robustcheck.provenance.signing.signing_keys import load_public
from robustcheck.provenance.training_record import load_record
from robustcheck.review.label_studio import decisions_of
from robustcheck.runs.exported_records import read_columns
from robustcheck.runs.history.history import History
from robustcheck.runs.load import load_run, reading

Plant = Callable[[Path, Path], Any]
"""Plants code in the folder that is given first; the code would make the one given second."""
HERE = Location("configs/models.yaml", 3, 1)
FACTORY = (
    "import torch\ndef build():\n    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 2)).eval()\n"
)


def saved(mark: Path, **options: Any) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.save({"a": torch.zeros(1), "b": Planted(mark)}, file, **options)
    return file.getvalue()


def tarred(mark: Path) -> bytes:
    """Return a checkpoint as torch wrote it before 0.2: a tar of pickles."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            member = tarfile.TarInfo(name)
            content = pickled(mark)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def scripted(mark: Path) -> bytes:
    """Return a program of TorchScript with a pickle of ours in it."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), file)
    path = mark.with_name("script.zip")
    path.write_bytes(file.getvalue())
    members = members_of(path)
    name = next(name for name in members if name.endswith("/data.pkl"))
    return write_members(path, {**members, name: pickled(mark)}).read_bytes()


def build(folder: Path, weights: Path, kind: Any = "python") -> None:
    (folder / "planted_factory.py").write_text(FACTORY)
    shape = Preprocessing(input_size=(8, 8), resize=8)
    options = {"factory": "planted_factory:build"} if kind == "python" else {}
    entry = ModelEntry("m", kind, ("a", "b"), shape, weights, None, {}, options, HERE, folder)
    open_model(entry, device="cpu")


def weights(name: str, content: Callable[[Path], bytes]) -> Plant:
    def plant(folder: Path, mark: Path) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content(mark))
        build(folder, path.parent if "/" in name else path, "exported" if name.endswith(".pt2") else "python")

    return plant


def text(name: str, content: Callable[[Path], str | bytes], read: Callable[[Path, Path], Any]) -> Plant:
    """Write a file and read it: ``read`` gets its path and the folder."""

    def plant(folder: Path, mark: Path) -> Any:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        written = content(mark)
        path.write_bytes(written if isinstance(written, bytes) else written.encode())
        return read(path, folder)

    return plant


def tags(mark: Path) -> str:
    return f"!!python/object/apply:os.mkdir ['{mark}']"


def suite_with(value: Callable[[Path], str]) -> Plant:
    return text(
        "s.yaml", lambda mark: f"robustcheck: 1\ntitle: {value(mark)}\n", lambda p, f: load_suite(p, Project(f))
    )


def configs(models: str, data: str) -> Plant:
    def plant(folder: Path, mark: Path) -> None:
        (folder / "configs").mkdir()
        for name, content in (("models.yaml", models), ("data.yaml", data)):
            (folder / "configs" / name).write_text(content.replace("PLANTED", tags(mark)))
        load_project(folder, folder / "configs")

    return plant


def manifest(path: Path, folder: Path) -> list[Any]:
    options = {"path_column": "path", "label_column": "label", "folder": folder}
    entry = DataEntry("d", "manifest", path, None, {}, options, HERE, folder)
    return list(open_source(entry, seed=0).samples())


def parquet(mark: Path) -> bytes:
    """Return a table with a pickled type and pandas' description of an index that is code."""
    kind = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": pickled(mark)}
    fields = [
        pa.field("path", pa.string()),
        pa.field("label", pa.string()),
        pa.field("odd", pa.string(), metadata=kind),
    ]
    table = pa.table([["a.png"], ["x"], [call(mark)]], schema=pa.schema(fields, metadata={"pandas": call(mark)}))
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def picture(mark: Path) -> bytes:
    """Return a PNG with a pickle and an expression in its texts."""
    about = PngImagePlugin.PngInfo()
    about.add_text("code", call(mark))
    about.add(b"piCk", pickled(mark))
    file = io.BytesIO()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(file, "PNG", pnginfo=about)
    return file.getvalue()


def array(mark: Path) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([Planted(mark)], dtype=object), allow_pickle=True)
    return file.getvalue()


def database(mark: Path, path: Path, table: str) -> None:
    with sqlite3.connect(path) as file:
        file.execute(
            f"CREATE VIEW {table} AS SELECT load_extension('{mark}') AS key, load_extension('{mark}') AS value"
        )


def history(folder: Path, mark: Path) -> None:
    database(mark, folder / "history.db", "runs")
    History(folder / "history.db").count()


def digests(folder: Path, mark: Path) -> None:
    database(mark, folder / "digests.sqlite", "facts")
    memory = Remembered(folder / "digests.sqlite")
    memory.get("a")
    memory.put("a", b"b")
    memory.keep()


def cached(folder: Path, mark: Path) -> None:
    store = Store(folder)
    store.path("ab" * 32).parent.mkdir()
    store.path("ab" * 32).write_bytes(parquet(mark))
    assert store.load("ab" * 32) is None


def in_json(mark: Path) -> str:
    code = call(mark)
    return json.dumps(
        {"py/object": "os.mkdir", "py/reduce": [str(mark)], "__reduce__": code, "suites": code, "payload": code}
    )


def report(path: Path, folder: Path) -> None:
    with reading(path.parent) as document:
        list(document["suites"])


READERS: dict[str, tuple[str, Callable[[Path, Path], Any]]] = {
    "baseline": ("b.json", lambda path, folder: read_baseline(path)),
    "run": ("r.json", lambda path, folder: load_run(path)),
    "report": ("robustcheck-report.json", report),
    "reference": ("ref.json", lambda path, folder: reference_errors("ref.json", folder, data="d")),
    "overlay": ("o.jsonl", lambda path, folder: read_overlay(path)),
    "Label Studio": ("t.json", lambda path, folder: list(decisions_of(path.read_bytes(), "t.json", []))),
    "card": ("c.json", lambda path, folder: load_card(path, root=folder)),
    "record": ("p.json", lambda path, folder: load_record(path, root=folder)),
    "attestation": ("a.json", lambda path, folder: parse_envelope(path.read_bytes())),
    "public key": ("k.pem", lambda path, folder: load_public(path)),
    "approvals": ("a.yaml", lambda path, folder: load_approvals(path, "a.yaml")),
    "suite": ("s.yaml", lambda path, folder: load_suite(path, Project(folder))),
    "CSV": ("m.csv", manifest),
    "TSV": ("m.tsv", manifest),
    "Parquet": ("m.parquet", manifest),
    "records": ("r.parquet", lambda path, folder: read_columns(folder, "r.parquet", ("id",))),
    "picture": ("p.png", lambda path, folder: decode(path, "p.png")),
}
PLANTS: dict[str, Plant] = {
    **{f"state dict {suffix}": weights(f"w{suffix}", saved) for suffix in (".pt", ".pth", ".bin", ".ckpt")},
    "state dict, raw pickle": weights("w.pt", pickled),
    "state dict, before 1.6": weights("w.pt", lambda mark: saved(mark, _use_new_zipfile_serialization=False)),
    "state dict, before 0.2": weights("w.pt", tarred),
    "state dict, newest protocol": weights("w.pt", lambda mark: saved(mark, pickle_protocol=pickle.HIGHEST_PROTOCOL)),
    "TorchScript": weights("w.pt", scripted),
    "NumPy as weights": weights("w.npy", array),
    "safetensors": weights("w.safetensors", pickled),
    "safetensors, of torch.save": weights("w.safetensors", saved),
    "shards": weights("shards/w.safetensors", saved),
    "program": weights("w.pt2", saved),
    "program, raw pickle": weights("w.pt2", pickled),
    "suite, tag": suite_with(tags),
    "suite, tag of a name": suite_with(lambda mark: "!!python/name:os.system"),
    "suite, tag of a module": suite_with(lambda mark: "!!python/module:antigravity"),
    "suite, tag by its address": suite_with(
        lambda mark: f"!<tag:yaml.org,2002:python/object/apply:os.mkdir> ['{mark}']"
    ),
    "models.yaml": configs("net: PLANTED\n", "d: {kind: signs}\n"),
    "data.yaml": configs("net: {kind: python}\n", "d: PLANTED\n"),
    "approvals, tag": text("a.yaml", lambda mark: f"a: {tags(mark)}\n", READERS["approvals"][1]),
    "CSV, formula": text("m.csv", lambda mark: f'path,label\na.png,"=cmd|{call(mark)}"\n', manifest),
    "Parquet, types": text("m.parquet", parquet, manifest),
    "records, types": text("r.parquet", parquet, READERS["records"][1]),
    "cache": cached,
    "picture, texts": text("p.png", picture, READERS["picture"][1]),
    "picture, PostScript": text(
        "p.eps",
        lambda mark: f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%mkdir {mark}) (r) file\n",
        lambda path, folder: decode(path, "p.eps"),
    ),
    "picture, SVG": text(
        "p.svg", lambda mark: "<svg xmlns='http://www.w3.org/2000/svg'/>", lambda path, folder: decode(path, "p.svg")
    ),
    "picture, NumPy": text("p.npy", array, lambda path, folder: decode(path, "p.npy")),
    "history": history,
    "digests": digests,
    **{f"{name}, JSON": text(file, in_json, read) for name, (file, read) in READERS.items()},
    **{f"{name}, pickle": text(file, pickled, read) for name, (file, read) in READERS.items()},
}


@pytest.mark.parametrize("kind", PLANTS)
def test_nothing_in_a_file_runs(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    folder, mark = tmp_path / "input", tmp_path / "mark"
    folder.mkdir()
    with contextlib.suppress(RobustcheckError):
        PLANTS[kind](folder, mark)
    assert not mark.exists()
    assert "antigravity" not in sys.modules


def test_what_is_planted_would_run(tmp_path: Path) -> None:
    """The forms above are dangerous to whoever reads them carelessly."""
    mark = tmp_path / "mark"
    readers: list[Callable[[], object]] = [
        lambda: pickle.loads(pickled(mark)),
        lambda: torch.load(io.BytesIO(saved(mark)), weights_only=False),
        lambda: np.load(io.BytesIO(array(mark)), allow_pickle=True),
        lambda: eval(call(mark)),
    ]
    for read in readers:
        read()
        assert mark.is_dir()
        mark.rmdir()
