"""What licence a text means, held against SPDX's own list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import license_expression
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustcheck.provenance import licenses
from robustcheck.provenance.data_card import DataCard, _licenses, unmet
from robustcheck.provenance.licenses import is_allowed, is_known, spdx

MEANT = {
    "MIT": (
        "mit", "MIT", "Mit", "MIT License", "mit licence", "The MIT License (MIT)", "expat",
        "https://choosealicense.com/licenses/mit/", "http://choosealicense.com/licenses/mit", "https://spdx.org/licenses/MIT",
        "https://spdx.org/licenses/MIT.html", "https://opensource.org/licenses/MIT", "https://opensource.org/license/mit/",
        "http://www.opensource.org/licenses/mit-license.php", "SPDX-License-Identifier: MIT", " mit ",
    ),
    "Apache-2.0": (
        "apache-2.0", "Apache 2.0", "Apache License, Version 2.0", "Apache Software License 2.0",
        "https://www.apache.org/licenses/LICENSE-2.0", "http://www.apache.org/licenses/LICENSE-2.0.txt",
        "https://opensource.org/license/apache-2-0", "https://choosealicense.com/licenses/apache-2.0/",
    ),
    "CC-BY-4.0": (
        "cc-by-4.0", "CC BY 4.0", "Creative Commons Attribution 4.0 International", "https://creativecommons.org/licenses/by/4.0/",
        "http://creativecommons.org/licenses/by/4.0", "https://www.creativecommons.org/licenses/by/4.0/legalcode",
        "https://creativecommons.org/licenses/by/4.0/deed", "https://creativecommons.org/licenses/by/4.0/deed.en",
        "https://creativecommons.org/licenses/by/4.0/legalcode.txt", "https://creativecommons.org/licenses/by/4.0/?ref=x#top",
        "HTTPS://CREATIVECOMMONS.ORG/licenses/BY/4.0/", "creativecommons.org/licenses/by/4.0/",
    ),
    "CC-BY-NC-SA-4.0": (
        "CC BY-NC-SA 4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/",
        "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International (CC BY-NC-SA 4.0)",
    ),
    "CC-BY-3.0-US": ("https://creativecommons.org/licenses/by/3.0/us/", "http://creativecommons.org/licenses/by/3.0/us/legalcode"),
    "CC0-1.0": ("cc0", "CC0 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/deed.en"),
    "ODbL-1.0": ("odbl", "https://opendatacommons.org/licenses/odbl/1-0/", "Open Database License 1.0"),
    "BSD-3-Clause": ("BSD 3-Clause License", "new BSD license", "https://opensource.org/licenses/BSD-3-Clause"),
    "GPL-3.0-only": ("gpl-3.0", "GPL-3.0-only", "https://www.gnu.org/licenses/gpl-3.0.en.html"),
    "GPL-3.0-or-later": ("GPL-3.0+", "gpl-3.0-or-later"),
}  # fmt: skip
UNKNOWN = (
    "other", "BSD", "GPL", "public domain", "Creative Commons", "https://example.org/LICENSE", "MIT-like", "Custom (MIT)",
    "https://choosealicense.com/licenses/", "https://creativecommons.org/licenses/by/", "https://evil.org/spdx.org/licenses/MIT",
    "https://spdx.org.evil.org/licenses/MIT", "MIT License with changes", "Apache", "https://creativecommons.org/licenses/by-xx/4.0/",
)  # fmt: skip


@pytest.mark.parametrize(("meant", "text"), [(meant, text) for meant, texts in MEANT.items() for text in texts])
def test_ids_names_and_addresses_mean_one_licence(meant: str, text: str) -> None:
    assert (spdx(text), is_known(text), is_allowed(text, [meant.lower()])) == (meant, True, True)


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_could_mean_several_or_none_stays_as_it_is(text: str) -> None:
    assert (spdx(text), is_known(text)) == (text, False)
    assert not is_allowed(text, ["MIT", "Apache-2.0", "CC-BY-4.0"])


def test_every_id_is_one_of_spdx() -> None:
    known = set(license_expression.get_spdx_licensing().known_symbols)
    ours = {*licenses._IDS, *licenses._COMMONS, *licenses._NAMES.values(), *MEANT}
    assert ours - known == {"CC-BY-3.0-US"} - known


@given(st.text())
def test_an_id_stays_what_it_is(text: str) -> None:
    assert spdx(spdx(text)) == spdx(text)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only OR mit", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND CC-BY-4.0", True),
        ("GPL-2.0 OR MIT AND CC-BY-4.0", True),
        ("GPL-2.0 AND MIT OR Apache-2.0", False),
    ],
)
def test_expressions(text: str, allowed: bool) -> None:
    assert is_allowed(text, ["MIT", "CC-BY-4.0"]) is allowed
    assert is_known(text)


def _lacking(*texts: str) -> list[str]:
    card = DataCard("card.json", texts, ("me",), None, "", None)
    return unmet(card, licenses=["MIT", "LicenseRef-ours"])


def test_messages_tell_what_is_another_from_what_is_unknown() -> None:
    assert _lacking("mit", "licenseref-OURS") == []
    (other,) = _lacking("GPL-3.0-only")
    assert other == (
        "card.json: the licence GPL-3.0-only is not among MIT, LicenseRef-ours; use other data, or have whoever owns the suite "
        "allow it"
    )
    (unknown,) = _lacking("https://example.org/terms")
    assert "https://example.org/terms is not among MIT, LicenseRef-ours, and is neither an SPDX id nor" in unknown
    assert "write its SPDX id into the card" in unknown
    assert "use other data" not in unknown


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("mit", ["MIT"]),
        (["mit", "https://creativecommons.org/licenses/by/4.0/"], ["MIT", "CC-BY-4.0"]),
        ({"@type": "CreativeWork", "name": "Our terms", "url": "https://opensource.org/licenses/MIT"}, ["MIT"]),
        ({"@type": "CreativeWork", "name": "MIT License", "url": "https://example.org"}, ["MIT"]),
        ({"@id": "https://spdx.org/licenses/MIT"}, ["MIT"]),
        ({"name": "GPL-3.0-only", "url": "https://opensource.org/licenses/MIT"}, ["MIT", "GPL-3.0-only"]),
        ({"name": "MIT License", "url": "https://opensource.org/licenses/MIT"}, ["MIT"]),
        ({"name": "Our terms"}, ["Our terms"]),
        ([], []),
    ],
)
def test_what_a_card_may_write(value: Any, found: list[str], tmp_path: Path) -> None:
    assert _licenses(value) == found
