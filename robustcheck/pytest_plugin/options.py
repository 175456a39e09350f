"""The command line and its ini twins; the command line wins over the ini, the ini over the default."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from robustcheck.engine.options import Options

PREFIX = "--robustcheck"
TIERS = "smoke, standard or thorough"


@dataclass(frozen=True, slots=True)
class Setting:
    """One option that exists on the command line and in the ini; most decide what is looked at, and are told in the result."""

    name: str
    help: str
    default: str
    kind: str = "text"
    decides: bool = True

    @property
    def flag(self) -> str:
        """``--robustcheck-batch-size``."""
        return f"{PREFIX}-{self.name.replace('_', '-')}"

    @property
    def ini(self) -> str:
        """``robustcheck_batch_size``."""
        return f"robustcheck_{self.name}"


SETTINGS = (
    Setting(
        "model",
        "model to test instead of the suite's (an entry of models.yaml); in a project without suites also what `robustcheck init --model` takes",
        "",
    ),
    Setting(
        "data",
        "data set to use instead of the suite's (an entry of data.yaml); in a project without suites also a folder",
        "",
    ),
    Setting("tier", f"cases to run: {TIERS}, each with those before it", "standard"),
    Setting("limit", "number of pictures, sampled by class", "", "count"),
    Setting("device", "auto, cpu, cuda, cuda:1 or mps", "auto"),
    Setting("batch_size", "pictures a forward pass; chosen by the device if not given", "", "count"),
    Setting("seed", "seed instead of the suite's", "", "integer"),
    Setting("report", "folder of the report", "robustcheck-report", decides=False),
    Setting(
        "attest",
        "private key that signs the result, be it good or bad; every picture is looked at anew",
        "",
        decides=False,
    ),
    Setting(
        "executor",
        "who looks at the pictures: threads of this process, or processes:N, of which each loads the model",
        "threads",
        decides=False,
    ),
    Setting("cache_size", "bytes that cached records may take, such as 500MB", "2GB", decides=False),
)

FLAGS = {
    "no_cache": "look at every picture again, whatever is known",
    "open": "open the page of the run in the browser when it has ended",
    "every_picture": "look at every picture even where a check may stop early, as before a run is accepted as a baseline",
}
"""Options that are on or off, with their help."""


def add_options(parser: pytest.Parser) -> None:
    """Register everything in a group of its own."""
    group = parser.getgroup("robustcheck", "gate vision models on how they behave when the world shifts")
    group.addoption(PREFIX, action="store_true", default=False, help="collect and run robustcheck suites")
    for setting in SETTINGS:
        metavar = "N" if setting.kind != "text" else setting.name.upper()
        shown = f" (default: {setting.default})" if setting.default else ""
        group.addoption(setting.flag, default=None, metavar=metavar, help=setting.help + shown)
        parser.addini(setting.ini, f"twin of {setting.flag}", default=None)
    for name, told in FLAGS.items():
        flag = f"{PREFIX}-{name.replace('_', '-')}"
        group.addoption(flag, action="store_true", default=None, help=told)
        parser.addini(f"robustcheck_{name}", f"twin of {flag}", type="bool", default=False)
    group.addoption(
        f"{PREFIX}-split",
        action="store_true",
        default=False,
        help="with pytest-xdist: let one suite's cases run on several workers, each of which loads the model",
    )
    parser.addini("robustcheck_suites", "folders of suites", type="args", default=["suites"])
    parser.addini("robustcheck_configs", "folder of models.yaml and data.yaml", default="configs")


def is_active(config: pytest.Config) -> bool:
    """Whether ``--robustcheck`` was given."""
    return bool(config.getoption(PREFIX.lstrip("-"), default=False))


def chosen(config: pytest.Config, name: str) -> Any:
    """Return what holds for a setting; ``None`` when nothing does.

    Raises:
        pytest.UsageError: It is not a number where one is needed.
    """
    setting = next(setting for setting in SETTINGS if setting.name == name)
    given = config.getoption(f"robustcheck_{name}")
    origin = setting.flag
    if given is None:
        given, origin = config.getini(setting.ini) or setting.default or None, setting.ini
    if given is None or setting.kind == "text":
        return given
    try:
        number = int(given)
    except ValueError:
        number = None
    if number is None or (setting.kind == "count" and number < 1):
        needed = "a whole number of at least 1" if setting.kind == "count" else "a whole number"
        raise pytest.UsageError(f"{origin} {given}: {needed} is needed")
    return number


def is_on(config: pytest.Config, flag: str) -> bool:
    """Whether one of the ``FLAGS`` was given, or stands in the ini."""
    return bool(config.getoption(f"robustcheck_{flag}") or config.getini(f"robustcheck_{flag}"))


def run_options(config: pytest.Config) -> Options:
    """Return the engine's options.

    Raises:
        pytest.UsageError: One of them is wrong.
    """
    from robustcheck.domain.tier import TIERS as KNOWN
    from robustcheck.engine.options import Options

    tier = chosen(config, "tier")
    if tier not in KNOWN:
        raise pytest.UsageError(f"{PREFIX}-tier {tier}: it is {TIERS}")
    return Options(
        root=config.rootpath,
        report=config.rootpath / chosen(config, "report"),
        tier=tier,
        limit=chosen(config, "limit"),
        device=chosen(config, "device"),
        batch_size=chosen(config, "batch_size"),
        # What is signed was looked at by this run, whatever an earlier one left.
        cache=not is_on(config, "no_cache") and chosen(config, "attest") is None,
        cache_size=cache_size(config),
        every_picture=is_on(config, "every_picture"),
        processes=processes(config),
    )


def processes(config: pytest.Config) -> int:
    """Return how many processes look at pictures; 0 for this one alone.

    Raises:
        pytest.UsageError: It is no executor.
    """
    from robustcheck.core.errors import RobustcheckError
    from robustcheck.engine.options import processes_of

    try:
        return processes_of(chosen(config, "executor"))
    except RobustcheckError as error:
        raise pytest.UsageError(f"{PREFIX}-executor {error}") from None


def cache_size(config: pytest.Config) -> int:
    """Return how many bytes the cache may take.

    Raises:
        pytest.UsageError: It is no size.
    """
    from robustcheck.core.errors import RobustcheckError
    from robustcheck.engine.cache.cache_folder import bytes_of

    try:
        return bytes_of(chosen(config, "cache_size"))
    except RobustcheckError as error:
        raise pytest.UsageError(f"{PREFIX}-cache-size {error}") from None


def suite_folders(config: pytest.Config) -> list[Path]:
    """Return the configured folders of suites.

    Raises:
        pytest.UsageError: One of them is not there, so that its suites would be left out without a word.
    """
    names = config.getini("robustcheck_suites")
    folders = [config.rootpath / name for name in names]
    missing = ", ".join(name for name, folder in zip(names, folders, strict=True) if not folder.exists())
    if missing or not folders:
        raise pytest.UsageError(
            f"{PREFIX}: there is no {missing or 'folder of suites'} in {config.rootpath}; `robustcheck init` makes a starter, "
            f"or name a suite, or set robustcheck_suites; {PREFIX}-model and {PREFIX}-data together run a stock suite"
        )
    return folders


def rerun_arguments(config: pytest.Config) -> str:
    """Return the options given on the command line that a rerun of one case needs too."""
    needed = [setting for setting in SETTINGS if setting.name not in ("attest", "cache_size", "executor")]
    given = [(setting.flag, config.getoption(f"robustcheck_{setting.name}")) for setting in needed]
    return " ".join(f"{flag} {value}" for flag, value in given if value is not None)
