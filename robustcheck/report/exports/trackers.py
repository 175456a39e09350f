"""Hands a result to an experiment tracker, which keeps numbers, report and digests beside the training run."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from robustcheck.core.errors import RobustcheckError

Json = Mapping[str, Any]
AT_ONCE: Final = 1000
"""Metrics that MLflow takes in one call."""
NAME: Final = re.compile(r"[^A-Za-z0-9_\-. :/]")
"""What MLflow refuses in a name."""
SERVERS: Final = ("http", "https", "databricks", "databricks-uc", "uc")
DATABASES: Final = ("sqlite", "postgresql", "mysql", "mssql")
"""Where MLflow keeps runs beside folders; for databases it needs SQLAlchemy, which mlflow-skinny lacks."""
ALLOW_FOLDERS: Final = "MLFLOW_ALLOW_FILE_STORE"


def numbers(suite: Json) -> dict[str, float]:
    """Return the metrics of all cases of a suite, named ``case/metric`` in letters that every tracker takes."""
    named: dict[str, float] = {}
    for case, metric, value in _measured(suite):
        name = NAME.sub("_", f"{case.replace('[', '/').replace(']', '')}/{metric}")
        while name in named:
            name += "_"
        named[name] = value
    return named


def _measured(suite: Json) -> Iterator[tuple[str, str, float]]:
    for case in (*suite["cases"], *suite["overall"]):
        for metric, estimate in case["metrics"].items():
            yield case["id"], metric, float(estimate["value"])


def tags(suite: Json) -> dict[str, str]:
    """Return what the numbers are of: verdict and digests, which the tracker's own ids never replace."""
    found = {
        "verdict": suite["verdict"],
        "suite": suite["path"],
        "suite_digest": suite["digest"],
        "seed": str(suite["seed"]),
        "model": suite["model"]["name"],
        "model_digest": suite["model"].get("digest", ""),
        "data": suite["data"]["name"],
        "data_digest": suite["data"].get("digest", ""),
        # Files of code share their names, such as __init__.py, so theirs stand with their folders.
        **{
            f"input.{one['role']}.{one['name'] if one['role'] == 'code' else Path(one['name']).name}": one["digest"]
            for one in suite["inputs"]
        },
    }
    return {f"robustcheck.{name}": text for name, text in found.items()}


def to_mlflow(document: Json, folder: Path, *, uri: str, experiment: str = "robustcheck") -> list[dict[str, str]]:
    """Log a run a suite to MLflow.

    Args:
        document: The result file's content.
        folder: The report's folder, which becomes the run's artifacts.
        uri: Of the tracking server, or a folder of this machine.
        experiment: Its name; made where there is none.

    Returns:
        Where each suite's run is: ``tracker``, ``suite``, ``run`` and ``at``.

    Raises:
        RobustcheckError: MLflow is not installed, cannot keep runs there, or refuses.
    """
    try:
        from mlflow.exceptions import MlflowException
    except ImportError:
        raise RobustcheckError("MLflow is not installed: python -m pip install mlflow-skinny") from None
    _check_store(uri)
    try:
        with _folders_allowed():
            return _logged(document, folder, uri, experiment)
    except (MlflowException, OSError) as error:
        said = " ".join(str(error).split()).replace(uri, without_secrets(uri))
        raise RobustcheckError(f"MLflow at {without_secrets(uri)}: {said}") from None


def without_secrets(uri: str) -> str:
    """Return a tracker's address as reports and messages have it: without what may hold a token.

    That is the user, the password, and whatever follows the path: parameters, query and fragment.
    """
    plain = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/]*@", r"\1", uri)
    scheme, _, rest = plain.partition("://")
    port = rest.partition("/")[0].rpartition("]")[2].partition(":")[2]
    if "@" in rest and port and not port.isdecimal():  # a password with a slash in it
        return f"{scheme}:..."
    return re.split(r"[;?#]", plain, maxsplit=1)[0]


