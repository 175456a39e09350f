"""Write a working start into a new or existing project: configuration, a suite, its schema, a CI workflow.

With `--model` and `--data` for a model and pictures of your own, on a terminal also by asking; else for the demo that comes
with robustcheck. What is written runs at once. Nothing that exists is overwritten without `--force`; entries and lines that
are missing are added.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from robustcheck.cli.output import OK, PROBLEMS, WrongCall, columns, escaped, say, say_wrapped
from robustcheck.cli.progress import shown
from robustcheck.core.errors import RobustcheckError, SuiteError
from robustcheck.core.paths import resolved
from robustcheck.core.regular_files import read_regular
from robustcheck.core.stock_suite import entry_text, suite_text

if TYPE_CHECKING:
    from robustcheck.domain.config import Project
    from robustcheck.engine.tools.proposal import Proposal

NAME = "init"
HELP = "write a working start: configuration, a suite, a CI workflow"
STARTER: Final = Path(__file__).with_name("starter")
SUITE: Final = "suites/robustness.yaml"
SCHEMA: Final = "robustcheck.schema.json"
WORKFLOW: Final = ".github/workflows/robustcheck.yml"
FILES: Final = {
    "configs/models.yaml": "models.yaml",
    "configs/data.yaml": "data.yaml",
    SUITE: "suite.yaml",
    WORKFLOW: "workflow.yml",
}
"""What is written for the demo, by the template that it comes from."""
NOT_NAMED: Final = 'ROBUSTCHECK: ""'
"""In the workflow: what it installs this package from, which the user must say."""
IGNORED: Final = ".gitignore"
MODEL_FORMS: Final = "FACTORY|ARCHITECTURE|FILE"
QUESTIONS: Final = {
    "model": "Your model: package.module:function, an architecture of torchvision such as resnet50, timm:NAME,\n"
    "or a file of weights or an exported program (Enter: the demo that comes with robustcheck)\nmodel: ",
    "data": "Your pictures: a folder with one folder a class, which no training has seen\ndata: ",
    "weights": "The file of its weights, or Enter where it needs none or they lie in weights/\nweights: ",
    "install": "What CI installs robustcheck from: a path in the repository, or a git reference such as\n"
    "git+https://host/owner/robustcheck@TAG (Enter: later)\ninstall: ",
}
HEADS: Final = {
    "models": "# Models that suites may name. Whoever edits this file decides which code is imported and which weights are loaded.\n\n",
    "data": "# Data sets that suites may name.\n\n",
}
Row = tuple[str, str, str]
"""What was done, to which file, and a remark."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--install",
        default="",
        metavar="WHAT",
        help="what the CI workflow installs robustcheck from: a path in the repository, or a git reference such as "
        "git+https://host/owner/robustcheck@TAG; the package is on no index yet, so no name is taken on trust",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), metavar="DIR", help="default: the working directory"
    )
    parser.add_argument(
        "--model",
        metavar=MODEL_FORMS,
        help="your model: package.module:function, an architecture of torchvision or timm:NAME, a file of weights or an "
        "exported program, or an entry of configs/models.yaml",
    )
    parser.add_argument("--data", metavar="FOLDER", help="your pictures: a folder with one folder a class")
    parser.add_argument("--weights", metavar="FILE", help="weights of an architecture or a factory")
    parser.add_argument("--classes", metavar="FILE", help="the classes in the order of the outputs, one a line")
    parser.add_argument(
        "--size", type=int, metavar="PIXELS", help="side of the model's input, where it is not the usual"
    )
    parser.add_argument("--force", action="store_true", help="overwrite what is there")
    parser.add_argument("-q", "--quiet", action="store_true", dest="without_progress", help="show no progress")


