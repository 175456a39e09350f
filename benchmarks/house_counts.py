"""Counts of how the package is built, off its syntax trees: what a redesign should lower, before and after.

Run with ``uv run --group dev python -m benchmarks.house_counts [REVISION] [--list COUNT]``. With a revision a second column
has that revision's counts. ``--list`` names what a count of things is made of. What each line counts:

``classification``: modules that name ``label``, ``predicted``, ``rank`` or ``logits`` as a variable, an attribute, a parameter,
a keyword or a string subscript. Parts that may, ``tasks``, ``attacks`` and ``models``, and the demo are left out.

``case kind``: modules that compare ``.kind`` or ``["kind"]`` with the name of a kind of case (``KINDS``), test whether it is in a
collection that holds one or in a constant in capitals, or match it; and those that test ``.attack``, ``.search`` or ``.limit`` of
something called ``case`` for ``None`` or truth. What is no case but has a kind of such a name counts too.

``row forms``: definitions that hold what is known of each picture of a case: classes with two or more fields that are arrays
(their annotation names ``NDArray``, ``ndarray``, ``Columns`` or ``Tensor``), and classes or aliases with one of the names
that were counted before the redesign (``FORMS``), whatever their fields. Each definition counts, of the same name too. The demo
is left out.

``string subscripts``: loads of ``x["word"]`` in the parts that read results (``READERS``); ``Literal["word"]`` is none.

``Any per 1,000 lines``: uses of the name ``Any``, without its imports, by lines of source.

``longest function``: from ``def`` to its last line; ``widest dataclass``: annotated fields, without ``ClassVar``.

``stems that collide``: names of modules that stand in more than one folder, ``__init__`` and ``__main__`` aside.

``import arrows``: ordered pairs of parts of which one imports the other, imports inside functions included. A part is a folder
of the package or its ``api.py``; all other modules at the top are the part ``core``, but for the package's own ``__init__``,
which imports the doors when it is asked for them. ``cycle`` names parts that import in a ring.
"""

from __future__ import annotations

import argparse
import ast
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.revisions import archive

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = "robustcheck"

WORDS: Final = frozenset({"label", "predicted", "rank", "logits"})
MAY_CLASSIFY: Final = frozenset({"tasks", "attacks", "models", "demo"})
KINDS: Final = frozenset(
    {"clean", "shift", "compose", "combine", "worst_of", "find_limit", "attack", "overall", "provenance"}
)
OPTIONAL: Final = frozenset({"attack", "search", "limit"})
READERS: Final = frozenset({"report", "evidence", "runs", "provenance", "review", "cli"})
FORMS: Final = frozenset(
    {
        *("Batch", "Columns", "_Found", "_State", "Records", "Stored", "Evaluated", "Observation", "Probe", "Found"),
        *("Looked", "Rows", "Column", "Seen", "StripPicture", "BaselineCase", "Shown"),
    }
)
ARRAY: Final = re.compile(r"\b(NDArray|ndarray|Columns|Tensor)\b")


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the package.

    Attributes:
        path: Below the package's folder, such as ``report/html/page.py``.
        tree: Its syntax tree.
        lines: Of its source.
    """

    path: str
    tree: ast.Module
    lines: int

    @property
    def part(self) -> str:
        """The folder of the package in which it lies; ``api``; or ``core``. The package's own ``__init__`` is none: it is a door."""
        first, _, rest = self.path.partition("/")
        return first if rest else {"api.py": "api", "__init__.py": ""}.get(first, "core")


@dataclass(frozen=True, slots=True)
class Count:
    """One line of the table.

    Attributes:
        shown: The number or what stands for it.
        members: What was counted, where that can be named.
    """

    shown: str
    members: tuple[str, ...] = ()


