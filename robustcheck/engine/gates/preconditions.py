"""What must hold of a suite, its model and its data before a picture is looked at."""

from __future__ import annotations

from robustcheck.core import registry
from robustcheck.core.error_codes import Code
from robustcheck.core.errors import DataError, Problem, RobustcheckError, SuiteError
from robustcheck.domain.config import DataEntry, ModelEntry
from robustcheck.domain.suite import Suite
from robustcheck.engine.options import Options


def check_digest(entry: DataEntry, found: str, options: Options) -> None:
    """Refuse other pictures than the declared ones; of a part that was asked for there is no declared digest.

    Raises:
        DataError: They are others.
    """
    if entry.digest and options.limit is None and entry.digest.lower() != found:
        raise DataError(
            f"{entry.where}: the pictures and labels of {entry.name} have the digest {found}, not {entry.digest.lower()} as declared; "
            "they are not those that were approved: restore them, or correct digest after reviewing these"
        )


def check_gradients(suite: Suite, entry: ModelEntry) -> None:
    """Refuse attacks that need gradients on a model that has none, which may have been chosen on the command line.

    Raises:
        SuiteError: With every case that cannot run.
    """
    if entry.gradients:
        return
    works = ", ".join(known.name for known in registry.attacks if not known.facts.gradients)
    problems = [
        Problem(
            case.where,
            Code.NO_GRADIENTS,
            f"{case.id}: {step.name} needs gradients, and the model {entry.name} has none (gradients: false)",
            f"these work: {works}",
        )
        for case in suite.cases
        for step in case.perturbations
        if step.name in registry.attacks and registry.attacks[step.name].facts.gradients
    ]
    if problems:
        raise SuiteError(problems)


def check_arguments(suite: Suite) -> None:
    """Try the arguments that only another library can judge, before anything runs.

    Raises:
        SuiteError: With every case that it refuses.
    """
    problems = []
    for case in suite.cases:
        for step in case.steps:
            definition = registry.shifts[step.name]
            if definition.facts.check:
                try:
                    definition.facts.check(definition.bind(step.params))
                except RobustcheckError as error:
                    problems.append(Problem(case.where, Code.CASE_REFUSED, f"{case.id}: {error}"))
    if problems:
        raise SuiteError(problems)
