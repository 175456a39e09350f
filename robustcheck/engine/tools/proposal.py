"""From a model and a folder of pictures, as a person names them, to entries of ``configs/`` that fit each other.

What cannot be known is assumed, and said so in the entry's comments and in the notes. The model is run once on noise: where it
refuses, its message says what to write, which is written if that settles it.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from robustcheck.core.class_names import class_name
from robustcheck.core.errors import ModelError, RobustcheckError, problem_of
from robustcheck.core.progress import Task, task
from robustcheck.core.stock_suite import Line, listed, scalar
from robustcheck.domain.config import DataEntry, ModelEntry, Preprocessing, Project
from robustcheck.engine.tools.proposed_data import propose_data
from robustcheck.engine.tools.proposed_model import ASSUMED, USUAL, Wanted, proposed_model

ROUNDS: Final = 5
"""Things that a model's own messages may correct, one after the other."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Entries that fit each other.

    Attributes:
        model: The model's.
        data: The data set's.
        model_lines: Its text; empty where ``configs/`` has it already.
        data_lines: Its text; empty where ``configs/`` has it already.
        notes: What was found and what was assumed, for the person who asked.
        problem: Why the model cannot be run as proposed; empty if it can.
    """

    model: ModelEntry
    data: DataEntry
    model_lines: tuple[Line, ...]
    data_lines: tuple[Line, ...]
    notes: tuple[str, ...]
    problem: str = ""


def propose(wanted: Wanted, project: Project | None = None) -> Proposal:
    """Propose entries.

    Args:
        wanted: What somebody says.
        project: The entries that are there already, by whose names model and data may be called.

    Raises:
        RobustcheckError: There is no such model or folder, or what is said does not suffice; says what to add.
    """
    with task("reading") as work:
        return _proposal(wanted, project or Project(wanted.root), work)


def _proposal(wanted: Wanted, known: Project, work: Task) -> Proposal:
    data = known.data.get(wanted.data)
    data_lines: tuple[Line, ...] = ()
    names: tuple[str, ...] = ()
    notes: list[str] = []
    work.at_step(f"pictures of {wanted.data}")
    if data is None:
        data, names, count = propose_data(wanted.data, wanted.here, wanted.root, tuple(known.data))
        data_lines = (Line("kind", "imagefolder", "one folder a class"), Line("path", _path(data.path, wanted.configs)))
        notes.append(f"{data.name}: {count:,} pictures in {len(names)} class folders")
    model = known.models.get(wanted.model)
    if model is not None:
        return Proposal(model, data, (), data_lines, tuple(notes))
    if not names:
        names = _labels_of(data)
    listed_names = _names_in(wanted) or names
    if len(listed_names) < 2:
        raise RobustcheckError(f"{wanted.data} has one class, {listed_names[0]}; a classifier has at least two")
    work.at_step(wanted.model)
    model, comment = proposed_model(wanted, listed_names, tuple(known.models))
    work.at_step(f"outputs of {model.name}")
    model, problem = _settled(model, names)
    order = "from --classes" if wanted.classes else "the folders, sorted"
    if model.classes != listed_names:
        order = "the categories of the published weights"
    elif not wanted.classes:
        notes.append(
            f"{model.name}: its outputs are taken to be the folders in the order of their names, as torchvision's ImageFolder "
            f"numbers them: from {names[0]} to {names[-1]}"
        )
    if comment.startswith(ASSUMED):
        notes.append(
            f"{model.name}: its preprocessing is assumed; `robustcheck doctor {model.name} {data.name}` tries others"
        )
    lines = tuple(_lines(model, wanted, data.name, comment, order))
    return Proposal(model, data, lines, data_lines, tuple(notes), problem)


def _labels_of(entry: DataEntry) -> tuple[str, ...]:
    from robustcheck.data import open_source

    return tuple(sorted({sample.label for sample in open_source(entry, seed=0).samples()}))


def _names_in(wanted: Wanted) -> tuple[str, ...]:
    if not wanted.classes:
        return ()
    try:
        text = (wanted.here / wanted.classes).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RobustcheckError(f"--classes {wanted.classes}: the file cannot be read: {error}") from None
    names = tuple(class_name(line) for line in text.splitlines() if line.strip())
    if len(names) < 2:
        raise RobustcheckError(f"--classes {wanted.classes}: a classifier has at least two classes, one a line")
    return names


def _settled(entry: ModelEntry, folders: tuple[str, ...]) -> tuple[ModelEntry, str]:
    """Run a model on noise; where its message says what to write, write that and run it again."""
    for _ in range(ROUNDS):
        problem = _problem(entry)
        if not problem:
            return entry, ""
        mended = _mended(entry, problem, folders)
        if mended is None:
            return entry, problem
        entry = mended
    return entry, problem


def _problem(entry: ModelEntry) -> str:
    import numpy as np

    from robustcheck.models import open_model

    noise = np.random.default_rng(0).integers(0, 256, (4, *entry.preprocessing.input_size, 3), dtype=np.uint8)
    try:
        open_model(entry, device="cpu").logits(noise)
    except ModelError as error:
        return str(error)
    except Exception as error:  # whatever a user's own code does
        return problem_of(error)
    return ""


def _mended(entry: ModelEntry, problem: str, folders: tuple[str, ...]) -> ModelEntry | None:
    """Return an entry that says what a message asks for; ``None`` where the message leaves it to a person."""
    shape = entry.preprocessing
    if (found := re.search(r"weights_prefix: (\S+)$", problem)) and "weights_prefix" not in entry.options:
        return dataclasses.replace(entry, options={**entry.options, "weights_prefix": found[1]})
    if found := re.search(r"write input\.size: \[(\d+), (\d+)\]", problem):
        size = int(found[1]), int(found[2])
        resize = round(size[0] * USUAL[1] / USUAL[0]) if size[0] == size[1] else size
        return dataclasses.replace(entry, preprocessing=dataclasses.replace(shape, input_size=size, resize=resize))
    if "write input.channels: gray" in problem and shape.channels != "gray":
        gray = dataclasses.replace(shape, channels="gray", mean=(0.0,), std=(1.0,))
        return dataclasses.replace(entry, preprocessing=gray)
    if entry.outputs == "logits":
        if found := re.search(r"write outputs: (probabilities|log_probabilities) in its entry", problem):
            outputs: Any = found[1]
            return dataclasses.replace(entry, outputs=outputs)
        if "outputs: one_logit" in problem:
            return dataclasses.replace(entry, outputs="one_logit")
    if found := re.search(r"they are of (\d+) classes, and|gives (\d+) logits, but", problem):
        categories = _categories(entry, int(found[1] or found[2]))
        if categories and categories != entry.classes and set(folders) <= set(categories):
            return dataclasses.replace(entry, classes=categories)
    return None


def _categories(entry: ModelEntry, count: int) -> tuple[str, ...]:
    """Return the names of the classes that an architecture's published weights have, if there are as many."""
    if entry.kind != "torchvision":
        return ()
    from robustcheck.models.published import default_torchvision_weights

    _, categories = default_torchvision_weights(str(entry.options["architecture"]))
    # Two cranes and two maillots: the second of each gets a name of its own.
    names: dict[str, None] = {}
    for name in map(class_name, categories):
        names[f"{name} (2)" if name in names else name] = None
    return tuple(names) if len(names) == count else ()


