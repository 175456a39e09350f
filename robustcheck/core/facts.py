"""What the decorators of the registry state beside a function's signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Conflict:
    """What is wrong with arguments of which each by itself is within its range.

    Attributes:
        parameter: The one that a message points at.
        what: What is wrong.
        hint: What to do.
    """

    parameter: str
    what: str
    hint: str


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """What the decorator of a shift states beside its signature.

    Attributes:
        geometric: Moves pixels (its first parameter is ``frame`` and it returns a Warp) rather than
            changing their values (its first parameter is ``image``).
        pointwise: Changes each pixel by its own value alone, so that it commutes with a warp.
        sweep: Values worth sweeping, as a suite would write them.
        source: Where the formula comes from.
        note: What a report must say whenever it is used, such as "no parallax".
        stage: ``source`` works on source pixels; ``input`` on the model's input, after its resize and crop;
            ``preprocessing`` changes that resize itself (its first parameter is ``preprocessing``).
        check: Tries arguments without a picture; raises a RobustcheckError if the function would refuse them.
        synonyms: Further words and phrases that people look for it by, such as ``dusk`` or ``knee height``.
        conflict: Says what is wrong with arguments together, defaults among them; loads nothing heavy. It must have nothing
            to say within a range if it has nothing to say at its ends.
    """

    geometric: bool
    pointwise: bool = False
    sweep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""
    note: str = ""
    stage: Literal["source", "input", "preprocessing"] = "source"
    check: Callable[[Mapping[str, Any]], None] | None = None
    synonyms: tuple[str, ...] = ()
    conflict: Callable[[Mapping[str, Any]], Conflict | None] | None = None


@dataclass(frozen=True, slots=True)
class AttackFacts:
    """What the decorator of an attack states beside its signature.

    Attributes:
        gradients: Whether it needs the model's gradients; without, logits are enough.
        minimal: Whether it looks for the least change rather than for any within eps.
        targeted: Whether it can aim at a class.
        sweep: Values worth sweeping, as a suite would write them.
        source: Where it comes from.
        note: What every report that uses it must say beside that its figure is an upper bound.
        synonyms: Further words and phrases that people look for it by, such as ``dusk`` or ``knee height``.
    """

    gradients: bool = True
    minimal: bool = False
    targeted: bool = True
    sweep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""
    note: str = ""
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricFacts:
    """What the decorator of a metric states beside its signature.

    Attributes:
        better: Whether a higher or a lower value is better; ``worst`` of a sweep follows it.
        unit: ``%``, ``pp`` or ``""``: what a threshold on it must be written in; ``parameter`` for the unit of the
            parameter that the case is about.
        low: Least possible value, in the written unit.
        high: Greatest possible value, in the written unit.
        argument: What stands between the metric and its threshold in YAML: nothing, a class name, a
            number of guesses, a metadata column (optionally one of its values), two classes, a radius, or a share of the pictures.
        paired: Compares with the clean prediction of the same pictures.
        kinds: The kinds of case that it can be measured on; empty for all.
        relative: Of other kinds than ``paired``: bounds only what an attack makes of pictures that are right without it, so that
            a model that has none right fulfils any threshold.
        synonyms: Further words and phrases that people look for it by, such as ``overconfident``.
        needs: What it cannot be measured without: an accepted run (``baseline``), or what a suite promises (``review``).
        pictures: Of a metric that is a share of pictures which its argument and the model choose: from the argument and the number
            of all pictures to words for these and how many they are.
    """

    better: Literal["higher", "lower"]
    unit: Literal["%", "pp", "", "parameter"] = "%"
    low: float = 0.0
    high: float = 100.0
    argument: Literal["", "class", "k", "group", "confusion", "eps", "coverage"] = ""
    paired: bool = False
    kinds: tuple[str, ...] = ()
    relative: bool = False
    synonyms: tuple[str, ...] = ()
    needs: Literal["", "baseline", "review"] = ""
    pictures: Callable[[str, int], tuple[str, int]] | None = None

    @property
    def may_be_of_none(self) -> bool:
        """Whether its argument chooses some of the pictures, of which there may be none."""
        return self.argument in ("group", "coverage")
