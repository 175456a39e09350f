"""Which of the dictionaries in a weights file is the network's state, and what its keys begin with."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import torch

from robustcheck.core.errors import ModelError, did_you_mean
from robustcheck.domain.config import ModelEntry

State = dict[str, torch.Tensor]
DEEPEST: Final = 6
"""Dictionaries within each other that are looked into."""
USUAL: Final = ("", "state_dict", "model", "model.state_dict", "state_dict.model", "model_state_dict")
"""Where a state dict lies whose name says no more than that it is one."""
_DENSE: Final = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..*)$")


def state_of(loaded: Any, entry: ModelEntry, own: Mapping[str, torch.Tensor], file: str) -> tuple[State, str]:
    """Return the state dict of a loaded file with the network's own keys, and a note where it was not obvious which one it is.

    Args:
        loaded: What the file holds.
        entry: May name the dictionary (``weights_key``) and what its keys begin with (``weights_prefix``).
        own: The network's parameters and buffers.
        file: Its name, for messages.

    Raises:
        ModelError: No dictionary fits, or several do.
    """
    readings = dict(_dictionaries(loaded, ""))
    if not readings:
        what = _described(loaded)
        raise ModelError(f"{entry.where}: {file} holds {what}, not a state dict of tensors")
    key, note = _chosen(readings, entry, own, file)
    return _without_prefix(_renamed(readings[key], own), entry, own, file), note


def _dictionaries(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, State]]:
    """Yield every dictionary that holds tensors alone, with its dotted path."""
    if not isinstance(value, dict) or depth > DEEPEST:
        return
    tensors = [item for item in value.values() if isinstance(item, torch.Tensor)]
    if tensors and len(tensors) == len(value) and all(isinstance(key, str) for key in value):
        yield path, value
        return
    for key, inner in value.items():
        yield from _dictionaries(inner, f"{path}.{key}" if path else str(key), depth + 1)


def _chosen(readings: Mapping[str, State], entry: ModelEntry, own: Mapping[str, Any], file: str) -> tuple[str, str]:
    wanted = entry.options.get("weights_key")
    fitting = [key for key, state in readings.items() if _fits(state, entry, own)]
    related = [key for key, state in readings.items() if _names(state, entry, own).keys() & own.keys()]
    shown = _listed(fitting or related or list(readings))
    if wanted is not None:
        if wanted not in readings:
            hint = did_you_mean(str(wanted), readings) if any(readings) else "it is a state dict itself: leave it out"
            raise ModelError(f"{entry.where}: {file} has no dictionary of tensors at weights_key: {wanted}; {hint}")
        return str(wanted), ""
    if len(fitting) > 1:
        raise ModelError(
            f"{entry.where}: {file} holds {len(fitting)} sets of weights that fit the model: {shown}; write which one ships, "
            f"such as weights_key: {fitting[0]}"
        )
    if len(readings) == 1:
        key = next(iter(readings))
    elif fitting or len(related) == 1:
        key = (fitting or related)[0]
    else:
        raise ModelError(
            f"{entry.where}: {file} holds {len(readings)} dictionaries of tensors and none fits the model: {shown}; "
            "write weights_key: and the right one to see what differs"
        )
    others = [name for name in readings if name != key]
    said = f"the weights are {key} of {file}, the only dictionary in it whose tensors fit"
    return key, "" if key in USUAL and not others else said


def _fits(state: State, entry: ModelEntry, own: Mapping[str, torch.Tensor]) -> bool:
    """Whether at least nine in ten of a network's tensors are there, by name (whatever stands before it) and shape."""
    named = _names(state, entry, own)
    fit = sum(1 for key, value in own.items() if key in named and named[key].shape == value.shape)
    return bool(own) and fit >= 0.9 * len(own)


def _names(state: State, entry: ModelEntry, own: Mapping[str, Any]) -> State:
    renamed = _renamed(state, own)
    prefix = str(entry.options.get("weights_prefix") or "") or common_prefix(renamed, own)
    return {key.removeprefix(prefix): value for key, value in renamed.items()}


def _listed(keys: list[str]) -> str:
    return ", ".join(keys[:6]) + (f" and {len(keys) - 6} more" if len(keys) > 6 else "")


def common_prefix(state: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """Return what all keys of a state begin with and the network's do not: ``module.``, ``_orig_mod.``, ``model.`` or several."""
    prefix = ""
    while not {key.removeprefix(prefix) for key in state} & own.keys():
        heads = {key.removeprefix(prefix).partition(".")[0] for key in state}
        if len(heads) != 1 or not all(key.removeprefix(prefix).partition(".")[1] for key in state):
            return ""
        prefix += f"{heads.pop()}."
    return prefix


def _without_prefix(state: State, entry: ModelEntry, own: Mapping[str, Any], file: str) -> State:
    written = entry.options.get("weights_prefix")
    if written is None:
        found = common_prefix(state, own)
        if found:
            raise ModelError(
                f"{entry.where}: all {len(state)} keys of {file} begin with {found}: write weights_prefix: {found}"
            )
        return state
    prefix = str(written)
    bare = [key for key in state if not key.startswith(prefix)]
    if bare:
        raise ModelError(
            f"{entry.where}: weights_prefix is {prefix}, but {len(bare)} of {len(state)} keys of {file} do not begin with it, "
            f"such as {bare[0]}"
        )
    return _like(state, {key.removeprefix(prefix): value for key, value in state.items()}, prefix)


def _renamed(state: State, own: Mapping[str, Any]) -> State:
    """Return a state with today's names for those of torchvision's published densenets, which have a point too many."""
    if not any(_DENSE.match(key) for key in state) or any(_DENSE.match(key) for key in own):
        return state
    return _like(state, {_DENSE.sub(r"\1\2", key): value for key, value in state.items()})


def _like(state: State, changed: State, prefix: str = "") -> State:
    """Return a changed state with what torch keeps beside it: the versions of its parts."""
    versions = getattr(state, "_metadata", None)
    if not isinstance(versions, dict):
        return changed
    ordered: Any = OrderedDict(changed)
    parts = {key: value for key, value in versions.items() if not prefix or f"{key}.".startswith(prefix)}
    ordered._metadata = {key[len(prefix) :] if prefix else key: value for key, value in parts.items()}
    return ordered if parts else changed


def _described(loaded: Any) -> str:
    if isinstance(loaded, dict):
        return f"a dict with {', '.join(map(str, list(loaded)[:6])) or 'nothing in it'}"
    return f"a {type(loaded).__name__}"
