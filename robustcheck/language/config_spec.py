"""What the files of ``configs/`` may say: every key of every kind of entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from robustcheck.core.error_codes import Code
from robustcheck.core.imports import IMPORT_PATH
from robustcheck.domain.config import MAX_UNREADABLE, Outputs
from robustcheck.language.class_lists import Classes, Renaming
from robustcheck.language.depends import DEPENDS
from robustcheck.language.input_spec import INPUT
from robustcheck.language.nodes import Mapping as MappingNode
from robustcheck.language.nodes import Node, Scalar, is_null, plain_value, shown, what_is
from robustcheck.language.value_types import INVALID, Amount, Choice, Field, Flag, Kind, Reading, Record, Text, Whole


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text of one form."""

    expression: str
    wanted: str

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the text; digits alone, as a digest may be, count as text."""
        if not isinstance(node, Scalar) or is_null(node) or not re.fullmatch(self.expression, node.text):
            return reading.add(node.where, Code.WRONG_TYPE, f"{name} must be {self.wanted}, not {what_is(node)}")
        return node.text

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "pattern": f"^({self.expression})$"}


@dataclass(frozen=True, slots=True)
class MapOf:
    """The kind of a mapping from any word to values of one kind."""

    kind: Kind

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a dict of word to value; wrong ones are left out after they are reported."""
        if not isinstance(node, MappingNode):
            return reading.add(node.where, Code.WRONG_SHAPE, f"{name} must be a mapping, not {what_is(node)}")
        read = {key.text: self.kind.read(f"{name} of {shown(key.text)}", value, reading) for key, value in node}
        return {key: value for key, value in read.items() if value is not INVALID}

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "object", "additionalProperties": self.kind.schema()}


class Arguments:
    """The kind of ``arguments``: keyword arguments, handed on as they are."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return a dict."""
        if not isinstance(node, MappingNode):
            return reading.add(node.where, Code.WRONG_SHAPE, f"{name} must be a mapping, not {what_is(node)}")
        for key, _ in node:
            if not key.text.isidentifier():
                reading.add(
                    key.where,
                    Code.UNUSABLE_NAME,
                    f"{shown(key.text) or 'an empty key'} is no name of a keyword argument",
                )
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
            return reading.add(
                node.where, Code.OUT_OF_RANGE, f"{name} must be below 100%", "a run without any picture says nothing"
            )
        if not quantity.unit and not float(quantity.number).is_integer():
            return reading.add(
                node.where,
                Code.WRONG_UNIT,
                f"{name} is a number of pictures or a share",
                "write a whole number, or one with %",
            )
        return quantity

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return self._amount.schema()


FACTORY: Final = Field(
    Pattern(IMPORT_PATH, "an import path such as package.module:function"),
    "What to call, as package.module:function.",
    required=True,
)
ARGUMENTS: Final = Field(Arguments(), "Keyword arguments of the factory.")
DESCRIPTION: Final = Field(Text(), "What it is, for whoever chooses one.")
DIGEST: Final = Pattern("[0-9a-fA-F]{64}", "64 hexadecimal digits")
_MODEL: Final = {
    "description": DESCRIPTION,
    "classes": Field(
        Classes(),
        "Class names in the order of the outputs, their number, or a file with one name a line.",
        required=True,
    ),
    "weights": Field(Text(), "Path of the weights, from this file: a file, or a folder of .safetensors shards."),
    "sha256": Field(DIGEST, "Digest of the weights: sha256 of a file, dirHash of a folder."),
    "input": Field(INPUT, "How a picture becomes the model's input.", required=True),
    "gradients": Field(
        Flag(),
        "Whether attacks may differentiate it; false for a black box, which only its logits are asked of.",
        default=True,
    ),
    "outputs": Field(
        Choice(get_args(Outputs)),
        "What it returns: logits, or what cannot be changed; one_logit is that of the second of two classes.",
        default="logits",
    ),
    "depends": DEPENDS,
    "declared": Field(MapOf(Amount(("%",), 0, 100)), "The clean accuracy its authors claim, by data set."),
}
_STATE: Final = {
    "weights_key": Field(Text(), "Where the state dict lies in the weights file, as model_ema or a.b."),
    "weights_prefix": Field(Text(), "What every key of the state dict begins with and the model's do not, as module."),
}
_LIBRARY: Final = {
    "architecture": Field(Text(), "The model's name in the library.", required=True),
    "arguments": Field(Arguments(), "Keyword arguments of the builder, as transform_input: true for googlenet."),
    "weights": Field(
        Text(),
        "Path of the weights, from this file: a file, or a folder of .safetensors shards. Without them the network is random.",
        required=True,
    ),
}
MODEL_KINDS: Final[Mapping[str, Mapping[str, Field]]] = {
    "python": {**_MODEL, **_STATE, "factory": FACTORY, "arguments": ARGUMENTS},
    "torchvision": {**_MODEL, **_STATE, **_LIBRARY},
    "timm": {**_MODEL, **_STATE, **_LIBRARY},
    "exported": {**_MODEL, "weights": Field(Text(), "Path of the .pt2 file, from this file.", required=True)},
}
_DATA: Final = {
    "description": DESCRIPTION,
    "depends": DEPENDS,
    "limit": Field(Whole(1), "How many pictures to take, a seeded sample with every class."),
    "digest": Field(
        DIGEST, "Digest of the pictures and labels, as a result file gives it; other pictures are refused."
    ),
    "labels": Field(Renaming(), "Renames labels of the data into class names of the model."),
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
            return reading.add(
                node.where, Code.WRONG_SHAPE, f"the {self.noun} {name} must be a mapping, not {what_is(node)}"
            )
        written = node.get("kind")
        choice = Choice(tuple(self.kinds))
        if written is None:
            hint = f"write kind: and one of {', '.join(self.kinds)}"
            return reading.add(node.where, Code.MISSING_KEY, f"the {self.noun} {name} needs kind", hint)
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


MODEL: Final = Entry("model", MODEL_KINDS)
DATA: Final = Entry("data set", DATA_KINDS)
