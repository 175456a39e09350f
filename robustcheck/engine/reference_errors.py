"""What a suite's corruption errors are relative to: a published model, or an earlier result."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import DataError
from robustcheck.core.paths import resolved
from robustcheck.core.read_files import Note, ignore
from robustcheck.core.regular_files import read_regular
from robustcheck.domain.corruption_errors import PREFIX, PUBLISHED, SEVERITIES
from robustcheck.metrics.corruption import ReferenceErrors

LARGEST: Final = 1 << 28
"""Bytes of a result file; a larger one is not read."""


def reference_errors(reference: str, root: Path, *, data: str, note: Note = ignore) -> ReferenceErrors:
    """Return the errors that a suite names.

    Args:
        reference: A published model's name, or the path of a result file from the project's root.
        root: The project's root, which the path may not leave.
        data: Digest of the pictures; a result about others is no reference.
        note: Is told of the bytes that were read.

    Raises:
        DataError: The result cannot be read, is about other pictures, or lacks severities.
    """
    if reference in PUBLISHED:
        published = PUBLISHED[reference]
        return ReferenceErrors(reference, published.clean, published.corrupted)
    path = resolved(root / reference)
    if not path.is_relative_to(resolved(root)):
        raise DataError(f"the reference {reference} lies outside the project")
    try:
        content = read_regular(path, LARGEST)
        note(path, content)
        result = json.loads(content)
        suites = [suite for suite in result["suites"] if suite["data"].get("digest") == data]
        errors = [found for suite in suites if (found := _errors(suite))]
    except OSError as error:
        raise DataError(f"the reference {reference} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DataError(f"the reference {reference} is no result file of robustcheck") from error
    if not suites:
        raise DataError(f"the reference {reference} is about other pictures, so nothing can be relative to it")
    if not errors:
        raise DataError(f"the reference {reference} has no corruption of ImageNet-C at all five severities")
    clean, corrupted = errors[0]
    return ReferenceErrors(reference, clean, corrupted)


def _errors(suite: Any) -> tuple[float, dict[str, float]] | None:
    """Return the clean error and the mean error of each corruption that has all severities."""
    found: dict[str, dict[int, float]] = {}
    clean = None
    for case in suite["cases"]:
        if "accuracy" not in case["metrics"]:
            continue
        error = 1.0 - float(case["metrics"]["accuracy"]["value"])
        if case["kind"] == "clean":
            clean = error
        elif case["kind"] == "shift" and case["perturbation"].startswith(PREFIX):
            name = case["perturbation"].removeprefix(PREFIX)
            found.setdefault(name, {})[int(case["params"]["severity"])] = error
    full = {name: errors for name, errors in found.items() if set(errors) == set(SEVERITIES)}
    if clean is None or not full:
        return None
    return clean, {name: math.fsum(errors.values()) / len(errors) for name, errors in full.items()}
