"""The history of a project: the numbers of every run in one small SQLite file, which two runs may write at once."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.regular_files import check_regular
from robustcheck.runs.history.curve import Acceptance, Measured, Point, points_of
from robustcheck.runs.history.history_rows import CaseRow, SuiteRow, rows_of, run_id

VERSION: Final = 1
"""Of the tables; kept in the file's ``user_version``."""
APPLICATION: Final = 0x52434849
"""Kept in the file's ``application_id``, so that somebody else's database is not written to."""
PATIENCE: Final = 30.0
"""Seconds to wait for another process that writes."""
PAUSE: Final = 0.02

TABLES: Final = (
    """CREATE TABLE runs (
        number INTEGER PRIMARY KEY,
        run TEXT NOT NULL, suite TEXT NOT NULL, started TEXT NOT NULL,
        suite_digest TEXT NOT NULL, seed TEXT NOT NULL,
        model TEXT NOT NULL, model_digest TEXT NOT NULL, data TEXT NOT NULL, data_digest TEXT NOT NULL,
        verdict TEXT NOT NULL,
        UNIQUE (run, suite))""",
    """CREATE TABLE cases (
        number INTEGER NOT NULL REFERENCES runs, id TEXT NOT NULL,
        kind TEXT NOT NULL, digest TEXT NOT NULL, verdict TEXT NOT NULL, n INTEGER NOT NULL, stopped INTEGER NOT NULL,
        PRIMARY KEY (number, id)) WITHOUT ROWID""",
    """CREATE TABLE numbers (
        number INTEGER NOT NULL REFERENCES runs, id TEXT NOT NULL, metric TEXT NOT NULL,
        value REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, n INTEGER NOT NULL,
        unit TEXT NOT NULL, verdict TEXT NOT NULL,
        PRIMARY KEY (number, id, metric)) WITHOUT ROWID""",
    """CREATE TABLE accepted (
        run TEXT NOT NULL, suite TEXT NOT NULL, reason TEXT NOT NULL, accepted TEXT NOT NULL,
        PRIMARY KEY (run, suite)) WITHOUT ROWID""",
)

_DAMAGE: Final = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """What a curve is of."""

    suite: str
    case: str
    metric: str
    model: str


def history_path(root: Path) -> Path:
    """Return where the history of a project lies."""
    return root / ".robustcheck" / "history.db"


def remember(document: Mapping[str, Any], root: Path) -> str:
    """Record a run in the history of its project, whatever happens.

    Args:
        document: The result file's content.
        root: The project's root.

    Returns:
        Why it could not be recorded, for a person to read; empty if it was. A gate never fails for its history.
    """
    try:
        History(history_path(root)).record(document)
    except RobustcheckError as error:
        return f"this run is not in the history: {error}"
    return ""


