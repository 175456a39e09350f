"""What is collected: every suite of the folders that are looked at, and nothing else that lies there."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from robustcheck.core.suite_code import beside_suites, code_in_suites, lines_of, problems_of
from robustcheck.core.suite_folders import Places, absolute_paths, is_yaml
from robustcheck.pytest_plugin.stash import DISCOVERY

if TYPE_CHECKING:
    pass


def places_of(config: pytest.Config, arguments: Iterable[str]) -> Places:
    """Return what a call looks at.

    Args:
        config: Its configuration; that of the earliest hooks will do.
        arguments: Files, folders and node ids of its command line.
    """
    root = config.rootpath

    def absolute(name: str) -> Path:
        return Path(os.path.abspath(root / name))

    return Places(
        root=root,
        configs=absolute(config.getini("robustcheck_configs")),
        configured=tuple(map(absolute, config.getini("robustcheck_suites"))),
        named=tuple(absolute_paths(arguments, config.invocation_params.dir)),
    )


def refuse_code(early_config: pytest.Config) -> None:
    """End the call where a folder of suites holds code.

    Raises:
        pytest.UsageError: It names the files.
    """
    places = places_of(early_config, early_config.known_args_namespace.file_or_dir)
    problems = code_in_suites(places, _is_meant_as_suite)
    if problems:
        raise pytest.UsageError(f"nothing was run:\n{lines_of(problems)}")


def _is_meant_as_suite(path: Path) -> bool:
    from robustcheck.language.discover import is_meant_as_suite  # the parser, only where code lies near a YAML file

    return is_meant_as_suite(path)


class SuiteCollection:
    """Decides which files pytest collects; registered as a plugin of its own."""

    def __init__(self, config: pytest.Config) -> None:
        """Look at all files.

        Raises:
            pytest.UsageError: Something there cannot be looked at, or is code.
        """
        from robustcheck.language.discover import discover

        named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else ()
        places = places_of(config, named)
        self._config = config
        self._suite_folders = places.sort().suite_folders
        self._discovery = config.stash[DISCOVERY] = discover(places)
        if self._discovery.problems:
            raise pytest.UsageError(f"nothing was run:\n{lines_of(self._discovery.problems)}")
        self._suites = frozenset(self._discovery.suites)
        self._beside = frozenset(
            suite.parent
            for suite in self._suites
            if not self._in_suite_folder(suite) and not places.is_trusted(suite.parent)
        )
        self._ways = self._suites.union(*(suite.parents for suite in self._suites))
        self._opened: set[Path] = set()
        self._failed: dict[str, str] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_ignore_collect(self, collection_path: Path) -> Generator[None, bool | None, bool | None]:
        """Enter every folder that holds a suite, unless the call or a ``conftest.py`` says otherwise, and look at nothing else."""
        ignored = yield
        if collection_path not in self._ways:
            shut = self._in_suite_folder(collection_path) or not self._opened.isdisjoint(collection_path.parents)
            return True if shut else ignored
        if ignored and self._is_habit(collection_path) and not self._is_option(collection_path):
            self._opened.add(collection_path)
            return False
        return ignored

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        """Collect suites, and let no other plugin collect them or anything in their folders, nor code beside them.

        Raises:
            pytest.Collector.CollectError: Another plugin would collect what lies beside a suite.
        """
        collectors = yield
        if file_path in self._suites or (is_yaml(file_path) and parent.session.isinitpath(file_path)):
            from robustcheck.pytest_plugin.collect import SuiteFile

            return [SuiteFile.from_parent(parent, path=file_path)]
        if self._in_suite_folder(file_path):
            return []
        if collectors and not self._beside.isdisjoint(file_path.parents):
            # By a name of the project's own (python_files) or for its doctests; nothing of it has been imported yet.
            raise pytest.Collector.CollectError(
                lines_of(problems_of([beside_suites(file_path)], self._config.rootpath))
            )
        return collectors

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember which suites are broken."""
        if report.failed:
            self._failed[report.nodeid] = str(report.longrepr).strip().partition("\n")[0]

    def document(self, ran: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the result says of all this.

        Args:
            ran: Suites of which a case was run, by their path in the result.
        """
        from robustcheck.core.paths import path_as_typed

        entries = (*self._discovery.left_out, *self._discovery.not_named)
        suites, left_out = [], [{"path": entry.path, "reason": entry.reason} for entry in entries]
        for suite in self._discovery.suites:
            path = path_as_typed(suite, self._config.rootpath)
            if path in ran:
                suites.append(path)
            else:
                left_out.append({"path": path, "reason": self._reason(suite, path)})
        # What is no suite by its name can be named all the same.
        suites += [path for path in ran if path not in suites]
        return {"suites": sorted(suites), "left_out": sorted(left_out, key=lambda entry: entry["path"])}

    def is_whole(self, ran: Mapping[str, Any]) -> bool:
        """Whether at least one case was run of every suite that the call asks for."""
        from robustcheck.core.paths import path_as_typed

        return all(path_as_typed(suite, self._config.rootpath) in ran for suite in self._discovery.suites)

    def _reason(self, suite: Path, path: str) -> str:
        if path in self._failed:
            return f"it is broken: {self._failed[path]}"
        if any(map(self._is_option, (suite, *suite.parents))):
            return "a suite that this call ignores (--ignore, --ignore-glob)"
        option = self._config.option
        flags = {"-k": "keyword", "-m": "markexpr", "--deselect": "deselect", "--lf": "lf", "-x": "maxfail"}
        given = ", ".join(flag for flag, name in flags.items() if getattr(option, name, None))
        if given:
            return f"no case of it was run ({given})"
        return "no case of it was run: a conftest.py or a plugin leaves it out, or the run ended before"

    def _in_suite_folder(self, path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in self._suite_folders)

    def _is_habit(self, path: Path) -> bool:
        """Whether pytest leaves a path out by its own habit, which a suite is not to fall victim to."""
        if path.name == "__pycache__" or (path / "pyvenv.cfg").is_file() or (path / "conda-meta").is_dir():
            return True
        patterns = self._config.getini("norecursedirs")
        return path.is_dir() and any(
            fnmatch(str(path), f"*/{pattern}") if "/" in pattern else fnmatch(path.name, pattern)
            for pattern in patterns
        )

    def _is_option(self, path: Path) -> bool:
        """Whether the call itself leaves a path out."""
        here = self._config.invocation_params.dir
        ignored = self._config.getoption("ignore") or ()
        globs = self._config.getoption("ignore_glob") or ()
        return any(path == Path(os.path.abspath(here / name)) for name in ignored) or any(
            fnmatch(str(path), os.path.abspath(here / pattern)) for pattern in globs
        )
