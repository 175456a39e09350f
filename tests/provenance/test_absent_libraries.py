"""What runs where only PyYAML, cryptography and what these import can be imported, and what is said of everything else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attested import MODEL_FILE, Attested

from robustcheck.core import absent_libraries
from robustcheck.core.absent_libraries import LIBRARIES, LibraryAbsent, placeholders

CALLS = """
import contextlib
import io
import json
import sys
from importlib.machinery import PathFinder

ALLOWED = {"robustcheck", "yaml", "_yaml", "cryptography", "cffi", "_cffi_backend", "pycparser"}


class Only(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in sys.stdlib_module_names | ALLOWED:
            return PathFinder.find_spec(name, path, target)
        return None


sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not PathFinder] + [Only]
from robustcheck.cli import main

done = []
for call in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(call)
    done.append([code, out.getvalue(), err.getvalue()])
known = sys.stdlib_module_names | ALLOWED | {"__main__"}
print(json.dumps({"done": done, "loaded": sorted({name.partition(".")[0] for name in sys.modules} - known)}))
"""
VERIFY = (
    *("verify", MODEL_FILE, "--attestation", "attestations/suites--greys.intoto.json", "--key", "keys/ci.pub"),
    *("--suite", "suites/greys.yaml", "--max-age", "10000d"),
)


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what each call gave in one process that can import nothing else."""
    root = tmp_path_factory.mktemp("lean")
    Attested(root)
    calls = {
        "verify": VERIFY,
        "verify with data": (*VERIFY, "--with-data"),
        "validate": ("validate",),
        "list": ("list", "shifts", "rain"),
        "explain": ("explain", "light.shadow"),
        "plan": ("plan", "suites/greys.yaml"),
        "completion": ("completion", "bash"),
    }
    (root / "changed").mkdir()
    (root / "changed" / "tiny.safetensors").write_bytes(b"other weights")
    calls["verify another model"] = ("verify", "changed/tiny.safetensors", *VERIFY[2:])
    done = subprocess.run(
        [sys.executable, "-c", CALLS, json.dumps([*calls.values()])],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return {**dict(zip(calls, found["done"], strict=True)), "loaded": found["loaded"]}


@pytest.mark.parametrize("call", ["verify", "validate", "list", "explain"])
def test_what_looks_at_no_picture_needs_no_library_for_pictures(lean: dict[str, Any], call: str) -> None:
    code, out, err = lean[call]
    assert code == 0, err
    assert out


def test_the_process_could_load_nothing_else(lean: dict[str, Any]) -> None:
    assert not set(lean["loaded"]) & set(LIBRARIES)


def test_another_model_is_still_refused(lean: dict[str, Any]) -> None:
    code, _, err = lean["verify another model"]
    assert code == 1
    assert "changed/tiny.safetensors" in err


@pytest.mark.parametrize(
    ("call", "library", "expected"),
    [("plan", "numpy", 4), ("completion", "shtab", 4), ("verify with data", "pillow", 1)],
)
def test_what_needs_a_library_says_which_and_what_to_do(
    lean: dict[str, Any], call: str, library: str, expected: int
) -> None:
    code, _, err = lean[call]
    assert code == expected
    assert f"python -m pip install {library}" in err
    assert "Traceback" not in err


def asked_by(name: str, code: str) -> dict[str, Any]:
    """Run code as if it stood in a module of that name."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(code, name, "exec"), names)
    return names


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absent_libraries, "LIBRARIES", {"no_such_library": "no-such-library"})


NAMED = """
import no_such_library as lib
import no_such_library.typing as typing
from no_such_library.typing import Array
Picture = Array[lib.uint8]
def f(picture: Picture | None, *others: lib.random.Generator) -> typing.Any: ...
class Module(lib.nn.Module): ...
"""


@pytest.mark.usefixtures("absent")
def test_a_placeholder_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with placeholders():
        names = asked_by("robustcheck.made_up", NAMED)
        assert not isinstance(3, names["Picture"])
    assert "no_such_library" not in sys.modules
    with pytest.raises(ModuleNotFoundError):
        asked_by("robustcheck.made_up", NAMED)


@pytest.mark.usefixtures("absent")
@pytest.mark.parametrize(
    "use",
    [
        "lib.zeros(3)",
        "lib.pi + 1",
        "2 * lib.pi",
        "-lib.pi",
        "lib.pi < 3",
        "float(lib.pi)",
        "list(lib.names)",
        "bool(lib.flag)",
        "3 in lib.names",
        "len(lib.names)",
        "lib.pi @ lib.pi",
    ],
)
def test_a_placeholder_cannot_be_used(use: str) -> None:
    with placeholders(), pytest.raises(LibraryAbsent, match="this needs no-such-library, which is not installed"):
        asked_by("robustcheck.made_up", f"import no_such_library as lib\n{use}")


@pytest.mark.usefixtures("absent")
def test_a_placeholder_is_not_taken_for_the_library() -> None:
    with placeholders():
        asked_by("robustcheck.made_up", "import no_such_library")
        assert not absent_libraries.is_installed("no_such_library")
        assert absent_libraries.is_installed("yaml")


@pytest.mark.usefixtures("absent")
def test_another_library_that_can_do_without_gets_no_placeholder() -> None:
    with placeholders(), pytest.raises(ModuleNotFoundError):
        asked_by("another.library", "import no_such_library")


def test_every_library_that_we_depend_on_has_its_name_here() -> None:
    import tomllib

    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    needed = {one.partition(">=")[0].partition("==")[0] for one in tomllib.loads(text)["project"]["dependencies"]}
    assert needed - {"cryptography", "pyyaml"} <= set(LIBRARIES.values())
