"""What ``configs/variables.yaml`` may say, and the version that every file of ``configs/`` may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from robustcheck.core.error_codes import Code
from robustcheck.language.nodes import Node, Scalar, is_null, what_is
from robustcheck.language.value_types import Field, ListOf, Reading, Record
from robustcheck.language.variables import NAME, looks_secret


@dataclass(frozen=True, slots=True)
class VariableName:
    """The name of an environment variable that anybody may read."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the name."""
        if not isinstance(node, Scalar) or is_null(node) or not NAME.fullmatch(node.text):
            what = f"{name} lists names of environment variables, not {what_is(node)}"
            return reading.add(node.where, Code.WRONG_TYPE, what, "write each as it is called, such as CI_COMMIT_SHA")
        if looks_secret(node.text):
            what = f"the environment variable {node.text} looks like a secret, which no suite may put into reports"
            return reading.add(node.where, Code.VARIABLE, what, "list variables that anybody may read")
        return node.text

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "pattern": f"^{NAME.pattern}$"}


class Version:
    """The kind of ``robustcheck``: the version of the language, 1."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return 1."""
        if isinstance(node, Scalar) and node.value == 1 and not isinstance(node.value, bool):
            return 1
        later = isinstance(node, Scalar) and isinstance(node.value, int) and node.value > 1
        hint = "a later version needs a later robustcheck" if later else "write robustcheck: 1"
        return reading.add(
            node.where, Code.LANGUAGE_VERSION, "robustcheck must be 1, the version of the language", hint
        )

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"const": 1}


VARIABLES: Final = Record(
    "variables.yaml",
    {
        "robustcheck": Field(Version(), "1, the version of the language."),
        "variables": Field(
            ListOf(VariableName()), "Environment variables that suites may put into reports.", required=True
        ),
    },
)
