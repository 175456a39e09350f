"""From a case to its records: from the cache, or by looking at every picture."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core import progress
from robustcheck.core.errors import DataError, ModelError
from robustcheck.core.file_names import records_path
from robustcheck.data import OpenSources, data_digest
from robustcheck.data.labels.apply_overlay import Overlaid
from robustcheck.data.source import Source
from robustcheck.domain.case import Case, Step
from robustcheck.domain.config import ModelEntry, Project
from robustcheck.domain.suite import Suite
from robustcheck.engine.cache.probe import Probe
from robustcheck.engine.cache.project_code import digest_of_file
from robustcheck.engine.cache.record_cache import RecordCache
from robustcheck.engine.cache.record_files import Stored, export
from robustcheck.engine.cache.reference_batch import ReferenceCollector, most_kept
from robustcheck.engine.cache.version_control import refuse_tracked
from robustcheck.engine.early_stop import Watch
from robustcheck.engine.effort import attack_effort, begun
from robustcheck.engine.gates.preconditions import check_arguments, check_digest, check_gradients
from robustcheck.engine.kinds.attack import BLOCK, Adversary, Columns
from robustcheck.engine.kinds.worst_view import BLOCK as SEARCHED
from robustcheck.engine.kinds.worst_view import WorstView
from robustcheck.engine.options import Options
from robustcheck.engine.pipeline.batching import Forward
from robustcheck.engine.pipeline.gallery import Input, Strip
from robustcheck.engine.pipeline.input_pipeline import Batch, Preparation, columns_of
from robustcheck.engine.sample_index import Index, build_index, check_classes, relabelled
from robustcheck.engine.stored_forms import form_column
from robustcheck.engine.suite_overlay import overlaid_of
from robustcheck.metrics.records import Records, score
from robustcheck.models import open_model
from robustcheck.models.predictor import Predictor

GROUP: Final = "group."
"""What the columns of metadata begin with in the exported records of the clean case."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Records with how they came about.

    Attributes:
        key: Their name in the store.
        stored: The records and what was noted, without pictures whose label is ambiguous.
        cached: Whether an earlier run made them.
        every: The records with those pictures.
        case: What was looked at: one value of a break point, or the case itself.
        live: Pictures that went through the model now, to see whether cached records still hold.
    """

    key: str
    stored: Stored
    cached: bool
    every: Records
    case: Case
    live: int = 0


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

    def __init__(self, suite: Suite, project: Project, options: Options, sources: OpenSources) -> None:
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
        self._forward = Forward(self.predictor, options.batch_size)
        self._backwards = 0
        self._work = progress.Task("")
        self._preparation = Preparation(
            self.source,
            self.index,
            entry.preprocessing,
            suite.clean,
            seed=suite.seed,
            workers=options.workers,
            memory=options.memory,
            beside_model=self.predictor.device != "cpu",
        )
        self.cache = RecordCache(
            suite,
            project,
            options,
            predictor=self.predictor,
            data=self.data_digest,
            labels=self.overlaid.changed if self.overlaid else {},
            probe=Probe(self._preparation, self._forward, self.predictor, self.index),
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
        self._preparation.close()
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
        with begun(case, len(self.index.samples), may_stop=watch is not None) as self._work:
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
        began, before, backwards_before = time.perf_counter(), self._forward.pictures, self._backwards
        notes: tuple[str, ...] = ()
        sanity: tuple[tuple[str, bool, str], ...] = ()
        samples = [sample.id for sample in self.index.samples]
        strip = Strip(samples, clean)
        most = most_kept(self.predictor.entry.preprocessing.input_size, attacked=case.attack is not None)
        # Which pictures a watch asks for is not known beforehand.
        reference = ReferenceCollector.spread(samples, most) if watch is None else ReferenceCollector(samples, most)
        if case.attack:
            (order, columns), sanity, notes = self._attacked(case, watch, strip, reference)
        elif case.search:
            views = functools.partial(self._views, case)
            search = WorstView(case, self._suite.seed, samples, self.index.labels, views, strip, reference)
            order, columns = self._gathered(lambda rows: iter([search.columns(rows)]), watch, SEARCHED)
        else:
            order, columns = self._each(case, watch, strip, reference)
        unreadable = tuple((error.name, error.reason) for _, error in sorted(self._preparation.unreadable.items()))
        if not len(order):
            name, reason = unreadable[0]
            raise DataError(f"not one of {len(unreadable)} pictures could be read; the first: {name}: {reason}")
        check_classes(self.index, self._preparation.unreadable, self.predictor.entry.classes)
        if self._options.keep:
            columns |= self._pictures(case, order, strip)
        if case is self._suite.clean:
            columns |= form_column(getattr(self.source, "forms", {}), [samples[row] for row in order])
        records = self._records(order, columns)
        seconds = time.perf_counter() - began
        forwards, backwards = self._forward.pictures - before, self._backwards - backwards_before
        return Stored(records, unreadable, seconds, forwards, notes, sanity, backwards, reference.batch())

    def _names(self, rows: Sequence[int] | NDArray[np.int64]) -> list[str]:
        return [self.index.samples[row].id for row in rows]

    def _records(self, rows: NDArray[np.int64], columns: Columns) -> Records:
        ids = np.array([self.index.samples[row].id for row in rows])
        return Records.of({"id": ids, "label": self.index.labels[rows], **columns})

    def _pictures(self, case: Case, order: NDArray[np.int64], strip: Strip) -> Columns:
        """Return the pictures that are kept for the report, beside what they were before."""
        if case is self._suite.clean:
            return strip.columns(order, ())
        rows, pixels, _, _ = self.inputs(self._suite.clean, strip.rows, look=False)
        return strip.columns(order, zip(rows.tolist(), pixels, strict=True))

    def _each(
        self, case: Case, watch: Watch | None, strip: Strip, reference: ReferenceCollector
    ) -> tuple[NDArray[np.int64], Columns]:
        """Look at every picture once and return the rows that are readable with their columns."""

        def look(rows: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], Columns]]:
            for batch in self._preparation.batches(case, rows, self._forward.size):
                logits = self._forward(batch.pixels, self._names(batch.rows))
                columns = {**score(logits, self.index.labels[batch.rows]), **columns_of(batch)}
                reference.offer(batch.rows, batch.digests, logits)
                strip.offer(batch.rows, columns, functools.partial(_input_of, batch.pixels))
                self._work.advance(len(batch.rows))
                yield batch.rows.copy(), columns

        return self._gathered(look, watch, len(self.index.samples))

    def _gathered(
        self,
        look: Callable[[NDArray[np.int64]], Iterator[tuple[NDArray[np.int64], Columns]]],
        watch: Watch | None,
        block: int,
    ) -> tuple[NDArray[np.int64], Columns]:
        """Look at all pictures a block at a time, or at those that a watch asks for."""
        rows = [np.zeros(0, np.int64)]
        parts: list[Columns] = []

        def joined() -> Columns:
            names = parts[0] if parts else ()
            return {name: np.concatenate([part[name] for part in parts]) for name in names}

        if watch is None:
            every = np.arange(len(self.index.samples))
            for start in range(0, len(every), block):
                for chosen, columns in look(every[start : start + block]):
                    rows.append(chosen)
                    parts.append(columns)
            return np.concatenate(rows), joined()
        while asked := watch.ask():
            for chosen, columns in look(self.index.rows(np.array(asked))):
                rows.append(chosen)
                parts.append({**columns, "uniform": np.full(len(chosen), watch.uniform)})
            if parts:
                watch.learn(self._records(np.concatenate(rows), joined()))
        return np.concatenate(rows), joined()

    def _attacked(
        self, case: Case, watch: Watch | None, strip: Strip, reference: ReferenceCollector
    ) -> tuple[tuple[NDArray[np.int64], Columns], tuple[tuple[str, bool, str], ...], tuple[str, ...]]:
        """Attack every picture; return rows with columns, what the checks of the attack's sanity found, and notes."""
        from robustcheck.models.determinism import steady
        from robustcheck.models.preserve_state import untouched

        # Whatever is wrong with the model is said before it is attacked.
        adversary = Adversary(case, self.predictor, seed=self._suite.seed, size=self._forward.size)
        adversary.victim.told = self._work.advance
        passes = attack_effort(case, adversary.attack, self.index, self.predictor.entry.classes)
        self._work.total = None if passes is None else len(self.index.samples) + passes.both

        def look(rows: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], Columns]]:
            chosen, pixels, unseen, plain, digests = self._inputs(case, rows)
            if not len(chosen):
                return
            clean = self.inputs(self._suite.clean, chosen, look=False)[1] if case.steps else pixels
            ids = [self.index.samples[row].id for row in chosen]
            with steady(), untouched(getattr(self.predictor, "module", None)):
                columns, shown, pictures, logits = adversary.columns(
                    pixels, clean, self.index.labels[chosen], ids, plain
                )
            strip.offer(chosen, columns, shown)
            reference.offer(chosen, digests, logits, pictures)
            yield chosen, {**columns, "unseen": unseen}

        found = self._gathered(look, watch, BLOCK)
        with steady(), untouched(getattr(self.predictor, "module", None)):
            sanity = (
                tuple((told.name, told.held, told.detail) for told in adversary.findings()) if len(found[0]) else ()
            )
        self._forward.pictures += adversary.victim.forwards
        self._backwards += adversary.victim.backwards
        broken = ", ".join(f"{name} {count}" for name, count in adversary.by.items())
        return found, sanity, (f"broken by {broken}",) if broken else ()

    def inputs(
        self, case: Case, rows: Sequence[int] | NDArray[np.int64], *, look: bool = True
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """Return the rows that are readable, their inputs, what was unseen of them, and their logits if asked for."""
        return self._inputs(case, rows, look=look)[:4]

    def _inputs(
        self, case: Case, rows: Sequence[int] | NDArray[np.int64], *, look: bool = True
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.str_]]:
        """Return what ``inputs`` does, and the digests of the inputs."""
        kinds = (np.int64, np.uint8, np.float32, np.float32, np.str_)
        found: list[tuple[NDArray[Any], ...]] = [tuple(np.zeros(0, kind) for kind in kinds)]
        for batch in self._preparation.batches(case, rows, self._forward.size):
            logits = (
                self._forward(batch.pixels, self._names(batch.rows))
                if look
                else np.zeros((len(batch.rows), 0), np.float32)
            )
            self._work.advance(len(batch.rows) if look else 0)
            columns = (batch.rows, batch.pixels, batch.unseen, logits, batch.digests)
            found.append(tuple(column.copy() for column in columns))
        rows_, pixels, unseen, plain, digests = (
            np.concatenate(parts) for parts in zip(*(found[1:] or found), strict=True)
        )
        return rows_, pixels, unseen, plain, digests

    def _views(
        self, case: Case, rows: NDArray[np.int64], steps: Sequence[Sequence[Step]]
    ) -> Iterator[tuple[Batch, NDArray[np.float32]]]:
        for batch in self._preparation.batches(case, rows, self._forward.size, steps):
            yield batch, self._forward(batch.pixels, self._names(batch.rows))
            self._work.advance(len(batch.rows))


def _input_of(pixels: NDArray[np.uint8], place: int) -> Input:
    return pixels[place], None
