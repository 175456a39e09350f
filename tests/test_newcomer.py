"""The first hour of somebody new, scripted: from an empty folder with pictures and weights to a verdict, nothing edited by hand.

Run with ``uv run --group dev pytest -m long -s tests/test_newcomer.py``; it prints its timeline.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

CLASSES = ("stop", "yield", "roundabout", "no_entry", "speed_30")
EACH = 40
SILENCE = 5.0
"""Seconds within which what a person sees must change."""
PATIENCE = 1800.0
OFFLINE = """
import socket

def refused(*_):
    raise OSError("this is offline")

socket.socket.connect = socket.socket.connect_ex = refused
socket.getaddrinfo = refused
"""

pytestmark = pytest.mark.long


@dataclass
class Step:
    """One command in a pseudo-terminal: what it showed, and when.

    Attributes:
        command: As a person types it.
        code: Its exit code.
        seconds: How long it ran.
        shown: All that it wrote.
        silences: Each wait of more than a second: when it began, how long it was, what stood there last.
        ending: Seconds from its last word to its end.
    """

    command: str
    code: int = -1
    seconds: float = 0.0
    shown: str = ""
    silences: list[tuple[float, float, str]] = field(default_factory=list)
    ending: float = 0.0

    @property
    def longest(self) -> float:
        return max((length for _, length, _ in self.silences), default=0.0)


def plain(text: str) -> str:
    """Return text without what moves the cursor and colours it."""
    return re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]*(\x07|\x1b\\))", "", text)


def last_line(text: str) -> str:
    lines = [line.strip() for line in re.split(r"[\r\n]+", plain(text)) if line.strip()]
    return lines[-1][:60] if lines else "nothing yet"


def typed(command: str, folder: Path, environment: dict[str, str]) -> Step:
    """Run a command in a terminal of 80 columns without a network."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    step, began = Step(command), time.monotonic()
    process = subprocess.Popen(
        [*without_network(), *command.split()],
        cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    changed = began
    while time.monotonic() - began < PATIENCE:
        ready = select.select([ours], [], [], 0.1)[0]
        chunk = b""
        if ready:
            with contextlib.suppress(OSError):  # the other end is closed
                chunk = os.read(ours, 65536)
        now = time.monotonic()
        if chunk or (ready and not chunk):
            if not chunk:
                step.ending = now - changed
            elif now - changed > 1:
                step.silences.append((changed - began, now - changed, last_line(step.shown)))
            changed = now
            step.shown += chunk.decode(errors="replace")
        if ready and not chunk:
            break
    else:
        process.kill()
    step.code = process.wait()
    step.seconds = time.monotonic() - began
    os.close(ours)
    return step


def without_network() -> tuple[str, ...]:
    """Return what cuts a command off the network, where this system lets us; ``OFFLINE`` refuses it in any case."""
    cut = ("unshare", "--map-root-user", "--net")
    able = shutil.which(cut[0]) and subprocess.run([*cut, "true"], capture_output=True, check=False).returncode == 0
    return cut if able else ()


def train(path: Path) -> None:
    """Train a small network of torchvision on other drawings of the same signs, as its published preprocessing has it."""
    import torch
    import torchvision

    from robustcheck.demo.scenes import load

    scenes = load("train", 14 * 60)
    chosen = [place for place, label in enumerate(scenes.labels) if label in CLASSES]
    prepare = torchvision.models.ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1.transforms()
    inputs = torch.stack([prepare(Image.fromarray(scenes.images[place])) for place in chosen])
    # As ImageFolder numbers them.
    targets = torch.tensor([sorted(CLASSES).index(scenes.labels[place]) for place in chosen])
    torch.manual_seed(0)
    network = torchvision.models.shufflenet_v2_x0_5(weights=None, num_classes=len(CLASSES))
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    for _ in range(8):
        for batch in torch.randperm(len(inputs)).split(25):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimiser.step()
    path.parent.mkdir()
    torch.save(network.state_dict(), path)


def draw(folder: Path) -> None:
    """Write the JPEG files: the same signs as the demo's test set."""
    from robustcheck.demo.scenes import load

    scenes = load("test", 14 * EACH)
    for place, (name, label) in enumerate(zip(scenes.ids, scenes.labels, strict=True)):
        if label in CLASSES:
            (folder / label).mkdir(parents=True, exist_ok=True)
            Image.fromarray(scenes.images[place]).save(folder / label / f"{name.rpartition('/')[2]}.jpg", quality=92)


@dataclass
class Walk:
    """Where the newcomer worked, and what was done there."""

    root: Path
    steps: list[Step]
    before: dict[str, bytes]

    def timeline(self) -> str:
        lines = []
        for step in self.steps:
            lines.append(
                f"{step.seconds:7.1f} s  exit {step.code}  longest silence {step.longest:5.1f} s, at its end {step.ending:.1f} s  $ {step.command}"
            )
            lines += [
                f"             {begin:7.1f} s  {length:5.1f} s after: {after}"
                for begin, length, after in step.silences
                if length > SILENCE
            ]
        return "\n".join([*lines, f"{sum(step.seconds for step in self.steps):7.1f} s  in all"])


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    root, aside = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("aside")
    (aside / "sitecustomize.py").write_text(OFFLINE, encoding="utf-8")
    draw(root / "photos")
    train(root / "weights" / "shufflenet_v2_x0_5-signs.pth")
    before = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if name not in ("COLUMNS", "LINES", "CI", "GITHUB_ACTIONS")
        },
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(aside),
        "TERM": "xterm-256color",
    }
    model = "shufflenet_v2_x0_5-signs"
    steps = [
        typed(command, root, environment)
        for command in (
            f"robustcheck init --model weights/{model}.pth --data photos",
            f"robustcheck doctor {model} photos",
            f"robustcheck plan suites/{model}.yaml",
            "pytest --robustcheck",
        )
    ]
    found = Walk(root, steps, before)
    print(f"\n{found.timeline()}\n", file=sys.__stdout__, flush=True)
    return found


