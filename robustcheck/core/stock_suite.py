"""The text of a first suite and of the entries it names, for whoever has a model and pictures and no suite yet.

``robustcheck init`` writes it into a project to keep; pytest writes the same for a run without any suite.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_PLAIN: Final = re.compile(r"(\.\./)*[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_][A-Za-z0-9_./-]*)*")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that YAML may take for something else than text."""
_WIDTH: Final = 110

_HEAD: Final = """\
# A starting point: nobody had measured this model when these checks and thresholds were written. After the first run
# write what your use needs, not what the model happens to reach. `robustcheck list shifts` shows what else can be done
# to the pictures, `robustcheck explain camera.roll` explains one, `robustcheck validate` checks this file.
robustcheck: 1
title: {title}
owner: {owner}
model: {model}
data: {data}

expect:                       # holds for every check below unless it says otherwise
  drop: "<= 10pp"             # what accuracy may lose against the pictures as they are

clean:                        # the pictures as they are; what is compared with them needs a bound of its own
  expect: {{accuracy: ">= 80%"}}

checks:
  - id: tilted
    shift: camera.roll
    roll: [-5deg, 5deg]       # a list is a sweep: one case each
    tier: smoke               # also runs with --robustcheck-tier smoke
    why: The camera is not mounted as straight as in training.

  - id: off-centre
    shift: camera.shift
    dx: [-8%, 8%]
    why: What matters is seldom in the middle of the frame.

  - id: dusk-and-sun
    shift: light.exposure
    stops: [-2ev, 1ev]
    tier: smoke
    why: The light changes with the hour and the weather.

  - id: cropped
    shift: crop.center
    keep: 80%
    why: The camera is closer, or what cuts the object out cuts narrower.

  - id: noisy-sensor
    shift: sensor.noise
    iso: 12800
    why: A cheaper sensor, or less light.

  - id: compressed
    shift: sensor.jpeg
    quality: 30
    why: Pictures come over a narrow line.

"""
_ATTACKS: Final = {
    "pgd": "    steps: 10                 # cheap: more steps, or `attack: cascade`, find more\n",
    "square": "    queries: 200              # cheap: more queries find more\n",
}
_ATTACK: Final = """\
  - id: smallest-attack
    attack: {attack}
    eps: 1/255                # one grey level: nobody sees it
{effort}    severity: warn            # a network that was not trained against attacks falls to it, so this only warns
    expect: {{robust_accuracy: ">= 20%", drop: null}}
    why: Somebody who means harm may change the picture.
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One key of an entry of ``configs/``.

    Attributes:
        key: The key.
        value: What it says, as YAML text, or lines of a mapping below it.
        comment: What stands behind it.
    """

    key: str
    value: str | tuple[Line, ...]
    comment: str = ""


def scalar(text: str) -> str:
    """Return text as YAML that means this very text."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def listed(words: Iterable[str]) -> str:
    """Return a list as YAML; a long one in several lines, for an entry's own indentation."""
    text = f"[{', '.join(map(scalar, words))}]"
    if len(text) <= _WIDTH - 20:
        return text
    # Quoted names may hold blanks, at which no line may end.
    lines = textwrap.wrap(_held(text), _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n    " + "\n     ".join(lines).replace("\0", " ")


def _held(text: str) -> str:
    """Return text in which the blanks within quotes are NUL, which no YAML holds."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: found[0].replace(" ", "\0"), text)


def entry_text(name: str, lines: Sequence[Line]) -> str:
    """Return an entry of ``models.yaml`` or ``data.yaml``."""
    return f"{scalar(name)}:\n{_below(lines, '  ')}"


def _below(lines: Sequence[Line], indent: str) -> str:
    text = ""
    for line in lines:
        inner = isinstance(line.value, tuple)
        before = f"{indent}{line.key}:" + ("" if inner or line.value[:1] == "\n" else " ")
        own = before if inner else f"{before}{line.value}"
        text += (f"{own:<34}  # {line.comment}" if line.comment else own) + "\n"
        if isinstance(line.value, tuple):
            text += _below(line.value, indent + "  ")
    return text


def suite_text(*, model: str, data: str, owner: str, schema: str = "", gradients: bool = True) -> str:
    """Return a first suite: camera, light, crop, a degraded sensor, and a cheap attack.

    Args:
        model: An entry of ``models.yaml``.
        data: An entry of ``data.yaml``.
        owner: Who answers for the suite.
        schema: Path of the JSON Schema from the suite, for editors; none where it is empty.
        gradients: Whether attacks may differentiate the model.
    """
    editor = f"# yaml-language-server: $schema={schema}\n" if schema else ""
    attack = "pgd" if gradients else "square"
    said = {"title": scalar(f"{model} on {data}"), "owner": scalar(owner), "model": scalar(model), "data": scalar(data)}
    return editor + _HEAD.format(**said) + _ATTACK.format(attack=attack, effort=_ATTACKS[attack])
