"""Hand a report to an experiment tracker: numbers a case, digests as tags, the report as an artifact.

The ids of the runs made there are written into the result file. Track before you attest, since a signature holds for one content.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from robustcheck.cli.output import OK, WrongCall, say
from robustcheck.core.errors import RobustcheckError

NAME = "track"
HELP = "hand a report to MLflow or Weights & Biases"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report's folder")
    parser.add_argument(
        "--mlflow", metavar="URI", help="a folder, such as ./mlruns, or the address of a tracking server"
    )
    parser.add_argument("--experiment", metavar="NAME", default="robustcheck", help="of MLflow (default: robustcheck)")
    parser.add_argument("--wandb", metavar="PROJECT", help="of Weights & Biases")
    parser.add_argument("--offline", action="store_true", help="keep the run of Weights & Biases in a folder")


def run(arguments: argparse.Namespace) -> int:
    """Log, say where, and write it down."""
    from robustcheck.report.document import write
    from robustcheck.report.exports.trackers import to_mlflow, to_wandb
    from robustcheck.runs.load import load_document

    if not (arguments.mlflow or arguments.wandb):
        raise WrongCall("name a tracker: --mlflow URI or --wandb PROJECT")
    folder: Path = arguments.report
    if not folder.is_dir():
        raise RobustcheckError(f"{folder}: there is no such folder; name the folder of a report")
    document = load_document(folder)
    made = []
    if arguments.mlflow:
        made += to_mlflow(document, folder, uri=arguments.mlflow, experiment=arguments.experiment)
    if arguments.wandb:
        made += to_wandb(document, folder, project=arguments.wandb, offline=arguments.offline)
    write({**document, "trackers": [*document["trackers"], *made]}, folder)
    for one in made:
        say(f"{one['suite']}: {one['tracker']} run {one['run']} at {one['at']}")
    return OK
