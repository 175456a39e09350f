"""Digests that name results, and random streams that depend on nothing but what they are for."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import inspect
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robustcheck.core import registry
from robustcheck.core.seeds import stream
from robustcheck.domain.case import Case
from robustcheck.domain.steps import Step
from robustcheck.engine.cache.distributions import installed

NOT_DECIDING = (
    "api.py",
    "cli",
    "demo/weights",
    "engine/tools",
    "provenance",
    "pytest_plugin",
    "report",
    "review",
    "runs",
    "session",
)
"""Packages of ours that cannot change pixels or records; every other counts as a whole, with every file that is added to it."""
DECIDING_SUFFIXES = (".py", ".json", ".yaml", ".txt", ".npz")
OWN = "pytest-robustcheck"
"""Our distribution, whose version is part of every key."""

DECIDING_PACKAGES = ("torch", "numpy", "opencv-python-headless", "pillow", "scipy", "albumentations", "foolbox")
"""Packages whose version can change pixels or logits."""


def digest_of(value: Any) -> str:
    """Return the sha256 of a JSON value in canonical form, in hexadecimal."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def generator(seed: int, sample: str, case: Case, step: int) -> np.random.Generator:
    """Return the random stream of one step of one case on one sample.

    The key is a hash of the arguments, so the same picture gets the same noise at any batch size, worker
    count, shard or order.
    """
    return stream(seed, sample, case.how.stream or _canonical(case), step)


def _canonical(case: Case) -> str:
    # Under an attack a shift shares its random choices with the same shift alone.
    return json.dumps({key: value for key, value in case.canonical().items() if key != "attack"}, sort_keys=True)


@functools.cache
def engine_version() -> str:
    """Return a digest of our version and our own code that makes records, so that none outlives a change of it unnoticed."""
    digest = hashlib.sha256(_version(OWN).encode())
    root = Path(__file__).parents[2]
    for path in deciding_files():
        digest.update(f"\x00{path.relative_to(root).as_posix()}\x00".encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def deciding_files() -> list[Path]:
    """Return the files of this package that can change pixels or records, sorted."""
    root = Path(__file__).parents[2]
    left_out = [root / name for name in NOT_DECIDING]
    return sorted(
        path
        for path in root.rglob("*")
        if path.suffix in DECIDING_SUFFIXES and not any(path.is_relative_to(place) for place in left_out)
    )


@functools.cache
def environment() -> dict[str, str]:
    """Return the versions that can change pixels or logits."""
    versions = {name: _version(name) for name in DECIDING_PACKAGES}
    return {"engine": engine_version(), "python": platform.python_version(), **versions}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


@functools.cache
def _source_digest(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def code_digests(steps: Sequence[Step]) -> dict[str, str]:
    """Return the sha256 of the file that defines each shift used, so that an edited shift is run anew."""
    digests = {}
    for step in steps:
        file = inspect.getsourcefile(registry.perturbation(step.name).function)
        digests[step.name] = _source_digest(file) if file else "unknown"
    return digests


def code_key(code: Iterable[tuple[str, str]]) -> str:
    """Return a digest of the code that is not ours: files by name and sha256, and all that is installed."""
    return digest_of([sorted(code), installed()])


def case_key(
    case: Case, *, seed: int, model: str, data: str, labels: Mapping[str, str], device: str, code: str = ""
) -> str:
    """Return the name under which the records of a case are kept.

    Args:
        case: Its steps, border and fill count; its thresholds do not.
        seed: Seed of the suite.
        model: Digest of the model.
        data: Digest of the pictures and labels looked at.
        labels: Labels that stand for those of the data, by sample.
        device: Kind of device, since logits differ between kinds.
        code: Digest of the code that is not ours; see ``code_key``.
    """
    corrected = {"labels": sorted(labels.items())} if labels else {}
    return digest_of(
        {
            "case": case.digest,
            "code": code_digests(case.perturbations),
            "data": data,
            "imported": code,
            "device": device.split(":")[0],
            "environment": environment(),
            "model": model,
            "seed": seed,
            **corrected,
        }
    )
