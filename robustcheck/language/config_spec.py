"""What the files of ``configs/`` may say: every key of every kind of entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from robustcheck.errors import Location
from robustcheck.language.depends import DEPENDS
from robustcheck.language.entries import MAX_UNREADABLE, Interpolation
from robustcheck.language.kinds import (
    INVALID,
    Amount,
    Choice,
    Field,
    Flag,
    Kind,
    ListOf,
    Reading,
    Record,
    Text,
    Whole,
)
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, Scalar, Sequence, is_null, plain_value, shown, what_is
from robustcheck.language.variables import NAME, looks_secret

MAX_CLASSES: Final = 100_000
MAX_SIDE: Final = 8192


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text of one form."""

    expression: str
    wanted: str

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the text; digits alone, as a digest may be, count as text."""
        if not isinstance(node, Scalar) or is_null(node) or not re.fullmatch(self.expression, node.text):
            return reading.add(node.where, f"{name} must be {self.wanted}, not {what_is(node)}")
        return node.text

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "pattern": f"^({self.expression})$"}


class Size:
    """The kind of a picture's size: one side of a square, or [height, width]."""

    _side: Final = Whole(1, MAX_SIDE)

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return an int, or a (height, width) pair."""
        if not isinstance(node, Sequence):
            return self._side.read(name, node, reading)
        if len(node.items) != 2:
            return reading.add(node.where, f"{name} must be one number or [height, width]")
        sides = tuple(self._side.read(name, item, reading) for item in node.items)
        return INVALID if INVALID in sides else sides

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        side = {"type": "integer", "minimum": 1, "maximum": MAX_SIDE}
        return {"anyOf": [side, {"type": "array", "items": side, "minItems": 2, "maxItems": 2}]}


NO_RESIZE: Final = "none"


class Resize(Size):
    """The kind of ``resize``: a size, or ``none`` to crop the picture as it is."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return an int, a pair, or ``NO_RESIZE``."""
        if isinstance(node, Scalar) and (is_null(node) or node.value == NO_RESIZE):
            return NO_RESIZE
        return super().read(name, node, reading)

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"anyOf": [*super().schema()["anyOf"], {"enum": [NO_RESIZE, None]}]}


@dataclass(frozen=True, slots=True)
class Three:
    """The kind of ``mean`` and ``std``: three numbers in [0, 1]."""

    positive: bool = False

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a triple of floats."""
        if not isinstance(node, Sequence) or len(node.items) != 3:
            return reading.add(node.where, f"{name} must be three numbers", "write [0.485, 0.456, 0.406]")
        numbers = [Amount(("",)).read(name, item, reading) for item in node.items]
        if INVALID in numbers:
            return INVALID
        values = tuple(float(number.number) for number in numbers)
        if any(not 0 <= value <= 1 or (self.positive and value == 0) for value in values):
            hint = "divide numbers of the 0..255 scale by 255" if max(values) > 1 else ""
            least = "above 0 and at most 1" if self.positive else "between 0 and 1"
            return reading.add(node.where, f"the numbers of {name} must be {least}", hint)
        return values

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        low = {"exclusiveMinimum": 0} if self.positive else {"minimum": 0}
        number = {"type": "number", **low, "maximum": 1}
        return {"type": "array", "items": number, "minItems": 3, "maxItems": 3}


class Classes:
    """The kind of ``classes``: names, a count, or the path of a file with one name a line."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a tuple of names, or the Scalar that holds a path."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node
        if isinstance(node, Scalar):
            count = Whole(2, MAX_CLASSES).read(name, node, reading)
            return INVALID if count is INVALID else tuple(map(str, range(count)))
        if not isinstance(node, Sequence):
            hint = "write a list of names, their number, or the path of a file with one name a line"
            return reading.add(node.where, f"{name} must not be {what_is(node)}", hint)
        seen: dict[str, Location] = {}
        for item in node.items:
            if not isinstance(item, Scalar) or not item.text.strip():
                reading.add(item.where, f"a class name must be text, not {what_is(item)}")
            elif item.text in seen:
                reading.add(item.where, f"the class {shown(item.text)} stands twice in classes")
            else:
                seen[item.text] = item.where
        if len(node.items) < 2:
            return reading.add(node.where, "a classifier has at least two classes")
        return tuple(seen) if len(seen) == len(node.items) else INVALID

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        names = {"type": "array", "minItems": 2, "items": {"type": ["string", "number", "boolean"]}}
        return {"anyOf": [names, {"type": "integer", "minimum": 2}, {"type": "string", "minLength": 1}]}