def test_the_network_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(OFFLINE, encoding="utf-8")
    call = f"{sys.executable} -c __import__('socket').create_connection(('192.0.2.1',9),2)"
    step = typed(call, tmp_path, {**os.environ, "PYTHONPATH": str(tmp_path)})
    assert step.code == 1
    assert "this is offline" in step.shown


def test_a_newcomer_comes_to_a_verdict(walk: Walk) -> None:
    assert len(walk.before) == len(CLASSES) * EACH + 1
    init, doctor, plan, gate = walk.steps
    assert init.code == 0, plain(init.shown)
    # Each command is one that the one before told of, or that init's list names.
    for step in (doctor, plan, gate):
        assert step.command in plain(init.shown).replace("\r", "")
    assert doctor.code in (0, 1), plain(doctor.shown)
    assert plan.code == 0, plain(plan.shown)
    assert gate.code in (0, 1), plain(gate.shown)
    assert not [step.command for step in walk.steps if "Traceback" in step.shown]
    assert {name: (walk.root / name).read_bytes() for name in walk.before} == walk.before
    result = json.loads((walk.root / "robustcheck-report" / "robustcheck-report.json").read_text(encoding="utf-8"))
    (suite,) = result["suites"]
    verdicts = {case["id"]: case["verdict"] for case in suite["cases"]}
    assert len(verdicts) == 11
    assert set(verdicts.values()) <= {"pass", "warn", "fail"}, verdicts
    assert verdicts["clean"] == "pass", "the preprocessing and the classes that init wrote are those of the training"
    assert (gate.code == 0) == (result["verdict"] in ("pass", "warn"))
    assert (walk.root / "robustcheck-report" / "index.html").exists()


def test_nothing_long_is_silent(walk: Walk) -> None:
    silent = {step.command: round(step.longest, 1) for step in walk.steps if step.longest > SILENCE}
    assert not silent, walk.timeline()