def _check_store(uri: str) -> None:
    """Raise where the installed MLflow cannot keep runs: its own messages send from folders to databases and back."""
    scheme = uri.partition(":")[0].lower() if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", uri) else ""
    base = scheme.partition("+")[0]
    if base in SERVERS or base in ("", "file"):
        return
    if base not in DATABASES:
        known = ", ".join((*SERVERS[:2], *DATABASES))
        raise RobustcheckError(
            f"MLflow at {without_secrets(uri)}: {scheme}: is no place where MLflow keeps runs: name a folder, such as ./mlruns, or an address that "
            f"begins with one of {known}"
        )
    if any(importlib.util.find_spec(name) is None for name in ("sqlalchemy", "alembic")):
        raise RobustcheckError(
            f"MLflow at {without_secrets(uri)}: the extra mlflow installs mlflow-skinny, which keeps runs in a folder or on a server, not in a "
            "database: name a folder (--mlflow ./mlruns) or a server (--mlflow https://...), or install the whole of MLflow "
            "(python -m pip install mlflow)"
        )


@contextlib.contextmanager
def _folders_allowed() -> Iterator[None]:
    """Let MLflow keep runs in a folder, as the user asked; newer versions want a variable of the environment for that."""
    if ALLOW_FOLDERS in os.environ:
        yield
        return
    os.environ[ALLOW_FOLDERS] = "true"
    try:
        yield
    finally:
        del os.environ[ALLOW_FOLDERS]


def _logged(document: Json, folder: Path, uri: str, experiment: str) -> list[dict[str, str]]:
    from mlflow.entities import Metric, RunTag
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    known = client.get_experiment_by_name(experiment)
    home = known.experiment_id if known else client.create_experiment(experiment)
    made = []
    for suite in document["suites"]:
        run = client.create_run(home, run_name=suite["title"]).info
        every = [Metric(name, value, run.start_time, 0) for name, value in numbers(suite).items()]
        labels = [RunTag(NAME.sub("_", name), text) for name, text in tags(suite).items()]
        client.log_batch(run.run_id, tags=labels)
        for start in range(0, len(every), AT_ONCE):
            client.log_batch(run.run_id, metrics=every[start : start + AT_ONCE])
        client.log_artifacts(run.run_id, str(folder), "robustcheck-report")
        client.set_terminated(run.run_id)
        made.append({"tracker": "mlflow", "suite": suite["path"], "run": run.run_id, "at": without_secrets(uri)})
    return made


def to_wandb(
    document: Json, folder: Path, *, project: str, offline: bool = False, home: Path | None = None
) -> list[dict[str, str]]:
    """Log a run a suite to Weights & Biases.

    Args:
        document: The result file's content.
        folder: The report's folder, which becomes an artifact.
        project: Its name.
        offline: Whether the run stays in a folder, for ``wandb sync``.
        home: Where that folder lies; the report's parent by default.

    Returns:
        Where each suite's run is: ``tracker``, ``suite``, ``run`` and ``at``.

    Raises:
        RobustcheckError: It is not installed, or refuses.
    """
    try:
        import wandb
    except ImportError:
        raise RobustcheckError("Weights & Biases is not installed: python -m pip install wandb") from None
    made = []
    try:
        for suite in document["suites"]:
            run = wandb.init(
                project=project,
                name=suite["title"],
                config=tags(suite),
                dir=str(home or folder.parent),
                mode="offline" if offline else "online",
                settings=wandb.Settings(silent=True, console="off"),
                reinit="finish_previous",
            )
            run.log(numbers(suite))
            report = wandb.Artifact("robustcheck-report", "report", metadata=tags(suite))
            report.add_dir(str(folder))
            run.log_artifact(report)
            made.append({"tracker": "wandb", "suite": suite["path"], "run": run.id, "at": run.url or project})
            run.finish()
    except (wandb.errors.Error, OSError, ValueError) as error:
        raise RobustcheckError(f"Weights & Biases: {' '.join(str(error).split())}") from None
    return made
