"""JSON Schemas (draft-07) of suites and configuration files, made from the spec and the registry.

``robustcheck schema suite > robustcheck.schema.json`` writes the file that the first line of a suite names for editors.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
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
    schema = {
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
    return with_shared_parts(schema)


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


SCHEMAS: Final = {
    "properties": "values",
    "definitions": "values",
    "anyOf": "items",
    "oneOf": "items",
    "allOf": "items",
    "items": "one",
    "additionalProperties": "one",
    "if": "one",
    "then": "one",
    "not": "one",
}
"""Keywords of draft-07 that hold schemas: as the values of a mapping, as the items of a list, or one."""
SHARED: Final = 48
"""Characters from which a part that stands twice is written once."""


def with_shared_parts(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of the same meaning in which each part that stands several times is one definition."""
    counts: Counter[str] = Counter()

    def count(part: Any) -> None:
        if isinstance(part, dict):
            text = _canonical(part)
            counts[text] += "$ref" not in part
            # What lies in a part that is written once counts once.
            if counts[text] < 2:
                for inner in _inner(part):
                    count(inner)

    names: dict[str, str] = {}
    definitions: dict[str, Any] = {}

    def written(part: Any, *, whole: bool = False) -> Any:
        if not isinstance(part, dict):
            return part
        text = _canonical(part)
        if not whole and counts[text] > 1 and len(text) > SHARED:
            if text not in names:
                names[text] = f"shared.{len(names)}"
                definitions[names[text]] = written(part, whole=True)
            return {"$ref": f"#/definitions/{names[text]}"}
        return {key: _each(key, value, written) for key, value in part.items()}

    # A definition is no part that stands somewhere: whoever refers to it knows its name.
    for whole in (*schema["definitions"].values(), {**schema, "definitions": {}}):
        for part in _inner(whole):
            count(part)
    made: dict[str, Any] = written(schema, whole=True)
    made["definitions"] = {name: written(part, whole=True) for name, part in schema["definitions"].items()}
    made["definitions"] |= definitions
    return made


def _canonical(part: Any) -> str:
    return json.dumps(part, sort_keys=True, separators=(",", ":"))


def _inner(part: dict[str, Any]) -> Iterator[Any]:
    for key, value in part.items():
        form = SCHEMAS.get(key)
        yield from value.values() if form == "values" else value if form == "items" else [value] if form else []


def _each(key: str, value: Any, change: Callable[[Any], Any]) -> Any:
    form = SCHEMAS.get(key)
    if form == "values":
        return {name: change(inner) for name, inner in value.items()}
    if form == "items":
        return [change(inner) for inner in value]
    return change(value) if form else value


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
