"""The cache of a suite's records: what earlier runs left is believed only with its seal, its code and a live look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import CaseError
from robustcheck.domain.case import Case
from robustcheck.domain.config import Project
from robustcheck.domain.suite import Suite
from robustcheck.engine.cache.cache_folder import FOLDER, prune
from robustcheck.engine.cache.cache_keys import case_key, code_key, digest_of
from robustcheck.engine.cache.probe import Probe
from robustcheck.engine.cache.project_code import changed_since, digest_of_file, imported_files
from robustcheck.engine.cache.record_files import Store, Stored
from robustcheck.engine.options import Options
from robustcheck.models.predictor import Predictor

A_VALUE: Final = 2
"""Live pictures of a value of a break point, as long as they reach; then one, and what is left over is not believed."""


class StaleRecords(CaseError):
    """Records of an earlier run do not say what the model does now: the suite's cache was discarded, and the case is to be asked again."""


@dataclass(frozen=True, slots=True)
class Known:
    """Records that need not be made.

    Attributes:
        key: Their name in the store.
        stored: The records.
        cached: Whether an earlier run made them.
        live: Pictures that went through the model now, to see whether they still hold.
    """

    key: str
    stored: Stored
    cached: bool
    live: int


class RecordCache:
    """What is known of the cases of one suite.

    Attributes:
        store: Where records lie.
        discarded: Why all records of earlier runs were discarded; empty where they were not.
    """

    def __init__(
        self,
        suite: Suite,
        project: Project,
        options: Options,
        *,
        predictor: Predictor,
        data: str,
        labels: Mapping[str, str],
        probe: Probe,
    ) -> None:
        """Take down which code was imported; the model and the data are open by now.

        Args:
            suite: The suite.
            project: Its project, whose entries say what else they depend on.
            options: Of the run.
            predictor: The model.
            data: Digest of the pictures and labels looked at.
            labels: Labels that stand for those of the data, by sample.
            probe: Looks at pictures live.

        Raises:
            ModelError: A file of the project was changed after it was imported.
        """
        self._suite, self._options, self._probe = suite, options, probe
        self.store = Store(options.root / FOLDER)
        self.store.sweep()
        self.discarded = ""
        imported = imported_files(options.root)
        self._code = {file.name: file.digest for file in imported}
        self._project_code = {file.name: file.digest for file in imported if file.inside}
        self._model = predictor.digest
        depends = (*project.models[suite.model].depends, *project.data[suite.data].depends)
        names = [(Path(name).name if Path(name).is_absolute() else name, digest) for name, digest in self._code.items()]
        home = options.root.resolve()
        names += [(f"depends {path.relative_to(home).as_posix()}", digest_of_file(path)) for path in depends]
        self._facts: dict[str, Any] = {
            "seed": suite.seed,
            "model": predictor.digest,
            "data": data,
            "labels": labels,
            "device": predictor.device,
            "code": code_key(names),
        }
        self._made: set[str] = set()
        self._checked: set[str] = set()
        self._left: dict[str, int] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the result must know."""
        told = []
        if self.discarded:
            told.append(
                f"the cache was discarded, and all is run anew: {self.discarded}; what decides them is not in the key: name its "
                "files with depends: in configs/models.yaml or configs/data.yaml"
            )
        if self.store.problem and self._options.keep:
            told.append(f"the cache is off: {self.store.problem}")
        if count := len(self.store.refused):
            words = "case was not believed, since it does" if count == 1 else "cases were not believed, since they do"
            told.append(f"{count} cached {words} not carry the seal of this machine")
        return tuple(told)

    def keys(self, case: Case, watch: str) -> list[str]:
        """Return the names under which records of a case may lie: of all pictures, and of those until it stops early."""
        whole = case_key(case, **self._facts)
        return [whole, digest_of([whole, watch])] if watch else [whole]

    def load(self, keys: list[str], case: Case, within: str) -> Known | None:
        """Return records that hold, or ``None``.

        Args:
            keys: Of the case.
            case: It.
            within: Id of the break point that it is a value of; empty for any other case.

        Raises:
            StaleRecords: They do not hold any more; nothing of this suite's is believed from now on.
        """
        for key in keys:
            ours = key in self._made
            if not ours and (not self._options.cache or self.discarded):
                continue
            stored = self.store.load(key)
            if stored is None or (not ours and changed_since(stored.about.get("code", {}), self._options.root)):
                continue
            if ours or key in self._checked:
                return Known(key, stored, not ours, 0)
            if stored.reference is None:
                continue
            share = self._share(within)
            if not share:
                return None
            difference, live = self._probe.difference(case, stored.reference, share)
            if difference:
                self._discard(difference)
                raise StaleRecords(f"the cache is stale: {difference}")
            self._checked.add(key)
            return Known(key, stored, True, live)
        return None

    def save(self, key: str, case: Case, stored: Stored) -> None:
        """Keep records for later runs and for this one.

        Raises:
            ModelError: A file of the project was changed after it was imported.
        """
        code = {
            found.name: found.digest for found in imported_files(self._options.root) if found.name not in self._code
        }
        self.store.save(key, stored, {**self.about(case), "code": code})
        self._made.add(key)

    def about(self, case: Case) -> dict[str, Any]:
        """Return facts for whoever opens the records of a case."""
        canonical, data = case.canonical(), self._facts["data"]
        # So that a result can be held against its records.
        of = {"case": canonical, "model": self._model, "data": data, "seed": self._suite.seed}
        of |= {"limit": self._options.limit, "code": self._project_code}
        return {"suite": self._suite.path, "model": self._model, "case": case.id, "of": of}

    def close(self) -> None:
        """Make room: the records that were not used for the longest time go first, those of this session never."""
        if self._options.keep and not self.store.problem:
            prune(self._options.root, self._options.cache_size)

    def _share(self, within: str) -> int:
        """Return how many pictures to look at: all values of a break point together have one batch; 0 when it is spent."""
        size = self._probe.size
        if not within:
            return size
        left = self._left.setdefault(within, size)
        share = min(left, A_VALUE if left > size // 2 else 1)
        self._left[within] = left - share
        return share

    def _discard(self, difference: str) -> None:
        self.discarded = difference
        self._checked.clear()
        self.store.discard(self._model, self._suite.path)
