"""Looks at a clip before anything is begun with it, and refuses in a sentence what cannot be used."""

from __future__ import annotations

from operations.clip_limits import MAX_MINUTES
from operations.contract import (
    CLIP,
    MadeOutputs,
    Operation,
    OperationBackend,
    OperationParameter,
    OperationWork,
)
from operations.inspection import inspect_clip
from operations.steady import shown_size


def probe(work: OperationWork) -> MadeOutputs:
    (path,) = work.inputs
    work.report(0.0, "probe")
    clip = inspect_clip(path, minutes=work.parameters["minutes"])
    work.report(0.5, "probe")
    # Size as a viewer sees it. That the rest can be decoded is found out where it is split.
    width, height = shown_size(path)
    return MadeOutputs([], clip.facts | {"width": width, "height": height})


OPERATION = Operation(
    name="probe",
    module=__name__,
    description="Looks at a clip, and refuses what cannot be used.",
    takes=(CLIP,),
    gives=(),
    backends=(OperationBackend("ffmpeg", probe),),
    parameters=(
        OperationParameter(
            "minutes",
            "integer",
            "How long it may play.",
            MAX_MINUTES,
            minimum=0,
            maximum=MAX_MINUTES,
        ),
    ),
)
