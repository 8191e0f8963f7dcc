"""Looks at a clip before anything is begun with it, and refuses in a sentence what cannot be used."""

from __future__ import annotations

from operations.contract import CLIP, MadeOutputs, Operation, OperationBackend, OperationWork
from operations.inspection import inspect_clip
from operations.steady import shown_size


def probe(work: OperationWork) -> MadeOutputs:
    (path,) = work.inputs
    work.report(0.0, "probe")
    clip = inspect_clip(path)
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
)
