"""How each kind of check is read: a line here is all that a further file needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from robustcheck.language.checks.attack import read_attack_check
from robustcheck.language.checks.combine import read_combine
from robustcheck.language.checks.compose import read_compose
from robustcheck.language.checks.find_limit import read_find_limit
from robustcheck.language.checks.shift import read_shift
from robustcheck.language.checks.worst_of import read_worst_of
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.value_types import Reading

READERS: Final[Mapping[str, Callable[[MappingNode, frozenset[str], Reading], Any]]] = {
    "shift": read_shift,
    "attack": read_attack_check,
    "compose": read_compose,
    "combine": read_combine,
    "worst_of": read_worst_of,
    "find_limit": read_find_limit,
}
"""By the key that says which kind it is: from a check, and the keys that any check may have, to a ``Subject``."""
