"""Lets what looks at no picture and no model run where the libraries for these are not installed.

A machine that deploys checks a signature with ``robustcheck verify``, and an editor checks suites with ``robustcheck validate``:
neither should need gigabytes of PyTorch. Modules that define shifts and metrics name NumPy in their signatures and are imported
all the same: here a placeholder stands for each library that is not installed. It can be named and put into annotations; to use
it is an error that says what to install.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final, NoReturn

from robustcheck.core.errors import RobustcheckError

LIBRARIES: Final[Mapping[str, str]] = {
    "PIL": "pillow",
    "albumentations": "albumentations",
    "allpairspy": "allpairspy",
    "cv2": "opencv-python-headless",
    "eagerpy": "eagerpy",
    "flask": "flask",
    "foolbox": "foolbox",
    "jinja2": "jinja2",
    "markupsafe": "markupsafe",
    "numpy": "numpy",
    "pyarrow": "pyarrow",
    "pytest": "pytest",
    "rich": "rich",
    "safetensors": "safetensors",
    "scipy": "scipy",
    "shtab": "shtab",
    "torch": "torch",
    "torchvision": "torchvision",
}
"""The import names of what this package needs for pictures, models, pages and runs, with the names that pip installs."""


class LibraryAbsent(RobustcheckError):
    """Something needs a library that is not installed here."""

    def __init__(self, name: str) -> None:
        self.library = LIBRARIES[name]
        super().__init__(
            f"this needs {self.library}, which is not installed here: install this package with all that it depends on, "
            f"or {self.library} alone (python -m pip install {self.library})"
        )


@contextmanager
def placeholders() -> Iterator[None]:
    """Let placeholders stand for those of ``LIBRARIES`` that are not installed, and take them away in the end.

    Raises:
        LibraryAbsent: Something within made use of one.
    """
    finder = _Finder()
    # At the end, where whatever is installed was found already.
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _PlaceholderModule)]:
            del sys.modules[name]


def is_installed(name: str) -> bool:
    """Whether a library is installed, by its import name, also where a placeholder stands for it."""
    spec = importlib.util.find_spec(name)
    return spec is not None and not isinstance(spec.loader, _Finder)


class _Part:
    """Something of a library that is not installed: it can be named, and not be used."""

    def __init__(self, library: str) -> None:
        self.__library = library

    def __getattr__(self, name: str) -> _Part:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _: object) -> _Part:
        return self

    def __or__(self, _: object) -> _Part:
        return self

    __ror__ = __or__

    def __mro_entries__(self, _: object) -> tuple[type, ...]:
        return ()

    def __instancecheck__(self, _: object) -> bool:
        # Nothing can be made of what is not there.
        return False

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise LibraryAbsent(self.__library)

    __call__ = __bool__ = __iter__ = __len__ = __contains__ = __enter__ = __exit__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __index__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __pow__ = __rpow__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __matmul__ = __rmatmul__ = _refuse
    __neg__ = __pos__ = __abs__ = __invert__ = __and__ = __rand__ = __xor__ = __rxor__ = _refuse
    __setitem__ = __delitem__ = _refuse


class _PlaceholderModule(ModuleType):
    """A module of a library that is not installed."""

    def __getattr__(self, name: str) -> _Part:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Part(self.__name__.partition(".")[0])


def _asked_by_us() -> bool:
    """Whether the import that is under way stands in this package."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("importlib"):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == __name__.partition(".")[0]


class _Finder:
    """Finds a placeholder for each module of the libraries that are not installed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return how a placeholder is made; ``None`` for the modules of anything else, and where others ask, who can do without."""
        if name.partition(".")[0] not in LIBRARIES or not _asked_by_us():
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the placeholder."""
        return _PlaceholderModule(spec.name)

    def exec_module(self, module: Any) -> None:
        """Do nothing: there is no code."""
