"""Show a run again from its result file, or write it in another form: no model is needed."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from robustcheck.cli.output import OK, say

NAME = "report"
HELP = "show a run again, or write it as HTML, Markdown, JUnit XML or SARIF"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report's folder")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one HTML page that needs nothing else")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write Markdown, as GitHub's step summary has it")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    parser.add_argument("--sarif", type=Path, metavar="FILE", help="write SARIF 2.1.0")


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for, or print the tables."""
    from robustcheck.core.files import write_whole
    from robustcheck.report.github import summary
    from robustcheck.report.junit import junit
    from robustcheck.report.sarif import sarif
    from robustcheck.report.terminal import closing, table, wrapped
    from robustcheck.runs.load import reading

    asked: list[tuple[Path | None, Callable[[dict[str, Any]], str]]] = [
        (arguments.html, partial(_page, arguments.report)),
        (arguments.markdown, summary),
        (arguments.junit, junit),
        (arguments.sarif, sarif),
    ]
    with reading(arguments.report) as document:
        for path, made in asked:
            if path:
                say(f"{write_whole(path, made(document), 'report')} written: {document['verdict']}")
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        if not any(path for path, _ in asked):
            for suite in document["suites"]:
                say(f"{suite['title']} ({suite['path']})")
                for line, _ in wrapped((*table(suite, width), *closing(suite)), width):
                    say(line)
            say(f"{document['verdict']}, begun {document['started']}")
    return OK


def _page(folder: Path, document: dict[str, Any]) -> str:
    from robustcheck.report.html import page

    return page(document, folder)
