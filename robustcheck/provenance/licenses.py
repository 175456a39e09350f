"""What licence a text means: SPDX ids in any case, names in words, and the addresses at which licences are published."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_IDS: Final = [
    "0BSD",
    "AFL-3.0",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-1.0",
    "Apache-1.1",
    "Apache-2.0",
    "Artistic-1.0",
    "Artistic-2.0",
    "BlueOak-1.0.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-2-Clause-Patent",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSD-4-Clause",
    "BSL-1.0",
    "C-UDA-1.0",
    "CC-PDDC",
    "CC-PDM-1.0",
    "CC0-1.0",
    "CDDL-1.0",
    "CDDL-1.1",
    "CDLA-Permissive-1.0",
    "CDLA-Permissive-2.0",
    "CDLA-Sharing-1.0",
    "CECILL-2.1",
    "CPL-1.0",
    "DL-DE-BY-2.0",
    "DL-DE-ZERO-2.0",
    "ECL-2.0",
    "EPL-1.0",
    "EPL-2.0",
    "etalab-2.0",
    "EUPL-1.0",
    "EUPL-1.1",
    "EUPL-1.2",
    "GFDL-1.1-only",
    "GFDL-1.1-or-later",
    "GFDL-1.2-only",
    "GFDL-1.2-or-later",
    "GFDL-1.3-only",
    "GFDL-1.3-or-later",
    "GPL-1.0-only",
    "GPL-1.0-or-later",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "HPND",
    "ISC",
    "LGPL-2.0-only",
    "LGPL-2.0-or-later",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "LPPL-1.3c",
    "MIT",
    "MIT-0",
    "MPL-1.1",
    "MPL-2.0",
    "MS-PL",
    "MS-RL",
    "MulanPSL-2.0",
    "NCSA",
    "NLOD-1.0",
    "NLOD-2.0",
    "O-UDA-1.0",
    "ODbL-1.0",
    "ODC-By-1.0",
    "OFL-1.1",
    "OGL-Canada-2.0",
    "OGL-UK-1.0",
    "OGL-UK-2.0",
    "OGL-UK-3.0",
    "OSL-3.0",
    "PDDL-1.0",
    "PostgreSQL",
    "Python-2.0",
    "Unicode-3.0",
    "Unlicense",
    "UPL-1.0",
    "Vim",
    "W3C",
    "WTFPL",
    "X11",
    "Zlib",
    "ZPL-2.1",
]
_COMMONS: Final = tuple(
    f"CC-{code}-{version}"
    for code in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
    for version in ("1.0", "2.0", "2.5", "3.0", "4.0")
)
_GNU: Final = re.compile(r"(agpl|gfdl|lgpl|gpl)-(\d\.\d)(\+)?", re.IGNORECASE)

_NAMES: Final = {
    "apache 2": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache2.0": "Apache-2.0",
    "boost software 1.0": "BSL-1.0",
    "bsd 2 clause": "BSD-2-Clause",
    "bsd 2 clause simplified": "BSD-2-Clause",
    "bsd 3 clause": "BSD-3-Clause",
    "bsd 3 clause new or revised": "BSD-3-Clause",
    "cc zero": "CC0-1.0",
    "cc zero 1.0": "CC0-1.0",
    "cc0": "CC0-1.0",
    "cc0 1.0 universal": "CC0-1.0",
    "creative commons zero": "CC0-1.0",
    "creative commons zero 1.0": "CC0-1.0",
    "creative commons zero 1.0 universal": "CC0-1.0",
    "expat": "MIT",
    "mozilla public 2.0": "MPL-2.0",
    "new bsd": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "simplified bsd": "BSD-2-Clause",
    "odbl": "ODbL-1.0",
    "open data commons attribution 1.0": "ODC-By-1.0",
    "open data commons open database 1.0": "ODbL-1.0",
    "open database 1.0": "ODbL-1.0",
    "pddl": "PDDL-1.0",
    "open data commons public domain dedication and 1.0": "PDDL-1.0",
    "the unlicense": "Unlicense",
    "community data agreement permissive 1.0": "CDLA-Permissive-1.0",
    "community data agreement permissive 2.0": "CDLA-Permissive-2.0",
    "community data agreement sharing 1.0": "CDLA-Sharing-1.0",
}
"""Names without the words licence, version and the, in lower case, that mean one licence and no other."""

_ADDRESSES: Final = tuple(
    (re.compile(address), meaning)
    for address, meaning in (
        (r"spdx\.org/licenses/([a-z0-9.+-]+?)(?:\.html|\.json|\.txt)?", r"\1"),
        (r"choosealicense\.com/licenses/([a-z0-9.-]+)", r"\1"),
        (
            r"(?:www\.)?opensource\.org/licenses?/([a-z0-9._-]+?)(?:-license|-license-txt)?(?:\.php|\.html|\.txt)?",
            r"\1",
        ),
        (r"apache\.org/licenses/license-(\d\.\d)(?:\.txt|\.html)?", r"apache-\1"),
        (r"gnu\.org/(?:licenses|licenses/old-licenses|copyleft)/((?:a|l)?gpl-\d\.\d)(?:[.-][a-z-]+)*", r"\1"),
        (r"gnu\.org/(?:licenses|licenses/old-licenses|copyleft)/fdl-(\d\.\d)(?:[.-][a-z-]+)*", r"gfdl-\1"),
        (r"mozilla\.org/(?:[a-z]{2}(?:-[a-z]{2})?/)?mpl/(\d\.\d)(?:/index\.txt)?", r"mpl-\1"),
        (r"opendatacommons\.org/licenses/odbl(?:/.*)?", "odbl-1.0"),
        (r"opendatacommons\.org/licenses/by(?:/.*)?", "odc-by-1.0"),
        (r"opendatacommons\.org/licenses/pddl(?:/.*)?", "pddl-1.0"),
        (r"cdla\.(?:dev|io)/(permissive|sharing)-(\d)-(\d)(?:/.*)?", r"cdla-\1-\2.\3"),
        (r"unlicense\.org", "unlicense"),
        (r"wtfpl\.net(?:/.*)?", "wtfpl"),
        (r"boost\.org/license_1_0\.txt", "bsl-1.0"),
        (r"eclipse\.org/legal/epl-(\d)\.?(\d)(?:\.html|/.*)?", r"epl-\1.\2"),
        (r"eclipse\.org/legal/epl-v(\d)(\d)\.html", r"epl-\1.\2"),
        (r"nationalarchives\.gov\.uk/doc/open-government-licence/version/(\d)", r"ogl-uk-\1.0"),
        (r"govdata\.de/dl-de/(by|zero)-(\d)-(\d)", r"dl-de-\1-\2.\3"),
    )
)
"""Addresses, without scheme and www., in lower case, and the id in lower case."""
_CC_ADDRESS: Final = re.compile(
    r"creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)(?:/([a-z]{2}|igo|scotland))?(?:/(?:deed|legalcode|rdf)[^/]*)?"
)
_CC_NAME: Final = re.compile(
    r"(?:cc|creative commons) (by|attribution)((?: (?:sa|nc|nd|share ?alike|non ?commercial|no ?deriv(?:ative)?s?(?: works)?))*) "
    r"(\d\.\d)(?: (?:international|unported|generic))?"
)
_CC_WORDS: Final = (("share", "sa"), ("sa", "sa"), ("non", "nc"), ("nc", "nc"), ("no", "nd"), ("nd", "nd"))
_BY_CASE: Final = {name.casefold(): name for name in (*_IDS, *_COMMONS)}


def spdx(text: str) -> str:
    """Return the SPDX id that a licence's id, name or address stands for, or the text as it is.

    GNU's old ids, which SPDX has replaced, become those that it says they mean: ``GPL-3.0`` is ``GPL-3.0-only``.
    """
    return _id_of(text) or text.strip()


def is_known(text: str) -> bool:
    """Whether a text says which licence is meant: one of the ids that are known here, or an id of one's own, ``LicenseRef-...``."""
    return bool(_id_of(text)) or all(_id_of(part) or part.startswith("LicenseRef-") for part in _parts(text))


