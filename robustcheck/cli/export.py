"""Write a report's numbers in the forms that others read."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from robustcheck.cli.output import OK, WrongCall, say

NAME = "export"
HELP = "write a report as a model card's index or a CycloneDX ML-BOM"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report's folder")
    parser.add_argument("--model-index", type=Path, metavar="FILE", help="YAML for a Hugging Face model card")
    parser.add_argument("--ml-bom", type=Path, metavar="FILE", help="CycloneDX 1.6 JSON")


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for."""
    import yaml

    from robustcheck.core.files import write_whole
    from robustcheck.report.exports.model_cards import bill_of_materials, model_index
    from robustcheck.runs.load import reading

    if not (arguments.model_index or arguments.ml_bom):
        raise WrongCall("name what to write: --model-index FILE or --ml-bom FILE")
    with reading(arguments.report) as document:
        if arguments.model_index:
            text = yaml.safe_dump(model_index(document), sort_keys=False, allow_unicode=True)
            say(f"{write_whole(arguments.model_index, text)} written")
        if arguments.ml_bom:
            text = json.dumps(bill_of_materials(document), indent=1, ensure_ascii=False) + "\n"
            say(f"{write_whole(arguments.ml_bom, text)} written")
    return OK