def run(arguments: argparse.Namespace) -> int:
    """Write what is missing, say what was kept, and look whether the whole is valid."""
    root: Path = arguments.folder
    _checked_source(arguments.install)
    if root.exists() and not root.is_dir():
        raise RobustcheckError(f"{root} is a file; name a folder")
    _ask(arguments)
    source = _checked_source(arguments.install)
    own = arguments.model is not None
    rows: list[Row] = []
    proposal, suite = None, SUITE
    try:
        if own:
            _check_root(root)
            proposal = _proposed(arguments)
            suite = f"suites/{proposal.model.name}.yaml"
            rows += _write_own(root, proposal, suite, force=arguments.force)
        for name, template in FILES.items():
            if own and name != WORKFLOW:
                continue
            text = (STARTER / template).read_text(encoding="utf-8").replace(NOT_NAMED, f"ROBUSTCHECK: {source}", 1)
            rows.append((_write(root / name, text, force=arguments.force), name, ""))
        rows += [_write_schema(root, force=arguments.force), _ignore(root / IGNORED)]
    except OSError as error:
        raise RobustcheckError(f"{error.filename or root}: it cannot be written: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RobustcheckError(f"{root / IGNORED}: the file is not UTF-8; save it as UTF-8") from None
    columns(rows)
    for note in proposal.notes if proposal else ():
        say_wrapped(f"NOTE {escaped(note)}")
    if not arguments.install and ("kept", WORKFLOW, "") not in rows:
        say()
        say_wrapped(f"{WORKFLOW} does not say yet where robustcheck comes from: set ROBUSTCHECK in it")
        say_wrapped("to a path or a git reference (`robustcheck init --install` writes it)")
    return _advise(root, suite, proposal)


def _checked_source(text: str) -> str:
    """Return a path or a git reference as the workflow writes it.

    Raises:
        WrongCall: It is the name of a package, which anybody could take, or has characters that neither of the two has.
    """
    if text and not re.fullmatch(r"[A-Za-z0-9@:/._~+%=&#?,\[\]-]+", text):
        raise WrongCall(f"--install {text!r}: write a path or a git reference, without spaces or quotes")
    if text and "/" not in text and not text.startswith(".") and not text.endswith((".whl", ".tar.gz")):
        raise WrongCall(
            f"--install {text}: that is the name of a package, which is on no index yet, so that anybody could take it; "
            "write a path, such as ./robustcheck, or a git reference, such as git+https://host/owner/robustcheck@TAG"
        )
    return json.dumps(text)


def _ask(arguments: argparse.Namespace) -> None:
    """Complete what a call says, by asking where somebody sits before a terminal.

    Raises:
        WrongCall: Something is missing, and there is nobody to ask.
    """
    given = {name: getattr(arguments, name) for name in ("model", "data", "weights", "classes", "size")}
    terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    if terminal and given["model"] is None and given["data"] is None:
        arguments.model = _answer("model") or None
        if arguments.model is not None:
            arguments.data = _answer("data", _check_folder)
            if not arguments.weights and not Path(arguments.model).exists():
                arguments.weights = _answer("weights", _check_file) or None
        if not arguments.install and not (arguments.folder / WORKFLOW).exists():
            arguments.install = _answer("install", _check_source)
        if arguments.model is None:
            return
    elif terminal and given["model"] is not None and given["data"] is None:
        arguments.data = _answer("data", _check_folder)
    for name, other in (("model", "data"), ("data", "model")):
        if getattr(arguments, name) is not None and getattr(arguments, other) is None:
            form = f"--model {MODEL_FORMS}" if other == "model" else "--data FOLDER"
            raise WrongCall(f"--{name} needs {form} beside it")
    if arguments.model is None:
        alone = [f"--{name}" for name in ("weights", "classes", "size") if given[name] is not None]
        if alone:
            raise WrongCall(f"{' and '.join(alone)} say more of a model: add --model {MODEL_FORMS} and --data FOLDER")
    if arguments.size is not None and not 1 <= arguments.size <= 8192:
        raise WrongCall("--size is a number of pixels, from 1 to 8192")


def _answer(about: str, check: Callable[[str], str] = lambda _: "") -> str:
    """Ask until the answer is of use.

    Raises:
        WrongCall: The input ended.
    """
    while True:
        sys.stdout.write(f"{QUESTIONS[about]}")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise WrongCall(f"there is no answer; say it with --{about}")
        problem = check(line.strip())
        if not problem:
            return line.strip()
        say(problem)


def _check_source(answer: str) -> str:
    try:
        _checked_source(answer)
    except WrongCall as error:
        return escaped(str(error))
    return ""


def _check_folder(answer: str) -> str:
    return "" if answer and Path(answer).is_dir() else f"there is no folder {escaped(answer) or 'without a name'}"


def _check_file(answer: str) -> str:
    return "" if not answer or Path(answer).exists() else f"there is no file {escaped(answer)}"


def _check_root(root: Path) -> None:
    """Refuse a folder in which pytest would look elsewhere, before anything is written that it would not find."""
    from robustcheck.core.project_settings import find_settings

    settings = find_settings(here=root.absolute())
    if resolved(settings.root) != resolved(root.absolute()):
        raise RobustcheckError(_elsewhere(settings.root, root))


def _elsewhere(found: Path, root: Path) -> str:
    return (
        f"pytest takes {found} as the root of this project, for the settings that lie there, and will\n"
        f"look for configs/ and suites/ in it; run `robustcheck init {found}`, or give {root} a pytest.ini"
    )


def _proposed(arguments: argparse.Namespace) -> Proposal:
    from robustcheck.engine.tools.proposal import propose
    from robustcheck.engine.tools.proposed_model import Wanted

    root = arguments.folder.absolute()
    wanted = Wanted(
        model=arguments.model,
        data=arguments.data,
        weights=arguments.weights or "",
        classes=arguments.classes or "",
        size=arguments.size,
        here=Path.cwd(),
        root=root,
        configs=root / "configs",
    )
    # Only now, since the questions stand on the same terminal as the line of progress.
    with shown(argparse.Namespace(quiet=arguments.without_progress, verbose=False, called=NAME)):
        return propose(wanted, _present(root))


def _present(root: Path) -> Project | None:
    """Return the entries that are there already, if there are any."""
    if not any(os.path.lexists(root / "configs" / f"{name}.yaml") for name in HEADS):
        return None
    from robustcheck.language import load_project

    return load_project(root, root / "configs")


def _write_own(root: Path, proposal: Proposal, suite: str, *, force: bool) -> list[Row]:
    """Write the entries and the suite of a model and data of one's own."""
    rows: list[Row] = []
    for file, name, lines in (
        ("models", proposal.model.name, proposal.model_lines),
        ("data", proposal.data.name, proposal.data_lines),
    ):
        path = f"configs/{file}.yaml"
        if not lines:
            rows.append(("kept", path, f"(has {name})"))
            continue
        rows.append(_write_entry(root, path, name, HEADS[file], entry_text(name, lines), force=force))
    text = suite_text(
        model=proposal.model.name,
        data=proposal.data.name,
        owner="nobody yet",
        schema=f"../{SCHEMA}",
        gradients=proposal.model.gradients,
    )
    rows.append((_write(root / suite, text, force=force), suite, ""))
    return rows


def _write_entry(root: Path, path: str, name: str, head: str, text: str, *, force: bool) -> Row:
    """Write a file with one entry, or add the entry to the file that is there."""
    file = root / path
    present = read_regular(file).decode() if os.path.lexists(file) and not force else ""
    if not present:
        return _write(file, head + text, force=force), path, f"({name})"
    if re.search(rf"^[\"']?{re.escape(name)}[\"']?\s*:", present, re.MULTILINE):
        return "kept", path, f"(has {name} already)"
    gap = "\n" if present.endswith("\n") else "\n\n"
    with file.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(gap + text)
    return "added", path, f"({name})"


def _write(path: Path, text: str, *, force: bool) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    there = os.path.lexists(path)
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return "kept"
    return "replaced" if there else "wrote"


def _write_schema(root: Path, *, force: bool) -> Row:
    """Write the schema that the suites name, with the project's own names where the configuration can be read."""
    from robustcheck.language import json_schema, load_project
    from robustcheck.language.schema import as_text

    if os.path.lexists(root / SCHEMA) and not force:
        return "kept", SCHEMA, "(`robustcheck schema project` prints it anew)"
    try:
        project = load_project(root.absolute(), root.absolute() / "configs")
    except SuiteError:
        project = None  # what is wrong is told at the end
    return _write(root / SCHEMA, as_text(json_schema(project), compact=True), force=force), SCHEMA, ""


def _ignore(path: Path) -> Row:
    wanted = (STARTER / "gitignore").read_text(encoding="utf-8").splitlines()
    present = read_regular(path).decode() if os.path.lexists(path) else ""
    missing = [line for line in wanted if line not in present.splitlines()]
    if not missing:
        return "kept", IGNORED, ""
    gap = "\n" if present and not present.endswith("\n") else ""
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(gap + "\n".join(missing) + "\n")
    return "added" if present else "wrote", IGNORED, f"({', '.join(missing)})"


def _advise(root: Path, suite: str, proposal: Proposal | None) -> int:
    """Say what to do next, or what is still wrong because of files that were there before."""
    from robustcheck.core.project_settings import find_settings
    from robustcheck.language import load_project, load_suite

    there = root.absolute()
    settings = find_settings(here=there)
    if resolved(settings.root) != resolved(there):
        say(f"\n{_elsewhere(settings.root, root)}")
        return PROBLEMS
    try:
        project = load_project(settings.root, settings.configs)
        load_suite(there / suite, project)
    except SuiteError as error:
        say("\nwhat was there and what is new do not fit together yet:")
        say(str(error))
        return PROBLEMS
    enter = "" if root == Path() else f"cd {root} && "
    if proposal is None:
        say("\nnext:")
        say(f"  {enter}pytest --robustcheck")
        say("  then your own: robustcheck init --model FACTORY|ARCHITECTURE|FILE --data FOLDER")
        return OK
    model, data = proposal.model.name, proposal.data.name
    if proposal.problem:
        say("\nthe model cannot be run yet:")
        say_wrapped(escaped(proposal.problem))
        say("correct its entry, or call again with --classes, --size or --weights, and --force; then:")
    else:
        say("\nnext:")
    steps = (
        (f"{enter}robustcheck doctor {model} {data}", "is the preprocessing that of the training?"),
        (f"robustcheck plan {suite}", "what will it cost, and what can it see?"),
        ("pytest --robustcheck", "run it"),
    )
    columns((f"  {command}", told) for command, told in steps)
    say_wrapped(f"The thresholds of {suite} are a starting point: change them to what your use needs.")
    return PROBLEMS if proposal.problem else OK
