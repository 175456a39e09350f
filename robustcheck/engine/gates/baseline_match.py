"""The accepted run beside the cases of this one."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.paths import path_as_typed
from robustcheck.data.labels.apply_overlay import Overlaid
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.suite import Suite
from robustcheck.engine.gates.baseline import Baseline, Fit, default_path
from robustcheck.engine.gates.baseline_file import load_baseline
from robustcheck.engine.options import Options
from robustcheck.engine.sample_index import Index
from robustcheck.metrics.records import Observation


class Compared:
    """The baseline of a suite, read when it is first asked for."""

    def __init__(self, suite: Suite, project: Project, options: Options) -> None:
        """Name a suite; its baseline lies beside it."""
        self._suite, self._options = suite, options
        self._note = project.files.noting("baseline", suite=suite.path)
        self._found: tuple[Baseline | None, Fit, str] | None = None

    def beside(
        self, case: Case, seen: Observation, index: Index, data_digest: str, overlaid: Overlaid | None
    ) -> Observation:
        """Return an observation with what the accepted model had right in the case, or with why that is not known."""
        baseline, _, reason = self._accepted(index, data_digest, overlaid)
        if baseline is None:
            return dataclasses.replace(seen, baseline=None, no_baseline=reason)
        try:
            digest = baseline.digest_of(case)
            right = baseline.right_of(case.id, seen.records.id.tolist(), labels=seen.records.label, digest=digest)
        except RobustcheckError as error:
            return dataclasses.replace(seen, baseline=None, no_baseline=str(error))
        return dataclasses.replace(seen, baseline=right, no_baseline="")

    def notes(self, index: Index, data_digest: str, overlaid: Overlaid | None) -> list[str]:
        """Return which cases are new, gone or changed since the baseline, or why it is not compared with."""
        baseline, fit, reason = self._accepted(index, data_digest, overlaid)
        if baseline is None:
            return [f"not compared with the baseline: {reason}"] if os.path.lexists(self._path) else []
        return list(fit.notes)

    @property
    def _path(self) -> Path:
        return default_path(self._options.root / self._suite.path)

    def _accepted(self, index: Index, data_digest: str, overlaid: Overlaid | None) -> tuple[Baseline | None, Fit, str]:
        if self._found is None:
            self._found = self._read(index, data_digest, overlaid)
        return self._found

    def _read(self, index: Index, data_digest: str, overlaid: Overlaid | None) -> tuple[Baseline | None, Fit, str]:
        shown = path_as_typed(self._path, self._options.root)
        if not os.path.lexists(self._path):
            return None, Fit(), f"there is no baseline {shown}"
        try:
            baseline = load_baseline(self._path, shown=shown, note=self._note)
        except RobustcheckError as error:
            return None, Fit(), str(error)
        fit = baseline.check(
            suite=self._suite.path,
            data_digest=data_digest,
            overlay=overlaid.digest if overlaid else "",
            seed=self._suite.seed,
            cases={case.id: baseline.digest_of(case) for case in self._suite.cases if not case.how.until},
            ids=[sample.id for sample in index.samples],
            labels=index.labels,
            original=index.original,
            limited=self._options.limit is not None,
        )
        return (None, fit, "; ".join(fit.problems)) if fit.problems else (baseline, fit, "")
