"""What a suite may say: every key with its kind; the reader and the JSON Schema both come from here."""

from __future__ import annotations

from typing import Any, Final

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import did_you_mean
from robustcheck.domain.config import Project
from robustcheck.domain.corruption_errors import CORRUPTION_ERRORS, PUBLISHED
from robustcheck.domain.suite import TOLERANCE
from robustcheck.language.bounds import MAX_TOLERANCE
from robustcheck.language.checks.check import (
    APPROVED,
    BORDER,
    CONFIDENCE,
    DECIDE,
    FILL,
    SEVERITY,
    SYNTHETIC,
    TIER,
    Check,
)
from robustcheck.language.config_spec import Unreadable
from robustcheck.language.days import Day
from robustcheck.language.labels_and_review import LABELS, REVIEW
from robustcheck.language.nodes import Node, shown
from robustcheck.language.provenance import ProjectPath, provenance_record
from robustcheck.language.thresholds import Expect
from robustcheck.language.value_types import INVALID, Amount, Field, Known, ListOf, Name, Reading, Record, Text, Whole
from robustcheck.language.variables_spec import Version

MAX_SEED: Final = 2**63 - 1


class OverallMetric:
    """The kind of ``overall``'s metric: ``mean_`` or ``worst_`` and a metric without argument, or a corruption error."""

    def names(self) -> list[str]:
        """Return every accepted word."""
        plain = [m.name for m in registry.metrics if not m.facts.argument and m.facts.unit != "parameter"]
        return [*(f"{aggregate}_{name}" for aggregate in ("mean", "worst") for name in plain), *CORRUPTION_ERRORS]

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return (aggregate, metric name)."""
        text = Known("overall metric", self.names).read(name, node, reading)
        if text is INVALID or text in CORRUPTION_ERRORS:
            return text if text is INVALID else (text, "accuracy")
        aggregate, _, metric = text.partition("_")
        return aggregate, metric

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"enum": self.names()}


class Anything:
    """A value that is read later, when the metric is known."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the node."""
        return node

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string"}


class Reference:
    """The kind of ``reference``: a model with published errors, or a result file inside the project."""

    def read(self, name: str, node: Node, reading: Reading) -> Any:
        """Return the text."""
        text = Text().read(name, node, reading)
        if text is INVALID or text in PUBLISHED:
            return text
        if not text.endswith(".json"):
            hint = did_you_mean(text, PUBLISHED) + ", or write the path of a result file from the project's root"
            return reading.add(
                node.where, Code.CORRUPTION_ERRORS, f"{name}: {shown(text)} has no published errors", hint
            )
        return ProjectPath().read(name, node, reading)

    def schema(self) -> dict[str, Any]:
        """Return the schema."""
        return {"anyOf": [{"enum": list(PUBLISHED)}, {"type": "string", "pattern": r"\.json$"}]}


CLEAN: Final = Record(
    "clean",
    {
        "expect": Field(
            Expect(paired=False),
            "Thresholds on the pictures as they are, laid over those of the suite; null removes one.",
        ),
        "declared": Field(
            Amount(("%",), 0, 100), "The clean accuracy that the model's authors claim; it must be reproduced first."
        ),
        "tolerance": Field(
            Amount(("pp",), 0, MAX_TOLERANCE), "How far the observed accuracy may be off.", default=str(TOLERANCE)
        ),
    },
)
RESIDUALS: Final = Record(
    "residuals",
    {
        "top_k": Field(Whole(1, 1000), "Pictures of each list in the result.", default=20),
        "max_label_suspects": Field(
            Amount(("%",), 0, 100),
            "Share of the clean pictures whose label may be in doubt: label_suspects of the clean case.",
        ),
    },
)
OVERALL: Final = Record(
    "overall",
    {
        "metric": Field(OverallMetric(), "mean_ or worst_ and a metric: over all cases that match.", required=True),
        "over": Field(Text(), 'A pattern of case ids, checks or shifts, such as "camera.*".', required=True),
        "expect": Field(Anything(), 'The threshold, such as ">= 88%".', required=True),
        "id": Field(Name(), "A short name."),
        "severity": SEVERITY,
        "tier": TIER,
        "reference": Field(
            Reference(),
            "What mce and relative_mce are relative to: alexnet (published), or the path of a robustcheck-report.json.",
            default="alexnet",
        ),
    },
)
WAIVER: Final = Record(
    "a waiver",
    {
        "case": Field(Text(), "The id of a case, or a pattern with * and ?.", required=True),
        "reason": Field(Text(), "Why the breach is accepted.", required=True),
        "owner": Field(Text(), "Who answers for it.", required=True),
        "expires": Field(Day(), "The last day on which it holds, such as 2027-03-01.", required=True),
    },
)


def suite_record(project: Project | None) -> Record:
    """Return the spec of a suite file.

    Args:
        project: Its entries are the models and data sets that may be named; ``None`` accepts any name.
    """
    model: Any = Known("model", lambda: project.models, "configs/models.yaml") if project else Text()
    data: Any = Known("data set", lambda: project.data, "configs/data.yaml") if project else Text()
    return Record(
        "a suite",
        {
            "robustcheck": Field(Version(), "1, the version of the language.", required=True),
            "title": Field(Text(), "What the suite is about, for reports.", required=True),
            "owner": Field(Text(), "Who answers for the suite.", required=True),
            "description": Field(Text(), "What a reader of the report should know."),
            "model": Field(model, "An entry of configs/models.yaml.", required=True),
            "data": Field(data, "An entry of configs/data.yaml.", required=True),
            "seed": Field(Whole(0, MAX_SEED), "Decides every random choice.", default=0),
            "expect": Field(
                Expect(), "Thresholds that hold for every check and the clean pictures unless these say otherwise."
            ),
            "clean": Field(CLEAN, "The pictures as they are."),
            "checks": Field(
                ListOf(Check(), 1), "What is done to the pictures, and what must hold then.", required=True
            ),
            "overall": Field(ListOf(OVERALL), "Thresholds on the mean or worst over several cases."),
            "provenance": Field(provenance_record(project), "What must be known of the training and the data."),
            "residuals": Field(RESIDUALS, "The pictures that a person should look at."),
            "labels": Field(LABELS, "Labels that people corrected."),
            "review": Field(REVIEW, "What is promised of the answers that no person looks at."),
            "waivers": Field(ListOf(WAIVER), "Breaches that somebody answers for until a day."),
            "max_unreadable": Field(
                Unreadable(),
                "Pictures that may be unreadable: 3 or 1%, at most what the entry of the data set allows.",
                default=0,
            ),
            "border": BORDER,
            "fill": FILL,
            "allow_synthetic_border": SYNTHETIC,
            "severity": SEVERITY,
            "decide": DECIDE,
            "confidence": CONFIDENCE,
            "approved": APPROVED,
        },
    )
