"""The rules of ARCHITECTURE.md that a machine can hold, read off the syntax tree of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "robustcheck"

LAYERS: dict[str, set[str]] = {
    "core": set(),
    "errors": set(),
    "units": set(),
    "domain": set(),
    "language": {"domain"},
    "images": {"domain"},
    "stats": {"domain"},
    "demo": {"errors"},
    "data": {"demo", "domain", "images"},
    "models": {"domain", "images"},
    "shifts": {"images"},
    "attacks": set(),
    "metrics": {"domain", "stats"},
    "engine": {"attacks", "data", "domain", "images", "metrics", "models", "shifts", "stats"},
    "provenance": {"data", "domain", "engine", "models"},
    "runs": {"domain", "engine", "metrics", "stats"},
    "report": {"domain", "runs"},
    "session": {"data", "domain", "engine", "language", "provenance", "report", "runs"},
    "review": {"data", "domain", "engine", "report", "runs", "stats"},
    "api": {"domain", "engine", "language", "report", "session"},
    "pytest_plugin": {"api", "domain", "engine", "language", "provenance", "report", "session"},
    "cli": {"data", "demo", "domain", "engine", "images", "language", "provenance", "report", "review", "runs"},
    "__init__": {"api", "domain", "images", "metrics", "provenance", "stats"},
}
"""What a part may import beside itself and the core. Whoever stands further down may import whoever stands further up."""

OPENS_A_PROJECT_AGAIN = {
    "provenance/recording.py",
    "provenance/signing/project_check.py",
    "provenance/signing/recomputation.py",
    "review/review_dataset.py",
}
"""Modules that are no doors and import the parser all the same: what they hold a file against is the project as it lies."""

HEAVY = frozenset({"PIL", "albumentations", "cv2", "foolbox", "pyarrow", "scipy", "timm", "torch", "torchvision"})
"""Libraries that no session may load before a picture or a model is touched."""

HEAVY_AT_TOP: dict[str, tuple[set[str], str]] = {
    "attacks/attempt.py": ({"torch"}, "asks a model"),
    "attacks/apgd.py": ({"torch"}, "attacks a model"),
    "attacks/balls.py": ({"torch"}, "moves pixels"),
    "attacks/base.py": ({"foolbox", "torch"}, "is an attack of foolbox"),
    "attacks/foolbox_bridge.py": ({"foolbox", "torch"}, "runs attacks of foolbox"),
    "attacks/cascade.py": ({"torch"}, "attacks a model"),
    "attacks/fab.py": ({"torch"}, "attacks a model"),
    "attacks/goal.py": ({"torch"}, "holds pictures"),
    "attacks/gradient_check.py": ({"torch"}, "asks a model"),
    "attacks/keyed.py": ({"torch"}, "holds pictures"),
    "attacks/losses.py": ({"torch"}, "attacks a model"),
    "attacks/foolbox_attacks.py": ({"foolbox", "torch"}, "builds attacks of foolbox"),
    "attacks/patch.py": ({"torch"}, "attacks a model"),
    "attacks/pgd.py": ({"torch"}, "attacks a model"),
    "attacks/attack_self_test.py": ({"torch"}, "asks a model"),
    "attacks/boundary_step.py": ({"torch"}, "attacks a model"),
    "attacks/ranks.py": ({"torch"}, "holds pictures"),
    "attacks/sanity.py": ({"torch"}, "asks a model"),
    "attacks/spatial.py": ({"torch"}, "attacks a model"),
    "attacks/square.py": ({"torch"}, "attacks a model"),
    "attacks/track.py": ({"torch"}, "holds pictures"),
    "attacks/victim.py": ({"torch"}, "asks a model"),
    "models/preserve_state.py": ({"torch"}, "is about a model"),
    "images/decoding.py": (set(), "decodes"),
    "images/deep.py": (set(), "decodes"),
    "images/own_pillow.py": ({"PIL"}, "decodes"),
    "images/tiff.py": (set(), "decodes"),
    "images/linear_light.py": ({"cv2"}, "changes pixels"),
    "images/rendering.py": ({"cv2"}, "changes pixels"),
    "images/resample.py": ({"PIL", "cv2"}, "changes pixels"),
    "images/scene.py": ({"cv2"}, "changes pixels"),
    "models/checks.py": ({"torch"}, "looks at a model's outputs"),
    "models/exported.py": ({"torch"}, "is a model"),
    "models/factory.py": ({"torch"}, "is a model"),
    "models/module.py": ({"torch"}, "is a model"),
    "models/operators.py": ({"torch"}, "looks operators up"),
    "models/outputs.py": ({"torch"}, "turns a model's outputs"),
    "models/program.py": ({"torch"}, "loads a program"),
    "models/state.py": ({"torch"}, "holds a state dict"),
    "models/tensor_content.py": ({"torch"}, "takes tensors apart"),
    "models/weights.py": ({"torch"}, "is a model"),
    "models/zoo.py": ({"torch"}, "is a model"),
    "cli/strip.py": ({"PIL"}, "draws"),
    "demo/attacking.py": ({"torch"}, "is part of a script"),
    "demo/canvas.py": ({"PIL"}, "draws"),
    "demo/framing.py": ({"PIL", "cv2"}, "draws"),
    "demo/lighting.py": ({"cv2"}, "draws"),
    "demo/network.py": ({"torch"}, "is a model"),
    "demo/scenes.py": ({"PIL"}, "draws"),
    "demo/train.py": ({"PIL", "cv2", "torch"}, "is a script"),
}
"""Modules that touch pixels or models and may therefore load them when imported; they, and all of the demo, are
themselves imported inside functions only, which a test below holds."""

LONGEST = 400


@dataclass(frozen=True)
class Import:
    """One name that a module imports."""

    module: str
    line: int
    inside_function: bool
    for_types: bool


@dataclass(frozen=True)
class Source:
    """A parsed module."""

    path: Path
    tree: ast.Module
    text: str

    @property
    def name(self) -> str:
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def part(self) -> str:
        return self.path.relative_to(PACKAGE).parts[0].removesuffix(".py")

    def imports(self) -> Iterator[Import]:
        yield from _imports(self.tree, inside=False, for_types=False)


def _imports(node: ast.AST, *, inside: bool, for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, inside, for_types)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: a relative import hides which arrow it is"
            assert child.module
            # `from package import module` names a module as well as the package it lies in.
            for alias in child.names:
                yield Import(f"{child.module}.{alias.name}", child.lineno, inside, for_types)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            types = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
            yield from _imports(child, inside=inside or function, for_types=for_types or types)


def parse(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path, ast.parse(text, str(path)), text)


SOURCES = [parse(path) for path in sorted(PACKAGE.rglob("*.py"))]


def fine(wrong: Iterable[str]) -> None:
    """Fail with every place that breaks a rule, a line each: one test for all modules, since there are hundreds."""
    told = sorted(wrong)
    assert not told, "\n" + "\n".join(told)


def test_every_part_has_its_place_in_the_layers() -> None:
    assert {source.part for source in SOURCES} == set(LAYERS)


def test_the_layers_have_no_circle() -> None:
    done: set[str] = set()
    while len(done) < len(LAYERS):
        free = {part for part, allowed in LAYERS.items() if part not in done and allowed <= done}
        assert free, f"these import each other: {sorted(set(LAYERS) - done)}"
        done |= free


def test_imports_follow_the_arrows() -> None:
    fine(f"{source.name}:{told}" for source in SOURCES for told in against_the_arrows(source))


def against_the_arrows(source: Source) -> Iterator[str]:
    for imported in source.imports():
        parts = imported.module.split(".")
        if parts[0] != "robustcheck" or len(parts) == 1:
            continue
        other = parts[1]
        if source.name == "demo/train.py" and other == "record_training":
            continue  # a training script, which comes in by the public door as a user's does
        if other in ("run_suite", "RunResult", "metric", "shift"):
            yield f"{imported.line}: import {imported.module} from where it lives"
        elif other == "language" and source.name in OPENS_A_PROJECT_AGAIN:
            continue
        elif other not in (source.part, "core", *LAYERS[source.part]):
            yield f"{imported.line}: {source.part} must not import {other}"


def test_no_module_imports_itself_by_a_detour() -> None:
    """Imports inside functions included: whoever needs what needs it has two things in one place."""
    names = {
        f"robustcheck.{source.name.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}": source
        for source in SOURCES
    }
    needs: dict[str, set[str]] = {}
    for name, source in names.items():
        imported = (known.module for known in source.imports() if not known.for_types)
        homes = (module if module in names else module.rpartition(".")[0] for module in imported)
        needs[name] = {home for home in homes if home in names and home != name}
    while free := {name for name, needed in needs.items() if not needed & needs.keys()}:
        for name in free:
            del needs[name]
    # What is left imports each other, or stands above what does: name the former alone.
    while above := {name for name in needs if not any(name in needed for needed in needs.values())}:
        for name in above:
            del needs[name]
    assert not needs, sorted(needs)


def test_heavy_libraries_are_imported_inside_functions() -> None:
    fine(told for source in SOURCES for told in heavy_at_top(source))


def heavy_at_top(source: Source) -> Iterator[str]:
    allowed = HEAVY_AT_TOP.get(source.name, (set(), ""))[0]
    found = {
        imported.module.split(".")[0]
        for imported in source.imports()
        if not imported.inside_function and not imported.for_types
    }
    if not found & HEAVY <= allowed:
        yield f"{source.name} imports {sorted(found & HEAVY - allowed)} outside functions"
    if not allowed <= found:
        yield f"{source.name} no longer needs its permission for {sorted(allowed - found)}"


def test_modules_that_load_heavy_libraries_are_imported_inside_functions() -> None:
    """What loads torch or OpenCV when imported is itself imported inside a function, or by its like."""
    heavy = {"robustcheck." + name.removesuffix(".py").replace("/", ".") for name in HEAVY_AT_TOP}
    heavy |= {f"robustcheck.demo.{source.path.stem}" for source in SOURCES if source.part == "demo"}
    fine(
        f"{source.name}:{imported.line}: {imported.module}"
        for source in SOURCES
        for imported in source.imports()
        if source.name not in HEAVY_AT_TOP
        and source.part != "demo"
        and not imported.inside_function
        and not imported.for_types
        if any(imported.module == module or imported.module.startswith(f"{module}.") for module in heavy)
    )


def test_no_module_is_long() -> None:
    fine(source.name for source in SOURCES if len(source.text.splitlines()) > LONGEST)


def test_no_module_imports_the_insides_of_pytest() -> None:
    fine(
        f"{source.name}:{imported.line}"
        for source in SOURCES
        for imported in source.imports()
        if imported.module.split(".")[0] == "_pytest"
    )


def test_no_module_prints_or_leaves_debugging_behind() -> None:
    fine(
        f"{source.name}:{node.lineno}: {node.func.id}"
        for source in SOURCES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "breakpoint")
    )


def test_everything_public_has_a_docstring() -> None:
    fine(told for source in SOURCES for told in without_docstring(source))


def without_docstring(source: Source) -> Iterator[str]:
    if source.text and not ast.get_docstring(source.tree):
        yield f"{source.name}: the module has none"
    for node in source.tree.body:
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ):
            yield f"{source.name}:{node.lineno}: {node.name}"


def test_top_level_names_do_not_meet_those_of_the_other_distribution() -> None:
    """Only ``__init__.py`` is in both, which ``robustcheck.core.install_check`` looks at."""
    others = {
        "EpsilonGreedyUntargeted",
        "EvoStrategyUniformUntargeted",
        "RobustnessCheck",
        "SimBA",
        "config",
        "types",
        "utils",
    }
    assert not {source.part for source in SOURCES} & others