class History:
    """A file of runs.

    Each run is one transaction, flushed to the disk before ``record`` returns: a process that is killed loses the run
    that it was writing, if any, and leaves nothing half written.
    """

    def __init__(self, path: Path) -> None:
        """Use a file, which is made when first written to."""
        self._path = path
        self._sound = False

    def record(self, document: Mapping[str, Any]) -> str:
        """Add a run; one that is there already is left as it is.

        Args:
            document: The result file's content.

        Returns:
            The run's id: the digest of the document.

        Raises:
            RobustcheckError: The file is damaged, of a newer version or not to be written; or there is no result in the document.
        """
        run, suites = run_id(document), rows_of(document)
        with self._writing() as database:
            for suite in suites:
                known = database.execute("SELECT 1 FROM runs WHERE run=? AND suite=?", (run, suite.path)).fetchone()
                if not known:
                    _add(database, run, suite)
        return run

    def accepted(self, run: str, *, reason: str, when: str, suite: str | None = None) -> None:
        """Mark a run as an accepted baseline.

        Args:
            run: Its id, as ``record`` returned it.
            reason: Why it was accepted.
            when: The day, ``2026-11-23``.
            suite: Which suite of the run; all of them by default.

        Raises:
            RobustcheckError: The history has no such run, or cannot be written.
        """
        with self._writing() as database:
            query = "SELECT suite FROM runs WHERE run=? AND suite=coalesce(?, suite)"
            suites = [str(row[0]) for row in database.execute(query, (run, suite))]
            if not suites:
                of = f" with the suite {suite}" if suite else ""
                raise RobustcheckError(f"{self._path}: there is no run {run[:12]}{of} to accept; record it first")
            rows = [(run, name, reason, when) for name in suites]
            database.executemany("INSERT OR REPLACE INTO accepted VALUES (?, ?, ?, ?)", rows)

    def names(self) -> tuple[Name, ...]:
        """Return what there are numbers of, in the order of the suites.

        Raises:
            RobustcheckError: There is no history, or it cannot be read.
        """
        query = """SELECT suite, cases.id, metric, model FROM runs JOIN cases USING (number) JOIN numbers USING (number, id)
            GROUP BY suite, cases.id, metric, model ORDER BY suite, kind = 'overall', kind != 'clean', cases.id, model, metric"""
        with self._reading() as database:
            return tuple(Name(*row) for row in database.execute(query))

    def series(self, suite: str, case: str, metric: str, *, model: str | None = None) -> tuple[Point, ...]:
        """Return the curve of a metric of a case, one point a model, the oldest first.

        Args:
            suite: Path of the suite.
            case: Id of the case.
            metric: Its name.
            model: An entry of ``models.yaml``; all of them by default.

        Raises:
            RobustcheckError: There is no history, or it cannot be read.
        """
        query = """SELECT started, model, model_digest, data_digest, seed, suite_digest, cases.digest, cases.verdict,
                stopped, value, low, high, numbers.n, numbers.unit, numbers.verdict, accepted, reason
            FROM runs JOIN cases USING (number) JOIN numbers USING (number, id) LEFT JOIN accepted USING (run, suite)
            WHERE suite=? AND id=? AND metric=? AND model=coalesce(?, model) ORDER BY started, number"""
        with self._reading() as database:
            return points_of([_measured(row) for row in database.execute(query, (suite, case, metric, model))])

    def count(self) -> int:
        """Return how many runs there are, each suite counted.

        Raises:
            RobustcheckError: There is no history, or it cannot be read.
        """
        with self._reading() as database:
            return int(database.execute("SELECT count(*) FROM runs").fetchone()[0])

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not os.path.lexists(self._path):
            raise RobustcheckError(
                f"{self._path}: there is no history yet; every run of `pytest --robustcheck` in this project adds to it"
            )
        with self._open("rw", "read") as database:
            if not self._version(database):
                raise RobustcheckError(
                    f"{self._path}: the history is empty; run `pytest --robustcheck` in this project"
                )
            if not self._sound:
                found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
                if found != "ok":
                    raise self._damaged(" ".join(str(found).split()))
                self._sound = True
            yield database

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RobustcheckError(f"{self._path}: the history cannot be written: {error.strerror}") from None
        with self._open("rwc", "written") as database:
            self._version(database)
            _use_log(database)
            database.execute("BEGIN IMMEDIATE")
            if not self._version(database):
                for table in TABLES:
                    database.execute(table)
                database.execute(f"PRAGMA application_id={APPLICATION}")
                database.execute(f"PRAGMA user_version={VERSION}")
            yield database
            database.execute("COMMIT")

    @contextlib.contextmanager
    def _open(self, mode: str, done: str) -> Iterator[sqlite3.Connection]:
        """Open the file; every complaint of the database becomes one that says what to do."""
        try:
            if os.path.lexists(self._path):
                check_regular(self._path)
            address = f"{self._path.absolute().as_uri()}?mode={mode}"
            # Closed without a commit, a transaction never happened.
            with contextlib.closing(
                sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)
            ) as database:
                database.execute("PRAGMA trusted_schema=OFF")  # a view in a file from elsewhere calls nothing
                yield database
        except OSError as error:
            raise RobustcheckError(f"{self._path}: the history cannot be {done}: {error.strerror}") from None
        except (OverflowError, UnicodeError) as error:
            raise RobustcheckError(
                f"{self._path}: the history cannot be {done}: a number or text of the result is none that it can hold ({error})"
            ) from None
        except sqlite3.Error as error:
            code = _code(error)
            if code in _DAMAGE:
                raise self._damaged(str(error)) from None
            if code in _BUSY:
                raise RobustcheckError(
                    f"{self._path}: another process has kept the history for {PATIENCE:.0f} s; try again when it is done"
                ) from None
            raise RobustcheckError(f"{self._path}: the history cannot be {done}: {error}") from None

    def _version(self, database: sqlite3.Connection) -> int:
        """Return the version of the tables, 0 if there are none.

        Raises:
            RobustcheckError: They are newer than this code, or somebody else's.
        """
        with _at_once(database):
            version = int(database.execute("PRAGMA user_version").fetchone()[0])
            owner = int(database.execute("PRAGMA application_id").fetchone()[0])
            tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if owner != APPLICATION and (tables or owner or version):
            raise RobustcheckError(
                f"{self._path}: this is not a history of robustcheck; move it away, and the next run begins one"
            )
        if version > VERSION:
            raise RobustcheckError(
                f"{self._path}: the history is of format {version}, and this robustcheck knows {VERSION}; use the newer robustcheck "
                "that wrote it, or move the file away, and the next run begins a new one"
            )
        return version

    def _damaged(self, what: str) -> RobustcheckError:
        return RobustcheckError(
            f"{self._path}: the history is damaged ({what}); move it away, and the next run begins a new one"
        )


