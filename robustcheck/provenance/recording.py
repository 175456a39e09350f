"""Writes the training record while a model is trained: one context manager around the training."""

from __future__ import annotations

import contextlib
import datetime
import json
import platform
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from robustcheck.core.checksums import digest_set
from robustcheck.core.errors import RobustcheckError, did_you_mean
from robustcheck.core.read_files import name_in_project
from robustcheck.provenance.checkout import checkout
from robustcheck.provenance.outputs import Before
from robustcheck.provenance.training_record import PREDICATE, STATEMENT

BUILD_TYPE: Final = "urn:robustcheck:training:v1"
BUILDER: Final = "urn:robustcheck:recorder:v1"


@dataclass(slots=True)
class Recording:
    """What a training says of itself while it runs; all of it may be set until the end.

    Attributes:
        seed: Of the training.
        parameters: JSON values: learning rate, epochs, whatever decides the result.
        data: Digest by name of data set.
        command: What was called.
        outputs: Files or folders that the training made.
    """

    seed: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)

    def output(self, path: str | Path) -> None:
        """Name a file or folder that the training made; its digest is taken at the end."""
        self.outputs.append(Path(path))


@contextlib.contextmanager
def record_training(
    path: str | Path,
    *,
    seed: int | None = None,
    parameters: Mapping[str, Any] | None = None,
    data: Mapping[str, str] | Sequence[str] = (),
    command: Sequence[str] | None = None,
    key: str | Path | None = None,
    root: str | Path | None = None,
    configs: str | Path = "configs",
    packages: Mapping[str, str] | None = None,
    outputs: Sequence[str | Path] = (),
) -> Iterator[Recording]:
    """Write a training record (SLSA provenance v1) once the training within has ended well; none if it raises.

    Args:
        path: File of the record, by custom ``*.slsa.json``.
        seed: Of the training.
        parameters: JSON values that decide the result.
        data: Names of entries of ``configs/data.yaml``, which are then read for their digest, or digests by name.
        command: What was called; this process's own command line by default.
        key: File of an ed25519 private key, which signs the record. ``ROBUSTCHECK_KEY_PASSWORD`` is its password.
        root: The project's folder; the working directory by default.
        configs: Folder of ``data.yaml`` below ``root``.
        packages: Versions by name of package; those of all packages that are imported at the end by default.
        outputs: What the training will make, as far as it is known before; the same as naming it with ``output``, but a file
            that lies there already and is not written anew is found out to the last moment before the training.

    Yields:
        A ``Recording``; name what was made with its ``output``.

    Raises:
        RobustcheckError: Nothing was named as made, it is not there, the training did not write it, a value is no JSON, or the
            key cannot be used.
    """
    from robustcheck.provenance.signing.signing_keys import load_private, password

    folder, target = Path(root or Path.cwd()), Path(path)
    signing = load_private(Path(key), password()) if key is not None else None
    recording = Recording(
        seed, dict(parameters or {}), _digests(data, folder, folder / configs), list(command or sys.argv)
    )
    named = [Path(output) for output in outputs]
    recording.outputs += named
    source, before, started = checkout(folder), _before(named), datetime.datetime.now(datetime.UTC)
    yield recording
    for output in recording.outputs:
        _check_output(output, before)
    _write(target, _statement(recording, folder, source, started, packages or imported()), signing)


def _before(outputs: Sequence[Path]) -> Before:
    try:
        return Before.now(outputs)
    except OSError as error:
        raise RobustcheckError(f"{error.filename}: what lies here already cannot be read: {error.strerror}") from None


def _check_output(path: Path, before: Before) -> None:
    try:
        before.check(path)
    except OSError as error:
        raise RobustcheckError(_unreadable(path, error)) from None


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path}: this was named as made, and cannot be read: {error.strerror or error}"


def _statement(
    recording: Recording,
    folder: Path,
    source: Mapping[str, Any] | None,
    started: datetime.datetime,
    packages: Mapping[str, str],
) -> dict[str, Any]:
    data = [
        {"name": name, "digest": {"sha256": digest}, "annotations": {"role": "data"}}
        for name, digest in recording.data.items()
    ]
    libraries = [{"uri": f"pkg:pypi/{name}@{version}"} for name, version in sorted(packages.items())]
    told: dict[str, Any] = {"command": recording.command, "parameters": recording.parameters}
    if recording.seed is not None:
        told["seed"] = recording.seed
    return {
        "_type": STATEMENT,
        "subject": _subjects(recording.outputs, folder),
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": told,
                "internalParameters": {
                    "python": platform.python_version(),
                    "platform": f"{platform.system()} {platform.machine()}",
                },
                "resolvedDependencies": [*([source] if source else []), *data, *libraries],
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": {"robustcheck": metadata.version("pytest-robustcheck")}},
                "metadata": {
                    "invocationId": str(uuid.uuid4()),
                    "startedOn": started.isoformat(timespec="seconds"),
                    "finishedOn": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                },
            },
        },
    }


def imported() -> dict[str, str]:
    """Return the versions of all installed packages of which a module is loaded."""
    homes = metadata.packages_distributions()
    loaded = {name.partition(".")[0] for name in list(sys.modules)}
    return _versions({package for name in loaded for package in homes.get(name, ())})


def installed() -> dict[str, str]:
    """Return the versions of all installed packages."""
    return _versions({found.metadata["Name"] for found in metadata.distributions() if found.metadata["Name"]})


def _versions(names: set[str]) -> dict[str, str]:
    # Package URLs have names in lower case with hyphens.
    return {name.lower().replace("_", "-"): metadata.version(name) for name in names}


def _digests(data: Mapping[str, str] | Sequence[str], root: Path, configs: Path) -> dict[str, str]:
    if isinstance(data, Mapping):
        return dict(data)
    if not data:
        return {}
    from robustcheck.data import data_digest, open_source
    from robustcheck.language import load_project

    known = load_project(root, configs).data
    for name in data:
        if name not in known:
            raise RobustcheckError(
                f"there is no data set {name} in {configs / 'data.yaml'}; {did_you_mean(name, known)}"
            )
    sources = {name: open_source(known[name], seed=0) for name in data}
    return {name: data_digest(source, source.samples()) for name, source in sources.items()}


def _subjects(outputs: Sequence[Path], root: Path) -> list[dict[str, Any]]:
    if not outputs:
        raise RobustcheckError("a training record is of what was made; name it: recording.output(path)")
    subjects = []
    for path in outputs:
        there = path.absolute()
        name = name_in_project(there, root.absolute())
        try:
            subjects.append({"name": name, "digest": digest_set(path)})
        except OSError as error:
            raise RobustcheckError(_unreadable(path, error)) from None
    return subjects


def _write(path: Path, statement: Mapping[str, Any], key: Any) -> None:
    from robustcheck.core.files import write_whole
    from robustcheck.provenance.signing.envelope import seal

    try:
        text = json.dumps(statement, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    except (TypeError, ValueError) as error:
        raise RobustcheckError(f"{path}: the parameters cannot be written as JSON: {error}") from None
    content = seal(text.encode(), key).to_bytes() if key is not None else text.encode()
    write_whole(path, content, "training record")