def is_allowed(text: str, allowed: Iterable[str]) -> bool:
    """Whether a licence is among those allowed, in any spelling; of ``A OR B`` one must be, of ``A AND B`` both.

    Args:
        text: Id, name, address, or an expression of SPDX without brackets.
        allowed: Ids, names or addresses.
    """
    known = {spdx(one).casefold() for one in allowed}
    if spdx(text).casefold() in known:
        return True
    choices = [re.split(r"\s+(?:AND|and)\s+", choice) for choice in re.split(r"\s+(?:OR|or)\s+", text.strip())]
    return any(all(spdx(part).casefold() in known for part in choice) for choice in choices)


def _parts(text: str) -> list[str]:
    return re.split(r"\s+(?:OR|or|AND|and)\s+", text.strip())


def _id_of(text: str) -> str:
    """Return an id, or an empty text where none is known."""
    low = text.strip().casefold()
    low = re.sub(r"^(spdx-license-identifier:|spdx:)\s*", "", low)
    address = re.fullmatch(r"https?://(?:www\.)?([^?#]+?)/*(?:[?#].*)?", low)
    if address or re.match(r"(?:www\.)?[a-z.-]+\.[a-z]{2,4}/", low):
        return _of_address(address[1] if address else low.removeprefix("www.").rstrip("/"))
    return _by_id(low) or _of_name(low)


