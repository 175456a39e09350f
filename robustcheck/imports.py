"""Import paths that a project's own configuration names, such as ``package.module:function``.

Only ``configs/``, which ML engineers own, can name code; suites cannot.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robustcheck.errors import RobustcheckError, did_you_mean


class FactoryError(RobustcheckError):
    """A factory cannot be imported or fails."""


def call_factory(path: str, arguments: Mapping[str, Any], root: Path) -> Any:
    """Import ``module:attribute``, also from the project's root, and call it with keyword arguments.

    Raises:
        FactoryError: Says what failed and in which line of the user's code.
    """
    module_name, _, attribute = path.partition(":")
    if not attribute:
        raise FactoryError(f"{path} is no import path; write package.module:function")
    if str(root) not in sys.path:
        sys.path.append(str(root))
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and module_name.startswith(error.name):
            raise FactoryError(f"there is no module {error.name} (searched beside {root.name}/ too)") from None
        raise FactoryError(f"importing {module_name} needs {error.name}, which is not installed") from None
    except Exception as error:
        raise FactoryError(f"importing {module_name} failed: {_told(error)}") from error
    for name in attribute.split("."):
        if not hasattr(found, name):
            public = [known for known in dir(found) if not known.startswith("_")]
            raise FactoryError(f"{module_name} has no {attribute}; {did_you_mean(name, public)}")
        found = getattr(found, name)
    if not callable(found):
        raise FactoryError(f"{path} is {type(found).__name__}, not a function")
    try:
        return found(**arguments)
    except RobustcheckError:
        raise
    except Exception as error:
        raise FactoryError(f"{path} failed: {_told(error)}") from error


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename != __file__ and "importlib" not in frame.filename]
    where = f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""
    return f"{type(error).__name__}: {error}{where}"