@contextlib.contextmanager
def _at_once(database: sqlite3.Connection) -> Iterator[None]:
    """Read as of one moment: between two reads another process may make the tables."""
    if database.in_transaction:
        yield
        return
    database.execute("BEGIN")
    try:
        yield
    finally:
        database.execute("ROLLBACK")


def _use_log(database: sqlite3.Connection) -> None:
    """Write ahead to a log, and wait for the disk at every commit.

    Two processes that change to the log at once are told so without the wait that they asked for.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            database.execute("PRAGMA journal_mode=WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            if _code(error) not in _BUSY or time.monotonic() > end:
                raise
            time.sleep(PAUSE)
    database.execute("PRAGMA synchronous=FULL")


def _code(error: sqlite3.Error) -> int:
    """Return the primary code; text that is no text has none and is damage."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def _add(database: sqlite3.Connection, run: str, suite: SuiteRow) -> None:
    models_and_data = (suite.model, suite.model_digest, suite.data, suite.data_digest)
    about = (run, suite.path, suite.started, suite.digest, suite.seed, *models_and_data, suite.verdict)
    number = database.execute("INSERT INTO runs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", about).lastrowid
    for case in suite.cases:
        _add_case(database, number, case)


def _add_case(database: sqlite3.Connection, number: int | None, case: CaseRow) -> None:
    row = (number, case.id, case.kind, case.digest, case.verdict, case.n, case.stopped)
    database.execute("INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    rows = [
        (number, case.id, found.metric, found.value, found.low, found.high, found.n, found.unit, found.verdict)
        for found in case.numbers
    ]
    database.executemany("INSERT INTO numbers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _measured(row: tuple[Any, ...]) -> Measured:
    *facts, day, reason = row
    started, model, model_digest, data_digest, seed, suite_digest, case_digest, case_verdict, stopped, *number = facts
    value, low, high, n, unit, verdict = number
    return Measured(
        when=started,
        model=model,
        model_digest=model_digest,
        ground=(data_digest, seed, case_digest or suite_digest),
        value=value,
        low=low,
        high=high,
        n=n,
        unit=unit,
        verdict=verdict or case_verdict,
        stopped=bool(stopped),
        trusted=case_verdict not in ("error", "unreliable"),
        accepted=Acceptance(day, reason) if day is not None else None,
    )
