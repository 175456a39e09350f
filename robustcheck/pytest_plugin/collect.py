"""From a suite file to pytest items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from robustcheck.core.errors import CaseError, RobustcheckError, SuiteError, ThresholdBreach
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.requirements import Requirement
from robustcheck.domain.result import CaseResult, describe
from robustcheck.domain.suite import Item
from robustcheck.domain.verdict import FAILING
from robustcheck.language import load_project
from robustcheck.pytest_plugin.options import chosen, rerun_arguments, run_options
from robustcheck.pytest_plugin.stash import DISCOVERY
from robustcheck.report.messages import failure
from robustcheck.session.suite_session import SuiteSession

PROJECT = pytest.StashKey[Project]()


def project_of(config: pytest.Config) -> Project:
    """Return the project's entries, read once a session.

    Raises:
        SuiteError: A configuration file is wrong.
    """
    if PROJECT not in config.stash:
        config.stash[PROJECT] = load_project(config.rootpath, config.rootpath / config.getini("robustcheck_configs"))
    return config.stash[PROJECT]


class SuiteFile(pytest.File):
    """A suite; everything that can be wrong with it is found when it is collected."""

    run: SuiteSession
    revised: Mapping[str, Any] = {}
    """What earlier items of this suite have become with the last one, as JSON values by id."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each thing demanded, each case of the chosen tier and each ``overall`` line."""
        config = self.config
        options = run_options(config)
        broken = config.stash[DISCOVERY].broken.get(self.path)
        if broken:
            raise self.CollectError(str(broken))
        choices = {name: chosen(config, name) for name in ("model", "data", "seed")}
        try:
            self.run = SuiteSession.load(self.path, project_of(config), options, **choices)
        except SuiteError as error:
            raise self.CollectError(str(error)) from None
        suite, planned = self.run.suite, self.run.items()
        if [item for item in planned if not isinstance(item, Requirement)] == [suite.clean]:
            raise self.CollectError(f"{suite.path}: no check is in the tier {options.tier}; nothing would be gated")
        for item in planned:
            # Given as text, the id is parsed as pytest parses it again for --lf, brackets and all.
            yield CaseItem.from_parent(self, name=item.id, nodeid=f"{self.nodeid}::{item.id}", planned=item)


class CaseItem(pytest.Item):
    """One case, one ``overall`` line, or one thing demanded."""

    parent: SuiteFile

    def __init__(self, *, planned: Item, **arguments: Any) -> None:
        """Mark the item so that ``-m`` and ``-k`` find it, and turn a waiver into a strict xfail."""
        super().__init__(**arguments)
        self.planned = planned
        self.result: CaseResult | None = None
        about = describe(self.parent.run.suite, planned)
        kind, tier, severity = about["kind"], about["tier"], about["severity"]
        marker = pytest.mark.robustcheck(kind=kind, suite=self.parent.run.suite.title, tier=tier, severity=severity)
        self.add_marker(marker)
        if isinstance(planned, Case):
            self.extra_keyword_matches.update(planned.tags, (step.name for step in planned.steps))
        if planned.waiver:
            waiver = planned.waiver
            reason = f"waived by {waiver.owner} until {waiver.expires}: {waiver.reason}"
            self.add_marker(pytest.mark.xfail(reason=reason, strict=True, raises=ThresholdBreach))

    def runtest(self) -> None:
        """Run the case and raise what its verdict demands."""
        result = self.parent.run.result(self.planned)
        self.result = result
        revised = self.parent.run.revised()
        self.parent.revised = {name: found.to_json() for name, found in revised.items()}
        self.user_properties.append(("robustcheck_verdict", result.verdict))
        for name, estimate in result.metrics.items():
            self.user_properties.append((f"robustcheck_{name}", f"{estimate.value:.6f}"))
        text = failure(result.to_json(), rerun_arguments(self.config))
        if result.verdict in FAILING - {"fail"}:
            raise CaseError(text)
        if failing := [found.id for found in revised.values() if found.verdict in FAILING]:
            raise CaseError(
                f"{result.nodeid}: the cache was stale, and earlier cases that it answered do not hold: {', '.join(failing)}"
            )
        if result.verdict == "waived" or (result.verdict == "fail" and self.planned.waiver is None):
            raise ThresholdBreach(text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a mistake or a breach as its text alone, a defect of ours with its trace."""
        if isinstance(excinfo.value, RobustcheckError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Point to the line of the check in the suite."""
        return self.path, self.planned.where.line - 1, self.name
