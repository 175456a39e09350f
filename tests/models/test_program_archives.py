"""Archives of programs that could be read in two ways, or that grow when unpacked."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from planting import Members, members_of, pickled, write_members

from robustcheck.core.errors import ModelError
from robustcheck.models.program import load_program

PROGRAM = "models/model.json"
SAMPLE = "data/sample_inputs/model.pt"


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    path = tmp_path_factory.mktemp("program") / "net.pt2"
    torch.export.save(torch.export.export(torch.nn.Linear(2, 2).eval(), (torch.zeros(1, 2),)), path)
    return members_of(path)


def inside(members: Members, name: str) -> str:
    return next(full for full in members if full.endswith(f"/{name}"))


def twice(members: Members, path: Path) -> None:
    write_members(path, members)
    with zipfile.ZipFile(path, "a") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.writestr(inside(members, PROGRAM), b"{}")


def other_header(members: Members, path: Path) -> None:
    """Change the name in the member's own header, which the directory at the end does not say."""
    content = write_members(path, members).read_bytes()
    name = inside(members, SAMPLE).encode()
    place = content.index(name)
    path.write_bytes(content[:place] + b"X" * len(name) + content[place + len(name) :])


def other_size(members: Members, path: Path) -> None:
    """Let the directory claim that a member is longer when unpacked."""
    content = bytearray(write_members(path, members).read_bytes())
    place = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, place + 24, 2**31 - 1)
    path.write_bytes(content)


def flipped(members: Members, path: Path) -> None:
    content = bytearray(write_members(path, members).read_bytes())
    name = inside(members, PROGRAM).encode()
    content[content.index(name) + len(name) + 40] ^= 1
    path.write_bytes(content)


ARCHIVES: dict[str, tuple[Callable[[Members, Path], object], str]] = {
    "a member twice": (twice, "stands in it twice"),
    "a packed bomb": (
        lambda members, path: write_members(path, {**members, "net/bomb": bytes(10**7)}, zipfile.ZIP_DEFLATED),
        "is packed, as torch.export.save never does",
    ),
    "a way out": (
        lambda members, path: write_members(path, {**members, "net/../../x": b""}),
        "leads out of the archive",
    ),
    "an absolute path": (
        lambda members, path: write_members(path, {**members, "/etc/x": b""}),
        "leads out of the archive",
    ),
    "a drive": (lambda members, path: write_members(path, {**members, "C:\\x": b""}), "leads out of the archive"),
    "a header of its own": (other_header, ""),
    "a length of its own": (other_size, "is packed"),
    "a damaged member": (flipped, "is damaged, or says of itself other than"),
    "no program": (
        lambda members, path: write_members(path, {"net/archive_format": b"pt2"}),
        "it has no member models/model.json",
    ),
    "a saved state dict": (
        lambda members, path: path.write_bytes(saved()),
        "no archive of torch.export.save",
    ),
    "a pickle": (
        lambda members, path: path.write_bytes(pickled(path.with_name("mark"))),
        "no archive of torch.export.save",
    ),
    "nothing": (lambda members, path: path.write_bytes(b""), "no archive of torch.export.save"),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_archives_that_could_be_read_in_two_ways(kind: str, members: Members, tmp_path: Path) -> None:
    write, says = ARCHIVES[kind]
    path = tmp_path / "net.pt2"
    write(members, path)
    if not says:  # the sample inputs are never read, whatever their header says
        load_program(path)
        return
    with pytest.raises(ModelError) as caught:
        load_program(path)
    assert says in str(caught.value)
    assert not path.with_name("mark").exists()


def test_too_many_members(members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robustcheck.models.archive.MOST_MEMBERS", 5)
    with pytest.raises(ModelError, match="members, more than 5"):
        load_program(write_members(tmp_path / "net.pt2", members))


def saved() -> bytes:
    file = io.BytesIO()
    torch.save({"a": torch.zeros(1)}, file)
    return file.getvalue()