def _by_id(low: str) -> str:
    gnu = _GNU.fullmatch(low)
    if gnu:
        low = f"{gnu[1]}-{gnu[2]}-{'or-later' if gnu[3] else 'only'}"
    return _BY_CASE.get(low, "")


def _of_address(address: str) -> str:
    commons = _CC_ADDRESS.fullmatch(address)
    if commons:
        kind, code, version, country = commons.groups()
        if kind == "publicdomain":
            return {"zero": f"CC0-{version}", "mark": f"CC-PDM-{version}"}.get(code, "")
        name = _by_id(f"cc-{code}-{version}")
        # A version for one country is a licence of its own.
        return f"{name}-{country.upper()}" if name and country else name
    for pattern, meaning in _ADDRESSES:
        found = pattern.fullmatch(address)
        if found:
            name = found.expand(meaning)
            dotted = re.sub(r"-(\d)-(\d)$", r"-\1.\2", name)
            return _by_id(name) or _by_id(dotted) or _of_name(name)
    return ""


def _of_name(low: str) -> str:
    both = re.fullmatch(r"(.+?)\s*\(([^()]+)\)", low)  # a name with its short form
    if both:
        long, short = (_by_id(part) or _of_name(part) for part in both.groups())
        return long if long == short else ""
    plain = re.sub(r"[\s_,()\"'/-]+", " ", low).strip()
    plain = re.sub(r"\b(?:the|licen[cs]e|licen[cs]ed|version|ver|software(?= licen[cs]e)|v(?=\s*\d))\b\.?", " ", plain)
    plain = re.sub(r"\bv(?=\d)", "", plain)
    plain = " ".join(plain.split())
    commons = _CC_NAME.fullmatch(plain)
    if commons:
        words = [next(code for start, code in _CC_WORDS if word.startswith(start)) for word in _words(commons[2])]
        ordered = [code for code in ("nc", "nd", "sa") if code in words]
        return _by_id("-".join(("cc", "by", *ordered, commons[3])))
    return _NAMES.get(plain) or _NAMES.get(low) or _by_id(plain.replace(" ", "-"))


def _words(text: str) -> list[str]:
    """Return the conditions of a Creative Commons licence, a word each."""
    return re.findall(r"sa|nc|nd|share ?alike|non ?commercial|no ?deriv\w*", text)
