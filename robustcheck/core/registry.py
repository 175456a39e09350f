"""The one door for perturbations and metrics: decorators that read a function's own signature.

Built-ins and third parties register alike. A distribution names its modules under the entry point
group ``robustcheck``; importing such a module runs its decorators. Nothing heavy is imported here,
and a registered module must import torch, cv2, foolbox and albumentations inside its functions only,
so that suites can be validated without them.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from robustcheck.core.absent_libraries import LibraryAbsent
from robustcheck.core.errors import RobustcheckError, did_you_mean
from robustcheck.core.facts import AttackFacts, Conflict, MetricFacts, ShiftFacts
from robustcheck.core.units import In, Quantity, Range

INJECTED = frozenset({"rng", "frame", "tier"})
"""Keyword parameters that the engine supplies and no suite may set."""
RESERVED = frozenset(
    [
        "shift",
        "compose",
        "attack",
        "worst_of",
        "find_limit",
        "combine",
        "search",
        "budget",
        "param",
        "to",
        "until",
        "resolution",
        "approved",
        "id",
        "why",
        "tags",
        "tier",
        "expect",
        "decide",
        "confidence",
        "sweep",
        "border",
        "fill",
        "allow_synthetic_border",
        "targeted",
        "time_limit",
        "attack_unit_test",
    ]
)
"""Words of the suite language that stand beside a shift's parameters, so no parameter may be called so.

