"""A strict, located YAML loader: PyYAML's events in, our own tree out, nothing executed, nothing guessed.

Only events are taken from PyYAML: its composer recurses, its resolver follows YAML 1.1, its constructor
drops places and lets duplicate keys win silently. The tree is built with an explicit stack, so that a
hostile file meets a limit instead of the interpreter's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml
from yaml import events

from robustcheck.core.error_codes import Code
from robustcheck.core.errors import Location, Problem, SuiteError
from robustcheck.core.read_files import Note, ignore
from robustcheck.core.regular_files import open_regular
from robustcheck.language.nodes import Entry, Mapping, Node, Scalar, Sequence, shown
from robustcheck.language.scalars import resolve
from robustcheck.language.syntax import blame, without_colon

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 64
MAX_NODES: Final = 100_000
MAX_REPEATED: Final = 50
"""Duplicate keys reported of one file."""

_CORE: Final = "tag:yaml.org,2002:"
_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def load_file(path: Path, name: str, note: Note = ignore) -> Node:
    """Read one YAML file.

    Args:
        path: The file.
        name: How messages call it: the path as the user would type it.
        note: Is told of the bytes that were read.

    Raises:
        SuiteError: The file cannot be read, is not the YAML we accept, or goes past a limit.
    """
    try:
        with open_regular(path) as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SuiteError(
            [Problem(Location(name), Code.UNREADABLE_FILE, f"the file cannot be read: {reason}")]
        ) from None
    note(path, content)
    return load_bytes(content, name)


def load_bytes(content: bytes, name: str) -> Node:
    """Read YAML from bytes; see ``load_file``."""
    if len(content) > MAX_BYTES:
        raise SuiteError(
            [
                Problem(
                    Location(name),
                    Code.UNREADABLE_FILE,
                    "the file is larger than 1 MB",
                    "split it, and share with extends",
                )
            ]
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        where = _place(name, before, len(before))
        raise SuiteError([Problem(where, Code.UNREADABLE_FILE, "the file is not UTF-8", "save it as UTF-8")]) from None
    return _Builder(name, text.removeprefix("\ufeff")).build()


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been seen."""

    where: Location
    anchor: str | None
    keyed: bool
    key: Scalar | None = None
    key_end: int = -1
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    size: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    node: Node
    size: int
    height: int


