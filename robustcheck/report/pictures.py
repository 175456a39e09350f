"""The small pictures of a run: some of each case, and those of the residuals; read from the files beside its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from robustcheck.runs.exported_records import MissingColumn, read_columns

THUMBNAILS: Final = "thumbnails.parquet"
"""Name of the file with the clean pictures of a suite's residuals, in the folder of the suite's records."""
SHOWN: Final = ("picture.shown", "picture.clean", "picture.difference")
TOLD: Final = ("id", "label", "predicted", "confidence", "loss")


class Answer(NamedTuple):
    """What the model said of one picture.

    Attributes:
        predicted: Name of the class; empty where it is not known.
        confidence: Its softmax, in (0, 1]; 0 where it is not known.
        loss: Cross-entropy of the true class, in nats.
    """

    predicted: str
    confidence: float
    loss: float


UNKNOWN: Final = Answer("", 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class StripPicture:
    """One picture of a case beside what it was before.

    Attributes:
        id: Of the sample.
        label: Name of the true class.
        predicted: Name of the class predicted in this case.
        confidence: Its softmax, in (0, 1].
        loss: Cross-entropy of the true class, in nats.
        clean_predicted: Name of the class predicted on the clean picture; empty where that is not known.
        clean_confidence: Its softmax; 0 where it is not known.
        shown: The model's input in this case, as WebP.
        clean: The clean input, as WebP; empty for the clean case, where it is the same.
        difference: The amplified difference, mid-grey where nothing changed, as WebP; empty except under attack.
    """

    id: str
    label: str
    predicted: str
    confidence: float
    loss: float
    clean_predicted: str
    clean_confidence: float
    shown: bytes
    clean: bytes
    difference: bytes


def strip(
    suite: Mapping[str, Any], case: Mapping[str, Any], folder: Path, clean: Mapping[str, Answer] | None = None
) -> tuple[StripPicture, ...]:
    """Return the kept pictures of a case, those that it broke first, the greatest rise of the loss first.

    Args:
        suite: One of the ``suites`` of a result file.
        case: One of its ``cases``.
        folder: The report's folder; without records there are no pictures.
        clean: What ``clean_answers`` gives, for whoever asks about several cases.

    Raises:
        RobustcheckError: The records are damaged.
    """
    names = suite["data"].get("names")
    found = _table(folder, case["records"], (*TOLD, *SHOWN)) if names else None
    if found is None:
        return ()
    if case["kind"] == "clean":
        clean = {}
    elif clean is None:
        clean = clean_answers(suite, folder)
    rows = [row for row, content in enumerate(found["picture.shown"]) if content]
    pictures = [_picture(found, row, names, clean) for row in rows]

    def order(one: StripPicture) -> tuple[bool, float, str]:
        broken = one.predicted != one.label and one.clean_predicted in ("", one.label)
        return not broken, clean.get(one.id, UNKNOWN).loss - one.loss, one.id

    return tuple(sorted(pictures, key=order))


def thumbnails(suite: Mapping[str, Any], folder: Path) -> dict[str, bytes]:
    """Return the clean pictures of a suite's residuals as WebP by the id of the sample; none where none were kept.

    Raises:
        RobustcheckError: They are damaged.
    """
    found = _table(folder, thumbnails_path(suite), ("id", "picture"))
    return {} if found is None else dict(zip(map(str, found["id"]), found["picture"], strict=True))


def thumbnails_path(suite: Mapping[str, Any]) -> str:
    """Return where the pictures of a suite's residuals lie in the report's folder; empty where the run kept no records."""
    known = next((case["records"] for case in suite["cases"] if case["records"]), "")
    return (PurePosixPath(known).parent / THUMBNAILS).as_posix() if known else ""


def clean_answers(suite: Mapping[str, Any], folder: Path) -> dict[str, Answer]:
    """Return what the model answered to each clean picture, by the id of the sample; nothing without records.

    Raises:
        RobustcheckError: The records are damaged.
    """
    records = next((case["records"] for case in suite["cases"] if case["kind"] == "clean"), "")
    found = _table(folder, records, TOLD)
    if found is None:
        return {}
    names = suite["data"]["names"]
    columns = (found[name].tolist() for name in ("id", "predicted", "confidence", "loss"))
    return {
        name: Answer(names[predicted], confidence, loss)
        for name, predicted, confidence, loss in zip(*columns, strict=True)
    }


def _picture(found: Mapping[str, Any], row: int, names: list[str], clean: Mapping[str, Answer]) -> StripPicture:
    before = clean.get(str(found["id"][row]), UNKNOWN)
    return StripPicture(
        id=str(found["id"][row]),
        label=names[int(found["label"][row])],
        predicted=names[int(found["predicted"][row])],
        confidence=float(found["confidence"][row]),
        loss=float(found["loss"][row]),
        clean_predicted=before.predicted,
        clean_confidence=before.confidence,
        shown=found["picture.shown"][row] or b"",
        clean=found["picture.clean"][row] or b"",
        difference=found["picture.difference"][row] or b"",
    )


def _table(folder: Path, name: str, columns: tuple[str, ...]) -> dict[str, Any] | None:
    """Return columns of a file in the report's folder; ``None`` where there is none, or where it is of before there were any."""
    if not name or not (folder / name).is_file():
        return None
    try:
        return read_columns(folder, name, columns)[0]
    except MissingColumn:
        return None