def read_modules(folder: Path) -> tuple[Module, ...]:
    """Parse all modules below the package's folder, in the order of their paths."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text("utf-8")
        found.append(Module(path.relative_to(folder).as_posix(), ast.parse(source), len(source.splitlines())))
    return tuple(found)


def word_of(node: ast.AST) -> str | None:
    """Return what a node of the tree names, if it names something."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return name
        case ast.keyword(arg=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
    return None


def classifies(module: Module) -> bool:
    """Whether a module takes for granted that a model names one class."""
    return module.part not in MAY_CLASSIFY and any(word_of(node) in WORDS for node in ast.walk(module.tree))


def tests_kind(module: Module) -> bool:
    """Whether a module asks what kind a case is."""
    return any(_is_kind_test(node) for node in ast.walk(module.tree)) or any(
        _is_optional(tested) for tested in tested_for_truth(module.tree)
    )


def tested_for_truth(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is tested for truth or for ``None`` anywhere in a tree."""
    for node in ast.walk(tree):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
                yield test
            case ast.BoolOp(values=values):
                yield from values
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield operand
            case ast.comprehension(ifs=ifs):
                yield from ifs
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
                yield left
            case ast.Call(func=ast.Name(id="bool"), args=[argument]):
                yield argument


def _is_kind_test(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        return any(map(_is_kind, sides)) and any(map(_names_a_kind, sides))
    if isinstance(node, ast.Match) and _is_kind(node.subject):
        values = [inner for case in node.cases for inner in ast.walk(case.pattern) if isinstance(inner, ast.MatchValue)]
        return any(_names_a_kind(value.value) for value in values)
    return False


def _is_kind(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute | ast.Subscript) and word_of(node) == "kind"


def _names_a_kind(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return text in KINDS
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return any(map(_names_a_kind, items))
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").isupper()
    return False


def _is_optional(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in OPTIONAL and word_of(node.value) == "case"


def row_forms(module: Module) -> Iterator[str]:
    """Yield the definitions of a module that hold rows of pictures."""
    if module.part == "demo":
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.ClassDef(name=name) if name in FORMS or sum(map(_is_array, fields_of(node))) > 1:
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) if name in FORMS:
                yield name
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()) if name in FORMS:
                yield name


def fields_of(node: ast.ClassDef) -> list[ast.AnnAssign]:
    """Return the annotated fields of a class, without those of the class itself."""
    fields = [inner for inner in node.body if isinstance(inner, ast.AnnAssign)]
    return [field for field in fields if "ClassVar" not in ast.unparse(field.annotation)]


def _is_array(field: ast.AnnAssign) -> bool:
    return ARRAY.search(ast.unparse(field.annotation)) is not None


def string_subscripts(module: Module) -> int:
    """Return how often a module reads ``x["word"]``."""
    return sum(map(_is_string_load, ast.walk(module.tree)))


def _is_string_load(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal")):
            return False
        case ast.Subscript(slice=ast.Constant(value=str()), ctx=ast.Load()):
            return True
    return False


def is_dataclass(node: ast.ClassDef) -> bool:
    """Whether a class is decorated as a dataclass."""
    calls = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    return any(word_of(call) == "dataclass" for call in calls)


def arrows(modules: Sequence[Module]) -> dict[str, set[str]]:
    """Return by part which other parts it imports."""
    found: dict[str, set[str]] = {module.part: set() for module in modules if module.part}
    single = {module.path.removesuffix(".py"): module.part for module in modules if "/" not in module.path}
    for module in modules:
        for name in imported(module) if module.part else ():
            part = name if name in found and name not in single else single.get(name)
            if part and part != module.part:
                found[module.part].add(part)
    return found


def imported(module: Module) -> Iterator[str]:
    """Yield what stands behind the package's name in each import, to the next dot."""
    folders = [PACKAGE, *module.path.split("/")[:-1]]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = folders[: len(folders) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{start}.{alias.name}" for alias in node.names]
        else:
            continue
        parts = [name.split(".") for name in names]
        yield from (dotted[1] for dotted in parts if dotted[0] == PACKAGE and len(dotted) > 1)


def cycle_of(graph: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return parts that import each other in a ring, in order and with the first again at the end; nothing if there is none."""
    done: set[str] = set()

    def walk(part: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if part in way:
            return (*way[way.index(part) :], part)
        if part in done:
            return ()
        for other in sorted(graph.get(part, ())):
            ring = walk(other, (*way, part))
            if ring:
                return ring
        done.add(part)
        return ()

    return next(filter(None, (walk(part, ()) for part in sorted(graph))), ())


def counts_of(modules: Sequence[Module]) -> dict[str, Count]:
    """Return the lines of the table by name."""
    nodes = [(module, node) for module in modules for node in ast.walk(module.tree)]
    classes = [(module, node) for module, node in nodes if isinstance(node, ast.ClassDef)]
    functions = [
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{module.path}::{node.name}")
        for module, node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    widths = [(len(fields_of(node)), f"{module.path}::{node.name}") for module, node in classes if is_dataclass(node)]
    stems = Counter(Path(module.path).stem for module in modules)
    colliding = [stem for stem, number in stems.items() if number > 1 and not stem.startswith("__")]
    loose = sum(isinstance(node, ast.Name | ast.Attribute) and word_of(node) == "Any" for _, node in nodes)
    lines = sum(module.lines for module in modules)
    graph = arrows(modules)
    return {
        "modules": Count(str(len(modules))),
        "lines": Count(str(lines)),
        "classification": _counted(module.path for module in modules if classifies(module)),
        "case kind": _counted(module.path for module in modules if tests_kind(module)),
        "row forms": _counted(f"{module.path}::{name}" for module in modules for name in row_forms(module)),
        "string subscripts": Count(str(sum(string_subscripts(module) for module in modules if module.part in READERS))),
        "Any per 1,000 lines": Count(f"{1000 * loose / max(lines, 1):.1f}"),
        "longest function": _greatest(functions),
        "widest dataclass": _greatest(widths),
        "stems that collide": _counted(sorted(colliding)),
        "import arrows": _counted(f"{part} -> {other}" for part in sorted(graph) for other in sorted(graph[part])),
        "cycle": Count(" -> ".join(cycle_of(graph)) or "none"),
    }


def _counted(members: Iterator[str] | Sequence[str]) -> Count:
    known = tuple(members)
    return Count(str(len(known)), known)


def _greatest(sized: Sequence[tuple[int, str]]) -> Count:
    if not sized:
        return Count("none")
    size, name = max(sized, key=lambda pair: pair[0])
    return Count(f"{size} ({name})")


def table_of(columns: Mapping[str, Mapping[str, Count]]) -> str:
    """Return counts side by side, a column for each heading."""
    names = list(next(iter(columns.values())))
    rows = [["", *columns], *([name, *(counts[name].shown for counts in columns.values())] for name in names)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Counts of how the package is built.")
    parser.add_argument("revision", nargs="?", help="a revision to set beside the tree as it is")
    parser.add_argument("--list", dest="listed", metavar="COUNT", help="also name what this count is made of")
    chosen = parser.parse_args()
    columns = {}
    if chosen.revision:
        with tempfile.TemporaryDirectory() as temporary:
            folder = archive(ROOT, chosen.revision, Path(temporary), PACKAGE)
            columns[chosen.revision] = counts_of(read_modules(folder / PACKAGE))
    columns["tree"] = counts_of(read_modules(ROOT / PACKAGE))
    print(table_of(columns))
    for heading, counts in columns.items() if chosen.listed else ():
        print(f"\n{chosen.listed}, {heading}:", *counts[chosen.listed].members, sep="\n  ")


if __name__ == "__main__":
    main()
