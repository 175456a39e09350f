"""Holds a suite's ``provenance`` against what there is: one result for each thing demanded."""

from __future__ import annotations

import datetime
import functools
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from robustcheck.core.checksums import algorithm_of, digest_of
from robustcheck.core.errors import problem_of
from robustcheck.core.read_files import Note
from robustcheck.core.text import named
from robustcheck.data import OpenSources, Source, data_digest
from robustcheck.domain.config import Project
from robustcheck.domain.requirements import Leak, Provenance, Requirement
from robustcheck.domain.result import CaseResult, describe
from robustcheck.domain.suite import Suite
from robustcheck.domain.verdict import Verdict
from robustcheck.provenance.leaks.leaks import listed
from robustcheck.provenance.profile import profiles

if TYPE_CHECKING:
    from robustcheck.provenance.data_card import DataCard
    from robustcheck.provenance.leaks.leaks import Leaks
    from robustcheck.provenance.training_record import TrainingRecord

Told = tuple[list[str], list[str]]
"""What is not met, and what a reader must know all the same."""


class Demands:
    """What a suite demands to know; nothing is read before it is asked for, and each thing at most once."""

    def __init__(
        self, suite: Suite, project: Project, *, limit: int | None = None, sources: OpenSources | None = None
    ) -> None:
        """Bind a suite to its project, the number of pictures that are looked at, and the data sets that are open already."""
        self._sources = sources or OpenSources(project.files.pictures)
        self._suite, self._project, self._limit = suite, project, limit
        self._now = datetime.datetime.now(datetime.UTC)

    def identity(self) -> dict[str, Any]:
        """Return what the data is like and what leaked, if looked for, as JSON values."""
        told = {"profile": self._profile}
        # Only the worker that looked for leaks knows of them.
        return {**told, "leaks": listed(self._leaks)} if "_leaks" in self.__dict__ else told

    @functools.cached_property
    def _profile(self) -> dict[str, Any] | None:
        demanded = self._suite.provenance
        try:
            test = self._opened(self._suite.data, limit=self._limit)
            train = self._opened(demanded.leak.train) if demanded and demanded.leak else None
            return profiles(test, train, self._project.root / ".robustcheck" / "profiles")
        except Exception:
            return None  # the cases say why, whatever a data set of somebody's own raised

    def result(self, requirement: Requirement) -> CaseResult:
        """Return whether one thing holds; what cannot be told is in the result, never raised."""
        about = describe(self._suite, requirement)
        check = {"training": self._training, "dataset": self._dataset, "leak": self._leak}[requirement.part]
        try:
            unmet, notes = check(requirement.rule)
        except Exception as error:
            return CaseResult(**about, verdict="error", problems=(self._told(problem_of(error)),))
        verdict: Verdict = "fail" if unmet else "warn" if notes else "pass"
        if requirement.waiver and unmet:
            verdict = "waived"
        elif requirement.waiver:
            verdict, notes = "fail", [*notes, f"the waiver of {requirement.waiver.owner} is stale; remove it"]
        return CaseResult(**about, verdict=verdict, problems=tuple(map(self._told, unmet)), notes=tuple(notes))

    def _told(self, text: str) -> str:
        """Return a text with paths as a person would type them: a report names no folder of a machine."""
        return text.replace(f"{self._project.root}{os.sep}", "")

    @property
    def _demanded(self) -> Provenance:
        assert self._suite.provenance is not None  # noqa: S101 - it has requirements
        return self._suite.provenance

    def _training(self, rule: str) -> Told:
        from robustcheck.provenance.training_record import unmet

        demanded, record = self._demanded.training, self._record
        assert demanded is not None  # noqa: S101 - it has requirements
        if rule == "age":
            return unmet(record, (), model_sha256=None, max_age=_days(demanded.max_age), now=self._now), []
        if rule != "record":
            data = self._train_digest if rule == "data_digest" else None
            return unmet(record, (rule,), model_sha256=None, data_digest=data), []
        weights = self._project.models[self._suite.model].weights
        if weights is None:
            return [f"the model {self._suite.model} has no weights file that a training record could be of"], []
        digest = digest_of(weights)
        # Whoever loads the model adds what it loaded; if that is another file, the run says so.
        self._project.files.add("weights", weights, digest, algorithm=algorithm_of(weights), suite=self._suite.path)
        return unmet(record, (), model_sha256=digest), []

    @functools.cached_property
    def _record(self) -> TrainingRecord:
        from robustcheck.provenance.training_record import load_record

        demanded, root = self._demanded.training, self._project.root
        assert demanded is not None  # noqa: S101 - it has requirements
        return load_record(
            root / demanded.record,
            root=root,
            trusted_keys=[root / key for key in demanded.trusted_keys],
            note=self._noting("training"),
            note_key=self._noting("trusted_key"),
        )

    def _noting(self, role: str) -> Note:
        return self._project.files.noting(role, suite=self._suite.path)

    def _dataset(self, rule: str) -> Told:
        from robustcheck.provenance.data_card import unmet

        demanded = self._demanded.dataset
        assert demanded is not None  # noqa: S101 - it has requirements
        card = self._card
        if rule == "card":
            return unmet(card, data_digest=self._test_digest), []
        if rule == "license":
            return unmet(card, licenses=demanded.licenses), []
        if rule == "age":
            return unmet(card, max_age=_days(demanded.max_age), now=self._now), []
        return unmet(card, class_counts_min=demanded.least, observed_counts=self._counts), []

    @functools.cached_property
    def _card(self) -> DataCard:
        from robustcheck.provenance.data_card import load_card

        demanded, root = self._demanded.dataset, self._project.root
        assert demanded is not None  # noqa: S101 - it has requirements
        return load_card(root / demanded.card, root=root, note=self._noting("card"))

    @property
    def _test_digest(self) -> str:
        source = self._opened(self._suite.data)
        return data_digest(source, source.samples())

    @property
    def _counts(self) -> Counter[str]:
        return Counter(sample.label for sample in self._opened(self._suite.data).samples())

    def _leak(self, rule: str) -> Told:
        demanded, found = self._demanded.leak, self._leaks
        assert demanded is not None  # noqa: S101 - it has requirements
        unread = [
            f"{len(names)} pictures of {name} cannot be read, so nothing is known of them: {named(names)}"
            for name, names in ((self._suite.data, found.unreadable_test), (demanded.train, found.unreadable_train))
            if names
        ]
        if rule == "groups":
            told = f"{len(found.groups)} {demanded.group_by} are in {demanded.train} too: {named(found.groups)}"
            return [told] if found.groups else [], list(found.ungrouped)
        if rule == "exact":
            told = f"{len(found.exact)} pictures are in {demanded.train} too: {_pairs(found.exact)}"
            return ([told] if len(found.exact) > demanded.exact_max else []) + unread, []
        told = f"{len(found.near)} pictures look like pictures of {demanded.train}; look at them: {_pairs(found.near)}"
        seen = [told] if found.near else []
        flat = {self._suite.data: found.flat_test, demanded.train: found.flat_train}
        seen += [
            f"{len(names)} pictures of {name} are flat, so nothing looks like them"
            for name, names in flat.items()
            if names
        ]
        return (seen, []) if demanded.action == "fail" else ([], seen)

    @functools.cached_property
    def _leaks(self) -> Leaks:
        from robustcheck.provenance.leaks.leaks import find_leaks

        demanded = self._demanded.leak
        assert demanded is not None  # noqa: S101 - it has requirements
        test, train = self._opened(self._suite.data), self._opened(demanded.train)
        return find_leaks(
            test,
            train,
            distance=demanded.distance,
            group_by=demanded.group_by,
            cache=self._project.root / ".robustcheck",
        )

    @functools.cached_property
    def _train_digest(self) -> str | None:
        demanded: Leak | None = self._demanded.leak
        if demanded is None:
            return None
        train = self._opened(demanded.train)
        return data_digest(train, train.samples())

    def _opened(self, name: str, limit: int | None = None) -> Source:
        return self._sources.open(self._project.data[name], seed=self._suite.seed, limit=limit)


def _days(days: float | None) -> datetime.timedelta | None:
    return None if days is None else datetime.timedelta(days=days)


def _pairs(pairs: Any) -> str:
    return named(f"{pair[0]} = {pair[1]}" for pair in pairs)
