"""The part of the plugin that exists only with ``--robustcheck``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.suite_folders import is_yaml
from robustcheck.domain.result import CaseResult
from robustcheck.domain.verdict import FAILING
from robustcheck.pytest_plugin.attest import Signing
from robustcheck.pytest_plugin.discovery import SuiteCollection
from robustcheck.pytest_plugin.gathering import Gathered, News
from robustcheck.pytest_plugin.options import SETTINGS, chosen, is_on, run_options, suite_folders
from robustcheck.pytest_plugin.page_link import open_page, page_line
from robustcheck.pytest_plugin.stock import use_stock_suite
from robustcheck.session.clock import Clock

MARKUP: Mapping[str, dict[str, bool]] = {
    "pass": {"green": True},
    "warn": {"yellow": True},
    "waived": {"yellow": True},
    "fail": {"red": True},
    "inconclusive": {"red": True},
    "unreliable": {"red": True},
    "error": {"red": True},
    "not gated": {"light": True},
}


def register(config: pytest.Config, plugin: object, name: str) -> None:
    """Register a part of the plugin, which nobody may block: without it cases would pass that nothing reports or signs.

    Raises:
        pytest.UsageError: ``-p no:NAME`` blocks it, on the command line, in ``addopts`` or in ``PYTEST_ADDOPTS``.
    """
    if config.pluginmanager.register(plugin, name) is None:
        raise pytest.UsageError(
            f"-p no:{name} blocks a part of --robustcheck that the result depends on; leave one of them out"
        )


class RobustcheckSession:
    """Collects suites, gathers results (from workers too) and writes the report."""

    def __init__(self, config: pytest.Config) -> None:
        """Check the options before anything is collected, and find the suites if no path was given."""
        self._config = config
        run_options(config)
        for name in ("seed", "batch_size"):
            chosen(config, name)
        if not self._is_worker(config) and not config.option.collectonly:
            self._check_report()
        self._stock = use_stock_suite(config)
        self._signing = None if self._is_worker(config) else Signing.asked_for(config)
        # A worker gets the command line anew, so it must come to the same paths by itself.
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            config.args = [str(folder) for folder in suite_folders(config)]
        self._collection = SuiteCollection(config)
        register(config, self._collection, "robustcheck-collection")
        self._clock = Clock()
        self._gathered, self._news = Gathered(), News()
        self._nodeids: dict[str, None] = {}
        self._result: dict[str, Any] | None = None
        self._written: Path | None = None
        self._begun = False
        self._broken = False
        self._unwritten = ""
        self._notes: tuple[str, ...] = ()

    def _check_report(self, deed: str = "check") -> None:
        from robustcheck.session import report_folder

        look = {
            "check": report_folder.check_report,
            "begin": report_folder.begin_report,
            "forget": report_folder.forget_report,
        }[deed]
        try:
            look(run_options(self._config).report)
        except RobustcheckError as error:
            raise pytest.UsageError(f"--robustcheck-report: {error}") from None

    def _begin(self) -> None:
        """Take away what an earlier run left in the report's folder, once it is clear that this one looks at something."""
        if not (self._begun or self._is_worker(self._config) or self._config.option.collectonly):
            self._begun = True
            self._check_report("begin")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin the report with the first case, on the controller too."""
        if nodeid in self._nodeids:
            self._begin()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Forget the report of an earlier run where a suite cannot be read, unless an option of this call may be why."""
        if not report.failed or not is_yaml(Path(report.nodeid)):
            return
        self._broken = True
        overruled = any(self._config.getoption(f"robustcheck_{name}") for name in ("model", "data", "seed"))
        if not (overruled or self._begun or self._is_worker(self._config) or self._config.option.collectonly):
            self._check_report("forget")

    @staticmethod
    def _is_worker(config: pytest.Config) -> bool:
        return hasattr(config, "workerinput")

    def pytest_report_header(self) -> str:
        """Say what will be gated."""
        options = run_options(self._config)
        looking = "cache on" if options.cache else "cache off: every picture is looked at anew"
        return f"robustcheck: tier {options.tier}, device {options.device}, {looking}"

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Remember every case, chosen or not."""
        if item.get_closest_marker("robustcheck"):
            self._nodeids[item.nodeid] = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Learn from a worker what it collected, since the controller collects nothing itself."""
        self._nodeids.update({name: None for name in ids if is_yaml(Path(name.split("::")[0]))})

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep a suite on one worker, which then loads its model once, unless asked otherwise."""
        if config.getoption("dist") != "load" or config.getoption("robustcheck_split"):
            return None
        from robustcheck.pytest_plugin.distribution import scheduler

        return scheduler(config, log)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the result to the report, which carries it to the controller, and what it does not know yet of the suite."""
        report = yield
        result = getattr(item, "result", None)
        if report.when == "call" and result is not None:
            parent: Any = item.parent
            attached = {"result": result.to_json(), "revised": parent.revised, **self._news.of(parent)}
            report.robustcheck = attached  # type: ignore[attr-defined]
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
        """Let go of a suite's model once its last case has run."""
        yield
        run = getattr(item.parent, "run", None)
        if run is not None and (nextitem is None or nextitem.parent is not item.parent):
            run.close()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather results; a case that failed without one, its worker dead perhaps, is an error."""
        attached = getattr(report, "robustcheck", None)
        path, _, name = report.nodeid.partition("::")
        if attached:
            self._gathered.add(attached, self._news.sessions)
        elif report.failed and report.nodeid in self._nodeids and not self._gathered.has(path, name):
            self._gathered.of(path).add((_without_result(report, path, name),))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the result file; a gate that looked at nothing must not pass."""
        if self._is_worker(self._config) or self._config.option.collectonly:
            return
        if self._gathered.records:
            self._write()
        failing = self._result is None or self._result["verdict"] in FAILING or bool(self._unwritten)
        if self._signing and self._unwritten:
            self._signing.refused.append(self._unwritten)
        elif self._signing and self._result is not None:
            root, configs = self._config.rootpath, self._config.getini("robustcheck_configs")
            self._signing.sign(self._result, run_options(self._config).report, root, root / configs)
            failing = failing or bool(self._signing.refused)
        by_workers = bool(self._broken and self._config.getoption("numprocesses", None))
        if by_workers and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            # In one process pytest stops by itself where a file cannot be collected; workers count it as a test that failed.
            if not self._config.getoption("continue_on_collection_errors"):
                session.exitstatus = pytest.ExitCode.INTERRUPTED
        elif exitstatus == pytest.ExitCode.OK and failing:
            session.exitstatus = (
                pytest.ExitCode.NO_TESTS_COLLECTED if self._result is None else pytest.ExitCode.TESTS_FAILED
            )

    def _write(self) -> None:
        from robustcheck.pytest_plugin.collect import project_of
        from robustcheck.session.finishing import finish_run

        records = self._gathered.complete(self._nodeids)
        try:
            project = project_of(self._config)
        except RobustcheckError:
            project = None  # each suite has said so
        finished = finish_run(
            records.values(),
            root=self._config.rootpath,
            report=run_options(self._config).report,
            project=project,
            clock=self._clock,
            options={setting.name: chosen(self._config, setting.name) for setting in SETTINGS if setting.decides},
            discovery=self._collection.document(records),
            every_suite=self._collection.is_whole(records),
        )
        self._result, self._written, self._unwritten = finished.document, finished.written, finished.unwritten
        self._notes = finished.notes

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show a table a suite, and tell GitHub if it is listening."""
        from robustcheck.report.terminal import closing, discovered, table, wrapped
        from robustcheck.session.report_folder import PAGE

        reporter = terminalreporter
        width = shutil.get_terminal_size().columns if reporter.isatty else None
        if self._config.option.collectonly or self._is_worker(self._config):
            return
        if self._result is None:
            reporter.section("robustcheck", red=True)
            reporter.line("no case of any suite was run, so nothing was gated", red=True)
            left = run_options(self._config).report
            if not self._begun and os.path.lexists(left):
                reporter.line(f"what lies in {left} is of an earlier run", red=True)
            reporter.line(f"robustcheck: {discovered(self._collection.document({}))}")
            return

        for suite in self._result["suites"]:
            reporter.section(f"robustcheck: {suite['title']} ({suite['path']})", **MARKUP[suite["verdict"]])
            for line, verdict in wrapped((*table(suite, width), *closing(suite)), width):
                reporter.line(line, **MARKUP.get(verdict, {}))
        if self._unwritten:
            reporter.line(f"robustcheck: NOT WRITTEN: {self._unwritten}", red=True)
        reporter.line(f"robustcheck: {discovered(self._result['discovery'])}")
        for line in self._stock:
            reporter.line(f"robustcheck: {line}", yellow=True)
        if self._written:
            root = self._config.rootpath
            shown = self._written.relative_to(root) if self._written.is_relative_to(root) else self._written
            reporter.line(
                f"robustcheck: {self._result['verdict']} in {self._result['seconds']:.1f} s; result file: {shown}"
            )
        for line, verdict in self._signing.told(self._config.rootpath) if self._signing else ():
            reporter.line(line, **MARKUP[verdict])
        for note in self._notes:
            reporter.line(f"NOTE {note}", yellow=True)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            _tell_github(reporter, self._result)
        if self._written and not self._unwritten:
            page = self._written.with_name(PAGE)
            reporter.line(page_line(page, self._config.rootpath, terminal=reporter.isatty))
            if is_on(self._config, "open") and (problem := open_page(page)):
                reporter.line(f"NOTE {problem}", yellow=True)


def _tell_github(reporter: Any, result: Mapping[str, Any]) -> None:
    from robustcheck.report.github import append_summary, workflow_commands

    for line in workflow_commands(result):
        reporter.line(line)
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    try:
        if path:
            append_summary(result, Path(path))
    except OSError as error:
        reporter.line(f"NOTE the step summary {path} cannot be written: {error.strerror}", yellow=True)


def _without_result(report: pytest.TestReport, path: str, name: str) -> CaseResult:
    from robustcheck.domain.result import error_result

    text = " ".join(str(report.longrepr).split())[:500]
    problem = f"the case ended without a result: {text}"
    kind = next((kind for kind in ("overall", "provenance") if name.startswith(f"{kind}[")), "unknown")
    return error_result(path, name, kind, (problem,), nodeid=report.nodeid)
