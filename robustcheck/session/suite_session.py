"""One suite of a run: what it rests on is opened once, its items are answered, and what came of it is gathered."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robustcheck.core.read_files import ReadFile
from robustcheck.data import OpenSources
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.requirements import Requirement
from robustcheck.domain.result import CaseResult
from robustcheck.domain.suite import Item, Suite, planned_items
from robustcheck.engine.cache.project_code import note_code
from robustcheck.engine.gates.feasibility import refuse_unprovable
from robustcheck.engine.options import Options
from robustcheck.engine.suite_run import SuiteRun
from robustcheck.language import load_suite
from robustcheck.language.approvals import approvals_of
from robustcheck.provenance.demands import Demands


class SuiteSession:
    """A suite that is run: its model, data and accepted run, each opened once and when it is first asked for.

    Attributes:
        suite: What is run.
        project: Whose suite it is.
        options: How it is run.
        sources: The data sets that are open.
    """

    def __init__(self, suite: Suite, project: Project, options: Options) -> None:
        """Bind a suite to its project.

        Raises:
            SuiteError: It has an expectation that no result on its pictures could prove.
        """
        self.suite, self.project, self.options = suite, project, options
        self.sources = OpenSources(project.files.pictures)
        refuse_unprovable(suite, project, options, self.sources)
        note = project.files.noting("approvals", suite=suite.path)
        approvals = functools.partial(approvals_of, suite, options.root, note)
        self._run = SuiteRun(suite, project, options, approvals=approvals, sources=self.sources)
        self._demands = Demands(suite, project, limit=options.limit, sources=self.sources)

    @classmethod
    def load(
        cls,
        path: Path,
        project: Project,
        options: Options,
        *,
        model: str | None = None,
        data: str | None = None,
        seed: int | None = None,
    ) -> SuiteSession:
        """Read a suite and refuse one that could not pass.

        Args:
            path: The suite's file.
            project: Whose suite it is.
            options: How it is run.
            model: Model to test instead of the suite's.
            data: Data set to use instead of the suite's.
            seed: Seed instead of the suite's.

        Raises:
            SuiteError: With every problem of the suite.
        """
        return cls(load_suite(path, project, model=model, data=data, seed=seed), project, options)

    def items(self) -> list[Item]:
        """Return all that the chosen tier has: what is demanded, the clean case, cases, and ``overall`` lines."""
        return planned_items(self.suite, self.options.tier)

    def result(self, item: Item) -> CaseResult:
        """Return the result of an item; whatever goes wrong is in the result, never raised."""
        if isinstance(item, Requirement):
            return self._demands.result(item)
        return self._run.case(item) if isinstance(item, Case) else self._run.overall(item)

    def revised(self) -> dict[str, CaseResult]:
        """Return, once, what earlier results have become since the cache that they came from was discarded, by id."""
        return self._run.revised()

    def identity(self) -> dict[str, Any]:
        """Return what was run on what, as JSON values; opens the model and the data if need be."""
        return {**self._run.identity(), **self._demands.identity()}

    def read_files(self) -> tuple[ReadFile, ...]:
        """Return every file that was read for the suite so far, the project's own code among them."""
        note_code(self.project.files, self.options.root)
        return self.project.files.of(self.suite.path)

    def close(self) -> None:
        """Let go of the model, the pictures and the threads; what was listed of the data stays."""
        self._run.close()


@dataclass
class SuiteRecord:
    """What is known of one suite of a run so far, from one process or several.

    Attributes:
        path: Of the suite.
        identities: What was run on what, as each process that took part told it last.
        results: JSON values of results by the id of their item.
        planned: Ids of all items of the chosen tier, in order.
        read: Every file that was read for it.
        sources: Its data sets, where this process has them open.
    """

    path: str
    identities: list[Mapping[str, Any]] = field(default_factory=list)
    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    planned: list[str] = field(default_factory=list)
    read: set[ReadFile] = field(default_factory=set)
    sources: OpenSources | None = None

    def add(self, results: Iterable[CaseResult]) -> None:
        """Keep results, each in the place of an earlier one of the same item."""
        self.results |= {result.id: result.to_json() for result in results}

    def ordered(self) -> list[Mapping[str, Any]]:
        """Return the results in the order of the suite, whatever order they came in."""
        places = {name: place for place, name in enumerate(self.planned)}
        return [self.results[name] for name in sorted(self.results, key=lambda name: places.get(name, len(places)))]

    def not_run(self) -> list[str]:
        """Return the ids of planned items that have no result."""
        return [name for name in self.planned if name not in self.results]

    def identity(self) -> dict[str, Any]:
        """Return what was run on what, put together from all processes: each knows notes that others do not."""
        merged = unknown_identity(self.path)
        for told in self.identities:
            merged |= {**told, "notes": list(dict.fromkeys((*merged["notes"], *told["notes"])))}
        return merged

    def conflicts(self) -> list[str]:
        """Return in what the processes of a run differ: each opened model and data for itself."""
        digests: dict[str, set[str]] = {}
        for identity in self.identities:
            for what, digest in (
                ("suite", identity["digest"]),
                ("model", identity["model"].get("digest")),
                ("data", identity["data"].get("digest")),
            ):
                if digest:
                    digests.setdefault(what, set()).add(digest)
        return [
            f"the {what} was not the same for all cases of the run: "
            f"{' and '.join(sorted(digest[:12] for digest in different))}; run again"
            for what, different in digests.items()
            if len(different) > 1
        ]


def unknown_identity(path: str) -> dict[str, Any]:
    """Return the identity of a suite of which nothing but its path is known."""
    return {
        "path": path,
        "title": path,
        "owner": "",
        "digest": "",
        "seed": 0,
        "notes": [],
        "combinations": [],
        "inputs": [],
        "profile": None,
        "model": {"name": "unknown"},
        "data": {"name": "unknown"},
    }
