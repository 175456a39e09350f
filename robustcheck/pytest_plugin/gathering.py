"""What a process of a run tells of its suites beside results, and what the controller gathers from all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustcheck.session.suite_session import SuiteRecord, SuiteSession


class News:
    """What this process has told of each suite already, so that each item carries only what is new.

    Attributes:
        sessions: The suites that run here, by path.
    """

    def __init__(self) -> None:
        """Begin with nothing told."""
        self.sessions: dict[str, SuiteSession] = {}
        self._identity: dict[str, Mapping[str, Any]] = {}
        self._read: dict[str, set[tuple[str, ...]]] = {}

    def of(self, file: Any) -> dict[str, Any]:
        """Return what is to be told with a result, as values that JSON can hold.

        Args:
            file: The ``SuiteFile`` of the item.
        """
        run, path = file.run, file.run.suite.path
        self.sessions[path] = run
        told: dict[str, Any] = {"path": path}
        identity, read = run.identity(), {astuple(known) for known in run.read_files()}
        if path not in self._identity:
            told["planned"] = [item.id for item in run.items()]
        if identity != self._identity.get(path):
            self._identity[path] = told["identity"] = identity
        before = self._read.setdefault(path, set())
        if read - before:
            told["read"] = sorted(read - before)
            before |= read
        return told


class Gathered:
    """What came of each suite, from this process or from workers.

    Attributes:
        records: By the suite's path.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.records: dict[str, SuiteRecord] = {}

    def of(self, path: str) -> SuiteRecord:
        """Return what was gathered of a suite so far."""
        from robustcheck.session.suite_session import SuiteRecord

        return self.records.setdefault(path, SuiteRecord(path))

    def has(self, path: str, name: str) -> bool:
        """Whether an item has a result."""
        return path in self.records and name in self.records[path].results

    def add(self, attached: Mapping[str, Any], sessions: Mapping[str, SuiteSession]) -> None:
        """Keep what a report carries.

        Args:
            attached: A ``result``, what earlier ones were ``revised`` to, and what ``News`` told with them.
            sessions: The suites that run in this process, by path.
        """
        from robustcheck.core.read_files import ReadFile

        record = self.of(attached["path"])
        if record.path in sessions:
            record.sources = sessions[record.path].sources
        record.results |= {name: result for name, result in attached["revised"].items() if name in record.results}
        record.results[attached["result"]["id"]] = attached["result"]
        record.planned = attached.get("planned", record.planned)
        record.read.update(ReadFile(*values) for values in attached.get("read", ()))
        if "identity" in attached:
            record.identities.append(attached["identity"])

    def complete(self, nodeids: Iterable[str]) -> dict[str, SuiteRecord]:
        """Return all records by path, those without a plan with what pytest collected of their suite.

        By the suite where possible, since pytest creates no item for what a node id or --lf leaves out.
        """
        for path, record in self.records.items():
            if not record.planned:
                record.planned = [name.partition("::")[2] for name in nodeids if name.startswith(f"{path}::")]
        return self.records
