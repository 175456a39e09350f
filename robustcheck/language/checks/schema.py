"""The JSON Schema of checks: one definition a shift, and the choice among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from robustcheck.core import registry
from robustcheck.core.registry import Definition
from robustcheck.domain.how import AIMS, METHODS
from robustcheck.language.checks.attack import ATTACK, TIME_LIMIT, UNIT_TEST, VIEW_KEYS
from robustcheck.language.checks.check import KEYS, listed
from robustcheck.language.checks.combine import STRENGTHS
from robustcheck.language.checks.kinds import READERS
from robustcheck.language.checks.worst_of import DEFAULT_BUDGET, MAX_BUDGET
from robustcheck.language.parameters import RANGE, parameters_schema, shift_names
from robustcheck.language.value_types import Choice, Whole

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
    # What these are is said once, of any check; here only that they may stand there.
    beside: Schema = dict.fromkeys(KEYS, True)
    names = shift_names()
    choices: list[Schema] = []
    step_choices: list[Schema] = []
    for definition in registry.shifts:
        definitions |= _of_shift(definition, shared, beside)
        for key, prefix, chosen in (
            ("shift", "check", choices),
            ("worst_of", "worst", choices),
            ("shift", "step", step_choices),
        ):
            if f"{prefix}.{definition.name}" in definitions:
                chosen.append(_chosen(key, definition.name, f"#/definitions/{prefix}.{definition.name}"))
    for definition in registry.attacks:
        definitions |= _of_attack(definition, beside)
        choices.append(_chosen("attack", definition.name, f"#/definitions/attack.{definition.name}"))
        step_choices.append(_chosen("attack", definition.name, f"#/definitions/attack_step.{definition.name}"))
    definitions["shift_name"], definitions["attack_name"] = _described(names), _described(ATTACK.schema()["enum"])
    shift, attack = {"$ref": "#/definitions/shift_name"}, {"$ref": "#/definitions/attack_name"}
    step: Schema = {"type": "object", "properties": {"shift": shift}, "allOf": step_choices}
    steps = {"type": "array", "minItems": 2, "items": {"$ref": "#/definitions/step"}}
    definitions["step"] = {**step, "required": ["shift"]}
    definitions["last"] = {
        **step,
        "properties": {"shift": shift, "attack": attack},
        "oneOf": [_having("shift"), _having("attack")],
    }
    # The validator says that only the last step may be an attack, which a schema cannot.
    of_both = {"$ref": "#/definitions/last"}
    description = "Several shifts, one after the other; the last may be an attack."
    definitions["compose"] = {"description": description, **steps, "items": of_both}
    definitions["combine"] = _combine(steps)
    definitions["find_limit"] = _find_limit(shift)
    subjects: Schema = {
        "shift": shift,
        "attack": attack,
        "compose": {"$ref": "#/definitions/compose"},
        "combine": {"$ref": "#/definitions/combine"},
        "worst_of": shift,
        "find_limit": {"$ref": "#/definitions/find_limit"},
    }
    closed = [_closed(key, subjects[key], shared) for key in ("compose", "combine", "find_limit")]
    definitions["check"] = {
        "type": "object",
        "description": f"One of {listed(READERS)}, and what is expected then.",
        "oneOf": [_having(key) for key in READERS],
        # What a severity is depends on the shift, whose own definition says so.
        "properties": {**subjects, **shared, "severity": {}},
        "allOf": [*choices, *closed],
    }
    for key in ("step", "last", "check"):
        if not definitions[key]["allOf"]:
            del definitions[key]["allOf"]
    return definitions


def _of_shift(definition: Definition, shared: Schema, beside: Schema) -> Schema:
    """Return the definitions of one shift: its parameters, as a check, as a step, and as what is searched."""
    made: Schema = {f"{definition.name}.{name}": one for name, one in parameters_schema(definition).items()}
    parameters: Schema = {name: {"$ref": f"#/definitions/{definition.name}.{name}"} for name in definition.parameters}
    required = [known.name for known in definition.parameters.values() if known.required]

    def mapping(key: str, properties: Schema) -> Schema:
        return {
            "type": "object",
            "additionalProperties": False,
            "required": [key, *required],
            "properties": {key: {"const": definition.name, "description": definition.doc}, **properties},
        }

    # A name that is both a parameter and a key of checks may be either.
    both = {name: {"anyOf": [parameters[name], shared[name]]} for name in parameters if name in shared}
    made[f"check.{definition.name}"] = mapping("shift", {**parameters, **beside, **both})
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
        made[f"worst.{definition.name}"] = mapping("worst_of", {**beside, **ranged, **search})
    return made


def _of_attack(definition: Definition, shared: Schema) -> Schema:
    """Return the definitions of one attack: its parameters, as a check, and as the last step of a composition."""
    made: Schema = {f"{definition.name}.{name}": one for name, one in parameters_schema(definition).items()}
    properties: Schema = {
        "attack": {"const": definition.name, "description": definition.doc},
        **{name: {"$ref": f"#/definitions/{definition.name}.{name}"} for name in definition.parameters},
        "time_limit": {"description": "Seconds that the case may take, such as 900s.", **TIME_LIMIT.schema()},
        "attack_unit_test": {
            "description": "Plant adversarials and demand that the attack finds them.",
            **UNIT_TEST.schema(),
        },
    }
    if definition.facts.targeted:
        classes: Schema = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}
        properties["targeted"] = {
            "description": "What classes are to be taken for, or how targets are chosen; any wrong class without it.",
            "anyOf": [{"enum": list(AIMS)}, classes],
        }
    required = ["attack", *(known.name for known in definition.parameters.values() if known.required)]
    closed: Schema = {
        "type": "object",
        "additionalProperties": False,
        "required": required,
    }
    beside = {name: one for name, one in shared.items() if name not in VIEW_KEYS}
    made[f"attack.{definition.name}"] = {**closed, "properties": {**properties, **beside}}
    made[f"attack_step.{definition.name}"] = {**closed, "properties": properties}
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


def _find_limit(shift: Schema) -> Schema:
    return {
        "type": "object",
        "description": "The furthest value of a parameter at which the model still holds.",
        "required": ["shift", "param", "from", "to", "until"],
        "properties": {
            "shift": shift,
            "param": {"description": "Its parameter that is searched.", "type": "string", "minLength": 1},
            **{key: {"description": doc, "type": ["number", "string"]} for key, doc in _LIMIT_KEYS.items()},
            "until": {
                "description": "When the model counts as broken.",
                "allOf": [{"$ref": "#/definitions/expect"}],
            },
        },
    }


def _chosen(key: str, name: str, reference: str) -> Schema:
    return {"if": {**_having(key), "properties": {key: {"const": name}}}, "then": {"$ref": reference}}


def _having(key: str) -> Schema:
    """Return the schema of a mapping with a key; without the type, what is no mapping yet would be one of every kind."""
    return {"type": "object", "required": [key]}


def _described(names: Iterable[str]) -> Schema:
    """Return the schema of a name, with what each one does: editors show that beside it."""
    known = list(names)
    summaries = {definition.name: definition.summary for definition in (*registry.shifts, *registry.attacks)}
    return {"enum": known, "enumDescriptions": [summaries.get(name) or _of_library(name) for name in known]}


def _of_library(name: str) -> str:
    library, _, transform = name.partition(".")
    return f"{transform} of {library}, with its arguments."


def _closed(key: str, subject: Schema, shared: Schema) -> Schema:
    beside = {name: one for name, one in shared.items() if (key, name) != ("combine", "sweep")}
    closed = {"type": "object", "additionalProperties": False, "properties": {key: subject, **beside}}
    return {"if": _having(key), "then": closed}
