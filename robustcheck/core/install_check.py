"""Whether this package is whole: another distribution, with another purpose, installs under the same import name.

Whichever of the two is installed last overwrites ``robustcheck/__init__.py`` of the other, and whichever is
uninstalled first takes that file away.
"""

from __future__ import annotations

import importlib.metadata
from typing import Final

from robustcheck.core.errors import RobustcheckError

OWN: Final = "pytest-robustcheck"
OTHER: Final = "robustcheck"


class InstallationError(RobustcheckError):
    """The installed files are not all ours."""


def check_installation() -> None:
    """Look at whose ``robustcheck`` was imported.

    Raises:
        InstallationError: The other distribution is there too, or has left its traces; says how to repair it.
    """
    import robustcheck

    other = _version(OTHER)
    if getattr(robustcheck, "__distribution__", None) == OWN and not other:
        return
    found = f"the distribution {OTHER} {other}" if other else f"another distribution, {OTHER},"
    state = "is installed beside" if other else "was installed beside"
    raise InstallationError(
        f"{found} {state} {OWN}: it serves another purpose and has the same import name, so its files and ours "
        f"overwrite each other in one folder; uninstall {OTHER}, then install {OWN} again over what is left, from the path or "
        f"git reference that it came from:\n"
        f"  python -m pip uninstall --yes {OTHER}\n"
        f"  python -m pip install --force-reinstall --no-deps PATH-OR-GIT-REFERENCE"
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