@dataclass(frozen=True, slots=True)
class MapOf:
    """The kind of a mapping from any word to values of one kind."""

    kind: Kind

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a dict of word to value; wrong ones are left out after they are reported."""
        if not isinstance(node, MappingNode):
            return reading.add(node.where, f"{name} must be a mapping, not {what_is(node)}")
        read = {key.text: self.kind.read(f"{name} of {shown(key.text)}", value, reading) for key, value in node}
        return {key: value for key, value in read.items() if value is not INVALID}

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "object", "additionalProperties": self.kind.schema()}


class Label:
    """The kind of a class name: any scalar, as text."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the text."""
        if not isinstance(node, Scalar) or is_null(node):
            return reading.add(node.where, f"{name} must be a class name, not {what_is(node)}")
        return node.text

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": ["string", "number", "boolean"]}


class Arguments:
    """The kind of ``arguments``: keyword arguments, handed on as they are."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a dict."""
        if not isinstance(node, MappingNode):
            return reading.add(node.where, f"{name} must be a mapping, not {what_is(node)}")
        for key, _ in node:
            if not key.text.isidentifier():
                reading.add(key.where, f"{shown(key.text) or 'an empty key'} is no name of a keyword argument")
        return plain_value(node)

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "object", "propertyNames": {"pattern": "^[A-Za-z_]"}}


