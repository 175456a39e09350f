"""Switches of libraries that belong to the whole process: a project may set them, and no number of ours changes."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageFile
from small_project import make_project

import robustcheck

SWITCHES = {
    "truncated files pass": "from PIL import ImageFile\n{0}ImageFile.LOAD_TRUNCATED_IMAGES = True",
    "no picture is large enough": "from PIL import Image\n{0}Image.MAX_IMAGE_PIXELS = 1",
    "any picture is small enough": "from PIL import Image\n{0}Image.MAX_IMAGE_PIXELS = None",
    "another decoder": (
        "from PIL import Image\n"
        "{0}for kind in ('PNG', 'JPEG'): "
        "Image.OPEN[kind] = (lambda *_: Image.new('RGB', (24, 24), 'white'), lambda start: True)"
    ),
    "another open": "from PIL import Image\n{0}Image.open = lambda *_, **__: Image.new('RGB', (24, 24), 'white')",
    "OpenCV without fast paths": "import cv2\n{0}cv2.setUseOptimized(False)",
    "OpenCV with threads": "import cv2\n{0}cv2.setNumThreads(4)",
    "double precision": "import torch\n{0}torch.set_default_dtype(torch.float64)",
    "half precision": "import torch\n{0}torch.set_default_dtype(torch.float16)",
    "no gradients": "import torch\n{0}torch.set_grad_enabled(False)",
    "fast products": "import torch\n{0}torch.set_float32_matmul_precision('medium')",
    "no denormal numbers": "import torch\n{0}torch.set_flush_denormal(True)",
    "errors of numpy": "import numpy as np\n{0}np.seterr(all='raise')",
    "seeds": "import random, numpy as np, torch\n{0}random.seed(1); np.random.seed(1); torch.manual_seed(1)",
    "warnings are errors": "import warnings\n{0}warnings.simplefilter('error')",
}
SUITE = """
robustcheck: 1
title: Greys
owner: tests
model: brightness
data: greys
max_unreadable: 2
expect: {accuracy: ">= 1%"}
clean: {expect: {accuracy: ">= 1%"}}
checks:
  - {shift: light.exposure, stops: -1ev}
  - {shift: camera.roll, roll: 7deg}
  - {shift: sensor.noise, iso: 1600}
  - {attack: pgd, norm: linf, eps: 8/255}
  - {attack: square, norm: linf, eps: 8/255, queries: 60}
"""
DATA = "greys: {kind: imagefolder, path: ../pictures, max_unreadable: 2}\n"


@pytest.fixture(autouse=True)
def put_back(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have each test leave every switch as it was."""
    import random
    import warnings

    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    monkeypatch.setattr(Image, "open", Image.open)
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    threads, errors, state = cv2.getNumThreads(), np.geterr(), random.getstate()
    numbers = torch.get_default_dtype(), torch.get_float32_matmul_precision()
    with warnings.catch_warnings():
        yield
    torch.set_default_dtype(numbers[0])
    torch.set_float32_matmul_precision(numbers[1])
    torch.set_grad_enabled(True)
    torch.set_flush_denormal(False)
    cv2.setUseOptimized(True)
    cv2.setNumThreads(threads)
    np.seterr(**errors)
    random.setstate(state)


def build(root: Path, switch: str = "", *, late: bool = False) -> None:
    make_project(root, suite=SUITE, data=DATA, each=6)
    random = np.random.default_rng(1)
    for name in ("dark", "bright"):
        stream = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(stream, "JPEG", quality=95)
        (root / "pictures" / name / "torn.jpg").write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])
    code = (root / "tiny.py").read_text()
    if late:
        imported, _, line = switch.partition("\n")
        code = code.replace("    def forward(self, x):\n", f"    def forward(self, x):\n{line.format(' ' * 8)}\n")
        code = code.replace("import torch\n", f"{imported}\nimport torch\n", 1)
    elif switch:
        code += f"\n\n{switch.format('')}\n"
    (root / "tiny.py").write_text(code)


def told(root: Path) -> dict[str, Any]:
    """Return what a run says of each case, numbers and pixels."""
    sys.modules.pop("tiny", None)
    result = robustcheck.run_suite("suites/greys.yaml", root=root, cache=False)
    return {
        case.id: (
            case.verdict,
            case.problems,
            case.unreadable,
            case.proof,
            {k: v.value for k, v in case.metrics.items()},
        )
        for case in result.cases
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the project says without a switch."""
    root = tmp_path_factory.mktemp("plain")
    build(root)
    found = told(root)
    assert {value[0] for value in found.values()} == {"pass"}, found
    assert {value[2] for value in found.values()} == {2}
    return found


# A model that is built in another precision is another model, and one that turns gradients off has none.
OTHERS = {("half precision", False), ("double precision", False), ("no gradients", True)}
BOTH = [
    pytest.param(switch, late, id=f"{name}, {'in forward' if late else 'when imported'}")
    for name, switch in SWITCHES.items()
    for late in (False, True)
    if (name, late) not in OTHERS
]


@pytest.mark.parametrize(("switch", "late"), BOTH)
def test_no_switch_changes_a_number(plain: dict[str, Any], tmp_path: Path, switch: str, late: bool) -> None:
    build(tmp_path, switch, late=late)
    assert told(tmp_path) == plain


def test_a_model_that_turns_gradients_off_is_told_so(plain: dict[str, Any], tmp_path: Path) -> None:
    build(tmp_path, SWITCHES["no gradients"], late=True)
    found = told(tmp_path)
    attack = next(name for name in found if name.startswith("pgd"))
    assert found[attack][0] == "error"
    assert "the model gives no gradients" in found[attack][1][0]
    assert found["clean"] == plain["clean"]


def test_a_model_in_double_precision_is_attacked_as_any_other(plain: dict[str, Any], tmp_path: Path) -> None:
    build(tmp_path, SWITCHES["double precision"])
    found = told(tmp_path)
    for name, (verdict, problems, _, _, metrics) in found.items():
        assert (verdict, problems) == ("pass", ())
        assert metrics["accuracy"] == plain[name][4]["accuracy"]
