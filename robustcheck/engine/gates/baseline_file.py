"""The file of a baseline: JSON with a line a case, so that what changed can be read in a diff.

Ids and labels stand in it once, compressed; which pictures of a case were right is a bitmap, a bit a picture in the order of
the sorted ids. What a person reads (counts, digests) is held against what the machine reads, so that damage is found.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.core.errors import RobustcheckError, did_you_mean
from robustcheck.core.read_files import Note, ignore
from robustcheck.core.regular_files import read_regular
from robustcheck.core.strict_json import first_repeated
from robustcheck.core.text import printable
from robustcheck.engine.gates.baseline import Baseline, BaselineCase

VERSION: Final = "baseline/2"
READ: Final = {"baseline/1": 1, VERSION: 2}
"""Versions that are read; the first has 16 digits of each case's digest."""
LARGEST: Final = 1 << 28
"""Bytes that compressed ids may grow to."""

_FACTS: Final = {
    "reason": "reason",
    "accepted": "accepted",
    "by": "by",
    "suite": "suite",
    "suite digest": "suite_digest",
    "model": "model",
    "model digest": "model_digest",
    "data": "data",
    "data digest": "data_digest",
    "seed": "seed",
    "label overlay": "overlay",
}
"""What the file calls the attributes of a baseline that stand in it as they are."""

_SAMPLES: Final = {"count": int, "digest": str, "ids": str, "labels": str}
_CASE: Final = {"id": str, "n": int, "right": int, "digest": str, "bitmap": str}
_OPTIONAL: Final = {"seen": str, "predicted": str}


def text_of(baseline: Baseline) -> bytes:
    """Return the bytes of a baseline's file, the same for the same baseline."""
    ids = json.dumps(baseline.ids, separators=(",", ":")).encode()
    labels = baseline.labels.astype("<i4").tobytes()
    samples = {
        "count": len(baseline.ids),
        "digest": _digest(ids, labels),
        "ids": _packed(ids),
        "labels": _packed(labels),
    }
    version = next(name for name, number in READ.items() if number == baseline.version)
    head = {"robustcheck": version, **{name: getattr(baseline, attribute) for name, attribute in _FACTS.items()}}
    lines = [f" {_json(name)}: {_json(value)}" for name, value in {**head, "samples": samples}.items()]
    cases = ",\n".join(f"  {_json(_case(known))}" for _, known in sorted(baseline.cases.items()))
    text = "{\n" + ",\n".join([*lines, f' "cases": [\n{cases}\n ]']) + "\n}\n"
    # A lone surrogate, which a file's name may hold, has the same escape in JSON.
    return text.encode("utf-8", "backslashreplace")


def bitmap(values: NDArray[np.bool_]) -> str:
    """Return truth values as base64 of a bit each, the first the highest of its byte."""
    return base64.b64encode(np.packbits(values).tobytes()).decode()


