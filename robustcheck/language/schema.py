"""JSON Schemas (draft-07) of suites and configuration files, made from the spec and the registry.

``python -m robustcheck.language > robustcheck.schema.json`` writes the copy in the repository.
"""

from __future__ import annotations

import json
from typing import Any, Final

from robustcheck.domain.config import Project
from robustcheck.language.checks.schema import check_definitions
from robustcheck.language.config_spec import DATA, MODEL
from robustcheck.language.suite_spec import suite_record
from robustcheck.language.thresholds import expect_schema
from robustcheck.language.variables_spec import VARIABLES

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_VARIABLE: Final = {
    "description": "An environment variable: ${NAME}.",
    "type": "string",
    "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}",
}


def json_schema(project: Project | None = None) -> dict[str, Any]:
    """Return the schema of suites: every registered shift, metric and unit.

    Args:
        project: Its models, data sets and classes are the names that may be written; any are without it.
    """
    record = suite_record(project).schema()
    classes = _classes_of(project) if project else ()
    properties = {**record["properties"], "extends": _extends()}
    if project:
        properties |= {key: _named(properties[key]) for key in ("model", "data")}
    return {
        "$schema": DRAFT,
        "title": "robustcheck suite",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        # A suite that extends another may leave to it whatever it needs.
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": record["required"]},
        "definitions": {
            "variable": _VARIABLE,
            "expect": expect_schema(paired=True, classes=classes),
            "clean_expect": expect_schema(paired=False, classes=classes),
            **check_definitions(),
        },
    }


def models_schema() -> dict[str, Any]:
    """Return the schema of ``configs/models.yaml``."""
    return _entries("robustcheck models", MODEL.schema())


def data_schema() -> dict[str, Any]:
    """Return the schema of ``configs/data.yaml``."""
    return _entries("robustcheck data sets", DATA.schema())


def variables_schema() -> dict[str, Any]:
    """Return the schema of ``configs/variables.yaml``."""
    return {"$schema": DRAFT, "title": "robustcheck variables", **VARIABLES.schema()}


def as_text(schema: dict[str, Any], *, compact: bool = False) -> str:
    """Return a schema as the text of a file; a compact one, half as large, is one line that nobody reads."""
    form: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 2}
    return json.dumps(schema, ensure_ascii=False, **form) + "\n"


def _classes_of(project: Project) -> tuple[str, ...]:
    """Return the classes of all models, each once, in the order in which they stand."""
    return tuple(dict.fromkeys(name for model in project.models.values() for name in model.classes))


def _named(field: dict[str, Any]) -> dict[str, Any]:
    """Return a field of known names, for which an environment variable may stand too."""
    names = {"enum": field["enum"]}
    rest = {key: value for key, value in field.items() if key != "enum"}
    return {**rest, "anyOf": [names, {"$ref": "#/definitions/variable"}]}


def _extends() -> dict[str, Any]:
    return {
        "description": "The path of a suite inside the project that this one is laid over: mappings merge, lists replace.",
        "type": "string",
        "minLength": 1,
    }


def _entries(title: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": DRAFT,
        "title": title,
        "type": "object",
        "properties": {"robustcheck": {"const": 1}},
        "additionalProperties": {"$ref": "#/definitions/entry"},
        "definitions": {"entry": entry, "variable": _VARIABLE},
    }
