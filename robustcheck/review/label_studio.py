"""Decisions from the JSON that Label Studio exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from robustcheck.core.errors import DataError
from robustcheck.core.strict_json import NotStrict, parse
from robustcheck.data.labels.overlay import Decision

CHOICE: Final = "label"
"""Name of the choice, as ``robustcheck review export`` has it."""


def decisions_of(text: bytes, shown: str, reviewers: Sequence[str]) -> Iterator[tuple[str, Decision]]:
    """Yield the decisions of an export with the place of each, not yet held against the data.

    Annotations that were cancelled, which is how Label Studio keeps a skip, are none.

    Args:
        text: A JSON list of tasks with their annotations.
        shown: How messages call the file.
        reviewers: ``3=NAME`` for users of Label Studio, or a name for the only one.

    Raises:
        DataError: It is no such list, or an annotation is no decision.
    """
    try:
        tasks = parse(text)
    except NotStrict as error:
        raise DataError(f"{shown}: this is no export of Label Studio: {error}") from None
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise DataError(f"{shown}: this is no export of Label Studio, which is a JSON list of tasks")
    found = list(_annotations(tasks, shown))
    people = _people([annotation for _, _, annotation in found], shown, reviewers)
    for where, data, annotation in found:
        yield (
            where,
            Decision(
                sha256=_text(data, "sha256", where),
                id=_text(data, "id", where),
                original=_text(data, "label", where),
                label=_choice(annotation, where),
                reviewer=people[_user(annotation)],
                at=_text(annotation, "created_at", where),
                reason="",
                task="import",
                model_digest=str(data.get("model_digest", "")),
                blind=False,
            ),
        )


def _annotations(tasks: Sequence[Mapping[str, Any]], shown: str) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    for number, task in enumerate(tasks, start=1):
        data, annotations = task.get("data"), task.get("annotations", [])
        if not isinstance(data, dict) or not isinstance(annotations, list):
            raise DataError(f"{shown}: task {number} has no data, or no list of annotations")
        for place, annotation in enumerate(annotations, start=1):
            where = f"{shown}: task {number}, annotation {place}"
            if not isinstance(annotation, dict):
                raise DataError(f"{where}: this is no JSON object")
            if not annotation.get("was_cancelled"):
                yield where, data, annotation


def _people(annotations: Sequence[Mapping[str, Any]], shown: str, reviewers: Sequence[str]) -> dict[str, str]:
    """Return a name for each user; a number is nobody who answers for a decision."""
    users = list(dict.fromkeys(_user(annotation) for annotation in annotations))
    named = {user: name for user, equals, name in (one.partition("=") for one in reviewers) if equals}
    plain = [one for one in reviewers if "=" not in one]
    if len(plain) == 1 and not named and len(users) == 1:
        return {users[0]: plain[0]}
    unknown = [user for user in users if user not in named and "@" not in user]
    if unknown or plain:
        told = " ".join(f"--reviewer {user}=NAME" for user in unknown or users)
        raise DataError(f"{shown}: it is not known who the {len(users)} users of Label Studio are; give {told}")
    return {user: named.get(user, user) for user in users}


def _user(annotation: Mapping[str, Any]) -> str:
    user = annotation.get("completed_by", "")
    if isinstance(user, Mapping):
        user = user.get("email") or user.get("id", "")
    return str(user)


def _choice(annotation: Mapping[str, Any], where: str) -> str:
    results = annotation.get("result")
    chosen = [
        choice
        for one in (results if isinstance(results, list) else [])
        if isinstance(one, dict) and one.get("type") == "choices" and one.get("from_name") == CHOICE
        for choice in _choices_of(one.get("value"), where)
    ]
    if len(chosen) != 1 or not isinstance(chosen[0], str):
        raise DataError(f"{where}: {len(chosen)} choices of {CHOICE} instead of one")
    return chosen[0]


def _choices_of(value: Any, where: str) -> list[Any]:
    choices = value.get("choices", []) if isinstance(value, dict) else [] if value is None else None
    if not isinstance(choices, list):
        raise DataError(f"{where}: the value of its result is no object with a list of choices")
    return choices


def _text(values: Mapping[str, Any], name: str, where: str) -> str:
    found = values.get(name)
    if not isinstance(found, str) or not found:
        raise DataError(
            f"{where}: {name} is missing; export the tasks with robustcheck review export and keep their data"
        )
    return found
