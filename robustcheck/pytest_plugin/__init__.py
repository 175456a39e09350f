"""The pytest plugin: inert without ``--robustcheck``, thin with it.

Only pytest and small modules of ours are imported here; whatever needs numpy or more is imported once a
suite is collected.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from robustcheck.api import RunResult


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    from robustcheck.pytest_plugin.options import add_options

    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, with the flag, the part that does the work."""
    config.addinivalue_line(
        "markers",
        "robustcheck(kind, suite, tier, severity): a case of a suite; select with -m \"robustcheck(kind='shift')\"",
    )
    from robustcheck.pytest_plugin.options import is_active

    if is_active(config):
        from robustcheck.pytest_plugin.session import RobustcheckSession

        config.pluginmanager.register(RobustcheckSession(config), "robustcheck-session")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Tell who names a suite without the flag what is missing."""
    from robustcheck.pytest_plugin.options import is_active

    if file_path.suffix not in (".yaml", ".yml") or is_active(parent.config):
        return None
    if not parent.session.isinitpath(file_path):
        return None
    from robustcheck.language import is_suite

    if is_suite(file_path):
        name = (
            file_path.relative_to(parent.config.rootpath)
            if file_path.is_relative_to(parent.config.rootpath)
            else file_path
        )
        raise pytest.UsageError(f"{name} is a robustcheck suite: add --robustcheck to run it")
    return None


@pytest.fixture
def robustcheck(request: pytest.FixtureRequest) -> Callable[..., RunResult]:
    """Run a suite from within a test: ``robustcheck("suites/signs.yaml").assert_passed()``.

    Takes the arguments of ``robustcheck.run_suite``; the project's root is pytest's.
    """
    from robustcheck.api import run_suite

    def run(suite: str | Path, **options: Any) -> RunResult:
        return run_suite(suite, **{"root": request.config.rootpath, **options})

    return run
