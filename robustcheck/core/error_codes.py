"""Codes of mistakes in suites and configuration, and a page of each: what it means, why it matters, an example, what to do.

A code stands for one kind of mistake and keeps its meaning; one that is given up is not given again. The pages are text in
``error_codes.toml`` beside this module, from which ``robustcheck explain RC101`` and docs/errors.md are made.
"""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final


class Code(enum.Enum):
    """The kind of a mistake; hundreds are areas."""

    NOT_YAML = "RC101"
    UNREADABLE_FILE = "RC102"
    FORBIDDEN_YAML = "RC103"
    DUPLICATE_KEY = "RC104"
    UNKNOWN_KEY = "RC105"
    MISSING_KEY = "RC106"
    WRONG_SHAPE = "RC107"
    EMPTY_VALUE = "RC108"
    MISSING_VALUE = "RC109"
    NEEDS_ANOTHER_KEY = "RC110"
    LANGUAGE_VERSION = "RC111"
    EXTENDS = "RC112"
    VARIABLE = "RC113"

    WRONG_TYPE = "RC201"
    UNKNOWN_WORD = "RC202"
    MISSING_UNIT = "RC203"
    WRONG_UNIT = "RC204"
    OUT_OF_RANGE = "RC205"
    LIST_OR_RANGE = "RC206"

    UNKNOWN_PERTURBATION = "RC301"
    UNKNOWN_METRIC = "RC302"
    UNKNOWN_CLASS = "RC303"
    UNKNOWN_ENTRY = "RC304"
    UNKNOWN_PARAMETER = "RC305"
    UNKNOWN_CASE = "RC306"
    DUPLICATE_ID = "RC307"
    UNUSABLE_NAME = "RC308"

    NO_THRESHOLD = "RC401"
    THRESHOLD_UNIT = "RC402"
    DECIDES_NOTHING = "RC403"
    METRIC_ARGUMENT = "RC404"
    METRIC_NOT_HERE = "RC405"
    NOTHING_EXPECTED = "RC406"
    REMOVES_NOTHING = "RC407"
    TWO_THRESHOLDS = "RC408"
    UNPROVABLE = "RC409"

    ONE_PERTURBATION = "RC501"
    COMPOSITION = "RC502"
    SEARCH = "RC503"
    TOO_MANY_CASES = "RC504"
    ARGUMENTS_TOGETHER = "RC505"
    CORRUPTION_ERRORS = "RC506"
    TARGET = "RC507"
    RADIUS = "RC508"
    NO_GRADIENTS = "RC509"
    CASE_REFUSED = "RC510"

    NO_CONFIGURATION = "RC601"
    DUPLICATE_CLASS = "RC602"
    CLASS_NAMES = "RC603"
    MODEL_INPUT = "RC604"
    DEPENDS = "RC605"
    LOOSER_THAN_CONFIGURATION = "RC606"

    NO_SUITE = "RC701"
    FILE_AMONG_SUITES = "RC702"
    CODE_BESIDE_SUITES = "RC703"
    OUTSIDE_PROJECT = "RC704"
    NO_SUCH_PICTURES = "RC705"
    DATA_NOT_OPENED = "RC706"

    PROVENANCE = "RC801"
    APPROVAL = "RC802"


AREAS: Final[Mapping[str, str]] = {
    "RC1": "YAML and keys",
    "RC2": "Values and units",
    "RC3": "Names",
    "RC4": "Expectations",
    "RC5": "Checks",
    "RC6": "Configuration",
    "RC7": "Files and data",
    "RC8": "Evidence",
}
"""What the codes of a hundred are about."""


@dataclass(frozen=True, slots=True)
class Page:
    """What there is to say of a code.

    Attributes:
        code: The code.
        title: In a few words.
        meaning: What is wrong.
        why: Why it matters.
        place: Of which file the example is a part: ``suite``, ``models`` or ``data``; empty where it is no YAML that could be read.
        wrong: The example, wrong.
        right: The example, mended.
        remedy: What to do.
    """

    code: Code
    title: str
    meaning: str
    why: str
    place: str
    wrong: str
    right: str
    remedy: str


@cache
def pages() -> Mapping[Code, Page]:
    """Return the pages of all codes, in the order of the codes."""
    text = files("robustcheck.core").joinpath("error_codes.toml").read_text(encoding="utf-8")
    written = tomllib.loads(text)
    return {code: Page(code=code, **{"place": "", **written[code.value]}) for code in Code}


def code_of(text: str) -> Code | None:
    """Return the code that a text is, in any case of letters; nothing if it is none."""
    return next((code for code in Code if code.value == text.strip().upper()), None)
