"""A report's folder without a run: a result file, records and small pictures, as hostile and as large as a test wants."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet

from robustcheck.domain.result import RESULT_FILE
from robustcheck.images.thumbnails import thumbnail
from robustcheck.runs.load import load_document
from robustcheck.runs.residuals import with_residuals
from robustcheck.stats.intervals import proportion

CLASSES = ("stop", "yield", "turn_left")
Json = dict[str, Any]
DIGEST = "0123456789abcdef" * 4


def estimate(right: int, n: int, detail: str = "") -> Json:
    """Return a share as a result has it."""
    found = proportion(right, n)
    return {
        **{end: float(getattr(found, end)) for end in ("value", "low", "high")},
        "n": n,
        "detail": detail,
        "counts": [right],
    }


def expected(metric: str, expect: str, found: Json, verdict: str, unit: str = "%") -> Json:
    """Return an expectation as a result has it."""
    return {
        "metric": metric,
        "expect": expect,
        "observed": found["value"],
        **{key: found[key] for key in ("low", "high", "n", "detail")},
        "unit": unit,
        "verdict": verdict,
        "straddles": False,
        "rule": "point",
        "gate_low": None,
        "gate_high": None,
        "needs": None,
        "possible": "",
    }


def case(name: str, *, kind: str = "shift", right: int = 30, n: int = 30, verdict: str = "pass", **other: Any) -> Json:
    """Return a case as a result has it; it expects an accuracy of 80%."""
    accuracy = estimate(right, n)
    return {
        "id": name,
        "nodeid": f"suites/signs.yaml::{name}",
        "file": "suites/signs.yaml",
        "line": 12,
        "kind": kind,
        "perturbation": "" if kind == "clean" else "camera.pitch",
        "params": {},
        "severity": "error",
        "tier": "smoke",
        "tags": [],
        "why": "",
        "verdict": verdict,
        "n": n,
        "unreadable": 0,
        "unreadable_names": [],
        "seconds": 1.0,
        "forwards": n,
        "cached": False,
        "unseen_fraction": 0.0,
        "borderline": 0,
        "proof": {"mean_change": 12.0, "max_change": 200, "share_changed": 1.0, "pixels": DIGEST},
        "metrics": {"accuracy": accuracy},
        "expectations": [expected("accuracy", ">= 80%", accuracy, verdict)],
        "waiver": "",
        "problems": [],
        "notes": [],
        "records": "",
        "check": name.partition("[")[0],
        "swept": {},
        "trace": [],
        "attack": {},
        "of": n,
        "stopped": "",
        "backwards": 0,
        "digest": DIGEST[:16],
        "raw": {},
        "automatic": {},
        **other,
    }


def document(cases: list[Json], *, names: tuple[str, ...] = CLASSES, **other: Any) -> Json:
    """Return a result with one suite."""
    suite = {
        "path": "suites/signs.yaml",
        "title": "Road signs",
        "owner": "vision-safety",
        "digest": DIGEST,
        "seed": 7,
        "notes": [],
        "model": {"name": "signs-cnn", "kind": "python", "digest": DIGEST, "device": "cpu", "notes": []},
        "data": {"name": "signs-test", "digest": DIGEST, "size": 30, "classes": len(names), "names": list(names)},
        "verdict": "fail",
        "counts": {
            verdict: sum(one["verdict"] == verdict for one in cases) for verdict in {c["verdict"] for c in cases}
        },
        "cases": cases,
        "overall": [],
        "provenance": [],
        "inputs": [{"role": "weights", "name": "signs.safetensors", "digest": DIGEST, "algorithm": "sha256"}],
        "profile": None,
        "leaks": None,
        "residuals": None,
        "labels": None,
        "review": None,
        "not_run": [],
        "combinations": [],
        **other,
    }
    return {
        "schema": "robustcheck/report/1",
        "verdict": "fail",
        "complete": not suite["not_run"],
        "started": "2026-03-01T10:00:00+00:00",
        "seconds": 65.0,
        "options": {"tier": "standard", "limit": None},
        "environment": {"python": "3.11", "packages": {"pytest-robustcheck": "0.1.0"}},
        "suites": [suite],
        "discovery": {"suites": [suite["path"]], "left_out": []},
        "trackers": [],
    }


def picture(seed: int, side: int = 24, grain: int = 4) -> bytes:
    """Return a small picture, another for each seed."""
    rough = np.random.default_rng(seed).integers(0, 256, (side // grain, side // grain, 3), dtype=np.uint8)
    return thumbnail(rough.repeat(grain, 0).repeat(grain, 1))


def records(folder: Path, name: str, columns: Json) -> str:
    """Write the records of a case, right wherever nothing else is said, and return their path.

    Args:
        folder: The report's.
        name: Of the file.
        columns: With ``id``, ``label`` and ``predicted``.
    """
    n = len(columns["id"])
    label, predicted = (np.asarray(columns[key], np.int32) for key in ("label", "predicted"))
    wrong = label != predicted
    shown: Json = {
        "rank": wrong.astype(np.int32),
        "confidence": np.where(wrong, 0.6, 0.9).astype(np.float32),
        "loss": np.where(wrong, 3.0, 0.1).astype(np.float32),
        **columns,
        "label": label,
        "predicted": predicted,
    }
    for key in ("picture.shown", "picture.clean", "picture.difference"):
        shown[key] = pyarrow.array(columns.get(key, [None] * n), pyarrow.binary())
    path = folder / "records" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(shown), path, write_page_checksum=True)
    return f"records/{name}.parquet"


def thumbnails(folder: Path, ids: list[str]) -> None:
    """Write the clean pictures of the residuals."""
    content = pyarrow.array([picture(place) for place in range(len(ids))], pyarrow.binary())
    pyarrow.parquet.write_table(pyarrow.table({"id": ids, "picture": content}), folder / "records/thumbnails.parquet")


def write(folder: Path, found: Json) -> Json:
    """Write a result with its residuals, and return it as reports read it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(with_residuals(found, folder), ensure_ascii=False)
    (folder / RESULT_FILE).write_text(text, encoding="utf-8")
    return load_document(folder)


