"""Drafts a Croissant data card: what can be counted is filled in, what only a person knows is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from robustcheck.data import Source, data_digest
from robustcheck.provenance.data_card import CROISSANT, DIGEST
from robustcheck.provenance.licenses import spdx

CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": CROISSANT,
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "field": "cr:field",
    "key": "cr:key",
    "recordSet": "cr:recordSet",
}
"""The part of Croissant 1.0's context that a draft needs."""


def draft_card(
    source: Source,
    *,
    name: str,
    description: str,
    license: str = "",
    creator: str = "",
    url: str = "",
    published: str = "",
) -> dict[str, Any]:
    """Return a Croissant 1.0 card with the digest of a data set and the pictures of each of its classes.

    Args:
        source: The data set; its pictures are read for their digests, not decoded.
        name: Of the data set.
        description: In words.
        license: An SPDX id, name or address; what is known becomes an id.
        creator: A person's or organization's name.
        url: Where the data can be had.
        published: The day, YYYY-MM-DD.

    Returns:
        JSON values. What was not given is left out, so that a gate sees that it is missing.
    """
    samples = list(source.samples())
    counts = Counter(sample.label for sample in samples)
    given = {
        "description": description,
        "license": spdx(license),
        "creator": {"@type": "sc:Organization", "name": creator} if creator else "",
        "url": url,
        "datePublished": published,
    }
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": f"{CROISSANT}1.0",
        "name": name,
        **{key: value for key, value in given.items() if value},
        "identifier": f"{DIGEST}{data_digest(source, samples)}",
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "classes",
                "name": "classes",
                "description": "The classes, and how many pictures each has.",
                "dataType": "sc:Enumeration",
                "key": {"@id": "classes/name"},
                "field": [_field("name", "sc:Text"), _field("count", "sc:Integer")],
                "data": [{"classes/name": label, "classes/count": counts[label]} for label in sorted(counts)],
            }
        ],
    }


def lacking(card: dict[str, Any]) -> Sequence[str]:
    """Return the properties that Croissant or a gate asks for and a draft does not have yet."""
    return [
        key for key in ("description", "license", "creator", "url", "datePublished", "distribution") if key not in card
    ]


def _field(name: str, kind: str) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": f"classes/{name}", "name": name, "dataType": kind}
