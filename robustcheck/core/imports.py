"""Import paths that a project's own configuration names, such as ``package.module:function``.

Only ``configs/``, which ML engineers own, can name code; suites cannot.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError, did_you_mean

INSTALLED: Final = frozenset({"site-packages", "dist-packages"})
"""Folders whose files belong to distributions, which are told apart by their RECORD."""
IMPORT_PATH: Final = r"[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*"
"""A regular expression of ``package.module:function``, for the whole of a text."""
_OURS = Path(__file__).parents[1]
_PYTHON = Path(inspect.__file__).parent


class FactoryError(RobustcheckError):
    """A factory cannot be imported or fails."""


def call_factory(path: str, arguments: Mapping[str, Any], root: Path) -> Any:
    """Import ``module:attribute``, also from the project's root, and call it with keyword arguments.

    Raises:
        FactoryError: Says what failed and in which line of the user's code.
    """
    factory = find_factory(path, root)
    try:
        return factory(**arguments)
    except RobustcheckError:
        raise
    except (Exception, SystemExit) as error:
        raise FactoryError(f"{path} failed: {told(error, root)}") from error


def find_factory(path: str, root: Path) -> Any:
    """Import ``module:attribute``, also from the project's root, without calling it.

    Raises:
        FactoryError: There is no such module or attribute, importing it fails, or it cannot be called.
    """
    module_name, _, attribute = path.partition(":")
    if not attribute:
        raise FactoryError(f"{path} is no import path; write package.module:function")
    if str(root) not in sys.path:
        # It stays there, since a factory may import further modules of the project when it is called.
        sys.path.append(str(root))
    found: Any = _module(module_name, root)
    for name in attribute.split("."):
        if not hasattr(found, name):
            public = [known for known in dir(found) if not known.startswith("_")]
            raise FactoryError(f"{module_name} has no {attribute}; {did_you_mean(name, public)}")
        found = getattr(found, name)
    if not callable(found):
        raise FactoryError(f"{path} is {type(found).__name__}, not a function")
    return found


def _module(name: str, root: Path) -> Any:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise FactoryError(f"there is no module {error.name} (searched beside {root.name}/ too)") from None
        raise FactoryError(f"importing {name} needs {error.name}, which is not installed") from None
    except (Exception, SystemExit) as error:
        raise FactoryError(f"importing {name} failed: {told(error, root)}") from error
    _check_own(name.partition(".")[0], root)
    return module


def _check_own(package: str, root: Path) -> None:
    """Refuse a module from elsewhere where the project has its own, as when this process has gated another project before.

    Its results would be of code that is not the project's. What is installed may go first, as Python has it.
    """
    own = next((path for path in (root / package / "__init__.py", root / f"{package}.py") if path.is_file()), None)
    file = getattr(sys.modules.get(package), "__file__", None)
    if own is None or file is None:
        return
    imported = Path(file).resolve()
    if not imported.is_relative_to(root.resolve()) and INSTALLED.isdisjoint(imported.parts):
        raise FactoryError(
            f"the module {package} was imported from {file}, not the project's own {own.relative_to(root)}; "
            "rename one of them, or gate one project a process"
        )


def source_of(function: Any) -> bytes:
    """Return the text of the file that defines a function or class, the same on every system; empty if unknown."""
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))
        return Path(file).read_bytes().replace(b"\r\n", b"\n") if file else b""
    except (TypeError, OSError):
        return b""


def told(error: BaseException, root: Path) -> str:
    """Return an exception in one line: its kind, its text, and the innermost line of the user's own code."""
    text = next((line for line in str(error).splitlines() if line.strip()), "")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_theirs(frame.filename)]
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(root)] or frames
    where = f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""
    return type(error).__name__ + (f": {text}" if text else "") + where


def _is_theirs(file: str) -> bool:
    path = Path(file)
    ours_or_python = path.is_relative_to(_OURS) or path.is_relative_to(_PYTHON)
    return not file.startswith("<") and not ours_or_python and INSTALLED.isdisjoint(path.parts)
