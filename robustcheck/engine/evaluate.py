"""From a case to its records: from the cache, or by looking at every picture."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import progress
from robustcheck.core.errors import DataError, ModelError
from robustcheck.core.file_names import records_path
from robustcheck.data import OpenSources, data_digest
from robustcheck.data.labels.apply_overlay import Overlaid
from robustcheck.data.source import Source
from robustcheck.domain.case import Case
from robustcheck.domain.config import ModelEntry, Project
from robustcheck.domain.suite import Suite
from robustcheck.engine.cache.cache_keys import environment
from robustcheck.engine.cache.probe import Probe
from robustcheck.engine.cache.project_code import digest_of_file
from robustcheck.engine.cache.record_cache import RecordCache
from robustcheck.engine.cache.record_files import Stored, export
from robustcheck.engine.cache.version_control import refuse_tracked
from robustcheck.engine.early_stop import Watch
from robustcheck.engine.evaluated import Evaluated
from robustcheck.engine.gates.preconditions import check_arguments, check_digest, check_gradients
from robustcheck.engine.kinds.case_kind import kind_of_case
from robustcheck.engine.options import Options
from robustcheck.engine.pipeline.batching import Forward
from robustcheck.engine.pipeline.gallery import before_of
from robustcheck.engine.pipeline.input_pipeline import Preparation
from robustcheck.engine.pipeline.pipeline import Pipeline
from robustcheck.engine.pool_runner import PoolRunner
from robustcheck.engine.pool_worker import Setup
from robustcheck.engine.runner import LocalRunner, Runner, nothing
from robustcheck.engine.sample_index import Index, build_index, check_classes, relabelled
from robustcheck.engine.shard import Columns, Cost, Shard
from robustcheck.engine.stored_forms import form_column
from robustcheck.engine.suite_overlay import overlaid_of
from robustcheck.metrics.records import Records
from robustcheck.models import open_model
from robustcheck.models.predictor import Predictor

GROUP: Final = "group."
"""What the columns of metadata begin with in the exported records of the clean case."""


class Evaluator:
    """A suite's model and data, opened once, and the records of its cases.

    Attributes:
        predictor: The model.
        source: The data set.
        index: Its samples.
        data_digest: sha256 over ids, contents and labels of all samples looked at, before any overlay.
        overlaid: What the suite's label overlay says of them, if it has one.
        cache: The records of earlier runs and of this one.
    """

    def __init__(self, suite: Suite, project: Project, options: Options, sources: OpenSources | None = None) -> None:
        """Load the model, list the data, start the threads.

        Raises:
            ModelError: The model cannot be built as its entry says.
            DataError: The data set cannot be listed or does not fit the model.
        """
        self._suite = suite
        self._options = options
        if suite.model not in project.models or suite.data not in project.data:
            raise ModelError(f"{suite.path} names the model {suite.model} and the data {suite.data}, not both known")
        entry = project.models[suite.model]
        if len(entry.classes) < 2:
            raise ModelError(f"the model {entry.name} has {len(entry.classes)} class; a classifier has at least 2")
        refuse_tracked(options.root)
        check_arguments(suite)
        check_gradients(suite, entry)
        self._note_depends(project, entry)
        sources = sources or OpenSources(project.files.pictures)
        self.source: Source = sources.open(
            project.data[suite.data], seed=suite.seed, limit=options.limit, decoding=entry.preprocessing.decoding
        )
        self.index: Index = build_index(self.source, entry.classes)
        self.data_digest: str = data_digest(self.source, self.index.samples)
        check_digest(project.data[suite.data], self.data_digest, options)
        limited = options.limit is not None or project.data[suite.data].limit is not None
        self.overlaid: Overlaid | None = overlaid_of(suite, project, self.source, self.index, entry, part=limited)
        if self.overlaid:
            self.index = relabelled(self.index, self.overlaid, entry.classes)
        with progress.task(f"loading {entry.name}"):
            self.predictor: Predictor = open_model(entry, device=options.device)
        self._note_files(project, entry)
        preparation = Preparation(
            self.source,
            self.index,
            entry.preprocessing,
            suite.clean,
            seed=suite.seed,
            workers=options.workers,
            memory=options.memory,
            beside_model=self.predictor.device != "cpu",
        )
        forward = Forward(self.predictor, options.batch_size)
        self.pipeline = Pipeline(self.index, self.predictor, preparation, forward, seed=suite.seed, clean=suite.clean)
        self.runner: Runner = LocalRunner(self.pipeline)
        if options.processes:
            self.runner = PoolRunner(self.pipeline, self._setup(project, entry), options.processes)
        self.cache = RecordCache(
            suite,
            project,
            options,
            predictor=self.predictor,
            data=self.data_digest,
            labels=self.overlaid.changed if self.overlaid else {},
            probe=Probe(preparation, forward, self.predictor, self.index),
        )

    def _setup(self, project: Project, entry: ModelEntry) -> Setup:
        """Return what other processes need to look at the same pictures with the same model."""
        import torch

        return Setup(
            path=tuple(sys.path),
            model=entry,
            data=project.data[self._suite.data],
            clean=self._suite.clean,
            seed=self._suite.seed,
            limit=self._options.limit,
            device=self.predictor.device,
            batch_size=self.pipeline.forward.size,
            workers=self._options.workers,
            memory=self._options.memory // self._options.processes,
            threads=torch.get_num_threads(),
            first=dict(project.files.pictures),
            ids=tuple(sample.id for sample in self.index.samples),
            labels=self.index.labels,
            environment=environment(),
        )

    def _note_files(self, project: Project, entry: ModelEntry) -> None:
        """Keep the digests of the weights and the listing as they were read."""
        files, suite = project.files, self._suite.path
        weights = getattr(self.predictor, "weights", None)
        if entry.weights is not None and weights is not None:
            files.add("weights", entry.weights, weights.digest, algorithm=weights.algorithm, suite=suite)
        listing = getattr(self.source, "listing", None)
        if listing is not None:
            files.add("manifest", *listing, suite=suite)
        self._note_depends(project, entry)

    def _note_depends(self, project: Project, entry: ModelEntry) -> None:
        """Keep the digests of what the entries depend on: before their code opens them and after, which must be the same."""
        for path in (*entry.depends, *project.data[self._suite.data].depends):
            project.files.add("code", path, digest_of_file(path), suite=self._suite.path)

    def close(self) -> None:
        """End the threads and let go of the pictures."""
        self.runner.close()
        self.pipeline.preparation.close()
        self.cache.close()

    def evaluate(
        self, case: Case, watch: Watch | None = None, clean: Records | None = None, *, within: str = ""
    ) -> Evaluated:
        """Return the records of a case.

        Args:
            case: Which one.
            watch: Chooses the pictures to look at, until nothing is open.
            clean: The records of the clean case, which say which pictures this one broke.
            within: Id of the break point that the case is a value of.

        Raises:
            StaleRecords: Records of an earlier run do not hold any more; ask again, for this case and all before it.
            ModelError: The model misbehaves.
            DataError: Not one picture is readable.
            CaseError: A shift failed.
        """
        keys = self.cache.keys(case, "" if watch is None else watch.text)
        known = self.cache.load(keys, case, within)
        if known:
            return self._evaluated(known.key, case, known.stored, known.cached, known.live)
        stored = self._look(case, watch, clean)
        if self._options.keep:
            self.cache.save(keys[-1], case, stored)
        return self._evaluated(keys[-1], case, stored, False)

    def _evaluated(self, key: str, case: Case, stored: Stored, cached: bool, live: int = 0) -> Evaluated:
        every = stored.records
        ambiguous = self.index.ambiguous[self.index.rows(every.id)]
        if ambiguous.any():
            stored = replace(stored, records=every.at(np.flatnonzero(~ambiguous)))
        return Evaluated(key, stored, cached, every, case, live)

    def export(self, evaluated: Evaluated, case: Case, problems: list[str]) -> tuple[str, str]:
        """Copy the records of a case into the report's folder; return the path within it, and the sha256 of the file.

        Those of the clean case have the metadata of all pictures beside them. Both texts are empty where none are kept.

        Args:
            evaluated: Whose records.
            case: Names the file.
            problems: Why they cannot be written is added here, since the numbers hold all the same.
        """
        if not self._options.keep:
            return "", ""
        path = records_path(self._suite.path, case.id, evaluated.case.id, evaluated.key)
        beside: Columns = {}
        if self.overlaid:
            rows = self.index.rows(evaluated.every.id)
            beside = {"original": self.index.original[rows], "ambiguous": self.index.ambiguous[rows]}
        if case is self._suite.clean:
            rows = self.index.rows(evaluated.every.id)
            beside |= {f"{GROUP}{name}": texts[rows] for name, texts in self.index.columns.items()}
        stored = replace(evaluated.stored, records=evaluated.every)
        try:
            digest = export(
                evaluated.key, stored, self.cache.about(evaluated.case), self._options.report / path, beside
            )
        except OSError as error:
            problems.append(
                f"the records cannot be written to {path.as_posix()} of the report: {error.strerror or error}"
            )
            return "", ""
        return path.as_posix(), digest

    def _look(self, case: Case, watch: Watch | None, clean: Records | None) -> Stored:
        began, kind = time.perf_counter(), kind_of_case(case)
        with kind.task(self.pipeline, may_stop=watch is not None) as task:
            self.pipeline.began, self.pipeline.advance = time.monotonic(), task.advance
            shard = self._gathered(case, watch, clean)
            self.pipeline.preparation.learn(shard.unreadable, shard.forms)
            findings, notes, checks = kind.finish(self.pipeline, shard)
        every_unreadable = self.pipeline.preparation.unreadable
        unreadable = tuple((error.name, error.reason) for _, error in sorted(every_unreadable.items()))
        if not len(shard.rows):
            name, reason = unreadable[0]
            raise DataError(f"not one of {len(unreadable)} pictures could be read; the first: {name}: {reason}")
        check_classes(self.index, every_unreadable, self.predictor.entry.classes)
        columns = dict(shard.columns)
        before = self.pipeline.forward.pictures
        if self._options.keep:
            columns |= self._pictures(case, shard)
        if case is self._suite.clean:
            forms = getattr(self.source, "forms", {})
            columns |= form_column(forms, [self.index.samples[row].id for row in shard.rows])
        records = self._records(shard.rows, columns)
        cost = shard.cost + checks + Cost(self.pipeline.forward.pictures - before)
        seconds = time.perf_counter() - began
        reference = shard.reference.batch()
        return Stored(
            records, unreadable, seconds, cost.forwards, tuple(notes), tuple(findings), cost.backwards, reference
        )

    def _records(self, rows: NDArray[np.int64], columns: Columns) -> Records:
        ids = np.array([self.index.samples[row].id for row in rows])
        return Records.of({"id": ids, "label": self.index.labels[rows], **columns})

    def _pictures(self, case: Case, shard: Shard) -> Columns:
        """Return the pictures that are kept for the report, beside what they were before."""
        if case is self._suite.clean:
            return shard.gallery.columns(shard.rows, ())
        rows, pixels, *_ = self.pipeline.inputs(self._suite.clean, shard.gallery.rows, predict=False)
        return shard.gallery.columns(shard.rows, zip(rows.tolist(), pixels, strict=True))

    def _gathered(self, case: Case, watch: Watch | None, clean: Records | None) -> Shard:
        """Look at all pictures, or at those that a watch asks for."""
        before = before_of(clean)
        if watch is None:
            return self.runner.run(case, np.arange(len(self.index.samples)), before, every=True).in_order()
        shard = nothing(self.pipeline, case, before, every=False)
        while asked := watch.ask():
            looked = self.runner.run(case, self.index.rows(np.array(asked)), before, every=False)
            if len(looked.rows):
                uniform = {"uniform": np.full(len(looked.rows), watch.uniform)}
                looked = replace(looked, columns=looked.columns | uniform)
            shard = shard + looked
            if shard.columns:
                watch.learn(self._records(shard.rows, shard.columns))
        return shard
