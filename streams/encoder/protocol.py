"""What the stream host and an encoder say to each other: one JSON object on each line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

PictureKind = Literal["text", "image", "audio", "video", "slate"]


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be on the screen. Of equal `key`s the second one changes nothing."""

    key: str
    kind: PictureKind
    text: str = ""  # of a text step or a slate: as large as it fits
    caption: str = ""  # beneath a medium: what it was made of
    label: str = ""  # which step of which model
    title: str = ""  # the network's name
    path: str = ""  # of an image or a video; of a sound: its waveform
    sound: str = ""  # a file to be played once, from the beginning
    once: bool = False  # a film: to its end and no further, its sound too, however long it is
    bed: str = ""  # a file or a folder of sounds that goes on beneath; empty: silence
    began: int = 0  # the frame with which an encoder that has ended began it; 0: it begins now

    def to_line(self) -> str:
        return json.dumps({"picture": asdict(self)}) + "\n"


@dataclass(frozen=True, slots=True)
class EncoderReport:
    """How an encoder does; sent every second, and before a picture is made ready: that may end it."""

    late_frames: int = 0
    cpu_seconds: float = 0.0
    segment_at: float = 0.0  # Unix time of the end of the newest segment; 0: none yet
    shown: str = ""  # the key of the picture that is on
    began: int = 0  # the frame with which that began
    begun: str = ""  # the key of the picture that is being made ready
    failures: int = 0  # how many pictures could not be made ready; of the last one:
    failed: str = ""  # its key
    reason: str = ""

    def to_line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


def read_picture(line: str) -> Picture | None:
    """The picture that a line of the host names; None where it names none."""
    try:
        return Picture(**json.loads(line)["picture"])
    except (ValueError, KeyError, TypeError):
        return None


def read_report(line: str) -> EncoderReport | None:
    """The report in a line of an encoder; None where it is something else, such as a warning."""
    try:
        found: Any = json.loads(line)
        return EncoderReport(**found) if isinstance(found, dict) else None
    except (ValueError, TypeError):
        return None