class Unreadable:
    """The kind of ``max_unreadable``: a number of pictures or a share."""

    _amount: Final = Amount(("", "%"), 0)

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a Quantity."""
        quantity = self._amount.read(name, node, reading)
        if quantity is INVALID:
            return INVALID
        if quantity.unit == "%" and quantity.number >= 100:
            return reading.add(node.where, f"{name} must be below 100%", "a run without any picture says nothing")
        if not quantity.unit and not float(quantity.number).is_integer():
            return reading.add(node.where, f"{name} is a number of pictures or a share", "write 3 or 1%")
        return quantity

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return self._amount.schema()


FACTORY: Final = Field(
    Pattern(r"[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*", "an import path such as package.module:function"),
    "What to call, as package.module:function.",
    required=True,
)
ARGUMENTS: Final = Field(Arguments(), "Keyword arguments of the factory.")
DESCRIPTION: Final = Field(Text(), "What it is, for whoever chooses one.")
DIGEST: Final = Pattern("[0-9a-fA-F]{64}", "64 hexadecimal digits")
_INPUT: Final = Record(
    "input",
    {
        "size": Field(Size(), "The model's input: one side, or [height, width].", required=True),
        "resize": Field(
            Resize(),
            "What happens before the centre crop: the length of the shorter side, an exact [height, width], or none.",
            required=True,
        ),
        "interpolation": Field(Choice(get_args(Interpolation)), "The filter of the resize.", default="bilinear"),
        "antialias": Field(Flag(), "Whether the filter widens when shrinking: PIL and torchvision do.", default=True),
        "mean": Field(Three(), "Subtracted from values in [0, 1]."),
        "std": Field(Three(positive=True), "Divides after that."),
        "channels": Field(Choice(("rgb", "bgr")), "The order of colours the model was trained with.", default="rgb"),
    },
)
_MODEL: Final = {
    "description": DESCRIPTION,
    "classes": Field(
        Classes(),
        "Class names in the order of the outputs, their number, or a file with one name a line.",
        required=True,
    ),
    "weights": Field(Text(), "Path of the weights, from this file: a file, or a folder of .safetensors shards."),
    "sha256": Field(DIGEST, "Digest of the weights: sha256 of a file, dirHash of a folder."),
    "input": Field(_INPUT, "How a picture becomes the model's input.", required=True),
    "gradients": Field(
        Flag(),
        "Whether attacks may differentiate it; false for a black box, which only its logits are asked of.",
        default=True,
    ),
    "depends": DEPENDS,
    "declared": Field(MapOf(Amount(("%",), 0, 100)), "The clean accuracy its authors claim, by data set."),
}
_ARCHITECTURE: Final = {"architecture": Field(Text(), "The model's name in the library.", required=True)}
MODEL_KINDS: Final[Mapping[str, Mapping[str, Field]]] = {
    "python": {**_MODEL, "factory": FACTORY, "arguments": ARGUMENTS},
    "torchvision": {**_MODEL, **_ARCHITECTURE},
    "timm": {**_MODEL, **_ARCHITECTURE},
    "exported": {**_MODEL, "weights": Field(Text(), "Path of the .pt2 file, from this file.", required=True)},
}
_DATA: Final = {
    "description": DESCRIPTION,
    "depends": DEPENDS,
    "limit": Field(Whole(1), "How many pictures to take, a seeded sample with every class."),
    "digest": Field(
        DIGEST, "Digest of the pictures and labels, as a result file gives it; other pictures are refused."
    ),
    "labels": Field(MapOf(Label()), "Renames labels of the data into class names of the model."),
    "max_unreadable": Field(
        Unreadable(), "How many pictures a suite may let be unreadable: 3 or 1%.", default=str(MAX_UNREADABLE)
    ),
    "max_changed": Field(
        Amount(("%",), 0, 100),
        "Share of the labels that the overlay of a suite may change; 2% where there is a digest.",
    ),
}
_PATH: Final = {"path": Field(Text(), "The folder or file, from this file.", required=True)}
DATA_KINDS: Final[Mapping[str, Mapping[str, Field]]] = {
    "imagefolder": {**_DATA, **_PATH},
    "manifest": {
        **_DATA,
        **_PATH,
        "path_column": Field(Text(), "The column of paths.", default="path"),
        "label_column": Field(Text(), "The column of labels.", default="label"),
        "folder": Field(Text(), "What the paths begin from: the manifest's own folder by default."),
    },
    "python": {**_DATA, "factory": FACTORY, "arguments": ARGUMENTS},
    "foolbox-samples": {
        **_DATA,
        "dataset": Field(Choice(("imagenet", "cifar10", "cifar100")), "Which pictures.", required=True),
    },
    "signs": {
        **_DATA,
        "split": Field(Choice(("train", "validation", "test")), "Which of the disjoint parts.", default="test"),
        "size": Field(Whole(1, 1_000_000), "How many pictures."),
        "seed": Field(Whole(0), "Decides every scene.", default=0),
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """The kind of one entry: its ``kind`` decides its keys."""

    noun: str
    kinds: Mapping[str, Mapping[str, Field]]

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return (kind, Values)."""
        if not isinstance(node, MappingNode):
            return reading.add(node.where, f"the {self.noun} {name} must be a mapping, not {what_is(node)}")
        written = node.get("kind")
        choice = Choice(tuple(self.kinds))
        if written is None:
            hint = f"write kind: and one of {', '.join(self.kinds)}"
            return reading.add(node.where, f"the {self.noun} {name} needs kind", hint)
        kind = choice.read("kind", written, reading)
        if kind is INVALID:
            return INVALID
        fields = {"kind": Field(choice, "What it is."), **self.kinds[kind]}
        values = Record(f"the {kind} {self.noun} {name}", fields).read(name, node, reading)
        return kind, values

    def schema(self) -> dict[str, Any]:
        """Return the schema: the kind chooses the keys."""
        branches = []
        for kind, fields in self.kinds.items():
            keys = {"kind": Field(Choice((kind,)), "What it is.", required=True), **fields}
            record = Record(kind, keys).schema()
            record["properties"]["kind"] = {"const": kind}
            condition = {"required": ["kind"], "properties": {"kind": {"const": kind}}}
            branches.append({"if": condition, "then": record})
        kinds = {"description": "What it is.", "enum": list(self.kinds)}
        return {"type": "object", "required": ["kind"], "properties": {"kind": kinds}, "allOf": branches}


@dataclass(frozen=True, slots=True)
class VariableName:
    """The name of an environment variable that anybody may read."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the name."""
        if not isinstance(node, Scalar) or is_null(node) or not NAME.fullmatch(node.text):
            what = f"{name} lists names of environment variables, not {what_is(node)}"
            return reading.add(node.where, what, "write each as it is called, such as CI_COMMIT_SHA")
        if looks_secret(node.text):
            what = f"the environment variable {node.text} looks like a secret, which no suite may put into reports"
            return reading.add(node.where, what, "list variables that anybody may read")
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
        return reading.add(node.where, "robustcheck must be 1, the version of the language", "write robustcheck: 1")

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"const": 1}


VARIABLES: Final = Record(
    "variables.yaml",
    {
        "robustcheck": Field(Version(), "The version of the language: 1."),
        "variables": Field(
            ListOf(VariableName()), "Environment variables that suites may put into reports.", required=True
        ),
    },
)
MODEL: Final = Entry("model", MODEL_KINDS)
DATA: Final = Entry("data set", DATA_KINDS)
