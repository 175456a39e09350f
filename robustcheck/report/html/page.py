"""From a result to its page."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from robustcheck.core.errors import RobustcheckError
from robustcheck.domain.verdict import WORST_FIRST
from robustcheck.report.html import classes, confusions, drawing, facts, words
from robustcheck.report.html.answers import answers
from robustcheck.report.html.changes import changes
from robustcheck.report.html.curves import curves
from robustcheck.report.html.gallery import Gallery
from robustcheck.report.html.rows import rows, scale_of
from robustcheck.report.pictures import Answer, StripPicture, clean_answers, strip, thumbnails
from robustcheck.report.terminal import every_note
from robustcheck.runs.load import ADDED

Json = Mapping[str, Any]
ESCAPED: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
LISTS: Final = (
    ("label_suspects", "Labels in doubt", "The model is sure of another class on the clean picture."),
    ("edge_cases", "Edge cases", "Right when clean, and a high loss in some case."),
    ("fragile", "Fragile", "Right when clean, and wrong in most cases."),
)


def page(document: Json, folder: Path) -> str:
    """Return a result as one HTML page that needs nothing else.

    Args:
        document: As ``kept.load_document`` gives it.
        folder: The report's, with the records and the small pictures; what is not there is not shown.

    Raises:
        LookupError: The result lacks something that results of every version have; ``kept.reading`` says so to a person.
    """
    gallery = Gallery()
    suites = [_suite(suite, document, folder, gallery, f"s{place}") for place, suite in enumerate(document["suites"])]
    style, script = _file("style.css"), _file("script.js")
    template = _environment().get_template("page.html.j2")
    try:
        return template.render(
            document=document,
            suites=suites,
            environment=facts.environment(document),
            options=facts.options(document),
            pictures=Markup(data_block(gallery.pictures)),  # noqa: S704 - escaped by `data_block`
            style=Markup(style),  # noqa: S704 - ours
            script=Markup(script),  # noqa: S704 - ours
            policy=policy(style, script),
        )
    except jinja2.UndefinedError as error:
        raise KeyError(error.message) from None


def policy(style: str, script: str) -> str:
    """Return the content security policy: nothing but this style, this script, and pictures within the page."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def data_block(values: Any) -> str:
    """Return JSON that may stand between script tags."""
    return json.dumps(values, allow_nan=False, separators=(",", ":")).translate(ESCAPED)


def _suite(found: Json, document: Json, folder: Path, gallery: Gallery, prefix: str) -> dict[str, Any]:
    suite = words.filled({**ADDED, **found})
    known, problems = answers(suite, folder)
    names = suite["data"].get("names", ())
    strips, kept = _strips(suite, folder, problems)
    taken = gallery.strips(strips)
    lists = _lists(suite, kept, gallery)
    appeared = confusions.confusions(known, names)
    pictures = {case["id"]: shown for case, shown in zip(suite["cases"], taken, strict=True)}
    table = rows(suite, prefix, pictures=pictures, confusions=appeared)
    results = [row.case for row in table]
    return {
        "suite": suite,
        "prefix": prefix,
        "notes": every_note(suite),
        "identity": facts.identity(suite, document),
        "tally": [(verdict, suite["counts"][verdict]) for verdict in WORST_FIRST if suite["counts"].get(verdict)],
        "rows": table,
        "anchors": {row.case["id"]: row.anchor for row in table},
        "kinds": list(dict.fromkeys(case["kind"] for case in results)),
        "scale": scale_of(suite),
        "curves": [[drawing.draw(curve) for curve in group] for group in curves(suite)],
        "heat": classes.heat_map(known, names),
        "confusions": confusions.of_suite(appeared),
        "lists": lists,
        "left_out": sum(map(len, strips)) - sum(map(len, taken)),
        "changes": changes(suite),
        "inputs": facts.inputs(suite),
        "profile": facts.profile(suite),
        "leaks": facts.leaks(suite),
        "people": facts.people(suite),
        "waived": [case for case in results if case["waiver"]],
        "problems": problems,
    }


def _strips(suite: Json, folder: Path, problems: list[str]) -> tuple[list[tuple[StripPicture, ...]], dict[str, bytes]]:
    strips: list[tuple[StripPicture, ...]] = []
    clean: Mapping[str, Answer] = {}
    with contextlib.suppress(RobustcheckError):  # the clean case itself says so below
        clean = clean_answers(suite, folder)
    for case in suite["cases"]:
        try:
            strips.append(strip(suite, case, folder, clean))
        except RobustcheckError as error:
            strips.append(())
            problems.append(f"{case['id']}: {error}")
    try:
        return strips, thumbnails(suite, folder)
    except RobustcheckError as error:
        problems.append(str(error))
        return strips, {}


def _lists(suite: Json, kept: Mapping[str, bytes], gallery: Gallery) -> list[dict[str, Any]]:
    """Return the three lists of pictures that a person should look at, each picture with its key on the page."""
    found = suite["residuals"]
    lists = []
    for name, title, told in LISTS if found else ():
        pictures = []
        for one in found[name]["pictures"]:
            keys = gallery.take([kept.get(one["id"], b"")])
            pictures.append({**one, "picture": keys[0] if keys else ""})
        lists.append({"name": name, "title": title, "told": told, "count": found[name]["count"], "pictures": pictures})
    return lists


@functools.cache
def _environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _file(f"templates/{name}")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    found.globals.update(MARKS=words.MARKS, QUANTILES=facts.QUANTILES, drawn=drawing)
    found.filters.update(
        breakable=words.breakable, kind_of=words.kind_of, share=words.share, readable=words.readable, short=words.short
    )
    return found


def _file(name: str) -> str:
    return resources.files("robustcheck.report.html").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
