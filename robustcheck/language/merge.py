"""What stands between a parsed file and its meaning: ``${VAR}`` and ``extends``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, Problem, SuiteError, did_you_mean
from robustcheck.core.paths import path_as_typed, resolved
from robustcheck.core.read_files import Note, ignore
from robustcheck.core.regular_files import check_regular
from robustcheck.core.suite_folders import is_yaml
from robustcheck.language.loader import MAX_NODES, load_file
from robustcheck.language.nodes import Entry, Mapping, Node, Scalar, Sequence, is_null, kind_of, shown, what_is
from robustcheck.language.scalars import resolve
from robustcheck.language.variables import Variables, is_text

MAX_EXTENDS: Final = 16
_VARIABLE: Final = re.compile(r"\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)\}|(\{[^}]*\}?))")


def substitute(node: Node, variables: Variables, problems: list[Problem]) -> Node:
    """Replace ``${VAR}`` in every string value; keys stay as they are.

    An unquoted value is read again afterwards, so that ``seed: ${SEED}`` gives a number. The text that
    comes in is never parsed as YAML.

    Args:
        node: The tree; at most as deep as the loader allows.
        variables: Those that a suite may take.
        problems: Variables that are missing, or that it may not take, are added here.
    """
    if isinstance(node, Sequence):
        return Sequence(node.where, tuple([substitute(item, variables, problems) for item in node.items]))
    if isinstance(node, Mapping):
        entries = [Entry(key, substitute(value, variables, problems)) for key, value in node]
        return Mapping(node.where, tuple(entries))
    if not isinstance(node.value, str) or "$" not in node.value:
        return node

    def replacement(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        if match[3]:
            what = f"{shown('$' + match[3])} is no variable"
            problems.append(Problem(node.where, Code.VARIABLE, what, "write ${NAME}, or $$ for a dollar sign"))
            return ""
        what, hint = variables.refusal(match[2])
        if what:
            problems.append(Problem(node.where, Code.VARIABLE, what, hint))
            return ""
        return variables.values[match[2]]

    text = _VARIABLE.sub(replacement, node.value)
    return Scalar(node.where, text, resolve(text) if node.plain else text, node.plain)


def load_merged(path: Path, root: Path, variables: Variables, note: Note = ignore) -> Mapping:
    """Read a suite with its variables and everything that it extends.

    Args:
        path: The suite.
        root: The project's root; nothing outside it is read through ``extends``.
        variables: What ``${VAR}`` may name.
        note: Is told of every file that was read.

    Returns:
        The merged mapping without ``extends``: mappings merge key by key, all else replaces. Every
        part keeps the place where it is written.

    Raises:
        SuiteError: A file cannot be read or parsed, a variable is missing or not allowed, or ``extends`` is wrong.
    """
    problems: list[Problem] = []
    _check_inside(path, root)
    tree = _load(path, root, variables, problems, note)
    chain = [resolved(path)]
    while (entry := tree.entry("extends")) is not None:
        tree = _without_extends(tree)
        base = _base_of(entry.value, chain, root, problems)
        if base is None:
            break
        chain.append(base)
        tree = _merge(_load(base, root, variables, problems, note), tree)
    if problems:
        raise SuiteError(problems)
    return tree


def _check_inside(path: Path, root: Path) -> None:
    """Refuse a suite outside: its baseline, records and signature are named by its path in the project."""
    typed = Path(os.path.abspath(path)).is_relative_to(os.path.abspath(root))
    if not typed and not resolved(path).is_relative_to(resolved(root)):
        name = path.as_posix().encode("utf-8", "backslashreplace").decode()
        what = f"this suite lies outside the project {root}"
        raise SuiteError(
            [
                Problem(
                    Location(name),
                    Code.OUTSIDE_PROJECT,
                    what,
                    "copy it into the project, or name its own project with --rootdir",
                )
            ]
        )


def _load(path: Path, root: Path, variables: Variables, problems: list[Problem], note: Note) -> Mapping:
    name = path_as_typed(path, root)
    if not is_text(name):
        escaped = name.encode("utf-8", "backslashreplace").decode()
        raise SuiteError(
            [Problem(Location(escaped), Code.UNREADABLE_FILE, "the name of this file is not UTF-8", "rename it")]
        )
    tree = load_file(path, name, note)
    if not isinstance(tree, Mapping):
        what = f"a suite is a mapping, this is {kind_of(tree)}"
        raise SuiteError([*problems, Problem(tree.where, Code.WRONG_SHAPE, what, "begin with robustcheck: 1")])
    tree = substitute(tree, variables, problems)
    assert isinstance(tree, Mapping)  # noqa: S101 - substitution keeps the kind of a node
    return tree


def _without_extends(tree: Mapping) -> Mapping:
    return Mapping(tree.where, tuple(entry for entry in tree.entries if entry.key.text != "extends"))


def _base_of(node: Node, chain: list[Path], root: Path, problems: list[Problem]) -> Path | None:
    """Return the file that ``extends`` names, or report why it may not be read."""
    here = chain[-1]
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or is_null(node):
        problems.append(
            Problem(node.where, Code.EXTENDS, f"extends must be the path of one suite, not {what_is(node)}")
        )
        return None
    what = hint = reason = ""
    base, exists = here, True
    try:
        base = resolved(here.parent / node.value)
        check_regular(here.parent / node.value)
    except FileNotFoundError:
        exists = False
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    if not base.is_relative_to(resolved(root)):
        what = f"extends leaves the project: {shown(node.value)}"
        hint = "copy the suite into the project"
    elif not (is_yaml(Path(node.value)) and is_yaml(base)):
        # Any other file, a list of secrets perhaps, is not read, so that no message can repeat what it holds.
        what, hint = f"{shown(node.value)} is no YAML file by its name", "extends names a .yaml or .yml file"
    elif not exists:
        beside = [other.name for other in here.parent.glob("*.y*ml")] if here.parent.is_dir() else []
        what, hint = f"there is no file {shown(node.value)} beside this one", did_you_mean(node.value, beside)
    elif reason:
        what = f"{shown(node.value)} cannot be read: {reason}"
    elif base in chain:
        what = "extends goes in a circle: " + " -> ".join(path_as_typed(path, root) for path in [*chain, base])
    elif len(chain) >= MAX_EXTENDS:
        what = f"extends goes through more than {MAX_EXTENDS} files"
    if what:
        problems.append(Problem(node.where, Code.EXTENDS, what, hint))
        return None
    return base


def _merge(base: Node, over: Node) -> Mapping:
    merged = _merged(base, over)
    if _size(merged) > MAX_NODES:
        raise SuiteError(
            [
                Problem(
                    over.where,
                    Code.UNREADABLE_FILE,
                    f"with what it extends the suite holds more than {MAX_NODES:,} values",
                )
            ]
        )
    assert isinstance(merged, Mapping)  # noqa: S101 - both roots are mappings
    return merged


def _merged(base: Node, over: Node) -> Node:
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over
    entries = {entry.key.text: entry for entry in base.entries}
    for entry in over.entries:
        below = entries.get(entry.key.text)
        value = _merged(below.value, entry.value) if below else entry.value
        entries[entry.key.text] = Entry(entry.key, value)
    return Mapping(over.where, tuple(entries.values()))


def _size(node: Node) -> int:
    if isinstance(node, Scalar):
        return 1
    parts = node.items if isinstance(node, Sequence) else [value for _, value in node]
    return 1 + sum(map(_size, parts))
