"""How many pictures of a data set the decoding of an entry concerns: a column of the clean case, and notes of the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from robustcheck.domain.config import Preprocessing
from robustcheck.images.form import PLAIN, Form
from robustcheck.metrics.records import Records

COLUMN: Final = "form"
"""Column of the clean case's records: ``Form.code`` of each picture."""
NARROW: Final = (8, 10, 12, 14)
"""Bits of sensors and scanners whose values are often stored in 16 as they are."""


def form_column(forms: Mapping[str, Form], ids: Sequence[str]) -> dict[str, NDArray[np.int32]]:
    """Return the column of the records that says how each picture is stored.

    Args:
        forms: How those that were decoded are stored, by id.
        ids: Of the records, in their order.
    """
    return {COLUMN: np.array([forms.get(name, PLAIN).code for name in ids], np.int32)}


def form_notes(clean: Records, preprocessing: Preprocessing) -> list[str]:
    """Say how many pictures each setting of the decoding concerns.

    Args:
        clean: The records of the clean case.
        preprocessing: The model's own.
    """
    forms = [Form.of(int(code)) for code in clean.extra.get(COLUMN, ())]
    return [*_of_orientation(forms, preprocessing), *_of_alpha(forms, preprocessing), *_of_depth(forms, preprocessing)]


def _of(part: int, forms: Sequence[Form]) -> str:
    return f"{part} of {len(forms)} pictures"


def _of_orientation(forms: Sequence[Form], preprocessing: Preprocessing) -> Iterator[str]:
    turned = sum(form.turned for form in forms)
    if turned:
        how = "applied" if preprocessing.exif == "apply" else "ignored, so they are shown as they are stored"
        yield f"{_of(turned, forms)} are turned by EXIF ({how})"


def _of_alpha(forms: Sequence[Form], preprocessing: Preprocessing) -> Iterator[str]:
    alpha, sheer = sum(form.alpha for form in forms), sum(form.sheer for form in forms)
    if alpha:
        how = "dropped" if preprocessing.alpha == "drop" else f"blended with {preprocessing.alpha}"
        yield f"{_of(alpha, forms)} have an alpha channel, {how} ({sheer or 'none'} of them not opaque)"


def _of_depth(forms: Sequence[Form], preprocessing: Preprocessing) -> Iterator[str]:
    gray = sum(form.gray for form in forms)
    if preprocessing.channels == "gray" and gray < len(forms):
        yield f"{_of(len(forms) - gray, forms)} have colours, made gray"
    elif preprocessing.channels != "gray" and gray:
        yield f"{_of(gray, forms)} are gray, shown as RGB"
    deep = [form for form in forms if form.deep]
    if deep:
        yield f"{_of(len(deep), forms)} have 16 bits a channel, rounded to 8"
        yield from _of_narrow(deep)


def _of_narrow(deep: Sequence[Form]) -> Iterator[str]:
    """Say that values of fewer bits were stored in 16 as they are, which makes them nearly black."""
    for bits in NARROW:
        narrow = sum(0 < form.used <= bits for form in deep)
        if 2 * narrow > len(deep):
            yield (
                f"{narrow} of {len(deep)} pictures with 16 bits a channel have no value of {1 << bits} or more: that looks like "
                f"{bits}-bit data, which is nearly black here; scale the values by {65535 / ((1 << bits) - 1):.6g} when you store "
                "them"
            )
            return
