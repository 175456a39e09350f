"""Lines of YAML that use a shift or a metric and are valid, made from what the registry knows of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from robustcheck.core.facts import MetricFacts
from robustcheck.core.registry import Definition, Parameter
from robustcheck.core.units import Quantity, parse_quantity
from robustcheck.language.thresholds import ARGUMENTS

_USUAL: Final[Mapping[str, float]] = {
    "deg": 10,
    "ev": 1,
    "%": 10,
    "pp": 5,
    "px": 4,
    "K": 4000,
    "m": 50,
    "s": 0.02,
    "lux": 30,
    "/255": 4,
    "": 0.8,
}
_FEW: Final = 2
"""Parameters that an example writes when none is required and none is worth sweeping."""


def shift_example(shift: Definition) -> str:
    """Return an entry of ``checks`` that uses a shift with values worth trying."""
    return _example(shift, "shift", 'drop: "<= 5pp"')


def attack_example(attack: Definition) -> str:
    """Return an entry of ``checks`` that uses an attack with values worth trying."""
    expected = 'median_norm: ">= 0.01"' if attack.facts.minimal else 'robust_accuracy: ">= 40%"'
    return _example(attack, "attack", expected)


def _example(shift: Definition, key: str, expected: str) -> str:
    lines = [f"- {key}: {shift.name}"]
    for parameter in _shown(shift):
        values = shift.facts.sweep.get(parameter.name, ())
        if len(values) > 1:
            written = f"[{', '.join(values)}]"
        else:
            written = values[0] if values else _sample(parameter)
        lines.append(f"  {parameter.name}: {written}")
    lines.append(f"  expect: {{{expected}}}")
    return "\n".join(lines)


def _shown(shift: Definition) -> list[Parameter]:
    parameters = list(shift.parameters.values())
    chosen = [parameter for parameter in parameters if parameter.required or parameter.name in shift.facts.sweep]
    few = [parameter for parameter in parameters if parameter.kind != "any" or _default_of_another(parameter)]
    return chosen or few[:_FEW]


def _default_of_another(parameter: Parameter) -> str:
    """Return the default of another library's argument as a suite writes it; nothing where that cannot be written."""
    text = str(parameter.default)
    pair = re.fullmatch(r"\(([-\d.]+), ([-\d.]+)\)", text)
    if pair:
        return f"{pair[1]}..{pair[2]}"
    return text if re.fullmatch(r"[-+]?[\d.]+|[a-z_]+", text) else ""


def _sample(parameter: Parameter) -> str:
    if parameter.kind == "any":
        return _default_of_another(parameter) or "64"
    if parameter.kind == "choice":
        return next((word for word in parameter.choices if word != parameter.default), parameter.choices[0])
    if parameter.kind == "boolean":
        return str(not parameter.default).lower()
    if parameter.kind == "text":
        return str(parameter.default or "text")
    if parameter.kind == "integer":
        return str(round(_inside(2, parameter)))
    if ":" in parameter.units:
        return next(text for text in ("4:3", "1:1", "16:9", "1:4", "4:1") if _fits(text, parameter))
    unit = parameter.units[0] if parameter.units else ""
    return str(Quantity(_inside(_USUAL.get(unit, 1), parameter), unit))


def _fits(text: str, parameter: Parameter) -> bool:
    quantity = parse_quantity(text)
    return quantity is not None and parameter.low <= quantity.number <= parameter.high


def _inside(usual: float, parameter: Parameter) -> float:
    """Return the usual number, its negative, or one in the middle: whichever the range allows."""
    for number in (usual, -usual):
        if parameter.low <= number <= parameter.high:
            return number
    low = parameter.low if math.isfinite(parameter.low) else parameter.high - 1
    high = parameter.high if math.isfinite(parameter.high) else parameter.low + 1
    return float(f"{(low + high) / 2:.3g}")


_SUBJECTS: Final[Mapping[str, str]] = {
    "clean": "clean:\n  ",
    "worst_of": "- worst_of: camera.view\n  yaw: -15deg..15deg\n  zoom: 0.8..1.25\n  ",
    "attack": "- attack: pgd\n  eps: 4/255\n  ",
    "find_limit": (
        "- find_limit:\n    shift: camera.yaw\n    param: yaw\n    from: 0deg\n    to: 45deg\n"
        '    until: {accuracy: "< 90%"}\n  '
    ),
}
"""The checks that metrics of their own are measured on."""


def metric_example(metric: Definition) -> str:
    """Return a line of ``expect`` that uses a metric, after the check that it needs if not every check will do."""
    facts: MetricFacts = metric.facts
    beside = _SUBJECTS[facts.kinds[0]] if facts.kinds else ""
    if metric.name in ("median_norm", "robust_accuracy_at"):
        beside = "- attack: fmn\n  "
    if metric.name == "median_norm":
        return f'{beside}expect: {{median_norm: ">= 4/255"}}'
    if metric.name == "targeted_success":
        beside += "targeted: {stop: turn_left}\n  "
    if facts.unit == "parameter":
        return f'{beside}expect: {{{metric.name}: ">= 12deg"}}'
    promise = "\nreview: {max_risk: 1%}" if metric.name == "automatic_share" else ""
    return beside + _expectation(metric, facts) + promise


def _expectation(metric: Definition, facts: MetricFacts) -> str:
    comparison = ">=" if facts.better == "higher" else "<="
    usual = {"%": 85.0 if facts.better == "higher" else 5.0, "pp": 5.0, "": 0.5}[facts.unit]
    number = usual if facts.low < usual < facts.high else (facts.low + facts.high) / 2
    threshold = f'"{comparison} {number:g}{facts.unit}"'
    if not facts.argument:
        return f"expect: {{{metric.name}: {threshold}}}"
    shape = ARGUMENTS[facts.argument].partition(": ")[2].partition(" or ")[0]
    before, _, rest = shape.partition('"')
    return f"expect: {{{metric.name}: {before}{threshold}{rest.partition(chr(34))[2]}}}"
