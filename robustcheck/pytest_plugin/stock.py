"""The suite that runs where a project has none and the call names a model and data."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Final

import pytest

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.paths import inside
from robustcheck.core.suite_folders import is_yaml
from robustcheck.pytest_plugin.options import PREFIX, chosen

FOLDER: Final = ".robustcheck/stock"
SUITE: Final = f"{FOLDER}/suite.yaml"
CONFIGS: Final = f"{FOLDER}/configs"
SUITES: Final = ["suites"]
KEY: Final = "robustcheck"
"""What no entry may be called."""


def use_stock_suite(config: pytest.Config) -> tuple[str, ...]:
    """Let a call that names a model and data, in a project without any suite, run the stock suite.

    The suite and entries for it are written anew, so that nothing that lies there is believed. What is called by the name of an
    entry belongs to a project that was set up: if its suites are gone, no other suite may stand in for them.

    Returns:
        What to tell the user, a line each; nothing where the call is about suites of the project.

    Raises:
        pytest.UsageError: The model or the data cannot be used as they are named.
    """
    model, data = chosen(config, "model"), chosen(config, "data")
    if not (model and data and (_is_without_suites(config) or _is_named(config))):
        return ()
    if chosen(config, "attest") is not None:
        raise pytest.UsageError(
            f"{PREFIX}-attest signs what a suite of the project says, and there is none; {_keep(model, data)}"
        )
    try:
        notes = _prepare(config, model, data)
    except RobustcheckError as error:
        raise pytest.UsageError(
            f"{PREFIX}: there is no suite, and none can be written for {model} on {data}: {error}"
        ) from None
    if not _is_named(config):
        config.args = [str(config.rootpath / SUITE)]
        config.args_source = pytest.Config.ArgsSource.ARGS
    return (*notes, f"this project has no suite, so a stock suite ran ({SUITE}); {_keep(model, data)}")


def _keep(model: str, data: str) -> str:
    return f"to keep and change it: robustcheck init --model {shlex.quote(model)} --data {shlex.quote(data)}"


def _is_without_suites(config: pytest.Config) -> bool:
    """Whether the call names nothing, and the usual folder of suites is not there or empty; one that a setting names must be."""
    if config.args_source is pytest.Config.ArgsSource.ARGS or config.getini("robustcheck_suites") != SUITES:
        return False
    folder = config.rootpath / SUITES[0]
    return not os.path.lexists(folder) or (folder.is_dir() and not any(map(is_yaml, folder.rglob("*"))))


def _is_named(config: pytest.Config) -> bool:
    """Whether the call names cases of the stock suite, as the line does by which one is run again."""
    here = config.invocation_params.dir
    named = [Path(os.path.abspath(here / argument.partition("::")[0])) for argument in config.args]
    return config.args_source is pytest.Config.ArgsSource.ARGS and {*named} == {config.rootpath / SUITE}


def _prepare(config: pytest.Config, model: str, data: str) -> tuple[str, ...]:
    from robustcheck.language import load_project
    from robustcheck.pytest_plugin.collect import PROJECT

    root, own = config.rootpath, config.rootpath / config.getini("robustcheck_configs")
    present = load_project(root, own) if own.is_dir() else None
    models, entries = (present.models, present.data) if present else ({}, {})
    known = [name for name, there in ((model, models), (data, entries)) if name in there]
    if known:
        raise RobustcheckError(
            f"{known[0]} is an entry of {own.name}/, so this project was set up and its suites are missing: bring them back, or "
            f"write one (robustcheck init --model {shlex.quote(model)} --data {shlex.quote(data)}); a stock suite does not stand in for them"
        )
    # A worker gets the command line anew, and finds what the controller has written.
    notes = () if hasattr(config, "workerinput") else _write(config, model, data)
    config.stash[PROJECT] = load_project(root, root / CONFIGS)
    return notes


def _write(config: pytest.Config, model: str, data: str) -> tuple[str, ...]:
    from robustcheck.core.stock_suite import entry_text, suite_text
    from robustcheck.engine.tools.proposal import propose
    from robustcheck.engine.tools.proposed_model import Wanted

    root = config.rootpath
    if KEY in (model, data):
        raise RobustcheckError(f"{KEY} is a key of the configuration; write ./{KEY}")
    here = config.invocation_params.dir
    found = propose(Wanted(model=model, data=data, here=here, root=root, configs=root / CONFIGS))
    if found.problem:
        raise RobustcheckError(found.problem)
    texts = {
        # Under the words of the call, which thereby name them.
        f"{CONFIGS}/models.yaml": entry_text(model, found.model_lines),
        f"{CONFIGS}/data.yaml": entry_text(data, found.data_lines),
        SUITE: suite_text(model=model, data=data, owner="nobody yet", gradients=found.model.gradients),
    }
    for name, text in texts.items():
        path = inside(root / name, root, "file")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise RobustcheckError(f"{name}: it cannot be written: {error.strerror}") from None
    return found.notes
