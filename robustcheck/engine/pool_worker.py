"""A process that looks at pictures for another one: it opens the model and the data once, and answers unit after unit.

It is started as a program of its own, so that nothing of the process that asks is loaded twice, and talks through its standard input and
output: frames of a length and a pickled value, from the process that started it and to it alone. What the project's code prints goes to
standard error.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from robustcheck.domain.case import Case
    from robustcheck.domain.config import DataEntry, ModelEntry
    from robustcheck.engine.pipeline.pipeline import Pipeline

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True)
class Setup:
    """What a worker opens, and what the process that asks has seen of it.

    Attributes:
        path: ``sys.path`` of that process.
        model: The model's entry.
        data: The data set's entry.
        clean: The suite's case without any perturbation.
        seed: Of the suite.
        limit: Number of pictures; ``None`` for the entry's own.
        device: On which the model runs.
        batch_size: Pictures a forward pass.
        workers: Threads that decode and shift pictures.
        memory: Bytes that decoded pictures may occupy.
        threads: Threads of a forward pass: another number changes last bits.
        first: The digests of pictures that were read, by data set and sample.
        ids: Of all samples, in their order.
        labels: Class index of each sample, with what people corrected.
        environment: Versions that can change pixels or logits.
    """

    path: tuple[str, ...]
    model: ModelEntry
    data: DataEntry
    clean: Case
    seed: int
    limit: int | None
    device: str
    batch_size: int
    workers: int
    memory: int
    threads: int
    first: dict[tuple[str, str], str]
    ids: tuple[str, ...]
    labels: NDArray[np.int32]
    environment: dict[str, str]


@dataclass(frozen=True)
class Unit:
    """Some pictures of a case that a worker is to look at.

    Attributes:
        case: What is done to them.
        rows: Of the index.
        before: Of these pictures in the clean case: the loss, and whether the model was right.
        every: Whether the case looks at all pictures of the data set.
        began: When the case began, by ``time.monotonic``, from which an attack's time limit counts.
    """

    case: Case
    rows: NDArray[np.int64]
    before: dict[str, tuple[float, bool]]
    every: bool
    began: float


def send(stream: BinaryIO, value: Any) -> None:
    """Write a value as one frame.

    Raises:
        OSError: Nobody reads any more.
    """
    content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read the value of one frame.

    Raises:
        EOFError: Whoever wrote has ended.
    """
    head = _exactly(stream, _LENGTH.size)
    return pickle.loads(_exactly(stream, _LENGTH.unpack(head)[0]))  # noqa: S301 - of a process that this one started, or was started by


def _exactly(stream: BinaryIO, count: int) -> bytes:
    parts = []
    while count:
        part = stream.read(count)
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def portable(error: BaseException) -> Exception:
    """Return an error that can be sent to another process: itself where it is one of ours, else its text."""
    from robustcheck.core.errors import CaseError, RobustcheckError, problem_of

    if isinstance(error, RobustcheckError):
        try:
            again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        except Exception:
            return CaseError(str(error))
        return error if str(again) == str(error) else CaseError(str(error))
    return CaseError(problem_of(error) if isinstance(error, Exception) else repr(error))


def opened(setup: Setup) -> Pipeline:
    """Open the model and the data as the process that asks did.

    Raises:
        RobustcheckError: They are not those of that process.
    """
    import torch

    from robustcheck.core.errors import DataError, RobustcheckError
    from robustcheck.core.project_imports import watch_imports
    from robustcheck.data import open_source
    from robustcheck.engine.cache.cache_keys import environment
    from robustcheck.engine.pipeline.batching import Forward
    from robustcheck.engine.pipeline.input_pipeline import Preparation
    from robustcheck.engine.pipeline.pipeline import Pipeline
    from robustcheck.engine.sample_index import build_index
    from robustcheck.models import open_model

    watch_imports(setup.model.root)
    if environment() != setup.environment:
        raise RobustcheckError("a worker runs other versions than the process that started it; run again")
    torch.set_num_threads(setup.threads)
    decoding = setup.model.preprocessing.decoding
    source = open_source(setup.data, seed=setup.seed, limit=setup.limit, first=setup.first, decoding=decoding)
    index = build_index(source, setup.model.classes)
    if tuple(sample.id for sample in index.samples) != setup.ids:
        raise DataError(
            f"the data set {source.name} lists other pictures in another process; a factory must give the same ones in every process"
        )
    index = replace(index, labels=setup.labels)
    predictor = open_model(setup.model, device=setup.device)
    preparation = Preparation(
        source,
        index,
        setup.model.preprocessing,
        setup.clean,
        seed=setup.seed,
        workers=setup.workers,
        memory=setup.memory,
        beside_model=predictor.device != "cpu",
    )
    forward = Forward(predictor, setup.batch_size)
    return Pipeline(index, predictor, preparation, forward, seed=setup.seed, clean=setup.clean)


def main() -> None:
    """Open what the first frame says, say so, and answer units until nobody asks any more."""
    answers, questions = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    # An interrupt reaches every process of a terminal: whoever started this one ends it, once it has said what is to be said.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, BrokenPipeError):  # nobody is there to ask any more
        _serve(questions, answers)


def _serve(questions: BinaryIO, answers: BinaryIO) -> None:
    sys.path[:] = receive(questions)
    try:
        setup: Setup = receive(questions)
        pipeline = opened(setup)
    except EOFError:
        raise
    except BaseException as error:
        send(answers, portable(error))
        return
    send(answers, None)
    from robustcheck.engine.runner import LocalRunner

    runner = LocalRunner(pipeline)
    while True:
        unit: Unit = receive(questions)
        pipeline.began = unit.began
        try:
            shard = runner.run(unit.case, unit.rows, unit.before, every=unit.every)
        except Exception as error:
            send(answers, portable(error))
        else:
            send(answers, shard)


if __name__ == "__main__":
    main()
