"""``configs/``: models, data and variables, from the files to what suites may name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, Problem, SuiteError, did_you_mean
from robustcheck.core.paths import path_as_typed, resolved
from robustcheck.core.read_files import Note, ReadFiles, ignore
from robustcheck.core.units import Quantity
from robustcheck.domain.config import MAX_UNREADABLE, DataEntry, ModelEntry, Project
from robustcheck.language.class_lists import names_of
from robustcheck.language.config_spec import DATA, MODEL, Entry
from robustcheck.language.depends import files_of
from robustcheck.language.input_spec import preprocessing_of
from robustcheck.language.loader import load_file
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Scalar, kind_of, shown
from robustcheck.language.value_types import INVALID, Reading, Values
from robustcheck.language.variables import FILE
from robustcheck.language.variables_spec import VARIABLES, Version

_OPTIONS = ("factory", "arguments", "architecture", "weights_key", "weights_prefix")


def load_project(root: Path, configs: Path) -> Project:
    """Read a project's models and data sets.

    Args:
        root: The project's root.
        configs: The folder with ``models.yaml`` and ``data.yaml``, and with ``variables.yaml`` where suites may use variables.

    Raises:
        SuiteError: With every problem of the files.
    """
    root, configs = Path(root), Path(configs)
    folder = path_as_typed(configs, root)
    if not configs.is_dir():
        hint = "run `robustcheck init` for a working start, or set robustcheck_configs"
        raise SuiteError(
            [
                Problem(
                    Location(folder),
                    Code.NO_CONFIGURATION,
                    "there is no such folder with models.yaml and data.yaml",
                    hint,
                )
            ]
        )
    reading = Reading()
    files = ReadFiles()
    note = files.noting("configuration")
    models = _read_entries(configs / "models.yaml", root, MODEL, reading, note)
    data = _read_entries(configs / "data.yaml", root, DATA, reading, note)
    made_models = {name: _model(name, *entry, root, configs, data, reading, note) for name, entry in models.items()}
    made_data = {name: _data(name, *entry, root, configs, reading) for name, entry in data.items()}
    variables = _variables(configs, root, reading, note)
    if reading.problems:
        raise SuiteError(reading.problems)
    made = {name: model for name, model in made_models.items() if model}
    return Project(root, made, made_data, variables=variables, files=files)


def listed_variables(root: Path, configs: Path) -> frozenset[str]:
    """Return the environment variables that ``variables.yaml`` lists, as far as it can be read."""
    return _variables(configs, root, Reading())


def _variables(configs: Path, root: Path, reading: Reading, note: Note = ignore) -> frozenset[str]:
    path = configs / FILE
    if not os.path.lexists(path):
        return frozenset()
    try:
        tree = load_file(path, path_as_typed(path, root), note)
    except SuiteError as error:
        reading.problems += error.problems
        return frozenset()
    values = VARIABLES.read("the file", tree, reading)
    return frozenset(name for name, _ in values.get("variables", ())) if isinstance(values, Values) else frozenset()


def _read_entries(
    path: Path, root: Path, kind: Entry, reading: Reading, note: Note
) -> dict[str, tuple[str, Values, Location]]:
    name = path_as_typed(path, root)
    if not os.path.lexists(path):
        reading.add(
            Location(name), Code.NO_CONFIGURATION, "there is no such file", "run `robustcheck init` for a working start"
        )
        return {}
    try:
        tree = load_file(path, name, note)
    except SuiteError as error:
        reading.problems += error.problems
        return {}
    if not isinstance(tree, MappingNode):
        reading.add(
            tree.where, Code.WRONG_SHAPE, f"the file must be a mapping from names to entries, not {kind_of(tree)}"
        )
        return {}
    entries = {}
    for key, value in tree:
        if key.text == "robustcheck":
            Version().read(key.text, value, reading)
            continue
        if not key.text.strip():
            reading.add(key.where, Code.EMPTY_VALUE, "a name is empty")
            continue
        entry = kind.read(shown(key.text), value, reading)
        if entry is not INVALID:
            entries[key.text] = (*entry, key.where)
    if not entries and not reading.problems:
        reading.add(
            tree.where,
            Code.NO_CONFIGURATION,
            f"there is no {kind.noun} in the file",
            "run `robustcheck init` for a working start",
        )
    return entries


def _model(
    name: str,
    kind: Any,
    values: Values,
    where: Location,
    root: Path,
    configs: Path,
    data: Mapping[str, Any],
    reading: Reading,
    note: Note,
) -> ModelEntry | None:
    classes = values.get("classes")
    depends = files_of(values, root, configs, reading)
    if isinstance(classes, Scalar):
        classes = names_of(classes, root, configs, reading, note)
    declared: dict[str, Quantity] = values.get("declared", {})
    written = values.node.get("declared")
    if isinstance(written, MappingNode) and data:
        for key, _ in written:
            if key.text not in data:
                what = f"there is no data set {shown(key.text)} in data.yaml"
                reading.add(key.where, Code.UNKNOWN_ENTRY, what, did_you_mean(key.text, data))
    if values.get("sha256") and not values.get("weights") and values.node.entry("weights") is None:
        reading.add(
            values.where("sha256"),
            Code.NEEDS_ANOTHER_KEY,
            "sha256 is the digest of weights, and there are none",
            "write weights: ...",
        )
    shape = values.get("input")
    if classes is None or classes is INVALID or shape is None or not {"size", "resize"} <= shape.read.keys():
        return None
    if values.get("outputs") == "one_logit" and len(classes) != 2:
        reading.add(
            values.where("outputs"),
            Code.MODEL_INPUT,
            f"outputs: one_logit is of two classes, and there are {len(classes)}",
        )
    for option in ("weights_key", "weights_prefix"):
        if values.get(option) and values.node.entry("weights") is None:
            reading.add(
                values.where(option),
                Code.NEEDS_ANOTHER_KEY,
                f"{option} says how to read weights, and there are none",
                "write weights: ...",
            )
    weights = values.get("weights")
    digest = values.get("sha256")
    return ModelEntry(
        name=name,
        kind=kind,
        classes=classes,
        preprocessing=preprocessing_of(shape),
        weights=_resolved(weights, configs) if weights else None,
        sha256=digest.lower() if digest else None,
        declared=declared,
        gradients=values.get("gradients", True),
        options={key: values.get(key) for key in _OPTIONS if key in values.read},
        outputs=values.get("outputs", "logits"),
        where=where,
        root=root,
        description=values.get("description", ""),
        depends=depends,
    )


def _data(
    name: str, kind: Any, values: Values, where: Location, root: Path, configs: Path, reading: Reading
) -> DataEntry:
    written = values.get("path")
    path = _resolved(written, configs) if written else None
    keys = ("factory", "arguments", "dataset", "path_column", "label_column", "split", "size", "seed")
    options = {key: values.get(key) for key in keys if key in values.read}
    if kind == "manifest":
        folder = values.get("folder")
        options.setdefault("path_column", "path")
        options.setdefault("label_column", "label")
        options["folder"] = _resolved(folder, configs) if folder else (path.parent if path else None)
    return DataEntry(
        name=name,
        kind=kind,
        path=path,
        limit=values.get("limit"),
        labels=values.get("labels", {}),
        options=options,
        where=where,
        root=root,
        description=values.get("description", ""),
        depends=files_of(values, root, configs, reading),
        digest=values.get("digest"),
        max_unreadable=values.get("max_unreadable", MAX_UNREADABLE),
        max_changed=values.get("max_changed"),
    )


def _resolved(written: str, configs: Path) -> Path:
    return resolved(configs / written)
