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


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Refuse code in folders of suites, and watch what is imported, before pytest imports the first ``conftest.py``."""
    if getattr(early_config.known_args_namespace, "robustcheck", False):
        from robustcheck.core.project_imports import watch_imports
        from robustcheck.pytest_plugin.discovery import refuse_code

        _check_settings(early_config)
        refuse_code(early_config)
        watch_imports(early_config.rootpath)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, with the flag, the part that does the work."""
    config.addinivalue_line(
        "markers",
        "robustcheck(kind, suite, tier, severity): a case of a suite; select with -m \"robustcheck(kind='shift')\"",
    )
    from robustcheck.pytest_plugin.options import is_active

    if is_active(config):
        from robustcheck.core.install_check import InstallationError, check_installation

        try:
            check_installation()
        except InstallationError as error:
            raise pytest.UsageError(str(error)) from None
        from robustcheck.pytest_plugin.progress import add_progress
        from robustcheck.pytest_plugin.session import RobustcheckSession, register

        register(config, RobustcheckSession(config), "robustcheck-session")
        add_progress(config)
    else:
        _refuse_suites(config)


def _check_settings(config: pytest.Config) -> None:
    """Say where a setting is wrong that pytest itself would end with a traceback for."""
    from robustcheck.core.errors import RobustcheckError
    from robustcheck.core.project_settings import check_settings

    try:
        if config.inipath is not None:
            check_settings(config.inipath)
    except RobustcheckError as error:
        raise pytest.UsageError(str(error)) from None


def _refuse_suites(config: pytest.Config) -> None:
    """Tell who names a suite without the flag what is missing."""
    from robustcheck.core.suite_folders import is_yaml

    for argument in config.args:
        path = config.invocation_params.dir / argument.split("::", 1)[0]
        if is_yaml(path) and path.is_file():
            from robustcheck.language import is_suite

            if is_suite(path):
                raise pytest.UsageError(f"{argument} is a robustcheck suite: add --robustcheck to run it")


@pytest.fixture
def robustcheck(request: pytest.FixtureRequest) -> Callable[..., RunResult]:
    """Run a suite from within a test: ``robustcheck("suites/signs.yaml").assert_passed()``.

    Takes the arguments of ``robustcheck.run_suite``; the project's root is pytest's.
    """
    from robustcheck.api import run_suite

    def run(suite: str | Path, **options: Any) -> RunResult:
        return run_suite(suite, **{"root": request.config.rootpath, **options})

    return run
