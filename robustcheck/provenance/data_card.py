"""Data cards: Croissant JSON-LD, read and held against what a suite demands.

Read by ourselves, since Croissant's own library lets a card without a licence pass. Counts of classes stand in a record set
of the type ``sc:Enumeration`` whose rows are inline and have a field ``.../name`` and a field ``.../count``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.class_names import class_name, repeated
from robustcheck.core.errors import RobustcheckError
from robustcheck.core.paths import inside
from robustcheck.core.read_files import Note, ignore
from robustcheck.core.strict_json import NotStrict, parse_object, read_evidence
from robustcheck.core.text import named, printable
from robustcheck.provenance.licenses import is_allowed, is_known, spdx

CROISSANT: Final = "http://mlcommons.org/croissant/"
DIGEST: Final = "sha256:"
HOW: Final = "robustcheck provenance card drafts one"


@dataclass(frozen=True, slots=True)
class DataCard:
    """What a card says.

    Attributes:
        name: Its path, for messages.
        licenses: SPDX ids, where they can be told, else as they stand.
        creators: Names.
        counts: Pictures by class; ``None`` if not said.
        digest: Of the data it describes; empty if not said.
        published: The day; ``None`` if not said.
    """

    name: str
    licenses: tuple[str, ...]
    creators: tuple[str, ...]
    counts: Mapping[str, int] | None
    digest: str
    published: datetime.date | None


def load_card(path: Path, *, root: Path, note: Note = ignore) -> DataCard:
    """Read a card.

    Args:
        path: The file.
        root: The project's folder, which the file must not leave.
        note: Is told of the bytes that were read.

    Raises:
        RobustcheckError: There is none, it leaves the project, or it is no Croissant file.
    """
    text = read_evidence(inside(path, root, "data card"), "data card", note)
    try:
        found = parse_object(text)
        conforms = _texts(found.get("conformsTo", found.get("dct:conformsTo", "")))
        if not any(item.startswith(CROISSANT) for item in conforms):
            raise ValueError(f"conformsTo does not name {CROISSANT}")
        return DataCard(
            name=printable(str(path)),
            licenses=tuple(_licenses(found.get("license", ()))),
            creators=tuple(_texts(found.get("creator", ()))),
            counts=_counts(found.get("recordSet", ())),
            digest=next((text for text in _digests(found)), ""),
            published=_day(found["datePublished"]) if "datePublished" in found else None,
        )
    except NotStrict as error:
        raise RobustcheckError(f"{path}: this data card cannot be trusted: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RobustcheckError(f"{path}: this is no Croissant data card: {printable(str(error))}; {HOW}") from None


def _texts(value: Any) -> list[str]:
    """Return the texts of a value that may be a text, an object with a name or address, or a list of such."""
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, Mapping):
        return _texts(value.get("name") or value.get("url") or value.get("@id") or "")
    return [value.strip()] if isinstance(value, str) and value.strip() else []


def _licenses(value: Any) -> list[str]:
    """Return the licences of a card; of an object those that its name and addresses say, each of which must be allowed."""
    if isinstance(value, list | tuple):
        return [text for item in value for text in _licenses(item)]
    if not isinstance(value, Mapping):
        return [spdx(text) for text in _texts(value)]
    said = [text for key in ("identifier", "url", "@id", "name") for text in _texts(value.get(key, ""))]
    known = [spdx(text) for text in said if is_known(text)]
    return list(dict.fromkeys(known)) or [spdx(text) for text in said[:1]]


def _counts(record_sets: Any) -> dict[str, int] | None:
    for record_set in record_sets if isinstance(record_sets, list) else [record_sets]:
        rows = record_set.get("data") if isinstance(record_set, dict) else None
        if not rows or "sc:Enumeration" not in _texts(record_set.get("dataType", "")):
            continue
        counted = [_row(row) for row in rows]
        twice = list(repeated(name for name, _ in counted))
        if twice:
            raise ValueError(f"the class {twice[0]} is counted twice")
        if all(count is not None for _, count in counted):
            return {name: count for name, count in counted if count is not None}
    return None


def _row(row: Mapping[str, Any]) -> tuple[str, int | None]:
    ends = {str(key).rpartition("/")[2]: value for key, value in row.items()}
    count = ends.get("count")
    return class_name(str(ends["name"])), count if isinstance(count, int) and not isinstance(count, bool) else None


def _digests(found: Mapping[str, Any]) -> Iterator[str]:
    for text in _texts(found.get("identifier", ())):
        if text.startswith(DIGEST):
            yield text.removeprefix(DIGEST)


def _day(text: str) -> datetime.date:
    return datetime.datetime.fromisoformat(text).date()


def unmet(
    card: DataCard,
    *,
    licenses: Sequence[str] = (),
    class_counts_min: int = 0,
    observed_counts: Mapping[str, int] | None = None,
    data_digest: str = "",
    max_age: datetime.timedelta | None = None,
    now: datetime.datetime | None = None,
) -> list[str]:
    """Return what a card lacks of what is demanded; only what is given is looked at.

    Args:
        card: It.
        licenses: Those allowed, as SPDX ids; each one that the card names must be among them.
        class_counts_min: Pictures that each class must have.
        observed_counts: Pictures by class as they lie here; a card that says otherwise is of other data.
        data_digest: Of the data as it lies here. With it the card must name a licence and a creator, and be of this data if
            it says of which.
        max_age: Time since it was published, at most.
        now: With a time zone; needed with ``max_age``.
    """
    lacking = _bare(card, data_digest) if data_digest else []
    if licenses:
        lacking += _not_allowed(card, licenses)
    if class_counts_min:
        lacking += _too_few(card, class_counts_min, observed_counts)
    if max_age is not None and now is not None:
        lacking += _too_old(card, max_age, now)
    return lacking


def _bare(card: DataCard, data_digest: str) -> list[str]:
    lacking = [
        f"{card.name} names no {what}; write it below {what!r}"
        for what, said in (("license", card.licenses), ("creator", card.creators))
        if not said
    ]
    if card.digest and card.digest != data_digest:
        lacking.append(
            f"{card.name} is of other data: its identifier says {printable(card.digest[:12])}, the data here is {data_digest[:12]}; "
            "draft it again by robustcheck provenance card"
        )
    return lacking


def _not_allowed(card: DataCard, licenses: Sequence[str]) -> list[str]:
    allowed = ", ".join(licenses)
    if not card.licenses:
        return [f"{card.name} names no licence; {allowed} are allowed"]
    refused = [text for text in card.licenses if not is_allowed(text, licenses)]
    other, unknown = ([text for text in refused if is_known(text) is known] for known in (True, False))
    lacking = []
    if other:
        lacking.append(
            f"{card.name}: the licence {named(other)} is not among {allowed}; use other data, or have whoever owns the suite allow it"
        )
    if unknown:
        lacking.append(
            f"{card.name}: the licence {named(unknown)} is not among {allowed}, and is neither an SPDX id nor the name or address "
            "of a licence that is known here: look up what it is, and write its SPDX id into the card (spdx.org/licenses lists "
            "them), or LicenseRef- and a name if it has none"
        )
    return lacking


def _too_few(card: DataCard, least: int, observed: Mapping[str, int] | None) -> list[str]:
    if card.counts is None:
        return [f"{card.name} does not say how many pictures each class has; {HOW} with these counts"]
    few = [f"{name} ({count})" for name, count in card.counts.items() if count < least]
    lacking = [f"{card.name}: fewer than {least} pictures of {named(few)}; collect more"] if few else []
    if observed is not None:
        other = [
            f"{name} ({card.counts.get(name, 0)}, here {observed.get(name, 0)})"
            for name in sorted({*card.counts, *observed})
            if card.counts.get(name, 0) != observed.get(name, 0)
        ]
        lacking += [f"{card.name} counts other pictures than lie here: {named(other)}; draft it again"] if other else []
    return lacking


def _too_old(card: DataCard, max_age: datetime.timedelta, now: datetime.datetime) -> list[str]:
    if card.published is None:
        return [f"{card.name} does not say when the data was published; write datePublished"]
    age = now.date() - card.published
    if age.days < 0:
        return [f"{card.name}: datePublished {card.published} lies in the future"]
    told = f"{card.name}: the data was published {age.days} days ago, on {card.published}; {max_age.days} are allowed"
    return [told] if age > max_age else []
