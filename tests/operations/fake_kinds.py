"""An operation whose backends fail in every way that backends fail in."""

from __future__ import annotations

import os
import time
from functools import partial

from operations.contract import (
    IMAGE,
    SOUND,
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationOutput,
    OperationParameter,
    OperationWork,
    Parameters,
)
from operations.errors import BadInput

HOURS = 10_000


def fall_silent(work: OperationWork) -> MadeOutputs:
    (work.folder / "half.mkv").touch()
    work.report(0.5, "silent")
    time.sleep(HOURS)
    return MadeOutputs()


def eat(work: OperationWork) -> MadeOutputs:
    return MadeOutputs(details={"eaten": len(bytearray(1 << 40))})


def crash(work: OperationWork) -> MadeOutputs:
    os.abort()


def fail(work: OperationWork) -> MadeOutputs:
    raise RuntimeError("no such luck")


def refuse(work: OperationWork) -> MadeOutputs:
    raise BadInput("This cannot be used.")


def lie(work: OperationWork) -> MadeOutputs:
    path = work.folder / "lie.png"
    path.write_text("success")
    return MadeOutputs([OperationOutput(path, IMAGE)])


def copy(work: OperationWork) -> MadeOutputs:
    print("what a library prints")  # noqa: T201
    path = work.folder / "sound.wav"
    path.write_bytes(work.inputs[0].read_bytes())
    return MadeOutputs([OperationOutput(path, SOUND)], {"nice": os.nice(0)})


def is_named(name: str, parameters: Parameters) -> bool:
    return bool(parameters["how"] == name)


BACKENDS = (fall_silent, eat, crash, fail, refuse, lie)

OPERATION = Operation(
    name="fake",
    module=__name__,
    description="Fails as it is told, then does something.",
    takes=(SOUND,),
    gives=(SOUND,),
    backends=(
        *(
            OperationBackend(one.__name__, one, serves=partial(is_named, one.__name__))
            for one in BACKENDS
        ),
        OperationBackend(
            "gone",
            fail,
            serves=partial(is_named, "gone"),
            missing=lambda _: "Its weights are not installed.",
        ),
        OperationBackend("copy", copy, serves=lambda given: bool(given["has_fallback"])),
    ),
    parameters=(
        OperationParameter("how", "text", "Name of the first backend.", "copy"),
        OperationParameter("has_fallback", "boolean", "Whether a second one follows.", True),
    ),
)