def _lines(entry: ModelEntry, wanted: Wanted, data: str, comment: str, order: str) -> Iterator[Line]:
    yield Line("kind", entry.kind)
    for key in ("factory", "architecture"):
        if key in entry.options:
            yield Line(key, scalar(str(entry.options[key])))
    if arguments := entry.options.get("arguments"):
        values = ", ".join(f"{key}: {str(value).lower()}" for key, value in arguments.items())
        turned = "ASSUMED: false if it was trained from nothing" if "transform_input" in arguments else ""
        yield Line("arguments", f"{{{values}}}", turned)
    if entry.weights is not None:
        yield Line("weights", _path(entry.weights, wanted.configs))
    if prefix := entry.options.get("weights_prefix"):
        yield Line("weights_prefix", scalar(str(prefix)))
    named = _path(wanted.here / wanted.classes, wanted.configs) if wanted.classes else listed(entry.classes)
    yield Line("classes", named, "" if named[:1] == "\n" else f"in the order of the outputs ({order})")
    if entry.outputs != "logits":
        yield Line("outputs", entry.outputs)
    yield Line("input", tuple(_input_lines(entry.preprocessing)), comment)
    yield Line("# declared", f"{{{scalar(data)}: 91.2%}}", "the accuracy you know; a run must reproduce it first")


def _input_lines(shape: Preprocessing) -> Iterator[Line]:
    for key, size in (("size", shape.input_size), ("resize", shape.resize)):
        sides = f"[{size[0]}, {size[1]}]" if isinstance(size, tuple) else str(size or "none")
        yield Line(key, str(size[0]) if isinstance(size, tuple) and size[0] == size[1] and key == "size" else sides)
    yield Line("interpolation", shape.interpolation)
    if shape.channels != "rgb":
        yield Line("channels", shape.channels)
    for key, numbers in (("mean", shape.mean), ("std", shape.std)):
        yield Line(key, "[" + ", ".join(f"{number:.8g}" for number in numbers) + "]")


def _path(path: Path | None, configs: Path) -> str:
    """Return a path as an entry writes it, from the folder of its file."""
    return scalar(Path(os.path.relpath(os.path.abspath(path or configs), os.path.abspath(configs))).as_posix())
