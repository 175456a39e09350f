"""The JSON Schema of checks: one definition a shift, and the choice among them."""

from __future__ import annotations

from typing import Any, Final

from robustcheck import registry
from robustcheck.language.checks import KEYS, listed
from robustcheck.language.kinds import Choice, Whole
from robustcheck.language.parameters import RANGE, parameters_schema, shift_names
from robustcheck.language.plan import METHODS
from robustcheck.language.subjects import DEFAULT_BUDGET, MAX_BUDGET, READERS, STRENGTHS
from robustcheck.registry import Definition

Schema = dict[str, Any]
_LIMIT_KEYS: Final = {
    "from": "Where the search sets out; the model should hold there.",
    "to": "Where the search ends.",
    "resolution": "Distance of the values that are tried; a 64th of the way by default.",
}


def check_definitions() -> Schema:
    """Return the schema definitions of checks: one a shift, and the choice among them."""
    definitions: Schema = {f"key.{name}": known.schema() for name, known in KEYS.items()}
    shared: Schema = {name: {"$ref": f"#/definitions/key.{name}"} for name in KEYS}
    names = shift_names()
    choices: list[Schema] = []
    step_choices: list[Schema] = []
    for definition in registry.shifts:
        definitions |= _of_shift(definition, shared)
        for key, prefix, chosen in (
            ("shift", "check", choices),
            ("worst_of", "worst", choices),
            ("shift", "step", step_choices),
        ):
            if f"{prefix}.{definition.name}" in definitions:
                chosen.append(_chosen(key, definition.name, f"#/definitions/{prefix}.{definition.name}"))
    shift = {"description": "The name of a shift.", "enum": names}
    steps = {"type": "array", "minItems": 2, "items": {"$ref": "#/definitions/step"}}
    definitions["step"] = {
        "type": "object",
        "required": ["shift"],
        "properties": {"shift": shift},
        "allOf": step_choices,
    }
    definitions["compose"] = {"description": "Several shifts, one after the other.", **steps}
    definitions["combine"] = _combine(steps)
    definitions["find_limit"] = _find_limit(names)
    subjects: Schema = {
        "shift": shift,
        "compose": {"$ref": "#/definitions/compose"},
        "combine": {"$ref": "#/definitions/combine"},
        "worst_of": {"description": "The shift whose worst view of each picture is searched.", "enum": names},
        "find_limit": {"$ref": "#/definitions/find_limit"},
    }
    closed = [_closed(key, subjects[key], shared) for key in ("compose", "combine", "find_limit")]
    definitions["check"] = {
        "type": "object",
        "description": f"One of {listed(READERS)}, and what is expected then.",
        "oneOf": [{"required": [key]} for key in READERS],
        # What a severity is depends on the shift, whose own definition says so.
        "properties": {**subjects, **shared, "severity": {}},
        "allOf": [*choices, *closed],
    }
    for key in ("step", "check"):
        if not definitions[key]["allOf"]:
            del definitions[key]["allOf"]
    return definitions


def _of_shift(definition: Definition, shared: Schema) -> Schema:
    """Return the definitions of one shift: its parameters, as a check, as a step, and as what is searched."""
    made: Schema = {f"{definition.name}.{name}": one for name, one in parameters_schema(definition).items()}
    parameters: Schema = {name: {"$ref": f"#/definitions/{definition.name}.{name}"} for name in definition.parameters}
    required = [known.name for known in definition.parameters.values() if known.required]

    def mapping(key: str, properties: Schema) -> Schema:
        return {
            "type": "object",
            "description": definition.summary,
            "additionalProperties": False,
            "required": [key, *required],
            "properties": {key: {"const": definition.name, "description": definition.doc}, **properties},
        }

    # A name that is both a parameter and a key of checks may be either.
    both = {name: {"anyOf": [parameters[name], shared[name]]} for name in parameters if name in shared}
    made[f"check.{definition.name}"] = mapping("shift", {**parameters, **shared, **both})
    made[f"step.{definition.name}"] = mapping("shift", parameters)
    numbers = {known.name for known in definition.parameters.values() if known.kind in ("quantity", "integer")}
    if numbers:
        ranged = {name: {"anyOf": [one, RANGE]} if name in numbers else one for name, one in parameters.items()}
        search: Schema = {
            "search": {
                "description": "How the worst view is looked for.",
                "default": "coarse-to-fine",
                **Choice(METHODS).schema(),
            },
            "budget": {
                "description": "Views a picture at most.",
                "default": DEFAULT_BUDGET,
                **Whole(2, MAX_BUDGET).schema(),
            },
        }
        made[f"worst.{definition.name}"] = mapping("worst_of", {**shared, **ranged, **search})
    return made


def _combine(steps: Schema) -> Schema:
    strength = {"description": "How many factors meet in every combination.", "default": 2, **STRENGTHS.schema()}
    return {
        "type": "object",
        "description": "Several shifts with lists of values, in so few cases that all values still meet in pairs.",
        "additionalProperties": False,
        "required": ["of"],
        "properties": {"of": steps, "strength": strength},
    }


def _find_limit(names: list[str]) -> Schema:
    return {
        "type": "object",
        "description": "The furthest value of a parameter at which the model still holds.",
        "required": ["shift", "param", "from", "to", "until"],
        "properties": {
            "shift": {"description": "The name of a shift.", "enum": names},
            "param": {"description": "Its parameter that is searched.", "type": "string", "minLength": 1},
            **{key: {"description": doc, "type": ["number", "string"]} for key, doc in _LIMIT_KEYS.items()},
            "until": {
                "description": "When the model counts as broken.",
                "allOf": [{"$ref": "#/definitions/expect"}],
            },
        },
    }


def _chosen(key: str, name: str, reference: str) -> Schema:
    return {"if": {"required": [key], "properties": {key: {"const": name}}}, "then": {"$ref": reference}}


def _closed(key: str, subject: Schema, shared: Schema) -> Schema:
    beside = {name: one for name, one in shared.items() if (key, name) != ("combine", "sweep")}
    closed = {"type": "object", "additionalProperties": False, "properties": {key: subject, **beside}}
    return {"if": {"required": [key]}, "then": closed}