``severity`` is not among them: the corruptions of ImageNet-C have one, a number, and that of a check is a word.
"""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a suite may set on a perturbation.

    Attributes:
        name: As written in YAML.
        kind: ``quantity``, ``integer``, ``choice``, ``boolean`` or ``text``; ``any`` for the arguments of another
            library: a number, boolean, text, null, a range ``a..b`` or, inside a sweep, a list.
        units: Unit symbols allowed for a quantity; empty for a plain number.
        low: Least number, in the written unit.
        high: Greatest number, in the written unit.
        choices: The words allowed, for ``choice``.
        default: What holds when it is left out (as the function receives it); ``required`` if none.
        required: Whether it must be written.
        doc: One line from the docstring.
    """

    name: str
    kind: Literal["quantity", "integer", "choice", "boolean", "text", "any"]
    units: tuple[str, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()
    default: Any = None
    required: bool = True
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A registered function and what is known of it without calling it.

    Attributes:
        name: As written in YAML.
        function: The function itself.
        parameters: What a suite may set, by name.
        summary: First line of the docstring.
        doc: The prose of the docstring without its sections.
        facts: Further facts given to the decorator.
    """

    name: str
    function: Callable[..., Any]
    parameters: Mapping[str, Parameter]
    summary: str
    doc: str
    facts: Any

    def bind(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Turn the values of a plan into the function's keyword arguments.

        Quantities become floats, unless the parameter allows several units.
        """
        bound = {}
        for name, value in params.items():
            several = len(self.parameters[name].units) > 1
            bound[name] = value.value if isinstance(value, Quantity) and not several else value
        return bound


class Registry:
    """Named definitions of one kind."""

    def __init__(self, noun: str) -> None:
        """Name what is kept here, for messages."""
        self.noun = noun
        self._entries: dict[str, Definition] = {}
        self._families: dict[str, Callable[[], Mapping[str, Definition]]] = {}
        self._refused: dict[str, str] = {}

    def add(self, name: str, function: Callable[..., Any], facts: Any) -> None:
        """Register a function under a name.

        Raises:
            RobustcheckError: The name is taken by another function, the signature cannot be read, or synonyms are no texts.
        """
        taken = self._entries.get(name)
        here = (function.__module__, function.__qualname__)
        if taken and (taken.function.__module__, taken.function.__qualname__) != here:
            raise RobustcheckError(
                f"the {self.noun} {name} is registered twice: by {taken.function.__module__}.{taken.function.__qualname__} and by {'.'.join(here)}"
            )
        definition = _define(self.noun, name, function, facts)
        if isinstance(facts.synonyms, str) or not all(isinstance(words, str) and words for words in facts.synonyms):
            raise RobustcheckError(f'the synonyms of the {self.noun} {name} are no tuple of texts; write ("dusk",)')
        self._entries[name] = definition

    def add_family(
        self,
        prefix: str,
        members: Callable[[], Mapping[str, Definition]],
        refused: Mapping[str, str] = types.MappingProxyType({}),
    ) -> None:
        """Register what another library has, under a prefix such as ``albumentations.``.

        Its members can be looked up but are not iterated over: they are documented where they come from.

        Args:
            prefix: What all names begin with.
            members: Gives the definitions by their whole name, each time the same ones.
            refused: Names without the prefix that the library has and suites may not use, with the reason.
        """
        self._families[prefix] = members
        self._refused |= {prefix + name: reason for name, reason in refused.items()}

    def refusal(self, name: str) -> str:
        """Return why a name of a family may not be used; an empty text for all others."""
        load()
        return self._refused.get(name, "")

    def family(self, name: str) -> Mapping[str, Definition]:
        """Return the members of the family that a name belongs to by its prefix; of none if it is of no family."""
        load()
        return next((members() for prefix, members in self._families.items() if name.startswith(prefix)), {})

    def families(self) -> tuple[str, ...]:
        """Return the prefixes of all families."""
        load()
        return tuple(self._families)

    def __contains__(self, name: object) -> bool:
        """Whether a name is registered."""
        load()
        return name in self._entries or (isinstance(name, str) and name in self.family(name))

    def __iter__(self) -> Iterator[Definition]:
        """Iterate over all definitions, by name."""
        load()
        return iter(sorted(self._entries.values(), key=lambda entry: entry.name))

    def __getitem__(self, name: str) -> Definition:
        """Return a definition.

        Raises:
            RobustcheckError: Nothing is registered under the name.
        """
        load()
        if name in self._entries:
            return self._entries[name]
        members = self.family(name)
        if name not in members:
            raise RobustcheckError(f"there is no {self.noun} {name}; {did_you_mean(name, members or self._entries)}")
        return members[name]


shifts = Registry("shift")
attacks = Registry("attack")
metrics = Registry("metric")


def perturbation(name: str) -> Definition:
    """Return what is registered under a name, be it a shift or an attack."""
    return attacks[name] if name in attacks else shifts[name]


Function = typing.TypeVar("Function", bound=Callable[..., Any])


def shift(
    name: str,
    *,
    pointwise: bool = False,
    sweep: Mapping[str, tuple[str, ...]] | None = None,
    source: str = "",
    note: str = "",
    stage: Literal["source", "input"] = "source",
    synonyms: tuple[str, ...] = (),
    conflict: Callable[[Mapping[str, Any]], Conflict | None] | None = None,
) -> Callable[[Function], Function]:
    """Register a shift; its keyword-only parameters become the YAML, the schema and the docs.

    A function whose first parameter is ``image`` gets an (h, w, 3) uint8 RGB array, which it must not
    write to, and returns one of the same shape and dtype. One whose first parameter is ``frame`` gets
    the model's view (``robustcheck.images.Frame``) and returns a ``robustcheck.images.Warp``. One whose
    first parameter is ``preprocessing`` gets the model's own (``robustcheck.domain.config.Preprocessing``)
    and returns another with the same input size.
    ``rng`` (a ``numpy.random.Generator`` keyed by seed, sample and case) and ``frame`` are supplied
    when a function asks for them.

    Args:
        name: ``family.name``, as suites write it.
        pointwise: The shift changes each pixel by its own value alone.
        sweep: Values worth sweeping, a tuple of texts for each swept parameter.
        source: Where the formula comes from.
        note: What every report that uses the shift must say.
        stage: ``input`` for one that is defined on the model's input rather than on what a camera saves.
        synonyms: Further words and phrases that people look for it by, such as ``dusk`` or ``knee height``.
        conflict: Says what is wrong with arguments together that are right by themselves.
    """

    def register(function: Function) -> Function:
        first = next(iter(inspect.signature(function).parameters), "")
        place = "preprocessing" if first == "preprocessing" else stage
        facts = ShiftFacts(
            first == "frame", pointwise, dict(sweep or {}), source, note, place, synonyms=synonyms, conflict=conflict
        )
        shifts.add(name, function, facts)
        return function

    return register


def attack(
    name: str,
    *,
    gradients: bool = True,
    minimal: bool = False,
    targeted: bool = True,
    sweep: Mapping[str, tuple[str, ...]] | None = None,
    source: str = "",
    note: str = "",
    synonyms: tuple[str, ...] = (),
) -> Callable[[Function], Function]:
    """Register an attack: a function whose keyword-only parameters become the YAML, and which returns the attack.

    What it returns has ``norm`` (``linf``, ``l2``, ``l1``, ``l0``, or an empty text for no ball) and
    ``perturb(victim, goal, eps)``, as ``robustcheck.attacks.base.ActiveSetAttack`` has; one that looks for the least change
    has ``minimal(victim, goal)`` too. ``eps`` and ``norm`` are written by suites like any other parameter. ``tier``, that of
    the check, is supplied when the function asks for it. The arguments are those of ``AttackFacts``.
    """

    def register(function: Function) -> Function:
        facts = AttackFacts(gradients, minimal, targeted, dict(sweep or {}), source, note, synonyms)
        attacks.add(name, function, facts)
        return function

    return register


def metric(
    name: str,
    *,
    better: Literal["higher", "lower"],
    unit: Literal["%", "pp", "", "parameter"] = "%",
    low: float = 0.0,
    high: float = 100.0,
    argument: Literal["", "class", "k", "group", "confusion", "eps", "coverage"] = "",
    paired: bool = False,
    kinds: tuple[str, ...] = (),
    relative: bool = False,
    synonyms: tuple[str, ...] = (),
    needs: Literal["", "baseline", "review"] = "",
    pictures: Callable[[str, int], tuple[str, int]] | None = None,
) -> Callable[[Function], Function]:
    """Register a metric: a function of the records of a case (see ``robustcheck.metrics``).

    The arguments are those of ``MetricFacts``. It returns a ``Share``, several of which the worst counts, or an ``Estimate``.
    """

    def register(function: Function) -> Function:
        facts = MetricFacts(better, unit, low, high, argument, paired, kinds, relative, synonyms, needs, pictures)
        metrics.add(name, function, facts)
        return function

    return register


_loaded = False


def load() -> None:
    """Import every module named under the entry point group ``robustcheck``, once.

    Raises:
        RobustcheckError: A module of another distribution fails to import.
    """
    global _loaded
    if _loaded:
        return
    _loaded = True
    for point in sorted(importlib.metadata.entry_points(group="robustcheck"), key=lambda point: point.value):
        try:
            point.load()
        except LibraryAbsent:
            _loaded = False
            raise
        except Exception as error:
            _loaded = False
            owner = point.dist.name if point.dist else "an unknown distribution"
            raise RobustcheckError(
                f"the extension {point.name} = {point.value} of {owner} fails to import: {type(error).__name__}: {error}; repair or uninstall {owner}"
            ) from error


def _define(noun: str, name: str, function: Callable[..., Any], facts: Any) -> Definition:
    doc = inspect.getdoc(function) or ""
    prose, args = _split_docstring(doc)
    hints = typing.get_type_hints(function, include_extras=True)
    parameters = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in INJECTED:
            parameters[parameter.name] = _parameter(noun, name, parameter, hints, args.get(parameter.name, ""))
    return Definition(name, function, types.MappingProxyType(parameters), prose.split("\n")[0], prose, facts)


def _parameter(noun: str, owner: str, parameter: inspect.Parameter, hints: Mapping[str, Any], doc: str) -> Parameter:
    if parameter.name in RESERVED:
        raise RobustcheckError(
            f"the parameter {parameter.name} of the {noun} {owner} is a word of the suite language; call it something else"
        )
    hint = hints.get(parameter.name)
    marks = getattr(hint, "__metadata__", ())
    base = typing.get_args(hint)[0] if marks else hint
    bounds = next((mark for mark in reversed(marks) if isinstance(mark, Range)), Range())
    units = next((mark.symbols for mark in marks if isinstance(mark, In)), ())
    common: dict[str, Any] = {
        "name": parameter.name,
        "default": None if parameter.default is parameter.empty else parameter.default,
        "required": parameter.default is parameter.empty,
        "doc": doc,
    }
    if typing.get_origin(base) is Literal:
        return Parameter(kind="choice", choices=tuple(map(str, typing.get_args(base))), **common)
    if base is bool:
        return Parameter(kind="boolean", **common)
    if base is int:
        return Parameter(kind="integer", low=bounds.low, high=bounds.high, **common)
    if base is float or base is Quantity:
        return Parameter(kind="quantity", units=units, low=bounds.low, high=bounds.high, **common)
    if base is str:
        return Parameter(kind="text", **common)
    raise RobustcheckError(
        f"the parameter {parameter.name} of the {noun} {owner} has the annotation {hint!r}; a suite can set units of robustcheck.core.units, float, int, bool, str and Literal"
    )


def _split_docstring(doc: str) -> tuple[str, dict[str, str]]:
    """Split a Google-style docstring into its prose and the lines of its ``Args``."""
    prose = re.split(r"\n\s*(?:Args|Returns|Raises|Yields|Attributes):\n", doc)[0].strip()
    section = re.search(r"(?:^|\n)Args:\n((?:[ \t]+.*\n?|\n)*)", doc)
    args: dict[str, str] = {}
    if section:
        for entry in re.finditer(r"^    (\w+)(?: \([^)]*\))?: (.*(?:\n        .*)*)", section[1], re.MULTILINE):
            args[entry[1]] = " ".join(entry[2].split())
    return prose, args
