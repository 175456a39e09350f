"""What runs of a project is its source as it was read, whatever bytecode lies beside it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import py_compile
import sys
from pathlib import Path
from typing import Any

import pytest
from small_project import MODEL, make_project

from robustcheck.api import run_suite
from robustcheck.core import project_imports
from robustcheck.core.errors import ModelError
from robustcheck.core.project_imports import executed_digest, watch_imports
from robustcheck.engine.cache.project_code import imported_files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder on the path."""
    monkeypatch.setattr(project_imports, "_HOMES", set())
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def plant(source: Path, text: str, mode: py_compile.PycInvalidationMode) -> None:
    """Write source, and beside it the bytecode of other text that passes for that of the source."""
    source.write_text(text)
    py_compile.compile(str(source), doraise=True, invalidation_mode=mode)
    other = "ANSWER = 'bytecode'" + " " * (len("ANSWER = 'source'") - len("ANSWER = 'bytecode'"))
    stamp = source.stat()
    source.write_text("ANSWER = 'source'  ")
    assert len(source.read_bytes()) == len(other.encode())
    os.utime(source, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


MODES = py_compile.PycInvalidationMode


@pytest.mark.parametrize("mode", [MODES.UNCHECKED_HASH, MODES.TIMESTAMP])
@pytest.mark.parametrize("watched", [False, True])
def test_bytecode_beside_a_source_is_never_run(
    folder: Path, mode: py_compile.PycInvalidationMode, watched: bool
) -> None:
    """Without the watch Python runs the bytecode, which is what this is about."""
    name = f"planted_{mode.name.lower()}_{watched}"
    plant(folder / f"{name}.py", "ANSWER = 'bytecode'", mode)
    if watched:
        watch_imports(folder)
    importlib.invalidate_caches()
    module: Any = importlib.import_module(name)
    assert ("source" if watched else "bytecode") == module.ANSWER


def test_packages_and_their_modules_run_from_their_source(folder: Path) -> None:
    (folder / "planted_package").mkdir()
    (folder / "planted_package/__init__.py").write_text("")
    plant(folder / "planted_package/inner.py", "ANSWER = 'bytecode'", MODES.UNCHECKED_HASH)
    watch_imports(folder)
    importlib.invalidate_caches()
    module: Any = importlib.import_module("planted_package.inner")
    assert module.ANSWER == "source"
    assert not list(folder.glob("planted_package/__pycache__/__init__*"))


def test_what_is_installed_below_the_project_stays_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = folder / "venv/lib/site-packages"
    installed.mkdir(parents=True)
    (folder / "venv/pyvenv.cfg").write_text("")
    plant(installed / "planted_installed.py", "ANSWER = 'bytecode'", MODES.UNCHECKED_HASH)
    monkeypatch.syspath_prepend(installed)
    watch_imports(folder)
    module: Any = importlib.import_module("planted_installed")
    assert module.ANSWER == "bytecode"


def by_location(folder: Path) -> Any:
    """Import a file as factories do that know where it lies, without a place among the modules."""
    spec = importlib.util.spec_from_file_location("planted_by_location", folder / "impl/inner.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_finder(folder: Path) -> Any:
    """Import a file by a finder of one's own, as editable installations have it."""

    class Finder:
        @staticmethod
        def find_spec(name: str, *_: Any) -> Any:
            if name == "planted_editable":
                return importlib.util.spec_from_file_location(name, folder / "impl/inner.py")
            return None

    sys.meta_path.insert(0, Finder)  # type: ignore[arg-type]
    try:
        return importlib.import_module("planted_editable")
    finally:
        sys.meta_path.remove(Finder)  # type: ignore[arg-type]


def by_link(folder: Path) -> Any:
    """Import a link in the project to a file elsewhere, with the bytecode beside the link."""
    elsewhere = folder.parent / f"{folder.name}-elsewhere.py"
    elsewhere.write_bytes((folder / "impl/inner.py").read_bytes())
    (folder / "impl/inner.py").unlink()
    (folder / "impl/inner.py").symlink_to(elsewhere)
    return importlib.import_module("impl.inner")


def from_vendored(folder: Path) -> Any:
    """Import from a folder that is called as those of installed packages are, and belongs to no environment."""
    vendored = folder / "vendor/site-packages"
    vendored.mkdir(parents=True)
    (folder / "impl").rename(vendored / "impl")
    sys.path.insert(0, str(vendored))
    try:
        return importlib.import_module("impl.inner")
    finally:
        sys.path.remove(str(vendored))


@pytest.mark.parametrize("way", [by_location, by_finder, by_link, from_vendored])
def test_whatever_finds_a_module_its_source_is_run_and_named(way: Any, folder: Path) -> None:
    (folder / "impl").mkdir()
    plant(folder / "impl/inner.py", "ANSWER = 'bytecode'", MODES.UNCHECKED_HASH)
    watch_imports(folder)
    importlib.invalidate_caches()
    assert way(folder).ANSWER == "source"
    names = {file.name: file.digest for file in imported_files(folder, strict=False) if file.inside}
    (name,) = [name for name in names if name.endswith("impl/inner.py")]
    assert names[name] == hashlib.sha256(b"ANSWER = 'source'  ").hexdigest()


def test_the_digest_is_that_of_the_source_that_was_run(folder: Path) -> None:
    path = folder / "planted_changed.py"
    path.write_text("ANSWER = 1\n")
    watch_imports(folder)
    importlib.invalidate_caches()
    importlib.import_module("planted_changed")
    run = hashlib.sha256(b"ANSWER = 1\n").hexdigest()
    path.write_text("ANSWER = 2\n")
    assert executed_digest(path) == run
    (found,) = [file for file in imported_files(folder, strict=False) if file.name == "planted_changed.py"]
    assert found.digest == run
    with pytest.raises(ModelError, match=r"planted_changed\.py was changed after it was imported"):
        imported_files(folder)


def test_a_model_whose_bytecode_is_planted_is_run_from_its_source(folder: Path) -> None:
    """The bytecode answers every picture rightly, the source none."""
    suite = make_project(folder)
    source = folder / "tiny.py"
    source.write_text(MODEL)
    py_compile.compile(str(source), doraise=True, invalidation_mode=MODES.UNCHECKED_HASH)
    source.write_text(MODEL.replace("return -self.sharpness", "return self.sharpness"))
    importlib.invalidate_caches()
    assert run_suite(suite, root=folder)["clean"].verdict == "fail"


def test_a_second_project_is_not_judged_by_the_code_of_the_first(folder: Path, tmp_path_factory: Any) -> None:
    """Both have a module ``tiny``; the second one's answers every picture wrongly."""
    assert run_suite(make_project(folder), root=folder)["clean"].verdict == "pass"
    second = tmp_path_factory.mktemp("second")
    suite = make_project(second)
    (second / "tiny.py").write_text(MODEL.replace("return -self.sharpness", "return self.sharpness"))
    clean = run_suite(suite, root=second)["clean"]
    assert clean.verdict == "error"
    assert "the module tiny was imported from " in clean.problems[0]
    assert "not the project's own tiny.py" in clean.problems[0]