def unpacked(text: str, count: int) -> NDArray[np.bool_]:
    """Return the truth values of a bitmap.

    Raises:
        ValueError: It is not base64, has another length, or has bits beyond its end.
    """
    found = base64.b64decode(text, validate=True)
    if len(found) != -(-count // 8):
        raise ValueError(f"it has {len(found)} bytes, and {count} pictures need {-(-count // 8)}")
    bits = np.unpackbits(np.frombuffer(found, np.uint8)).astype(bool)
    if bits[count:].any():
        raise ValueError("it has bits beyond the last picture")
    return bits[:count]


def load_baseline(path: Path, *, shown: str = "", note: Note = ignore) -> Baseline:
    """Read a baseline.

    Args:
        path: The file.
        shown: How messages call it; the path by default.
        note: Is told of the bytes that were read.

    Raises:
        RobustcheckError: It cannot be read, is no baseline, or is damaged.
    """
    shown = printable(shown or str(path))
    try:
        content = read_regular(path, LARGEST)
        note(path, content)
        return _baseline(_tree(content), shown)
    except OSError as error:
        raise RobustcheckError(f"{shown}: the baseline cannot be read: {error.strerror}") from None
    except (_Newer, ValueError) as error:
        advice = (
            "use the robustcheck that wrote it, or accept a report anew"
            if isinstance(error, _Newer)
            else "restore it from version control, or accept a report anew"
        )
        raise RobustcheckError(f"{shown}: {error}; {advice}") from None


class _Newer(Exception):
    """The file is of a version that this one does not know."""


def _tree(content: bytes) -> Any:
    try:
        return json.loads(content, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("this is no baseline: its JSON is too deep") from None
    except ValueError as error:
        raise ValueError(f"this is no baseline: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = first_repeated(name for name, _ in pairs)
        raise ValueError(f"the key {printable(str(twice))} is written twice")
    return found


def _baseline(tree: Any, shown: str) -> Baseline:
    version = tree.get("robustcheck") if isinstance(tree, dict) else None
    if not isinstance(version, str) or not version.startswith("baseline/"):
        raise ValueError(f'this is no baseline: it does not begin with "robustcheck": "{VERSION}"')
    if version not in READ:
        raise _Newer(f"this is a {printable(version)}, and this robustcheck reads {' and '.join(READ)}")
    kinds = {name: int if name == "seed" else str for name in _FACTS} | {
        "robustcheck": str,
        "samples": dict,
        "cases": list,
    }
    _check_keys("the baseline", tree, kinds)
    _check_keys("samples", tree["samples"], _SAMPLES)
    ids, labels = _samples(tree["samples"])
    cases: dict[str, BaselineCase] = {}
    for number, entry in enumerate(tree["cases"], 1):
        if not isinstance(entry, dict):
            raise ValueError(f"case {number} is not a mapping")
        _check_keys(f"case {number}", entry, _CASE | {key: kind for key, kind in _OPTIONAL.items() if key in entry})
        if entry["id"] in cases:
            raise ValueError(f"the case {printable(entry['id'])} is written twice")
        cases[entry["id"]] = _read_case(entry, labels)
    facts = {attribute: tree[name] for name, attribute in _FACTS.items()}
    return Baseline(**facts, ids=ids, labels=labels, cases=cases, path=shown, version=READ[version])


def _check_keys(what: str, found: Mapping[str, Any], kinds: Mapping[str, type]) -> None:
    for name in found:
        if name not in kinds:
            raise ValueError(
                f"{what} has the key {printable(name)}, which is none of its own; {did_you_mean(name, kinds)}"
            )
    for name, kind in kinds.items():
        if name not in found:
            raise ValueError(f"{what} has no {name}")
        if type(found[name]) is not kind:
            noun = {int: "a whole number", str: "a text", dict: "a mapping", list: "a list"}[kind]
            raise ValueError(f"{name} of {what} is not {noun}")


def _samples(found: Mapping[str, Any]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    try:
        ids, labels = (_unpack(found[name]) for name in ("ids", "labels"))
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError(f"its samples are damaged: {error}") from None
    if _digest(ids, labels) != found["digest"]:
        raise ValueError("its samples are damaged: they do not have the digest that stands beside them")
    names: Any = json.loads(ids)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or names != sorted(set(names)):
        raise ValueError("its samples are damaged: the ids are no sorted list of texts")
    if not len(names) == found["count"] == len(labels) / 4:
        raise ValueError(
            f"its samples are damaged: {found['count']} are said to be {len(names)} ids and {len(labels)} bytes"
        )
    return tuple(names), np.frombuffer(labels, "<i4").astype(np.int32)


def _read_case(entry: Mapping[str, Any], labels: NDArray[np.int32]) -> BaselineCase:
    name, count = printable(entry["id"]), len(labels)
    try:
        right = unpacked(entry["bitmap"], count)
        seen = unpacked(entry["seen"], count) if "seen" in entry else np.ones(count, bool)
    except ValueError as error:
        raise ValueError(f"the bitmap of {name} is damaged: {error}") from None
    if int(right.sum()) != entry["right"] or int(seen.sum()) != entry["n"] or (right & ~seen).any():
        raise ValueError(
            f"the bitmap of {name} is damaged: it has {int(right.sum())} of {int(seen.sum())} right, and beside it stand "
            f"{entry['right']} of {entry['n']}"
        )
    return BaselineCase(entry["id"], entry["digest"], right, seen, _predicted(entry, labels, right, seen))


def _predicted(
    entry: Mapping[str, Any], labels: NDArray[np.int32], right: NDArray[np.bool_], seen: NDArray[np.bool_]
) -> NDArray[np.int32] | None:
    """Return all predictions of a case: of the pictures it had right they are the labels, the others stand in the file."""
    if "predicted" not in entry:
        return None
    wrong, name = seen & ~right, printable(entry["id"])
    try:
        found = np.frombuffer(_unpack(entry["predicted"]), "<i4").astype(np.int32)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError(f"the predictions of {name} are damaged: {error}") from None
    if len(found) != int(wrong.sum()) or (found == labels[wrong]).any():
        raise ValueError(
            f"the predictions of {name} are damaged: they are not those of its {int(wrong.sum())} mistakes"
        )
    predicted = labels.copy()
    predicted[wrong] = found
    return predicted


def _case(known: BaselineCase) -> dict[str, Any]:
    counts = {"id": known.id, "n": int(known.seen.sum()), "right": int(known.right.sum()), "digest": known.digest}
    some = {} if known.seen.all() else {"seen": bitmap(known.seen)}
    if known.predicted is not None:
        some["predicted"] = _packed(known.predicted[known.seen & ~known.right].astype("<i4").tobytes())
    return {**counts, "bitmap": bitmap(known.right), **some}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _digest(ids: bytes, labels: bytes) -> str:
    return hashlib.sha256(ids + b"\x00" + labels).hexdigest()


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _unpack(text: str) -> bytes:
    inflater = zlib.decompressobj()
    content = inflater.decompress(base64.b64decode(text, validate=True), LARGEST)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("they are cut off, too large, or followed by something else")
    return content