class _Builder:
    """Turns the events of one file into a tree."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._root: Node | None = None
        self._documents = 0
        self._nodes = 0
        self._problems: list[Problem] = []

    def build(self) -> Node:
        bad = _UNPRINTABLE.search(self._text)
        if bad:
            where = _place(self._name, self._text, bad.start())
            self._fail(
                where, Code.FORBIDDEN_YAML, f"the character U+{ord(bad[0]):04X} is not allowed in YAML", "remove it"
            )
        try:
            parser = _PARSER(self._text)
            try:
                while parser.check_event():
                    self._take(parser.get_event())
            finally:
                parser.dispose()
        except yaml.MarkedYAMLError as error:
            where = self._blamed(error.problem_mark, error.context_mark)
            blamed = blame(error.problem or "", _LINE_BREAK.split(self._text), where.line, where.column)
            said = blamed.what or " ".join(part for part in (error.problem, error.context) if part)
            where = Location(self._name, blamed.line, blamed.column)
            self._fail(where, Code.NOT_YAML, f"this is not YAML: {shown(said, 200)}", blamed.hint)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            self._fail(Location(self._name), Code.NOT_YAML, f"this is not YAML: {shown(str(error))}")
        if self._problems:
            raise SuiteError(self._problems)
        if self._root is None:
            self._fail(Location(self._name), Code.EMPTY_VALUE, "the file is empty")
        return self._root

    def _take(self, event: Any) -> None:
        if isinstance(event, events.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                where = self._where(event.start_mark)
                self._fail(
                    where,
                    Code.FORBIDDEN_YAML,
                    "a second document starts here",
                    "write one document a file, without ---",
                )
        elif isinstance(event, events.ScalarEvent):
            node = self._scalar(event)
            self._check_colon(node, event)
            self._add(node, _Anchored(node, 1, 1), event.anchor)
        elif isinstance(event, events.AliasEvent):
            self._alias(event)
        elif isinstance(event, events.CollectionStartEvent):
            self._start(event)
        elif isinstance(event, events.CollectionEndEvent):
            self._end()

    def _check_colon(self, node: Scalar, event: Any) -> None:
        """Report an entry between braces without a colon: no key of ours may stand alone."""
        parent = self._stack[-1] if self._stack else None
        if parent is None or not parent.keyed:
            return
        if parent.key is None:
            parent.key_end = event.end_mark.index
        elif node.plain and not node.text and event.start_mark.index == parent.key_end:
            before = list(parent.entries.values())[-1] if parent.entries else None
            what, hint = without_colon(parent.key, before)
            if len(self._problems) < MAX_REPEATED:
                self._problems.append(Problem(parent.key.where, Code.MISSING_VALUE, what, hint))

    def _start(self, event: Any) -> None:
        where, keyed = self._where(event.start_mark), isinstance(event, events.MappingStartEvent)
        wanted = _CORE + ("map" if keyed else "seq")
        if event.tag not in (None, "!", wanted):
            self._fail(
                where,
                Code.FORBIDDEN_YAML,
                f"the tag {shown(event.tag)} is not allowed",
                "write the value without a tag",
            )
        if self._stack and self._stack[-1].keyed and self._stack[-1].key is None:
            self._fail(
                where,
                Code.FORBIDDEN_YAML,
                "a key must be a single word, not a list or mapping",
                "write a line for each key; quote one that begins with [ or {",
            )
        if len(self._stack) >= MAX_DEPTH:
            self._fail(where, Code.UNREADABLE_FILE, f"nested more than {MAX_DEPTH} levels deep")
        if event.anchor:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(where, event.anchor, keyed))

    def _end(self) -> None:
        done = self._stack.pop()
        node: Node
        if done.keyed:
            node = Mapping(done.where, tuple(done.entries.values()))
        else:
            node = Sequence(done.where, tuple(done.items))
        self._add(node, _Anchored(node, done.size, done.height), done.anchor)

    def _alias(self, event: Any) -> None:
        where = self._where(event.start_mark)
        if event.anchor not in self._anchors:
            self._fail(
                where,
                Code.FORBIDDEN_YAML,
                f"there is no anchor &{shown(event.anchor)} above",
                "quote text that begins with *",
            )
        anchored = self._anchors[event.anchor]
        if anchored is None:
            self._fail(
                where,
                Code.FORBIDDEN_YAML,
                f"*{shown(event.anchor)} stands inside the value that it names, which would never end",
            )
        if len(self._stack) + anchored.height > MAX_DEPTH:
            self._fail(where, Code.UNREADABLE_FILE, f"nested more than {MAX_DEPTH} levels deep")
        node = anchored.node
        if isinstance(node, Scalar):
            node = Scalar(where, node.text, node.value, node.plain)
        self._nodes += anchored.size - 1
        self._add(node, anchored, None)

    def _add(self, node: Node, made: _Anchored, anchor: str | None) -> None:
        """Put a finished node where it belongs."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._fail(
                node.where,
                Code.UNREADABLE_FILE,
                f"the file holds more than {MAX_NODES:,} values, aliases counted each time",
            )
        if anchor:
            self._anchors[anchor] = made
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        parent.size += made.size
        parent.height = max(parent.height, made.height + 1)
        if not parent.keyed:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = self._key(node)
        else:
            key, parent.key = parent.key, None
            self._enter(parent, Entry(key, node))

    def _key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self._fail(node.where, Code.FORBIDDEN_YAML, "a key must be a single word, not a list or mapping")
        if node.text == "<<" and node.plain:
            self._fail(
                node.where, Code.FORBIDDEN_YAML, "merge keys (<<) are not allowed", "use extends, or repeat the lines"
            )
        return node

    def _enter(self, parent: _Open, entry: Entry) -> None:
        first = parent.entries.get(entry.key.text)
        if first is None:
            parent.entries[entry.key.text] = entry
        elif len(self._problems) < MAX_REPEATED:
            what = f"the key {shown(entry.key.text)} is written twice, first in line {first.key.where.line}"
            listed = len(self._stack) > 1 and not self._stack[-2].keyed
            hint = (
                "keep one of them, or begin a new entry of the list with - above it" if listed else "keep one of them"
            )
            self._problems.append(Problem(entry.key.where, Code.DUPLICATE_KEY, what, hint))

    def _scalar(self, event: Any) -> Scalar:
        where, text, tag = self._where(event.start_mark), event.value, event.tag
        if "\0" in text:
            self._fail(where, Code.FORBIDDEN_YAML, "the character U+0000 is not allowed, escaped or not", "remove it")
        if tag is None:
            plain = event.style in (None, "")
            return Scalar(where, text, resolve(text) if plain else text, plain)
        if tag in ("!", _CORE + "str"):
            return Scalar(where, text, text, False)
        kinds: dict[str, type | tuple[type, ...]] = {
            "int": int,
            "float": (int, float),
            "bool": bool,
            "null": type(None),
        }
        kind = kinds.get(tag.removeprefix(_CORE)) if tag.startswith(_CORE) else None
        if kind is None:
            self._fail(
                where, Code.FORBIDDEN_YAML, f"the tag {shown(tag)} is not allowed", "write the value without a tag"
            )
        value = resolve(text)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self._fail(
                where,
                Code.FORBIDDEN_YAML,
                f"{shown(text)} is no {tag.removeprefix(_CORE)}",
                "write the value without a tag",
            )
        return Scalar(where, text, value, False)

    def _where(self, mark: Any) -> Location:
        return Location(self._name, mark.line + 1, mark.column + 1)

    def _blamed(self, problem: Any, context: Any) -> Location:
        """Return where something went wrong; for what never ends, where it began."""
        lines = _LINE_BREAK.split(self._text.rstrip())
        for mark in (problem, context):
            if mark is not None and mark.line < len(lines):
                return self._where(mark)
        return Location(self._name, len(lines), len(lines[-1]) + 1)

    def _fail(self, where: Location, code: Code, what: str, hint: str = "") -> NoReturn:
        raise SuiteError([*self._problems, Problem(where, code, what, hint)]) from None


def _place(name: str, text: str, index: int) -> Location:
    lines = _LINE_BREAK.split(text[:index])
    return Location(name, len(lines), len(lines[-1]) + 1)