def make_report(
    folder: Path, *, names: tuple[str, ...] = CLASSES, why: str = "", file: str = "a", **suite: Any
) -> Json:
    """Write a report with a clean case, a sweep that breaks at its ends and an attack; all have pictures.

    Args:
        folder: The report's.
        names: Three classes.
        why: The reason of the sweep.
        file: What the names of the pictures begin with.
        suite: What else the suite has.
    """
    n = 30
    ids = [f"{file}/{place:03}" for place in range(n)]
    label = [place % 3 for place in range(n)]
    clean_pictures = [picture(place) for place in range(n)]

    def broken(count: int) -> list[int]:
        return [(one + 1) % 3 if place < count else one for place, one in enumerate(label)]

    def written(name: str, count: int, seed: int, *, difference: bool = False) -> str:
        shown = [picture(seed + place) if place < 12 else None for place in range(n)]
        columns: Json = {"id": ids, "label": label, "predicted": broken(count), "picture.shown": shown}
        if seed:
            columns["picture.clean"] = [one if place < 12 else None for place, one in enumerate(clean_pictures)]
        if difference:
            columns["picture.difference"] = [picture(900 + place) if place < 12 else None for place in range(n)]
        return records(folder, name, columns)

    cases = [case("clean", kind="clean", records=written("clean", 0, 0))]
    for step, (angle, count) in enumerate((("-10deg", 20), ("-5deg", 3), ("5deg", 0), ("10deg", 12))):
        cases.append(
            case(
                f"lower[pitch={angle}]",
                right=n - count,
                verdict="fail" if count > 6 else "pass",
                params={"pitch": angle},
                swept={"pitch": angle},
                why=why,
                tags=["mounting"],
                records=written(f"lower-{step}", count, 100 * (step + 1)),
            )
        )
    attack = {
        "name": "pgd",
        "norm": "linf",
        "eps": "4/255",
        "targeted": "",
        "bound": "the accuracy is an upper bound on robust accuracy: a better attack may find more",
        "sanity": [{"name": "eps 0", "held": True, "detail": "nothing changes"}],
        "curve": [],
    }
    share = estimate(15, n)
    cases.append(
        case(
            "harm",
            kind="attack",
            right=15,
            verdict="fail",
            perturbation="pgd",
            attack=attack,
            metrics={"accuracy": share, "robust_accuracy": share, "model_calls": {**share, "value": 20.0}},
            records=written("harm", 15, 700, difference=True),
        )
    )
    thumbnails(folder, ids)
    return write(folder, document(cases, names=names, **suite))
