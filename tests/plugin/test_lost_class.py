"""A class of which not one picture can be read fails every case, whatever share of the pictures may be unreadable."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from small_project import DATA, SUITE

LENIENT = {"suite": SUITE + "max_unreadable: 99%\n", "data": DATA + "  max_unreadable: 99%\n"}


def _as_gif(path: Path) -> None:
    with Image.open(path) as picture:
        picture.save(path, "GIF")


LOSSES = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "empty": lambda path: path.write_bytes(b""),
    "another kind": _as_gif,
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_class_that_cannot_be_read_fails(gate: Any, loss: str) -> None:
    gate.write(**LENIENT)
    for path in sorted((gate.root / "pictures" / "middle").iterdir()):
        LOSSES[loss](path)
    result = gate.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*not one picture can be read of the class middle (8 pictures, the first: middle/00.png: *"]
    )
    assert {case["verdict"] for case in gate.report()["suites"][0]["cases"]} == {"error"}


def test_a_class_folder_of_gifs_fails(gate: Any) -> None:
    gate.write(**LENIENT)
    for path in sorted((gate.root / "pictures" / "middle").iterdir()):
        _as_gif(path)
        path.rename(path.with_suffix(".gif"))
    result = gate.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*the data has no picture of the class middle (8 GIF) that can be read in greys*"])


def test_a_class_of_which_one_picture_is_left_is_judged(gate: Any) -> None:
    gate.write(**LENIENT)
    for path in sorted((gate.root / "pictures" / "middle").iterdir())[1:]:
        path.write_bytes(b"")
    assert gate.run().ret == 0


def test_notes_of_the_data_are_in_the_report(gate: Any) -> None:
    gate.write()
    first = next((gate.root / "pictures" / "dark").iterdir())
    shutil.copy(first, gate.root / "pictures" / "bright" / "copy.png")
    (gate.root / "pictures" / "dark" / "@eaDir").mkdir()
    gate.run()
    notes = gate.report()["suites"][0]["data"]["notes"]
    assert [note.partition(" of greys ")[2].partition(",")[0].partition(":")[0] for note in notes] == [
        "that systems make or hide were left out",
        "with the very content of another one",
        "with the very content of one that has another label",
    ]
