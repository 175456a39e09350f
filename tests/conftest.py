"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from small_project import make_project

import robustcheck
from robustcheck.cli import main
from robustcheck.demo import drawn_signs

pytest_plugins = ["pytester"]
# Tiny models wait for each other's threads longer than they compute; processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Images of containers turn it on; torch's thousands of modules would then be compiled anew in every process that a test starts.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole suite on every core, and tell which tests are slow, unless the command says how.

    Not in ``addopts``, which ``pytest --robustcheck`` would take over: it needs no xdist and has one suite. Nor for paths that
    were named, where starting workers takes longer than a few files of tests.
    """
    options = config.option
    whole = config.args_source is config.ArgsSource.TESTPATHS and not options.keyword and options.markexpr == "not long"
    worker = hasattr(config, "workerinput")
    if not whole or worker or options.robustcheck or options.usepdb or not config.pluginmanager.has_plugin("xdist"):
        return
    if options.numprocesses is None and not options.tx:
        options.numprocesses = os.cpu_count()
    if options.dist == "no":
        # Tests of one file stay with one worker, which has its fixtures, until another has nothing left to do.
        options.dist = "worksteal"
    if options.durations is None:
        options.durations = 25


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that lie beside this one: they hold the longest tests, which would leave the other workers idle at the end."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)


def pytest_collection_finish() -> None:
    """Look no more at what was imported and collected when garbage is looked for: millions of objects that stay."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let the end of the process free what was kept from the search."""
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="session")
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the secret that seals caches in a folder of the tests, outside the projects that they write."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        patch.delenv("ROBUSTCHECK_CACHE_SECRET", raising=False)
        # Where it is anyway, but for pytester, which moves the home folder: each process would draw the demo's pictures anew.
        patch.setenv(drawn_signs.VARIABLE, str(drawn_signs.folder()))
        yield folder


@pytest.fixture(autouse=True)
def imports_of_other_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Forget what was imported from folders of tests: projects of several tests have modules of one name, such as ``tiny``."""
    folder = str(tmp_path_factory.getbasetemp())
    forget_imports(folder)
    yield
    forget_imports(folder)


_ELSEWHERE: dict[str, Any] = {}
"""Modules that were looked at and lie elsewhere, so that each is looked at once: there are thousands, and as many tests."""


_LOADED: list[Any] = []
"""The modules that were loaded when they were last looked at: most tests import nothing, and no loop is as quick as one comparison."""


def forget_imports(folder: str) -> None:
    """Forget the modules that lie in a folder, and look for none there any more."""
    inside = folder.rstrip(os.sep) + os.sep
    sys.path[:] = [path for path in sys.path if not path.startswith(inside)]
    if list(sys.modules.values()) == _LOADED:
        return
    for name, module in list(sys.modules.items()):
        if _ELSEWHERE.get(name, _ELSEWHERE) is module:
            continue
        if _lies_in(module, inside):
            del sys.modules[name]
        else:
            _ELSEWHERE[name] = module
    _LOADED[:] = sys.modules.values()


def _lies_in(module: Any, folder: str) -> bool:
    # Asked of its own names: some modules answer every attribute with an error.
    own = getattr(module, "__dict__", {})
    return any(str(path).startswith(folder) for path in (own.get("__file__"), *(own.get("__path__") or ())))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that writes the small project into ``tmp_path`` and returns its suite."""
    monkeypatch.syspath_prepend(tmp_path)

    def build(**parts: Any) -> Path:
        return make_project(tmp_path, **parts)

    return build


class Gate:
    """Runs pytest on the small project and reads the result file."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path

    def write(self, **parts: Any) -> Path:
        """Write the project; parts replace its suite, models or data."""
        return make_project(self.root, **parts)

    def run(self, *arguments: str, flag: bool = True) -> pytest.RunResult:
        """Run pytest in this process."""
        return self.pytester.runpytest_inprocess(*(["--robustcheck"] if flag else []), *arguments)

    def spawn(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self.pytester.runpytest_subprocess("--robustcheck", *arguments)

    def report(self) -> dict[str, Any]:
        """Return the result file."""
        path = self.root / "robustcheck-report" / "robustcheck-report.json"
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return result

    def verdicts(self) -> dict[str, str]:
        """Return verdicts by case id over all suites."""
        suites = self.report()["suites"]
        return {case["id"]: case["verdict"] for suite in suites for case in (*suite["cases"], *suite["overall"])}


@pytest.fixture(scope="session")
def loaded() -> None:
    """Load what runs load, once: pytester forgets what was imported in a run, and compiled modules do not bear a second import."""
    for module in pkgutil.walk_packages(robustcheck.__path__, "robustcheck."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("cryptography.hazmat.primitives.serialization", "hypothesis", "pyarrow.dataset", "rich.console"):
        importlib.import_module(name)
    for name in ("scipy.optimize", "scipy.special", "scipy.stats", "_pytest.stepwise", "webbrowser", "allpairspy"):
        importlib.import_module(name)
    PIL.Image.init()


@pytest.fixture
def gate(loaded: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Return a gate over an empty project folder."""
    monkeypatch.syspath_prepend(pytester.path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return Gate(pytester)


@dataclass(frozen=True)
class Done:
    """What a call of the command gave."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Call = Callable[..., Done]


@pytest.fixture
def robustcheck_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs the command in ``tmp_path``."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Done:
        code = main(arguments)
        written = capsys.readouterr()
        assert "Traceback" not in written.err
        return Done(code, written.out, written.err)

    return call
