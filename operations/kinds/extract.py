"""Takes single pictures, or the sound, out of a clip."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from operations import sentences
from operations.contract import (
    CLIP,
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
from operations.errors import BadInput, BadParameters
from operations.inspection import inspect_clip
from operations.sounds import SOUND_RATE, decoded_sound, write_sound
from operations.steady import steady_frames
from operations.timing import ClipTiming


def extract(work: OperationWork) -> MadeOutputs:
    (path,) = work.inputs
    wanted = work.parameters
    if not (wanted["times"] or wanted["every"] or wanted["sound"]):
        raise BadParameters(sentences.NEITHER)
    work.report(0.0, "probe")
    timing = inspect_clip(path).timing
    outputs = list(_stills(path, timing, work)) if wanted["times"] or wanted["every"] else []
    details: dict[str, object] = {"rate": str(timing.rate), "frames": timing.count}
    if wanted["sound"]:
        work.report(0.0, "sound")
        sound = work.folder / "sound.flac"
        # It begins with the first picture, so that it needs no offset where they are joined again.
        samples = write_sound(sound, decoded_sound(path, timing.start))
        outputs.append(OperationOutput(sound, SOUND))
        details["sound_seconds"] = round(samples / SOUND_RATE, 4)
    return MadeOutputs(outputs, details)


def _stills(path: Path, timing: ClipTiming, work: OperationWork) -> Iterator[OperationOutput]:
    wanted = _numbers(timing, work.parameters)
    made = 0
    for number, frame in enumerate(steady_frames(path, timing)):
        work.report(number / timing.count, "stills")
        if number in wanted:
            made += 1
            suffix = work.parameters["format"]
            still = work.folder / f"still-{made:06}.{suffix}"
            frame.to_image().save(still, quality=92)
            yield OperationOutput(still, IMAGE)
            if made == len(wanted):
                return


def _numbers(timing: ClipTiming, wanted: Parameters) -> set[int]:
    """Of the pictures that are wanted."""
    numbers: set[int] = set()
    for seconds in wanted["times"] or ():
        number = int(Fraction(seconds).limit_denominator(1_000_000) * timing.rate)
        if number >= timing.count:
            raise BadInput(sentences.TOO_LATE % {"seconds": f"{seconds:g}"})
        numbers.add(number)
    if every := wanted["every"]:
        numbers.update(range(0, timing.count, every))
    return numbers


OPERATION = Operation(
    name="extract",
    module=__name__,
    description="Takes stills, or the sound, out of a clip.",
    takes=(CLIP,),
    gives=(IMAGE, SOUND),
    backends=(OperationBackend("ffmpeg", extract),),
    parameters=(
        OperationParameter("times", "numbers", "Seconds at which a still is taken.", minimum=0),
        OperationParameter("every", "integer", "A still of each so many pictures.", minimum=1),
        OperationParameter("sound", "boolean", "Whether its sound is taken out too.", False),
        OperationParameter("format", "text", "Of the stills.", "png", choices=("png", "jpg")),
    ),
)
